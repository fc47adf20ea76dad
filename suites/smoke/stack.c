// SPDX-License-Identifier: MIT
/*
 * Does this kernel support links on top of other links, and are those connected or isolated as
 * their modes say?
 */
#include "suites/smoke/lib/smoke.h"

#include <errno.h>
#include <linux/if_macsec.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/ether.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>

/*
 *	left eth0 ===== eth0 right
 *	     outer (802.1ad 30) > inner (802.1q 40) 10.0.0.1/24	the same, 10.0.0.2/24
 */
#define TAGS(id)                                                                                   \
	"veth left:eth0 -- right:eth0\n"                                                           \
	"vlan left:outer link eth0 id 30 protocol 802.1ad\n"                                       \
	"vlan right:outer link eth0 id 30 protocol 802.1ad\n"                                      \
	"vlan left:inner link outer id 40 10.0.0.1/24\n"                                           \
	"vlan right:inner link outer id " id " 10.0.0.2/24\n"

static const struct nsrig_topo tags = {.text = TAGS("40")};
static const struct nsrig_topo other_tags = {.text = TAGS("41")};

static void vlan_in_vlan_has_two_tags(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "right:eth0");

	nsrig_assert_reach(*state, "left", "icmp 10.0.0.2");
	nsrig_assert_packets(
		wire, ">= 2", "ether proto 0x88a8 and vlan 30 and vlan 40 and icmp", NSRIG_WAIT_MS);
}

static void vlan_in_vlan_keeps_inner_ids_apart(void **state)
{
	nsrig_assert_no_reach(*state, "left", "icmp 10.0.0.2");
}

/*
 *	a m0 10.0.0.1 |
 *	b m0 10.0.0.2 | machine: eth0 ===== eth0 10.0.0.9 outside
 */
#define ON_ONE_LINK(kind, options)                                                                 \
	"veth machine:eth0 -- outside:eth0 10.0.0.9/24\n" kind                                     \
	" a:m0 link machine:eth0 10.0.0.1/24 " options "\n" kind                                   \
	" b:m0 link machine:eth0 10.0.0.2/24 " options "\n"

static const struct nsrig_topo private = {.text = ON_ONE_LINK("macvlan", "mode private")};
static const struct nsrig_topo ipvlan_l2 = {.text = ON_ONE_LINK("ipvlan", "mode l2")};
static const struct nsrig_topo ipvlan_private = {
	.text = ON_ONE_LINK("ipvlan", "mode l2 flags private")};
static const struct nsrig_topo macvtap = {.text = ON_ONE_LINK("macvtap", "mode bridge")};

static void assert_reach_outside(struct nsrig *rig)
{
	nsrig_assert_reach(rig, "a", "icmp 10.0.0.9");
	nsrig_assert_reach(rig, "b", "icmp 10.0.0.9");
	nsrig_assert_reach(rig, "outside", "icmp 10.0.0.1");
}

static void macvlan_private_keeps_neighbours_apart(void **state)
{
	assert_reach_outside(*state);
	nsrig_assert_no_reach(*state, "a", "icmp 10.0.0.2");
}

/*
 *	a m0 10.0.0.1, b m0 10.0.0.2 | first: eth0 ====== p1 (hairpin) |
 *	c m0 10.0.0.3, d m0 10.0.0.4 | second: eth0 ===== p2           | switch: br0
 */
static const struct nsrig_topo vepa = {
	.text = "bridge switch:br0\n"
		"veth switch:p1 master br0 hairpin on -- first:eth0\n"
		"veth switch:p2 master br0 -- second:eth0\n"
		"macvlan a:m0 link first:eth0 mode vepa 10.0.0.1/24\n"
		"macvlan b:m0 link first:eth0 mode vepa 10.0.0.2/24\n"
		"macvlan c:m0 link second:eth0 mode vepa 10.0.0.3/24\n"
		"macvlan d:m0 link second:eth0 mode vepa 10.0.0.4/24\n",
};

static void macvlan_vepa_goes_by_the_switch(void **state)
{
	struct nsrig_capture *uplink = nsrig_capture(*state, "first:eth0");

	nsrig_assert_reach(*state, "a", "icmp 10.0.0.2");
	nsrig_assert_packets(
		uplink, ">= 1", "outbound and icmp[icmptype] == icmp-echo", NSRIG_WAIT_MS);
	nsrig_assert_reach(*state, "a", "icmp 10.0.0.3");
	/* A switch doesn't send a frame back to the port it came from, unless hairpin is on. */
	nsrig_assert_no_reach(*state, "c", "icmp 10.0.0.4");
}

