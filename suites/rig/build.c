// SPDX-License-Identifier: MIT
/*
 * A declared network is built completely, in the same way each time and from each form of
 * declaration, and works from the first packet on.
 *
 *	client                          router                             server
 *	  eth0 10.0.1.1/24 ============ c0 10.0.1.254/24
 *	       2001:db8:1::1/64            2001:db8:1::fe/64
 *	                                s0 10.0.2.254/24  ===== p1 |
 *	                                   2001:db8:2::fe/64      br0  switch
 *	                                                        p2 | ===== eth0 10.0.2.1/24
 *	                                                                        2001:db8:2::1/64
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAC "02:00:00:00:00:99"

static const struct nsrig_topo whole = {
	.hosts = {"router forwarding sysctl net.ipv4.conf.c0.rp_filter=2",
		"client sysctl net.ipv4.ip_default_ttl=42 "
		"sysctl net.ipv6.conf.default.hop_limit=43"},
	.links =
		{
			NSRIG_VETH("client:eth0 10.0.1.1/24 2001:db8:1::1/64 mtu 1400",
				"router:c0 10.0.1.254/24 2001:db8:1::fe/64 mtu 1400"),
			NSRIG_LINK("bridge", "switch:br0 ageing_time 100"),
			NSRIG_VETH("switch:p1 master br0 hairpin on",
				"router:s0 10.0.2.254/24 2001:db8:2::fe/64"),
			NSRIG_VETH("switch:p2 master br0",
				"server:eth0 10.0.2.1/24 2001:db8:2::1/64 address " MAC),
		},
	.routes =
		{
			"client default via 10.0.1.254",
			"client default via 2001:db8:1::fe",
			"server default via 10.0.2.254",
			"server default via 2001:db8:2::fe",
			"server 10.9.0.0/16 dev eth0 table 100",
		},
	.rules = {"server from 10.7.0.0/16 table 100", "server from 2001:db8:7::/48 table 100"},
	.neighbours = {"server 10.0.2.77 lladdr 02:00:00:00:00:77 dev eth0"},
	.fdb = {"switch 02:00:00:00:00:77 dev p1 master br0 static"},
};

static const char whole_text[] =
	"host router forwarding sysctl net.ipv4.conf.c0.rp_filter=2\n"
	"host client sysctl net.ipv4.ip_default_ttl=42 \\\n"
	"            sysctl net.ipv6.conf.default.hop_limit=43\n"
	"\n"
	"# the same network\n"
	"veth client:eth0 10.0.1.1/24 2001:db8:1::1/64 mtu 1400 \\\n"
	"  -- router:c0 10.0.1.254/24 2001:db8:1::fe/64 mtu 1400\n"
	"bridge switch:br0 ageing_time 100\n"
	"veth switch:p1 master br0 hairpin on -- router:s0 10.0.2.254/24 2001:db8:2::fe/64\n"
	"veth switch:p2 master br0 -- server:eth0 10.0.2.1/24 2001:db8:2::1/64 address " MAC "\n"
	"route client default via 10.0.1.254\n"
	"route client default via 2001:db8:1::fe\n"
	"route server default via 10.0.2.254\n"
	"route server default via 2001:db8:2::fe\n"
	"route server 10.9.0.0/16 dev eth0 table 100\n"
	"rule server from 10.7.0.0/16 table 100\n"
	"rule server from 2001:db8:7::/48 table 100\n"
	"neigh server 10.0.2.77 lladdr 02:00:00:00:00:77 dev eth0\n"
	"fdb switch 02:00:00:00:00:77 dev p1 master br0 static\n";

static const char *const whole_hosts[] = {"client", "router", "switch", "server", NULL};

/* ---- the same in each form of declaration ---------------------------------------------------- */

