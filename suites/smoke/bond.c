// SPDX-License-Identifier: MIT
/*
 * Does this kernel bond two cables into one link, and how does it use both?
 *
 *	+--------------------------+       +--------------------------+
 *	| a                     e1 |=======| e1                     b |
 *	| bond0 10.0.0.1/24     e2 |=======| e2     bond0 10.0.0.2/24 |
 *	+--------------------------+       +--------------------------+
 */
#include "suites/smoke/lib/smoke.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/if_team.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/ether.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CABLES(kind)                                                                               \
	kind "veth a:e1 master bond0 -- b:e1 master bond0\n"                                       \
	     "veth a:e2 master bond0 -- b:e2 master bond0\n"
#define BONDS(mode)                                                                                \
	CABLES("bond a:bond0 10.0.0.1/24 miimon 10 mode " mode "\n"                                \
	       "bond b:bond0 10.0.0.2/24 miimon 10 mode " mode "\n")

struct cables {
	struct nsrig_capture *wire[2]; /* at b's ends: packets from a */
};

static struct cables look_at(struct nsrig *rig, const char *filter)
{
	char words[128];

	snprintf(words, sizeof(words), "inbound and %s", filter);
	return (struct cables){
		{nsrig_capture(rig, "b:e1", words), nsrig_capture(rig, "b:e2", words)}};
}

static void mark(const struct cables *cables)
{
	nsrig_assert_ok(nsrig_capture_mark(cables->wire[0]));
	nsrig_assert_ok(nsrig_capture_mark(cables->wire[1]));
}

/* The number of packets on each cable since the mark. */
static void count(const struct cables *cables, int counts[2])
{
	counts[0] = nsrig_assert_ok(nsrig_capture_count(cables->wire[0], NULL));
	counts[1] = nsrig_assert_ok(nsrig_capture_count(cables->wire[1], NULL));
}

/* The active cable is unplugged, and the bond switches to the other one; and the reverse. */
static void assert_fails_over(struct nsrig *rig)
{
	static const char *const ends[] = {"a:e1", "a:e2"};
	struct cables cables = look_at(rig, "icmp");
	int i, counts[2], used = -1;

	for (i = 0; i < 3; i++) {
		nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
		mark(&cables);
		nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .count = 3);
		count(&cables, counts);
		if (counts[0] && counts[1])
			nsrig_fail("both cables are in use (%d, %d)", counts[0], counts[1]);
		if (used >= 0 && counts[used])
			nsrig_fail("the cable at %s was pulled, and is in use", ends[used]);
		if (used >= 0)
			nsrig_assert_ok(nsrig_plug(rig, ends[used]));
		used = counts[0] ? 0 : 1;
		nsrig_assert_ok(nsrig_unplug(rig, ends[used]));
	}
}

static const struct nsrig_topo active_backup = {.text = BONDS("active-backup")};
static const struct nsrig_topo balance_rr = {.text = BONDS("balance-rr")};
static const struct nsrig_topo balance_xor = {
	.text = BONDS("balance-xor xmit_hash_policy layer3+4")};
static const struct nsrig_topo broadcast = {.text = BONDS("broadcast")};
static const struct nsrig_topo lacp = {.text = BONDS("802.3ad lacp_rate fast")};

/*
 *	a bond0 10.0.0.1/24: e1, e2 ====== p1, p2 switch ====== eth0 10.0.0.11/24 c1
 *							 ====== eth0 10.0.0.12/24 c2, and so on
 */
#define CLIENT(n) "veth switch:c" n " master br0 -- c" n ":eth0 10.0.0.1" n "/24\n"
#define CLIENTS(mode)                                                                              \
	"bond a:bond0 10.0.0.1/24 miimon 10 mode " mode "\n"                                       \
	"bridge switch:br0\n"                                                                      \
	"veth switch:p1 master br0 -- a:e1 master bond0\n"                                         \
	"veth switch:p2 master br0 -- a:e2 master bond0\n" CLIENT("1") CLIENT("2") CLIENT("3")     \
		CLIENT("4")

static const struct nsrig_topo balance_tlb = {.text = CLIENTS("balance-tlb")};
static const struct nsrig_topo balance_alb = {.text = CLIENTS("balance-alb")};

static void bond_active_backup_fails_over(void **state)
{
	assert_fails_over(*state);
}

