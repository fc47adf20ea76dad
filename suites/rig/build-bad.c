// SPDX-License-Identifier: MIT
/*
 * Networks that can't be built. When a build fails half way, the sentence names the statement and
 * the reason, nothing of the network stays, and what existed before is unchanged.
 *
 *	a e1 ====== e1 b	 old eth0 10.0.0.1/24 ===== p1 |
 *	  e2 ====== e2		                              br0 switch
 *	  ...			 friend eth0 10.0.0.2/24 == p2 |
 *	  e500 == e500
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in the middle of many ------------------------------------------------------------------- */

#define MANY 500
#define MIDDLE 250

/* Many cables, one per line; another statement replaces the one in the middle. */
static char *write_many(const char *middle)
{
	char *text = NULL;
	size_t size;
	FILE *file = open_memstream(&text, &size);
	int i;

	assert_non_null(file);
	for (i = 1; i <= MANY; i++) {
		if (i == MIDDLE)
			fprintf(file, "%s\n", middle);
		else
			fprintf(file, "veth a:e%d -- b:e%d\n", i, i);
	}
	assert_int_equal(fclose(file), 0);
	return text;
}

static void refused_in_the_middle(
	struct nsrig *rig, const char *middle, int error, const char *where, const char *why)
{
	char *text = write_many(middle);
	int descriptors = count_descriptors();

	refused(nsrig_add(rig, text), error, why);
	if (strncmp(nsrig_error(), where, strlen(where)))
		nsrig_fail("\"%s\" does not begin with \"%s\"", nsrig_error(), where);
	free(text);
	assert_int_equal(count_descriptors(), descriptors);
	assert_null(nsrig_find_host(rig, "a"));
	assert_null(nsrig_find_host(rig, "b"));
}

static void link_in_the_middle(void **state)
{
	int rc = nsrig_add(*state, "vxlan probe:x id 5");

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	refused_in_the_middle(*state, "vxlan b:x id 5 group 239.1.1.1", -EINVAL,
		"line 250, column 1: adding vxlan \"x\" in \"b\": ",
		"(Local interface required for multicast remote");
}

static void cable_in_the_middle(void **state)
{
	refused_in_the_middle(*state, "veth a:e250 -- b:e250 mtu 65575", -EINVAL,
		"line 250, column 1: adding veth \"e250\" in \"a\" to \"e250\" in \"b\"",
		"Invalid");
}

static void address_in_the_middle(void **state)
{
	refused_in_the_middle(*state, "veth a:e250 -- b:e250 10.9.0.1/24 ff02::77/64",
		-EADDRNOTAVAIL, "line 250, column 35: adding address ff02::77/64", "Cannot assign");
}

static void route_in_the_middle(void **state)
{
	refused_in_the_middle(*state,
		"veth a:d down -- b:d\nroute a 10.9.0.0/16 via 10.77.0.1 dev d onlink", -ENETDOWN,
		"line 251, column 9: ", "(Nexthop device is not up)");
}

static void sysctl_in_the_middle(void **state)
{
	refused_in_the_middle(*state, "host c sysctl net.ipv4.nonsense=1", -ENOENT,
		"line 250, column 15: ", "net.ipv4.nonsense");
}

static void value_of_a_sysctl_in_the_middle(void **state)
{
	refused_in_the_middle(*state, "host c sysctl net.ipv4.ip_forward=much", -EINVAL,
		"line 250, column 15: ", "much");
}

/* ---- kinds that the kernel lacks ------------------------------------------------------------- */

static void kind_that_no_kernel_has(void **state)
{
	int descriptors = count_descriptors();

	refused(nsrig_add(*state, "veth a:x0 -- b:x0\nkind token-ring a:tr0\n"), -NSRIG_ELACKS,
		"needs link kind token-ring: line 2, column 6: adding token-ring "
		"\"tr0\" in \"a\": ");
	assert_non_null(strstr(nsrig_error(), "(Unknown device type)"));
	assert_null(nsrig_find_host(*state, "a"));
	assert_int_equal(count_descriptors(), descriptors);
}

