// SPDX-License-Identifier: MIT
/*
 * Does this kernel route correctly? Each test has the network drawn above it and changes one
 * routing decision. The proof is where the packet comes out, or the error that its sender gets.
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/fib_rules.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>
#include <netlink/netlink.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vrf.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/rule.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 4242

/* The size of the headers of a ping, or of a datagram, to this address. */
#define HEADERS(addr) (strchr((addr), ':') ? 48 : 28)

/* Sends a packet with "don't fragment", from the caller's namespace. */
static int ping_unfragmented(const char *dst, size_t size)
{
	const struct nsrig_echo ping = {.dst = dst, .size = size - HEADERS(dst), .df = true};

	return nsrig_ping(&ping);
}

/*
 *             client eth0 ------------ eth0 router eth1 ------------ eth0 server
 *             10.0.1.1/24    10.0.1.254/24     10.0.2.254/24    10.0.2.2/24
 *        2001:db8:1::1/64 2001:db8:1::fe/64 2001:db8:2::fe/64 2001:db8:2::2/64
 */
static const struct nsrig_topo routed = {
	.links =
		{
			NSRIG_VETH("client:eth0 10.0.1.1/24 2001:db8:1::1/64",
				"router:eth0 10.0.1.254/24 2001:db8:1::fe/64"),
			NSRIG_VETH("router:eth1 10.0.2.254/24 2001:db8:2::fe/64",
				"server:eth0 10.0.2.2/24 2001:db8:2::2/64"),
		},
	.hosts = {"router forwarding"},
	.routes =
		{
			"client default via 10.0.1.254",
			"client default via 2001:db8:1::fe",
			"server default via 10.0.2.254",
			"server default via 2001:db8:2::fe",
		},
};

static void assert_forwards_if_told(struct nsrig *rig, const char *sysctl, const char *dst)
{
	struct nsrig_ns *client = nsrig_host(rig, "client"), *router = nsrig_host(rig, "router");
	const struct nsrig_echo one_hop = {.dst = dst, .ttl = 1};

	smoke_assert_udp(client, nsrig_host(rig, "server"), dst);
	smoke_assert_tcp(client, nsrig_host(rig, "server"), dst);
	/* There is one router on the path, so a packet with a TTL of 1 dies there. */
	nsrig_in(client)
		nsrig_assert_error(nsrig_ping(&one_hop), -EHOSTUNREACH);

	nsrig_assert_ok(nsrig_sysctl_set(router, sysctl, "0"));
	nsrig_in(client)
		nsrig_assert_no_ping(dst);
	nsrig_assert_ok(nsrig_sysctl_set(router, sysctl, "1"));
	nsrig_in(client)
		nsrig_assert_ping(dst);
}

static void ipv4_router_forwards(void **state)
{
	assert_forwards_if_told(*state, "net.ipv4.ip_forward", "10.0.2.2");
}

static void ipv6_router_forwards(void **state)
{
	assert_forwards_if_told(*state, "net.ipv6.conf.all.forwarding", "2001:db8:2::2");
}

/*
 * A route of the router stops the client's pings and the router's own. Asserts what each of them
 * sees.
 */
static void assert_stops(
	struct nsrig *rig, const char *type, const char *dst, int at_client, int at_router)
{
	struct nsrig_ns *client = nsrig_host(rig, "client"), *router = nsrig_host(rig, "router");
	const bool silent = at_client == -ETIMEDOUT;
	const struct nsrig_echo ping = {.dst = dst, .ms = silent ? 300 : SMOKE_PATIENCE_MS};
	char route[64];

	nsrig_in(client)
		nsrig_assert_ping(dst);
	snprintf(route, sizeof(route), "%s %s", type, dst);
	nsrig_assert_ok(nsrig_route_add(router, route));
	nsrig_in(client)
		nsrig_assert_error(nsrig_ping(&ping), at_client);
	nsrig_in(router)
		nsrig_assert_error(nsrig_ping(&ping), at_router);
	nsrig_assert_ok(nsrig_route_del(router, route));
	nsrig_in(client)
		nsrig_assert_ping(dst);
}

