// SPDX-License-Identifier: MIT
/*
 * The state of a namespace as lines of text, and objects added and removed by the same lines.
 *
 *	left                                 right
 *	  a0 10.0.0.1/24 2001:db8::1/64 ==== b0 10.0.0.2/24 2001:db8::2/64
 *	  br0
 *	    p0 ============================= q0
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <netinet/in.h>
#include <netlink/route/link.h>
#include <netlink/route/link/vxlan.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/tbf.h>
#include <netlink/route/tc.h>
#include <nsrig.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH(
		"left:a0 10.0.0.1/24 2001:db8::1/64", "right:b0 10.0.0.2/24 2001:db8::2/64")},
};

/* Skips the test if the kernel was built without a feature. */
static void needs(int rc, const char *option)
{
	if (rc == -EOPNOTSUPP || rc == -EAFNOSUPPORT || rc == -ENOENT)
		nsrig_skip("needs %s", option);
	nsrig_assert_ok(rc);
}

/* Whether a text has this line. */
static bool has_line(const char *text, const char *line)
{
	size_t length = strlen(line);

	for (; text; text = strchr(text, '\n') ? strchr(text, '\n') + 1 : NULL) {
		if (!strncmp(text, line, length) && (text[length] == '\n' || !text[length]))
			return true;
	}
	return false;
}

static void line_at(
	struct nsrig_ns *ns, enum nsrig_state_kind kind, const char *line, bool there, int at)
{
	char *text;

	nsrig_assert_ok(nsrig_state(ns, kind, &text));
	if (has_line(text, line) != there)
		nsrig_fail("line %d: \"%s\" is %sin:\n%s", at, line, there ? "not " : "", text);
	free(text);
}

#define has(ns, kind, line) line_at(ns, kind, line, true, __LINE__)
#define has_not(ns, kind, line) line_at(ns, kind, line, false, __LINE__)

static void add_bridge(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	const struct nsrig_link_spec bridge = {
		.name = "br0", .mac = "02:00:00:00:00:b0", .up = true};
	const struct nsrig_link_spec port = {
		.name = "p0", .mac = "02:00:00:00:00:b1", .master = "br0", .up = true};
	const struct nsrig_link_spec end = {.name = "q0", .mac = "02:00:00:00:00:b2", .up = true};

	needs(nsrig_link_add(left, "bridge", &bridge), "CONFIG_BRIDGE");
	nsrig_assert_ok(nsrig_veth_add(left, &port, right, &end));
	/* The link is ready before the kernel sets its state, which some kernels do later. */
	nsrig_assert_ok(nsrig_wait_link_is(left, "p0 state UP", NSRIG_WAIT_MS));
}

static void links_are_told(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_link a0;
	char line[256], *text;

	add_bridge(state);
	nsrig_assert_ok(nsrig_link_get(left, "a0", &a0));
	snprintf(line, sizeof(line),
		"a0 up carrier mtu 1500 state UP kind veth address %s txqlen 1000", a0.mac);
	has(left, NSRIG_LINKS, line);
	has(left, NSRIG_LINKS,
		"lo up carrier mtu 65536 state UNKNOWN address 00:00:00:00:00:00 txqlen 1000");
	has(left, NSRIG_LINKS,
		"p0 up carrier mtu 1500 state UP kind veth address 02:00:00:00:00:b1 master br0 "
		"txqlen 1000");
	nsrig_assert_ok(nsrig_link_down(left, "a0"));
	snprintf(line, sizeof(line),
		"a0 down no-carrier mtu 1500 state DOWN kind veth address %s txqlen 1000", a0.mac);
	has(left, NSRIG_LINKS, line);
	/* At once, without waiting for a timer of the kernel. */
	nsrig_assert_ok(nsrig_state(nsrig_host(*state, "right"), NSRIG_LINKS, &text));
	if (!strstr(text, "\nb0 up no-carrier "))
		nsrig_fail("b0 has a carrier: %s", text);
	free(text);
}

