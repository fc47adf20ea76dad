// SPDX-License-Identifier: MIT
/*
 * Are this kernel's network namespaces isolated from each other, and can links and sockets be
 * created in them and moved between them?
 *
 *	left eth0 10.0.0.1/24 ====== 10.0.0.2/24 eth0 right
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PORT 4242

static const struct nsrig_topo pair = {
	.text = "veth left:eth0 10.0.0.1/24 -- right:eth0 10.0.0.2/24",
};

static int set_nsid(struct nsrig_ns *ns, struct nsrig_ns *other, int id)
{
	struct rtgenmsg header = {.rtgen_family = AF_UNSPEC};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWNSID, 0);
	int rc;

	assert_int_equal(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_u32(msg, NETNSA_FD, nsrig_ns_fd(other)), 0);
	assert_int_equal(nla_put_u32(msg, NETNSA_NSID, id), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	return rc;
}

/* A link is created in another namespace, given by its id. */
static void namespace_has_an_id_in_another(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *other;
	struct ifinfomsg ifi = {0};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info;

	nsrig_assert_ok(nsrig_ns_temp(&other));
	nsrig_assert_ok(set_nsid(left, other, 42));
	/* A namespace gets only one id. */
	assert_int_equal(set_nsid(left, other, 43), -EEXIST);
	assert_int_equal(nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_string(msg, IFLA_IFNAME, "far"), 0);
	assert_int_equal(nla_put_u32(msg, IFLA_TARGET_NETNSID, 42), 0);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	assert_int_equal(nla_put_string(msg, IFLA_INFO_KIND, "bridge"), 0);
	nla_nest_end(msg, info);
	nsrig_require(nsrig_request(left, msg), "CONFIG_BRIDGE");
	nlmsg_free(msg);
	nsrig_assert_link(other, "far");
	nsrig_assert_no_link(left, "far");
	nsrig_ns_free(other);
}

static void link_moves_and_leaves_its_addresses(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	const struct nsrig_link_spec ifb0 = {.name = "ifb0", .up = true};

	nsrig_require_link("ifb");
	nsrig_assert_ok(nsrig_link_add(left, "ifb", &ifb0));
	nsrig_assert_ok(nsrig_addr_add(left, "ifb0", "10.7.0.1/24"));
	nsrig_assert_addr(left, "10.7.0.1/24");
	nsrig_assert_ok(nsrig_link_move(left, "ifb0", right));
	nsrig_assert_no_link(left, "ifb0");
	nsrig_assert_link(right, "ifb0 down");
	nsrig_assert_no_addr(right, "10.7.0.1/24");
}

static void link_goes_with_the_namespace_of_its_peer(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *other;
	const struct nsrig_link_spec one = {.name = "one"}, two = {.name = "two"};

	nsrig_assert_ok(nsrig_ns_temp(&other));
	nsrig_assert_ok(nsrig_veth_add(left, &one, other, &two));
	nsrig_assert_link(left, "one");
	nsrig_ns_free(other);
	nsrig_assert_ok(nsrig_wait_no_link(left, "one", SMOKE_PATIENCE_MS));
}

static void sysctl_is_the_namespaces_own(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right"),
			*other;

	nsrig_assert_ok(nsrig_sysctl_set(left, "net.ipv4.ip_default_ttl", "17"));
	nsrig_assert_sysctl(left, "net.ipv4.ip_default_ttl", "17");
	nsrig_assert_sysctl(right, "net.ipv4.ip_default_ttl", "64");
	nsrig_assert_ok(nsrig_ns_temp(&other));
	nsrig_assert_sysctl(other, "net.ipv4.ip_default_ttl", "64");
	nsrig_ns_free(other);
}

static void loopback_is_the_namespaces_own(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	int server = smoke_server(left, SOCK_STREAM, "127.0.0.1", PORT), fd;

	assert_int_equal(smoke_connect(right, SOCK_STREAM, "127.0.0.1", PORT), -ECONNREFUSED);
	fd = nsrig_assert_ok(smoke_connect(left, SOCK_STREAM, "127.0.0.1", PORT));
	close(fd);
	/* The port is separate too. */
	fd = smoke_server(right, SOCK_STREAM, "127.0.0.1", PORT);
	close(fd);
	close(server);
}