static void assert_same_host(struct nsrig *a, struct nsrig *b, const char *host)
{
	struct nsrig_snapshot *one = nsrig_snapshot(nsrig_host(a, host));
	struct nsrig_snapshot *other = nsrig_snapshot(nsrig_host(b, host));
	struct nsrig_link *x, *y;
	size_t x_count, y_count, i;
	char *text;

	nsrig_assert_ok(nsrig_snapshot_compare(one, other, &text));
	if (text)
		nsrig_fail("host \"%s\" is not the same:\n%s", host, text);
	nsrig_snapshot_free(one);
	nsrig_snapshot_free(other);

	nsrig_assert_ok(nsrig_link_list(nsrig_host(a, host), &x, &x_count));
	nsrig_assert_ok(nsrig_link_list(nsrig_host(b, host), &y, &y_count));
	assert_int_equal(x_count, y_count);
	for (i = 0; i < x_count; i++) {
		assert_string_equal(x[i].name, y[i].name);
		assert_string_equal(x[i].mac, y[i].mac);
		assert_int_equal(x[i].index, y[i].index);
		assert_int_equal(x[i].peer, y[i].peer);
	}
	free(x);
	free(y);
}

static void assert_same(const struct nsrig_topo *topo, struct nsrig *first)
{
	struct nsrig *rig;
	int i;

	nsrig_assert_ok(nsrig_new(&rig));
	nsrig_assert_ok(nsrig_build(rig, topo));
	for (i = 0; whole_hosts[i]; i++)
		assert_same_host(first, rig, whole_hosts[i]);
	nsrig_free(rig);
}

static void struct_text_and_file_are_one_network(void **state)
{
	static const struct nsrig_topo text = {.text = whole_text};
	static const struct nsrig_topo in_file = {.file = "/run/whole.topo"};
	FILE *file = fopen(in_file.file, "we");

	assert_non_null(file);
	fputs(whole_text, file);
	assert_int_equal(fclose(file), 0);
	assert_same(&whole, *state);
	assert_same(&text, *state);
	assert_same(&in_file, *state);
}

/* ---- the network is complete ----------------------------------------------------------------- */

static void links_are_as_declared(void **state)
{
	nsrig_assert_link(nsrig_host(*state, "client"), "eth0 up carrier mtu 1400 kind veth");
	nsrig_assert_link(nsrig_host(*state, "router"), "c0 up carrier mtu 1400 kind veth");
	nsrig_assert_link(nsrig_host(*state, "router"), "s0 up carrier mtu 1500 kind veth");
	nsrig_assert_link(nsrig_host(*state, "switch"), "br0 up carrier state UP kind bridge");
	nsrig_assert_link(nsrig_host(*state, "switch"), "p1 up carrier kind veth master br0");
	nsrig_assert_link(nsrig_host(*state, "switch"), "p2 up carrier kind veth master br0");
	nsrig_assert_link(nsrig_host(*state, "server"), "eth0 up carrier address " MAC);
}

static void hosts_are_told_what_is_declared(void **state)
{
	struct nsrig_ns *client = nsrig_host(*state, "client"),
			*router = nsrig_host(*state, "router"),
			*server = nsrig_host(*state, "server");

	nsrig_assert_route(client, "default via 10.0.1.254 dev eth0");
	nsrig_assert_route(client, "default via 2001:db8:1::fe dev eth0");
	nsrig_assert_route(server, "10.9.0.0/16 dev eth0 table 100");
	nsrig_assert_rule(server, "from 10.7.0.0/16 table 100");
	nsrig_assert_rule(server, "from 2001:db8:7::/48 table 100");
	nsrig_assert_neighbour(server, "10.0.2.77 lladdr 02:00:00:00:00:77 dev eth0 PERMANENT");
	nsrig_assert_fdb_entry(
		nsrig_host(*state, "switch"), "02:00:00:00:00:77 dev p1 master br0 static");

	nsrig_assert_sysctl(router, "net.ipv4.ip_forward", "1");
	nsrig_assert_sysctl(router, "net.ipv6.conf.all.forwarding", "1");
	nsrig_assert_sysctl(router, "net.ipv4.conf.c0.rp_filter", "2");
	nsrig_assert_sysctl(client, "net.ipv4.ip_forward", "0");
	nsrig_assert_sysctl(client, "net.ipv4.ip_default_ttl", "42");
	/* Set before the links are created, so that they inherit it. */
	nsrig_assert_sysctl(client, "net.ipv6.conf.eth0.hop_limit", "43");
}

