// SPDX-License-Identifier: MIT
/*
 * The options of each kind of link are set in the kernel: the suite reads them back from it.
 *
 *	h eth0 10.0.0.1/24 2001:db8::1/64 ====== eth0 i		and on h the link under test
 *	  eth1 =================================== eth1
 */

#include "fixture/netlink/netlink-private.h"
#include "suites/lib/count.h"

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <nsrig.h>
#include <string.h>

enum form { U8 = 1, U16 = 2, U32 = 4, BE16, BE32, FLAG, INET, INDEX };

/* An attribute of the kernel's answer. */
struct want {
	int type;
	enum form form;
	uint64_t number;
	const char *text; /* of INET: an address; of INDEX: a link of h */
};

struct answer {
	int nest; /* IFLA_INFO_DATA, or IFLA_INFO_SLAVE_DATA for the options of a port */
	unsigned char bytes[1024];
	int length;
};

static void take(const struct nlmsghdr *hdr, void *arg)
{
	struct answer *answer = arg;
	struct nlattr *info, *data;

	if (!hdr || hdr->nlmsg_type != RTM_NEWLINK)
		return;
	info = nlmsg_find_attr((struct nlmsghdr *)hdr, sizeof(struct ifinfomsg), IFLA_LINKINFO);
	data = info ? nla_find(nla_data(info), nla_len(info), answer->nest) : NULL;
	if (!data || nla_len(data) > (int)sizeof(answer->bytes))
		return;
	answer->length = nla_len(data);
	memcpy(answer->bytes, nla_data(data), nla_len(data));
}

static int index_of(struct nsrig_ns *ns, const char *name)
{
	struct nsrig_link link;

	nsrig_assert_ok(nsrig_link_get(ns, name, &link));
	return link.index;
}

static void ask(struct nsrig_ns *ns, const char *link, struct answer *answer)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, 0);
	struct ifinfomsg ifi = {.ifi_index = index_of(ns, link)};

	assert_non_null(msg);
	assert_int_equal(nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO), 0);
	nsrig_assert_ok(nsrig_netlink_get(ns, 0, msg, take, answer, "%s", link));
}

static void assert_attr(struct nsrig_ns *ns, const struct answer *answer, const struct want *want)
{
	struct nlattr *attr = nla_find((struct nlattr *)answer->bytes, answer->length, want->type);
	unsigned char addr[16];
	uint64_t number = 0;

	if (!attr)
		nsrig_fail("attribute %d is not there", want->type);
	switch (want->form) {
	case FLAG:
		number = nla_len(attr) == 0 || nla_get_u8(attr);
		assert_int_equal(number, 1);
		return;
	case INET:
		assert_int_equal(nla_len(attr), strchr(want->text, ':') ? 16 : 4);
		inet_pton(nla_len(attr) == 16 ? AF_INET6 : AF_INET, want->text, addr);
		assert_memory_equal(nla_data(attr), addr, nla_len(attr));
		return;
	case INDEX:
		assert_int_equal(nla_get_u32(attr), index_of(ns, want->text));
		return;
	case BE16:
		assert_int_equal(nla_len(attr), 2);
		number = ntohs(nla_get_u16(attr));
		break;
	case BE32:
		assert_int_equal(nla_len(attr), 4);
		number = ntohl(nla_get_u32(attr));
		break;
	default:
		assert_int_equal(nla_len(attr), want->form);
		number = want->form == U8    ? nla_get_u8(attr)
			 : want->form == U16 ? nla_get_u16(attr)
					     : nla_get_u32(attr);
	}
	if (number != want->number)
		nsrig_fail("attribute %d is %ju (expected %ju)", want->type, (uintmax_t)number,
			(uintmax_t)want->number);
}

static const struct nsrig_topo pair = {
	.text = "veth h:eth0 10.0.0.1/24 2001:db8::1/64 -- i:eth0\n"
		"veth h:eth1 -- i:eth1\n",
};

/*
 * Adds the link h:x of this statement, and asserts the attributes of want, up to the one of type 0.
 */
