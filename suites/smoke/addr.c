// SPDX-License-Identifier: MIT
/*
 * Does this kernel manage its addresses, answer for them, carry multicast, and fragment and
 * reassemble datagrams?
 *
 *	client               router               server
 *	  eth0 10.0.1.1/24 ==== eth0 10.0.1.254/24
 *	  2001:db8:1::1/64      2001:db8:1::fe/64
 *	                        eth1 10.0.2.254/24 ==== eth0 10.0.2.1/24
 *	                        2001:db8:2::fe/64       2001:db8:2::1/64
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/in6.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>
#include <linux/udp.h>
#include <netinet/icmp6.h>
#include <netinet/ip_icmp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 4242

static const struct nsrig_topo routed = {
	.text = "host router forwarding\n"
		"veth client:eth0 10.0.1.1/24 2001:db8:1::1/64 -- router:eth0 10.0.1.254/24 "
		"2001:db8:1::fe/64\n"
		"veth router:eth1 10.0.2.254/24 2001:db8:2::fe/64 -- server:eth0 10.0.2.1/24 "
		"2001:db8:2::1/64\n"
		"routing\n",
};

/* ---- addresses ------------------------------------------------------------------------------- */

static void dad_finds_a_duplicate(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");

	nsrig_assert_ok(nsrig_sysctl_set(client, "net.ipv6.conf.eth0.accept_dad", "1"));
	nsrig_assert_ok(nsrig_sysctl_set(client, "net.ipv6.conf.all.accept_dad", "1"));
	nsrig_assert_ok(nsrig_addr_add_dad(client, "eth0", "2001:db8:1::fe/64"));
	nsrig_assert_ok(nsrig_wait_addr_is(
		client, "2001:db8:1::fe/64 dev eth0 dadfailed", SMOKE_PATIENCE_MS));
	nsrig_assert_ok(nsrig_addr_add_dad(client, "eth0", "2001:db8:1::fd/64"));
	nsrig_assert_ok(nsrig_wait_addr(client, "2001:db8:1::fd", SMOKE_PATIENCE_MS));
}

/* host eth0 ====== eth0 router */
static const struct nsrig_topo alone = {
	.text = "host host sysctl net.ipv6.conf.default.accept_ra=1\n"
		"veth host:eth0 -- router:eth0\n"};

/* Sends a router advertisement to all nodes, with this prefix and the router as default gateway. */
static void advertise(struct nsrig *rig, const char *prefix)
{
	struct {
		struct nd_router_advert ra;
		struct nd_opt_prefix_info info;
	} message = {
		.ra = {.nd_ra_type = ND_ROUTER_ADVERT,
			.nd_ra_curhoplimit = 64,
			.nd_ra_router_lifetime = htons(1800)},
		.info = {.nd_opt_pi_type = ND_OPT_PREFIX_INFORMATION,
			.nd_opt_pi_len = 4,
			.nd_opt_pi_prefix_len = 64,
			.nd_opt_pi_flags_reserved = ND_OPT_PI_FLAG_ONLINK | ND_OPT_PI_FLAG_AUTO,
			.nd_opt_pi_valid_time = htonl(86400),
			.nd_opt_pi_preferred_time = htonl(14400)},
	};
	struct nsrig_ns *router = nsrig_host(rig, "router");
	struct sockaddr_in6 to = {
		.sin6_family = AF_INET6, .sin6_scope_id = smoke_index(router, "eth0")};
	const int hops = 255;
	int fd = nsrig_assert_ok(nsrig_socket(router, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));

	assert_int_equal(inet_pton(AF_INET6, prefix, &message.info.nd_opt_pi_prefix), 1);
	assert_int_equal(inet_pton(AF_INET6, "ff02::1", &to.sin6_addr), 1);
	assert_return_code(
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops)), errno);
	assert_int_equal(
		sendto(fd, &message, sizeof(message), 0, (struct sockaddr *)&to, sizeof(to)),
		sizeof(message));
	close(fd);
}

