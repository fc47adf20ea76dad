// SPDX-License-Identifier: MIT
/*
 * Does this kernel translate addresses, and track connections whose data contain addresses? The
 * network and the verbs are those of nft.h.
 */
#include "suites/smoke/lib/nft.h"
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_log.h>
#include <linux/netfilter/nfnetlink_queue.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 4300

static void nat(struct nsrig *rig, const char *family, const char *hook, const char *rule,
	const char *option)
{
	nft_load(rig, "router", option,
		"table %s nat {\n"
		"  chain %s {\n"
		"    type nat hook %s priority %d;\n"
		"    %s\n"
		"  }\n"
		"}\n",
		family, hook, hook, strcmp(hook, "postrouting") ? -100 : 100, rule);
}

/*
 * The source address that the server sees when the client sends; the server's answer reaches the
 * client.
 */
static void assert_seen_as(struct nsrig *rig, const char *to, const char *expected)
{
	int server = smoke_server(
		nsrig_host(rig, "server"), SOCK_DGRAM, strchr(to, ':') ? "::" : "", PORT);
	int client =
		nsrig_assert_ok(smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, to, PORT));
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	char buffer[16], seen[INET6_ADDRSTRLEN];

	assert_int_equal(send(client, "ask", 3, 0), 3);
	assert_true(smoke_readable(server, SMOKE_PATIENCE_MS));
	assert_int_equal(
		recvfrom(server, buffer, sizeof(buffer), 0, (struct sockaddr *)&peer, &length), 3);
	inet_ntop(peer.ss_family,
		peer.ss_family == AF_INET ? (void *)&((struct sockaddr_in *)&peer)->sin_addr
					  : (void *)&((struct sockaddr_in6 *)&peer)->sin6_addr,
		seen, sizeof(seen));
	assert_string_equal(seen, expected);
	assert_int_equal(sendto(server, "answer", 6, 0, (struct sockaddr *)&peer, length), 6);
	assert_int_equal(recv(client, buffer, sizeof(buffer), 0), 6);
	close(client);
	close(server);
}

/* ---- translated addresses -------------------------------------------------------------------- */

static void nftables_masquerades(void **state)
{
	nat(*state, "ip", "postrouting", "oifname \"eth1\" masquerade",
		"CONFIG_NFT_NAT and CONFIG_NFT_MASQ");
	assert_seen_as(*state, "10.0.1.1", "10.0.1.254");
}

static void nftables_masquerades_ipv6(void **state)
{
	nat(*state, "ip6", "postrouting", "oifname \"eth1\" masquerade",
		"CONFIG_NFT_NAT and CONFIG_NFT_MASQ");
	assert_seen_as(*state, "2001:db8:1::1", "2001:db8:1::fe");
}

/* With an address that the router doesn't use otherwise. */
static void nftables_translates_the_source(void **state)
{
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(*state, "router"), "eth1", "10.0.1.77/24"));
	assert_seen_as(*state, "10.0.1.1", "10.0.0.1");
	nat(*state, "ip", "postrouting", "udp dport 4300 snat to 10.0.1.77", "CONFIG_NFT_NAT");
	assert_seen_as(*state, "10.0.1.1", "10.0.1.77");
}

static void nftables_translates_the_destination(void **state)
{
	nsrig_assert_no_reach(
		*state, "client", "tcp 10.0.0.254:80", .at = "server", .at_port = 8080);
	nat(*state, "ip", "prerouting", "tcp dport 80 dnat to 10.0.1.1:8080", "CONFIG_NFT_NAT");
	nsrig_assert_reach(*state, "client", "tcp 10.0.0.254:80", .at = "server", .at_port = 8080);
}

static void nftables_translates_the_destination_ipv6(void **state)
{
	nat(*state, "ip6", "prerouting", "tcp dport 80 dnat to [2001:db8:1::1]:8080",
		"CONFIG_NFT_NAT");
	nsrig_assert_reach(
		*state, "client", "tcp [2001:db8::fe]:80", .at = "server", .at_port = 8080);
}

/* The router takes packets for the server itself. */
static void nftables_redirects_to_itself(void **state)
{
	nat(*state, "ip", "prerouting", "udp dport 80 redirect to :8080",
		"CONFIG_NFT_NAT and CONFIG_NFT_REDIR");
	nsrig_assert_reach(*state, "client", "udp 10.0.1.1:80", .at = "router", .at_port = 8080);
	nsrig_assert_reach(*state, "client", "udp 10.0.1.1:81", .at = "server");
}

