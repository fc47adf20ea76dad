// SPDX-License-Identifier: MIT
/*
 * BIRD on two routers, with OSPF and with BGP. The routers have two cables; when the preferred one
 * is unplugged, traffic takes the other path. The test prints how long that takes (--verbose), but
 * doesn't assert it: it depends on the protocol's timers and on the machine.
 *
 *	+---+             +-------------+ 10.0.1.0/24 +-------------+             +---+
 *	|   |             |        eth1 |=============| eth1        |             |   |
 *	| a | 10.1.0.0/24 | r1          |             | r2          | 10.2.0.0/24 | b |
 *	|   |=============| eth0   eth2 |=============| eth2   eth0 |=============|   |
 *	+---+             +-------------+ 10.0.2.0/24 +-------------+             +---+
 */
#include "patience.h"
#include "two-ways.h"

/* clang-format off */
#define COMMON                                                                                     \
	"log stderr all;\n"                                                                        \
	"debug protocols { states, events };\n"                                                    \
	"protocol device { scan time 1; }\n"                                                       \
	"protocol direct { ipv4; }\n"                                                              \
	"protocol kernel { ipv4 { export where source != RTS_DEVICE; }; }\n"

/* Both routers have the same OSPF configuration. */
#define OSPF                                                                                       \
	COMMON                                                                                     \
	"protocol ospf v2 {\n"                                                                     \
	"  ipv4 { };\n"                                                                            \
	"  area 0 {\n"                                                                             \
	"    interface \"eth0\" { stub; };\n"                                                      \
	"    interface \"eth1\" { type ptp; cost 10; hello 1; dead 5; retransmit 2; };\n"          \
	"    interface \"eth2\" { type ptp; cost 20; hello 1; dead 5; retransmit 2; };\n"          \
	"  };\n"                                                                                   \
	"}\n"

/* The addresses of this router and of its peer. */
#define BGP(me, peer)                                                                              \
	COMMON                                                                                     \
	"template bgp neighbour {\n"                                                               \
	"  local as 6500" me ";\n"                                                                 \
	"  hold time 30;\n"                                                                        \
	"  connect delay time 1; connect retry time 1; error wait time 1, 1;\n"                    \
	"  ipv4 { import all; export where source = RTS_DEVICE; };\n"                              \
	"}\n"                                                                                      \
	"protocol bgp by_eth1 from neighbour {\n"                                                  \
	"  neighbor 10.0.1." peer " as 6500" peer "; ipv4 { preference 200; };\n"                  \
	"}\n"                                                                                      \
	"protocol bgp by_eth2 from neighbour {\n"                                                  \
	"  neighbor 10.0.2." peer " as 6500" peer ";\n"                                            \
	"}\n"
/* clang-format on */

static struct nsrig_program *start_bird(struct nsrig *rig, const char *host, const char *text)
{
	struct nsrig_program *bird =
		nsrig_spawn(rig, host, "bird -f -c /run/bird.conf -s /run/bird.ctl",
			.files = {{"/run/bird.conf", .text = text}});

	nsrig_assert_ok(nsrig_wait_listening(bird, "unix /run/bird.ctl", NSRIG_WAIT_MS));
	return bird;
}

static void ospf_takes_the_other_way(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_program *r1;

	nsrig_require_program("bird", "Debian: bird2");
	r1 = start_bird(rig, "r1", OSPF);
	start_bird(rig, "r2", OSPF);
	nsrig_assert_ok(nsrig_wait_line(r1, "on eth2 changed state .* to Full", PATIENCE_MS));
	two_ways_assert_other_is_taken(rig, "BIRD, OSPF");
}

static void bgp_takes_the_other_way(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_program *r1;

	nsrig_require_program("bird", "Debian: bird2");
	r1 = start_bird(rig, "r1", BGP("1", "2"));
	start_bird(rig, "r2", BGP("2", "1"));
	nsrig_assert_ok(nsrig_wait_line(r1, "by_eth2: BGP session established", PATIENCE_MS));
	two_ways_assert_other_is_taken(rig, "BIRD, BGP");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(ospf_takes_the_other_way, &two_ways),
		nsrig_test(bgp_takes_the_other_way, &two_ways),
	};

	return nsrig_main(argc, argv, tests);
}