/* A switch has no addresses: nobody would listen to its packets. */
static void switches_have_no_addresses(void **state)
{
	nsrig_assert_addrs(nsrig_host(*state, "switch"));
}

/* A host that is drawn as a switch is built as one, and no other host is. */
static void switches_are_what_pictures_say(void **state)
{
	static const struct {
		const char *text;
		bool is_switch;
	} rows[] = {
		{"bridge s:br0\nveth s:p1 master br0 -- a:x", true},
		{"bridge s:br0\nbridge s:br1\nveth s:u master br0 -- s:d master br1", true},
		{"bridge s:br0 10.0.0.1/24\nveth s:p1 master br0 -- a:x", false},
		{"bridge s:br0\nveth s:p1 master br0 -- a:x\nveth s:p2 -- a:y", false},
		{"host s forwarding\nbridge s:br0\nveth s:p1 master br0 -- a:x", false},
		{"host s sysctl net.ipv6.conf.default.hop_limit=43\nbridge s:br0", false},
		{"veth s:p1 -- a:x", false},
	};
	struct nsrig_topo topo = {.text = NULL};
	struct nsrig *rig;
	size_t i;
	char *dot;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		topo.text = rows[i].text;
		nsrig_assert_ok(nsrig_topo_dot(&topo, &dot));
		assert_int_equal(strstr(dot, "\"s\" [shape=box3d") != NULL, rows[i].is_switch);
		free(dot);
		nsrig_assert_ok(nsrig_new(&rig));
		nsrig_assert_ok(nsrig_build(rig, &topo));
		nsrig_assert_sysctl(nsrig_host(rig, "s"), "net.ipv6.conf.default.addr_gen_mode",
			rows[i].is_switch ? "1" : "0");
		nsrig_free(rig);
	}
}

/* ---- shapes ---------------------------------------------------------------------------------- */

/*
 * What a host's kernel has counted: /proc/net/snmp has the values in the second line, snmp6 has one
 * key per line.
 */
static long count_echos(struct nsrig_ns *ns, bool six, bool sent)
{
	char line[1024], keys[1024] = "", *key, *value, *key_save, *value_save;
	const char *name = six    ? sent ? "Icmp6OutEchos" : "Icmp6InEchos"
			   : sent ? "OutEchos"
				  : "InEchos";
	long count = -1;
	FILE *file = NULL;

	nsrig_in(ns)
		file = fopen(
			six ? "/proc/thread-self/net/snmp6" : "/proc/thread-self/net/snmp", "re");
	assert_non_null(file);
	while (count < 0 && fgets(line, sizeof(line), file)) {
		if (six) {
			if (!strncmp(line, name, strlen(name)))
				count = atol(line + strlen(name));
			continue;
		}
		if (strncmp(line, "Icmp: ", 6))
			continue;
		if (!*keys) {
			strcpy(keys, line);
			continue;
		}
		key = strtok_r(keys, " \n", &key_save);
		value = strtok_r(line, " \n", &value_save);
		while (key && value && strcmp(key, name)) {
			key = strtok_r(NULL, " \n", &key_save);
			value = strtok_r(NULL, " \n", &value_save);
		}
		count = value ? atol(value) : -1;
		break;
	}
	fclose(file);
	assert_true(count >= 0);
	return count;
}

static bool is_global(const struct nsrig_addr *addr)
{
	return strcmp(addr->link, "lo") && strncmp(addr->text, "fe80:", 5);
}

/* No packet was lost and repeated: everything that was sent has been received. */
static void assert_none_lost(struct nsrig *rig, const char *const *hosts)
{
	long sent[2] = {0}, come[2] = {0};
	int six, i;

	for (six = 0; six < 2; six++) {
		for (i = 0; hosts[i]; i++) {
			sent[six] += count_echos(nsrig_host(rig, hosts[i]), six, true);
			come[six] += count_echos(nsrig_host(rig, hosts[i]), six, false);
		}
		assert_true(sent[six] > 0);
		assert_int_equal(come[six], sent[six]);
	}
}