static void blackhole_route_drops_in_silence(void **state)
{
	assert_stops(*state, "blackhole", "10.0.2.2", -ETIMEDOUT, -EINVAL);
	assert_stops(*state, "blackhole", "2001:db8:2::2", -ETIMEDOUT, -EINVAL);
}

static void unreachable_route_tells_the_sender(void **state)
{
	assert_stops(*state, "unreachable", "10.0.2.2", -EHOSTUNREACH, -EHOSTUNREACH);
	assert_stops(*state, "unreachable", "2001:db8:2::2", -ENETUNREACH, -EHOSTUNREACH);
}

static void prohibit_route_tells_the_sender(void **state)
{
	assert_stops(*state, "prohibit", "10.0.2.2", -EHOSTUNREACH, -EACCES);
	assert_stops(*state, "prohibit", "2001:db8:2::2", -EACCES, -EACCES);
}

/* The link behind the router has an MTU of 1300. */
static void narrow(struct nsrig *rig)
{
	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(rig, "router"), "eth1", 1300));
	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(rig, "server"), "eth0", 1300));
}

static void mtu_refuses_what_is_larger(void **state)
{
	narrow(*state);
	nsrig_in(nsrig_host(*state, "router")) {
		nsrig_assert_ok(ping_unfragmented("10.0.2.2", 1300));
		nsrig_assert_error(ping_unfragmented("10.0.2.2", 1301), -EMSGSIZE);
		nsrig_assert_ping("10.0.2.2", .size = 1400);

		nsrig_assert_ok(ping_unfragmented("2001:db8:2::2", 1300));
		nsrig_assert_error(ping_unfragmented("2001:db8:2::2", 1301), -EMSGSIZE);
		nsrig_assert_ping("2001:db8:2::2", .size = 1400);
	}
}

static int path_mtu(int fd, int level, int option)
{
	int mtu = -1;
	socklen_t length = sizeof(mtu);

	assert_return_code(getsockopt(fd, level, option, &mtu, &length), errno);
	return mtu;
}

/* A sender learns the path MTU. IP_PMTUDISC_DO has the same value for IPv6. */
static void assert_learns(struct nsrig *rig, const char *dst, int level, int discover, int mtu)
{
	const ssize_t fits = 1300 - HEADERS(dst), too_large = fits + 1;
	const int never_fragment = IP_PMTUDISC_DO;
	int server = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, dst, PORT);
	int fd = nsrig_assert_ok(smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, dst, PORT));
	char buffer[1500] = "";

	narrow(rig);
	assert_return_code(
		setsockopt(fd, level, discover, &never_fragment, sizeof(never_fragment)), errno);
	assert_int_equal(path_mtu(fd, level, mtu), 1500);

	/* The packet fits the client's own link. The router drops it, and reports the MTU. */
	assert_int_equal(send(fd, buffer, too_large, 0), too_large);
	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(fd, buffer, sizeof(buffer), MSG_DONTWAIT), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(path_mtu(fd, level, mtu), 1300);

	/* From now on the client knows the MTU. */
	assert_int_equal(send(fd, buffer, too_large, 0), -1);
	assert_int_equal(errno, EMSGSIZE);
	assert_int_equal(send(fd, buffer, fits, 0), fits);
	assert_true(smoke_readable(server, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(server, buffer, sizeof(buffer), 0), fits);
	close(fd);
	close(server);
}

static void ipv4_sender_learns_the_path_mtu(void **state)
{
	assert_learns(*state, "10.0.2.2", IPPROTO_IP, IP_MTU_DISCOVER, IP_MTU);
}

static void ipv6_sender_learns_the_path_mtu(void **state)
{
	assert_learns(*state, "2001:db8:2::2", IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_MTU);
}

/*  client eth0 10.0.0.1/24 2001:db8::1/64 ------ 10.0.0.2/24 2001:db8::2/64 eth0 server  */
static const struct nsrig_topo pair = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24 2001:db8::1/64",
		"server:eth0 10.0.0.2/24 2001:db8::2/64")},
};

