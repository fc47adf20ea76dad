// SPDX-License-Identifier: MIT
/*
 * lighttpd behind a router with NAT: clients connect to the router's address, the server answers,
 * and it sees the clients' own addresses.
 *
 *	+--------------+       +---------------------------+       +-------------+
 *	| client       |       | router, forwarding        |       | server      |
 *	|         eth0 |=======| wan                   lan |=======| eth0        |
 *	| 192.0.2.2/24 |       | 192.0.2.1/24  10.0.0.1/24 |       | 10.0.0.2/24 |
 *	+--------------+       +---------------------------+       +-------------+
 */
#include "patience.h"

static const struct nsrig_topo dnat = {
	.hosts = {"router forwarding"},
	.links = {NSRIG_VETH("client:eth0 192.0.2.2/24", "router:wan 192.0.2.1/24"),
		NSRIG_VETH("server:eth0 10.0.0.2/24", "router:lan 10.0.0.1/24")},
	.routes = {"server default via 10.0.0.1"},
	.nft = {"router {\n"
		"  table ip nat {\n"
		"    chain prerouting {\n"
		"      type nat hook prerouting priority dstnat\n"
		"      iifname wan tcp dport 8080 dnat to 10.0.0.2:80\n"
		"    }\n"
		"  }\n"
		"}"},
};

static const char lighttpd_conf[] = "server.port = 80\n"
				    "server.document-root = \"/run/www\"\n"
				    "server.modules = (\"mod_accesslog\")\n"
				    "accesslog.filename = \"/dev/stderr\"\n";

static void page_is_served_through_dnat(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_program *lighttpd;

	nsrig_require_program("lighttpd", "Debian: lighttpd");
	lighttpd = nsrig_spawn(rig, "server", "lighttpd -D -f /run/lighttpd.conf",
		.files = {{"/run/lighttpd.conf", .text = lighttpd_conf},
			{"/run/www/page", .text = "Hello.\n"}});
	nsrig_assert_ok(nsrig_wait_listening(lighttpd, "tcp *:80", NSRIG_WAIT_MS));

	nsrig_assert_answer(rig, "client", "tcp router:8080",
		.say = "GET /page HTTP/1.0\r\nHost: www.example.test\r\n\r\n",
		.expect = "HTTP/1.? 200 *\r\n\r\nHello.\n");
	nsrig_assert_ok(nsrig_wait_line(
		lighttpd, "^192\\.0\\.2\\.2 www\\.example\\.test .*GET /page", NSRIG_WAIT_MS));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(page_is_served_through_dnat, &dnat),
	};

	return nsrig_main(argc, argv, tests);
}
