// SPDX-License-Identifier: MIT
/*
 * The language of topologies: what is accepted, and that struct members, a text and a file mean the
 * same. The suite judges the meaning by the topology's drawing and its graph, which show everything
 * but routes and the options of kinds (see topo-routing.c and topo-kinds.c). This network is not
 * built:
 *
 *	client                     router                        server
 *	  eth0 10.0.1.1/24 ======= c0 10.0.1.254/24
 *	                           s0 10.0.2.254/24 ============ eth0 10.0.2.1/24
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct nsrig_topo members = {
	.hosts = {"router forwarding sysctl net.ipv4.conf.all.log_martians=1", "switch"},
	.links =
		{
			NSRIG_VETH("client:eth0 10.0.1.1/24", "router:c0 10.0.1.254/24 delay 10ms"),
			NSRIG_VETH("router:s0 10.0.2.254/24", "server:eth0 10.0.2.1/24 mtu 1400"),
			NSRIG_LINK("bridge", "switch:br0 vlan_filtering on"),
			NSRIG_VETH("switch:p1 master br0 vlan 5 pvid untagged", "other:eth0 down"),
		},
	.routes = {"client default via 10.0.1.254", "server default via 10.0.2.254"},
	.rules = {"client from 10.0.0.0/8 table 100"},
	.neighbours = {"client 10.0.1.9 lladdr 02:00:00:00:00:09 dev eth0"},
	.fdb = {"switch 02:00:00:00:00:09 dev p1 master br0"},
	.nft = {"router { table ip filter { chain forward { } } }"},
};

static const char text[] =
	"# the same\n"
	"host router forwarding sysctl net.ipv4.conf.all.log_martians=1\n"
	"host switch\n"
	"\n"
	"veth client:eth0 10.0.1.1/24 -- router:c0 10.0.1.254/24 delay 10ms # and a delay\n"
	"veth \"router:s0\" 10.0.2.254/24 \\\n"
	"     -- server:eth0 10.0.2.1/24 mtu 1400\r\n"
	"bridge switch:br0 vlan_filtering on\n"
	"veth switch:p1 master br0 vlan 5 pvid untagged -- other:eth0 down\n"
	"route client default via 10.0.1.254\n"
	"route server default via 10.0.2.254\n"
	"rule client from 10.0.0.0/8 table 100\n"
	"neigh client 10.0.1.9 lladdr 02:00:00:00:00:09 dev eth0\n"
	"fdb switch 02:00:00:00:00:09 dev p1 master br0\n"
	"nft router {\n"
	"	# a brace in a comment opens nothing {\n"
	"	table ip filter { chain forward { } }\n"
	"}";

/* The drawing and the graph; to be freed. */
static char *pictures(const struct nsrig_topo *topo)
{
	char *drawing, *graph, *both;

	nsrig_assert_ok(nsrig_topo_draw(topo, &drawing));
	nsrig_assert_ok(nsrig_topo_dot(topo, &graph));
	assert_true(asprintf(&both, "%s%s", drawing, graph) > 0);
	free(drawing);
	free(graph);
	return both;
}

static void same(const struct nsrig_topo *a, const struct nsrig_topo *b)
{
	char *of_a = pictures(a), *of_b = pictures(b);

	assert_string_equal(of_a, of_b);
	free(of_a);
	free(of_b);
}

/* A file with these bytes. */
struct file {
	int fd;
	char path[32];
};

static struct file new_file(const void *bytes, size_t size)
{
	struct file file = {.fd = memfd_create("topology", MFD_CLOEXEC)};

	assert_true(file.fd >= 0);
	assert_int_equal(write(file.fd, bytes, size), (ssize_t)size);
	snprintf(file.path, sizeof(file.path), "/proc/self/fd/%d", file.fd);
	return file;
}

static void members_and_text_mean_the_same(void **state)
{
	(void)state;
	same(&members, &(struct nsrig_topo){.text = text});
}

