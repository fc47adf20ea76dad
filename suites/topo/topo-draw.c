// SPDX-License-Identifier: MIT
/* Drawings of topologies, compared character by character. No network is built. */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 100

static char *draw(const char *text)
{
	const struct nsrig_topo topo = {.text = text};
	char *drawing;

	nsrig_assert_ok(nsrig_topo_draw(&topo, &drawing));
	return drawing;
}

static char *graph(const char *text)
{
	const struct nsrig_topo topo = {.text = text};
	char *dot;

	nsrig_assert_ok(nsrig_topo_dot(&topo, &dot));
	return dot;
}

static void drawn(const char *text, const char *expected)
{
	char *drawing = draw(text);

	if (strcmp(drawing, expected))
		nsrig_fail("\"%s\" is drawn\n%s(expected)\n%s", text, drawing, expected);
	free(drawing);
}

static void forms(void **state)
{
	(void)state;
	drawn("host lonely\n", "+--------+\n"
			       "| lonely |\n"
			       "+--------+\n");
	drawn("host b forwarding\n"
	      "dummy b:d 10.0.0.1/32\n",
		"+------------------------+\n"
		"| b, forwarding          |\n"
		"|   dummy d  10.0.0.1/32 |\n"
		"+------------------------+\n");
	drawn("veth client:eth0 10.0.0.1/24 -- server:eth0 10.0.0.2/24\n",
		"+-------------+       +-------------+\n"
		"| client      |       | server      |\n"
		"|        eth0 |=======| eth0        |\n"
		"| 10.0.0.1/24 |       | 10.0.0.2/24 |\n"
		"+-------------+       +-------------+\n");
	drawn("veth a:x -- b:y down\n", "+---+       +------+\n"
					"| a |       | b    |\n"
					"| x |- - - -| y    |\n"
					"|   |       | down |\n"
					"+---+       +------+\n");
	drawn("chain 1 delay 5ms\n",
		"+----------------+       +------------------------------------+       "
		"+--------------------+\n"
		"| a              |       | r1, forwarding                     |       | b         "
		"         |\n"
		"|           eth0 |=======| eth0                          eth1 |=======| eth0      "
		"         |\n"
		"|    10.0.0.1/24 |       | 10.0.0.2/24            10.0.1.1/24 |       | "
		"10.0.1.2/24        |\n"
		"| 2001:db8::1/64 |       | 2001:db8::2/64  2001:db8:0:1::1/64 |       | "
		"2001:db8:0:1::2/64 |\n"
		"|      delay 5ms |       | delay 5ms                delay 5ms |       | delay 5ms "
		"         |\n"
		"+----------------+       +------------------------------------+       "
		"+--------------------+\n");
	drawn("chain 2\n", "+-----------------------------------------+\n"
			   "| a                                       |\n"
			   "|   eth0  10.0.0.1/24  2001:db8::1/64     |\n"
			   "+---||------------------------------------+\n"
			   "    ||\n"
			   "+---||------------------------------------+\n"
			   "|   eth0  10.0.0.2/24  2001:db8::2/64     |\n"
			   "| r1, forwarding                          |\n"
			   "|   eth1  10.0.1.1/24  2001:db8:0:1::1/64 |\n"
			   "+---||------------------------------------+\n"
			   "    ||\n"
			   "+---||------------------------------------+\n"
			   "|   eth0  10.0.1.2/24  2001:db8:0:1::2/64 |\n"
			   "| r2, forwarding                          |\n"
			   "|   eth1  10.0.2.1/24  2001:db8:0:2::1/64 |\n"
			   "+---||------------------------------------+\n"
			   "    ||\n"
			   "+---||------------------------------------+\n"
			   "|   eth0  10.0.2.2/24  2001:db8:0:2::2/64 |\n"
			   "| b                                       |\n"
			   "+-----------------------------------------+\n");
	drawn("star 2\n",
		"+----------------+       +------------------------+       +----------------+\n"
		"| h1             |       | switch                 |       | h2             |\n"
		"|           eth0 |=======| p1                  p2 |=======| eth0           |\n"
		"|    10.0.0.1/16 |       | master br0  master br0 |       | 10.0.0.2/16    |\n"
		"| 2001:db8::1/64 |       |                        |       | 2001:db8::2/64 |\n"
		"|                |       | bridge br0             |       |                |\n"
		"+----------------+       +------------------------+       +----------------+\n");
	drawn("ring 3\n", "+-----------------------------------------+\n"
			  "| r1, forwarding                          |\n"
			  "|   eth1  10.0.0.1/24  2001:db8::1/64     |======= r2:eth0  10.0.0.2/24 "
			  " 2001:db8::2/64\n"
			  "|   eth0  10.0.2.2/24  2001:db8:0:2::2/64 |======= r3:eth1  10.0.2.1/24 "
			  " 2001:db8:0:2::1/64\n"
			  "+-----------------------------------------+\n"
			  "\n"
			  "+-----------------------------------------+\n"
			  "| r2, forwarding                          |\n"
			  "|   eth0  10.0.0.2/24  2001:db8::2/64     |======= r1:eth1  10.0.0.1/24 "
			  " 2001:db8::1/64\n"
			  "|   eth1  10.0.1.1/24  2001:db8:0:1::1/64 |======= r3:eth0  10.0.1.2/24 "
			  " 2001:db8:0:1::2/64\n"
			  "+-----------------------------------------+\n"
			  "\n"
			  "+-----------------------------------------+\n"
			  "| r3, forwarding                          |\n"
			  "|   eth0  10.0.1.2/24  2001:db8:0:1::2/64 |======= r2:eth1  10.0.1.1/24 "
			  " 2001:db8:0:1::1/64\n"
			  "|   eth1  10.0.2.1/24  2001:db8:0:2::1/64 |======= r1:eth0  10.0.2.2/24 "
			  " 2001:db8:0:2::2/64\n"
			  "+-----------------------------------------+\n");
	drawn("veth a:x 10.0.0.1/24 -- a:y 10.0.0.2/24\n",
		"+------------------+\n"
		"| a                |\n"
		"|   x  10.0.0.1/24 |======= a:y  10.0.0.2/24\n"
		"|   y  10.0.0.2/24 |======= a:x  10.0.0.1/24\n"
		"+------------------+\n");
	drawn("bridge s:br0\n"
	      "veth s:p1 master br0 isolated on -- a:x\n"
	      "veth s:p2 master br0 vlan 5 pvid untagged -- b:x\n"
	      "veth s:p3 master br0 down -- c:x 10.0.0.3/24 shared\n"
	      "vlan b:v5 link x id 5\n"
	      "macvlan d:m link b:x\n"
	      "wireguard b:w 10.9.0.1/24 peer c:w\n"
	      "wireguard c:w 10.9.0.2/24\n",
		"+----------------------------------------+\n"
		"| s                                      |\n"
		"|   bridge br0                           |\n"
		"|   p1  master br0                       |======= a:x\n"
		"|   p2  master br0  vlan 5 pvid untagged |======= b:x\n"
		"|   p3  down  master br0                 |- - - - c:x  10.0.0.3/24  shared\n"
		"+----------------------------------------+\n"
		"\n"
		"+--------------------------------------+\n"
		"| b                                    |\n"
		"|   x                                  |======= s:p2  master br0  vlan 5 pvid "
		"untagged\n"
		"|   vlan v5  on x                      |\n"
		"|   wireguard w  10.9.0.1/24  peer c:w |\n"
		"+--------------------------------------+\n"
		"\n"
		"+----------------------------+\n"
		"| c                          |\n"
		"|   x  10.0.0.3/24  shared   |- - - - s:p3  down  master br0\n"
		"|   wireguard w  10.9.0.2/24 |\n"
		"+----------------------------+\n"
		"\n"
		"+---------------------+\n"
		"| d                   |\n"
		"|   macvlan m  on b:x |\n"
		"+---------------------+\n");
	drawn("veth a:x -- b:x\n"
	      "veth c:x -- d:x\n",
		"+---+       +---+\n"
		"| a |       | b |\n"
		"| x |=======| x |\n"
		"+---+       +---+\n"
		"\n"
		"+---+       +---+\n"
		"| c |       | d |\n"
		"| x |=======| x |\n"
		"+---+       +---+\n");
	drawn("", "");
}