/* a m0 10.0.0.1 | machine: eth0 ===== eth0 10.0.0.9 outside */
static const struct nsrig_topo passthru = {
	.text = "veth machine:eth0 -- outside:eth0 10.0.0.9/24\n"
		"macvlan a:m0 link machine:eth0 mode passthru 10.0.0.1/24\n",
};

static void macvlan_passthru_takes_its_link_for_itself(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_link upper, lower;

	nsrig_assert_reach(rig, "outside", "icmp 10.0.0.1");
	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, "a"), "m0", &upper));
	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, "machine"), "eth0", &lower));
	assert_string_equal(upper.mac, lower.mac);
	nsrig_assert_error(
		nsrig_add(rig, "macvlan b:m0 link machine:eth0 mode passthru 10.0.0.2/24"),
		-EINVAL);
}

/*
 *	a eth0 10.0.0.1 === |
 *	b eth0 10.0.0.2 === | switch: br0 ===== eth0 machine | m0 10.0.0.9 guest
 */
static const struct nsrig_topo selective = {
	.text = "bridge switch:br0\n"
		"veth switch:a master br0 -- a:eth0 10.0.0.1/24\n"
		"veth switch:b master br0 -- b:eth0 10.0.0.2/24\n"
		"veth switch:m master br0 -- machine:eth0\n"
		"macvlan guest:m0 link machine:eth0 mode source 10.0.0.9/24\n",
};

/* Makes m0 accept packets from this host too. */
static void let_in(struct nsrig *rig, const char *host)
{
	struct nsrig_ns *guest = nsrig_host(rig, "guest");
	struct ifinfomsg ifi = {.ifi_index = smoke_index(guest, "m0")};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, 0);
	struct nlattr *info, *data;
	struct nsrig_link eth0;
	struct ether_addr mac;

	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, host), "eth0", &eth0));
	assert_non_null(ether_aton_r(eth0.mac, &mac));
	assert_int_equal(nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO), 0);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	assert_int_equal(nla_put_string(msg, IFLA_INFO_KIND, "macvlan"), 0);
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	assert_int_equal(nla_put_u32(msg, IFLA_MACVLAN_MACADDR_MODE, MACVLAN_MACADDR_ADD), 0);
	assert_int_equal(nla_put(msg, IFLA_MACVLAN_MACADDR, sizeof(mac), &mac), 0);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	nsrig_assert_ok(nsrig_request(guest, msg));
	nlmsg_free(msg);
}

static void macvlan_source_hears_those_it_knows(void **state)
{
	nsrig_assert_no_reach(*state, "a", "icmp 10.0.0.9");
	let_in(*state, "a");
	nsrig_assert_reach(*state, "a", "icmp 10.0.0.9", .eventually = SMOKE_PATIENCE_MS);
	nsrig_assert_no_reach(*state, "b", "icmp 10.0.0.9");
}

static void macvtap_shares_a_link(void **state)
{
	assert_reach_outside(*state);
	nsrig_assert_reach(*state, "a", "icmp 10.0.0.2");
}

/* Asserts that outside has this MAC address for the address. */
static void find_mac(struct nsrig *rig, const char *addr, const char *mac)
{
	char words[128];

	snprintf(words, sizeof(words), "%s dev eth0 lladdr %s", addr, mac);
	nsrig_assert_neighbour(nsrig_host(rig, "outside"), words);
}

static void ipvlan_l2_shares_a_mac(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_link lower;

	assert_reach_outside(rig);
	nsrig_assert_reach(rig, "a", "icmp 10.0.0.2");
	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, "machine"), "eth0", &lower));
	find_mac(rig, "10.0.0.1", lower.mac);
	find_mac(rig, "10.0.0.2", lower.mac);
}

static void ipvlan_private_keeps_neighbours_apart(void **state)
{
	assert_reach_outside(*state);
	nsrig_assert_no_reach(*state, "a", "icmp 10.0.0.2");
}

/*
 *	a m0 10.1.0.1/24 |
 *	b m0 10.1.0.2/24 | machine: eth0 10.0.0.1 ===== eth0 10.0.0.9 outside
 */
#define ROUTED(mode)                                                                               \
	"veth machine:eth0 10.0.0.1/24 -- outside:eth0 10.0.0.9/24\n"                              \
	"ipvlan a:m0 link machine:eth0 mode " mode " 10.1.0.1/24\n"                                \
	"ipvlan b:m0 link machine:eth0 mode " mode " 10.1.0.2/24\n"                                \
	"route a default dev m0\n"                                                                 \
	"route b default dev m0\n"                                                                 \
	"route outside 10.1.0.0/24 via 10.0.0.1\n"                                                 \
	"nft machine {\n"                                                                          \
	"  table ip filter {\n"                                                                    \
	"    chain input {\n"                                                                      \
	"      type filter hook input priority 0\n"                                                \
	"      ip daddr 10.1.0.2 drop\n"                                                           \
	"    }\n"                                                                                  \
	"  }\n"                                                                                    \
	"}\n"

