// SPDX-License-Identifier: MIT
/*
 * Tests that expect traffic to behave in a way that it doesn't.
 *
 *	left                     middle                     right
 *	  a0 10.1.0.1/24 ========= m0 10.1.0.254/24
 *	                           m1 10.2.0.254/24 ========= b0 10.2.0.2/24
 *
 * left has a route to right, but right has no route back. middle has a route to 10.7.0.0/16 that it
 * must not use.
 */
#include "guilty.h"

#include <string.h>
#include <sys/socket.h>

static const struct nsrig_topo one_way = {
	.text = "host middle forwarding\n"
		"veth left:a0 10.1.0.1/24 -- middle:m0 10.1.0.254/24\n"
		"veth middle:m1 10.2.0.254/24 -- right:b0 10.2.0.2/24\n"
		"route left default via 10.1.0.254\n"
		"route middle prohibit 10.7.0.0/16\n",
};

static void reaches_nobody(void **state)
{
	nsrig_assert_reach(*state, "left", "icmp right", .ms = 100);
}

static void reaches_no_port(void **state)
{
	nsrig_assert_reach(*state, "left", "udp right:53", .ms = 100);
}

static void reaches_in_vain_for_long(void **state)
{
	nsrig_assert_reach(*state, "left", "tcp right:80", .ms = 50, .eventually = 200);
}

static void may_not_pass(void **state)
{
	nsrig_assert_reach(
		*state, "left", "udp 10.7.0.1:53", .at = "right", .ms = 1000, .family = AF_INET);
}

static void reaches_all_the_same(void **state)
{
	nsrig_assert_no_reach(*state, "left", "tcp middle:80");
}

static void misspells_a_host(void **state)
{
	nsrig_assert_reach(*state, "left", "tcp rihgt:80");
}

static void misspells_the_first_host(void **state)
{
	nsrig_assert_no_reach(*state, "letf", "tcp right:80");
}

static void has_no_such_family(void **state)
{
	nsrig_assert_no_reach(*state, "left", "tcp right:80", .family = AF_INET6);
}

static void says_not_where_to_listen(void **state)
{
	nsrig_assert_reach(*state, "left", "udp 10.7.0.1:53");
}

static void starts_from_elsewhere(void **state)
{
	nsrig_assert_no_reach(*state, "left", "udp right:53", .src = "10.2.0.2");
}

static void is_in_a_hurry(void **state)
{
	nsrig_assert_no_reach(*state, "left", "udp right:53", .eventually = -1);
}

static void gets_no_answer(void **state)
{
	nsrig_assert_answer(*state, "left", "tcp middle:80");
}

static void gets_another_rejection(void **state)
{
	nsrig_assert_reject(*state, "left", "udp 10.7.0.1:53", "port-unreachable from middle");
}

static void gets_it_from_another(void **state)
{
	nsrig_assert_reject(*state, "left", "udp middle:53", "refused from right");
}

static void is_rejected_all_the_same(void **state)
{
	nsrig_assert_no_reject(*state, "left", "tcp middle:53", "refused");
}

static void misspells_a_rejection(void **state)
{
	nsrig_assert_no_reject(*state, "left", "tcp middle:53", "port-unreachabel");
}

static void misspells_who_rejects(void **state)
{
	nsrig_assert_no_reject(*state, "left", "tcp middle:53", "refused by middle");
}

/* With more than a thousand words. */
static void rejects_at_length(void **state)
{
	char words[3000];
	int i;

	for (i = 0; i < (int)sizeof(words) - 4; i += 2)
		strcpy(words + i, "x ");
	nsrig_assert_no_reject(*state, "left", "tcp middle:53", words);
}

static void asks_no_name_server(void **state)
{
	nsrig_assert_dns(*state, "left", "udp middle", "www.example.org", "192.0.2.7");
}

static void expects_no_answer_of_the_dns(void **state)
{
	nsrig_assert_dns(*state, "left", "udp middle", "www.example.org", "");
}

static void goes_by_others(void **state)
{
	nsrig_assert_path(*state, "middle", "right", "left right");
}

static void goes_by_them_all_the_same(void **state)
{
	nsrig_assert_no_path(*state, "middle", "right", "right");
}

static void goes_by_nobody_known(void **state)
{
	nsrig_assert_path(*state, "middle", "right", "* lfet");
}

static void goes_by_nobody_known_nor_arrives(void **state)
{
	nsrig_assert_no_path(*state, "left", "right", "middle rihgt", .ms = 50);
}

