// SPDX-License-Identifier: MIT
/*
 * Matching lines of state word by word. No network.
 *
 *	"via 10.0.0.1 default" ---- cut into items ----> [via 10.0.0.1] [destination 0.0.0.0/0] ...
 */
#include "fixture/text/match.h"

#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <nsrig.h>
#include <stdio.h>
#include <string.h>

/* 1 if the line matches the expectation, 0 if not, or a negative error number. */
static int match(enum nsrig_state_kind kind, const char *expected, const char *line)
{
	struct nsrig_items want, have;
	int rc;

	rc = nsrig_items_read(kind, expected, NSRIG_TO_EXPECT, &want);
	if (rc < 0)
		return rc;
	nsrig_assert_ok(nsrig_items_read(kind, line, NSRIG_FOUND, &have));
	rc = nsrig_items_match(&want, &have);
	nsrig_items_free(&want);
	nsrig_items_free(&have);
	return rc;
}

struct pair {
	enum nsrig_state_kind kind;
	const char *expected;
	const char *line;
};

static void all(const struct pair *pairs, size_t count, int result)
{
	size_t i;

	for (i = 0; i < count; i++) {
		int rc = match(pairs[i].kind, pairs[i].expected, pairs[i].line);

		if (rc < 0)
			nsrig_fail("%s", nsrig_error());
		if (rc != result)
			nsrig_fail("\"%s\" %s \"%s\"", pairs[i].expected,
				result ? "does not match" : "matches", pairs[i].line);
	}
}

static const char connected[] = "10.0.0.0/24 dev eth0 src 10.0.0.1 proto kernel scope link";
static const char ecmp[] = "10.8.0.0/16 metric 5 nexthop via 10.0.0.2 dev eth0 weight 1 "
			   "nexthop via 10.0.0.3 dev eth0 weight 2 proto boot";
static const char marked[] = "10.9.0.0/16 tos 0x10 via 10.0.0.2 dev eth0 proto boot";
static const char veth[] = "eth0 up carrier mtu 1500 state UP kind veth "
			   "address 02:00:00:00:00:0a txqlen 1000";