/* The error names the configuration option of a kind that this kernel lacks. */
static void kinds_that_this_kernel_lacks(void **state)
{
	static const char *const kinds[][2] = {
		{"dummy h:x", "CONFIG_DUMMY"},
		{"vlan h:x link eth0 id 5", "CONFIG_VLAN_8021Q"},
		{"ipvlan h:x link eth0", "CONFIG_IPVLAN"},
		{"vrf h:x table 5", "CONFIG_NET_VRF"},
		{"bond h:x", "CONFIG_BONDING"},
		{"gre h:x local 10.0.0.1 remote 10.0.0.2", "CONFIG_NET_IPGRE"},
		{"geneve h:x id 5 remote 10.0.0.2", "CONFIG_GENEVE"},
		{"wireguard h:x", "CONFIG_WIREGUARD"},
		{"xfrm h:x if_id 5", "CONFIG_XFRM_INTERFACE"},
	};
	int descriptors, lacks = 0, rc;
	char text[256];
	size_t i;

	for (i = 0; i < COUNT(kinds); i++) {
		descriptors = count_descriptors();
		snprintf(text, sizeof(text), "veth h:eth0 -- i:eth0\n%s", kinds[i][0]);
		rc = nsrig_add(*state, text);
		if (rc == 0) {
			nsrig_assert_ok(nsrig_remove_host(*state, "h"));
			nsrig_assert_ok(nsrig_remove_host(*state, "i"));
			continue;
		}
		nsrig_assert_error(rc, -NSRIG_ELACKS);
		snprintf(text, sizeof(text), "needs %s: line 2, column 1: adding ", kinds[i][1]);
		if (strncmp(nsrig_error(), text, strlen(text)))
			nsrig_fail("\"%s\" does not begin with \"%s\"", nsrig_error(), text);
		assert_null(nsrig_find_host(*state, "h"));
		assert_int_equal(count_descriptors(), descriptors);
		lacks++;
	}
	if (!lacks)
		nsrig_skip("needs a kernel that lacks a kind of link");
}

/* ---- resources exhausted --------------------------------------------------------------------- */

static int build_again(struct nsrig *rig, const struct nsrig_topo *topo)
{
	int tries = 20, rc;

	/* A closed namespace makes room as soon as the kernel has freed it. */
	do
		rc = nsrig_build(rig, topo);
	while (rc == -ENOSPC && tries--);
	return rc;
}

/*
 * The user namespace may have four network namespaces: one is home, and a star of six needs seven.
 */
static int try_namespaces(void)
{
	static const struct nsrig_topo large = {.shape = "star 6"}, small = {.shape = "pair"};
	int descriptors, rc = enter_limited_namespaces("4");
	struct nsrig *rig;

	if (rc)
		return rc;
	if (nsrig_new(&rig) < 0)
		return 1;
	descriptors = count_descriptors();
	if (nsrig_build(rig, &large) != -ENOSPC)
		return 2;
	if (!strstr(nsrig_error(), ".shape, column 1: host \"h3\": ") ||
		!strstr(nsrig_error(), "user.max_net_namespaces"))
		return 3;
	if (count_descriptors() != descriptors || nsrig_find_host(rig, "switch") || nsrig_depth())
		return 4;
	if (build_again(rig, &small) < 0)
		return 5;
	nsrig_free(rig);
	return 0;
}

static void out_of_namespaces(void **state)
{
	(void)state;
	in_child(try_namespaces);
}