static void assert_set(struct nsrig *rig, const char *statement, int nest, const struct want *wants)
{
	struct nsrig_ns *h = nsrig_host(rig, "h");
	struct answer answer = {.nest = nest};
	int rc = nsrig_add(rig, statement);

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	ask(h, "x", &answer);
	for (; wants->type; wants++)
		assert_attr(h, &answer, wants);
	nsrig_assert_ok(nsrig_remove(rig, "h:x"));
}

#define SET(statement, ...)                                                                        \
	assert_set(*state, statement, IFLA_INFO_DATA, (const struct want[]){__VA_ARGS__, {0}})
#define PORT_SET(statement, ...)                                                                   \
	assert_set(*state, statement, IFLA_INFO_SLAVE_DATA, (const struct want[]){__VA_ARGS__, {0}})

#define N(attr, f, n)                                                                              \
	{                                                                                          \
		.type = (attr), .form = (f), .number = (n)                                         \
	}
#define T(attr, f, t)                                                                              \
	{                                                                                          \
		.type = (attr), .form = (f), .text = (t)                                           \
	}
#define F(attr)                                                                                    \
	{                                                                                          \
		.type = (attr), .form = FLAG                                                       \
	}

static void bridge(void **state)
{
	SET("bridge h:x down forward_delay 4 hello_time 3 max_age 10 ageing_time 100 "
	    "priority 4096 group_fwd_mask 8 mcast_snooping off stp_state on",
		N(IFLA_BR_STP_STATE, U32, 1), N(IFLA_BR_FORWARD_DELAY, U32, 400),
		N(IFLA_BR_HELLO_TIME, U32, 300), N(IFLA_BR_MAX_AGE, U32, 1000),
		N(IFLA_BR_AGEING_TIME, U32, 10000), N(IFLA_BR_PRIORITY, U16, 4096),
		N(IFLA_BR_GROUP_FWD_MASK, U16, 8), N(IFLA_BR_MCAST_SNOOPING, U8, 0));
}

static void bridge_of_vlans(void **state)
{
	SET("bridge h:x vlan_filtering on vlan_protocol 802.1ad vlan_default_pvid 7 "
	    "mcast_querier on",
		N(IFLA_BR_VLAN_FILTERING, U8, 1), N(IFLA_BR_VLAN_PROTOCOL, BE16, ETH_P_8021AD),
		N(IFLA_BR_VLAN_DEFAULT_PVID, U16, 7), N(IFLA_BR_MCAST_QUERIER, U8, 1));
}

static void port(void **state)
{
	nsrig_assert_ok(nsrig_add(*state, "bridge h:br0"));
	PORT_SET("veth h:x master br0 isolated on hairpin on flood off guard on cost 77 -- i:x",
		N(IFLA_BRPORT_ISOLATED, U8, 1), N(IFLA_BRPORT_MODE, U8, 1),
		N(IFLA_BRPORT_UNICAST_FLOOD, U8, 0), N(IFLA_BRPORT_GUARD, U8, 1),
		N(IFLA_BRPORT_COST, U32, 77));
	PORT_SET("veth i:x -- h:x master br0 isolated off flood on cost 5",
		N(IFLA_BRPORT_ISOLATED, U8, 0), N(IFLA_BRPORT_UNICAST_FLOOD, U8, 1),
		N(IFLA_BRPORT_COST, U32, 5));
}

static void vlan(void **state)
{
	SET("vlan h:x link eth0 id 5", N(IFLA_VLAN_ID, U16, 5),
		N(IFLA_VLAN_PROTOCOL, BE16, ETH_P_8021Q));
	SET("vlan h:x link eth0 id 6 protocol 802.1ad", N(IFLA_VLAN_ID, U16, 6),
		N(IFLA_VLAN_PROTOCOL, BE16, ETH_P_8021AD));
}

