// SPDX-License-Identifier: MIT
/*
 * Which way does this kernel send a packet, and which packets does it not accept?
 *
 *	  eth0 10.0.1.1 ====== 10.0.1.254 eth0 r1 eth1 10.1.1.254 ====== 10.1.1.1 eth0
 *	a                                                                              b
 *	  eth1 10.0.2.1 ====== 10.0.2.254 eth0 r2 eth1 10.1.2.254 ====== 10.1.2.1 eth1
 *
 * a also has the address 198.51.100.1; b also has 192.0.2.1 and 2001:db8:b::1, and the routes to
 * them go by r1. IPv6 likewise: 2001:db8:1::1 to 2001:db8:1::fe and so on.
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/in6.h>
#include <linux/lwtunnel.h>
#include <linux/mpls_iptunnel.h>
#include <linux/nexthop.h>
#include <linux/rpl.h>
#include <linux/rpl_iptunnel.h>
#include <linux/rtnetlink.h>
#include <linux/seg6.h>
#include <linux/seg6_iptunnel.h>
#include <linux/seg6_local.h>
#include <netinet/ip.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct nsrig_topo two_ways = {
	.text = "host r1 forwarding\n"
		"host r2 forwarding\n"
		"veth a:eth0 10.0.1.1/24 198.51.100.1/32 2001:db8:1::1/64 -- r1:eth0 10.0.1.254/24 "
		"2001:db8:1::fe/64\n"
		"veth a:eth1 10.0.2.1/24 2001:db8:2::1/64 -- r2:eth0 10.0.2.254/24 "
		"2001:db8:2::fe/64\n"
		"veth r1:eth1 10.1.1.254/24 2001:db8:11::fe/64 -- b:eth0 10.1.1.1/24 192.0.2.1/32 "
		"2001:db8:11::1/64 2001:db8:b::1/128\n"
		"veth r2:eth1 10.1.2.254/24 2001:db8:12::fe/64 -- b:eth1 10.1.2.1/24 "
		"2001:db8:12::1/64\n"
		"route a 192.0.2.1 via 10.0.1.254\n"
		"route r1 192.0.2.1 via 10.1.1.1\n"
		"route r2 192.0.2.1 via 10.1.2.1\n"
		"route r1 198.51.100.1 via 10.0.1.1\n"
		"route r2 198.51.100.1 via 10.0.2.1\n"
		"route b default via 10.1.1.254\n"
		"route a 2001:db8:b::1 via 2001:db8:1::fe\n"
		"route r1 2001:db8:b::1 via 2001:db8:11::1\n"
		"route r2 2001:db8:b::1 via 2001:db8:12::1\n"
		"route b ::/0 via 2001:db8:11::fe\n"
		"route r1 2001:db8:2::/64 via 2001:db8:1::1\n"
		"route r1 10.0.2.0/24 via 10.0.1.1\n",
};

/* The number of a's requests by each router. */
struct ways {
	struct nsrig_capture *by[2];
};

static struct ways look(struct nsrig *rig)
{
	static const char filter[] = "inbound and (dst host 192.0.2.1 or dst host 2001:db8:b::1)";

	return (struct ways){
		{nsrig_capture(rig, "r1:eth0", filter), nsrig_capture(rig, "r2:eth0", filter)}};
}

static void assert_goes_by(struct nsrig *rig, struct ways ways, const char *target, int router)
{
	nsrig_assert_ok(nsrig_capture_mark(ways.by[0]));
	nsrig_assert_ok(nsrig_capture_mark(ways.by[1]));
	nsrig_assert_reach(rig, "a", target, .at = "b");
	nsrig_assert_packets(ways.by[router - 1], ">= 1", NULL, NSRIG_WAIT_MS);
	nsrig_assert_packets(ways.by[2 - router], "== 0", NULL, 0);
}

/*
 * Each of many flows takes one path, and both paths are used. The chance that all flows take the
 * same one is 2^-31.
 */