static void addresses_are_told(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	has(left, NSRIG_ADDRS, "10.0.0.1/24 dev a0 scope global");
	has(left, NSRIG_ADDRS, "2001:db8::1/64 dev a0 scope global nodad");
	has(left, NSRIG_ADDRS, "127.0.0.1/8 dev lo scope host");
	has(left, NSRIG_ADDRS, "::1/128 dev lo scope host");
	nsrig_assert_ok(nsrig_addr_add(left, "a0", "10.0.0.9/24"));
	has(left, NSRIG_ADDRS, "10.0.0.9/24 dev a0 scope global secondary");
	nsrig_assert_ok(nsrig_sysctl_set(left, "net.ipv6.conf.a0.accept_dad", "1"));
	nsrig_assert_ok(nsrig_addr_add_dad(left, "a0", "2001:db8::9/64"));
	has(left, NSRIG_ADDRS, "2001:db8::9/64 dev a0 scope global tentative");
}

static void routes_are_told(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	has(left, NSRIG_ROUTES, "10.0.0.0/24 dev a0 src 10.0.0.1 proto kernel scope link");
	has(left, NSRIG_ROUTES, "2001:db8::/64 dev a0 metric 256 proto kernel");
	has(left, NSRIG_ROUTES,
		"local 10.0.0.1 dev a0 src 10.0.0.1 table local proto kernel scope host");
	nsrig_assert_ok(nsrig_route_add(left, "default via 10.0.0.2"));
	nsrig_assert_ok(nsrig_route_add(left, "::/0 dev a0"));
	nsrig_assert_ok(nsrig_route_add(left, "10.9.0.0/16 via 10.0.0.2 table 100"));
	has(left, NSRIG_ROUTES, "default via 10.0.0.2 dev a0 proto boot");
	/* The family must be clear from the words alone. */
	has(left, NSRIG_ROUTES, "::/0 dev a0 metric 1024 proto boot");
	has(left, NSRIG_ROUTES, "10.9.0.0/16 via 10.0.0.2 dev a0 table 100 proto boot");
	nsrig_assert_ok(nsrig_route_add(left, "10.7.0.0/16 via 10.0.0.2 proto bird"));
	has(left, NSRIG_ROUTES, "10.7.0.0/16 via 10.0.0.2 dev a0 proto bird");
	nsrig_assert_ok(nsrig_route_add(left, "10.6.0.0/16 dev a0 scope host proto 77"));
	has(left, NSRIG_ROUTES, "10.6.0.0/16 dev a0 proto 77 scope host");
	nsrig_assert_error(nsrig_route_del(left, "10.7.0.0/16 proto static"), -ESRCH);
	nsrig_assert_ok(nsrig_route_del(left, "10.7.0.0/16 proto bird"));
	refused(nsrig_route_add(left, "10.7.0.0/16 dev a0 proto me"), -EINVAL,
		"\"me\" after \"proto\" is not understood (expected kernel, boot,");
	refused(nsrig_route_add(left, "10.7.0.0/16 dev a0 scope 256"), -EINVAL,
		"\"256\" after \"scope\"");
	nsrig_assert_ok(nsrig_route_add(left, "10.5.0.0/16 tos 0x10 via 10.0.0.2"));
	has(left, NSRIG_ROUTES, "10.5.0.0/16 tos 0x10 via 10.0.0.2 dev a0 proto boot");
	nsrig_assert_ok(nsrig_route_add(left, "10.5.0.0/16 via 10.0.0.2"));
	nsrig_assert_ok(nsrig_route_del(left, "10.5.0.0/16 tos 16"));
	has_not(left, NSRIG_ROUTES, "10.5.0.0/16 tos 0x10 via 10.0.0.2 dev a0 proto boot");
	has(left, NSRIG_ROUTES, "10.5.0.0/16 via 10.0.0.2 dev a0 proto boot");
	nsrig_assert_ok(nsrig_route_del(left, "::/0 dev a0"));
	has_not(left, NSRIG_ROUTES, "::/0 dev a0 metric 1024 proto boot");
}

