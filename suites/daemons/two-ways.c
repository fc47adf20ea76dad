// SPDX-License-Identifier: MIT
/* Two routers with two cables between them: see two-ways.h. */
#include "two-ways.h"

#include "patience.h"

#include <stdio.h>

const struct nsrig_topo two_ways = {
	.hosts = {"r1 forwarding", "r2 forwarding"},
	.links = {NSRIG_VETH("a:eth0 10.1.0.2/24", "r1:eth0 10.1.0.1/24"),
		NSRIG_VETH("b:eth0 10.2.0.2/24", "r2:eth0 10.2.0.1/24"),
		NSRIG_VETH("r1:eth1 10.0.1.1/24", "r2:eth1 10.0.1.2/24"),
		NSRIG_VETH("r1:eth2 10.0.2.1/24", "r2:eth2 10.0.2.2/24")},
	.routes = {"a default via 10.1.0.1", "b default via 10.2.0.1"},
};

static void assert_way(struct nsrig *rig, const char *at_r1, const char *at_r2)
{
	nsrig_assert_ok(nsrig_wait_route(nsrig_host(rig, "r1"), at_r1, PATIENCE_MS));
	nsrig_assert_ok(nsrig_wait_route(nsrig_host(rig, "r2"), at_r2, PATIENCE_MS));
}

void two_ways_assert_other_is_taken(struct nsrig *rig, const char *who)
{
	double pulled, taken;

	assert_way(rig, "10.2.0.0/24 via 10.0.1.2 dev eth1", "10.1.0.0/24 via 10.0.1.1 dev eth1");
	nsrig_assert_path(rig, "a", "b", "r1 10.0.1.2 b");

	pulled = now_ms();
	nsrig_assert_ok(nsrig_unplug(rig, "r1:eth1"));
	assert_way(rig, "10.2.0.0/24 via 10.0.2.2 dev eth2", "10.1.0.0/24 via 10.0.2.1 dev eth2");
	taken = now_ms() - pulled;
	nsrig_assert_path(rig, "a", "b", "r1 10.0.2.2 b");
	printf("%s: the other way was taken %.0f ms after the cable was pulled\n", who, taken);
}