static void nftables_map_has_destinations(void **state)
{
	nat(*state, "ip", "prerouting", "dnat to udp dport map { 80 : 10.0.1.1, 81 : 10.0.0.1 }",
		"CONFIG_NFT_NAT");
	nsrig_assert_reach(*state, "client", "udp 10.0.0.254:80", .at = "server");
	nsrig_assert_no_reach(*state, "client", "udp 10.0.0.254:81", .at = "server");
}

static void nftables_shares_flows_out(void **state)
{
	nat(*state, "ip", "prerouting",
		"udp dport 80 dnat to 10.0.1.1:numgen inc mod 2 map { 0 : 8080, 1 : 8081 }",
		"CONFIG_NFT_NAT and CONFIG_NFT_NUMGEN");
	/* Every second flow goes to the open port. */
	nsrig_assert_reach(*state, "client", "udp 10.0.0.254:80", .at = "server", .at_port = 8080);
	nsrig_assert_reach(*state, "client", "udp 10.0.0.254:80", .at = "server", .at_port = 8081);
	nsrig_assert_no_reach(
		*state, "client", "udp 10.0.0.254:80", .at = "server", .at_port = 8081);
}

/* ---- answers in another host's place --------------------------------------------------------- */

/*
 * The server drops everything, but the client's connection is established: the proxy contacts the
 * server only after the client has completed the handshake.
 */
static void nftables_synproxy_answers_first(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	int fd;

	nft_load(rig, "server", "CONFIG_NF_TABLES_IPV4",
		"table ip filter {\n"
		"  chain input {\n"
		"    type filter hook input priority 0;\n"
		"    tcp dport 4300 drop\n"
		"  }\n"
		"}\n");
	nsrig_assert_no_reach(rig, "client", "tcp server:4300");
	nft_load(rig, "router", "CONFIG_NFT_SYNPROXY and CONFIG_NFT_CT",
		"table ip proxy {\n"
		"  chain raw {\n"
		"    type filter hook prerouting priority -300;\n"
		"    tcp dport 4300-4301 tcp flags syn notrack\n"
		"  }\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0;\n"
		"    tcp dport 4300-4301 ct state invalid,untracked synproxy mss 1460 wscale 7 "
		"timestamp sack-perm\n"
		"    ct state invalid drop\n"
		"  }\n"
		"}\n");
	nsrig_assert_ok(nsrig_sysctl_set(
		nsrig_host(rig, "router"), "net.netfilter.nf_conntrack_tcp_loose", "0"));
	fd = nsrig_assert_ok(smoke_connect(client, SOCK_STREAM, "10.0.1.1", PORT));
	close(fd);
	nsrig_assert_reach(rig, "client", "tcp server:4301");
}

/* A route that makes all addresses local to the router. */
static void own_everything(struct nsrig_ns *ns, int table)
{
	struct rtmsg header = {.rtm_family = AF_INET,
		.rtm_table = table,
		.rtm_type = RTN_LOCAL,
		.rtm_scope = RT_SCOPE_HOST,
		.rtm_protocol = RTPROT_STATIC};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);

	assert_int_equal(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_u32(msg, RTA_OIF, smoke_index(ns, "lo")), 0);
	nsrig_assert_ok(nsrig_request(ns, msg));
	nlmsg_free(msg);
}

