// SPDX-License-Identifier: MIT
/*
 * OpenVPN between two hosts that trust each other's certificates: traffic of any size passes the
 * tunnel, and a stranger is refused.
 *
 *	+--------------+       +--------------+
 *	| left         |       | right        |
 *	|         eth0 |=======| eth0         |
 *	| 192.0.2.1/24 |       | 192.0.2.2/24 |
 *	+--------------+       +--------------+
 *	  tun0 10.9.0.1 - - - - - tun0 10.9.0.2
 */
#include "patience.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct nsrig_topo pair = {
	.links = {NSRIG_VETH("left:eth0 192.0.2.1/24", "right:eth0 192.0.2.2/24")},
};

/* Each end knows the fingerprint of the other's certificate, so no authority is needed. */
#define CONF                                                                                       \
	"dev tun0\n"                                                                               \
	"proto udp4\n"                                                                             \
	"keepalive 1 30\n"                                                                         \
	"cert /run/cert.pem\n"                                                                     \
	"key /run/key.pem\n"                                                                       \
	"dh none\n"                                                                                \
	"tls-timeout 1\n"
#define LEFT CONF "tls-server\nlocal 192.0.2.1\nifconfig 10.9.0.1 10.9.0.2\n"
#define RIGHT CONF "tls-client\nremote 192.0.2.1\nifconfig 10.9.0.2 10.9.0.1\n"

/* Creates a certificate. The command leaves it in its host's /run, where the daemon finds it. */
static void make_certificate(struct nsrig *rig, const char *host, char fingerprint[static 128])
{
	const struct nsrig_result *result;

	nsrig_require_program("openssl", "Debian: openssl");
	nsrig_assert_run(rig, host,
		"openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
		"-subj /CN=nsrig -keyout /run/key.pem -out /run/cert.pem");
	result = nsrig_assert_run(
		rig, host, "openssl x509 -in /run/cert.pem -noout -fingerprint -sha256");
	assert_int_equal(sscanf(result->out, "%*[^=]=%127s", fingerprint), 1);
}

static struct nsrig_program *start_openvpn(
	struct nsrig *rig, const char *host, const char *text, const char *peer)
{
	char conf[1024];

	snprintf(conf, sizeof(conf), "%speer-fingerprint %s\n", text, peer);
	return nsrig_spawn(rig, host, "openvpn --config /run/openvpn.conf",
		.files = {{"/run/openvpn.conf", .text = conf}});
}

static void needs(void)
{
	nsrig_require_program("openvpn", "Debian: openvpn");
	if (access("/dev/net/tun", R_OK | W_OK) < 0)
		nsrig_skip("needs /dev/net/tun, to be read and written: %s", strerror(errno));
}

static void tunnel_carries_packets(void **state)
{
	static const char completed[] = "Initialization Sequence Completed";
	struct nsrig *rig = *state;
	struct nsrig_program *server, *client;
	char left[128], right[128];

	needs();
	make_certificate(rig, "left", left);
	make_certificate(rig, "right", right);
	server = start_openvpn(rig, "left", LEFT, right);
	/* By sd_notify(3), ready means listening. Both daemons print when the tunnel is up. */
	nsrig_assert_ok(nsrig_wait_ready(server, PATIENCE_MS));
	client = start_openvpn(rig, "right", RIGHT, left);
	nsrig_assert_ok(nsrig_wait_line(server, completed, PATIENCE_MS));
	nsrig_assert_ok(nsrig_wait_line(client, completed, PATIENCE_MS));

	nsrig_assert_reach(rig, "left", "icmp 10.9.0.2", .size = 4000);
	nsrig_assert_reach(rig, "right", "icmp 10.9.0.1", .size = 4000);
	nsrig_assert_route_to(nsrig_host(rig, "right"), "10.9.0.1", "dev tun0 src 10.9.0.2");
}

static void stranger_is_refused(void **state)
{
	struct nsrig *rig = *state;
	char left[128], right[128];
	struct nsrig_program *server;

	needs();
	make_certificate(rig, "left", left);
	make_certificate(rig, "right", right);
	server = start_openvpn(rig, "left", LEFT, left);
	start_openvpn(rig, "right", RIGHT, left);
	nsrig_assert_ok(nsrig_wait_line(
		server, "peer-fingerprint certificate hash verification failed", PATIENCE_MS));
	nsrig_assert_no_reach(rig, "right", "icmp 10.9.0.1");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(tunnel_carries_packets, &pair),
		nsrig_test(stranger_is_refused, &pair),
	};

	return nsrig_main(argc, argv, tests);
}
