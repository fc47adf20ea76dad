// SPDX-License-Identifier: MIT
/*
 * "routing": which routes are computed, host by host. No network is built. The topology with two
 * paths and two islands:
 *
 *	a ==== r ---- q        c ---- z ---- d        e ---- f
 *	        \    /
 *	          b
 */
#include "fixture/topo/model.h"

#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Compares the routes of the model: one per line, after the name of the host. */
static void routed(const char *text, const char *expected)
{
	const struct nsrig_topo topo = {.text = text};
	struct nsrig_model *model;
	char *routes;
	size_t size, i;
	FILE *out = open_memstream(&routes, &size);

	assert_non_null(out);
	nsrig_assert_ok(nsrig_model_new(&model));
	nsrig_assert_ok(nsrig_parse(model, &topo));
	for (i = 0; i < model->directive_count; i++) {
		assert_int_equal(model->directives[i].verb, NSRIG_DIRECTIVE_ROUTE);
		assert_true(model->directives[i].computed);
		fprintf(out, "%s %s\n", model->hosts[model->directives[i].host].name,
			model->directives[i].words);
	}
	fclose(out);
	nsrig_model_free(model);
	if (strcmp(routes, expected))
		nsrig_fail("\"%s\" has\n%s(expected)\n%s", text, routes, expected);
	free(routes);
}

static void a_chain(void **state)
{
	(void)state;
	routed("chain 1\n", "a default via 10.0.0.2\n"
			    "b default via 10.0.1.1\n"
			    "a default via 2001:db8::2\n"
			    "b default via 2001:db8:0:1::1\n");
}

static void a_ring(void **state)
{
	(void)state;
	routed("ring 3\n", "r1 10.0.1.0/24 via 10.0.0.2\n"
			   "r2 default via 10.0.0.1\n"
			   "r3 default via 10.0.2.2\n"
			   "r3 10.0.0.0/24 via 10.0.1.1\n"
			   "r1 2001:db8:0:1::/64 via 2001:db8::2\n"
			   "r2 default via 2001:db8::1\n"
			   "r3 default via 2001:db8:0:2::2\n"
			   "r3 2001:db8::/64 via 2001:db8:0:1::1\n");
}

static void two_ways_and_islands(void **state)
{
	(void)state;
	routed("host r forwarding\n"
	       "host q forwarding\n"
	       "host z forwarding\n"
	       "veth a:x 10.1.0.1/24 -- r:x 10.1.0.2/24\n"
	       "veth a:y 10.2.0.1/24 -- r:y 10.2.0.2/24\n"
	       "veth r:z 10.3.0.1/24 -- q:z 10.3.0.2/24\n"
	       "veth b:x 10.4.0.1/24 -- q:x 10.4.0.2/24\n"
	       "veth b:y 10.5.0.1/24 -- r:b 10.5.0.2/24\n"
	       "veth c:x 10.6.0.1/24 -- z:x 10.6.0.2/24\n"
	       "veth d:x 10.7.0.1/24 -- z:y 10.7.0.2/24\n"
	       "veth e:x 10.8.0.1/24 -- f:x 10.8.0.2/24\n"
	       "routing\n",
		"r 10.4.0.0/24 via 10.3.0.2\n"
		"q default via 10.3.0.1\n"
		"a default via 10.1.0.2\n"
		"b default via 10.5.0.2\n"
		"b 10.3.0.0/24 via 10.4.0.2\n"
		"c 10.7.0.0/24 via 10.6.0.2\n"
		"d 10.6.0.0/24 via 10.7.0.2\n");
}

static void a_switch_and_a_router(void **state)
{
	(void)state;
	routed("bridge s:br\n"
	       "host r forwarding\n"
	       "veth s:p1 master br -- a:x 10.0.0.1/24\n"
	       "veth s:p2 master br -- b:x 10.0.0.2/24\n"
	       "veth s:p3 master br -- r:x 10.0.0.3/24\n"
	       "veth r:y 10.0.1.1/24 -- c:x 10.0.1.2/24\n"
	       "routing\n",
		"a default via 10.0.0.3\n"
		"b default via 10.0.0.3\n"
		"c default via 10.0.1.1\n");
}

static void nobody_forwards(void **state)
{
	(void)state;
	routed("pair\n"
	       "routing\n",
		"");
}

static void twice_is_once(void **state)
{
	(void)state;
	routed("chain 1\n"
	       "routing\n",
		"a default via 10.0.0.2\n"
		"b default via 10.0.1.1\n"
		"a default via 2001:db8::2\n"
		"b default via 2001:db8:0:1::1\n");
}

static void what_has_come_since(void **state)
{
	(void)state;
	routed("chain 0\n"
	       "host b forwarding\n"
	       "veth b:eth1 10.9.0.1/24 -- c:x 10.9.0.2/24\n"
	       "routing\n",
		"a default via 10.0.0.2\n"
		"c default via 10.9.0.1\n"
		"a default via 2001:db8::2\n");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain),
		cmocka_unit_test(a_ring),
		cmocka_unit_test(two_ways_and_islands),
		cmocka_unit_test(a_switch_and_a_router),
		cmocka_unit_test(nobody_forwards),
		cmocka_unit_test(twice_is_once),
		cmocka_unit_test(what_has_come_since),
	};

	return nsrig_main(argc, argv, tests);
}