static const struct nsrig_topo ipvlan_l3 = {.text = ROUTED("l3")};
static const struct nsrig_topo ipvlan_l3s = {.text = ROUTED("l3s")};

static void ipvlan_l3_routes_and_asks_nobody(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "outside:eth0");

	nsrig_assert_reach(*state, "outside", "icmp 10.1.0.1");
	nsrig_assert_reach(*state, "outside", "icmp 10.1.0.2");
	nsrig_assert_reach(*state, "a", "icmp 10.1.0.2");
	nsrig_assert_packets(wire, "== 0", "arp net 10.1.0.0/24", 0);
}

/* Like l3, but the machine's own netfilter sees incoming packets. */
static void ipvlan_l3s_goes_by_netfilter(void **state)
{
	nsrig_assert_reach(*state, "outside", "icmp 10.1.0.1");
	nsrig_assert_no_reach(*state, "outside", "icmp 10.1.0.2");
}

/*
 *	a eth0 ===== eth0 b
 *	  eth1 ===== eth1
 *	hsr0 10.0.0.1/24 on both	hsr0 10.0.0.2/24 on both
 */
#define HSR(host, addr)                                                                            \
	"kind hsr " host ":hsr0 " addr " raw 1=link:eth0 raw 2=link:eth1 raw 6=u8:1\n"

static const struct nsrig_topo ring = {
	.text = "veth a:eth0 -- b:eth0\nveth a:eth1 -- b:eth1\n" HSR("a", "10.0.0.1/24")
		HSR("b", "10.0.0.2/24"),
};

static void hsr_loses_nothing_when_a_cable_is_pulled(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *first, *second;

	nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	first = nsrig_capture(rig, "b:eth0", "inbound and ether proto 0x892f");
	second = nsrig_capture(rig, "b:eth1", "inbound and ether proto 0x892f");
	/* By both cables, and each packet is delivered once. */
	nsrig_assert_flow(
		rig, "a", "udp 10.0.0.2", "loss == 0% duplicates == 0", .at = "b", .count = 20);
	nsrig_assert_packets(first, ">= 20", NULL, NSRIG_WAIT_MS);
	nsrig_assert_packets(second, ">= 20", NULL, NSRIG_WAIT_MS);
	nsrig_assert_ok(nsrig_unplug(rig, "a:eth0"));
	nsrig_assert_flow(rig, "a", "udp 10.0.0.2", "loss == 0%", .at = "b", .count = 20);
}

/* ---- macsec ---------------------------------------------------------------------------------- */

/*
 *	left eth0 ===== eth0 right
 *	     m0 10.9.0.1/24	m0 10.9.0.2/24
 */
static const struct nsrig_topo bare = {.text = "veth left:eth0 -- right:eth0\n"};

/* A secure channel id: the sender's MAC address and a port (IEEE 802.1AE). */
static uint64_t channel_of(struct nsrig_ns *ns)
{
	struct nsrig_link m0;
	struct ether_addr mac;
	uint64_t channel = 0;

	nsrig_assert_ok(nsrig_link_get(ns, "m0", &m0));
	assert_non_null(ether_aton_r(m0.mac, &mac));
	memcpy(&channel, &mac, sizeof(mac));
	((unsigned char *)&channel)[7] = 1;
	return channel;
}

static void tell_macsec(struct nsrig_ns *ns, int command, uint64_t *channel, const char *key)
{
	int family = nsrig_require(smoke_genl_family(ns, MACSEC_GENL_NAME), "CONFIG_MACSEC");
	struct nl_msg *msg = smoke_genl(family, command, MACSEC_GENL_VERSION);
	char bytes[16] = "", id[16] = "one";
	struct nlattr *nest;

	assert_int_equal(nla_put_u32(msg, MACSEC_ATTR_IFINDEX, smoke_index(ns, "m0")), 0);
	if (channel) {
		nest = nla_nest_start(msg, MACSEC_ATTR_RXSC_CONFIG | NLA_F_NESTED);
		assert_int_equal(nla_put_u64(msg, MACSEC_RXSC_ATTR_SCI, *channel), 0);
		assert_int_equal(nla_put_u8(msg, MACSEC_RXSC_ATTR_ACTIVE, 1), 0);
		nla_nest_end(msg, nest);
	}
	if (key) {
		memcpy(bytes, key, strlen(key));
		nest = nla_nest_start(msg, MACSEC_ATTR_SA_CONFIG | NLA_F_NESTED);
		assert_int_equal(nla_put_u8(msg, MACSEC_SA_ATTR_AN, 0), 0);
		assert_int_equal(nla_put_u8(msg, MACSEC_SA_ATTR_ACTIVE, 1), 0);
		assert_int_equal(nla_put_u32(msg, MACSEC_SA_ATTR_PN, 1), 0);
		assert_int_equal(nla_put(msg, MACSEC_SA_ATTR_KEYID, sizeof(id), id), 0);
		assert_int_equal(nla_put(msg, MACSEC_SA_ATTR_KEY, sizeof(bytes), bytes), 0);
		nla_nest_end(msg, nest);
	}
	assert_int_equal(smoke_netlink(ns, NETLINK_GENERIC, msg), 0);
}

