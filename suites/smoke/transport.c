// SPDX-License-Identifier: MIT
/*
 * Does this kernel carry TCP, UDP and MPTCP between two namespaces, and refuse connections to
 * closed ports?
 *
 *	client eth0 10.0.0.1/24    ------ 10.0.0.2/24    eth0 server
 *	            2001:db8::1/64        2001:db8::2/64
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <linux/mptcp.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Headers before Linux 5.16 and glibc 2.33 lack these. */
#ifndef MPTCP_INFO
#define MPTCP_INFO 1
#endif
#ifndef SOL_MPTCP
#define SOL_MPTCP 284
#endif

#define OPEN_PORT 4242
#define CLOSED_PORT 4243

static const struct nsrig_topo pair = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24 2001:db8::1/64",
		"server:eth0 10.0.0.2/24 2001:db8::2/64")},
};

static void tcp_over_veth_ipv4(void **state)
{
	struct nsrig *rig = *state;

	smoke_assert_tcp(nsrig_host(rig, "client"), nsrig_host(rig, "server"), "10.0.0.2");
}

static void tcp_over_veth_ipv6(void **state)
{
	struct nsrig *rig = *state;

	smoke_assert_tcp(nsrig_host(rig, "client"), nsrig_host(rig, "server"), "2001:db8::2");
}

static void udp_over_veth_ipv4(void **state)
{
	struct nsrig *rig = *state;

	smoke_assert_udp(nsrig_host(rig, "client"), nsrig_host(rig, "server"), "10.0.0.2");
}

static void udp_over_veth_ipv6(void **state)
{
	struct nsrig *rig = *state;

	smoke_assert_udp(nsrig_host(rig, "client"), nsrig_host(rig, "server"), "2001:db8::2");
}

static void tcp_refused_on_closed_port(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	int server = smoke_server(nsrig_host(rig, "server"), SOCK_STREAM, "10.0.0.2", OPEN_PORT);
	int fd = smoke_connect(client, SOCK_STREAM, "10.0.0.2", OPEN_PORT);

	assert_return_code(fd, -fd);
	close(fd);
	close(server);

	fd = smoke_connect(client, SOCK_STREAM, "10.0.0.2", CLOSED_PORT);
	assert_int_equal(fd, -ECONNREFUSED);
}

static void udp_refused_on_closed_port(void **state)
{
	struct nsrig *rig = *state;
	int fd = smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "10.0.0.2", CLOSED_PORT);
	char buffer[16];

	/* The datagram is sent; the answer is the ICMP message "port unreachable". */
	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, "ask", 3, 0), 3);
	assert_int_equal(recv(fd, buffer, sizeof(buffer), 0), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
}

/* A connection that has fallen back to TCP works too: only this option shows the difference. */
static void assert_speaks_mptcp(int fd)
{
	struct mptcp_info info = {0};
	socklen_t size = sizeof(info);

	nsrig_require(
		getsockopt(fd, SOL_MPTCP, MPTCP_INFO, &info, &size) < 0 ? -errno : 0, "Linux 5.16");
	assert_false(info.mptcpi_flags & MPTCP_INFO_FLAG_FALLBACK);
	assert_true(info.mptcpi_flags & MPTCP_INFO_FLAG_REMOTE_KEY_RECEIVED);
}