/* With every number of free descriptors, from none to enough. (A limit once lowered stays.) */
static int try_descriptors(void)
{
	static const struct nsrig_topo topo = {
		.text = "veth a:e -- b:e\ntap a:t1\ntun a:t2\ntun b:t1\ntap b:t2\n"};
	int left, refusals = 0, descriptors = count_descriptors(), first_free, rc;
	struct rlimit limit;
	struct nsrig *rig;

	for (left = 16; left >= 0; left--) {
		first_free = dup(STDIN_FILENO);
		close(first_free);
		limit = (struct rlimit){
			.rlim_cur = first_free + left, .rlim_max = first_free + left};
		if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
			return 1;
		if (nsrig_new(&rig) < 0)
			return 2;
		rc = nsrig_build(rig, &topo);
		if (rc == -NSRIG_ELACKS && left == 16)
			return NO_USER_NAMESPACES;
		if (rc != 0 && rc != -EMFILE)
			return 3;
		if (rc < 0) {
			refusals++;
			if (!strstr(nsrig_error(), "line ") ||
				!strstr(nsrig_error(), strerror(EMFILE)))
				return 4;
			if (nsrig_find_host(rig, "a"))
				return 5;
		}
		nsrig_free(rig);
		/* Counting takes one descriptor. */
		if (left && count_descriptors() != descriptors)
			return 6;
	}
	return refusals > 4 && refusals < 16 ? 0 : 7;
}

static void out_of_descriptors(void **state)
{
	pid_t pid = fork();
	int status;

	(void)state;
	if (pid == 0)
		_exit(try_descriptors());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 100)
		nsrig_skip("needs CONFIG_TUN");
	assert_int_equal(WEXITSTATUS(status), 0);
}

/* ---- few hosts ------------------------------------------------------------------------------- */

static void no_host(void **state)
{
	static const struct nsrig_topo nothing = {.text = "# nobody\n\n"};
	int descriptors = count_descriptors();

	nsrig_assert_ok(nsrig_build(*state, &nothing));
	nsrig_assert_ok(nsrig_build(*state, &(struct nsrig_topo){.shape = NULL}));
	nsrig_assert_ok(nsrig_add(*state, ""));
	assert_int_equal(count_descriptors(), descriptors);
}

static void one_host(void **state)
{
	nsrig_assert_ok(nsrig_add(*state, "host hermit"));
	nsrig_assert_link(nsrig_host(*state, "hermit"), "lo up");
	nsrig_in(nsrig_host(*state, "hermit"))
		nsrig_assert_ping("127.0.0.1");
}

/* ---- what existed before --------------------------------------------------------------------- */

static const struct nsrig_topo network = {
	.hosts = {"old forwarding", "friend", "switch"},
	.links =
		{
			NSRIG_LINK("bridge", "switch:br0"),
			NSRIG_VETH("switch:p1 master br0", "old:eth0 10.0.0.1/24 2001:db8::1/64"),
			NSRIG_VETH(
				"switch:p2 master br0", "friend:eth0 10.0.0.2/24 2001:db8::2/64"),
		},
	.routes = {"old 10.8.0.0/16 via 10.0.0.2"},
	.rules = {"old from 10.7.0.0/16 table 100 priority 50"},
	.neighbours = {"old 10.0.0.77 lladdr 02:00:00:00:00:77 dev eth0"},
	.fdb = {"switch 02:00:00:00:00:77 dev p1 master br0 static"},
};

static const char *const network_hosts[] = {"old", "friend", "switch"};

#define HOSTS 3

/*
 * Every statement that is allowed for existing hosts. The hosts are prepared for it: see add_nft().
 */
static const char addition[] =
	"bridge old:br1 10.5.0.1/24\n"
	"veth old:eth1 10.1.0.1/24 2001:db8:1::1/64 -- friend:eth1 10.1.0.2/24 2001:db8:1::2/64\n"
	"veth switch:p3 master br0 -- new:eth0 10.0.0.3/24 2001:db8::3/64\n"
	"veth switch:eth9 10.9.0.1/24 -- new:eth9 10.9.0.2/24\n"
	"route old 10.6.0.0/16 via 10.0.0.2\n"
	"route old 2001:db8:6::/48 via 2001:db8::2\n"
	"route friend 10.6.0.0/16 via 10.1.0.1\n"
	"rule old from 10.6.0.0/16 table 200\n"
	"neigh friend 10.0.0.66 lladdr 02:00:00:00:00:66 dev eth0\n"
	"fdb switch 02:00:00:00:00:66 dev p1 master br0 static\n";