static void router_advertisement_gives_an_address_and_a_route(void **state)
{
	struct nsrig_ns *host = nsrig_host(*state, "host");

	nsrig_assert_no_addr(host, "dev eth0 scope global");
	nsrig_assert_no_route(host, "::/0");
	advertise(*state, "2001:db8:7::");
	nsrig_assert_ok(nsrig_wait_addr_is(host, "dev eth0 scope global", SMOKE_PATIENCE_MS));
	nsrig_assert_ok(nsrig_wait_route(host, "::/0 dev eth0 proto ra", SMOKE_PATIENCE_MS));
	nsrig_assert_ok(nsrig_wait_route(host, "2001:db8:7::/64 dev eth0", SMOKE_PATIENCE_MS));
}

static void router_advertisement_is_refused_if_told(void **state)
{
	struct nsrig_ns *host = nsrig_host(*state, "host");
	struct nsrig_capture *wire = nsrig_capture(*state, "host:eth0", "icmp6");

	nsrig_assert_ok(nsrig_sysctl_set(host, "net.ipv6.conf.eth0.accept_ra", "0"));
	advertise(*state, "2001:db8:7::");
	nsrig_assert_packets(wire, ">= 1", "icmp6[icmp6type] == icmp6-routeradvert", NSRIG_WAIT_MS);
	assert_int_equal(nsrig_wait_addr_is(host, "dev eth0 scope global", 300), -ETIMEDOUT);
}

static void temporary_address_is_made(void **state)
{
	struct nsrig_ns *host = nsrig_host(*state, "host");

	nsrig_require_sysctl("net.ipv6.conf.all.use_tempaddr");
	nsrig_assert_ok(nsrig_sysctl_set(host, "net.ipv6.conf.eth0.use_tempaddr", "2"));
	advertise(*state, "2001:db8:7::");
	nsrig_assert_ok(
		nsrig_wait_addr_is(host, "dev eth0 scope global temporary", SMOKE_PATIENCE_MS));
}

static void nonlocal_address_can_be_had_if_told(void **state)
{
	struct nsrig_ns *client = nsrig_host(*state, "client");
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("192.0.2.7")};
	int fd = nsrig_assert_ok(nsrig_socket(client, AF_INET, SOCK_DGRAM, 0));

	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), -1);
	assert_int_equal(errno, EADDRNOTAVAIL);
	nsrig_assert_ok(nsrig_sysctl_set(client, "net.ipv4.ip_nonlocal_bind", "1"));
	assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);
	close(fd);
}

/* The server's other address, which isn't on the link that receives the request. */
static void arp_ignore_keeps_to_the_link(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *router = nsrig_host(rig, "router");

	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "client"), "10.0.2.254 dev eth0"));
	nsrig_assert_ok(nsrig_sysctl_set(router, "net.ipv4.conf.eth0.arp_ignore", "1"));
	nsrig_assert_no_reach(rig, "client", "icmp 10.0.2.254");
	nsrig_assert_ok(nsrig_sysctl_set(router, "net.ipv4.conf.eth0.arp_ignore", "0"));
	nsrig_assert_reach(rig, "client", "icmp 10.0.2.254", .eventually = SMOKE_PATIENCE_MS);
}

/* ---- groups ---------------------------------------------------------------------------------- */

static void joining_is_told_by_igmp(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "router:eth1", "inbound and igmp");
	int member = smoke_join(nsrig_host(*state, "server"), "239.1.2.3", PORT);

	/* An IGMPv3 report to all routers that speak it: this group now excludes no source. */
	nsrig_assert_packets(wire, ">= 1",
		"dst host 224.0.0.22 and ip[24] == 0x22 and ip[32] == 4 and ip[36:4] == 0xef010203",
		SMOKE_PATIENCE_MS);
	close(member);
}