/* This end sends with one key, and receives with the other end's key. */
static void secure(struct nsrig *rig, const char *host, const char *peer, const char *own_key,
	const char *peer_key)
{
	struct nsrig_ns *ns = nsrig_host(rig, host);
	uint64_t channel = channel_of(nsrig_host(rig, peer));

	tell_macsec(ns, MACSEC_CMD_ADD_TXSA, NULL, own_key);
	tell_macsec(ns, MACSEC_CMD_ADD_RXSC, &channel, NULL);
	tell_macsec(ns, MACSEC_CMD_ADD_RXSA, &channel, peer_key);
}

static void add_macsec(struct nsrig *rig, const char *host, const char *addr)
{
	struct nsrig_ns *ns = nsrig_host(rig, host);
	struct ifinfomsg ifi = {0};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct nlattr *info, *data;

	assert_int_equal(nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_string(msg, IFLA_IFNAME, "m0"), 0);
	assert_int_equal(nla_put_u32(msg, IFLA_LINK, smoke_index(ns, "eth0")), 0);
	info = nla_nest_start(msg, IFLA_LINKINFO);
	assert_int_equal(nla_put_string(msg, IFLA_INFO_KIND, "macsec"), 0);
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	assert_int_equal(nla_put_u8(msg, IFLA_MACSEC_ENCRYPT, 1), 0);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	nsrig_require(nsrig_request(ns, msg), "CONFIG_MACSEC");
	nlmsg_free(msg);
	nsrig_assert_ok(nsrig_addr_add(ns, "m0", addr));
	nsrig_assert_ok(nsrig_link_up(ns, "m0"));
}

static void build_macsec(struct nsrig *rig, const char *key_of_left, const char *key_that_right_has)
{
	add_macsec(rig, "left", "10.9.0.1/24");
	add_macsec(rig, "right", "10.9.0.2/24");
	secure(rig, "left", "right", key_of_left, "right's");
	secure(rig, "right", "left", "right's", key_that_right_has);
}

/* A tag alone only identifies the sender; its bits E and C tell that the frame is encrypted too. */
static void macsec_encrypts_frames(void **state)
{
	struct nsrig_capture *wire =
		nsrig_capture(*state, "right:eth0", "ip or arp or ether proto 0x88e5");

	build_macsec(*state, "left's", "left's");
	nsrig_assert_reach(*state, "left", "udp 10.9.0.2");
	nsrig_assert_packets(
		wire, ">= 2", "ether proto 0x88e5 and ether[14] & 0x0c == 0x0c", NSRIG_WAIT_MS);
	nsrig_assert_packets(wire, "== 0", "ip or arp", 0);
}

static void macsec_takes_no_other_key(void **state)
{
	build_macsec(*state, "left's", "another's");
	nsrig_assert_no_reach(*state, "left", "udp 10.9.0.2");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(vlan_in_vlan_has_two_tags, &tags),
		nsrig_test(vlan_in_vlan_keeps_inner_ids_apart, &other_tags),
		nsrig_test(macvlan_private_keeps_neighbours_apart, &private),
		nsrig_test(macvlan_vepa_goes_by_the_switch, &vepa),
		nsrig_test(macvlan_passthru_takes_its_link_for_itself, &passthru),
		nsrig_test(macvlan_source_hears_those_it_knows, &selective),
		nsrig_test(macvtap_shares_a_link, &macvtap),
		nsrig_test(ipvlan_l2_shares_a_mac, &ipvlan_l2),
		nsrig_test(ipvlan_private_keeps_neighbours_apart, &ipvlan_private),
		nsrig_test(ipvlan_l3_routes_and_asks_nobody, &ipvlan_l3),
		nsrig_test(ipvlan_l3s_goes_by_netfilter, &ipvlan_l3s),
		nsrig_test(hsr_loses_nothing_when_a_cable_is_pulled, &ring),
		nsrig_test(macsec_encrypts_frames, &bare),
		nsrig_test(macsec_takes_no_other_key, &bare),
	};

	return smoke_main(argc, argv, tests);
}