/* The NUD_ state of a neighbour on eth0, and its MAC address ("" for none). */
static int neighbour(struct nsrig_ns *ns, const char *text, char mac[18])
{
	struct nl_sock *sk = nl_socket_alloc();
	struct nl_cache *cache;
	struct nl_addr *addr, *lladdr;
	struct rtnl_neigh *neigh;
	struct nsrig_link eth0;
	int state = NUD_NONE;

	nsrig_in(ns)
		assert_int_equal(nl_connect(sk, NETLINK_ROUTE), 0);
	assert_int_equal(rtnl_neigh_alloc_cache(sk, &cache), 0);
	assert_int_equal(nl_addr_parse(text, AF_UNSPEC, &addr), 0);
	nsrig_assert_ok(nsrig_link_get(ns, "eth0", &eth0));

	mac[0] = '\0';
	neigh = rtnl_neigh_get(cache, eth0.index, addr);
	if (neigh) {
		state = rtnl_neigh_get_state(neigh);
		lladdr = rtnl_neigh_get_lladdr(neigh);
		if (lladdr)
			nl_addr2str(lladdr, mac, 18);
		rtnl_neigh_put(neigh);
	}
	nl_addr_put(addr);
	nl_cache_free(cache);
	nl_socket_free(sk);
	return state;
}

static void assert_resolves(struct nsrig *rig, const char *addr)
{
	struct nsrig_ns *client = nsrig_host(rig, "client");
	struct nsrig_link server;
	char mac[18];

	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, "server"), "eth0", &server));
	assert_int_equal(neighbour(client, addr, mac), NUD_NONE);
	nsrig_in(client)
		nsrig_assert_ping(addr);
	assert_int_equal(neighbour(client, addr, mac), NUD_REACHABLE);
	assert_string_equal(mac, server.mac);
}

static void neighbour_is_resolved_by_arp(void **state)
{
	assert_resolves(*state, "10.0.0.2");
}

static void neighbour_is_resolved_by_ndp(void **state)
{
	assert_resolves(*state, "2001:db8::2");
}

/* Makes eth0 repeat a neighbour solicitation after 20 ms instead of 1 s, so it gives up sooner. */
static void hurry(struct nsrig_ns *ns, const char *table)
{
	struct ndtmsg header = {.ndtm_family = AF_UNSPEC};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_SETNEIGHTBL, 0);
	struct nsrig_link eth0;
	struct nlattr *parms;

	nsrig_assert_ok(nsrig_link_get(ns, "eth0", &eth0));
	nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO);
	nla_put_string(msg, NDTA_NAME, table);
	parms = nla_nest_start(msg, NDTA_PARMS);
	nla_put_u32(msg, NDTPA_IFINDEX, eth0.index);
	nla_put_u64(msg, NDTPA_RETRANS_TIME, 20);
	nla_nest_end(msg, parms);
	nsrig_assert_ok(nsrig_request(ns, msg));
	nlmsg_free(msg);
}

static void neighbour_that_is_not_there_fails(void **state)
{
	const struct nsrig_echo ping4 = {.dst = "10.0.0.99"}, ping6 = {.dst = "2001:db8::99"};
	struct nsrig_ns *client = nsrig_host(*state, "client");
	char mac[18];

	hurry(client, "arp_cache");
	hurry(client, "ndisc_cache");
	nsrig_in(client) {
		nsrig_assert_error(nsrig_ping(&ping4), -EHOSTUNREACH);
		nsrig_assert_error(nsrig_ping(&ping6), -EHOSTUNREACH);
	}
	assert_int_equal(neighbour(client, "10.0.0.99", mac), NUD_FAILED);
	assert_string_equal(mac, "");
	assert_int_equal(neighbour(client, "2001:db8::99", mac), NUD_FAILED);
	assert_string_equal(mac, "");
}