static void assert_goes_both_ways(struct nsrig *rig, struct ways ways)
{
	int i, k, counts[2], both[2] = {0, 0};
	char target[32];

	for (i = 0; i < 32; i++) {
		for (k = 0; k < 2; k++)
			nsrig_assert_ok(nsrig_capture_mark(ways.by[k]));
		snprintf(target, sizeof(target), "udp 192.0.2.1:%d", 4300 + i);
		nsrig_assert_reach(rig, "a", target, .at = "b", .count = 2);
		for (k = 0; k < 2; k++) {
			counts[k] = nsrig_assert_ok(nsrig_capture_count(ways.by[k], NULL));
			both[k] += counts[k];
		}
		if (counts[0] && counts[1])
			nsrig_fail("a flow went both ways (%d, %d)", counts[0], counts[1]);
	}
	if (!both[0] || !both[1])
		nsrig_fail("all flows went one way (%d, %d)", both[0], both[1]);
}

/* ---- rules ----------------------------------------------------------------------------------- */

static void add_other_way(struct nsrig *rig, const char *rule)
{
	nsrig_require(nsrig_rule_add(nsrig_host(rig, "a"), rule), "CONFIG_IP_MULTIPLE_TABLES");
	nsrig_assert_ok(
		nsrig_route_add(nsrig_host(rig, "a"), "192.0.2.1 via 10.0.2.254 table 100"));
}

static void policy_rule_routes_by_port(void **state)
{
	struct ways ways = look(*state);

	add_other_way(*state, "ipproto udp dport 4300 lookup 100");
	assert_goes_by(*state, ways, "udp 192.0.2.1:4300", 2);
	assert_goes_by(*state, ways, "udp 192.0.2.1:4301", 1);
}

/* The test's own user is 0 in its user namespace, and maybe the only user there. */
static void policy_rule_routes_by_user(void **state)
{
	struct ways ways = look(*state);

	add_other_way(*state, "not uidrange 0-0 lookup 100");
	assert_goes_by(*state, ways, "udp 192.0.2.1", 1);
	nsrig_assert_ok(nsrig_rule_add(nsrig_host(*state, "a"), "uidrange 0-0 lookup 100"));
	assert_goes_by(*state, ways, "udp 192.0.2.1", 2);
}

static void throw_route_goes_on_with_the_next_table(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	struct ways ways = look(*state);

	add_other_way(*state, "from all lookup 100");
	assert_goes_by(*state, ways, "udp 192.0.2.1", 2);
	nsrig_assert_ok(nsrig_route_del(a, "192.0.2.1 via 10.0.2.254 table 100"));
	nsrig_assert_ok(nsrig_route_add(a, "blackhole default table 100"));
	nsrig_assert_no_reach(*state, "a", "udp 192.0.2.1");
	nsrig_assert_ok(nsrig_route_add(a, "throw 192.0.2.1 table 100"));
	assert_goes_by(*state, ways, "udp 192.0.2.1", 1);
}

/* ---- several paths --------------------------------------------------------------------------- */

static struct nl_msg *new_route(int family, const char *dst)
{
	struct rtmsg header = {.rtm_family = family,
		.rtm_dst_len = family == AF_INET ? 32 : 128,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_type = RTN_UNICAST,
		.rtm_protocol = RTPROT_STATIC};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	unsigned char addr[16];

	assert_int_equal(inet_pton(family, dst, addr), 1);
	assert_int_equal(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put(msg, RTA_DST, family == AF_INET ? 4 : 16, addr), 0);
	return msg;
}

static int send_to_a(struct nsrig *rig, struct nl_msg *msg)
{
	int rc = nsrig_request(nsrig_host(rig, "a"), msg);

	nlmsg_free(msg);
	return rc;
}