static void what_is_the_same_matches(void **state)
{
	static const struct pair pairs[] = {
		{NSRIG_ROUTES, connected, connected},
		{NSRIG_ROUTES, "10.0.0.0/24", connected},
		{NSRIG_ROUTES, "scope link src 10.0.0.1 10.0.0.0/24", connected},
		{NSRIG_ROUTES, "10.0.0.0/24 proto 2 scope 253 table 254", connected},
		{NSRIG_ROUTES, "dev eth0", connected},
		{NSRIG_ROUTES, "unicast 10.0.0.0/24 table main", connected},
		{NSRIG_ROUTES, "10.0.0.1/32", "10.0.0.1 dev eth0"},
		{NSRIG_ROUTES, "default dev eth0", "default dev eth0 proto boot scope link"},
		{NSRIG_ROUTES, "0.0.0.0/0 dev eth0", "default dev eth0"},
		{NSRIG_ROUTES, "default via FE80:0::1", "default via fe80::1 dev eth0 metric 1024"},
		{NSRIG_ROUTES, "::/0", "default via fe80::1 dev eth0 metric 1024"},
		{NSRIG_ROUTES, "default via inet6 fe80::1", "default via inet6 fe80::1 dev eth0"},
		{NSRIG_ROUTES, "2001:DB8:0:0::/64", "2001:db8::/64 dev eth0 metric 256"},
		{NSRIG_ROUTES, "10.9.0.0/16 table 0x64", "10.9.0.0/16 via 10.0.0.2 table 100"},
		{NSRIG_ROUTES, "blackhole 10.66.0.0/16", "blackhole 10.66.0.0/16 proto boot"},
		{NSRIG_ROUTES, "10.8.0.0/16", ecmp},
		{NSRIG_ROUTES, "10.8.0.0/16 nexthop via 10.0.0.3 nexthop via 10.0.0.2 metric 5",
			ecmp},
		{NSRIG_ROUTES, "10.8.0.0/16 nexthop dev eth0 nexthop weight 1", ecmp},
		/* Defaults that the kernel omits from the line. */
		{NSRIG_ROUTES, "10.9.0.0/16 tos 16 scope global metric 0", marked},
		{NSRIG_ADDRS, "10.0.0.1 label eth0", "10.0.0.1/24 dev eth0 scope global"},
		{NSRIG_RULES, "from all tos 0", "from all priority 32766 lookup main"},
		{NSRIG_RULES, "from all lookup main", "from all priority 32766 lookup main"},
		{NSRIG_RULES, "from all to all", "from all priority 32766 lookup main"},
		{NSRIG_RULES, "pref 32766 table 254", "from all priority 32766 lookup main"},
		{NSRIG_RULES, "from ::/0", "from ::/0 priority 0 lookup local"},
		{NSRIG_RULES, "from all to 2001:db8::/32",
			"from ::/0 to 2001:db8::/32 priority 9 lookup 100"},
		{NSRIG_RULES, "not fwmark 1/255",
			"not from all fwmark 0x1/0xff priority 50 lookup 100"},
		{NSRIG_RULES, "fwmark 0x10/0xffffffff", "from all fwmark 0x10 priority 5 lookup 9"},
		{NSRIG_RULES, "sport 80 ipproto 6", "from all ipproto tcp sport 80 priority 5 nop"},
		/* An odd line must not prevent matching the rest. */
		{NSRIG_RULES, "priority 5", "from 10.0.0.1/8 priority 5 lookup 9"},
		{NSRIG_LINKS, "eth0 up mtu 1500", veth},
		{NSRIG_LINKS, "address 02:00:00:00:00:0A", veth},
		{NSRIG_LINKS, "eth0 state up carrier", veth},
		{NSRIG_LINKS, "kind veth", veth},
		{NSRIG_LINKS, "up", "up up carrier mtu 1500"},
		{NSRIG_ADDRS, "10.0.0.1/24 dev eth0", "10.0.0.1/24 dev eth0 scope global"},
		{NSRIG_ADDRS, "10.0.0.1", "10.0.0.1/24 dev eth0 scope global"},
		{NSRIG_ADDRS, "2001:DB8::0:1/64 scope 0", "2001:db8::1/64 dev eth0 scope global"},
		{NSRIG_NEIGHBOURS, "10.0.0.2 nud permanent",
			"10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 PERMANENT"},
		{NSRIG_NEIGHBOURS, "10.0.0.2 Permanent",
			"10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 PERMANENT"},
		{NSRIG_FDB, "02:00:00:00:00:AA master br0",
			"02:00:00:00:00:aa dev eth1 master br0 static"},
		{NSRIG_QDISCS, "tbf dev eth0 root", "qdisc tbf 8001: dev eth0 root rate 1Mbit"},
		{NSRIG_QDISCS, "qdisc tbf 8001: rate 1000kbit",
			"qdisc tbf 8001: dev eth0 root rate 1Mbit"},
		{NSRIG_QDISCS, "dev eth0 handle 8001:",
			"qdisc tbf 8001: dev eth0 root rate 1Mbit burst 32768b"},
		{NSRIG_QDISCS, "burst 32kb rate 125kbps",
			"qdisc tbf 8001: dev eth0 root rate 1Mbit burst 32768b"},
		{NSRIG_QDISCS, "delay 10000us loss 0.1%",
			"qdisc netem 8002: dev eth0 root delay 10ms loss 0.1%"},
		{NSRIG_QDISCS, "loss 33.3333%", "qdisc netem 8002: dev eth0 root loss 33.3333%"},
		{NSRIG_QDISCS, "loss 1%", "qdisc netem 8002: dev eth0 root loss 1.00%"},
		{NSRIG_LISTENERS, "tcp 0.0.0.0:80", "tcp 0.0.0.0:80"},
		{NSRIG_LISTENERS, "udp [0::0]:53", "udp [::]:53 v6only"},
		{NSRIG_LISTENERS, "tcp *:80", "tcp 10.0.0.1:80"},
		{NSRIG_LISTENERS, "tcp *:80", "tcp [::1]:80"},
		{NSRIG_LISTENERS, "*:80", "udp [::1]:80"},
	};

	(void)state;
	all(pairs, COUNT(pairs), 1);
}