/* Within 100 columns, printable, no trailing blanks. */
static void well_formed(const char *drawing)
{
	const char *line = drawing, *p;

	for (p = drawing; *p; p++) {
		if (*p == '\n') {
			if (p - line > COLUMNS || (p > line && p[-1] == ' '))
				nsrig_fail("a line is too long, or ends with a blank: \"%.*s\"",
					(int)(p - line), line);
			line = p + 1;
		} else if (*p < ' ' || *p > '~') {
			nsrig_fail("the drawing has a %d in it", *p);
		}
	}
	assert_string_equal(line, "");
}

static int count_of(const char *text, const char *words)
{
	int count = 0;

	for (; (text = strstr(text, words)); text += strlen(words))
		count++;
	return count;
}

/* Every host is drawn, and every cable: in a list, at both ends, except for the ends at leaves. */
static void large_networks_are_drawn_whole(void **state)
{
	char *drawing;

	(void)state;
	drawing = draw("star 1000");
	well_formed(drawing);
	assert_int_equal(count_of(drawing, "======= h"), 1000);
	assert_int_equal(count_of(drawing, "\n+--"), 1);
	free(drawing);

	drawing = draw("tree 3 9");
	well_formed(drawing);
	assert_int_equal(count_of(drawing, ", forwarding"), 1 + 9 + 81);
	assert_int_equal(count_of(drawing, "======="), 9 + 9 * 10 + 81 * 10);
	free(drawing);

	drawing = draw("chain 250");
	well_formed(drawing);
	assert_int_equal(count_of(drawing, ", forwarding"), 250);
	assert_int_equal(count_of(drawing, "\n    ||\n"), 251);
	free(drawing);

	drawing = draw("mesh 20");
	well_formed(drawing);
	assert_int_equal(count_of(drawing, "======="), 20 * 19);
	free(drawing);
}