static void assert_takes_turns(struct nsrig *rig)
{
	struct cables cables = look_at(rig, "icmp");
	int counts[2];

	nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	mark(&cables);
	nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .count = 10);
	count(&cables, counts);
	if (counts[0] < 4 || counts[1] < 4 || counts[0] + counts[1] >= 20)
		nsrig_fail("expected turns, but found %d and %d packets", counts[0], counts[1]);
}

static void bond_balance_rr_takes_turns(void **state)
{
	assert_takes_turns(*state);
}

static void bond_balance_xor_goes_by_flow(void **state)
{
	struct cables cables = look_at(*state, "udp");
	char target[32];
	int i, counts[2], both[2] = {0, 0};

	nsrig_assert_reach(*state, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	/*
	 * 32 flows, one after the other, each on one cable. The chance that all take the same cable
	 * is 2^-31.
	 */
	for (i = 0; i < 32; i++) {
		mark(&cables);
		snprintf(target, sizeof(target), "udp 10.0.0.2:%d", 4000 + i);
		nsrig_assert_reach(*state, "a", target, .count = 2);
		count(&cables, counts);
		if (counts[0] && counts[1])
			nsrig_fail("a flow took both cables (%d, %d)", counts[0], counts[1]);
		both[0] += counts[0];
		both[1] += counts[1];
	}
	if (!both[0] || !both[1])
		nsrig_fail("all flows took one cable (%d, %d)", both[0], both[1]);
}

static void bond_broadcast_sends_by_both(void **state)
{
	struct cables cables = look_at(*state, "icmp[icmptype] == icmp-echo");
	int counts[2];

	nsrig_assert_reach(*state, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	mark(&cables);
	nsrig_assert_reach(*state, "a", "icmp 10.0.0.2", .count = 5);
	nsrig_assert_packets(cables.wire[0], ">= 5", NULL, NSRIG_WAIT_MS);
	nsrig_assert_packets(cables.wire[1], ">= 5", NULL, NSRIG_WAIT_MS);
	count(&cables, counts);
	assert_int_equal(counts[0], counts[1]);
}

/* The number of ports whose partner is the same, and the partner's address. */
static int get_partner(struct nsrig_ns *ns, struct ether_addr *partner)
{
	_Alignas(struct nlmsghdr) char answer[16384];
	struct ifinfomsg ifi = {.ifi_index = smoke_index(ns, "bond0")};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, 0);
	struct nlattr *attr, *mac;

	assert_int_equal(nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO), 0);
	nsrig_assert_ok(smoke_ask(ns, NETLINK_ROUTE, msg, answer, sizeof(answer)));
	nlmsg_free(msg);
	attr = nlmsg_find_attr((struct nlmsghdr *)answer, sizeof(ifi), IFLA_LINKINFO);
	attr = attr ? nla_find(nla_data(attr), nla_len(attr), IFLA_INFO_DATA) : NULL;
	attr = attr ? nla_find(nla_data(attr), nla_len(attr), IFLA_BOND_AD_INFO) : NULL;
	assert_non_null(attr);
	mac = nla_find(nla_data(attr), nla_len(attr), IFLA_BOND_AD_INFO_PARTNER_MAC);
	attr = nla_find(nla_data(attr), nla_len(attr), IFLA_BOND_AD_INFO_NUM_PORTS);
	assert_true(mac && attr);
	memcpy(partner, nla_data(mac), sizeof(*partner));
	return nla_get_u16(attr);
}

static void bond_802_3ad_agrees_with_its_partner(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *a = nsrig_host(rig, "a");
	struct nsrig_capture *said = nsrig_capture(rig, "a:e1", "inbound and ether proto 0x8809");
	struct ether_addr partner, mac;
	struct nsrig_link b;
	int tries = 0;

	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, "b"), "bond0", &b));
	assert_non_null(ether_aton_r(b.mac, &mac));
	/* LACP packets, sent every second, tell that both cables belong to one link. */
	while (get_partner(a, &partner) != 2 || memcmp(&partner, &mac, sizeof(mac))) {
		if (++tries == 60)
			nsrig_fail("after %d words of its partner they are not of one mind", tries);
		nsrig_assert_ok(nsrig_capture_mark(said));
		nsrig_assert_packets(said, ">= 1", NULL, SMOKE_PATIENCE_MS);
	}
	nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	nsrig_assert_ok(nsrig_unplug(rig, "a:e1"));
	nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
}