static void put_next_hop(struct nl_msg *msg, int link, const char *gateway)
{
	struct rtnexthop *hop = nlmsg_reserve(msg, sizeof(*hop), NLMSG_ALIGNTO);
	struct in_addr addr = {.s_addr = inet_addr(gateway)};

	memset(hop, 0, sizeof(*hop));
	hop->rtnh_ifindex = link;
	assert_int_equal(nla_put(msg, RTA_GATEWAY, sizeof(addr), &addr), 0);
	hop->rtnh_len = (char *)nlmsg_tail(nlmsg_hdr(msg)) - (char *)hop;
}

static void multipath_route_shares_flows_out(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	struct nl_msg *msg = new_route(AF_INET, "192.0.2.1");
	struct nlattr *hops = nla_nest_start(msg, RTA_MULTIPATH);
	struct ways ways = look(*state);

	/* Hash by ports too; each flow still takes one path. */
	nsrig_require(nsrig_sysctl_set(a, "net.ipv4.fib_multipath_hash_policy", "1"),
		"CONFIG_IP_ROUTE_MULTIPATH");
	put_next_hop(msg, smoke_index(a, "eth0"), "10.0.1.254");
	put_next_hop(msg, smoke_index(a, "eth1"), "10.0.2.254");
	nla_nest_end(msg, hops);
	nsrig_require(send_to_a(*state, msg), "CONFIG_IP_ROUTE_MULTIPATH");
	assert_goes_both_ways(*state, ways);
}

/* Adds a next hop that routes can use, or replaces the one with the same id. */
static int set_next_hop(struct nsrig *rig, uint32_t id, const char *link, const char *gateway)
{
	struct nhmsg header = {.nh_family = AF_INET, .nh_protocol = RTPROT_STATIC};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_REPLACE);

	assert_int_equal(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_u32(msg, NHA_ID, id), 0);
	assert_int_equal(nla_put_u32(msg, NHA_OIF, smoke_index(nsrig_host(rig, "a"), link)), 0);
	assert_int_equal(nla_put_u32(msg, NHA_GATEWAY, inet_addr(gateway)), 0);
	return send_to_a(rig, msg);
}

static void route_by_next_hop(struct nsrig *rig, uint32_t id)
{
	struct nl_msg *msg = new_route(AF_INET, "192.0.2.1");

	assert_int_equal(nla_put_u32(msg, RTA_NH_ID, id), 0);
	nsrig_assert_ok(send_to_a(rig, msg));
}

static void next_hop_is_replaced_below_its_routes(void **state)
{
	struct ways ways = look(*state);

	nsrig_require(set_next_hop(*state, 1, "eth0", "10.0.1.254"), "Linux 5.3");
	route_by_next_hop(*state, 1);
	assert_goes_by(*state, ways, "udp 192.0.2.1", 1);
	nsrig_assert_ok(set_next_hop(*state, 1, "eth1", "10.0.2.254"));
	assert_goes_by(*state, ways, "udp 192.0.2.1", 2);
}

static void next_hop_group_shares_flows_out(void **state)
{
	static const struct nexthop_grp group[] = {{.id = 1}, {.id = 2}};
	struct nhmsg header = {.nh_family = AF_UNSPEC};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWNEXTHOP, NLM_F_CREATE | NLM_F_EXCL);
	struct ways ways = look(*state);

	nsrig_require(set_next_hop(*state, 1, "eth0", "10.0.1.254"), "Linux 5.3");
	nsrig_assert_ok(set_next_hop(*state, 2, "eth1", "10.0.2.254"));
	assert_int_equal(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_u32(msg, NHA_ID, 3), 0);
	assert_int_equal(nla_put(msg, NHA_GROUP, sizeof(group), group), 0);
	nsrig_require(send_to_a(*state, msg), "CONFIG_IP_ROUTE_MULTIPATH");
	nsrig_require(nsrig_sysctl_set(
			      nsrig_host(*state, "a"), "net.ipv4.fib_multipath_hash_policy", "1"),
		"CONFIG_IP_ROUTE_MULTIPATH");
	route_by_next_hop(*state, 3);
	assert_goes_both_ways(*state, ways);
}

