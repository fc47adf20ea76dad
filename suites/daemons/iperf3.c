// SPDX-License-Identifier: MIT
/*
 * iperf3 over a slow uplink: the throughput is at most the token bucket's rate, and not much less.
 *
 *	+-------------+       +-------------+
 *	| client      |       | server      |
 *	|        eth0 |=======| eth0        |
 *	| 10.0.0.1/24 |       | 10.0.0.2/24 |
 *	|   tbf 8mbit |       |             |
 *	+-------------+       +-------------+
 */
#include "patience.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct nsrig_topo uplink = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24 tbf 8mbit", "server:eth0 10.0.0.2/24")},
};

/* The number of a member of an object in the report. */
static double number(const char *report, const char *object, const char *name)
{
	const char *at = strstr(report, object);

	at = at ? strstr(at, name) : NULL;
	at = at ? strchr(at, ':') : NULL;
	if (!at)
		nsrig_fail("no %s of %s in the report: %s", name, object, report);
	return strtod(at + 1, NULL);
}

static void uplink_bounds_throughput(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_program *server;
	const struct nsrig_result *client;
	double rate;

	nsrig_require_program("iperf3", "Debian: iperf3");
	server = nsrig_spawn(
		rig, "server", "iperf3 --server --one-off --forceflush", .env = {"TMPDIR=/run"});
	nsrig_assert_ok(nsrig_wait_listening(server, "tcp *:5201", NSRIG_WAIT_MS));

	client = nsrig_assert_run(rig, "client", "iperf3 --client 10.0.0.2 --time 2 --json",
		.env = {"TMPDIR=/run"}, .ms = PATIENCE_MS);
	rate = number(client->out, "\"sum_received\"", "\"bits_per_second\"");
	printf("iperf3: %.2f Mbit/s\n", rate / 1e6);
	/* Headers take a part of the 8 Mbit/s; a slow machine may lose a little more. */
	assert_true(rate < 8.1e6);
	assert_true(rate > 4e6);
	nsrig_assert_exit(server, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(uplink_bounds_throughput, &uplink),
	};

	return nsrig_main(argc, argv, tests);
}
