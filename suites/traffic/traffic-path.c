// SPDX-License-Identifier: MIT
/*
 * Paths and the traffic on them: hops, the path MTU, and measured flows.
 *
 *	a -------- r1 -------- r2 -------- r3 -------- b        ("chain 3", IPv4 and IPv6)
 *	10.0.0.1   10.0.0.2
 *	           10.0.1.1    10.0.1.2
 *	                       10.0.2.1    10.0.2.2
 *	                                   10.0.3.1    10.0.3.2
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <stdlib.h>

#define HOW(...) (&(const struct nsrig_traffic){__VA_ARGS__})

static const struct nsrig_topo chain = {.shape = "chain 3"};
static const struct nsrig_topo long_chain = {.shape = "chain 12"};
static const struct nsrig_topo pair = {.shape = "pair"};
static const struct nsrig_topo slow = {.shape = "pair tbf 2mbit burst 3000b latency 50ms"};

static void assert_path(struct nsrig_ns *ns, const char *address, int hops, const char *expected)
{
	char *path;

	assert_int_equal(nsrig_assert_ok(nsrig_path(ns, address, NULL, &path)), hops);
	assert_string_equal(path, expected);
	free(path);
}

static void paths_are_found(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	int descriptors = count_descriptors();

	assert_path(a, "10.0.3.2", 4, "10.0.0.2 10.0.1.2 10.0.2.2 10.0.3.2");
	assert_path(a, "2001:db8:0:3::2", 4,
		"2001:db8::2 2001:db8:0:1::2 2001:db8:0:2::2 2001:db8:0:3::2");
	assert_path(a, "10.0.0.2", 1, "10.0.0.2");
	assert_path(a, "10.0.0.1", 1, "10.0.0.1");
	assert_int_equal(count_descriptors(), descriptors);
}

/* A path that is longer than the first probes reach. */
static void long_paths_are_found(void **state)
{
	char *path;

	assert_int_equal(
		nsrig_assert_ok(nsrig_path(nsrig_host(*state, "a"), "10.0.12.2", NULL, &path)), 13);
	free(path);
}

/* One hop must not answer; the others are still reported. */
static void silent_hops_are_stars(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *r2 = nsrig_host(*state, "r2");
	char *path;

	/* It forwards packets, but its own packets to a are dropped. */
	if (nsrig_rule_add(r2, "to 10.0.0.1 iif lo lookup 8") < 0)
		nsrig_skip("needs CONFIG_IP_MULTIPLE_TABLES");
	nsrig_assert_ok(nsrig_route_add(r2, "blackhole 10.0.0.1 table 8"));
	assert_int_equal(nsrig_assert_ok(nsrig_path(a, "10.0.3.2", HOW(.ms = 300), &path)), 4);
	assert_string_equal(path, "10.0.0.2 * 10.0.2.2 10.0.3.2");
	free(path);
}

static void paths_that_end_early(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	char *path = NULL;

	nsrig_assert_ok(nsrig_route_add(nsrig_host(*state, "r3"), "blackhole 10.0.3.2"));
	refused(nsrig_path(a, "10.0.3.2", HOW(.ms = 100), &path), -ETIMEDOUT,
		"10.0.3.2 from \"a\": no end of the path within 100 ms; it begins: 10.0.0.2 "
		"10.0.1.2");
	nsrig_assert_ok(nsrig_route_add(nsrig_host(*state, "r2"), "prohibit 10.0.3.2"));
	refused(nsrig_path(a, "10.0.3.2", HOW(.ms = 1000), &path), -EHOSTUNREACH,
		"admin-prohibited from 10.0.1.2");
	refused(nsrig_path(nsrig_host(*state, "r1"), "192.0.2.1", NULL, &path), -ENETUNREACH,
		"net-unreachable from itself");
	nsrig_assert_ok(nsrig_route_add(nsrig_host(*state, "r1"), "blackhole 10.0.0.0/8 metric 1"));
	refused(nsrig_path(a, "10.77.0.1", HOW(.ms = 50), &path), -ETIMEDOUT,
		"no end of the path within 50 ms, and not one hop");
	refused(nsrig_path(a, "10.0.3.2:80", NULL, &path), -EINVAL, "has a port");
	refused(nsrig_path(a, "icmp 10.0.3.2", NULL, &path), -EINVAL, "expected an address alone");
	refused(nsrig_path(a, "10.0.3.2", NULL, NULL), -EINVAL, "nowhere to put the path");
	refused(nsrig_path(a, "10.0.3.2", HOW(.ttl = 3), &path), -EINVAL, "does not support .ttl");
	assert_null(path);
}