static void mptcp_over_veth(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(OPEN_PORT)};
	struct nsrig *rig = *state;
	int client = smoke_mptcp(nsrig_host(rig, "client"));
	int server = smoke_mptcp(nsrig_host(rig, "server"));
	int accepted;
	char buffer[16];

	inet_pton(AF_INET, "10.0.0.2", &to.sin_addr);
	assert_return_code(bind(server, (struct sockaddr *)&to, sizeof(to)), errno);
	assert_return_code(listen(server, 1), errno);
	assert_return_code(connect(client, (struct sockaddr *)&to, sizeof(to)), errno);
	assert_return_code(accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC), errno);

	assert_int_equal(send(client, "ask", 3, 0), 3);
	assert_int_equal(recv(accepted, buffer, sizeof(buffer), 0), 3);
	assert_memory_equal(buffer, "ask", 3);
	assert_int_equal(send(accepted, "answer", 6, 0), 6);
	assert_int_equal(recv(client, buffer, sizeof(buffer), 0), 6);
	assert_memory_equal(buffer, "answer", 6);
	assert_speaks_mptcp(client);
	assert_speaks_mptcp(accepted);
	close(accepted);
	close(client);
	close(server);
}

/* A connection of another protocol, which carries a message. */
static void assert_connects(
	struct nsrig *rig, int type, int protocol, int service_level, const char *option)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(OPEN_PORT)};
	struct nsrig_ns *client = nsrig_host(rig, "client"), *server = nsrig_host(rig, "server");
	int listener = nsrig_require(nsrig_socket(server, AF_INET, type, protocol), option);
	int fd = nsrig_assert_ok(nsrig_socket(client, AF_INET, type, protocol)), taken;
	const uint32_t service = htonl(42);
	char heard[16] = "";

	if (service_level) {
		setsockopt(listener, service_level, 2 /* DCCP_SOCKOPT_SERVICE */, &service,
			sizeof(service));
		setsockopt(fd, service_level, 2, &service, sizeof(service));
	}
	assert_return_code(bind(listener, (struct sockaddr *)&at, sizeof(at)), errno);
	assert_return_code(listen(listener, 1), errno);
	at.sin_addr.s_addr = inet_addr("10.0.0.2");
	assert_return_code(connect(fd, (struct sockaddr *)&at, sizeof(at)), errno);
	taken = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_return_code(taken, errno);
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	assert_true(smoke_readable(taken, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(taken, heard, sizeof(heard), 0), 5);
	assert_string_equal(heard, "hello");
	close(taken);
	close(fd);
	close(listener);
}

static void sctp_connects(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "server:eth0", "ip proto 132");

	assert_connects(*state, SOCK_STREAM, IPPROTO_SCTP, 0, "CONFIG_IP_SCTP");
	nsrig_assert_packets(wire, ">= 4", NULL, NSRIG_WAIT_MS);
}

static void dccp_connects(void **state)
{
	int fd = nsrig_socket(nsrig_host(*state, "server"), AF_INET, SOCK_DCCP, IPPROTO_DCCP);

	/* Some distributions have it as a module that the kernel doesn't load automatically. */
	if (fd < 0 && nsrig_probe_config("CONFIG_IP_DCCP") == 0)
		nsrig_require_module("dccp");
	close(nsrig_require(fd, "CONFIG_IP_DCCP"));
	assert_connects(*state, SOCK_DCCP, IPPROTO_DCCP, 269 /* SOL_DCCP */, "CONFIG_IP_DCCP");
}

/* The checksum covers only the header: the data may be corrupted. */
static void udplite_covers_as_much_as_it_is_told(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "server:eth0", "ip proto 136");
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(OPEN_PORT)};
	const int coverage = 8;
	int heard = nsrig_require(
		nsrig_socket(nsrig_host(*state, "server"), AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE),
		"UDP-Lite");
	int fd = nsrig_assert_ok(
		nsrig_socket(nsrig_host(*state, "client"), AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE));
	char text[16];

	assert_return_code(bind(heard, (struct sockaddr *)&at, sizeof(at)), errno);
	at.sin_addr.s_addr = inet_addr("10.0.0.2");
	assert_return_code(setsockopt(fd, IPPROTO_UDPLITE, 10 /* UDPLITE_SEND_CSCOV */, &coverage,
				   sizeof(coverage)),
		errno);
	assert_int_equal(sendto(fd, "hello", 5, 0, (struct sockaddr *)&at, sizeof(at)), 5);
	assert_true(smoke_readable(heard, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(heard, text, sizeof(text), 0), 5);
	/* UDP-Lite has the coverage in place of UDP's length. */
	nsrig_assert_packets(wire, "== 1", "ip[24:2] == 8", NSRIG_SILENCE_MS);
	close(fd);
	close(heard);
}

