// SPDX-License-Identifier: MIT
/*
 * Does this kernel's bridge work like a switch?
 *
 *	a eth0 10.0.0.1/24 2001:db8::1/64 ====== a |
 *	b eth0 10.0.0.2/24 2001:db8::2/64 ====== b | switch: br0
 *	c eth0 10.0.0.3/24 2001:db8::3/64 ====== c |
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 4242

#define SWITCH(bridge, port_a, port_b, port_c)                                                     \
	"bridge switch:br0 " bridge "\n"                                                           \
	"veth switch:a master br0 " port_a " -- a:eth0 10.0.0.1/24 2001:db8::1/64\n"               \
	"veth switch:b master br0 " port_b " -- b:eth0 10.0.0.2/24 2001:db8::2/64\n"               \
	"veth switch:c master br0 " port_c " -- c:eth0 10.0.0.3/24 2001:db8::3/64\n"

static const struct nsrig_topo plain = {.text = SWITCH("", "", "", "")};

/* ---- options of bridges and ports that are changed at run time ------------------------------- */

static struct nl_msg *new_request(int type, int family, int index)
{
	struct ifinfomsg ifi = {.ifi_family = family, .ifi_index = index};
	struct nl_msg *msg = nlmsg_alloc_simple(type, 0);

	assert_non_null(msg);
	assert_int_equal(nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO), 0);
	return msg;
}

static int send_request(struct nsrig_ns *ns, struct nl_msg *msg)
{
	int rc = nsrig_request(ns, msg);

	nlmsg_free(msg);
	return rc;
}

static int set_port(struct nsrig *rig, const char *port, int attribute, int value)
{
	struct nsrig_ns *ns = nsrig_host(rig, "switch");
	struct nl_msg *msg = new_request(RTM_SETLINK, AF_BRIDGE, smoke_index(ns, port));
	struct nlattr *nest = nla_nest_start(msg, IFLA_PROTINFO | NLA_F_NESTED);

	assert_int_equal(nla_put_u8(msg, attribute, value), 0);
	nla_nest_end(msg, nest);
	return send_request(ns, msg);
}

static void set_bridge(struct nsrig *rig, int attribute, uint64_t value)
{
	struct nsrig_ns *ns = nsrig_host(rig, "switch");
	struct nl_msg *msg = new_request(RTM_NEWLINK, AF_UNSPEC, smoke_index(ns, "br0"));
	struct nlattr *info = nla_nest_start(msg, IFLA_LINKINFO), *data;

	assert_int_equal(nla_put_string(msg, IFLA_INFO_KIND, "bridge"), 0);
	data = nla_nest_start(msg, IFLA_INFO_DATA);
	assert_int_equal(nla_put_u64(msg, attribute, value), 0);
	nla_nest_end(msg, data);
	nla_nest_end(msg, info);
	nsrig_assert_ok(send_request(ns, msg));
}

/* ---- learning -------------------------------------------------------------------------------- */

static void bridge_forwards_between_three_hosts(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_reach_all(rig);
	smoke_assert_tcp(nsrig_host(rig, "b"), nsrig_host(rig, "c"), "10.0.0.3");
	smoke_assert_tcp(nsrig_host(rig, "b"), nsrig_host(rig, "c"), "2001:db8::3");
}

static void bridge_isolates_a_port_taken_out(void **state)
{
	struct nsrig_ns *bridge = nsrig_host(*state, "switch");

	nsrig_assert_reach(*state, "a", "icmp c");
	nsrig_assert_ok(nsrig_link_set_master(bridge, "c", NULL));
	nsrig_assert_no_reach(*state, "a", "icmp c");
	nsrig_assert_reach(*state, "a", "icmp b");
	nsrig_assert_ok(nsrig_link_set_master(bridge, "c", "br0"));
	nsrig_assert_reach(*state, "a", "icmp c");
}

/* Once the bridge has learned where a and b are, no other port gets their packets. */
static void bridge_learns_where_a_host_is(void **state)
{
	struct nsrig_capture *bystander = nsrig_capture(*state, "c:eth0", "icmp");

	nsrig_assert_reach(*state, "a", "icmp b", .count = 3);
	nsrig_assert_packets(bystander, "== 0", NULL, 0);
}

