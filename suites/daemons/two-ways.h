/* SPDX-License-Identifier: MIT */
/*
 * Two routers with two cables between them, for the suites with routing daemons. This code knows
 * the network, but no daemon.
 *
 *	+---+             +-------------+ 10.0.1.0/24 +-------------+             +---+
 *	|   |             |        eth1 |=============| eth1        |             |   |
 *	| a | 10.1.0.0/24 | r1          |             | r2          | 10.2.0.0/24 | b |
 *	|   |=============| eth0   eth2 |=============| eth2   eth0 |=============|   |
 *	+---+             +-------------+ 10.0.2.0/24 +-------------+             +---+
 *
 * On the networks between the routers r1 has the address .1, and r2 has .2. On the other networks
 * the router has .1, and a and b have .2.
 */
#ifndef TWO_WAYS_H
#define TWO_WAYS_H

#include <nsrig.h>

extern const struct nsrig_topo two_ways;

/*
 * Asserts that the routing daemons take the path by eth1, and when that cable is unplugged, the
 * path by eth2, and that packets take it too. Prints how long the change takes (--verbose shows
 * it); doesn't assert it, as it depends on the protocol's timers and on the machine.
 */
void two_ways_assert_other_is_taken(struct nsrig *rig, const char *who);

#endif
