// SPDX-License-Identifier: MIT
/*
 * keepalived on two routers that share an address (VRRP): when the master is killed, the backup
 * takes over the address and announces it, so the client needs no new ARP request.
 *
 *	+------------------+
 *	| switch           |
 *	|   bridge br0     |
 *	|   p1  master br0 |======= r1:eth0  10.0.0.1/24
 *	|   p2  master br0 |======= r2:eth0  10.0.0.2/24
 *	|   p3  master br0 |======= client:eth0  10.0.0.3/24
 *	+------------------+
 */
#include "patience.h"

#include <signal.h>
#include <stdio.h>

static const struct nsrig_topo lan = {
	.links = {NSRIG_LINK("bridge", "switch:br0"),
		NSRIG_VETH("switch:p1 master br0", "r1:eth0 10.0.0.1/24 address 02:00:00:00:00:01"),
		NSRIG_VETH("switch:p2 master br0", "r2:eth0 10.0.0.2/24 address 02:00:00:00:00:02"),
		NSRIG_VETH("switch:p3 master br0", "client:eth0 10.0.0.3/24")},
};

#define VRRP(priority)                                                                             \
	"global_defs {\n"                                                                          \
	"  vrrp_version 3\n"                                                                       \
	"}\n"                                                                                      \
	"vrrp_instance gateway {\n"                                                                \
	"  interface eth0\n"                                                                       \
	"  virtual_router_id 1\n"                                                                  \
	"  priority " priority "\n"                                                                \
	"  advert_int 0.5\n"                                                                       \
	"  virtual_ipaddress {\n"                                                                  \
	"    10.0.0.254/24\n"                                                                      \
	"  }\n"                                                                                    \
	"}\n"

/* It takes a second to exit, so that it can notify the other router. */
static struct nsrig_program *start_keepalived(struct nsrig *rig, const char *host, const char *text)
{
	struct nsrig_program *keepalived = nsrig_spawn(rig, host,
		"keepalived --vrrp --dont-fork --log-console -f /run/keepalived.conf "
		"-p /run/keepalived.pid -r /run/vrrp.pid",
		.files = {{"/run/keepalived.conf", .text = text}}, .stop_ms = 10000);

	nsrig_assert_ok(nsrig_wait_line(keepalived, "Startup complete", NSRIG_WAIT_MS));
	return keepalived;
}

static void address_moves_when_its_router_is_killed(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client"), *r2 = nsrig_host(rig, "r2");
	struct nsrig_program *first;
	double killed;

	nsrig_require_program("keepalived", "Debian: keepalived");
	first = start_keepalived(rig, "r1", VRRP("200"));
	start_keepalived(rig, "r2", VRRP("100"));
	nsrig_assert_ok(nsrig_wait_addr(nsrig_host(rig, "r1"), "10.0.0.254", PATIENCE_MS));
	nsrig_assert_ok(nsrig_wait_no_addr(r2, "10.0.0.254", PATIENCE_MS));
	nsrig_assert_reach(rig, "client", "icmp 10.0.0.254");
	nsrig_assert_neighbour(client, "10.0.0.254 lladdr 02:00:00:00:00:01");

	killed = now_ms();
	nsrig_assert_ok(nsrig_signal(first, SIGKILL));
	nsrig_assert_ok(
		nsrig_wait_neighbour(client, "10.0.0.254 lladdr 02:00:00:00:00:02", PATIENCE_MS));
	printf("keepalived: the address has moved after %.0f ms\n", now_ms() - killed);
	nsrig_assert_addr(r2, "10.0.0.254/24 dev eth0");
	nsrig_assert_reach(rig, "client", "icmp 10.0.0.254");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(address_moves_when_its_router_is_killed, &lan),
	};

	return nsrig_main(argc, argv, tests);
}
