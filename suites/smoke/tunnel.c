// SPDX-License-Identifier: MIT
/*
 * Does this kernel carry one network in the packets of another? Each test asserts that packets
 * arrive by way of the tunnel, that none of them crosses the cable unencapsulated, and that the
 * cable carries the encapsulated ones.
 *
 *	+-----------------------------------+       +-----------------------------------+
 *	| left    10.9.0.1/24 2001:db8:9::1 |~~~~~~~| 10.9.0.2/24 2001:db8:9::2   right |
 *	|            192.0.2.1/24 eth0      |=======|      eth0 192.0.2.2/24            |
 *	|        2001:db8::1/64             |       |           2001:db8::2/64          |
 *	+-----------------------------------+       +-----------------------------------+
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/lwtunnel.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct nsrig_topo cable = {
	.text = "veth left:eth0 192.0.2.1/24 2001:db8::1/64 -- right:eth0 192.0.2.2/24 "
		"2001:db8::2/64",
};

struct tunnel {
	const char *kind, *options;
	bool over_ipv6;      /* over the IPv6 addresses of the cable */
	const char *on_wire; /* the encapsulated packet, as a filter */
	const char *config;
};

/* Adds the tunnel's link at one end, with the common options and those of this end. */
static int add_end(struct nsrig *rig, const struct tunnel *tunnel, bool right, const char *own)
{
	const char *format = tunnel->over_ipv6 ? "local 2001:db8::%d remote 2001:db8::%d"
					       : "local 192.0.2.%d remote 192.0.2.%d";
	char ends[64], text[512];
	bool has_local = strcmp(tunnel->kind, "geneve") != 0;

	snprintf(ends, sizeof(ends), format, right ? 2 : 1, right ? 1 : 2);
	snprintf(text, sizeof(text), "%s %s:t0 10.9.0.%d/24 2001:db8:9::%d/64 %s %s %s",
		tunnel->kind, right ? "right" : "left", right ? 2 : 1, right ? 2 : 1,
		has_local ? ends : strstr(ends, "remote"), tunnel->options, own);
	/* A tunnel for one family only gets only that family's address. */
	if (!strcmp(tunnel->kind, "ipip") || strstr(tunnel->options, "mode ipip6"))
		memset(strstr(text, "2001:db8:9"), ' ', strlen("2001:db8:9::1/64"));
	if (!strcmp(tunnel->kind, "sit") || strstr(tunnel->options, "mode ip6ip6"))
		memset(strstr(text, "10.9.0."), ' ', strlen("10.9.0.1/24"));
	return nsrig_add(rig, text);
}

static void add_tunnel(struct nsrig *rig, const struct tunnel *tunnel)
{
	nsrig_require(add_end(rig, tunnel, false, ""), tunnel->config);
	nsrig_assert_ok(add_end(rig, tunnel, true, ""));
}

static void assert_tunnels(struct nsrig *rig, const struct tunnel *tunnel, const char *to)
{
	struct nsrig_capture *wire = nsrig_capture(rig, "right:eth0");
	char target[64];

	snprintf(target, sizeof(target), "udp %s", to);
	nsrig_expect_packets(wire, ">= 2", tunnel->on_wire, NSRIG_WAIT_MS) {
		nsrig_assert_reach(rig, "left", target, .at = "right");
	}
	nsrig_assert_packets(wire, "== 0", "net 10.9.0.0/24 or net 2001:db8:9::/64", 0);
}

static void assert_tunnels_both(struct nsrig *rig, const struct tunnel *tunnel)
{
	add_tunnel(rig, tunnel);
	assert_tunnels(rig, tunnel, "10.9.0.2");
	assert_tunnels(rig, tunnel, "[2001:db8:9::2]");
}

/* ---- tunnels in UDP -------------------------------------------------------------------------- */

static void vxlan_carries_ethernet_in_udp(void **state)
{
	static const struct tunnel vxlan = {
		"vxlan", "id 42", false, "udp dst port 4789", "CONFIG_VXLAN"};

	assert_tunnels_both(*state, &vxlan);
}

static void vxlan_carries_ethernet_over_ipv6(void **state)
{
	static const struct tunnel vxlan = {
		"vxlan", "id 42", true, "ip6 and udp dst port 4789", "CONFIG_VXLAN"};

	assert_tunnels_both(*state, &vxlan);
}