/* The router accepts a connection to the server, and its socket has the server's address. */
static void nftables_tproxy_takes_what_is_anothers(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *router = nsrig_host(rig, "router");
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(5000)}, self;
	socklen_t length = sizeof(self);
	const int on = 1;
	int proxy, taken, client;

	nft_load(rig, "router", "CONFIG_NFT_TPROXY",
		"table ip proxy {\n"
		"  chain prerouting {\n"
		"    type filter hook prerouting priority -150;\n"
		"    tcp dport 4300 tproxy to :5000 meta mark set 7\n"
		"  }\n"
		"}\n");
	nsrig_require(nsrig_rule_add(router, "fwmark 7 lookup 100"), "CONFIG_IP_MULTIPLE_TABLES");
	own_everything(router, 100);
	proxy = nsrig_assert_ok(nsrig_socket(router, AF_INET, SOCK_STREAM, 0));
	assert_return_code(setsockopt(proxy, SOL_IP, IP_TRANSPARENT, &on, sizeof(on)), errno);
	assert_return_code(bind(proxy, (struct sockaddr *)&at, sizeof(at)), errno);
	assert_return_code(listen(proxy, 1), errno);
	client = nsrig_assert_ok(
		smoke_connect(nsrig_host(rig, "client"), SOCK_STREAM, "10.0.1.1", PORT));
	taken = accept4(proxy, NULL, NULL, SOCK_CLOEXEC);
	assert_return_code(taken, errno);
	assert_return_code(getsockname(taken, (struct sockaddr *)&self, &length), errno);
	assert_int_equal(self.sin_addr.s_addr, inet_addr("10.0.1.1"));
	close(taken);
	close(client);
	close(proxy);
}

/* ---- connections that are announced in another connection ------------------------------------ */

/* Allows only one port of the server, and related connections; with a helper, unless it is NULL. */
static void let_in_by_helper(
	struct nsrig *rig, const char *helper, const char *protocol, int port, const char *option)
{
	char object[96] = "", rule[64] = "";

	if (helper) {
		snprintf(object, sizeof(object), "  ct helper one { type \"%s\" protocol %s; }\n",
			helper, protocol);
		snprintf(rule, sizeof(rule), "    %s dport %d ct helper set \"one\"\n", protocol,
			port);
	}
	nft_load(rig, "router", option,
		"table ip guard\n"
		"delete table ip guard\n"
		"table ip guard {\n%s"
		"  chain prerouting {\n"
		"    type filter hook prerouting priority 0;\n%s"
		"  }\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0; policy drop;\n"
		"    ct state established,related accept\n"
		"    %s dport %d accept\n"
		"  }\n"
		"}\n",
		object, rule, protocol, port);
}

/* A file is requested at one port, and comes from another (RFC 1350). Returns whether it comes. */
static bool file_comes(struct nsrig *rig, int from_port, int ms)
{
	static const char request[] = "\0\1file\0octet";
	int server = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "", 69);
	int transfer = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "", 6969);
	int client = smoke_server(nsrig_host(rig, "client"), SOCK_DGRAM, "", from_port);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(69)};
	char text[32];
	bool came;

	to.sin_addr.s_addr = inet_addr("10.0.1.1");
	assert_int_equal(
		sendto(client, request, sizeof(request), 0, (struct sockaddr *)&to, sizeof(to)),
		sizeof(request));
	assert_true(smoke_readable(server, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(server, text, sizeof(text), 0), sizeof(request));
	to.sin_addr.s_addr = inet_addr("10.0.0.1");
	to.sin_port = htons(from_port);
	assert_int_equal(
		sendto(transfer, "\0\3\0\1data", 8, 0, (struct sockaddr *)&to, sizeof(to)), 8);
	came = smoke_readable(client, ms);
	close(client);
	close(transfer);
	close(server);
	return came;
}

static void conntrack_helper_knows_tftp(void **state)
{
	let_in_by_helper(*state, NULL, "udp", 69, "CONFIG_NFT_CT");
	assert_false(file_comes(*state, 5000, NSRIG_SILENCE_MS));
	let_in_by_helper(*state, "tftp", "udp", 69, "CONFIG_NFT_CT and CONFIG_NF_CONNTRACK_TFTP");
	assert_true(file_comes(*state, 5001, SMOKE_PATIENCE_MS));
}