/* Clients can still be reached after the active cable is unplugged, whichever it is. */
static void assert_survives(struct nsrig *rig)
{
	nsrig_assert_ok(nsrig_unplug(rig, "a:e1"));
	nsrig_assert_reach(rig, "a", "icmp c1", .eventually = SMOKE_PATIENCE_MS);
	nsrig_assert_reach(rig, "a", "icmp c2", .eventually = SMOKE_PATIENCE_MS);
	nsrig_assert_ok(nsrig_plug(rig, "a:e1"));
	nsrig_assert_ok(nsrig_unplug(rig, "a:e2"));
	nsrig_assert_reach(rig, "a", "icmp c1", .eventually = SMOKE_PATIENCE_MS);
	nsrig_assert_reach(rig, "a", "icmp c2", .eventually = SMOKE_PATIENCE_MS);
}

/* The bond knows the load per client after ten seconds, and balances by it for the next ten. */
static void bond_balance_tlb_shares_clients_out(void **state)
{
	struct nsrig *rig = *state;
	static const char filter[] = "inbound and icmp[icmptype] == icmp-echo";
	struct cables cables = {
		{nsrig_capture(rig, "switch:p1", filter), nsrig_capture(rig, "switch:p2", filter)}};
	int i, tries = 0, counts[2] = {0, 0};
	char target[32];

	while (!counts[0] || !counts[1]) {
		if (++tries == 300)
			nsrig_fail("all go by one cable (%d, %d)", counts[0], counts[1]);
		mark(&cables);
		for (i = 1; i <= 4; i++) {
			snprintf(target, sizeof(target), "icmp c%d", i);
			nsrig_assert_reach(rig, "a", target, .eventually = SMOKE_PATIENCE_MS);
		}
		count(&cables, counts);
		nsrig_capture_wait(cables.wire[0], NULL, counts[0] + 1, 100);
	}
	assert_survives(rig);
}

/* Received traffic is balanced too: the bond answers ARP with one MAC address or the other. */
static void bond_balance_alb_is_told_apart_by_clients(void **state)
{
	struct nsrig *rig = *state;
	char name[8], *text, first[32] = "";
	int i, others = 0;

	for (i = 1; i <= 4; i++) {
		const char *mac;

		snprintf(name, sizeof(name), "c%d", i);
		nsrig_assert_reach(rig, name, "icmp 10.0.0.1", .eventually = SMOKE_PATIENCE_MS);
		nsrig_assert_ok(nsrig_neigh_list(nsrig_host(rig, name), &text));
		mac = strstr(text, "10.0.0.1 ");
		mac = mac ? strstr(mac, "lladdr ") : NULL;
		if (!mac)
			nsrig_fail("%s does not know its neighbour: %s", name, text);
		if (i == 1)
			snprintf(first, sizeof(first), "%.24s", mac);
		others += strncmp(first, mac, 24) != 0;
		free(text);
	}
	if (!others)
		nsrig_fail("all clients know it by %s", first);
	assert_survives(rig);
}

/* ---- team ------------------------------------------------------------------------------------ */

static const struct nsrig_topo cables_alone = {.text = "veth a:e1 down -- b:e1 down\n"
						       "veth a:e2 down -- b:e2 down\n"};

/*
 * Both ends of one link have the same address: in some modes the daemon that controls the team has
 * to set it.
 */
static void set_mac(struct nsrig_ns *ns, const char *link, const char *mac)
{
	struct ifinfomsg ifi = {.ifi_index = smoke_index(ns, link)};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_SETLINK, 0);
	struct ether_addr bytes;

	assert_non_null(ether_aton_r(mac, &bytes));
	assert_int_equal(nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put(msg, IFLA_ADDRESS, sizeof(bytes), &bytes), 0);
	nsrig_assert_ok(nsrig_request(ns, msg));
	nlmsg_free(msg);
}