static void add_and_fail(struct nsrig *rig, const char *more, int error, const char *words)
{
	struct nsrig_snapshot *before[HOSTS];
	int descriptors, i;
	char text[2048];

	for (i = 0; i < HOSTS; i++)
		before[i] = nsrig_snapshot(nsrig_host(rig, network_hosts[i]));
	snprintf(text, sizeof(text), "%s%s\n", addition, more);
	descriptors = count_descriptors();
	refused(nsrig_add(rig, text), error, words);
	assert_int_equal(count_descriptors(), descriptors);
	for (i = 0; i < HOSTS; i++) {
		nsrig_assert_unchanged(nsrig_host(rig, network_hosts[i]), before[i]);
		nsrig_snapshot_free(before[i]);
	}
	assert_null(nsrig_find_host(rig, "new"));
	nsrig_in(nsrig_host(rig, "old")) {
		nsrig_assert_ping("10.0.0.2");
		nsrig_assert_ping("2001:db8::2");
	}
}

/*
 * Every kind of failure at the end of it; then the addition succeeds, as if it had never been
 * tried.
 */
static void old_hosts_are_as_they_were(void **state)
{
	struct nsrig *rig = *state;

	add_and_fail(rig, "veth old:eth2 mtu 65575 -- new:eth2", -EINVAL, "line 11, column 1: ");
	add_and_fail(rig, "veth old:eth2 ff02::77/64 -- new:eth2", -EADDRNOTAVAIL,
		"line 11, column 15: ");
	add_and_fail(rig, "route old 10.8.0.0/16 via 10.0.0.2", -EEXIST, "line 11, column 11: ");
	add_and_fail(rig, "rule old from 10.7.0.0/16 table 100 priority 50", -EEXIST,
		"line 11, column 10: ");
	add_and_fail(rig, "neigh old 10.0.0.77 lladdr 02:00:00:00:00:78 dev eth0", -EEXIST,
		"line 11, column 11: ");
	add_and_fail(rig, "fdb switch 02:00:00:00:00:77 dev p1 master br0 static", -EEXIST,
		"line 11, column 12: ");
	add_and_fail(rig, "host other sysctl net.nonsense=1", -ENOENT, "line 11, column 19: ");
	nsrig_assert_ok(nsrig_add(rig, addition));
	nsrig_in(nsrig_host(rig, "new"))
		nsrig_assert_ping("10.0.0.1");
	/* The switch has become an ordinary host. */
	nsrig_assert_addr(nsrig_host(rig, "switch"), "10.9.0.1/24 dev eth9");
	nsrig_assert_ok(nsrig_wait_addr_is(
		nsrig_host(rig, "switch"), "dev eth9 scope link", NSRIG_WAIT_MS));
}

/* A link that the test has created itself, with the name of a link to be added. */
static void a_link_in_the_way_stays(void **state)
{
	struct nsrig *rig = *state;
	const struct nsrig_link_spec one = {.name = "eth7"}, other = {.name = "eth8"};

	nsrig_assert_ok(
		nsrig_veth_add(nsrig_host(rig, "old"), &one, nsrig_host(rig, "friend"), &other));
	add_and_fail(rig, "veth old:eth7 -- new:eth7", -EEXIST, "line 11, column 1: ");
	/*
	 * Once as the second end of a cable, and once as the target of a link that is created on
	 * top of another one.
	 */
	add_and_fail(rig, "veth new:eth7 -- old:eth7", -EEXIST, "line 11, column 1: ");
	add_and_fail(rig, "macvlan friend:eth8 link old:eth0", -EEXIST, "line 11, column 1: ");
	nsrig_assert_link(nsrig_host(rig, "old"), "eth7 kind veth");
	nsrig_assert_link(nsrig_host(rig, "friend"), "eth8 kind veth");
}

static const char tables[] = "nft old {\n"
			     "  table ip keep {\n"
			     "    counter seen { packets 7 bytes 700 }\n"
			     "    set s { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.9 } }\n"
			     "    chain c {\n"
			     "      type filter hook input priority 0; policy accept;\n"
			     "      ip saddr @s counter name seen\n"
			     "    }\n"
			     "  }\n"
			     "}\n";

