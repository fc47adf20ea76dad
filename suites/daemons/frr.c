// SPDX-License-Identifier: MIT
/*
 * FRR on two routers, with OSPF and with BGP: zebra for the kernel's routes, and one daemon per
 * protocol, which finds zebra's socket in the router's own /run. When the preferred one of two
 * cables is unplugged, traffic takes the other path. The test prints how long that takes
 * (--verbose), but doesn't assert it.
 *
 *	+---+             +-------------+ 10.0.1.0/24 +-------------+             +---+
 *	|   |             |        eth1 |=============| eth1        |             |   |
 *	| a | 10.1.0.0/24 | r1          |             | r2          | 10.2.0.0/24 | b |
 *	|   |=============| eth0   eth2 |=============| eth2   eth0 |=============|   |
 *	+---+             +-------------+ 10.0.2.0/24 +-------------+             +---+
 */
#include "patience.h"
#include "two-ways.h"

#include <stdio.h>

/* The folder where distributions install the daemons. */
#define FRR "/usr/lib/frr/"

/* clang-format off */
#define OSPF_LINK                                                                                  \
	" ip ospf area 0\n"                                                                        \
	" ip ospf network point-to-point\n"                                                        \
	" ip ospf hello-interval 1\n"                                                              \
	" ip ospf dead-interval 5\n"                                                               \
	" ip ospf retransmit-interval 1\n"

/* Both routers have the same OSPF configuration. */
#define OSPF                                                                                       \
	"interface eth0\n"                                                                         \
	" ip ospf area 0\n"                                                                        \
	" ip ospf passive\n"                                                                       \
	"interface eth1\n"                                                                         \
	" ip ospf cost 10\n"                                                                       \
	OSPF_LINK                                                                                  \
	"interface eth2\n"                                                                         \
	" ip ospf cost 20\n"                                                                       \
	OSPF_LINK                                                                                  \
	"router ospf\n"                                                                            \
	" log-adjacency-changes\n"                                                                 \
	" timers throttle spf 0 50 100\n"                                                          \
	" timers throttle lsa all 50\n"                                                            \
	" timers lsa min-arrival 50\n"

#define BGP_PEER(addr, as)                                                                         \
	" neighbor " addr " remote-as 6500" as "\n"                                                \
	" neighbor " addr " timers connect 1\n"                                                    \
	" neighbor " addr " advertisement-interval 0\n"

/* The addresses of this router and of its peer. */
#define BGP(me, peer)                                                                              \
	"router bgp 6500" me "\n"                                                                  \
	" bgp log-neighbor-changes\n"                                                              \
	" no bgp ebgp-requires-policy\n"                                                           \
	BGP_PEER("10.0.1." peer, peer)                                                             \
	BGP_PEER("10.0.2." peer, peer)                                                             \
	" address-family ipv4 unicast\n"                                                           \
	"  network 10." me ".0.0/24\n"                                                             \
	"  neighbor 10.0.1." peer " weight 200\n"
/* clang-format on */

/*
 * Without root there is no other user to change to, and FRR insists on the membership in one group.
 */
static struct nsrig_program *start(
	struct nsrig *rig, const char *host, const char *name, const char *text)
{
	char line[192], conf[64];

	snprintf(conf, sizeof(conf), "/run/frr/%s.conf", name);
	snprintf(line, sizeof(line),
		FRR "%s -u root -g root -z /run/frr/zserv.api --log stdout -f %s", name, conf);
	return nsrig_spawn(rig, host, line,
		.files = {{conf, .text = text},
			{"/etc/group", .text = "root:x:0:\nfrrvty:x:0:root\n"},
			{.path = "/var/tmp"}});
}

static struct nsrig_program *start_router(
	struct nsrig *rig, const char *host, const char *name, const char *text)
{
	struct nsrig_program *zebra = start(rig, host, "zebra", "");

	nsrig_assert_ok(nsrig_wait_listening(zebra, "unix /run/frr/zserv.api", NSRIG_WAIT_MS));
	return start(rig, host, name, text);
}

static void ospf_takes_the_other_way(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_program *r1;

	nsrig_require_program(FRR "ospfd", "Debian: frr");
	r1 = start_router(rig, "r1", "ospfd", OSPF);
	start_router(rig, "r2", "ospfd", OSPF);
	nsrig_assert_ok(nsrig_wait_line(r1, "on eth2.* -> Full", PATIENCE_MS));
	two_ways_assert_other_is_taken(rig, "FRR, OSPF");
}

static void bgp_takes_the_other_way(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_program *r1;

	nsrig_require_program(FRR "bgpd", "Debian: frr");
	r1 = start_router(rig, "r1", "bgpd", BGP("1", "2"));
	start_router(rig, "r2", "bgpd", BGP("2", "1"));
	nsrig_assert_ok(nsrig_wait_line(r1, "neighbor 10.0.2.2.* Up", PATIENCE_MS));
	two_ways_assert_other_is_taken(rig, "FRR, BGP");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(ospf_takes_the_other_way, &two_ways),
		nsrig_test(bgp_takes_the_other_way, &two_ways),
	};

	return nsrig_main(argc, argv, tests);
}