static void narrow(void **state, const char *host, const char *link, const char *peer,
	const char *peer_link, unsigned int mtu)
{
	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(*state, host), link, mtu));
	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(*state, peer), peer_link, mtu));
}

/* The MTU shrinks twice on the path, so there are two steps to find. */
static void mtus_of_paths_are_found(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");

	assert_int_equal(nsrig_path_mtu(a, "10.0.3.2", NULL), 1500);
	/* lo's MTU, which differs between kernels. */
	assert_in_range(nsrig_path_mtu(a, "127.0.0.1", NULL), 65535, 65536);
	narrow(state, "r1", "eth1", "r2", "eth0", 1400);
	narrow(state, "r2", "eth1", "r3", "eth0", 1300);
	assert_int_equal(nsrig_path_mtu(a, "10.0.3.2", NULL), 1300);
	assert_int_equal(nsrig_path_mtu(a, "2001:db8:0:3::2", NULL), 1300);
	assert_int_equal(nsrig_path_mtu(a, "10.0.1.2", NULL), 1400);
	assert_int_equal(nsrig_path_mtu(a, "10.0.0.2", NULL), 1500);
}

/* The receiver's link has a smaller MTU than the sender's, and nobody reports it. */
static void black_holes_are_told(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");

	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(*state, "r1"), "eth0", 1300));
	refused(nsrig_path_mtu(a, "10.0.0.2", HOW(.ms = 100)), -ETIMEDOUT,
		"packets of 1500 bytes are lost silently, within 100 ms");
	refused(nsrig_path_mtu(nsrig_host(*state, "r1"), "192.0.2.7", NULL), -ENETUNREACH,
		"Network is unreachable");
}

static void flows_are_measured(void **state)
{
	static const char *const targets[] = {"udp 10.0.0.2:9", "udp [2001:db8::2]:9",
		"icmp 10.0.0.2", "icmp 2001:db8::2", "tcp 10.0.0.2:9", "tcp 2001:db8::2"};
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");
	int descriptors = count_descriptors();
	struct nsrig_flow flow;
	size_t i;
	int tries;

	for (i = 0; i < COUNT(targets); i++) {
		bool udp = targets[i][0] == 'u', tcp = targets[i][0] == 't';

		nsrig_assert_ok(nsrig_measure(a, targets[i], b, NULL, &flow));
		assert_int_equal(flow.sent, tcp ? 1 << 20 : udp ? 100 : 20);
		assert_int_equal(flow.received, flow.sent);
		assert_int_equal(flow.duplicates, 0);
		assert_int_equal(flow.reordered, 0);
		assert_true(flow.rate > 0);
		assert_true(flow.delay_min > 0);
		assert_true(flow.delay_min <= flow.delay && flow.delay <= flow.delay_max);
		if (tcp)
			continue;
		/*
		 * One packet per millisecond: the receiver can't be faster than the sender, unless
		 * the machine delayed the packets.
		 */
		tries = 0;
		do {
			nsrig_assert_ok(nsrig_measure(a, targets[i], b,
				HOW(.count = 10, .size = 125, .rate = "1mbit"), &flow));
			assert_int_equal(flow.received, 10);
		} while (flow.rate >= 2e6 && ++tries < 20);
		assert_true(flow.rate < 2e6);
	}
	assert_int_equal(count_descriptors(), descriptors);
}

