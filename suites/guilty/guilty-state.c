// SPDX-License-Identifier: MIT
/*
 * Tests that expect a state that the network isn't in.
 *
 *	left:a0 10.1.0.1/24 ====== right:b0 10.1.0.2/24
 */
#include "guilty.h"

#include <stdio.h>

static void misses_a_route(void **state)
{
	nsrig_assert_route(nsrig_host(*state, "left"), "10.1.0.0/24 dev a0 metric 7");
}

static void has_a_route_too_many(void **state)
{
	nsrig_assert_no_route(nsrig_host(*state, "left"), "10.1.0.0/24");
}

static void differs_in_routes(void **state)
{
	nsrig_assert_ok(nsrig_route_add(nsrig_host(*state, "left"), "10.9.0.0/16 via 10.1.0.2"));
	nsrig_assert_routes(nsrig_host(*state, "left"), "default via 10.1.0.9", "10.1.0.0/24");
}

/* One line matches only one expectation. */
static void expects_a_route_twice(void **state)
{
	nsrig_assert_routes(nsrig_host(*state, "left"), "10.1.0.0/24", "10.1.0.0/24 dev a0");
}

static void expects_no_address(void **state)
{
	nsrig_assert_addrs(nsrig_host(*state, "left"));
}

static void misspells_a_word(void **state)
{
	nsrig_assert_route(nsrig_host(*state, "left"), "10.1.0.0/24 gateway 10.1.0.2");
}

static void misspells_a_word_of_a_set(void **state)
{
	nsrig_assert_links(nsrig_host(*state, "left"), "a0 upp");
}

static void misses_a_link(void **state)
{
	nsrig_assert_link(nsrig_host(*state, "left"), "a0 up no-carrier");
}

static void misses_an_address(void **state)
{
	nsrig_assert_addr(nsrig_host(*state, "left"), "10.1.0.2 dev a0");
}

/* A link with a name that the kernel uses too, and an address of lo's on another link. */
static void has_what_looks_like_the_kernels_link(void **state)
{
	nsrig_assert_ok(nsrig_add_veth(*state, "other:ip_vti0", "third:c0"));
	nsrig_assert_links(nsrig_host(*state, "other"));
}

static void has_an_address_like_los(void **state)
{
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(*state, "left"), "a0", "127.0.9.1/8"));
	nsrig_assert_addrs(nsrig_host(*state, "left"), "10.1.0.1/24 dev a0");
}

static void misses_a_rule(void **state)
{
	nsrig_assert_rule(nsrig_host(*state, "left"), "from 10.0.0.0/8 lookup 100");
}

/* The default rules of every host need not be expected; these rules share only their priorities. */
static void has_rules_like_the_first_ones(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_assert_ok(nsrig_rule_add(left, "fwmark 0/0xff priority 32766 lookup main"));
	nsrig_assert_ok(nsrig_rule_add(left, "dport 53 priority 32766 lookup main"));
	nsrig_assert_ok(nsrig_rule_add(left, "priority 32766 lookup main suppress_prefixlength 0"));
	nsrig_assert_ok(nsrig_rule_add(left, "priority 32767 lookup default suppress_ifgroup 3"));
	nsrig_assert_rules(left);
}

static void misses_a_neighbour(void **state)
{
	nsrig_assert_neighbour(nsrig_host(*state, "left"), "10.1.0.7");
}

static void misses_a_forwarding_entry(void **state)
{
	nsrig_assert_fdb_entry(nsrig_host(*state, "left"), "02:00:00:00:00:07 dev a0");
}

static void misses_a_qdisc(void **state)
{
	nsrig_assert_qdisc(nsrig_host(*state, "left"), "tbf dev a0");
}

static void misses_a_listener(void **state)
{
	nsrig_assert_listener(nsrig_host(*state, "left"), "tcp 0.0.0.0:80");
}

static void goes_another_way(void **state)
{
	nsrig_assert_route_to(nsrig_host(*state, "left"), "10.1.0.2", "via 10.1.0.9");
}

static void goes_nowhere(void **state)
{
	nsrig_assert_route_to(nsrig_host(*state, "left"), "10.7.0.1", "dev a0");
}

static void has_another_sysctl(void **state)
{
	nsrig_assert_sysctl(nsrig_host(*state, "left"), "net.ipv4.ip_forward", "1");
}

static void has_no_such_sysctl(void **state)
{
	nsrig_assert_sysctl(nsrig_host(*state, "left"), "net.ipv4.ip_backward", "1");
}

static void counts_otherwise(void **state)
{
	nsrig_assert_counter(nsrig_host(*state, "left"), "a0", "rx_errors", ">= 5");
}