static void rules_are_added_and_removed(void **state)
{
	static const char *const rules[][2] = {
		{"from 10.0.0.0/8 lookup 100 priority 10",
			"from 10.0.0.0/8 priority 10 lookup 100"},
		{"not to 10.1.2.3 pref 11 table main", "not from all to 10.1.2.3 priority 11 "
						       "lookup main"},
		{"fwmark 0x1/0xff iif a0 priority 12 lookup 0x1000",
			"from all fwmark 0x1/0xff iif a0 priority 12 lookup 4096"},
		{"fwmark 7 oif b7 tos 0x10 priority 13 unreachable",
			"from all tos 0x10 fwmark 0x7 oif b7 priority 13 unreachable"},
		{"ipproto tcp sport 80 dport 1000-2000 priority 14 blackhole",
			"from all ipproto tcp sport 80 dport 1000-2000 priority 14 blackhole"},
		{"uidrange 0 priority 15 prohibit", "from all uidrange 0-0 priority 15 prohibit"},
		{"priority 16 goto 32766", "from all priority 16 goto 32766"},
		{"priority 17 nop proto static", "from all priority 17 nop proto static"},
		{"priority 18 lookup main suppress_prefixlength 0",
			"from all priority 18 lookup main suppress_prefixlength 0"},
		{"priority 21 lookup main suppress_ifgroup 3",
			"from all priority 21 lookup main suppress_ifgroup 3"},
		{"from 2001:db8::/32 priority 19 lookup 7",
			"from 2001:db8::/32 priority 19 lookup 7"},
		{"from ::/0 fwmark 9 priority 20", "from ::/0 fwmark 0x9 priority 20 lookup main"},
	};
	struct nsrig_ns *left = nsrig_host(*state, "left");
	size_t i;

	for (i = 0; i < COUNT(rules); i++) {
		needs(nsrig_rule_add(left, rules[i][0]),
			"CONFIG_IP_MULTIPLE_TABLES and CONFIG_IPV6_MULTIPLE_TABLES");
		has(left, NSRIG_RULES, rules[i][1]);
	}
	refused(nsrig_rule_add(left, rules[0][0]), -EEXIST, rules[0][0]);
	for (i = 0; i < COUNT(rules); i++) {
		nsrig_assert_ok(nsrig_rule_del(left, rules[i][0]));
		has_not(left, NSRIG_RULES, rules[i][1]);
	}
	refused(nsrig_rule_del(left, rules[0][0]), -ENOENT, "removing rule \"from 10.0.0.0/8");
}

/* A rule can be added by the line that lists it. */
static void rules_come_back_as_they_were(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	char *text, *again, *save, *rule;

	needs(nsrig_rule_add(left, "not from 10.0.0.0/8 fwmark 3 iif lo dport 9 priority 9 "
				   "lookup 9"),
		"CONFIG_IP_MULTIPLE_TABLES");
	needs(nsrig_rule_add(left, "to 2001:db8::/32 priority 9 lookup 9"),
		"CONFIG_IPV6_MULTIPLE_TABLES");
	nsrig_assert_ok(nsrig_rule_list(left, &text));
	again = strdup(text);
	for (rule = strtok_r(again, "\n", &save); rule; rule = strtok_r(NULL, "\n", &save)) {
		if (strstr(rule, "priority 9"))
			nsrig_assert_ok(nsrig_rule_add(right, rule));
	}
	free(again);
	nsrig_assert_ok(nsrig_rule_list(right, &again));
	assert_string_equal(again, text);
	free(again);
	free(text);
}

/* The rules are in effect, not only listed. */
static void rules_decide(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	char *route;

	nsrig_assert_ok(nsrig_route_add(left, "10.9.0.0/16 via 10.0.0.2 table 100"));
	nsrig_assert_error(nsrig_route_get(left, "10.9.0.1", &route), -ENETUNREACH);
	needs(nsrig_rule_add(left, "to 10.9.0.0/16 lookup 100"), "CONFIG_IP_MULTIPLE_TABLES");
	nsrig_assert_ok(nsrig_route_get(left, "10.9.0.1", &route));
	assert_non_null(strstr(route, "via 10.0.0.2"));
	free(route);
}

static void rules_that_are_none(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	refused(nsrig_rule_add(left, "from 10.0.0.0/8 tabel 100"), -EINVAL,
		"rule \"from 10.0.0.0/8 tabel 100\": \"tabel\" is not understood (expected not,");
	refused(nsrig_rule_add(left, NULL), -EINVAL, "no rule");
	refused(nsrig_rule_add(left, "from 10.0.0.0/8 goto 5 priority 6"), -EINVAL, "adding rule");
	refused(nsrig_rule_add(NULL, "from 10.0.0.0/8"), -EINVAL, "");
	refused(nsrig_rule_list(left, NULL), -EINVAL, "nowhere");
}