static void assert_line(struct smoke_connection ftp, const char *line)
{
	char heard[64];

	assert_int_equal(send(ftp.client, line, strlen(line), 0), strlen(line));
	assert_true(smoke_readable(ftp.server, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(ftp.server, heard, sizeof(heard), 0), strlen(line));
}

/*
 * The client announces its port, and the server connects there (RFC 959, 4.1.2). Returns whether it
 * can.
 */
static bool server_connects(struct nsrig *rig, int port, int ms)
{
	struct smoke_connection ftp = smoke_connect_both(
		nsrig_host(rig, "client"), nsrig_host(rig, "server"), "10.0.1.1", 21);
	int listener = smoke_server(nsrig_host(rig, "client"), SOCK_STREAM, "", port);
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = nsrig_assert_ok(
		nsrig_socket(nsrig_host(rig, "server"), AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
	char line[64];
	bool came;

	assert_line(ftp, "USER anonymous\r\n");
	snprintf(line, sizeof(line), "PORT 10,0,0,1,%d,%d\r\n", port >> 8, port & 0xff);
	assert_line(ftp, line);
	to.sin_addr.s_addr = inet_addr("10.0.0.1");
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
	assert_int_equal(errno, EINPROGRESS);
	came = smoke_readable(listener, ms);
	close(fd);
	close(listener);
	smoke_close_both(ftp);
	return came;
}

static void conntrack_helper_knows_ftp(void **state)
{
	let_in_by_helper(*state, NULL, "tcp", 21, "CONFIG_NFT_CT");
	assert_false(server_connects(*state, 5128, NSRIG_SILENCE_MS));
	let_in_by_helper(*state, "ftp", "tcp", 21, "CONFIG_NFT_CT and CONFIG_NF_CONNTRACK_FTP");
	assert_true(server_connects(*state, 5129, SMOKE_PATIENCE_MS));
}

/* ---- packets for programs -------------------------------------------------------------------- */

/* A netlink socket that gets the packets of a log group, or of a queue. */
static int listen_to(struct nsrig_ns *ns, int subsystem, int type, int group, int attribute,
	const void *config, size_t size)
{
	struct sockaddr_nl local = {.nl_family = AF_NETLINK};
	struct nfgenmsg header = {.nfgen_family = AF_UNSPEC, .res_id = htons(group)};
	const struct nfqnl_msg_config_params all = {
		.copy_range = htonl(0xffff), .copy_mode = NFQNL_COPY_PACKET};
	struct nl_msg *msg = nlmsg_alloc_simple(subsystem << 8 | type, NLM_F_REQUEST | NLM_F_ACK);
	struct {
		struct nlmsghdr hdr;
		struct nlmsgerr verdict;
	} answer;
	int fd = nsrig_require(nsrig_socket(ns, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER),
		"CONFIG_NETFILTER_NETLINK");

	assert_return_code(bind(fd, (struct sockaddr *)&local, sizeof(local)), errno);
	assert_int_equal(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put(msg, attribute, size, config), 0);
	if (subsystem == NFNL_SUBSYS_QUEUE)
		assert_int_equal(nla_put(msg, NFQA_CFG_PARAMS, sizeof(all), &all), 0);
	assert_true(send(fd, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, 0) > 0);
	nlmsg_free(msg);
	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	assert_true(recv(fd, &answer, sizeof(answer), MSG_TRUNC) > 0);
	/* The error for a subsystem that the kernel doesn't have. */
	if (answer.verdict.error == -EINVAL)
		answer.verdict.error = -EOPNOTSUPP;
	nsrig_require(answer.verdict.error, subsystem == NFNL_SUBSYS_ULOG
						    ? "CONFIG_NETFILTER_NETLINK_LOG"
						    : "CONFIG_NETFILTER_NETLINK_QUEUE");
	return fd;
}

static void nftables_logs_packets_for_programs(void **state)
{
	static const struct nfulnl_msg_config_cmd bind_group = {.command = NFULNL_CFG_CMD_BIND};
	struct nsrig *rig = *state;
	_Alignas(struct nlmsghdr) char buffer[4096];
	struct nlmsghdr *hdr = (struct nlmsghdr *)buffer;
	struct nlattr *prefix, *packet;
	uint16_t port;
	int fd = listen_to(nsrig_host(rig, "router"), NFNL_SUBSYS_ULOG, NFULNL_MSG_CONFIG, 5,
		NFULA_CFG_CMD, &bind_group, sizeof(bind_group));

	nft_load(rig, "router", "CONFIG_NFT_LOG",
		"table ip filter {\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0;\n"
		"    udp dport 4300 log group 5 prefix \"seen\"\n"
		"  }\n"
		"}\n");
	/*
	 * The kernel collects packets and delivers them together, in order: the first must belong
	 * to the second flow.
	 */
	nsrig_assert_reach(rig, "client", "udp server:4301");
	nsrig_assert_reach(rig, "client", "udp server:4300");
	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	assert_true(recv(fd, buffer, sizeof(buffer), 0) > 0);
	assert_int_equal(hdr->nlmsg_type, NFNL_SUBSYS_ULOG << 8 | NFULNL_MSG_PACKET);
	prefix = nlmsg_find_attr(hdr, sizeof(struct nfgenmsg), NFULA_PREFIX);
	assert_non_null(prefix);
	assert_string_equal(nla_get_string(prefix), "seen");
	packet = nlmsg_find_attr(hdr, sizeof(struct nfgenmsg), NFULA_PAYLOAD);
	assert_non_null(packet);
	/* The destination port follows the IP header and the source port. */
	memcpy(&port, (char *)nla_data(packet) + 20 + 2, sizeof(port));
	assert_int_equal(ntohs(port), PORT);
	close(fd);
}

/* Gives the verdict on the next packet of the queue. */
static void judge(int fd, int verdict)
{
	_Alignas(struct nlmsghdr) char buffer[4096];
	struct nlmsghdr *hdr = (struct nlmsghdr *)buffer;
	struct nfgenmsg header = {.nfgen_family = AF_UNSPEC, .res_id = htons(5)};
	struct nfqnl_msg_verdict_hdr decision = {.verdict = htonl(verdict)};
	const struct nfqnl_msg_packet_hdr *packet;
	struct nl_msg *msg;

	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	assert_true(recv(fd, buffer, sizeof(buffer), 0) > 0);
	assert_int_equal(hdr->nlmsg_type, NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_PACKET);
	packet = nla_data(nlmsg_find_attr(hdr, sizeof(struct nfgenmsg), NFQA_PACKET_HDR));
	decision.id = packet->packet_id;
	msg = nlmsg_alloc_simple(NFNL_SUBSYS_QUEUE << 8 | NFQNL_MSG_VERDICT, NLM_F_REQUEST);
	assert_int_equal(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put(msg, NFQA_VERDICT_HDR, sizeof(decision), &decision), 0);
	assert_true(send(fd, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, 0) > 0);
	nlmsg_free(msg);
}

static void nftables_queue_asks_a_program(void **state)
{
	static const struct nfqnl_msg_config_cmd bind_queue = {.command = NFQNL_CFG_CMD_BIND};
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	int server = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "", PORT);
	int sender = nsrig_assert_ok(smoke_connect(client, SOCK_DGRAM, "10.0.1.1", PORT));
	char heard[16] = "";
	int fd;

	nft_load(rig, "router", "CONFIG_NFT_QUEUE",
		"table ip filter {\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0;\n"
		"    udp dport 4300 queue num 5\n"
		"  }\n"
		"}\n");
	fd = listen_to(nsrig_host(rig, "router"), NFNL_SUBSYS_QUEUE, NFQNL_MSG_CONFIG, 5,
		NFQA_CFG_CMD, &bind_queue, sizeof(bind_queue));
	assert_int_equal(send(sender, "dropped", 7, 0), 7);
	judge(fd, 0 /* NF_DROP */);
	assert_int_equal(send(sender, "passed", 6, 0), 6);
	judge(fd, 1 /* NF_ACCEPT */);
	assert_true(smoke_readable(server, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(server, heard, sizeof(heard), 0), 6);
	assert_string_equal(heard, "passed");
	close(fd);
	close(sender);
	close(server);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(nftables_masquerades, &nft_routed),
		nsrig_test(nftables_masquerades_ipv6, &nft_routed),
		nsrig_test(nftables_translates_the_source, &nft_routed),
		nsrig_test(nftables_translates_the_destination, &nft_routed),
		nsrig_test(nftables_translates_the_destination_ipv6, &nft_routed),
		nsrig_test(nftables_redirects_to_itself, &nft_routed),
		nsrig_test(nftables_map_has_destinations, &nft_routed),
		nsrig_test(nftables_shares_flows_out, &nft_routed),
		nsrig_test(nftables_synproxy_answers_first, &nft_routed),
		nsrig_test(nftables_tproxy_takes_what_is_anothers, &nft_routed),
		nsrig_test(conntrack_helper_knows_tftp, &nft_routed),
		nsrig_test(conntrack_helper_knows_ftp, &nft_routed),
		nsrig_test(nftables_logs_packets_for_programs, &nft_routed),
		nsrig_test(nftables_queue_asks_a_program, &nft_routed),
	};

	return smoke_main(argc, argv, tests);
}