/* Makes the bridge forget where a host is. */
static void unlearn(struct nsrig *rig, const char *host)
{
	struct nsrig_link eth0;
	char entry[64];
	int rc;

	nsrig_assert_ok(set_port(rig, host, IFLA_BRPORT_LEARNING, 0));
	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, host), "eth0", &eth0));
	snprintf(entry, sizeof(entry), "%s dev %s master br0", eth0.mac, host);
	rc = nsrig_fdb_del(nsrig_host(rig, "switch"), entry);
	if (rc != -ENOENT)
		nsrig_assert_ok(rc);
}

static void bridge_without_learning_floods(void **state)
{
	struct nsrig_capture *bystander = nsrig_capture(*state, "c:eth0", "icmp");

	unlearn(*state, "a");
	unlearn(*state, "b");
	nsrig_assert_reach(*state, "a", "icmp b", .count = 3);
	nsrig_assert_packets(bystander, ">= 6", NULL, NSRIG_WAIT_MS);
}

static const struct nsrig_topo forgetful = {.text = SWITCH("ageing_time 1", "", "", "")};

static void bridge_forgets_who_is_silent(void **state)
{
	struct nsrig_ns *bridge = nsrig_host(*state, "switch");
	struct nsrig_link eth0;
	char entry[64];

	nsrig_assert_ok(nsrig_link_get(nsrig_host(*state, "a"), "eth0", &eth0));
	snprintf(entry, sizeof(entry), "%s dev a master br0", eth0.mac);
	nsrig_assert_ok(nsrig_link_down(nsrig_host(*state, "b"), "eth0"));
	nsrig_assert_no_reach(*state, "a", "icmp 10.0.0.9");
	nsrig_assert_ok(nsrig_wait_fdb_entry(bridge, entry, NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_wait_no_fdb_entry(bridge, entry, 30000));
}

static const struct nsrig_topo no_flood = {.text = SWITCH("", "", "", "flood off")};

/* Frames to a MAC address that no host has. */
static void bridge_floods_only_where_it_may(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *b = nsrig_capture(rig, "b:eth0", "icmp");
	struct nsrig_capture *c = nsrig_capture(rig, "c:eth0", "icmp");

	nsrig_assert_ok(nsrig_neigh_add(
		nsrig_host(rig, "a"), "10.0.0.9 lladdr 02:00:00:00:00:99 dev eth0"));
	nsrig_assert_no_reach(rig, "a", "icmp 10.0.0.9");
	nsrig_assert_packets(b, ">= 1", NULL, NSRIG_WAIT_MS);
	nsrig_assert_packets(c, "== 0", NULL, 0);
}

static const struct nsrig_topo isolated = {.text = SWITCH("", "isolated on", "isolated on", "")};

static void bridge_isolated_ports_are_apart(void **state)
{
	nsrig_assert_reach(*state, "a", "icmp c");
	nsrig_assert_reach(*state, "b", "icmp c");
	nsrig_assert_no_reach(*state, "a", "icmp b");
}

static void bridge_locked_port_lets_no_stranger_in(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_link eth0;
	char entry[64];

	nsrig_require_kernel(5, 18);
	unlearn(rig, "a");
	nsrig_assert_ok(set_port(rig, "a", IFLA_BRPORT_LOCKED, 1));
	nsrig_assert_no_reach(rig, "a", "icmp b");
	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, "a"), "eth0", &eth0));
	snprintf(entry, sizeof(entry), "%s dev a master br0 static", eth0.mac);
	nsrig_assert_ok(nsrig_fdb_add(nsrig_host(rig, "switch"), entry));
	nsrig_assert_reach(rig, "a", "icmp b");
}

/* ---- multicast groups ------------------------------------------------------------------------ */

static void say(struct nsrig *rig, const char *to)
{
	int fd = nsrig_assert_ok(smoke_connect(nsrig_host(rig, "a"), SOCK_DGRAM, to, PORT));

	assert_return_code(send(fd, "to the group", 12, 0), errno);
	close(fd);
}

/* Reads everything that a socket has received so far. */
static void take_all(int fd)
{
	char text[32];

	while (recv(fd, text, sizeof(text), MSG_DONTWAIT) >= 0)
		;
}

/*
 * A host that isn't in a group gets none of its packets; a member, if there is one, gets them. A
 * querier waits for reports first, and some may come later.
 */