static void neighbours_are_added_and_removed(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_assert_ok(nsrig_neigh_add(left, "10.0.0.7 lladdr 02:00:00:00:00:07 dev a0"));
	has(left, NSRIG_NEIGHBOURS, "10.0.0.7 dev a0 lladdr 02:00:00:00:00:07 PERMANENT");
	refused(nsrig_neigh_add(left, "10.0.0.7 lladdr 02:00:00:00:00:08 dev a0"), -EEXIST,
		"adding neighbour");
	nsrig_assert_ok(nsrig_neigh_add(
		left, "2001:db8::7 dev a0 lladdr 02:00:00:00:00:07 router nud reachable"));
	has(left, NSRIG_NEIGHBOURS, "2001:db8::7 dev a0 lladdr 02:00:00:00:00:07 router REACHABLE");
	nsrig_assert_ok(nsrig_neigh_add(
		left, "10.0.0.9 lladdr 02:00:00:00:00:07 dev a0 proto static STALE"));
	has(left, NSRIG_NEIGHBOURS, "10.0.0.9 dev a0 lladdr 02:00:00:00:00:07 STALE proto static");
	refused(nsrig_neigh_add(left, "10.0.0.6 lladdr 02:00:00:00:00:07 dev a0 managed"), -EINVAL,
		"\"managed\" can be expected, but not set");
	nsrig_assert_ok(nsrig_neigh_add(left, "10.0.0.8 dev a0 proxy"));
	has(left, NSRIG_NEIGHBOURS, "10.0.0.8 dev a0 proxy");
	nsrig_assert_ok(nsrig_neigh_del(left, "10.0.0.7 dev a0"));
	nsrig_assert_ok(nsrig_neigh_del(left, "10.0.0.8 dev a0 proxy"));
	has_not(left, NSRIG_NEIGHBOURS, "10.0.0.7 dev a0 lladdr 02:00:00:00:00:07 PERMANENT");
	has_not(left, NSRIG_NEIGHBOURS, "10.0.0.8 dev a0 proxy");
	refused(nsrig_neigh_del(left, "10.0.0.77 dev a0"), -ENOENT, "removing neighbour");
}

static void neighbours_that_are_none(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	refused(nsrig_neigh_add(left, "10.0.0.7 lladdr 02:00:00:00:00:07"), -EINVAL, "no \"dev\"");
	refused(nsrig_neigh_add(left, "10.0.0.7 dev a0"), -EINVAL, "no \"lladdr\"");
	refused(nsrig_neigh_add(left, "lladdr 02:00:00:00:00:07 dev a0"), -EINVAL, "no address");
	refused(nsrig_neigh_add(left, "10.0.0.7 lladdr 02:00:00:07 dev a0"), -EINVAL, "six bytes");
	refused(nsrig_neigh_add(left, "10.0.0.7 lladdr 02:00:00:00:00:07 dev a7"), -ENODEV, "a7");
	refused(nsrig_neigh_add(left, "10.0.0.7 mac 02:00:00:00:00:07 dev a0"), -EINVAL,
		"\"mac\" is not understood");
	/* Must not be mistaken for the default state. */
	refused(nsrig_neigh_add(left, "10.0.0.7 lladdr 02:00:00:00:00:07 dev a0 nud noarp"),
		-EINVAL, "\"noarp\" after \"nud\" is not");
	has_not(left, NSRIG_NEIGHBOURS, "10.0.0.7 dev a0 lladdr 02:00:00:00:00:07 PERMANENT");
	refused(nsrig_neigh_list(left, NULL), -EINVAL, "nowhere");
}