static void vxlan_keeps_networks_of_two_ids_apart(void **state)
{
	static const struct tunnel vxlan = {"vxlan", "", false, NULL, "CONFIG_VXLAN"};
	struct nsrig *rig = *state;

	nsrig_require(add_end(rig, &vxlan, false, "id 42"), vxlan.config);
	nsrig_assert_ok(add_end(rig, &vxlan, true, "id 43"));
	nsrig_assert_no_reach(rig, "left", "icmp 10.9.0.2");
	nsrig_assert_ok(nsrig_remove(rig, "right:t0"));
	nsrig_assert_ok(add_end(rig, &vxlan, true, "id 42"));
	nsrig_assert_reach(rig, "left", "icmp 10.9.0.2");
}

/*
 *	a eth0 192.0.2.1, vx0 10.9.0.1 ------ |
 *	b eth0 192.0.2.2, vx0 10.9.0.2 ------ | switch
 *	c eth0 192.0.2.3, vx0 10.9.0.3 ------ |
 */
#define VXLAN(host, n, more)                                                                       \
	"vxlan " host ":vx0 10.9.0." n "/24 id 42 local 192.0.2." n " dev eth0 " more "\n"

static const struct nsrig_topo three = {
	.text = "bridge switch:br0 mcast_snooping off\n"
		"veth switch:a master br0 -- a:eth0 192.0.2.1/24\n"
		"veth switch:b master br0 -- b:eth0 192.0.2.2/24\n"
		"veth switch:c master br0 -- c:eth0 192.0.2.3/24\n",
};

/* A filter for flooded frames to a MAC address. */
static const char *flooded_to(const char *mac)
{
	static char filter[128];
	unsigned int m[6];

	assert_int_equal(
		sscanf(mac, "%x:%x:%x:%x:%x:%x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5]), 6);
	snprintf(filter, sizeof(filter),
		"dst host 239.1.1.1 and udp[16:4] == 0x%02x%02x%02x%02x and "
		"udp[20:2] == 0x%02x%02x",
		m[0], m[1], m[2], m[3], m[4], m[5]);
	return filter;
}

static void vxlan_learns_where_a_mac_is(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *a = nsrig_host(rig, "a");
	struct nsrig_capture *bystander;
	char entry[64];
	struct nsrig_link b;
	int rc, tries = 0;

	nsrig_require(nsrig_add(rig, VXLAN("a", "1", "group 239.1.1.1") VXLAN("b", "2",
					     "group 239.1.1.1") VXLAN("c", "3", "group 239.1.1.1")),
		"CONFIG_VXLAN");
	bystander = nsrig_capture(rig, "c:eth0", "udp port 4789");
	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, "b"), "vx0", &b));
	snprintf(entry, sizeof(entry), "%s dev vx0 dst 192.0.2.2", b.mac);
	nsrig_assert_reach(rig, "a", "icmp 10.9.0.2");
	nsrig_assert_ok(nsrig_wait_fdb_entry(a, entry, NSRIG_WAIT_MS));
	nsrig_expect_packets(bystander, "== 0", flooded_to(b.mac), 0)
		nsrig_assert_reach(rig, "a", "icmp 10.9.0.2", .count = 3);
	/*
	 * A frame for a deleted address is flooded again. But b may teach a anew in between, by a
	 * packet of its own (a router solicitation, or its neighbour's confirmation).
	 */
	nsrig_assert_ok(nsrig_capture_mark(bystander));
	do {
		nsrig_assert_ok(nsrig_fdb_del(a, entry));
		nsrig_assert_reach(rig, "a", "icmp 10.9.0.2", .count = 3);
		rc = nsrig_capture_wait(bystander, flooded_to(b.mac), 1, 500);
	} while (rc == -ETIMEDOUT && ++tries < 5);
	nsrig_assert_ok(rc);
	nsrig_assert_fdb_entry(a, entry);
}

static void vxlan_without_learning_goes_by_its_table(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *a = nsrig_host(rig, "a"), *b = nsrig_host(rig, "b");

	nsrig_require(
		nsrig_add(rig, VXLAN("a", "1", "learning off") VXLAN("b", "2", "learning off")),
		"CONFIG_VXLAN");
	nsrig_assert_no_reach(rig, "a", "icmp 10.9.0.2");
	nsrig_assert_ok(nsrig_fdb_add(a, "00:00:00:00:00:00 dev vx0 dst 192.0.2.2 self permanent"));
	/* b lacks the entry that it needs for its answer. */
	nsrig_assert_no_reach(rig, "a", "icmp 10.9.0.2");
	nsrig_assert_ok(nsrig_fdb_add(b, "00:00:00:00:00:00 dev vx0 dst 192.0.2.1 self permanent"));
	nsrig_assert_reach(rig, "a", "icmp 10.9.0.2");
	nsrig_assert_no_fdb_entry(a, "dev vx0 dst 192.0.2.2 dynamic");
}

