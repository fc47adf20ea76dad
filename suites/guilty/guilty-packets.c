// SPDX-License-Identifier: MIT
/*
 * Tests that expect packets that were not sent, and tests that fail during a capture.
 *
 *	left:a0 10.1.0.1/24 ====== right:b0 10.1.0.2/24
 */
#include "guilty.h"
#include "suites/capture/frame.h"

#include <stdlib.h>

/* An hour: packets decide, not the timeout. */
#define HOUR_MS 3600000

static struct nsrig_capture *capture_some(struct nsrig *rig)
{
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER);

	send_frames(rig, "left:a0", 0, 12);
	return wire;
}

static void captures_and_passes(void **state)
{
	capture_some(*state);
}

static void captures_and_skips(void **state)
{
	capture_some(*state);
	nsrig_skip("needs more than packets");
}

static void captures_and_fails(void **state)
{
	capture_some(*state);
	assert_int_equal(12, 13);
}

static void captures_and_fails_a_verb(void **state)
{
	capture_some(*state);
	nsrig_fail("number 13 is no packet");
}

static void captures_and_crashes(void **state)
{
	capture_some(*state);
	abort();
}

static void captures_and_exits(void **state)
{
	capture_some(*state);
	exit(0);
}

static void captures_for_ever(void **state)
{
	nsrig_assert_packets(capture_some(*state), ">= 13", NULL, HOUR_MS);
}

static int capture_and_fail(void **state)
{
	capture_some(*state);
	return -1;
}

static void captures_nothing(void **state)
{
	nsrig_capture(*state, "left:a0", "arp");
	nsrig_fail("silence");
}

static void captures_twice(void **state)
{
	nsrig_capture(*state, "left:a0", NULL);
	capture_some(*state);
	nsrig_fail("both have packets");
}

/* It captures, but doesn't look at the packets. */
static void captures_too_much(void **state)
{
	nsrig_capture(*state, "left:a0", NULL, .bytes = 64 << 10);
	send_frames(*state, "left:a0", 0, 1000);
}

static void counts_one_packet_too_many(void **state)
{
	nsrig_assert_packets(capture_some(*state), "== 11", NULL, HOUR_MS);
}

static void counts_a_packet_that_should_not_be(void **state)
{
	nsrig_assert_packets(capture_some(*state), "== 0", FRAME_FILTER, HOUR_MS);
}

static void counts_too_few_packets(void **state)
{
	nsrig_assert_packets(capture_some(*state), ">= 13", "ether broadcast", 10);
}

static void compares_packets_with_nothing(void **state)
{
	nsrig_assert_packets(capture_some(*state), "3", NULL, 10);
}

static void misspells_a_filter(void **state)
{
	nsrig_assert_packets(capture_some(*state), "== 0", "imcp", HOUR_MS);
}

static void waits_for_packets_since_ever(void **state)
{
	nsrig_assert_packets(capture_some(*state), "== 0", NULL, -1);
}

static void captures_on_no_link(void **state)
{
	nsrig_capture(*state, "left:a1", NULL);
}

static void has_packets_in_another_order(void **state)
{
	nsrig_assert_packet_order(
		capture_some(*state), 10, "ether[17] == 3", "ether[17] == 9", "ether[17] == 8");
}

static void has_no_such_packet_at_all(void **state)
{
	nsrig_assert_packet_order(capture_some(*state), 10, "arp", FRAME_FILTER);
}

static void has_one_packet_for_two(void **state)
{
	nsrig_assert_packet_order(capture_some(*state), 10, "ether[17] == 3", "ether[17] == 3");
}

static void expects_packets_of_a_block_in_vain(void **state)
{
	struct nsrig_capture *wire = capture_some(*state);

	nsrig_expect_packets(wire, ">= 2", FRAME_FILTER, 10)
		send_frames(*state, "left:a0", 0, 1);
}

/* Packets are judged however the block is left. */
static void leaves_before_the_packet(void **state)
{
	struct nsrig_capture *wire = capture_some(*state);

	nsrig_expect_packet_order(wire, 10, FRAME_FILTER)
		return;
}

static void misspells_the_filter_of_a_block(void **state)
{
	struct nsrig_capture *wire = capture_some(*state);

	nsrig_expect_packet_order(wire, 10, "imcp")
		nsrig_fail("the block was run");
}

static void expects_no_packets_in_order(void **state)
{
	nsrig_assert_packet_order(capture_some(*state), 10);
}

static int fail_at_third(const struct nsrig_packet *packet, void *count)
{
	(void)packet;
	assert_true(++*(int *)count < 3);
	return 0;
}

static void fails_at_the_third_packet(void **state)
{
	int count = 0;

	nsrig_capture_each(capture_some(*state), NULL, 0, fail_at_third, &count);
}

static void does_nothing(void **state)
{
	(void)state;
}

static const struct nsrig_fixture fails_before = {.topo = &guilty_cable, .setup = capture_and_fail};
static const struct nsrig_fixture fails_after = {
	.topo = &guilty_cable, .teardown = capture_and_fail};

static const struct CMUnitTest tests[] = {
	nsrig_test(captures_and_passes, &guilty_cable),
	nsrig_test(captures_and_skips, &guilty_cable),
	nsrig_test(captures_and_fails, &guilty_cable),
	nsrig_test(captures_and_fails_a_verb, &guilty_cable),
	nsrig_test(captures_and_crashes, &guilty_cable),
	nsrig_test(captures_and_exits, &guilty_cable),
	nsrig_test(captures_for_ever, &guilty_cable),
	nsrig_test(captures_nothing, &guilty_cable),
	nsrig_test(captures_twice, &guilty_cable),
	nsrig_test(captures_too_much, &guilty_cable),
	nsrig_test(counts_one_packet_too_many, &guilty_cable),
	nsrig_test(counts_a_packet_that_should_not_be, &guilty_cable),
	nsrig_test(counts_too_few_packets, &guilty_cable),
	nsrig_test(compares_packets_with_nothing, &guilty_cable),
	nsrig_test(misspells_a_filter, &guilty_cable),
	nsrig_test(waits_for_packets_since_ever, &guilty_cable),
	nsrig_test(captures_on_no_link, &guilty_cable),
	nsrig_test(has_packets_in_another_order, &guilty_cable),
	nsrig_test(has_no_such_packet_at_all, &guilty_cable),
	nsrig_test(has_one_packet_for_two, &guilty_cable),
	nsrig_test(expects_packets_of_a_block_in_vain, &guilty_cable),
	nsrig_test(leaves_before_the_packet, &guilty_cable),
	nsrig_test(misspells_the_filter_of_a_block, &guilty_cable),
	nsrig_test(expects_no_packets_in_order, &guilty_cable),
	nsrig_test(fails_at_the_third_packet, &guilty_cable),
	{"captures_in_setup_and_fails", does_nothing, nsrig_fixture_setup, nsrig_fixture_teardown,
		(void *)&fails_before},
	{"captures_and_fails_in_teardown", does_nothing, nsrig_fixture_setup,
		nsrig_fixture_teardown, (void *)&fails_after},
};

const struct guilty_tests guilty_packets = GUILTY_TESTS(tests);