/* The first index of a rig's links. */
#define OWN_INDEXES 1000

static void assert_ready(struct nsrig *rig, const char *host)
{
	struct nsrig_ns *ns = nsrig_host(rig, host);
	struct nsrig_link *links;
	struct nsrig_addr *addrs;
	size_t count, i;

	nsrig_assert_ok(nsrig_link_list(ns, &links, &count));
	for (i = 0; i < count; i++) {
		/*
		 * (The kernel's own tunnel links, which are in every namespace once their modules
		 * are loaded, don't count.)
		 */
		if (links[i].index >= OWN_INDEXES && (!links[i].carrier || !links[i].ready))
			nsrig_fail("%s:%s is not ready", host, links[i].name);
	}
	free(links);
	nsrig_assert_ok(nsrig_addr_list(ns, NULL, &addrs, &count));
	for (i = 0; i < count; i++)
		assert_false(addrs[i].tentative);
	free(addrs);
}

/* Every host reaches every address of every other host with the first packet. */
static void assert_all_reach_all(struct nsrig *rig, const char *const *hosts)
{
	struct nsrig_addr *addrs;
	char text[64];
	size_t count, i;
	int from, to;

	for (to = 0; hosts[to]; to++) {
		nsrig_assert_ok(nsrig_addr_list(nsrig_host(rig, hosts[to]), NULL, &addrs, &count));
		for (i = 0; i < count; i++) {
			if (!is_global(&addrs[i]))
				continue;
			snprintf(text, sizeof(text), "%.*s", (int)strcspn(addrs[i].text, "/"),
				addrs[i].text);
			for (from = 0; hosts[from]; from++) {
				nsrig_in(nsrig_host(rig, hosts[from]))
					nsrig_assert_ping(text);
			}
		}
		free(addrs);
	}
	for (to = 0; hosts[to]; to++)
		assert_ready(rig, hosts[to]);
	assert_none_lost(rig, hosts);
}

#define SHAPE(name, words, ...)                                                                    \
	static const struct nsrig_topo name = {.shape = words};                                    \
	static void name##_reaches_all(void **state)                                               \
	{                                                                                          \
		static const char *const hosts[] = {__VA_ARGS__, NULL};                            \
                                                                                                   \
		assert_all_reach_all(*state, hosts);                                               \
	}

SHAPE(pair, "pair", "a", "b")
SHAPE(chain, "chain 3", "a", "r1", "r2", "r3", "b")
SHAPE(straight, "chain 0", "a", "b")
SHAPE(star, "star 5", "h1", "h2", "h3", "h4", "h5")
SHAPE(ring, "ring 5", "r1", "r2", "r3", "r4", "r5")
SHAPE(mesh, "mesh 4", "r1", "r2", "r3", "r4")
SHAPE(tree, "tree 2 2", "r", "r1", "r2", "r1.1", "r1.2", "r2.1", "r2.2")

static void whole_network_reaches_all(void **state)
{
	static const char *const hosts[] = {"client", "router", "server", NULL};

	assert_all_reach_all(*state, hosts);
	assert_ready(*state, "switch");
}

/* The words after the numbers apply to every end. */
static const struct nsrig_topo small_chain = {.shape = "chain 1 mtu 1280"};

static void options_of_a_shape_are_every_ends(void **state)
{
	nsrig_assert_link(nsrig_host(*state, "a"), "eth0 mtu 1280");
	nsrig_assert_link(nsrig_host(*state, "r1"), "eth0 mtu 1280");
	nsrig_assert_link(nsrig_host(*state, "r1"), "eth1 mtu 1280");
	nsrig_assert_link(nsrig_host(*state, "b"), "eth0 mtu 1280");
}

/* All default routes lead to one router, which knows that there is no such network. */
static void packets_for_nowhere_do_not_circle(void **state)
{
	struct nsrig_echo echo = {.dst = "192.0.2.1"};
	int rc = 0;

	nsrig_in(nsrig_host(*state, "r3"))
		rc = nsrig_ping(&echo);
	assert_true(rc == -ENETUNREACH || rc == -EHOSTUNREACH);
}