/* A link without a carrier keeps its routes; a sysctl decides whether they are used. */
static void route_by_a_dead_link_is_left_alone(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *a = nsrig_host(rig, "a");
	struct ways ways = look(rig);

	nsrig_assert_ok(nsrig_route_add(a, "192.0.2.1 via 10.0.2.254 metric 20"));
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "b"), "198.51.100.1 via 10.1.2.254"));
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "b"), "10.0.2.0/24 via 10.1.2.254"));
	assert_goes_by(rig, ways, "udp 192.0.2.1", 1);
	nsrig_assert_ok(nsrig_unplug(rig, "a:eth0"));
	nsrig_assert_no_reach(rig, "a", "udp 192.0.2.1", .at = "b");
	nsrig_assert_ok(nsrig_sysctl_set(a, "net.ipv4.conf.all.ignore_routes_with_linkdown", "1"));
	assert_goes_by(rig, ways, "udp 192.0.2.1", 2);
}

/* The encapsulation that a route adds to its packets. */
static void put_encap(struct nl_msg *msg, int type, int attribute, const void *data, int size)
{
	struct nlattr *encap;

	assert_int_equal(nla_put_u16(msg, RTA_ENCAP_TYPE, type), 0);
	encap = nla_nest_start(msg, RTA_ENCAP | NLA_F_NESTED);
	assert_int_equal(nla_put(msg, attribute, size, data), 0);
	nla_nest_end(msg, encap);
}

/* On the way by r2, routers process segments; the sysctl enables it. */
static void heed_segments(struct nsrig *rig, const char *sysctl)
{
	static const char *const hosts[] = {"r2", "b"}, *const links[] = {"eth0", "eth1"};
	char key[64];
	size_t i;

	for (i = 0; i < 2; i++) {
		snprintf(key, sizeof(key), "net.ipv6.conf.all.%s", sysctl);
		nsrig_require_sysctl(key);
		nsrig_assert_ok(nsrig_sysctl_set(nsrig_host(rig, hosts[i]), key, "1"));
		snprintf(key, sizeof(key), "net.ipv6.conf.%s.%s", links[i], sysctl);
		nsrig_assert_ok(nsrig_sysctl_set(nsrig_host(rig, hosts[i]), key, "1"));
	}
}

/*
 * By r2, as the segment says, against the routing table. Each router on the way counts the segments
 * down.
 */
static void srv6_goes_by_its_segments(void **state)
{
	struct nsrig *rig = *state;
	struct {
		struct seg6_iptunnel_encap encap;
		struct ipv6_sr_hdr srh;
		struct in6_addr segments[2];
	} seg6 = {
		.encap = {.mode = SEG6_IPTUN_MODE_INLINE},
		.srh = {.hdrlen = 4, .type = 4, .segments_left = 1, .first_segment = 1},
	};
	struct nl_msg *msg = new_route(AF_INET6, "2001:db8:b::1");
	struct ways ways = look(rig);
	struct nsrig_capture *wire;

	assert_goes_by(rig, ways, "udp [2001:db8:b::1]", 1);
	heed_segments(rig, "seg6_enabled");
	/* In reverse order; the last place is for the destination itself. */
	assert_int_equal(inet_pton(AF_INET6, "2001:db8:2::fe", &seg6.segments[1]), 1);
	put_encap(msg, LWTUNNEL_ENCAP_SEG6, SEG6_IPTUNNEL_SRH, &seg6, sizeof(seg6));
	assert_int_equal(nla_put_u32(msg, RTA_OIF, smoke_index(nsrig_host(rig, "a"), "eth1")), 0);
	assert_int_equal(nla_put(msg, RTA_GATEWAY, 16, &seg6.segments[1]), 0);
	nsrig_require(send_to_a(rig, msg), "CONFIG_IPV6_SEG6_LWTUNNEL");
	wire = nsrig_capture(rig, "r2:eth1", "outbound and dst host 2001:db8:b::1");
	nsrig_assert_reach(rig, "a", "udp [2001:db8:b::1]");
	/* With a routing header whose segments are all used. */
	nsrig_assert_packets(
		wire, ">= 1", "ip6[6] == 43 and ip6[42] == 4 and ip6[43] == 0", NSRIG_WAIT_MS);
}