static void vxlan(void **state)
{
	SET("vxlan h:x id 5 remote 10.0.0.2 local 10.0.0.1 dev eth0 dstport 4444 ttl 7 tos 4 "
	    "ageing 99 learning off proxy on l2miss on l3miss on udpcsum off",
		N(IFLA_VXLAN_ID, U32, 5), T(IFLA_VXLAN_GROUP, INET, "10.0.0.2"),
		T(IFLA_VXLAN_LOCAL, INET, "10.0.0.1"), T(IFLA_VXLAN_LINK, INDEX, "eth0"),
		N(IFLA_VXLAN_PORT, BE16, 4444), N(IFLA_VXLAN_TTL, U8, 7), N(IFLA_VXLAN_TOS, U8, 4),
		N(IFLA_VXLAN_AGEING, U32, 99), N(IFLA_VXLAN_LEARNING, U8, 0),
		N(IFLA_VXLAN_PROXY, U8, 1), N(IFLA_VXLAN_L2MISS, U8, 1),
		N(IFLA_VXLAN_L3MISS, U8, 1), N(IFLA_VXLAN_UDP_CSUM, U8, 0));
	SET("vxlan h:x id 6 remote 2001:db8::2 local 2001:db8::1", N(IFLA_VXLAN_PORT, BE16, 4789),
		T(IFLA_VXLAN_GROUP6, INET, "2001:db8::2"),
		T(IFLA_VXLAN_LOCAL6, INET, "2001:db8::1"));
	SET("vxlan h:x external", N(IFLA_VXLAN_COLLECT_METADATA, U8, 1));
	SET("vxlan h:x id 7 group 239.1.1.1 dev eth1", T(IFLA_VXLAN_GROUP, INET, "239.1.1.1"),
		T(IFLA_VXLAN_LINK, INDEX, "eth1"));
}

static void macvlan(void **state)
{
	SET("macvlan h:x link eth0 mode private", N(IFLA_MACVLAN_MODE, U32, MACVLAN_MODE_PRIVATE));
	SET("macvlan h:x link eth0 mode vepa", N(IFLA_MACVLAN_MODE, U32, MACVLAN_MODE_VEPA));
	SET("macvlan h:x link eth0 mode bridge", N(IFLA_MACVLAN_MODE, U32, MACVLAN_MODE_BRIDGE));
	SET("macvlan h:x link eth0 mode passthru",
		N(IFLA_MACVLAN_MODE, U32, MACVLAN_MODE_PASSTHRU));
	SET("macvlan h:x link eth0 mode source", N(IFLA_MACVLAN_MODE, U32, MACVLAN_MODE_SOURCE));
}

static void macvtap(void **state)
{
	SET("macvtap h:x link eth0 mode vepa", N(IFLA_MACVLAN_MODE, U32, MACVLAN_MODE_VEPA));
}

static void ipvlan(void **state)
{
	SET("ipvlan h:x link eth0 mode l2 flags private", N(IFLA_IPVLAN_MODE, U16, IPVLAN_MODE_L2),
		N(IFLA_IPVLAN_FLAGS, U16, IPVLAN_F_PRIVATE));
	SET("ipvlan h:x link eth0 mode l3 flags vepa", N(IFLA_IPVLAN_MODE, U16, IPVLAN_MODE_L3),
		N(IFLA_IPVLAN_FLAGS, U16, IPVLAN_F_VEPA));
	SET("ipvlan h:x link eth0 mode l3s flags bridge", N(IFLA_IPVLAN_MODE, U16, IPVLAN_MODE_L3S),
		N(IFLA_IPVLAN_FLAGS, U16, 0));
}

static void vrf(void **state)
{
	SET("vrf h:x table 77", N(IFLA_VRF_TABLE, U32, 77));
}

static void bond(void **state)
{
	SET("bond h:x mode 802.3ad miimon 100 updelay 200 downdelay 300 min_links 1 "
	    "xmit_hash_policy layer3+4 lacp_rate fast",
		N(IFLA_BOND_MODE, U8, 4), N(IFLA_BOND_MIIMON, U32, 100),
		N(IFLA_BOND_UPDELAY, U32, 200), N(IFLA_BOND_DOWNDELAY, U32, 300),
		N(IFLA_BOND_MIN_LINKS, U32, 1), N(IFLA_BOND_XMIT_HASH_POLICY, U8, 1),
		N(IFLA_BOND_AD_LACP_RATE, U8, 1));
	SET("bond h:x mode active-backup miimon 100 fail_over_mac active", N(IFLA_BOND_MODE, U8, 1),
		N(IFLA_BOND_FAIL_OVER_MAC, U8, 1));
	SET("bond h:x mode balance-alb miimon 50", N(IFLA_BOND_MODE, U8, 6));
}