static void assert_kept_from(
	struct nsrig *rig, struct nsrig_capture *stranger, const char *group, int member)
{
	int tries, came = 1;
	bool heard = false;

	for (tries = 0; (came || !heard) && tries < 100; tries++) {
		nsrig_assert_ok(nsrig_capture_mark(stranger));
		take_all(member);
		say(rig, group);
		heard = member < 0 || smoke_readable(member, 100);
		/* This packet takes the same way and doesn't overtake the others. */
		nsrig_assert_reach(rig, "a", "udp c");
		came = nsrig_assert_ok(nsrig_capture_count(stranger, NULL));
		if (came)
			nsrig_capture_wait(stranger, "icmp", 1, 100);
	}
	assert_true(heard);
	assert_int_equal(came, 0);
}

/* The maximum response time is a tenth of a second; 0 would mean an IGMPv1 query. */
static void ask_for_members(struct nsrig *rig)
{
	set_bridge(rig, IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, 10);
	set_bridge(rig, IFLA_BR_MCAST_QUERIER, 1);
}

/* Adds an entry to the bridge's table of groups, with one port. */
static int add_group(struct nsrig *rig, const char *port, const char *group)
{
	struct nsrig_ns *bridge = nsrig_host(rig, "switch");
	struct br_port_msg header = {.family = AF_BRIDGE, .ifindex = smoke_index(bridge, "br0")};
	struct br_mdb_entry entry = {.ifindex = smoke_index(bridge, port),
		.state = MDB_PERMANENT,
		.addr = {.u.ip4 = inet_addr(group), .proto = htons(ETH_P_IP)}};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWMDB, NLM_F_CREATE | NLM_F_EXCL);

	assert_int_equal(nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put(msg, MDBA_SET_ENTRY, sizeof(entry), &entry), 0);
	return send_request(bridge, msg);
}

/*
 * b has joined the group and reports that to the bridge, which queries. c has not joined, and gets
 * the group's packets only while snooping is off.
 */
static void assert_snoops(struct nsrig *rig, const char *group, const char *route)
{
	struct nsrig_capture *stranger = nsrig_capture(rig, "c:eth0", "udp port 4242");
	int member;

	/* A kernel without snooping doesn't refuse the bridge's option, but it refuses an entry. */
	nsrig_require(add_group(rig, "c", "239.9.9.9"), "CONFIG_BRIDGE_IGMP_SNOOPING");
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "a"), route));
	set_bridge(rig, IFLA_BR_MCAST_SNOOPING, 0);
	member = smoke_join(nsrig_host(rig, "b"), group, PORT);
	say(rig, group);
	assert_true(smoke_readable(member, SMOKE_PATIENCE_MS));
	nsrig_assert_packets(stranger, ">= 1", NULL, NSRIG_WAIT_MS);

	set_bridge(rig, IFLA_BR_MCAST_SNOOPING, 1);
	ask_for_members(rig);
	assert_kept_from(rig, stranger, group, member);
	close(member);
}

static void bridge_hears_igmp(void **state)
{
	assert_snoops(*state, "239.1.2.3", "239.0.0.0/8 dev eth0");
}

static void bridge_hears_mld(void **state)
{
	/* The source address of MLD queries. */
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(*state, "switch"), "br0", "fe80::1/64"));
	assert_snoops(*state, "ff05::123", "ff05::/16 dev eth0 table 255");
}

/* No host has joined: the group has one port because the bridge's table says so. */
static void bridge_sends_groups_where_its_table_says(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *b = nsrig_capture(rig, "b:eth0", "udp port 4242");
	struct nsrig_capture *c = nsrig_capture(rig, "c:eth0", "udp port 4242");

	ask_for_members(rig);
	nsrig_require(add_group(rig, "b", "239.1.2.3"), "CONFIG_BRIDGE_IGMP_SNOOPING");
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "a"), "239.0.0.0/8 dev eth0"));
	assert_kept_from(rig, c, "239.1.2.3", -1);
	/* By now nothing is flooded any more, and b gets its packets by the table. */
	nsrig_assert_ok(nsrig_capture_mark(b));
	say(rig, "239.1.2.3");
	nsrig_assert_packets(b, ">= 1", NULL, NSRIG_WAIT_MS);
}