/* The same with RPL's header, in forward order and without the destination (RFC 6554). */
static void rpl_goes_by_its_segments(void **state)
{
	struct nsrig *rig = *state;
	struct {
		struct ipv6_rpl_sr_hdr srh;
		struct in6_addr segment;
	} rpl = {.srh = {.hdrlen = 2, .type = 3, .segments_left = 1}};
	struct nl_msg *msg = new_route(AF_INET6, "2001:db8:b::1");
	struct ways ways = look(rig);
	struct nsrig_capture *wire;

	assert_goes_by(rig, ways, "udp [2001:db8:b::1]", 1);
	heed_segments(rig, "rpl_seg_enabled");
	assert_int_equal(inet_pton(AF_INET6, "2001:db8:2::fe", &rpl.segment), 1);
	put_encap(msg, LWTUNNEL_ENCAP_RPL, RPL_IPTUNNEL_SRH, &rpl, sizeof(rpl));
	assert_int_equal(nla_put_u32(msg, RTA_OIF, smoke_index(nsrig_host(rig, "a"), "eth1")), 0);
	assert_int_equal(nla_put(msg, RTA_GATEWAY, 16, &rpl.segment), 0);
	nsrig_require(send_to_a(rig, msg), "CONFIG_IPV6_RPL_LWTUNNEL");
	wire = nsrig_capture(rig, "r2:eth1", "outbound and dst host 2001:db8:b::1");
	nsrig_assert_reach(rig, "a", "udp [2001:db8:b::1]");
	nsrig_assert_packets(
		wire, ">= 1", "ip6[6] == 43 and ip6[42] == 3 and ip6[43] == 0", NSRIG_WAIT_MS);
}

/*
 * IPv4 between two hosts in IPv6: a encapsulates, and r1 decapsulates, as its segment says
 * (End.DX4).
 */
static void srv6_carries_ipv4_to_an_end(void **state)
{
	struct nsrig *rig = *state;
	struct {
		struct seg6_iptunnel_encap encap;
		struct ipv6_sr_hdr srh;
		struct in6_addr segment;
	} seg6 = {.encap = {.mode = SEG6_IPTUN_MODE_ENCAP}, .srh = {.hdrlen = 2, .type = 4}};
	struct nl_msg *end = new_route(AF_INET6, "2001:db8:99::1"),
		      *in = new_route(AF_INET, "192.0.2.1");
	struct nsrig_capture *wire = nsrig_capture(rig, "r1:eth0", "inbound and ip6[6] == 43");
	struct nlattr *encap;

	assert_int_equal(nla_put_u16(end, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_SEG6_LOCAL), 0);
	encap = nla_nest_start(end, RTA_ENCAP | NLA_F_NESTED);
	assert_int_equal(nla_put_u32(end, SEG6_LOCAL_ACTION, SEG6_LOCAL_ACTION_END_DX4), 0);
	assert_int_equal(nla_put_u32(end, SEG6_LOCAL_NH4, inet_addr("10.1.1.1")), 0);
	nla_nest_end(end, encap);
	assert_int_equal(nla_put_u32(end, RTA_OIF, smoke_index(nsrig_host(rig, "r1"), "eth1")), 0);
	nsrig_require(nsrig_request(nsrig_host(rig, "r1"), end), "CONFIG_IPV6_SEG6_LWTUNNEL");
	nlmsg_free(end);
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "a"), "2001:db8:99::1 via 2001:db8:1::fe"));
	assert_int_equal(inet_pton(AF_INET6, "2001:db8:99::1", &seg6.segment), 1);
	put_encap(in, LWTUNNEL_ENCAP_SEG6, SEG6_IPTUNNEL_SRH, &seg6, sizeof(seg6));
	assert_int_equal(nla_put_u32(in, RTA_OIF, smoke_index(nsrig_host(rig, "a"), "eth0")), 0);
	nsrig_require(send_to_a(rig, in), "CONFIG_IPV6_SEG6_LWTUNNEL");
	nsrig_assert_reach(rig, "a", "udp 192.0.2.1");
	nsrig_assert_packets(wire, ">= 1", NULL, NSRIG_WAIT_MS);
}