/* Which of the two hosts receives what a socket of the client sends to this address? */
static const char *who_gets(struct nsrig *rig, int fd, const char *addr)
{
	const struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = inet_addr(addr),
	};
	struct pollfd hosts[] = {
		{smoke_server(nsrig_host(rig, "left"), SOCK_DGRAM, "", PORT), .events = POLLIN},
		{smoke_server(nsrig_host(rig, "right"), SOCK_DGRAM, "", PORT), .events = POLLIN},
	};

	assert_return_code(sendto(fd, "hello", 5, 0, (struct sockaddr *)&to, sizeof(to)), errno);
	assert_true(poll(hosts, 2, smoke_scaled(SMOKE_PATIENCE_MS)) > 0);
	close(hosts[0].fd);
	close(hosts[1].fd);
	return hosts[0].revents && hosts[1].revents ? "both" : hosts[0].revents ? "left" : "right";
}

/*
 *         | eth0 10.0.1.1/24 198.51.100.1/32 ------ 10.0.1.2/24 192.0.2.1/32 eth0 left
 *  client |
 *         | eth1 10.0.2.1/24 ---------------------- 10.0.2.2/24 192.0.2.1/32 eth0 right
 *
 * The client's main table leads to left's 192.0.2.1; table 100, once it exists, leads to right's.
 */
static const struct nsrig_topo fork_in_the_road = {
	.links =
		{
			NSRIG_VETH("client:eth0 10.0.1.1/24 198.51.100.1/32",
				"left:eth0 10.0.1.2/24 192.0.2.1/32"),
			NSRIG_VETH("client:eth1 10.0.2.1/24",
				"right:eth0 10.0.2.2/24 192.0.2.1/32 shared"),
		},
	.routes = {"client 192.0.2.1 via 10.0.1.2"},
};

/* Adds a rule that makes matching packets use table 100, and frees the rule. */
static void add_rule(struct nsrig_ns *ns, struct rtnl_rule *rule)
{
	struct nl_msg *msg;
	int rc;

	rtnl_rule_set_family(rule, AF_INET);
	rtnl_rule_set_action(rule, FR_ACT_TO_TBL);
	rtnl_rule_set_table(rule, 100);
	assert_int_equal(rtnl_rule_build_add_request(rule, NLM_F_CREATE | NLM_F_EXCL, &msg), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	rtnl_rule_put(rule);
	nsrig_require(rc, "CONFIG_IP_MULTIPLE_TABLES");
	nsrig_assert_ok(nsrig_route_add(ns, "192.0.2.1 via 10.0.2.2 table 100"));
}

static void policy_rule_routes_by_source(void **state)
{
	const struct sockaddr_in source = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = inet_addr("198.51.100.1"),
	};
	struct nsrig_ns *client = nsrig_host(*state, "client");
	int any = nsrig_assert_ok(nsrig_socket(client, AF_INET, SOCK_DGRAM, 0));
	int bound = nsrig_assert_ok(nsrig_socket(client, AF_INET, SOCK_DGRAM, 0));
	struct rtnl_rule *rule = rtnl_rule_alloc();
	struct nl_addr *addr;

	assert_return_code(bind(bound, (struct sockaddr *)&source, sizeof(source)), errno);
	assert_string_equal(who_gets(*state, bound, "192.0.2.1"), "left");

	assert_int_equal(nl_addr_parse("198.51.100.1", AF_INET, &addr), 0);
	rtnl_rule_set_src(rule, addr);
	nl_addr_put(addr);
	add_rule(client, rule);
	assert_string_equal(who_gets(*state, bound, "192.0.2.1"), "right");
	assert_string_equal(who_gets(*state, any, "192.0.2.1"), "left");
	close(bound);
	close(any);
}