/* The throughput is the link's rate: the queues have room for all packets sent. */
static void slow_links_are_measured(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");
	struct nsrig_flow flow;

	nsrig_assert_ok(
		nsrig_measure(a, "udp 10.0.0.2:9", b, HOW(.count = 40, .size = 500), &flow));
	assert_int_equal(flow.received + flow.duplicates, 40);
	assert_in_range((int)flow.rate, 500000, 2200000);
	assert_true(flow.delay_max > 4 * 1000000);
	nsrig_assert_ok(nsrig_measure(a, "tcp 10.0.0.2:9", b, HOW(.size = 60000), &flow));
	assert_in_range((int)flow.rate, 300000, 2200000);
	/* Far more than the queue holds. */
	nsrig_assert_ok(nsrig_measure(
		a, "udp 10.0.0.2:9", b, HOW(.count = 200, .rate = "1gbit", .ms = 200), &flow));
	assert_int_equal(flow.sent, 200);
	assert_in_range(flow.received, 1, 199);
}

static void lost_flows_are_measured(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");
	struct nsrig_flow flow;
	char *path;

	nsrig_assert_ok(nsrig_route_add(a, "192.0.2.0/24 via 10.0.0.2"));
	nsrig_assert_ok(nsrig_route_add(b, "blackhole 192.0.2.0/24"));
	nsrig_assert_ok(nsrig_measure(
		a, "udp 192.0.2.1:9", b, HOW(.count = 5, .rate = "1mbit", .ms = 50), &flow));
	assert_int_equal(flow.sent, 5);
	assert_int_equal(flow.received, 0);
	assert_int_equal(flow.delay, 0);
	assert_true(flow.rate == 0);
	refused(nsrig_measure(a, "tcp 192.0.2.1:9", b, HOW(.ms = 50), &flow), -ETIMEDOUT,
		"no connection (0 of 1048576 bytes) within 50 ms");
	/* Rejected packets count as lost too. */
	nsrig_assert_ok(nsrig_route_add(b, "prohibit 192.0.2.128/25"));
	nsrig_assert_ok(nsrig_measure(
		a, "icmp 192.0.2.129", NULL, HOW(.count = 3, .rate = "1mbit", .ms = 50), &flow));
	assert_int_equal(flow.sent, 3);
	assert_int_equal(flow.received, 0);
	refused(nsrig_path(a, "192.0.2.1", HOW(.ms = 50), &path), -ETIMEDOUT, "not one hop");
}

static void bad_flows(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");
	struct nsrig_flow flow;

	refused(nsrig_measure(a, "udp 10.0.0.2:9", b, HOW(.rate = "fast"), &flow), -EINVAL,
		"\"fast\" is not understood (expected a rate");
	refused(nsrig_measure(a, "udp 10.0.0.2:9", b, HOW(.size = 4), &flow), -EINVAL,
		".size 4 is out of range (8 to 65000)");
	refused(nsrig_measure(a, "udp 10.0.0.2:9", b, HOW(.count = 1000001), &flow), -EINVAL,
		".count 1000001 is out of range (up to 1000000)");
	refused(nsrig_measure(a, "tcp 10.0.0.2:9", b, HOW(.rate = "1mbit"), &flow), -EINVAL,
		"a flow of TCP has no .rate (but .size)");
	refused(nsrig_measure(a, "tcp 10.0.0.2:9", b, HOW(.count = 3), &flow), -EINVAL,
		"a flow of TCP has no .count (but .size)");
	refused(nsrig_measure(a, "tcp 10.0.0.2:9", b, NULL, NULL), -EINVAL,
		"nowhere to put the result");
	refused(nsrig_measure(a, "udp 10.0.0.2:9", NULL, NULL, &flow), -EINVAL,
		"no namespace given for the other end");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(paths_are_found, &chain),
		nsrig_test(long_paths_are_found, &long_chain),
		nsrig_test(silent_hops_are_stars, &chain),
		nsrig_test(paths_that_end_early, &chain),
		nsrig_test(mtus_of_paths_are_found, &chain),
		nsrig_test(black_holes_are_told, &chain),
		nsrig_test(flows_are_measured, &pair),
		nsrig_test(slow_links_are_measured, &slow),
		nsrig_test(lost_flows_are_measured, &pair),
		nsrig_test(bad_flows, &pair),
	};

	return nsrig_main(argc, argv, tests);
}