/* ---- polling the network card ---------------------------------------------------------------- */

static void set_offload(struct nsrig *rig, const char *host, uint32_t what, uint32_t on)
{
	struct ethtool_value value = {.cmd = what, .data = on};
	struct ifreq ifr = {.ifr_name = "eth0", .ifr_data = (void *)&value};
	int fd = nsrig_assert_ok(nsrig_socket(nsrig_host(rig, host), AF_INET, SOCK_DGRAM, 0));

	assert_return_code(ioctl(fd, SIOCETHTOOL, &ifr), errno);
	close(fd);
}

/* Whether the socket takes a sent packet within this many milliseconds. */
static bool is_taken(int from, int to, int ms)
{
	char text[16];

	assert_int_equal(send(from, "hello", 5, 0), 5);
	if (!smoke_readable(to, ms))
		return false;
	assert_int_equal(recv(to, text, sizeof(text), 0), 5);
	return true;
}

/*
 * The server's link defers its interrupts for a minute after one of them. A socket that polls
 * doesn't need them.
 */
static void busy_poll_takes_what_waits_at_the_link(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client"), *server = nsrig_host(rig, "server");
	int to = smoke_server(server, SOCK_DGRAM, "", OPEN_PORT);
	int from = nsrig_assert_ok(smoke_connect(client, SOCK_DGRAM, "10.0.0.2", OPEN_PORT));
	int microseconds = 0, tries = 0;
	char text[16];

	nsrig_require_root();
	/* Since 5.13 packets wait at a veth. */
	nsrig_require_kernel(5, 13);
	nsrig_require(setsockopt(to, SOL_SOCKET, SO_BUSY_POLL, &microseconds, sizeof(int)) < 0
			      ? -errno
			      : 0,
		"CONFIG_NET_RX_BUSY_POLL");
	/* Otherwise a veth delivers sent packets at once, and there is nothing to poll for. */
	set_offload(rig, "client", ETHTOOL_STSO, 0);
	set_offload(rig, "server", ETHTOOL_SGRO, 1);
	assert_true(is_taken(from, to, SMOKE_PATIENCE_MS));
	nsrig_assert_run(rig, "server",
		"sh -c 'cd /sys/class/net/eth0 && echo 60000000000 >gro_flush_timeout && "
		"echo 1000 >napi_defer_hard_irqs'");
	while (is_taken(from, to, NSRIG_SILENCE_MS)) {
		if (++tries == 10)
			nsrig_fail("%d packets came, and did not wait", tries);
	}
	microseconds = 100;
	assert_return_code(
		setsockopt(to, SOL_SOCKET, SO_BUSY_POLL, &microseconds, sizeof(int)), errno);
	assert_int_equal(recv(to, text, sizeof(text), MSG_DONTWAIT), 5);
	close(from);
	close(to);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(tcp_over_veth_ipv4, &pair),
		nsrig_test(tcp_over_veth_ipv6, &pair),
		nsrig_test(udp_over_veth_ipv4, &pair),
		nsrig_test(udp_over_veth_ipv6, &pair),
		nsrig_test(tcp_refused_on_closed_port, &pair),
		nsrig_test(udp_refused_on_closed_port, &pair),
		nsrig_test(mptcp_over_veth, &pair),
		nsrig_test(sctp_connects, &pair),
		nsrig_test(dccp_connects, &pair),
		nsrig_test(busy_poll_takes_what_waits_at_the_link, &pair),
		nsrig_test(udplite_covers_as_much_as_it_is_told, &pair),
	};

	return smoke_main(argc, argv, tests);
}