static void joining_is_told_by_mld(void **state)
{
	struct nsrig_capture *wire =
		nsrig_capture(*state, "router:eth1", "inbound and ip6 dst host ff02::16");
	int member;

	nsrig_assert_ok(
		nsrig_wait_addr(nsrig_host(*state, "server"), "2001:db8:2::1", NSRIG_WAIT_MS));
	member = smoke_join(nsrig_host(*state, "server"), "ff05::123", PORT);
	/*
	 * An MLDv2 report with a hop-by-hop header: the same for this group, in one or two records.
	 */
	nsrig_assert_packets(wire, ">= 1",
		"ip6[48] == 143 and ((ip6[56] == 4 and ip6[60:4] == 0xff050000) or "
		"(ip6[76] == 4 and ip6[80:4] == 0xff050000))",
		SMOKE_PATIENCE_MS);
	close(member);
}

static void say_to_group(struct nsrig *rig, const char *group)
{
	struct nsrig_ns *client = nsrig_host(rig, "client");
	int fd = nsrig_assert_ok(smoke_connect(client, SOCK_DGRAM, group, PORT));
	const int hops = 8;

	if (strchr(group, ':'))
		setsockopt(fd, IPPROTO_IPV6, IPV6_MULTICAST_HOPS, &hops, sizeof(hops));
	else
		setsockopt(fd, IPPROTO_IP, IP_MULTICAST_TTL, &hops, sizeof(hops));
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	close(fd);
}

static void multicast_is_routed_for_ipv4(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *router = nsrig_host(rig, "router");
	struct vifctl in = {.vifc_vifi = 0, .vifc_flags = VIFF_USE_IFINDEX, .vifc_threshold = 1};
	struct vifctl out = {.vifc_vifi = 1, .vifc_flags = VIFF_USE_IFINDEX, .vifc_threshold = 1};
	struct mfcctl way = {.mfcc_parent = 0, .mfcc_ttls = {0, 1}};
	int fd = nsrig_assert_ok(nsrig_socket(router, AF_INET, SOCK_RAW, IPPROTO_IGMP));
	int member = smoke_join(nsrig_host(rig, "server"), "239.1.2.3", PORT);
	const int on = 1;

	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "client"), "239.0.0.0/8 dev eth0"));
	nsrig_require(setsockopt(fd, IPPROTO_IP, MRT_INIT, &on, sizeof(on)) < 0 ? -errno : 0,
		"CONFIG_IP_MROUTE");
	say_to_group(rig, "239.1.2.3");
	assert_false(smoke_readable(member, 300));
	in.vifc_lcl_ifindex = smoke_index(router, "eth0");
	out.vifc_lcl_ifindex = smoke_index(router, "eth1");
	inet_pton(AF_INET, "10.0.1.1", &way.mfcc_origin);
	inet_pton(AF_INET, "239.1.2.3", &way.mfcc_mcastgrp);
	assert_return_code(setsockopt(fd, IPPROTO_IP, MRT_ADD_VIF, &in, sizeof(in)), errno);
	assert_return_code(setsockopt(fd, IPPROTO_IP, MRT_ADD_VIF, &out, sizeof(out)), errno);
	assert_return_code(setsockopt(fd, IPPROTO_IP, MRT_ADD_MFC, &way, sizeof(way)), errno);
	say_to_group(rig, "239.1.2.3");
	assert_true(smoke_readable(member, SMOKE_PATIENCE_MS));
	close(member);
	close(fd);
}