static void a_file_means_the_same(void **state)
{
	struct file file = new_file(text, strlen(text));

	(void)state;
	same(&members, &(struct nsrig_topo){.file = file.path});
	close(file.fd);
}

/* Members are combined: the shape first, then hosts, links, and the text. */
static void members_go_together(void **state)
{
	const struct nsrig_topo together = {
		.text = "route b 10.8.0.0/16 via 192.0.2.2",
		.routes = {"b 10.9.0.0/16 via 192.0.2.2"},
		.links = {NSRIG_VETH("b:eth1 192.0.2.1/24", "c:eth0 192.0.2.2/24")},
		.hosts = {"c forwarding", "b names left"},
		.shape = "chain 1 mtu 1400",
	};

	(void)state;
	same(&together,
		&(struct nsrig_topo){.text = "chain 1 mtu 1400\n"
					     "host c forwarding\n"
					     "host b names left\n"
					     "veth b:eth1 192.0.2.1/24 -- c:eth0 192.0.2.2/24\n"});
}

static void a_link_may_name_a_host_before_its_statement(void **state)
{
	(void)state;
	same(&(struct nsrig_topo){.text = "veth a:x -- b:y\nhost b forwarding"},
		&(struct nsrig_topo){.text = "host a\nhost b forwarding\nveth a:x -- b:y"});
}

/* Every element of the language, once. */
static void all_of_it_is_understood(void **state)
{
	static const char *const texts[] = {
		"",
		"\n \t\r\n# nothing",
		"host a-b_c.9",
		"host a forwarding sysctl net.ipv4.ip_forward=0 names b,c.example sysctl a=\"b\"",
		"veth a:fifteen-bytes-x -- b:y",
		"veth a:x down -- b:y",
		"host a\nnft a { table ip t { # a } that closes nothing, nor does this \" open "
		"one\n"
		"comment \"nor } here # it\"; } }\nhost b",
		"veth a:x 10.0.0.1/24 shared -- b:y 10.0.0.1/24 shared",
		"veth a:x 10.0.0.1/24 -- b:y 10.0.0.2/24\n"
		"route a 10.1.0.0/16 via 10.0.0.2 src 10.0.0.1\n"
		"route a 10.2.0.0/16 via 10.0.0.2 src 127.0.0.1",
		"veth a:x 10.0.0.1/32 -- b:y 10.9.0.1/32",
		"veth a:x fe80::1/64 -- b:y fe80::1/64",
		"veth a:x 10.0.0.1/24 2001:db8::1/64 -- b:y 2001:db8::2/64",
		"veth a:x address 02:00:00:00:00:01 mtu 68 txqueuelen 0 -- b:y mtu 65575",
		"veth a:x delay 10ms jitter 2ms loss 1% duplicate 0.5% reorder 25% gap 5 corrupt "
		"0.1% rate 10mbit limit 1000 -- b:y tbf 10mbit burst 16kb latency 50ms",
		"veth a:x delay 274s -- b:y delay 0.5us loss 100%",
		"bridge a:br vlan 5\nveth a:x master br vlan 5 pvid untagged vlan 0x6 isolated on "
		"hairpin 1 flood off guard 0 cost 65535 -- b:y",
		"kind strange a:x raw 1=u8:255 raw 2=u16:3 raw 3=u32:1 raw "
		"4=u64:18446744073709551615 "
		"raw 5=be16:1 raw 6=be32:1 raw 7=be64:1 raw 8=string:x raw 9=hex:00ff raw "
		"10=addr:10.0.0.1",
		"kind strange a:x\nveth a:z master x isolated on -- b:y\nvlan c:v id 0 link a:x",
		"kind team a:t\nveth a:z master t -- b:y\nkind macsec b:m link y address "
		"02:00:00:00:00:01\nkind vlan b:v link y raw 1=u16:5",
		"dummy a:d\nifb a:i\ntun a:t 10.0.0.1/24\ntap a:u",
		"wireguard a:w 10.0.0.1/24 listen-port 51820 peer b:w endpoint 192.0.2.1:5 "
		"allowed-ips 10.0.0.0/24,2001:db8::/64 persistent-keepalive 25\n"
		"wireguard b:w 10.0.0.2/24 peer a:w endpoint [2001:db8::1]:5 peer c:w endpoint "
		"2001:db8::1\nwireguard c:w 10.0.0.3/24",
		"pair\nroute a unreachable 10.9.0.0/16\nroute a 10.8.0.0/16 dev lo\n"
		"route a default via 10.0.0.9 dev eth0 onlink\n"
		"route a default via fe80::1 dev eth0\n"
		"route a 192.0.2.1/32 dev eth0\nroute a 10.7.0.0/16 via 10.0.0.2",
		"pair\nroute a 192.0.2.2/32 dev eth0\nveth b:l -- b:m 192.0.2.2/32\n"
		"route a 10.9.0.0/16 via 192.0.2.2",
		"pair\nrule a not from 10.0.0.0/8 iif later priority 7 table 100",
		"pair\nneigh a 10.0.0.9 dev eth0 proxy\nneigh a 2001:db8::9 lladdr "
		"02:00:00:00:00:09 dev eth0 nud stale",
		"star 2\nfdb switch 02:00:00:00:00:09 dev p1 master br0 static vlan 3",
		"pair",
		"chain 0",
		"chain 250",
		"star 1",
		"star 2001",
		"ring 3",
		"ring 250",
		"mesh 2",
		"mesh 50",
		"tree 1 1",
		"tree 5 5",
		"chain 2\nrouting\nrouting",
		"host a\nchain 1",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(texts); i++) {
		const struct nsrig_topo topo = {.text = texts[i]};

		if (nsrig_topo_check(&topo) < 0)
			nsrig_fail("\"%s\": %s", texts[i], nsrig_error());
	}
}