/* The longest names and long lists of words are wrapped, and nothing is lost. */
static void long_lines_are_broken(void **state)
{
	static const char text[] =
		"bridge a-host-with-the-longest-name-xx:a-long-name-too vlan 4000 pvid vlan 4001 "
		"untagged vlan 4002 vlan 4003 vlan 4004 vlan 4005 vlan 4006\n"
		"veth a-host-with-the-longest-name-xx:another-name-15 master a-long-name-too vlan "
		"4000 vlan 4001 delay 10ms jitter 5ms loss 1% rate 10mbit -- "
		"b-host-with-the-longest-name-xx:c-name-of-15-by "
		"2001:db8:1111:2222:3333:4444:5555:6666/64 "
		"2001:db8:1111:3333:3333:4444:5555:6666/64 mtu 1400 address 02:00:00:00:00:01\n"
		"veth a-host-with-the-longest-name-xx:x -- c:x\n"
		"veth a-host-with-the-longest-name-xx:y -- d:x";
	static const char *const words[] = {"a-host-with-the-longest-name-xx", "a-long-name-too",
		"another-name-15", "c-name-of-15-by", "2001:db8:1111:2222:3333:4444:5555:6666/64",
		"2001:db8:1111:3333:3333:4444:5555:6666/64", "mtu 1400",
		"address 02:00:00:00:00:01", "vlan 4006", "delay 10ms", "jitter 5ms", "loss 1%",
		"rate 10mbit", "c:x", "d:x"};
	char *drawing = draw(text);
	size_t i;

	(void)state;
	well_formed(drawing);
	for (i = 0; i < COUNT(words); i++) {
		if (!strstr(drawing, words[i]))
			nsrig_fail("no \"%s\" in\n%s", words[i], drawing);
	}
	free(drawing);
}

/* The name of a kind may be of any length: a word without blanks is broken. */
static void long_words_are_broken(void **state)
{
	char text[200], *drawing;

	(void)state;
	snprintf(text, sizeof(text), "kind %0150d a:k", 7);
	drawing = draw(text);
	well_formed(drawing);
	assert_int_equal(count_of(drawing, "0"), 149);
	assert_int_equal(count_of(drawing, "7 k"), 1);
	free(drawing);
}

static void the_same_each_time(void **state)
{
	static const char *const texts[] = {"star 20", "mesh 5", "tree 2 3", "chain 3"};
	size_t i;

	(void)state;
	for (i = 0; i < 4; i++) {
		char *drawing = draw(texts[i]), *dot = graph(texts[i]), *again = graph(texts[i]);

		drawn(texts[i], drawing);
		assert_string_equal(dot, again);
		free(drawing);
		free(dot);
		free(again);
	}
}

static void graphs(void **state)
{
	char *dot = graph("host r forwarding\n"
			  "bridge s:br0\n"
			  "veth a:x 10.0.0.1/24 delay 5ms -- r:a 10.0.0.2/24\n"
			  "veth s:p1 master br0 -- r:s down\n"
			  "kind a\"b\xff a:k 2001:db8::1/64\n");

	(void)state;
	assert_string_equal(dot,
		"graph {\n"
		"\tgraph [overlap=false, splines=true, nodesep=1, ranksep=1.5];\n"
		"\tnode [fontname=\"monospace\", fontsize=11];\n"
		"\tedge [fontname=\"monospace\", fontsize=9, labeldistance=3];\n"
		"\t\"r\" [shape=ellipse, label=\"r\"];\n"
		"\t\"s\" [shape=box3d, label=\"s\\nbridge br0\"];\n"
		"\t\"a\" [shape=box, label=\"a\\na\\\"b? k 2001:db8::1/64\"];\n"
		"\t\"a\" -- \"r\" [taillabel=\"x\\n10.0.0.1/24\\ndelay 5ms\", "
		"headlabel=\"a\\n10.0.0.2/24\", color=red];\n"
		"\t\"s\" -- \"r\" [taillabel=\"p1\\nmaster br0\", headlabel=\"s\\ndown\", "
		"style=dashed];\n"
		"}\n");
	free(dot);
}

/* A topology that can't be built has no drawing. */
static void no_picture_of_what_is_none(void **state)
{
	const struct nsrig_topo none = {.text = "zebra"}, some = {.text = "pair"};
	char *text = NULL;

	(void)state;
	refused(nsrig_topo_draw(&none, &text), -EINVAL, "\"zebra\" is not understood");
	refused(nsrig_topo_dot(&none, &text), -EINVAL, "\"zebra\" is not understood");
	refused(nsrig_topo_draw(NULL, &text), -EINVAL, "no network given (NULL)");
	refused(nsrig_topo_dot(&some, NULL), -EINVAL, "nowhere to put the text (NULL)");
	assert_null(text);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(forms),
		cmocka_unit_test(large_networks_are_drawn_whole),
		cmocka_unit_test(long_lines_are_broken),
		cmocka_unit_test(long_words_are_broken),
		cmocka_unit_test(the_same_each_time),
		cmocka_unit_test(graphs),
		cmocka_unit_test(no_picture_of_what_is_none),
	};

	return nsrig_main(argc, argv, tests);
}