static void bridge_answers_arp_for_others(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *bridge = nsrig_host(rig, "switch");
	struct nsrig_capture *b = nsrig_capture(rig, "b:eth0", "arp");
	struct nsrig_link eth0;
	char text[96];

	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, "b"), "eth0", &eth0));
	/* The bridge has to know b's port and its address. */
	nsrig_assert_reach(rig, "b", "icmp c");
	snprintf(text, sizeof(text), "10.0.0.2 lladdr %s dev br0", eth0.mac);
	nsrig_assert_ok(nsrig_neigh_add(bridge, text));
	nsrig_require(set_port(rig, "b", IFLA_BRPORT_NEIGH_SUPPRESS, 1), "Linux 4.15");
	say(rig, "10.0.0.2");
	snprintf(text, sizeof(text), "10.0.0.2 lladdr %s", eth0.mac);
	nsrig_assert_ok(nsrig_wait_neighbour(nsrig_host(rig, "a"), text, NSRIG_WAIT_MS));
	nsrig_assert_packets(b, "== 0", "arp[7] == 1 and arp dst host 10.0.0.2", 0);
}

/* ---- VLANs ----------------------------------------------------------------------------------- */

/*
 *	a ----- VLAN 10 |             | trunk (10, 20) ===== eth0 router
 *	b ----- VLAN 10 | switch: br0 |                        v10 10.0.0.9
 *	c ----- VLAN 20 |             |                        v20 10.0.20.9
 *	d ----- VLAN 30 |             |
 *
 * d and the router only where there is a trunk.
 */
static const struct nsrig_topo filtering = {
	.text = SWITCH("vlan_filtering on vlan_default_pvid 0", "vlan 10 pvid untagged",
		"vlan 10 pvid untagged", "vlan 20 pvid untagged")};
static const struct nsrig_topo trunk = {
	.text = SWITCH("vlan_filtering on vlan_default_pvid 0", "vlan 10 pvid untagged",
		"vlan 10 pvid untagged",
		"vlan 20 pvid untagged") "veth switch:trunk master br0 vlan 10 vlan 20 -- "
					 "router:eth0\n"
					 "vlan router:v10 link eth0 id 10 10.0.0.9/24\n"
					 "vlan router:v20 link eth0 id 20 10.0.20.9/24\n"
					 "vlan router:v30 link eth0 id 30 10.0.30.9/24\n"
					 "veth switch:d master br0 vlan 30 pvid untagged -- "
					 "d:eth0 10.0.30.4/24\n",
};

static void bridge_keeps_vlans_apart(void **state)
{
	nsrig_assert_reach(*state, "a", "icmp b");
	nsrig_assert_no_reach(*state, "a", "icmp c");
}

static void bridge_tags_what_goes_by_a_trunk(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "router:eth0");

	nsrig_assert_reach(*state, "a", "icmp 10.0.0.9");
	nsrig_assert_packets(wire, ">= 2", "vlan 10 and icmp", NSRIG_WAIT_MS);
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(*state, "c"), "eth0", "10.0.20.3/24"));
	nsrig_assert_reach(*state, "c", "icmp 10.0.20.9");
	nsrig_assert_no_reach(*state, "d", "icmp 10.0.30.9");
	nsrig_assert_packets(wire, "== 0", "vlan 30 and inbound", 0);
}

/* ---- several switches ------------------------------------------------------------------------ */

/* a ====== first: br0 ===(two cables)=== second: br0 ====== b */
#define STP "stp_state on forward_delay 2 hello_time 1 max_age 6"

static const struct nsrig_topo loop = {
	.text = "bridge first:br0 " STP "\n"
		"bridge second:br0 " STP "\n"
		"veth first:x1 master br0 -- second:x1 master br0\n"
		"veth first:x2 master br0 down -- second:x2 master br0 down\n"
		"veth first:a master br0 -- a:eth0 10.0.0.1/24\n"
		"veth second:b master br0 -- b:eth0 10.0.0.2/24\n",
};