/* Errors in a member have no line number: they name the member and the column. */
static void errors_name_the_member(void **state)
{
	static const struct {
		struct nsrig_topo topo;
		const char *sentence;
	} rows[] = {
		{{.shape = ""}, ".shape: there is no value"},
		{{.shape = "chian 1"}, ".shape, column 1: \"chian\" is not understood (did you "
				       "mean \"chain\"?)"},
		{{.hosts = {"a", ""}}, ".hosts[1]: there is no value"},
		{{.hosts = {"a", "b forwardng"}}, ".hosts[1], column 3: \"forwardng\""},
		{{.hosts = {"a", "a"}}, ".hosts[1], column 1: a second host \"a\""},
		{{.links = {{NULL, "a:x", "b:y"}}},
			".links[0].kind: the kind of a link is missing"},
		{{.links = {{"veth", NULL, "b:y"}}}, ".links[0].end: the end of a link is missing"},
		{{.links = {{"veth", "a:x", ""}}}, ".links[0].peer: the end of a link is missing"},
		{{.links = {{"veth", "a:x\nb:y", ""}}}, ".links[0].end: more than one line"},
		{{.links = {{"veth", "a:x", NULL}}}, ".links[0].end, column 1: a veth has a second "
						     "end"},
		{{.links = {{"bridge", "a:x", "b:y"}}},
			"column 1: a bridge has no end but its own"},
		{{.links = {{"veth", "a:x mtu 5", "b:y"}}}, ".links[0].end, column 9: mtu: \"5\""},
		{{.links = {{"veth", "a:x", "b:y mtu 5"}}}, ".links[0].peer, column 9: mtu: \"5\""},
		{{.links = {{"vethh", "a:x", "b:y"}}}, ".links[0].kind, column 1: \"vethh\""},
		{{.hosts = {"a"}, .routes = {"a 10.0.0.0/8 dev x"}},
			".routes[0], column 18: route"},
		{{.hosts = {"a"}, .rules = {"a frm"}}, ".rules[0], column 3: rule \"frm\""},
		{{.hosts = {"a"}, .neighbours = {"a x"}}, ".neighbours[0], column 3: neighbour"},
		{{.hosts = {"a"}, .fdb = {"a x"}}, ".fdb[0], column 3: fdb \"x\""},
		{{.nft = {"a { }"}}, ".nft[0], column 1: nft: no host \"a\""},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		int rc = nsrig_topo_check(&rows[i].topo);

		if (rc != -EINVAL && rc != -EEXIST)
			nsrig_fail("row %zu: %d", i, rc);
		if (!strstr(nsrig_error(), rows[i].sentence))
			nsrig_fail("\"%s\" does not say \"%s\"", nsrig_error(), rows[i].sentence);
	}
}