/* An MPLS label as it is on the wire, at the bottom of the stack. */
#define LABEL(number) htonl((number) << 12 | 1 << 8)

static void mpls_goes_by_its_label(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *r1 = nsrig_host(rig, "r1");
	struct rtmsg header = {.rtm_family = AF_MPLS,
		.rtm_dst_len = 20,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_type = RTN_UNICAST,
		.rtm_protocol = RTPROT_STATIC};
	struct {
		uint16_t family;
		uint32_t addr;
	} __attribute__((packed)) via = {AF_INET, inet_addr("10.1.1.1")};
	const uint32_t label = LABEL(100);
	struct nl_msg *pop = nlmsg_alloc_simple(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct nl_msg *push = new_route(AF_INET, "192.0.2.1");
	struct nsrig_capture *wire =
		nsrig_capture(rig, "r1:eth0", "inbound and ether proto 0x8847");

	/* The first request that needs the modules loads them. */
	put_encap(push, LWTUNNEL_ENCAP_MPLS, MPLS_IPTUNNEL_DST, &label, sizeof(label));
	assert_int_equal(nla_put_u32(push, RTA_GATEWAY, inet_addr("10.0.1.254")), 0);
	nsrig_require(send_to_a(rig, push), "CONFIG_MPLS_IPTUNNEL");
	nsrig_assert_no_reach(rig, "a", "udp 192.0.2.1");
	nsrig_require(
		nsrig_sysctl_set(r1, "net.mpls.platform_labels", "1000"), "CONFIG_MPLS_ROUTING");
	nsrig_assert_ok(nsrig_sysctl_set(r1, "net.mpls.conf.eth0.input", "1"));
	assert_int_equal(nlmsg_append(pop, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_u32(pop, RTA_DST, LABEL(100)), 0);
	assert_int_equal(nla_put(pop, RTA_VIA, sizeof(via), &via), 0);
	assert_int_equal(nla_put_u32(pop, RTA_OIF, smoke_index(r1, "eth1")), 0);
	nsrig_assert_ok(nsrig_request(r1, pop));
	nlmsg_free(pop);
	nsrig_assert_ok(nsrig_capture_mark(wire));
	nsrig_assert_reach(rig, "a", "udp 192.0.2.1");
	nsrig_assert_packets(wire, ">= 1", NULL, NSRIG_WAIT_MS);
}

/* ---- packets that are not accepted ----------------------------------------------------------- */

static bool gets(struct nsrig *rig, int ms)
{
	int heard = smoke_server(nsrig_host(rig, "b"), SOCK_DGRAM, "", 4300);
	int fd = nsrig_assert_ok(smoke_connect(nsrig_host(rig, "a"), SOCK_DGRAM, "10.1.2.1", 4300));
	bool got;

	assert_int_equal(send(fd, "hello", 5, 0), 5);
	got = smoke_readable(heard, ms);
	close(fd);
	close(heard);
	return got;
}

static void set_rp_filter(struct nsrig *rig, const char *value)
{
	nsrig_assert_ok(
		nsrig_sysctl_set(nsrig_host(rig, "b"), "net.ipv4.conf.eth1.rp_filter", value));
}

/* Packets from a by r2 would be answered by r1; for packets from nowhere there is no route back. */
static void rp_filter_looks_at_the_way_back(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "a"), "10.1.2.0/24 via 10.0.2.254"));
	set_rp_filter(rig, "0");
	assert_true(gets(rig, SMOKE_PATIENCE_MS));
	set_rp_filter(rig, "1");
	assert_false(gets(rig, NSRIG_SILENCE_MS));
	set_rp_filter(rig, "2");
	assert_true(gets(rig, SMOKE_PATIENCE_MS));
	nsrig_assert_ok(nsrig_route_del(nsrig_host(rig, "b"), "default via 10.1.1.254"));
	assert_false(gets(rig, NSRIG_SILENCE_MS));
	set_rp_filter(rig, "0");
	assert_true(gets(rig, SMOKE_PATIENCE_MS));
}