static void what_differs_does_not_match(void **state)
{
	static const struct pair pairs[] = {
		{NSRIG_ROUTES, "10.0.0.0/16", connected},
		{NSRIG_ROUTES, "10.0.0.0/24 dev eth1", connected},
		{NSRIG_ROUTES, "10.0.0.0/24 metric 5", connected},
		{NSRIG_ROUTES, "10.0.0.0/24 onlink", connected},
		{NSRIG_ROUTES, "10.0.0.0/24 scope global", connected},
		{NSRIG_ROUTES, "10.8.0.0/16 metric 0", ecmp},
		/* A route for some packets only. */
		{NSRIG_ROUTES, "10.9.0.0/16", marked},
		{NSRIG_ROUTES, "2001:db8:a::/64",
			"2001:db8:a::/64 from 2001:db8:1::/64 dev eth0 metric 1024"},
		{NSRIG_ADDRS, "10.0.0.1 label eth0",
			"10.0.0.1/24 dev eth0 scope global label eth0:x"},
		{NSRIG_ROUTES, "10.0.0.0/24 table 100", connected},
		{NSRIG_ROUTES, "blackhole 10.0.0.0/24", connected},
		/* What the expectation leaves out has its default, and must match. */
		{NSRIG_ROUTES, "10.66.0.0/16", "blackhole 10.66.0.0/16 proto boot"},
		{NSRIG_ROUTES, "10.9.0.0/16", "10.9.0.0/16 via 10.0.0.2 table 100"},
		{NSRIG_ROUTES, "10.0.0.1", "local 10.0.0.1 dev eth0 table local"},
		{NSRIG_RULES, "from 10.0.0.0/8", "not from 10.0.0.0/8 priority 5 lookup 100"},
		{NSRIG_ROUTES, "default dev eth0", "::/0 dev eth0 metric 1024"},
		{NSRIG_ROUTES, "default", "default via fe80::1 dev eth0 metric 1024"},
		{NSRIG_ROUTES, "::/0", "default dev eth0"},
		{NSRIG_ROUTES, "default via fe80::1", "default via inet6 fe80::1 dev eth0"},
		{NSRIG_ROUTES, "10.8.0.0/16 via 10.0.0.2", ecmp},
		{NSRIG_ROUTES, "10.8.0.0/16 nexthop via 10.0.0.2", ecmp},
		{NSRIG_ROUTES, "10.8.0.0/16 nexthop via 10.0.0.2 nexthop via 10.0.0.2", ecmp},
		{NSRIG_ROUTES, "10.8.0.0/16 nexthop via 10.0.0.2 weight 2 nexthop via 10.0.0.3",
			ecmp},
		{NSRIG_RULES, "from all", "from ::/0 priority 0 lookup local"},
		{NSRIG_RULES, "from all", "from 10.0.0.0/8 priority 0 lookup local"},
		{NSRIG_RULES, "to all", "from all to 10.0.0.0/8 priority 0 lookup local"},
		{NSRIG_RULES, "not from 10.0.0.0/8", "from 10.0.0.0/8 priority 5 lookup 100"},
		{NSRIG_RULES, "fwmark 1", "from all fwmark 0x1/0xff priority 50 lookup 100"},
		{NSRIG_LINKS, "eth0 down", veth},
		{NSRIG_LINKS, "eth0 no-carrier", veth},
		{NSRIG_LINKS, "eth", veth},
		{NSRIG_LINKS, "eth0 promisc", veth},
		{NSRIG_ADDRS, "10.0.0.1/16", "10.0.0.1/24 dev eth0 scope global"},
		{NSRIG_ADDRS, "10.0.0.1", "10.0.0.10/24 dev eth0 scope global"},
		{NSRIG_ADDRS, "10.0.0.1 tentative", "10.0.0.1/24 dev eth0 scope global"},
		{NSRIG_NEIGHBOURS, "10.0.0.2 REACHABLE",
			"10.0.0.2 dev eth0 lladdr 02:00:00:00:00:02 PERMANENT"},
		{NSRIG_QDISCS, "tbf rate 1001kbit", "qdisc tbf 8001: dev eth0 root rate 1Mbit"},
		{NSRIG_QDISCS, "tbf 1:", "qdisc tbf 8001: dev eth0 root rate 1Mbit"},
		{NSRIG_QDISCS, "htb", "qdisc tbf 8001: dev eth0 root rate 1Mbit"},
		{NSRIG_QDISCS, "loss 0.0001%", "qdisc netem 8002: dev eth0 root loss 0.0004%"},
		{NSRIG_LISTENERS, "tcp 0.0.0.0:80", "tcp [::]:80"},
		{NSRIG_LISTENERS, "udp *:80", "tcp 0.0.0.0:80"},
		{NSRIG_LISTENERS, "tcp *:80", "tcp 0.0.0.0:8080"},
	};

	(void)state;
	all(pairs, COUNT(pairs), 0);
}