static void forwarding_entries_are_added_and_removed(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	char *text;

	add_bridge(state);
	has(left, NSRIG_FDB, "02:00:00:00:00:b1 dev p0 master br0 permanent");
	nsrig_assert_ok(nsrig_fdb_add(left, "02:00:00:00:00:01 dev p0 master br0 static"));
	has(left, NSRIG_FDB, "02:00:00:00:00:01 dev p0 master br0 static");
	nsrig_assert_ok(nsrig_fdb_add(left, "02:00:00:00:00:02 dev p0 master br0"));
	has(left, NSRIG_FDB, "02:00:00:00:00:02 dev p0 master br0 permanent");
	nsrig_assert_ok(nsrig_fdb_add(left, "02:00:00:00:00:03 dev p0 master br0 dynamic"));
	has(left, NSRIG_FDB, "02:00:00:00:00:03 dev p0 master br0 dynamic");
	/* An entry for the bridge itself, as the kernel has it for its own addresses. */
	nsrig_assert_ok(nsrig_fdb_add(left, "02:00:00:00:00:04 dev br0 master br0 permanent"));
	has(left, NSRIG_FDB, "02:00:00:00:00:04 dev br0 master br0 permanent");
	nsrig_assert_ok(nsrig_fdb_del(left, "02:00:00:00:00:04 dev br0 master br0 permanent"));
	has_not(left, NSRIG_FDB, "02:00:00:00:00:04 dev br0 master br0 permanent");
	refused(nsrig_fdb_add(left, "02:00:00:00:00:02 dev p0 master br0"), -EEXIST, "adding fdb");
	nsrig_assert_ok(nsrig_fdb_del(left, "02:00:00:00:00:01 dev p0 master br0"));
	has_not(left, NSRIG_FDB, "02:00:00:00:00:01 dev p0 master br0 static");
	refused(nsrig_fdb_del(left, "02:00:00:00:00:01 dev p0 master br0"), -ENOENT, "removing");
	nsrig_assert_ok(nsrig_fdb_list(left, &text));
	assert_non_null(strstr(text, "33:33:00:00:00:01 dev a0 self permanent\n"));
	free(text);

	refused(nsrig_fdb_add(left, "02:00:00:00:00:04 dev a0 master br0"), -EINVAL,
		"\"a0\" is not a port of \"br0\"");
	refused(nsrig_fdb_add(left, "02:00:00:00:00:04 dev a0 master a0"), -EINVAL,
		"\"a0\" is not a port of \"a0\"");
	refused(nsrig_fdb_add(left, "02:00:00:00:00:04 master br0"), -EINVAL, "no \"dev\"");
	refused(nsrig_fdb_add(left, "dev p0 master br0"), -EINVAL, "no address");
	refused(nsrig_fdb_add(left, "02:00 dev p0 master br0"), -EINVAL, "six bytes");
	refused(nsrig_fdb_add(left, "02:00:00:00:00:04 dev p7 master br0"), -ENODEV, "p7");
	refused(nsrig_fdb_add(left, "02:00:00:00:00:04 on p0"), -EINVAL, "\"on\" is not");
}

