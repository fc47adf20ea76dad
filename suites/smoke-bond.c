// SPDX-License-Identifier: MIT
/*
 * Does this kernel make one link of two cables, and what does it do with both?
 *
 *	+--------------------------+       +--------------------------+
 *	| a                     e1 |=======| e1                     b |
 *	| bond0 10.0.0.1/24     e2 |=======| e2     bond0 10.0.0.2/24 |
 *	+--------------------------+       +--------------------------+
 */
#include "smoke.h"

#include <stdio.h>

#define CABLES(kind)                                                                               \
	kind "veth a:e1 master bond0 -- b:e1 master bond0\n"                                       \
	     "veth a:e2 master bond0 -- b:e2 master bond0\n"
#define BONDS(mode)                                                                                \
	CABLES("bond a:bond0 10.0.0.1/24 miimon 10 mode " mode "\n"                                \
	       "bond b:bond0 10.0.0.2/24 miimon 10 mode " mode "\n")

struct cables {
	struct nsrig_capture *wire[2]; /* at b's ends, what comes from a */
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

/* How many packets came by each cable since the mark. */
static void count(const struct cables *cables, int counts[2])
{
	counts[0] = nsrig_assert_ok(nsrig_capture_count(cables->wire[0], NULL));
	counts[1] = nsrig_assert_ok(nsrig_capture_count(cables->wire[1], NULL));
}

/* The cable that is in use is pulled: the other one is taken. And the other way round. */
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
static const struct nsrig_topo balance_tlb = {.text = BONDS("balance-tlb")};
static const struct nsrig_topo balance_alb = {.text = BONDS("balance-alb")};

static void bond_active_backup_fails_over(void **state)
{
	assert_fails_over(*state);
}

static void bond_balance_tlb_fails_over(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	nsrig_assert_ok(nsrig_unplug(rig, "a:e1"));
	nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	nsrig_assert_ok(nsrig_plug(rig, "a:e1"));
	nsrig_assert_ok(nsrig_unplug(rig, "a:e2"));
	nsrig_assert_reach(rig, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
}

static void bond_balance_rr_takes_turns(void **state)
{
	struct cables cables = look_at(*state, "icmp");
	int counts[2];

	nsrig_assert_reach(*state, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	mark(&cables);
	nsrig_assert_reach(*state, "a", "icmp 10.0.0.2", .count = 10);
	count(&cables, counts);
	if (counts[0] < 4 || counts[1] < 4)
		nsrig_fail("expected turns, but found %d and %d packets", counts[0], counts[1]);
}

static void bond_balance_xor_goes_by_flow(void **state)
{
	struct cables cables = look_at(*state, "udp");
	char target[32];
	int i, counts[2], both[2] = {0, 0};

	nsrig_assert_reach(*state, "a", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	/* One after the other 32 flows, each by one cable; all by the same have a chance of 2^-31. */
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

static void bond_802_3ad_agrees_with_its_partner(void **state)
{
	struct cables cables = look_at(*state, "ether proto 0x8809");

	nsrig_assert_packets(cables.wire[0], ">= 1", NULL, SMOKE_PATIENCE_MS);
	nsrig_assert_packets(cables.wire[1], ">= 1", NULL, SMOKE_PATIENCE_MS);
	bond_balance_tlb_fails_over(state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(bond_active_backup_fails_over, &active_backup),
		nsrig_test(bond_balance_rr_takes_turns, &balance_rr),
		nsrig_test(bond_balance_xor_goes_by_flow, &balance_xor),
		nsrig_test(bond_broadcast_sends_by_both, &broadcast),
		nsrig_test(bond_802_3ad_agrees_with_its_partner, &lacp),
		nsrig_test(bond_balance_tlb_fails_over, &balance_tlb),
		{"bond_balance_alb_fails_over", bond_balance_tlb_fails_over, nsrig_fixture_setup,
			nsrig_fixture_teardown,
			(void *)&(const struct nsrig_fixture){.topo = &balance_alb}},
	};

	return smoke_main(argc, argv, tests);
}