static void geneve_carries_ethernet_in_udp(void **state)
{
	static const struct tunnel geneve = {
		"geneve", "id 42", false, "udp dst port 6081", "CONFIG_GENEVE"};

	assert_tunnels_both(*state, &geneve);
}

/* The route to an address has the tunnel's remote end. */
static int add_route_into(struct nsrig_ns *ns, const char *to, const char *outer)
{
	struct rtmsg header = {.rtm_family = AF_INET,
		.rtm_dst_len = 32,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_type = RTN_UNICAST,
		.rtm_scope = RT_SCOPE_LINK,
		.rtm_protocol = RTPROT_STATIC};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *encap;
	int rc;

	assert_int_equal(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_u32(msg, RTA_DST, inet_addr(to)), 0);
	assert_int_equal(nla_put_u32(msg, RTA_OIF, smoke_index(ns, "t0")), 0);
	assert_int_equal(nla_put_u16(msg, RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_IP), 0);
	encap = nla_nest_start(msg, RTA_ENCAP | NLA_F_NESTED);
	assert_int_equal(nla_put_u32(msg, LWTUNNEL_IP_DST, inet_addr(outer)), 0);
	assert_int_equal(nla_put_u8(msg, LWTUNNEL_IP_TTL, 64), 0);
	nla_nest_end(msg, encap);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	return rc;
}

/* The packet (here IPv4) follows the UDP header directly: IFLA_BAREUDP_PORT and _ETHERTYPE. */
#define BAREUDP(host, addr) "kind bareudp " host ":t0 " addr "/32 raw 1=be16:6635 raw 2=be16:2048\n"

static void bareudp_carries_packets_as_they_are(void **state)
{
	static const struct tunnel bareudp = {"bareudp", "", false,
		"udp dst port 6635 and udp[8] == 0x45 and udp[17] == 17", "CONFIG_BAREUDP"};
	struct nsrig *rig = *state;

	nsrig_require(nsrig_add(rig, BAREUDP("left", "10.9.0.1") BAREUDP("right", "10.9.0.2")),
		bareudp.config);
	nsrig_require(add_route_into(nsrig_host(rig, "left"), "10.9.0.2", "192.0.2.2"),
		"CONFIG_LWTUNNEL");
	nsrig_assert_ok(add_route_into(nsrig_host(rig, "right"), "10.9.0.1", "192.0.2.1"));
	assert_tunnels(rig, &bareudp, "10.9.0.2");
}

static const struct nsrig_topo secret = {
	.text = "veth left:eth0 192.0.2.1/24 -- right:eth0 192.0.2.2/24\n"
		"wireguard left:wg0 10.9.0.1/24 peer right:wg0 endpoint 192.0.2.2\n"
		"wireguard right:wg0 10.9.0.2/24 peer left:wg0\n",
};

static const char words[] = "in the clear";

static int is_readable(const struct nsrig_packet *packet, void *arg)
{
	(void)arg;
	return memmem(packet->data, packet->size, words, strlen(words)) != NULL;
}

static void say(struct nsrig *rig, const char *to)
{
	int heard = smoke_server(nsrig_host(rig, "right"), SOCK_DGRAM, "", 7);
	int fd = nsrig_assert_ok(smoke_connect(nsrig_host(rig, "left"), SOCK_DGRAM, to, 7));

	assert_return_code(send(fd, words, strlen(words), 0), errno);
	assert_true(smoke_readable(heard, SMOKE_PATIENCE_MS));
	close(fd);
	close(heard);
}

static void wireguard_keeps_words_secret(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "right:eth0", "udp");

	say(*state, "10.9.0.2");
	nsrig_assert_packets(wire, ">= 3", "udp port 51820", NSRIG_WAIT_MS);
	assert_int_equal(nsrig_capture_each(wire, NULL, 0, is_readable, NULL), 0);
	/* The check itself works: outside of the tunnel, the text is found. */
	say(*state, "192.0.2.2");
	assert_int_equal(nsrig_capture_each(wire, NULL, NSRIG_WAIT_MS, is_readable, NULL), 1);
}

/* ---- tunnels in IP --------------------------------------------------------------------------- */

static void gre_carries_ip(void **state)
{
	static const struct tunnel gre = {"gre", "", false, "ip proto 47", "CONFIG_NET_IPGRE"};

	assert_tunnels_both(*state, &gre);
}