static void add_vxlan(struct nsrig_ns *ns)
{
	struct rtnl_link *link = rtnl_link_vxlan_alloc();
	struct nl_msg *msg;
	int rc;

	assert_non_null(link);
	rtnl_link_set_name(link, "vx0");
	rtnl_link_vxlan_set_id(link, 42);
	assert_int_equal(rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	rtnl_link_put(link);
	needs(rc, "CONFIG_VXLAN");
}

static void hosts_behind_a_vxlan_are_told(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	add_vxlan(left);
	nsrig_assert_ok(nsrig_fdb_add(left, "02:00:00:00:00:05 dev vx0 dst 10.0.0.2"));
	has(left, NSRIG_FDB, "02:00:00:00:00:05 dev vx0 dst 10.0.0.2 self permanent");
	nsrig_assert_ok(
		nsrig_fdb_add(left, "02:00:00:00:00:06 dev vx0 dst 10.0.0.3 vni 7 static self"));
	has(left, NSRIG_FDB, "02:00:00:00:00:06 dev vx0 dst 10.0.0.3 vni 7 self static");
	nsrig_assert_ok(nsrig_fdb_add(left, "02:00:00:00:00:07 dev vx0 dst 10.0.0.3 via a0"));
	has(left, NSRIG_FDB, "02:00:00:00:00:07 dev vx0 dst 10.0.0.3 via a0 self permanent");
	refused(nsrig_fdb_add(left, "02:00:00:00:00:08 dev vx0 dst 10.0.0.3 via a7"), -ENODEV,
		"a7");
	nsrig_assert_ok(nsrig_fdb_del(left, "02:00:00:00:00:05 dev vx0 dst 10.0.0.2"));
	has_not(left, NSRIG_FDB, "02:00:00:00:00:05 dev vx0 dst 10.0.0.2 self permanent");
}

static void put_tbf(struct nsrig_ns *ns, const char *dev, unsigned int rate, int burst, int limit)
{
	struct rtnl_qdisc *qdisc = rtnl_qdisc_alloc();
	struct nsrig_link link;
	struct nl_msg *msg;
	int rc;

	assert_non_null(qdisc);
	nsrig_assert_ok(nsrig_link_get(ns, dev, &link));
	rtnl_tc_set_ifindex(TC_CAST(qdisc), link.index);
	rtnl_tc_set_parent(TC_CAST(qdisc), TC_H_ROOT);
	rtnl_tc_set_handle(TC_CAST(qdisc), TC_HANDLE(1, 0));
	assert_int_equal(rtnl_tc_set_kind(TC_CAST(qdisc), "tbf"), 0);
	rtnl_qdisc_tbf_set_rate(qdisc, rate, burst, 0);
	rtnl_qdisc_tbf_set_limit(qdisc, limit);
	assert_int_equal(rtnl_qdisc_build_add_request(qdisc, NLM_F_CREATE, &msg), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	rtnl_qdisc_put(qdisc);
	needs(rc, "CONFIG_NET_SCH_TBF");
}

static void qdiscs_are_told(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	has(left, NSRIG_QDISCS, "qdisc noqueue 0: dev lo root");
	put_tbf(left, "a0", 125000, 1600, 3000);
	has(left, NSRIG_QDISCS, "qdisc tbf 1: dev a0 root rate 1Mbit burst 1600b limit 3000b");
	/* The rate in bytes per second doesn't fit into an int. */
	put_tbf(nsrig_host(*state, "right"), "b0", 2500000000, 1250000, 3000000);
	nsrig_assert_qdisc(nsrig_host(*state, "right"), "tbf dev b0 rate 20gbit limit 3000000");
}

static int bound(struct nsrig_ns *ns, int family, int type, int port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(port)};
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	int fd = nsrig_assert_ok(nsrig_socket(ns, family, type, 0));

	if (family == AF_INET)
		assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	else
		assert_int_equal(bind(fd, (struct sockaddr *)&in6, sizeof(in6)), 0);
	return fd;
}

static void listeners_are_told(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	const int on = 1;
	int tcp, udp, only;
	char *text;

	needs(nsrig_state(left, NSRIG_LISTENERS, &text), "CONFIG_INET_DIAG");
	assert_string_equal(text, "");
	free(text);
	tcp = bound(left, AF_INET, SOCK_STREAM, 80);
	udp = bound(left, AF_INET6, SOCK_DGRAM, 53);
	has_not(left, NSRIG_LISTENERS, "tcp 0.0.0.0:80");
	assert_int_equal(listen(tcp, 1), 0);
	has(left, NSRIG_LISTENERS, "tcp 0.0.0.0:80");
	has(left, NSRIG_LISTENERS, "udp [::]:53");
	has_not(nsrig_host(*state, "right"), NSRIG_LISTENERS, "tcp 0.0.0.0:80");
	only = nsrig_assert_ok(nsrig_socket(left, AF_INET6, SOCK_STREAM, 0));
	assert_int_equal(setsockopt(only, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)), 0);
	assert_int_equal(setsockopt(only, SOL_SOCKET, SO_BINDTODEVICE, "a0", 2), 0);
	assert_int_equal(bind(only,
				 (struct sockaddr *)&(struct sockaddr_in6){
					 .sin6_family = AF_INET6, .sin6_port = htons(80)},
				 sizeof(struct sockaddr_in6)),
		0);
	assert_int_equal(listen(only, 1), 0);
	has(left, NSRIG_LISTENERS, "tcp [::]:80 dev a0 v6only");
	close(tcp);
	has_not(left, NSRIG_LISTENERS, "tcp 0.0.0.0:80");
	close(udp);
	close(only);
}

static void counters_count(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	uint64_t before, after, bytes;

	nsrig_assert_ok(nsrig_counter(left, "a0", "tx_packets", &before));
	nsrig_in(left)
		nsrig_assert_ping("10.0.0.2");
	nsrig_assert_ok(nsrig_counter(left, "a0", "tx_packets", &after));
	nsrig_assert_ok(nsrig_counter(left, "a0", "tx_bytes", &bytes));
	assert_true(after > before);
	assert_true(bytes >= 42 * (after - before));
	nsrig_assert_ok(nsrig_counter(left, "a0", "rx_errors", &after));
	assert_int_equal(after, 0);
	refused(nsrig_counter(left, "a0", "rx_pakets", &after), -EINVAL,
		"\"rx_pakets\" is not a link counter (expected one of rx_packets, ");
	refused(nsrig_counter(left, "a0", NULL, &after), -EINVAL, "not a link counter");
	refused(nsrig_counter(left, "a7", "rx_packets", &after), -ENODEV, "a7");
	refused(nsrig_counter(left, NULL, "rx_packets", &after), -EINVAL, "empty");
	refused(nsrig_counter(left, "a0", "rx_packets", NULL), -EINVAL, "nowhere");
}