static void multicast_is_routed_for_ipv6(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *router = nsrig_host(rig, "router");
	struct mif6ctl in = {.mif6c_mifi = 0, .vifc_threshold = 1},
		       out = {.mif6c_mifi = 1, .vifc_threshold = 1};
	struct mf6cctl way = {.mf6cc_parent = 0};
	int fd = nsrig_assert_ok(nsrig_socket(router, AF_INET6, SOCK_RAW, IPPROTO_ICMPV6));
	int member = smoke_join(nsrig_host(rig, "server"), "ff05::123", PORT);
	const int on = 1;

	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "client"), "ff05::/16 dev eth0 table 255"));
	nsrig_require(setsockopt(fd, IPPROTO_IPV6, MRT6_INIT, &on, sizeof(on)) < 0 ? -errno : 0,
		"CONFIG_IPV6_MROUTE");
	say_to_group(rig, "ff05::123");
	assert_false(smoke_readable(member, 300));
	in.mif6c_pifi = smoke_index(router, "eth0");
	out.mif6c_pifi = smoke_index(router, "eth1");
	inet_pton(AF_INET6, "2001:db8:1::1", &way.mf6cc_origin.sin6_addr);
	inet_pton(AF_INET6, "ff05::123", &way.mf6cc_mcastgrp.sin6_addr);
	IF_SET(1, &way.mf6cc_ifset);
	assert_return_code(setsockopt(fd, IPPROTO_IPV6, MRT6_ADD_MIF, &in, sizeof(in)), errno);
	assert_return_code(setsockopt(fd, IPPROTO_IPV6, MRT6_ADD_MIF, &out, sizeof(out)), errno);
	assert_return_code(setsockopt(fd, IPPROTO_IPV6, MRT6_ADD_MFC, &way, sizeof(way)), errno);
	say_to_group(rig, "ff05::123");
	assert_true(smoke_readable(member, SMOKE_PATIENCE_MS));
	close(member);
	close(fd);
}

/*
 * An address that several hosts of the network may share: packets to it reach a host that has
 * joined it.
 */
static void anycast_address_is_answered(void **state)
{
	struct nsrig *rig = *state;
	struct ipv6_mreq mreq = {
		.ipv6mr_interface = smoke_index(nsrig_host(rig, "server"), "eth0")};
	int heard = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "::", PORT);
	int fd = nsrig_assert_ok(
		smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "2001:db8:2::aaaa", PORT));

	assert_int_equal(send(fd, "hello", 5, 0), 5);
	assert_false(smoke_readable(heard, 300));
	inet_pton(AF_INET6, "2001:db8:2::aaaa", &mreq.ipv6mr_multiaddr);
	assert_return_code(
		setsockopt(heard, IPPROTO_IPV6, IPV6_JOIN_ANYCAST, &mreq, sizeof(mreq)), errno);
	close(fd);
	fd = nsrig_assert_ok(
		smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "2001:db8:2::aaaa", PORT));
	/* The router may still have the failed entry in its neighbour table. */
	do {
		send(fd, "hello", 5, 0);
	} while (!smoke_readable(heard, 200));
	close(fd);
	close(heard);
}

/* ---- fragments ------------------------------------------------------------------------------- */

static void datagrams_are_fragmented_and_put_together(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "server:eth0", "inbound");

	nsrig_assert_reach(*state, "client", "udp server", .size = 4000);
	/* Three fragments per datagram; the request may be repeated. */
	nsrig_assert_packets(wire, ">= 3", "ip[6:2] & 0x3fff != 0", NSRIG_WAIT_MS);
	nsrig_assert_reach(*state, "client", "udp server", .size = 4000, .family = AF_INET6);
	nsrig_assert_packets(wire, ">= 3", "ip6 proto 44", NSRIG_WAIT_MS);
}

/* IPv4 routers fragment a packet if their next link has a smaller MTU. */
static void router_fragments_for_a_narrow_link(void **state)
{
	struct nsrig_capture *wide = nsrig_capture(*state, "router:eth0", "inbound and udp");
	struct nsrig_capture *narrow = nsrig_capture(*state, "server:eth0", "inbound");

	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(*state, "router"), "eth1", 1300));
	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(*state, "server"), "eth0", 1300));
	nsrig_assert_reach(*state, "client", "udp server", .size = 1400);
	nsrig_assert_packets(wide, ">= 1", "ip[6:2] & 0x3fff == 0", NSRIG_WAIT_MS);
	nsrig_assert_packets(narrow, ">= 2", "ip[6:2] & 0x3fff != 0", NSRIG_WAIT_MS);
}