static void refuse_file(const char *bytes, size_t size, const char *sentence)
{
	struct file file = new_file(bytes, size);
	const struct nsrig_topo topo = {.file = file.path};

	refused(nsrig_topo_check(&topo), -EINVAL, sentence);
	if (!strstr(nsrig_error(), file.path))
		nsrig_fail("\"%s\" does not name the file", nsrig_error());
	close(file.fd);
}

static void files_that_are_none(void **state)
{
	struct nsrig_topo topo = {.file = "/nowhere/nsrig.topo"};
	struct file file;

	(void)state;
	refused(nsrig_topo_check(&topo), -ENOENT, "the topology \"/nowhere/nsrig.topo\": ");
	topo.file = "/";
	refused(nsrig_topo_check(&topo), -EISDIR, "the topology \"/\": ");
	topo.file = "/dev/full";
	refused(nsrig_topo_check(&topo), -EINVAL,
		"the topology \"/dev/full\" is not a regular file");
	assert_int_equal(mkfifo("/run/fifo", 0600), 0);
	topo.file = "/run/fifo";
	refused(nsrig_topo_check(&topo), -EINVAL,
		"the topology \"/run/fifo\" is not a regular file");
	unlink("/run/fifo");
	file = new_file("", 0);
	assert_int_equal(ftruncate(file.fd, 20 << 20), 0);
	topo.file = file.path;
	refused(nsrig_topo_check(&topo), -EFBIG, "has 20971520 bytes (at most 16777216)");
	close(file.fd);
	refuse_file("host a\0b", 8, "has a NUL in it (expected text)");
	refuse_file("host a\n\nhsot b\n", 15, ":3:1: \"hsot\" is not understood");
}

/* A file that is longer than one read(). */
static void a_long_file_is_read_whole(void **state)
{
	static char hosts[2000 * 12];
	struct nsrig_topo topo;
	struct file file;
	size_t used = 0;
	char *drawing;
	int i;

	(void)state;
	for (i = 0; i < 2000; i++)
		used += snprintf(hosts + used, sizeof(hosts) - used, "host h%d\n", i);
	file = new_file(hosts, used);
	topo = (struct nsrig_topo){.file = file.path};
	nsrig_assert_ok(nsrig_topo_draw(&topo, &drawing));
	assert_non_null(strstr(drawing, "| h1999 |"));
	free(drawing);
	close(file.fd);
}

/* All 64 entries of a member are used, so no NULL ends the list. */
static void a_member_may_be_full(void **state)
{
	static char names[NSRIG_TOPO_MAX][8];
	struct nsrig_topo topo = {.shape = NULL};
	char *drawing;
	int i;

	(void)state;
	for (i = 0; i < NSRIG_TOPO_MAX; i++) {
		snprintf(names[i], sizeof(names[i]), "h%d", i);
		topo.hosts[i] = names[i];
	}
	nsrig_assert_ok(nsrig_topo_draw(&topo, &drawing));
	assert_non_null(strstr(drawing, "| h63 |"));
	free(drawing);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_text_mean_the_same),
		cmocka_unit_test(a_file_means_the_same),
		cmocka_unit_test(members_go_together),
		cmocka_unit_test(a_link_may_name_a_host_before_its_statement),
		cmocka_unit_test(all_of_it_is_understood),
		cmocka_unit_test(errors_name_the_member),
		cmocka_unit_test(files_that_are_none),
		cmocka_unit_test(a_long_file_is_read_whole),
		cmocka_unit_test(a_member_may_be_full),
	};

	return nsrig_main(argc, argv, tests);
}