static void words_that_are_none(void **state)
{
	static const struct {
		enum nsrig_state_kind kind;
		const char *words;
		const char *said;
	} bad[] = {
		{NSRIG_ROUTES, "10.0.0.0/24 gateway 10.0.0.1", "\"gateway\" is not understood"},
		{NSRIG_ROUTES, "10.0.0.0/24 gateway 10.0.0.1", "expected unicast, blackhole"},
		{NSRIG_ROUTES, "10.0.0.300",
			"\"10.0.0.300\" is not understood (expected a prefix "},
		{NSRIG_ROUTES, "10.0.0.1/24", "without bits behind its length"},
		{NSRIG_ROUTES, "default via eth0",
			"\"eth0\" after \"via\" is not an address such as 10.0.0.1"},
		{NSRIG_ROUTES, "default via 10.0.0.1/24", "\"10.0.0.1/24\" after \"via\" is not"},
		{NSRIG_ROUTES, "default via", "nothing follows \"via\""},
		{NSRIG_ROUTES, "default dev a dev b", "a second \"dev\""},
		{NSRIG_ROUTES, "default metric many", "\"many\" after \"metric\" is not a number"},
		{NSRIG_ROUTES, "default table blue", "\"blue\" after \"table\" is not the number"},
		{NSRIG_ROUTES, "", "no words"},
		{NSRIG_ROUTES, " \t", "no words"},
		{NSRIG_ROUTES, NULL, "no route given"},
		{NSRIG_RULES, "10.0.0.0/8 lookup 100", "\"10.0.0.0/8\" is not understood"},
		{NSRIG_RULES, "from 10.0.0.0/8 dport 99999999999", "is not a port or a range"},
		{NSRIG_RULES, "from 10.0.0.0/8 dport 65536", "is not a port or a range"},
		{NSRIG_RULES, "from 10.0.0.0/8 tos 256", "is not a number up to 255"},
		{NSRIG_RULES, "from 10.0.0.0/8 ipproto 256", "after \"ipproto\" is not"},
		{NSRIG_RULES, "from 10.0.0.0/8 to 2001:db8::/32",
			"\"2001:db8::/32\" is of another family"},
		{NSRIG_ROUTES, "10.0.0.0/8 via fe80::1", "\"fe80::1\" is of another family"},
		{NSRIG_FDB, "02:00:00:00:00:01 vlan 65536", "is not a number up to 65535"},
		{NSRIG_RULES, "fwmark 1/", "after \"fwmark\" is not"},
		{NSRIG_LINKS, "eth0 upp", "link \"eth0 upp\": \"upp\" is not understood"},
		{NSRIG_LINKS, "eth0 address 02:00:00:00:00:0g", "is not a MAC address"},
		{NSRIG_LINKS, "eth0 up down", "a second \"admin\""},
		{NSRIG_NEIGHBOURS, "10.0.0.2 SLEEPING", "\"SLEEPING\" is not understood"},
		{NSRIG_NEIGHBOURS, "10.0.0.2 nud SLEEPING",
			"\"SLEEPING\" after \"nud\" is not a state of a neighbour such as "
			"REACHABLE"},
		{NSRIG_LINKS, "eth0 state WDON",
			"\"WDON\" after \"state\" is not a state of a link such as UP"},
		{NSRIG_LINKS, "eth0 state REACHABLE", "\"REACHABLE\" after \"state\" is not"},
		{NSRIG_FDB, "10.0.0.2 dev eth0", "expected a MAC address"},
		{NSRIG_QDISCS, "tbf rate fast", "\"fast\" after \"rate\" is not a rate"},
		{NSRIG_QDISCS, "tbf rate 1e3kbit", "\"1e3kbit\" after \"rate\" is not a rate"},
		{NSRIG_QDISCS, "netem loss 10", "\"10\" after \"loss\" is not a share"},
		{NSRIG_LISTENERS, "tcp 80", "expected an address and a port"},
		{NSRIG_LISTENERS, "tcp [10.0.0.1]:80", "expected an address and a port"},
		{NSRIG_LISTENERS, "tcp 0.0.0.0:65536", "expected an address and a port"},
		{NSRIG_LISTENERS, "sctp 0.0.0.0:80", "\"sctp\" is not understood"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++)
		refused(match(bad[i].kind, bad[i].words, "dev none"), -EINVAL, bad[i].said);
	refused(match(NSRIG_STATE_KINDS, "none", "none"), -EINVAL, "8 is not a kind");
}

#define HOPS 20

/* All next hops but one match each other: trying every order would take for ever. */
static void many_next_hops_are_soon_told_apart(void **state)
{
	char expected[1024] = "10.9.0.0/16", line[2048] = "10.9.0.0/16";
	size_t i, a = strlen(expected), b = strlen(line);

	(void)state;
	for (i = 1; i <= HOPS; i++) {
		a += snprintf(expected + a, sizeof(expected) - a, " nexthop %s",
			i < HOPS ? "dev eth0" : "via 10.0.1.1");
		b += snprintf(line + b, sizeof(line) - b, " nexthop via 10.0.0.%zu dev eth0", i);
	}
	assert_int_equal(match(NSRIG_ROUTES, expected, line), 0);
	/* The next hop with one possible match gets it, although another next hop took it first. */
	snprintf(line + b - strlen("20 dev eth0"), 32, "20 dev eth1");
	snprintf(expected + a - strlen("via 10.0.1.1"), 32, "dev eth1");
	assert_int_equal(match(NSRIG_ROUTES, expected, line), 1);
	assert_int_equal(
		match(NSRIG_ROUTES, "10.8.0.0/16 nexthop dev eth0 nexthop via 10.0.0.2", ecmp), 1);
}

static void the_likest_line_is_known(void **state)
{
	struct nsrig_items want, like, unlike;

	(void)state;
	nsrig_assert_ok(nsrig_items_read(
		NSRIG_ROUTES, "10.0.0.0/24 dev eth0 metric 9", NSRIG_TO_EXPECT, &want));
	nsrig_assert_ok(nsrig_items_read(NSRIG_ROUTES, connected, NSRIG_FOUND, &like));
	nsrig_assert_ok(nsrig_items_read(NSRIG_ROUTES, "default dev eth0", NSRIG_FOUND, &unlike));
	assert_int_equal(nsrig_items_likeness(&want, &like), 6);
	assert_int_equal(nsrig_items_likeness(&want, &unlike), 5);
	nsrig_items_free(&want);
	nsrig_items_free(&like);
	nsrig_items_free(&unlike);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_the_same_matches),
		cmocka_unit_test(what_differs_does_not_match),
		cmocka_unit_test(words_that_are_none),
		cmocka_unit_test(many_next_hops_are_soon_told_apart),
		cmocka_unit_test(the_likest_line_is_known),
	};

	return nsrig_main(argc, argv, tests);
}