static int set_team(struct nsrig_ns *ns, const char *option, int type, const void *data, int size)
{
	int rc, family = nsrig_require(smoke_genl_family(ns, TEAM_GENL_NAME), "CONFIG_NET_TEAM");
	struct nl_msg *msg = smoke_genl(family, TEAM_CMD_OPTIONS_SET, TEAM_GENL_VERSION);
	struct nlattr *list, *item;

	assert_int_equal(nla_put_u32(msg, TEAM_ATTR_TEAM_IFINDEX, smoke_index(ns, "team0")), 0);
	list = nla_nest_start(msg, TEAM_ATTR_LIST_OPTION | NLA_F_NESTED);
	item = nla_nest_start(msg, TEAM_ATTR_ITEM_OPTION | NLA_F_NESTED);
	assert_int_equal(nla_put_string(msg, TEAM_ATTR_OPTION_NAME, option), 0);
	assert_int_equal(nla_put_u8(msg, TEAM_ATTR_OPTION_TYPE, type), 0);
	assert_int_equal(nla_put(msg, TEAM_ATTR_OPTION_DATA, size, data), 0);
	nla_nest_end(msg, item);
	nla_nest_end(msg, list);
	rc = smoke_netlink(ns, NETLINK_GENERIC, msg);
	/* The kernel notifies listeners of the change; without a listener it reports ESRCH. */
	return rc == -ESRCH ? 0 : rc;
}

/* Teams of the same two cables at both ends. */
static void add_team(struct nsrig *rig, const char *mode, const char *option)
{
	static const char *const hosts[] = {"a", "b"}, *const ends[] = {"e1", "e2"};
	struct nsrig_link team;
	size_t i, k;
	int rc;

	nsrig_require(nsrig_add(rig, "kind team a:team0 down 10.0.0.1/24\n"
				     "kind team b:team0 down 10.0.0.2/24"),
		"CONFIG_NET_TEAM");
	for (i = 0; i < 2; i++) {
		struct nsrig_ns *ns = nsrig_host(rig, hosts[i]);

		rc = set_team(ns, "mode", NLA_STRING, mode, (int)strlen(mode) + 1);
		/* EINVAL means that the kernel lacks the mode. */
		nsrig_require(rc == -EINVAL ? -EOPNOTSUPP : rc, option);
		nsrig_assert_ok(nsrig_link_get(ns, "team0", &team));
		for (k = 0; k < 2; k++) {
			set_mac(ns, ends[k], team.mac);
			nsrig_assert_ok(nsrig_link_set_master(ns, ends[k], "team0"));
			nsrig_assert_ok(nsrig_link_up(ns, ends[k]));
		}
		nsrig_assert_ok(nsrig_link_up(ns, "team0"));
	}
}

static void team_roundrobin_takes_turns(void **state)
{
	add_team(*state, "roundrobin", "CONFIG_NET_TEAM_MODE_ROUNDROBIN");
	assert_takes_turns(*state);
}

/* The daemon that controls the team selects the active port. */
static void team_activebackup_goes_by_the_port_it_is_told(void **state)
{
	static const char *const ends[] = {"e1", "e2"};
	struct nsrig *rig = *state;
	struct nsrig_ns *a = nsrig_host(rig, "a"), *b = nsrig_host(rig, "b");
	struct cables cables;
	int i, counts[2];

	add_team(rig, "activebackup", "CONFIG_NET_TEAM_MODE_ACTIVEBACKUP");
	cables = look_at(rig, "icmp");
	for (i = 0; i < 2; i++) {
		const uint32_t at_a = smoke_index(a, ends[i]), at_b = smoke_index(b, ends[i]);

		assert_int_equal(set_team(a, "activeport", NLA_U32, &at_a, sizeof(at_a)), 0);
		assert_int_equal(set_team(b, "activeport", NLA_U32, &at_b, sizeof(at_b)), 0);
		nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
		mark(&cables);
		nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .count = 3);
		count(&cables, counts);
		if (!counts[i] || counts[1 - i])
			nsrig_fail("expected packets by %s, but found %d and %d", ends[i],
				counts[0], counts[1]);
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(bond_active_backup_fails_over, &active_backup),
		nsrig_test(bond_balance_rr_takes_turns, &balance_rr),
		nsrig_test(bond_balance_xor_goes_by_flow, &balance_xor),
		nsrig_test(bond_broadcast_sends_by_both, &broadcast),
		nsrig_test(bond_802_3ad_agrees_with_its_partner, &lacp),
		nsrig_test(bond_balance_tlb_shares_clients_out, &balance_tlb),
		nsrig_test(bond_balance_alb_is_told_apart_by_clients, &balance_alb),
		nsrig_test(team_roundrobin_takes_turns, &cables_alone),
		nsrig_test(team_activebackup_goes_by_the_port_it_is_told, &cables_alone),
	};

	return smoke_main(argc, argv, tests);
}