static int bind_abstract(struct nsrig_ns *ns)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0nsrig"};
	int fd = nsrig_assert_ok(nsrig_socket(ns, AF_UNIX, SOCK_STREAM, 0));
	int rc = bind(fd, (struct sockaddr *)&name, sizeof(sa_family_t) + sizeof("\0nsrig") - 1);

	if (rc < 0) {
		rc = -errno;
		close(fd);
		return rc;
	}
	assert_return_code(listen(fd, 1), errno);
	return fd;
}

static void abstract_unix_name_is_the_namespaces_own(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "\0nsrig"};
	int first = nsrig_assert_ok(bind_abstract(left)), second, fd;

	assert_int_equal(bind_abstract(left), -EADDRINUSE);
	fd = nsrig_assert_ok(nsrig_socket(right, AF_UNIX, SOCK_STREAM, 0));
	assert_int_equal(
		connect(fd, (struct sockaddr *)&name, sizeof(sa_family_t) + sizeof("\0nsrig") - 1),
		-1);
	assert_int_equal(errno, ECONNREFUSED);
	second = nsrig_assert_ok(bind_abstract(right));
	close(fd);
	close(second);
	close(first);
}

static void socket_stays_where_it_was_made(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)}, self;
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	int server = smoke_server(right, SOCK_STREAM, "", PORT), fd = -1;
	socklen_t length = sizeof(self);

	to.sin_addr.s_addr = inet_addr("10.0.0.2");
	nsrig_in(left)
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	nsrig_in(right)
		assert_return_code(connect(fd, (struct sockaddr *)&to, sizeof(to)), errno);
	assert_return_code(getsockname(fd, (struct sockaddr *)&self, &length), errno);
	assert_int_equal(self.sin_addr.s_addr, inet_addr("10.0.0.1"));
	close(fd);
	close(server);
}

static void proc_net_shows_the_namespaces_own(void **state)
{
	char text[8192] = "";
	int fd = -1, server = smoke_server(nsrig_host(*state, "left"), SOCK_STREAM, "", 0x1234);

	nsrig_in(nsrig_host(*state, "left"))
		fd = open("/proc/thread-self/net/tcp", O_RDONLY | O_CLOEXEC);
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_non_null(strstr(text, ":1234 "));
	close(fd);
	nsrig_in(nsrig_host(*state, "right"))
		fd = open("/proc/thread-self/net/tcp", O_RDONLY | O_CLOEXEC);
	memset(text, 0, sizeof(text));
	assert_true(read(fd, text, sizeof(text) - 1) > 0);
	assert_null(strstr(text, ":1234 "));
	close(fd);
	close(server);
}

/* conntrack in one namespace lists its connections; the other end's conntrack doesn't. */
static void conntrack_is_the_namespaces_own(void **state)
{
	struct nsrig *rig = *state;
	char count[32];

	nsrig_require(nsrig_add(rig, "nft left {\n"
				     "  table ip filter {\n"
				     "    chain output {\n"
				     "      type filter hook output priority 0;\n"
				     "      ct state new accept\n"
				     "    }\n"
				     "  }\n"
				     "}\n"),
		"CONFIG_NF_CONNTRACK and CONFIG_NFT_CT");
	nsrig_require_sysctl("net.netfilter.nf_conntrack_count");
	nsrig_assert_reach(rig, "left", "udp 10.0.0.2");
	nsrig_assert_ok(nsrig_sysctl_get(
		nsrig_host(rig, "left"), "net.netfilter.nf_conntrack_count", count, sizeof(count)));
	assert_true(atoi(count) > 0);
	nsrig_assert_sysctl(nsrig_host(rig, "right"), "net.netfilter.nf_conntrack_count", "0");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(namespace_has_an_id_in_another, &pair),
		nsrig_test(link_moves_and_leaves_its_addresses, &pair),
		nsrig_test(link_goes_with_the_namespace_of_its_peer, &pair),
		nsrig_test(sysctl_is_the_namespaces_own, &pair),
		nsrig_test(loopback_is_the_namespaces_own, &pair),
		nsrig_test(abstract_unix_name_is_the_namespaces_own, &pair),
		nsrig_test(socket_stays_where_it_was_made, &pair),
		nsrig_test(proc_net_shows_the_namespaces_own, &pair),
		nsrig_test(conntrack_is_the_namespaces_own, &pair),
	};

	return smoke_main(argc, argv, tests);
}