static void rulesets_are_as_they_were(void **state)
{
	struct nsrig *rig = *state;
	int rc = nsrig_add(rig, tables);

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	add_and_fail(rig,
		"nft old { table ip more { }\n flush set ip keep s\n }\n"
		"nft friend { table ip6 more { } }\n"
		"nft old { delete table ip keep; }\n"
		"route old 10.8.0.0/16 via 10.0.0.2\n",
		-EEXIST, "line 16, column 11: ");
	/* nft's own message, without the prefix in front of it. */
	add_and_fail(rig,
		"nft old { table ip more { } }\n"
		"nft friend { table ip6 more { } }\n"
		"nft old { add rule ip nowhere c accept; }",
		-EINVAL, "line 13, column 5: nft in \"old\": Error: ");
	assert_null(strstr(nsrig_error(), "  "));
}

/* How often the ruleset of a namespace was changed, as the kernel counts it (NFT_MSG_GETGEN). */
static uint32_t ruleset_number(struct nsrig_ns *ns)
{
	struct {
		struct nlmsghdr hdr;
		struct nfgenmsg gen;
	} question = {{.nlmsg_len = sizeof(question),
			      .nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN,
			      .nlmsg_flags = NLM_F_REQUEST},
		{.version = NFNETLINK_V0}};
	struct {
		struct nlmsghdr hdr;
		struct nfgenmsg gen;
		struct nlattr attr;
		uint32_t number;
		char more[256];
	} answer;
	int fd = nsrig_assert_ok(nsrig_socket(ns, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER));

	assert_int_equal(send(fd, &question, sizeof(question), 0), sizeof(question));
	assert_true(recv(fd, &answer, sizeof(answer), 0) > 0);
	assert_int_equal(answer.attr.nla_type, NFTA_GEN_ID);
	close(fd);
	return ntohl(answer.number);
}

/* A ruleset that is restored would lose its handles, and the state of its objects. */
static void rulesets_are_left_alone_by_what_is_refused(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *old = nsrig_host(rig, "old");
	int rc = nsrig_add(rig, tables);
	uint32_t before;

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	before = ruleset_number(old);
	add_and_fail(rig, "nft old { add rule ip nowhere c accept; }", -EINVAL,
		"line 11, column 5: nft in \"old\": Error: ");
	assert_int_equal(ruleset_number(old), before);
}

/* Names of a failed addition can be declared again, differently. */
static void names_are_free_again(void **state)
{
	struct nsrig *rig = *state;
	int rc = nsrig_add(rig, "tap probe:t0");

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	refused(nsrig_add(rig, "veth a:x 10.0.1.1/24 -- b:x 10.0.1.2/24\n"
			       "tap a:y 10.0.2.1/24\n"
			       "route a 10.9.0.0/16 via 10.0.1.2\n"
			       "route a 10.9.0.0/16 via 10.0.1.2"),
		-EEXIST, "line 4, column 9: ");
	assert_null(nsrig_find_host(rig, "a"));
	nsrig_assert_error(nsrig_tun_fd(rig, "a:y"), -ENOENT);
	nsrig_assert_ok(nsrig_add(rig, "veth b:x 10.0.1.1/24 -- a:x 10.0.1.2/24"));
	nsrig_in(nsrig_host(rig, "a"))
		nsrig_assert_ping("10.0.1.1");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(link_in_the_middle),
		nsrig_test(cable_in_the_middle),
		nsrig_test(address_in_the_middle),
		nsrig_test(route_in_the_middle),
		nsrig_test(sysctl_in_the_middle),
		nsrig_test(value_of_a_sysctl_in_the_middle),
		nsrig_test(kind_that_no_kernel_has),
		nsrig_test(kinds_that_this_kernel_lacks),
		nsrig_test(out_of_namespaces),
		nsrig_test(out_of_descriptors),
		nsrig_test(no_host),
		nsrig_test(one_host),
		nsrig_test(old_hosts_are_as_they_were, &network),
		nsrig_test(a_link_in_the_way_stays, &network),
		nsrig_test(rulesets_are_as_they_were, &network),
		nsrig_test(rulesets_are_left_alone_by_what_is_refused, &network),
		nsrig_test(names_are_free_again),
	};

	return nsrig_main(argc, argv, tests);
}