static void goes_by_nobody(void **state)
{
	nsrig_assert_no_path(*state, "middle", "right", " ");
}

static void is_not_rejected_by_nobody_known(void **state)
{
	nsrig_assert_no_reject(*state, "middle", "udp right:81", "admin-prohibited from rihgt");
}

static void is_not_so_far(void **state)
{
	nsrig_assert_hops(*state, "middle", "right", ">= 2");
}

static void counts_hops_otherwise(void **state)
{
	nsrig_assert_hops(*state, "middle", "right", "two");
}

static void has_another_mtu(void **state)
{
	nsrig_assert_path_mtu(*state, "left", "middle", "< 1500");
}

static void loses_too_little(void **state)
{
	nsrig_assert_flow(*state, "left", "udp middle", "rate > 0, loss >= 50%", .count = 10);
}

static void loses_all(void **state)
{
	nsrig_assert_flow(*state, "left", "icmp right", "delay <= 200s", .count = 3,
		.rate = "1mbit", .ms = 50);
}

static void measures_nothing(void **state)
{
	nsrig_assert_flow(*state, "left", "udp middle", "");
}

static void measures_something_else(void **state)
{
	nsrig_assert_flow(*state, "left", "udp middle", "loss <= 1% weight <= 3kg");
}

static void loses_in_tcp(void **state)
{
	nsrig_assert_flow(*state, "left", "tcp middle", "loss <= 1%");
}

static void bounds_nothing(void **state)
{
	nsrig_assert_flow(*state, "left", "udp middle", "loss 1%");
}

static void not_all_reach_all(void **state)
{
	nsrig_assert_reach_all(*state, .ms = 100);
}

static void some_reach_some(void **state)
{
	nsrig_assert_reach_none(*state, .hosts = "middle right");
}

static void reaches_all_of_none(void **state)
{
	nsrig_assert_reach_all(*state, .hosts = "middle");
}

static void says_something_to_all(void **state)
{
	nsrig_assert_reach_all(*state, .say = "hello");
}

static const struct CMUnitTest tests[] = {
	nsrig_test(reaches_nobody, &one_way),
	nsrig_test(reaches_no_port, &one_way),
	nsrig_test(reaches_in_vain_for_long, &one_way),
	nsrig_test(may_not_pass, &one_way),
	nsrig_test(reaches_all_the_same, &one_way),
	nsrig_test(misspells_a_host, &one_way),
	nsrig_test(misspells_the_first_host, &one_way),
	nsrig_test(has_no_such_family, &one_way),
	nsrig_test(says_not_where_to_listen, &one_way),
	nsrig_test(starts_from_elsewhere, &one_way),
	nsrig_test(is_in_a_hurry, &one_way),
	nsrig_test(gets_no_answer, &one_way),
	nsrig_test(gets_another_rejection, &one_way),
	nsrig_test(gets_it_from_another, &one_way),
	nsrig_test(is_rejected_all_the_same, &one_way),
	nsrig_test(misspells_a_rejection, &one_way),
	nsrig_test(misspells_who_rejects, &one_way),
	nsrig_test(rejects_at_length, &one_way),
	nsrig_test(asks_no_name_server, &one_way),
	nsrig_test(expects_no_answer_of_the_dns, &one_way),
	nsrig_test(goes_by_others, &one_way),
	nsrig_test(goes_by_them_all_the_same, &one_way),
	nsrig_test(goes_by_nobody_known, &one_way),
	nsrig_test(goes_by_nobody_known_nor_arrives, &one_way),
	nsrig_test(goes_by_nobody, &one_way),
	nsrig_test(is_not_rejected_by_nobody_known, &one_way),
	nsrig_test(is_not_so_far, &one_way),
	nsrig_test(counts_hops_otherwise, &one_way),
	nsrig_test(has_another_mtu, &one_way),
	nsrig_test(loses_too_little, &one_way),
	nsrig_test(loses_all, &one_way),
	nsrig_test(measures_nothing, &one_way),
	nsrig_test(measures_something_else, &one_way),
	nsrig_test(loses_in_tcp, &one_way),
	nsrig_test(bounds_nothing, &one_way),
	nsrig_test(not_all_reach_all, &one_way),
	nsrig_test(some_reach_some, &one_way),
	nsrig_test(reaches_all_of_none, &one_way),
	nsrig_test(says_something_to_all, &one_way),
};

const struct guilty_tests guilty_traffic = GUILTY_TESTS(tests);