/* A loose source route (RFC 791) by r1. */
static void source_routes_are_refused(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *r1 = nsrig_host(rig, "r1");
	unsigned char option[8] = {IPOPT_NOP, IPOPT_LSRR, 7, 4, 10, 0, 1, 254};
	int heard = smoke_server(nsrig_host(rig, "b"), SOCK_DGRAM, "", 4300);
	int fd = nsrig_assert_ok(nsrig_socket(nsrig_host(rig, "a"), AF_INET, SOCK_DGRAM, 0));
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(4300)};
	char text[16];

	to.sin_addr.s_addr = inet_addr("10.1.1.1");
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "a"), "10.1.1.0/24 via 10.0.1.254"));
	assert_return_code(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, option, sizeof(option)), errno);
	nsrig_assert_ok(nsrig_sysctl_set(
		nsrig_host(rig, "b"), "net.ipv4.conf.all.accept_source_route", "1"));
	assert_int_equal(sendto(fd, "refused", 7, 0, (struct sockaddr *)&to, sizeof(to)), 7);
	assert_false(smoke_readable(heard, 300));
	nsrig_assert_ok(nsrig_sysctl_set(r1, "net.ipv4.conf.all.accept_source_route", "1"));
	assert_int_equal(sendto(fd, "taken", 5, 0, (struct sockaddr *)&to, sizeof(to)), 5);
	assert_true(smoke_readable(heard, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(heard, text, sizeof(text), 0), 5);
	assert_memory_equal(text, "taken", 5);
	close(fd);
	close(heard);
}

/* ---- answers for others ---------------------------------------------------------------------- */

/* a regards b's network as directly connected. */
static void proxy_arp_answers_for_others(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "a"), "10.1.1.0/24 dev eth0"));
	nsrig_assert_no_reach(rig, "a", "icmp 10.1.1.1");
	nsrig_assert_ok(
		nsrig_sysctl_set(nsrig_host(rig, "r1"), "net.ipv4.conf.eth0.proxy_arp", "1"));
	nsrig_assert_reach(rig, "a", "icmp 10.1.1.1", .eventually = SMOKE_PATIENCE_MS);
}

static void proxy_ndp_answers_for_others(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *r1 = nsrig_host(rig, "r1");

	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "a"), "2001:db8:11::/64 dev eth0"));
	nsrig_assert_ok(nsrig_sysctl_set(r1, "net.ipv6.conf.eth0.proxy_ndp", "1"));
	nsrig_assert_no_reach(rig, "a", "icmp 2001:db8:11::1");
	nsrig_assert_ok(nsrig_neigh_add(r1, "2001:db8:11::1 dev eth0 proxy"));
	nsrig_assert_reach(rig, "a", "icmp 2001:db8:11::1", .eventually = SMOKE_PATIENCE_MS);
}

/*
 *	client 10.0.0.1 ===== |
 *	first 10.0.0.254 ==== | switch
 *	second 10.0.0.253 === |		second eth1 10.9.0.254 ===== eth0 10.9.0.1 server
 */
static const struct nsrig_topo detour = {
	.text = "host first forwarding\n"
		"host second forwarding\n"
		"bridge switch:br0\n"
		"veth switch:p1 master br0 -- client:eth0 10.0.0.1/24\n"
		"veth switch:p2 master br0 -- first:eth0 10.0.0.254/24\n"
		"veth switch:p3 master br0 -- second:eth0 10.0.0.253/24\n"
		"veth second:eth1 10.9.0.254/24 -- server:eth0 10.9.0.1/24\n"
		"route client default via 10.0.0.254\n"
		"route first 10.9.0.0/24 via 10.0.0.253\n"
		"route server default via 10.9.0.254\n",
};