static void gre_tells_tunnels_apart_by_their_key(void **state)
{
	static const struct tunnel gre = {"gre", "", false, NULL, "CONFIG_NET_IPGRE"};
	struct nsrig *rig = *state;

	nsrig_require(add_end(rig, &gre, false, "key 7"), gre.config);
	nsrig_assert_ok(add_end(rig, &gre, true, "key 8"));
	nsrig_assert_no_reach(rig, "left", "icmp 10.9.0.2");
	nsrig_assert_ok(nsrig_remove(rig, "right:t0"));
	nsrig_assert_ok(add_end(rig, &gre, true, "key 7"));
	nsrig_assert_reach(rig, "left", "icmp 10.9.0.2");
}

static void gretap_carries_ethernet(void **state)
{
	/* Its payload is Ethernet (transparent Ethernet bridging). */
	static const struct tunnel gretap = {
		"gretap", "", false, "ip proto 47 and ip[22:2] == 0x6558", "CONFIG_NET_IPGRE"};

	assert_tunnels_both(*state, &gretap);
}

/* IPv6, with an optional tunnel encapsulation limit in front of the payload. */
#define IN_IPV6(protocol) "(ip6[6] == " protocol " or (ip6[6] == 60 and ip6[40] == " protocol "))"

static void ip6gre_carries_ip_over_ipv6(void **state)
{
	static const struct tunnel ip6gre = {"ip6gre", "", true, IN_IPV6("47"), "CONFIG_IPV6_GRE"};

	assert_tunnels_both(*state, &ip6gre);
}

static void ip6gretap_carries_ethernet_over_ipv6(void **state)
{
	static const struct tunnel ip6gretap = {"ip6gretap", "", true,
		IN_IPV6("47") " and (ip6[42:2] == 0x6558 or ip6[50:2] == 0x6558)",
		"CONFIG_IPV6_GRE"};

	assert_tunnels_both(*state, &ip6gretap);
}

static void ipip_carries_ipv4_in_ipv4(void **state)
{
	static const struct tunnel ipip = {"ipip", "", false, "ip proto 4", "CONFIG_NET_IPIP"};

	add_tunnel(*state, &ipip);
	assert_tunnels(*state, &ipip, "10.9.0.2");
}

static void sit_carries_ipv6_in_ipv4(void **state)
{
	static const struct tunnel sit = {"sit", "", false, "ip proto 41", "CONFIG_IPV6_SIT"};

	add_tunnel(*state, &sit);
	assert_tunnels(*state, &sit, "[2001:db8:9::2]");
}

static void ip6tnl_carries_ipv6_in_ipv6(void **state)
{
	static const struct tunnel ip6ip6 = {
		"ip6tnl", "mode ip6ip6", true, IN_IPV6("41"), "CONFIG_IPV6_TUNNEL"};

	add_tunnel(*state, &ip6ip6);
	assert_tunnels(*state, &ip6ip6, "[2001:db8:9::2]");
}

static void ip6tnl_carries_ipv4_in_ipv6(void **state)
{
	static const struct tunnel ipip6 = {
		"ip6tnl", "mode ipip6", true, IN_IPV6("4"), "CONFIG_IPV6_TUNNEL"};

	add_tunnel(*state, &ipip6);
	assert_tunnels(*state, &ipip6, "10.9.0.2");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(vxlan_carries_ethernet_in_udp, &cable),
		nsrig_test(vxlan_carries_ethernet_over_ipv6, &cable),
		nsrig_test(vxlan_keeps_networks_of_two_ids_apart, &cable),
		nsrig_test(vxlan_learns_where_a_mac_is, &three),
		nsrig_test(vxlan_without_learning_goes_by_its_table, &three),
		nsrig_test(geneve_carries_ethernet_in_udp, &cable),
		nsrig_test(bareudp_carries_packets_as_they_are, &cable),
		nsrig_test(wireguard_keeps_words_secret, &secret),
		nsrig_test(gre_carries_ip, &cable),
		nsrig_test(gre_tells_tunnels_apart_by_their_key, &cable),
		nsrig_test(gretap_carries_ethernet, &cable),
		nsrig_test(ip6gre_carries_ip_over_ipv6, &cable),
		nsrig_test(ip6gretap_carries_ethernet_over_ipv6, &cable),
		nsrig_test(ipip_carries_ipv4_in_ipv4, &cable),
		nsrig_test(sit_carries_ipv6_in_ipv4, &cable),
		nsrig_test(ip6tnl_carries_ipv6_in_ipv6, &cable),
		nsrig_test(ip6tnl_carries_ipv4_in_ipv6, &cable),
	};

	return smoke_main(argc, argv, tests);
}
