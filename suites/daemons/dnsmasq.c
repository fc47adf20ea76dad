// SPDX-License-Identifier: MIT
/*
 * dnsmasq as the server of a small network: dhcpcd gets an IPv4 and an IPv6 address and the address
 * of the name server from it, and resolves names there. Neither touches the machine's own files.
 *
 *	+----------------+       +--------+
 *	| server         |       | client |
 *	|           eth0 |=======| eth0   |
 *	|    10.0.0.1/24 |       |        |
 *	| 2001:db8::1/64 |       |        |
 *	+----------------+       +--------+
 */
#include "patience.h"

#include <sys/socket.h>

static const struct nsrig_topo lan = {
	.links = {NSRIG_VETH("server:eth0 10.0.0.1/24 2001:db8::1/64", "client:eth0")},
};

/* dnsmasq must not change its user: without root, nsrig's user namespace has only one. */
static const char dnsmasq_conf[] = "user=root\n"
				   "group=\n"
				   "keep-in-foreground\n"
				   "log-facility=-\n"
				   "pid-file=\n"
				   "no-resolv\n"
				   "no-hosts\n"
				   "no-ping\n"
				   "interface=eth0\n"
				   "bind-interfaces\n"
				   "domain=example.test\n"
				   "local=/example.test/\n"
				   "host-record=www.example.test,192.0.2.80,2001:db8:80::1\n"
				   "dhcp-leasefile=/run/leases\n"
				   "dhcp-authoritative\n"
				   "dhcp-range=10.0.0.100,10.0.0.100,1h\n"
				   "dhcp-range=2001:db8::100,2001:db8::100,64,1h\n"
				   "enable-ra\n";

static struct nsrig_program *start_dnsmasq(struct nsrig *rig)
{
	struct nsrig_program *dnsmasq =
		nsrig_spawn(rig, "server", "dnsmasq --conf-file=/run/dnsmasq.conf",
			.files = {{"/run/dnsmasq.conf", .text = dnsmasq_conf}});
	nsrig_assert_ok(nsrig_wait_listening(dnsmasq, "udp 10.0.0.1:53", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_wait_listening(dnsmasq, "udp *:67", NSRIG_WAIT_MS));
	return dnsmasq;
}

/* A command that ends, and leaves the address on the link. */
static void udhcpc_gets_a_lease(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	struct nsrig_program *dnsmasq;

	nsrig_require_program("dnsmasq", "Debian: dnsmasq-base");
	nsrig_require_program("udhcpc", "Debian: udhcpc");
	dnsmasq = start_dnsmasq(rig);
	nsrig_assert_run(rig, "client", "udhcpc --foreground --quit --now -i eth0 -t 10 -T 1",
		.files = {{"/etc/resolv.conf", .text = ""}}, .ms = PATIENCE_MS);
	nsrig_assert_ok(nsrig_wait_line(dnsmasq, "DHCPACK\\(eth0\\) 10.0.0.100", NSRIG_WAIT_MS));
	nsrig_assert_addr(client, "10.0.0.100/24 dev eth0");
	nsrig_assert_route(client, "default via 10.0.0.1 dev eth0");
	nsrig_assert_dns(rig, "client", "udp server", "www.example.test", "192.0.2.80");
	nsrig_assert_dns(rig, "client", "udp server", "none.example.test", "NXDOMAIN");
}

/*
 * A daemon that keeps running. Without an entry in /etc/passwd it can't change its user, and stays
 * root.
 */
static void dhcpcd_gets_leases_of_both_families(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	struct nsrig_program *dnsmasq;

	nsrig_require_program("dnsmasq", "Debian: dnsmasq-base");
	nsrig_require_program("dhcpcd", "Debian: dhcpcd-base");
	dnsmasq = start_dnsmasq(rig);
	nsrig_spawn(rig, "client", "dhcpcd --nobackground --config /run/dhcpcd.conf eth0",
		.files = {
			{"/run/dhcpcd.conf", .text = "noarp\nipv6rs\noption domain_name_servers\n"},
			{"/etc/passwd", .text = "root:x:0:0::/:/bin/sh\n"},
			{"/etc/resolv.conf", .text = ""}, {.path = "/var/lib/dhcpcd"}});
	nsrig_assert_ok(nsrig_wait_addr_is(client, "10.0.0.100/24 dev eth0", PATIENCE_MS));
	nsrig_assert_ok(nsrig_wait_route(client, "default via 10.0.0.1", PATIENCE_MS));
	nsrig_assert_ok(nsrig_wait_line(dnsmasq, "DHCPREPLY\\(eth0\\)", PATIENCE_MS));
	nsrig_assert_ok(nsrig_wait_addr(client, "2001:db8::100", PATIENCE_MS));
	/* Only router advertisements announce IPv6 routers, by their link-local addresses. */
	nsrig_assert_ok(nsrig_wait_route(client, "::/0 dev eth0 proto ra", PATIENCE_MS));

	nsrig_assert_dns(rig, "client", "udp server", "www.example.test AAAA", "2001:db8:80::1",
		.family = AF_INET6, .src = "2001:db8::100");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(udhcpc_gets_a_lease, &lan),
		nsrig_test(dhcpcd_gets_leases_of_both_families, &lan),
	};

	return nsrig_main(argc, argv, tests);
}
