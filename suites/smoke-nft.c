// SPDX-License-Identifier: MIT
/*
 * Does this kernel's nf_tables filter and translate? The rules are what nft(8) would be given, and
 * libnftables loads them from inside the router's namespace.
 *
 *	client 10.0.0.1/24 ------ 10.0.0.254/24 router 10.0.1.254/24 ------ 10.0.1.1/24 server
 *	              eth0        eth0                          eth1        eth0
 */
#include "smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef HAVE_NFTABLES
#include <nftables/libnftables.h>
#endif

#define DROPPED_PORT 4300
#define PASSED_PORT 4301
#define ATTEMPTS 500

static const struct nsrig_topo routed = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24", "router:eth0 10.0.0.254/24"),
		NSRIG_VETH("server:eth0 10.0.1.1/24", "router:eth1 10.0.1.254/24")},
	.hosts = {"router forwarding"},
	.routes = {"client default via 10.0.0.254", "server default via 10.0.1.254"},
};

#ifdef HAVE_NFTABLES
/* Runs a command as nft(8) would: whether it worked, and what nft would have printed. */
static bool nft(struct nsrig_ns *ns, const char *command, char *words, size_t size)
{
	bool worked = false;

	nsrig_in(ns) {
		struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

		assert_non_null(nft);
		nft_ctx_buffer_output(nft);
		nft_ctx_buffer_error(nft);
		worked = nft_run_cmd_from_buffer(nft, command) == 0;
		snprintf(words, size, "%s",
			worked ? nft_ctx_get_output_buffer(nft) : nft_ctx_get_error_buffer(nft));
		nft_ctx_free(nft);
	}
	return worked;
}
#else
static bool nft(struct nsrig_ns *ns, const char *command, char *words, size_t size)
{
	(void)ns, (void)command, (void)words, (void)size;
	nsrig_skip("needs libnftables at build time");
}
#endif

/* Loads rules; what they need from the kernel beside nf_tables itself is named by option. */
static void load(struct nsrig_ns *ns, const char *rules, const char *option)
{
	char words[1024];
	int fd = nsrig_socket(ns, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER);

	/* Without such sockets, libnftables would end the process. */
	nsrig_require(fd, "CONFIG_NF_TABLES");
	close(fd);
	/* Nothing can be wrong with this but that there is no nf_tables behind the socket. */
	if (!nft(ns, "list tables", words, sizeof(words)) && strstr(words, strerror(EINVAL)))
		nsrig_skip("needs CONFIG_NF_TABLES");
	if (nft(ns, rules, words, sizeof(words)))
		return;
	if (strstr(words, strerror(ENOENT)))
		nsrig_skip("needs %s", option);
	nsrig_fail("nft: %s", words);
}

static int say(struct nsrig_ns *from, int port, const char *word)
{
	int fd = smoke_connect(from, SOCK_DGRAM, "10.0.1.1", port);

	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, word, strlen(word), 0), strlen(word));
	return fd;
}

/* Datagrams sent on different CPUs may overtake each other: so it is asked more than once. */
static void assert_counts(struct nsrig_ns *ns, const char *rule)
{
	char words[4096];
	int i;

	for (i = 0; i < ATTEMPTS; i++) {
		if (!nft(ns, "list ruleset", words, sizeof(words)))
			break;
		if (strstr(words, rule))
			return;
	}
	nsrig_fail("expected \"%s\" in: %s", rule, words);
}

static void nftables_drops_by_port(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	struct nsrig_ns *router = nsrig_host(rig, "router");
	int dropped = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "10.0.1.1", DROPPED_PORT);
	int passed = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "10.0.1.1", PASSED_PORT);

	load(router,
		"table ip filter {\n"
		"	chain forward {\n"
		"		type filter hook forward priority 0;\n"
		"		udp dport 4300 counter drop\n"
		"	}\n"
		"}\n",
		"CONFIG_NF_TABLES_IPV4");

	/* From here on the neighbours are known, so that nothing waits for ARP and is overtaken. */
	smoke_assert_udp(client, nsrig_host(rig, "server"), "10.0.1.1");
	/* The later datagram arrives, and by then the earlier one has not. */
	close(say(client, DROPPED_PORT, "dropped"));
	close(say(client, PASSED_PORT, "passed"));
	assert_true(smoke_readable(passed, SMOKE_PATIENCE_MS));
	assert_false(smoke_readable(dropped, 0));
	assert_counts(router, "udp dport 4300 counter packets 1 bytes 35 drop");
	close(passed);
	close(dropped);
}

/* The server sees the router as its client, and what it answers comes back to the real one. */
static void nftables_masquerades(void **state)
{
	struct nsrig *rig = *state;
	int server = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "10.0.1.1", PASSED_PORT);
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	char buffer[16], seen[INET_ADDRSTRLEN];
	int client;

	load(nsrig_host(rig, "router"),
		"table ip nat {\n"
		"	chain postrouting {\n"
		"		type nat hook postrouting priority 100;\n"
		"		oifname \"eth1\" masquerade\n"
		"	}\n"
		"}\n",
		"CONFIG_NFT_NAT and CONFIG_NFT_MASQ");

	client = say(nsrig_host(rig, "client"), PASSED_PORT, "ask");
	assert_true(smoke_readable(server, SMOKE_PATIENCE_MS));
	assert_int_equal(
		recvfrom(server, buffer, sizeof(buffer), 0, (struct sockaddr *)&peer, &length), 3);
	inet_ntop(AF_INET, &peer.sin_addr, seen, sizeof(seen));
	assert_string_equal(seen, "10.0.1.254");
	assert_int_equal(sendto(server, "answer", 6, 0, (struct sockaddr *)&peer, length), 6);
	assert_int_equal(recv(client, buffer, sizeof(buffer), 0), 6);
	close(client);
	close(server);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(nftables_drops_by_port, &routed),
		nsrig_test(nftables_masquerades, &routed),
	};

	return smoke_main(argc, argv, tests);
}