static void compares_with_nothing(void **state)
{
	nsrig_assert_counter(nsrig_host(*state, "left"), "a0", "rx_errors", "=> 5");
}

static void changes_its_host(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_snapshot *before = nsrig_snapshot(left);

	nsrig_assert_ok(nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2 table 100"));
	nsrig_assert_ok(nsrig_sysctl_set(left, "net.ipv4.ip_forward", "1"));
	nsrig_assert_ok(nsrig_link_set_mtu(left, "lo", 9000));
	nsrig_assert_unchanged(left, before);
}

/* More changes than the message has room for. */
static void changes_it_much(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_snapshot *before = nsrig_snapshot(left);
	char route[64];
	int i;

	for (i = 100; i < 200; i++) {
		snprintf(route, sizeof(route), "10.9.%d.0/24 via 10.1.0.2", i);
		nsrig_assert_ok(nsrig_route_add(left, route));
	}
	nsrig_assert_unchanged(left, before);
}

static void awaits_an_event_in_vain(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_expect_events(left, 10, "link a0 down", "deleted route 10.9.0.0/16") {
		nsrig_assert_ok(nsrig_link_set_mtu(left, "a0", 1400));
		nsrig_assert_ok(nsrig_link_down(left, "a0"));
		nsrig_assert_ok(nsrig_link_set_mtu(left, "a0", 1300));
		nsrig_assert_ok(nsrig_route_add(left, "blackhole 10.9.0.0/16"));
	}
}

static void awaits_events_in_another_order(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_expect_events(left, 10, "route 10.9.0.0/16", "route 10.8.0.0/16") {
		nsrig_assert_ok(nsrig_route_add(left, "10.8.0.0/16 via 10.1.0.2"));
		nsrig_assert_ok(nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2"));
	}
}

/* Events are judged however the block is left. */
static void leaves_before_the_event(void **state)
{
	nsrig_expect_events(nsrig_host(*state, "left"), 10, "link a0 down")
		return;
}

static void misspells_an_event(void **state)
{
	nsrig_expect_events(nsrig_host(*state, "left"), 10, "lnik a0 down")
		nsrig_fail("the block was run");
}

static void expects_no_event(void **state)
{
	nsrig_expect_events(nsrig_host(*state, "left"), 10)
		nsrig_fail("the block was run");
}

static void listens_and_hears_nothing(void **state)
{
	struct nsrig_events *events;

	nsrig_assert_ok(nsrig_events_listen(nsrig_host(*state, "left"), 0, &events));
	nsrig_assert_events(events, 1, "link a0 down");
}

static const struct CMUnitTest tests[] = {
	nsrig_test(misses_a_route, &guilty_cable),
	nsrig_test(has_a_route_too_many, &guilty_cable),
	nsrig_test(differs_in_routes, &guilty_cable),
	nsrig_test(expects_a_route_twice, &guilty_cable),
	nsrig_test(expects_no_address, &guilty_cable),
	nsrig_test(misspells_a_word, &guilty_cable),
	nsrig_test(misspells_a_word_of_a_set, &guilty_cable),
	nsrig_test(misses_a_link, &guilty_cable),
	nsrig_test(misses_an_address, &guilty_cable),
	nsrig_test(has_what_looks_like_the_kernels_link, &guilty_cable),
	nsrig_test(has_an_address_like_los, &guilty_cable),
	nsrig_test(has_rules_like_the_first_ones, &guilty_cable),
	nsrig_test(misses_a_rule, &guilty_cable),
	nsrig_test(misses_a_neighbour, &guilty_cable),
	nsrig_test(misses_a_forwarding_entry, &guilty_cable),
	nsrig_test(misses_a_qdisc, &guilty_cable),
	nsrig_test(misses_a_listener, &guilty_cable),
	nsrig_test(goes_another_way, &guilty_cable),
	nsrig_test(goes_nowhere, &guilty_cable),
	nsrig_test(has_another_sysctl, &guilty_cable),
	nsrig_test(has_no_such_sysctl, &guilty_cable),
	nsrig_test(counts_otherwise, &guilty_cable),
	nsrig_test(compares_with_nothing, &guilty_cable),
	nsrig_test(changes_its_host, &guilty_cable),
	nsrig_test(changes_it_much, &guilty_cable),
	nsrig_test(awaits_an_event_in_vain, &guilty_cable),
	nsrig_test(awaits_events_in_another_order, &guilty_cable),
	nsrig_test(leaves_before_the_event, &guilty_cable),
	nsrig_test(misspells_an_event, &guilty_cable),
	nsrig_test(expects_no_event, &guilty_cable),
	nsrig_test(listens_and_hears_nothing, &guilty_cable),
};

const struct guilty_tests guilty_state = GUILTY_TESTS(tests);
