// SPDX-License-Identifier: MIT
/*
 * Networks that take long to build: many hosts, and switches that run a spanning tree first.
 *
 *	h1 eth0 10.0.0.1/24 ====== eth0 10.0.0.2/24 h2000	h2, h3, ..., h1999
 *
 *	a 10.0.0.1 ---- p1 | br1 | x1 ======= x1 | br2 | p2 ---- 10.0.0.2 b
 */
#include "suites/lib/count.h"

#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>

static void two_thousand_hosts(void **state)
{
	enum { HOSTS = 2000 };
	int descriptors = count_descriptors(), i;
	struct nsrig *rig;
	char *text, name[16];
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_non_null(file);
	for (i = 1; i <= HOSTS; i++)
		fprintf(file, "host h%d\n", i);
	fprintf(file, "veth h1:eth0 10.0.0.1/24 -- h%d:eth0 10.0.0.2/24\n", HOSTS);
	assert_int_equal(fclose(file), 0);
	nsrig_assert_ok(nsrig_new(&rig));
	nsrig_assert_ok(nsrig_add(rig, text));
	free(text);
	for (i = 1; i <= HOSTS; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		assert_non_null(nsrig_find_host(rig, name));
	}
	nsrig_in(nsrig_find_host(rig, "h1"))
		nsrig_assert_ping("10.0.0.2");
	nsrig_free(rig);
	assert_int_equal(count_descriptors(), descriptors);
}

static const struct nsrig_topo spanning = {
	.text = "bridge s:br1 stp_state on forward_delay 2 priority 4096\n"
		"bridge t:br2 stp_state on forward_delay 2\n"
		"veth s:p1 master br1 -- a:eth0 10.0.0.1/24\n"
		"veth t:p2 master br2 -- b:eth0 10.0.0.2/24\n"
		"veth s:x1 master br1 -- t:x1 master br2\n",
};

/* The first packet arrives: nothing is repeated. */
static void assert_reaches_at_once(struct nsrig_ns *ns, const char *dst)
{
	struct nsrig_echo echo = {.dst = dst};
	uint64_t before, after;
	int rc = -1;

	nsrig_assert_ok(nsrig_counter(ns, "eth0", "tx_packets", &before));
	nsrig_in(ns)
		rc = nsrig_ping(&echo);
	nsrig_assert_ok(rc);
	nsrig_assert_ok(nsrig_counter(ns, "eth0", "tx_packets", &after));
	/*
	 * One packet resolves the address, one is the request, and the rest is IPv6's own traffic.
	 */
	assert_true(after - before < 6);
}

/* Ready means that the spanning tree forwards on all ports, also on one that is added later. */
static void spanning_tree_has_settled(void **state)
{
	assert_reaches_at_once(nsrig_host(*state, "a"), "10.0.0.2");
	nsrig_assert_ok(nsrig_add(*state, "veth s:p3 master br1 -- c:eth0 10.0.0.3/24"));
	assert_reaches_at_once(nsrig_host(*state, "c"), "10.0.0.2");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(two_thousand_hosts),
		nsrig_test(spanning_tree_has_settled, &spanning),
	};

	return nsrig_main(argc, argv, tests);
}