static void redirect_shows_the_shorter_way(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	struct nsrig_capture *said;
	int tries;

	nsrig_assert_ok(nsrig_sysctl_set(client, "net.ipv4.conf.all.accept_redirects", "0"));
	nsrig_assert_ok(nsrig_sysctl_set(client, "net.ipv4.conf.eth0.accept_redirects", "0"));
	nsrig_assert_reach(rig, "client", "icmp server", .count = 2);
	nsrig_assert_route_to(client, "10.9.0.1", "via 10.0.0.254");
	nsrig_assert_ok(nsrig_sysctl_set(client, "net.ipv4.conf.all.accept_redirects", "1"));
	nsrig_assert_ok(nsrig_sysctl_set(client, "net.ipv4.conf.eth0.accept_redirects", "1"));
	said = nsrig_capture(rig, "client:eth0", "inbound");
	/* Routers send redirects only from time to time. */
	for (tries = 0;
		tries < 100 && !nsrig_capture_count(said, "icmp[icmptype] == icmp-redirect");
		tries++) {
		nsrig_assert_reach(rig, "client", "icmp server");
		nsrig_capture_wait(said, "icmp[icmptype] == icmp-redirect", 1, 100);
	}
	/* The redirect was captured; this answer comes after it has been processed. */
	nsrig_assert_reach(rig, "client", "icmp server");
	nsrig_assert_route_to(client, "10.9.0.1", "via 10.0.0.253");
}

/* ---- VRF ------------------------------------------------------------------------------------- */

/* client eth0 10.0.1.1 ===== eth0 (vrf red) router eth1 ===== eth0 10.0.2.1 server */
static const struct nsrig_topo vrf = {
	.text = "host router forwarding\n"
		"vrf router:red table 10\n"
		"veth client:eth0 10.0.1.1/24 -- router:eth0 master red 10.0.1.254/24\n"
		"veth server:eth0 10.0.2.1/24 -- router:eth1 10.0.2.254/24\n"
		"route client default via 10.0.1.254\n"
		"route server default via 10.0.2.254\n",
};

static void vrf_leaks_only_by_its_routes(void **state)
{
	struct nsrig_ns *router = nsrig_host(*state, "router");

	nsrig_assert_no_reach(*state, "client", "icmp server");
	nsrig_assert_ok(nsrig_route_add(router, "10.0.2.0/24 dev eth1 table 10"));
	nsrig_assert_ok(nsrig_route_add(router, "10.0.1.0/24 dev red"));
	nsrig_assert_reach(*state, "client", "icmp server");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(policy_rule_routes_by_port, &two_ways),
		nsrig_test(policy_rule_routes_by_user, &two_ways),
		nsrig_test(throw_route_goes_on_with_the_next_table, &two_ways),
		nsrig_test(multipath_route_shares_flows_out, &two_ways),
		nsrig_test(next_hop_is_replaced_below_its_routes, &two_ways),
		nsrig_test(next_hop_group_shares_flows_out, &two_ways),
		nsrig_test(route_by_a_dead_link_is_left_alone, &two_ways),
		nsrig_test(srv6_goes_by_its_segments, &two_ways),
		nsrig_test(rpl_goes_by_its_segments, &two_ways),
		nsrig_test(srv6_carries_ipv4_to_an_end, &two_ways),
		nsrig_test(mpls_goes_by_its_label, &two_ways),
		nsrig_test(rp_filter_looks_at_the_way_back, &two_ways),
		nsrig_test(source_routes_are_refused, &two_ways),
		nsrig_test(proxy_arp_answers_for_others, &two_ways),
		nsrig_test(proxy_ndp_answers_for_others, &two_ways),
		nsrig_test(redirect_shows_the_shorter_way, &detour),
		nsrig_test(vrf_leaks_only_by_its_routes, &vrf),
	};

	return smoke_main(argc, argv, tests);
}