/* No group may open one until a sysctl allows it. */
static void ping_socket_needs_no_privilege(void **state)
{
	struct nsrig_ns *client = nsrig_host(*state, "client");
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = inet_addr("10.0.2.1")};
	struct icmphdr echo = {.type = ICMP_ECHO};
	int fd;

	assert_int_equal(nsrig_socket(client, AF_INET, SOCK_DGRAM, IPPROTO_ICMP), -EACCES);
	nsrig_assert_ok(nsrig_sysctl_set(client, "net.ipv4.ping_group_range", "0 0"));
	fd = nsrig_assert_ok(nsrig_socket(client, AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
	assert_int_equal(sendto(fd, &echo, sizeof(echo), 0, (struct sockaddr *)&to, sizeof(to)),
		sizeof(echo));
	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(fd, &echo, sizeof(echo), 0), sizeof(echo));
	assert_int_equal(echo.type, ICMP_ECHOREPLY);
	close(fd);
}

/* ---- many at once ---------------------------------------------------------------------------- */

static void send_ten_at_once(struct nsrig *rig)
{
	int fd = nsrig_assert_ok(
		smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "10.0.2.1", PORT));
	const int size = 100;
	char ten[1000] = "";

	nsrig_require(
		setsockopt(fd, IPPROTO_UDP, UDP_SEGMENT, &size, sizeof(size)) < 0 ? -errno : 0,
		"Linux 4.18");
	assert_int_equal(send(fd, ten, sizeof(ten), 0), sizeof(ten));
	close(fd);
}

static void udp_gso_sends_many_at_once(void **state)
{
	int heard = smoke_server(nsrig_host(*state, "server"), SOCK_DGRAM, "", PORT), i;
	char text[2000];

	send_ten_at_once(*state);
	for (i = 0; i < 10; i++) {
		assert_true(smoke_readable(heard, SMOKE_PATIENCE_MS));
		assert_int_equal(recv(heard, text, sizeof(text), 0), 100);
	}
	close(heard);
}

/* A socket that accepts several datagrams at once gets them in one buffer, and the size of each. */
static void udp_gro_receives_many_at_once(void **state)
{
	int heard = smoke_server(nsrig_host(*state, "server"), SOCK_DGRAM, "", PORT);
	char text[2000], control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {text, sizeof(text)};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	const int on = 1;

	nsrig_require(setsockopt(heard, IPPROTO_UDP, UDP_GRO, &on, sizeof(on)) < 0 ? -errno : 0,
		"Linux 5.0");
	send_ten_at_once(*state);
	assert_true(smoke_readable(heard, SMOKE_PATIENCE_MS));
	assert_int_equal(recvmsg(heard, &msg, 0), 1000);
	assert_non_null(CMSG_FIRSTHDR(&msg));
	assert_int_equal(CMSG_FIRSTHDR(&msg)->cmsg_type, UDP_GRO);
	assert_int_equal(*(int *)CMSG_DATA(CMSG_FIRSTHDR(&msg)), 100);
	close(heard);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(dad_finds_a_duplicate, &routed),
		nsrig_test(router_advertisement_gives_an_address_and_a_route, &alone),
		nsrig_test(router_advertisement_is_refused_if_told, &alone),
		nsrig_test(temporary_address_is_made, &alone),
		nsrig_test(nonlocal_address_can_be_had_if_told, &routed),
		nsrig_test(arp_ignore_keeps_to_the_link, &routed),
		nsrig_test(joining_is_told_by_igmp, &routed),
		nsrig_test(joining_is_told_by_mld, &routed),
		nsrig_test(multicast_is_routed_for_ipv4, &routed),
		nsrig_test(multicast_is_routed_for_ipv6, &routed),
		nsrig_test(anycast_address_is_answered, &routed),
		nsrig_test(datagrams_are_fragmented_and_put_together, &routed),
		nsrig_test(router_fragments_for_a_narrow_link, &routed),
		nsrig_test(ping_socket_needs_no_privilege, &routed),
		nsrig_test(udp_gso_sends_many_at_once, &routed),
		nsrig_test(udp_gro_receives_many_at_once, &routed),
	};

	return smoke_main(argc, argv, tests);
}