#define TUNNEL4 "local 10.0.0.1 remote 10.0.0.2 dev eth0 ttl 7 "
#define TUNNEL6 "local 2001:db8::1 remote 2001:db8::2 dev eth0 ttl 7 "
#define GRE4                                                                                       \
	T(IFLA_GRE_LOCAL, INET, "10.0.0.1"), T(IFLA_GRE_REMOTE, INET, "10.0.0.2"),                 \
		T(IFLA_GRE_LINK, INDEX, "eth0"), N(IFLA_GRE_TTL, U8, 7),                           \
		N(IFLA_GRE_IKEY, BE32, 9), N(IFLA_GRE_OKEY, BE32, 9), N(IFLA_GRE_TOS, U8, 4),      \
		N(IFLA_GRE_IFLAGS, BE16, 0x2000), N(IFLA_GRE_OFLAGS, BE16, 0x2000)
#define GRE6                                                                                       \
	T(IFLA_GRE_LOCAL, INET, "2001:db8::1"), T(IFLA_GRE_REMOTE, INET, "2001:db8::2"),           \
		T(IFLA_GRE_LINK, INDEX, "eth0"), N(IFLA_GRE_TTL, U8, 7),                           \
		N(IFLA_GRE_IKEY, BE32, 9), N(IFLA_GRE_OKEY, BE32, 9)

static void gre(void **state)
{
	SET("gre h:x " TUNNEL4 "tos 4 key 9", GRE4);
	SET("gre h:x external", F(IFLA_GRE_COLLECT_METADATA));
}

static void gretap(void **state)
{
	SET("gretap h:x " TUNNEL4 "tos 4 key 9", GRE4);
}

static void ip6gre(void **state)
{
	SET("ip6gre h:x " TUNNEL6 "key 9", GRE6);
	SET("ip6gre h:x " TUNNEL6 "key 9 tos 16", N(IFLA_GRE_FLOWINFO, BE32, 16 << 20));
}

static void ip6gretap(void **state)
{
	SET("ip6gretap h:x " TUNNEL6 "key 9", GRE6);
}

#define IPTUN4                                                                                     \
	T(IFLA_IPTUN_LOCAL, INET, "10.0.0.1"), T(IFLA_IPTUN_REMOTE, INET, "10.0.0.2"),             \
		T(IFLA_IPTUN_LINK, INDEX, "eth0"), N(IFLA_IPTUN_TTL, U8, 7),                       \
		N(IFLA_IPTUN_TOS, U8, 4)

static void ipip(void **state)
{
	SET("ipip h:x " TUNNEL4 "tos 4", IPTUN4);
	SET("ipip h:x external", F(IFLA_IPTUN_COLLECT_METADATA));
}

static void sit(void **state)
{
	SET("sit h:x " TUNNEL4 "tos 4", IPTUN4);
}

static void ip6tnl(void **state)
{
	SET("ip6tnl h:x " TUNNEL6 "mode ipip6 encaplimit 3",
		T(IFLA_IPTUN_LOCAL, INET, "2001:db8::1"), T(IFLA_IPTUN_REMOTE, INET, "2001:db8::2"),
		T(IFLA_IPTUN_LINK, INDEX, "eth0"), N(IFLA_IPTUN_TTL, U8, 7),
		N(IFLA_IPTUN_PROTO, U8, 4), N(IFLA_IPTUN_ENCAP_LIMIT, U8, 3));
	SET("ip6tnl h:x local 2001:db8::1 remote 2001:db8::2 mode ip6ip6",
		N(IFLA_IPTUN_PROTO, U8, 41), N(IFLA_IPTUN_TTL, U8, 64));
	SET("ip6tnl h:x local 2001:db8::1 remote 2001:db8::2", N(IFLA_IPTUN_PROTO, U8, 0));
	SET("ip6tnl h:x external", F(IFLA_IPTUN_COLLECT_METADATA));
}