static void bridge_blocks_a_loop_until_it_is_needed(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *b =
		nsrig_capture(rig, "b:eth0", "arp[7] == 1 and arp dst host 10.0.0.9");

	/* (The fixture would wait for a blocked port.) */
	nsrig_assert_ok(nsrig_link_up(nsrig_host(rig, "first"), "x2"));
	nsrig_assert_ok(nsrig_link_up(nsrig_host(rig, "second"), "x2"));
	nsrig_assert_reach(rig, "a", "icmp b", .eventually = 60000);
	/* In a loop, frames would circulate for ever. */
	nsrig_assert_no_reach(rig, "a", "icmp 10.0.0.9");
	nsrig_assert_packets(b, ">= 1", NULL, NSRIG_WAIT_MS);
	nsrig_assert_packets(b, "<= 3", NULL, 0);
	nsrig_assert_ok(nsrig_unplug(rig, "first:x1"));
	nsrig_assert_reach(rig, "a", "icmp b", .eventually = 60000);
}

/*
 * A bridge doesn't forward the reserved addresses of 802.1, LLDP's included, unless an option says
 * so.
 */
static void send_lldp(struct nsrig *rig)
{
	static const unsigned char frame[60] = {
		0x01, 0x80, 0xc2, 0, 0, 0x0e, 2, 0, 0, 0, 0, 1, 0x88, 0xcc};

	nsrig_assert_ok(nsrig_send_frame(rig, "a:eth0", frame, sizeof(frame)));
}

static const struct nsrig_topo passing = {.text = SWITCH("group_fwd_mask 16384", "", "", "")};

static void bridge_passes_lldp_on_if_told(void **state)
{
	nsrig_expect_packets(
		nsrig_capture(*state, "b:eth0", "ether proto 0x88cc"), "== 1", NULL, 300)
		send_lldp(*state);
}

static void bridge_keeps_lldp_to_itself(void **state)
{
	struct nsrig_capture *b = nsrig_capture(*state, "b:eth0", "ether proto 0x88cc or icmp");

	send_lldp(*state);
	nsrig_assert_reach(*state, "a", "icmp b");
	nsrig_assert_packets(b, ">= 1", "icmp", NSRIG_WAIT_MS);
	nsrig_assert_packets(b, "== 0", "ether proto 0x88cc", 0);
}

static const struct nsrig_topo guarded = {
	.text = SWITCH("stp_state on forward_delay 2", "guard on", "", "")};

static void bridge_guard_closes_a_port_that_says_bpdu(void **state)
{
	/* A configuration BPDU of a bridge that wants to be the root. */
	static const unsigned char frame[60] = {0x01, 0x80, 0xc2, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 38,
		0x42, 0x42, 0x03, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 2, 0, 0,
		0, 0, 1, 0x80, 1, 0, 0, 20, 0, 2, 0, 15, 0};

	nsrig_assert_reach(*state, "a", "icmp b", .eventually = 60000);
	nsrig_assert_ok(nsrig_send_frame(*state, "a:eth0", frame, sizeof(frame)));
	nsrig_assert_no_reach(*state, "a", "icmp b", .eventually = SMOKE_PATIENCE_MS);
	nsrig_assert_reach(*state, "b", "icmp c");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(bridge_forwards_between_three_hosts, &plain),
		nsrig_test(bridge_isolates_a_port_taken_out, &plain),
		nsrig_test(bridge_learns_where_a_host_is, &plain),
		nsrig_test(bridge_without_learning_floods, &plain),
		nsrig_test(bridge_forgets_who_is_silent, &forgetful),
		nsrig_test(bridge_floods_only_where_it_may, &no_flood),
		nsrig_test(bridge_isolated_ports_are_apart, &isolated),
		nsrig_test(bridge_locked_port_lets_no_stranger_in, &plain),
		nsrig_test(bridge_hears_igmp, &plain),
		nsrig_test(bridge_hears_mld, &plain),
		nsrig_test(bridge_sends_groups_where_its_table_says, &plain),
		nsrig_test(bridge_answers_arp_for_others, &plain),
		nsrig_test(bridge_keeps_vlans_apart, &filtering),
		nsrig_test(bridge_tags_what_goes_by_a_trunk, &trunk),
		nsrig_test(bridge_blocks_a_loop_until_it_is_needed, &loop),
		nsrig_test(bridge_passes_lldp_on_if_told, &passing),
		nsrig_test(bridge_keeps_lldp_to_itself, &plain),
		nsrig_test(bridge_guard_closes_a_port_that_says_bpdu, &guarded),
	};

	return smoke_main(argc, argv, tests);
}