#define ROUNDS 40
#define CHANGES 10

static sem_t asked;

/* The number of changes is limited: no dump is ever consistent while changes never end. */
static void *change_addresses(void *ns)
{
	int i;

	for (i = 0; i < ROUNDS * CHANGES; i++) {
		while (i % CHANGES == 0 && sem_wait(&asked) < 0)
			;
		if (nsrig_addr_add(ns, "a0", "10.7.0.1/32") < 0 ||
			nsrig_addr_del(ns, "a0", "10.7.0.1/32") < 0)
			return NULL;
	}
	return ns;
}

#define MANY 1000

static int count_lines(const char *text)
{
	int count = 0;

	for (; (text = strchr(text, '\n')); text++)
		count++;
	return count;
}

/* An interrupted dump is repeated from the beginning. */
static void states_are_whole_while_they_change(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	pthread_t thread;
	char addr[32], *text;
	void *result;
	int i, before, count;

	nsrig_assert_ok(nsrig_state(left, NSRIG_ADDRS, &text));
	before = count_lines(text);
	free(text);
	/* Enough addresses for a dump in several parts, between which something may change. */
	for (i = 0; i < MANY; i++) {
		snprintf(addr, sizeof(addr), "10.8.%d.%d/32", i / 250, i % 250);
		nsrig_assert_ok(nsrig_addr_add(left, "a0", addr));
	}
	assert_int_equal(sem_init(&asked, 0, 0), 0);
	assert_int_equal(pthread_create(&thread, NULL, change_addresses, left), 0);
	for (i = 0; i < ROUNDS; i++) {
		sem_post(&asked);
		nsrig_assert_ok(nsrig_state(left, NSRIG_ADDRS, &text));
		count = count_lines(text) - before;
		free(text);
		assert_true(count == MANY || count == MANY + 1);
	}
	pthread_join(thread, &result);
	assert_ptr_equal(result, left);
}

static void state_that_is_none(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	char *text;

	refused(nsrig_state(left, NSRIG_STATE_KINDS, &text), -EINVAL, "8 is not a kind of object");
	refused(nsrig_state(left, NSRIG_LINKS, NULL), -EINVAL, "nowhere");
	nsrig_assert_error(nsrig_state(NULL, NSRIG_LINKS, &text), -EINVAL);
	nsrig_assert_error(nsrig_state(NULL, NSRIG_LISTENERS, &text), -EINVAL);
}

/* Netlink requests of other protocols leave no descriptor. */
static void states_leave_no_descriptor(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int before, kind;
	char *text;

	nsrig_assert_ok(nsrig_state(left, NSRIG_LINKS, &text));
	free(text);
	before = count_descriptors();
	for (kind = 0; kind < NSRIG_STATE_KINDS; kind++) {
		if (nsrig_state(left, kind, &text) == 0)
			free(text);
	}
	assert_int_equal(count_descriptors(), before);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(links_are_told, &cable),
		nsrig_test(addresses_are_told, &cable),
		nsrig_test(routes_are_told, &cable),
		nsrig_test(rules_are_added_and_removed, &cable),
		nsrig_test(rules_come_back_as_they_were, &cable),
		nsrig_test(rules_decide, &cable),
		nsrig_test(rules_that_are_none, &cable),
		nsrig_test(neighbours_are_added_and_removed, &cable),
		nsrig_test(neighbours_that_are_none, &cable),
		nsrig_test(forwarding_entries_are_added_and_removed, &cable),
		nsrig_test(hosts_behind_a_vxlan_are_told, &cable),
		nsrig_test(qdiscs_are_told, &cable),
		nsrig_test(listeners_are_told, &cable),
		nsrig_test(counters_count, &cable),
		nsrig_test(states_are_whole_while_they_change, &cable),
		nsrig_test(state_that_is_none, &cable),
		nsrig_test(states_leave_no_descriptor, &cable),
	};

	return nsrig_main(argc, argv, tests);
}