static void geneve(void **state)
{
	SET("geneve h:x id 5 remote 10.0.0.2 dstport 4444 ttl 7 tos 4", N(IFLA_GENEVE_ID, U32, 5),
		T(IFLA_GENEVE_REMOTE, INET, "10.0.0.2"), N(IFLA_GENEVE_PORT, BE16, 4444),
		N(IFLA_GENEVE_TTL, U8, 7), N(IFLA_GENEVE_TOS, U8, 4));
	SET("geneve h:x id 6 remote 2001:db8::2", T(IFLA_GENEVE_REMOTE6, INET, "2001:db8::2"));
}

static void xfrm(void **state)
{
	SET("xfrm h:x if_id 5 dev eth0", N(IFLA_XFRM_IF_ID, U32, 5),
		T(IFLA_XFRM_LINK, INDEX, "eth0"));
}

/* Attributes by number, in each form that vxlan can use. */
static void raw(void **state)
{
	SET("kind vxlan h:x raw 1=u32:9 raw 2=addr:10.0.0.2 raw 3=link:eth0 raw 5=u8:7 "
	    "raw 8=u32:99 raw 15=be16:4444 raw 4=hex:0a000001",
		N(IFLA_VXLAN_ID, U32, 9), T(IFLA_VXLAN_GROUP, INET, "10.0.0.2"),
		T(IFLA_VXLAN_LINK, INDEX, "eth0"), N(IFLA_VXLAN_TTL, U8, 7),
		N(IFLA_VXLAN_AGEING, U32, 99), N(IFLA_VXLAN_PORT, BE16, 4444),
		T(IFLA_VXLAN_LOCAL, INET, "10.0.0.1"));
	SET("bridge h:x down raw 5=u32:1", N(IFLA_BR_STP_STATE, U32, 1));
}

/* The options that every link has. */
static void any_link(void **state)
{
	struct nsrig_ns *h = nsrig_host(*state, "h"), *i = nsrig_host(*state, "i");

	nsrig_assert_ok(
		nsrig_add(*state, "veth h:x mtu 1400 txqueuelen 77 address 02:00:00:00:00:aa down "
				  "-- i:x mtu 1300 txqueuelen 88 address 02:00:00:00:00:bb\n"
				  "bridge h:br0 mtu 1400 address 02:00:00:00:00:cc txqueuelen 99\n"
				  "veth h:p1 master br0 -- i:p1\n"));
	nsrig_assert_link(h, "x down mtu 1400 txqlen 77 address 02:00:00:00:00:aa");
	nsrig_assert_link(i, "x up no-carrier mtu 1300 txqlen 88 address 02:00:00:00:00:bb");
	nsrig_assert_link(h, "br0 up carrier txqlen 99 address 02:00:00:00:00:cc");
	nsrig_assert_link(h, "p1 up carrier master br0");
}

static void any_tun(void **state)
{
	int rc = nsrig_add(*state, "tap h:x mtu 1400 txqueuelen 77 address 02:00:00:00:00:aa\n"
				   "tun h:y mtu 1300 txqueuelen 66\n");

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	nsrig_assert_link(nsrig_host(*state, "h"),
		"x up carrier mtu 1400 txqlen 77 address 02:00:00:00:00:aa");
	nsrig_assert_link(nsrig_host(*state, "h"), "y up carrier mtu 1300 txqlen 66");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(any_link, &pair),
		nsrig_test(any_tun, &pair),
		nsrig_test(bridge, &pair),
		nsrig_test(bridge_of_vlans, &pair),
		nsrig_test(port, &pair),
		nsrig_test(vlan, &pair),
		nsrig_test(vxlan, &pair),
		nsrig_test(macvlan, &pair),
		nsrig_test(macvtap, &pair),
		nsrig_test(ipvlan, &pair),
		nsrig_test(vrf, &pair),
		nsrig_test(bond, &pair),
		nsrig_test(gre, &pair),
		nsrig_test(gretap, &pair),
		nsrig_test(ip6gre, &pair),
		nsrig_test(ip6gretap, &pair),
		nsrig_test(ipip, &pair),
		nsrig_test(sit, &pair),
		nsrig_test(ip6tnl, &pair),
		nsrig_test(geneve, &pair),
		nsrig_test(xfrm, &pair),
		nsrig_test(raw, &pair),
	};

	return nsrig_main(argc, argv, tests);
}