/* ---- links that are down, and links on top of them ------------------------------------------- */

/*
 *  quiet  br0 (down) -- p1 ====== eth0 a			nobody waits for what can't come
 *         v1 on eth0 (down) ===== eth0 b
 */
static const struct nsrig_topo quiet = {
	.text = "bridge quiet:br0 down 10.0.0.9/24\n"
		"veth quiet:p1 master br0 -- a:eth0 10.0.0.1/24\n"
		"veth quiet:eth0 down 2001:db8:3::1/64 -- b:eth0 2001:db8:3::2/64\n"
		"macvlan quiet:v1 link eth0 2001:db8:4::1/64\n",
};

static void what_is_down_is_not_waited_for(void **state)
{
	nsrig_assert_link(nsrig_host(*state, "quiet"), "br0 down no-carrier");
	nsrig_assert_link(nsrig_host(*state, "quiet"), "p1 up carrier");
	nsrig_assert_link(nsrig_host(*state, "quiet"), "eth0 down");
	nsrig_assert_link(nsrig_host(*state, "b"), "eth0 up no-carrier");
	nsrig_assert_link(nsrig_host(*state, "a"), "eth0 up carrier");
}

/*
 * Both ends of a cable are ports:
 *
 *	a eth0 ==== p1 | br1 | x1 ==== x1 | br2 | p2 ==== eth0 b
 */
static const struct nsrig_topo joined = {
	.text = "bridge s:br1\nbridge t:br2\n"
		"veth s:p1 master br1 -- a:eth0 10.0.0.1/24 2001:db8::1/64\n"
		"veth t:p2 master br2 -- b:eth0 10.0.0.2/24 2001:db8::2/64\n"
		"veth s:x1 master br1 -- t:x1 master br2\n",
};

static void switches_are_joined(void **state)
{
	static const char *const hosts[] = {"a", "b", NULL};

	assert_all_reach_all(*state, hosts);
	nsrig_assert_link(nsrig_host(*state, "t"), "x1 up carrier master br2");
}

/* ---- nftables -------------------------------------------------------------------------------- */

static void rulesets_are_loaded(void **state)
{
	static const struct nsrig_topo filtered = {
		.links = {NSRIG_VETH("a:eth0 10.0.0.1/24", "b:eth0 10.0.0.2/24")},
		.nft = {"b { table ip filter { chain in { type filter hook input priority 0; "
			"icmp type echo-request drop; }; }; }"},
	};
	int rc = nsrig_build(*state, &filtered);

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	nsrig_in(nsrig_host(*state, "a"))
		nsrig_assert_no_ping("10.0.0.2");
	nsrig_in(nsrig_host(*state, "b"))
		nsrig_assert_ping("10.0.0.1");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(struct_text_and_file_are_one_network, &whole),
		nsrig_test(links_are_as_declared, &whole),
		nsrig_test(hosts_are_told_what_is_declared, &whole),
		nsrig_test(switches_have_no_addresses, &whole),
		nsrig_test(switches_are_what_pictures_say),
		nsrig_test(whole_network_reaches_all, &whole),
		nsrig_test(pair_reaches_all, &pair),
		nsrig_test(chain_reaches_all, &chain),
		nsrig_test(straight_reaches_all, &straight),
		nsrig_test(star_reaches_all, &star),
		nsrig_test(ring_reaches_all, &ring),
		nsrig_test(mesh_reaches_all, &mesh),
		nsrig_test(tree_reaches_all, &tree),
		nsrig_test(options_of_a_shape_are_every_ends, &small_chain),
		nsrig_test(packets_for_nowhere_do_not_circle, &ring),
		nsrig_test(what_is_down_is_not_waited_for, &quiet),
		nsrig_test(switches_are_joined, &joined),
		nsrig_test(rulesets_are_loaded),
	};

	return nsrig_main(argc, argv, tests);
}
