// SPDX-License-Identifier: MIT
/*
 * The headers can be included from C++.
 *
 *	left:eth0 10.0.0.1/24 ====== right:eth0 10.0.0.2/24
 */
#include <nsrig.h>

/* Omitted members are zero on purpose. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

static nsrig_topo declare()
{
	nsrig_topo topo = {};

	topo.links[0] = NSRIG_VETH("left:eth0 10.0.0.1/24", "right:eth0 10.0.0.2/24");
	return topo;
}

static const nsrig_topo pair = declare();

static const nsrig_fixture on_pair = {0, &pair, nullptr, nullptr};

static void cxx_reaches_the_other_end(void **state)
{
	auto *rig = static_cast<struct nsrig *>(*state);
	struct nsrig_echo ping = {};

	ping.dst = "10.0.0.2";
	nsrig_in(nsrig_host(rig, "left"))
		nsrig_assert_ok(nsrig_ping(&ping));
}

static void cxx_asserts_and_expects(void **state)
{
	struct nsrig_ns *left = nsrig_host(static_cast<struct nsrig *>(*state), "left");
	struct nsrig_snapshot *before = nsrig_snapshot(left);

	nsrig_assert_routes(left, "10.0.0.0/24 dev eth0");
	nsrig_assert_neighbours(left);
	nsrig_expect_events(left, NSRIG_WAIT_MS, "link eth0 down", "link eth0 up") {
		nsrig_assert_ok(nsrig_link_down(left, "eth0"));
		nsrig_assert_ok(nsrig_link_up(left, "eth0"));
	}
	nsrig_assert_ok(nsrig_wait_link(left, "eth0", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_wait_route(left, "10.0.0.0/24", NSRIG_WAIT_MS));
	nsrig_snapshot_free(before);
}

static int answers(void *)
{
	return 7;
}

static void cxx_has_programs_traffic_and_packets(void **state)
{
	auto *rig = static_cast<struct nsrig *>(*state);
	struct nsrig_capture *wire = nsrig_capture(rig, "left:eth0", nullptr, .snaplen = 64);
	struct nsrig_program *program;

	nsrig_in(nsrig_host(rig, "left"))
		nsrig_assert_ping("10.0.0.2", .size = 100);
	nsrig_expect_packets(wire, ">= 1", nullptr, NSRIG_WAIT_MS)
		nsrig_assert_reach(rig, "left", "udp right", .size = 100);
	nsrig_assert_reach(rig, "left", "icmp right");
	nsrig_assert_packets(wire, ">= 2", nullptr, NSRIG_WAIT_MS);
	program = nsrig_spawn(rig, "right", nullptr, .function = answers);
	nsrig_assert_exit(program, 7);
	assert_string_equal(nsrig_assert_run(rig, "left", "cat", .input = "x")->out, "x");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test_fixture(cxx_reaches_the_other_end, &on_pair),
		nsrig_test_fixture(cxx_asserts_and_expects, &on_pair),
		nsrig_test_fixture(cxx_has_programs_traffic_and_packets, &on_pair),
	};

	return nsrig_main(argc, argv, tests);
}
