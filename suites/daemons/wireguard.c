// SPDX-License-Identifier: MIT
/*
 * WireGuard between two hosts, created by the topology with generated keys. wg(8) sees the
 * handshake, and removes a peer.
 *
 *	+------------------------------+       +------------------------------+
 *	| left                         |       | right                        |
 *	|                         eth0 |=======| eth0                         |
 *	|                 192.0.2.1/24 |       | 192.0.2.2/24                 |
 *	|   wireguard wg0  10.9.0.1/24 |       | wireguard wg0  10.9.0.2/24   |
 *	|               peer right:wg0 |       | peer left:wg0                |
 *	+------------------------------+       +------------------------------+
 */
#include "patience.h"

#include <stdio.h>
#include <string.h>

static const struct nsrig_topo tunnel = {
	.links = {NSRIG_VETH("left:eth0 192.0.2.1/24", "right:eth0 192.0.2.2/24"),
		NSRIG_LINK("wireguard", "left:wg0 10.9.0.1/24 peer right:wg0 endpoint 192.0.2.2"),
		NSRIG_LINK("wireguard", "right:wg0 10.9.0.2/24 peer left:wg0")},
};

static void wg_sees_the_handshake(void **state)
{
	struct nsrig *rig = *state;
	const char *said;

	nsrig_require_program("wg", "Debian: wireguard-tools");
	said = nsrig_assert_run(rig, "right", "wg show wg0 endpoints")->out;
	assert_non_null(strstr(said, "\t(none)\n"));
	nsrig_assert_reach(rig, "left", "icmp 10.9.0.2");
	/* The endpoint is where the last authenticated packet came from. */
	said = nsrig_assert_run(rig, "right", "wg show wg0 endpoints")->out;
	assert_non_null(strstr(said, "\t192.0.2.1:51820\n"));
}

static void peer_is_taken_away(void **state)
{
	struct nsrig *rig = *state;
	char key[64], line[128];

	nsrig_require_program("wg", "Debian: wireguard-tools");
	nsrig_assert_reach(rig, "left", "icmp 10.9.0.2");
	assert_int_equal(
		sscanf(nsrig_assert_run(rig, "right", "wg show wg0 peers")->out, "%63s", key), 1);
	snprintf(line, sizeof(line), "wg set wg0 peer %s remove", key);
	nsrig_assert_run(rig, "right", line);
	nsrig_assert_no_reach(rig, "left", "icmp 10.9.0.2");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(wg_sees_the_handshake, &tunnel),
		nsrig_test(peer_is_taken_away, &tunnel),
	};

	return nsrig_main(argc, argv, tests);
}