static void policy_rule_routes_by_mark(void **state)
{
	const int mark = 7;
	struct nsrig_ns *client = nsrig_host(*state, "client");
	int plain = nsrig_assert_ok(nsrig_socket(client, AF_INET, SOCK_DGRAM, 0));
	int marked = nsrig_assert_ok(nsrig_socket(client, AF_INET, SOCK_DGRAM, 0));
	struct rtnl_rule *rule = rtnl_rule_alloc();

	assert_return_code(setsockopt(marked, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)), errno);
	assert_string_equal(who_gets(*state, marked, "192.0.2.1"), "left");

	rtnl_rule_set_mark(rule, mark);
	add_rule(client, rule);
	assert_string_equal(who_gets(*state, marked, "192.0.2.1"), "right");
	assert_string_equal(who_gets(*state, plain, "192.0.2.1"), "left");
	close(marked);
	close(plain);
}

/*
 *         | red:  eth0 10.0.0.1/24 ------ 10.0.0.2/24 eth0 left
 *  client |
 *         | blue: eth1 10.0.0.1/24 ------ 10.0.0.2/24 eth0 right
 */
static const struct nsrig_topo twins = {
	.links =
		{
			NSRIG_VETH("client:eth0", "left:eth0 10.0.0.2/24"),
			NSRIG_VETH("client:eth1", "right:eth0 10.0.0.2/24 shared"),
		},
};

static void add_vrf(struct nsrig_ns *ns, const char *name, int table, const char *port)
{
	struct rtnl_link *link = rtnl_link_vrf_alloc();
	struct nl_msg *msg;
	int rc;

	rtnl_link_set_name(link, name);
	rtnl_link_vrf_set_tableid(link, table);
	assert_int_equal(rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	rtnl_link_put(link);
	nsrig_require(rc, "CONFIG_NET_VRF");

	nsrig_assert_ok(nsrig_link_up(ns, name));
	nsrig_assert_ok(nsrig_link_set_master(ns, port, name));
	nsrig_assert_ok(nsrig_addr_add(ns, port, "10.0.0.1/24"));
	nsrig_assert_ok(nsrig_wait_link(ns, port, SMOKE_PATIENCE_MS));
}

static int socket_in_vrf(struct nsrig_ns *ns, const char *vrf)
{
	int fd = nsrig_assert_ok(nsrig_socket(ns, AF_INET, SOCK_DGRAM, 0));

	assert_return_code(setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, vrf, strlen(vrf)), errno);
	return fd;
}

static void vrf_keeps_equal_networks_apart(void **state)
{
	const struct nsrig_echo in_neither = {.dst = "10.0.0.2"};
	struct nsrig_ns *client = nsrig_host(*state, "client");
	int red, blue;

	add_vrf(client, "red", 10, "eth0");
	add_vrf(client, "blue", 20, "eth1");
	red = socket_in_vrf(client, "red");
	blue = socket_in_vrf(client, "blue");
	assert_string_equal(who_gets(*state, red, "10.0.0.2"), "left");
	assert_string_equal(who_gets(*state, blue, "10.0.0.2"), "right");
	nsrig_in(client) {
		nsrig_assert_ping("10.0.0.2", .dev = "red");
		nsrig_assert_ping("10.0.0.2", .dev = "blue");
		nsrig_assert_error(nsrig_ping(&in_neither), -ENETUNREACH);
	}
	close(blue);
	close(red);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(ipv4_router_forwards, &routed),
		nsrig_test(ipv6_router_forwards, &routed),
		nsrig_test(blackhole_route_drops_in_silence, &routed),
		nsrig_test(unreachable_route_tells_the_sender, &routed),
		nsrig_test(prohibit_route_tells_the_sender, &routed),
		nsrig_test(mtu_refuses_what_is_larger, &routed),
		nsrig_test(ipv4_sender_learns_the_path_mtu, &routed),
		nsrig_test(ipv6_sender_learns_the_path_mtu, &routed),
		nsrig_test(neighbour_is_resolved_by_arp, &pair),
		nsrig_test(neighbour_is_resolved_by_ndp, &pair),
		nsrig_test(neighbour_that_is_not_there_fails, &pair),
		nsrig_test(policy_rule_routes_by_source, &fork_in_the_road),
		nsrig_test(policy_rule_routes_by_mark, &fork_in_the_road),
		nsrig_test(vrf_keeps_equal_networks_apart, &twins),
	};

	return smoke_main(argc, argv, tests);
}
