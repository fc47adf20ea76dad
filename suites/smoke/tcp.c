// SPDX-License-Identifier: MIT
/*
 * Does this kernel's TCP have these options, and do they work?
 *
 *	client eth0 10.0.0.1/24 ====== 10.0.0.2/24 eth0 server
 *	       eth1 10.0.1.1/24 ====== 10.0.1.2/24 eth1
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/errqueue.h>
#include <linux/filter.h>
#include <linux/mptcp.h>
#include <linux/netlink.h>

#include <linux/tls.h>
#include <netinet/tcp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 4242
/* Long enough to see that nothing arrives. */
#define SILENCE_MS 700

static const struct nsrig_topo pair = {
	.text = "veth client:eth0 10.0.0.1/24 -- server:eth0 10.0.0.2/24\n"
		"veth client:eth1 10.0.1.1/24 -- server:eth1 10.0.1.2/24\n",
};

static struct smoke_connection connect_both(struct nsrig *rig)
{
	return smoke_connect_both(
		nsrig_host(rig, "client"), nsrig_host(rig, "server"), "10.0.0.2", PORT);
}

static void set(int fd, int level, int option, int value)
{
	assert_return_code(setsockopt(fd, level, option, &value, sizeof(value)), errno);
}

static void set_sysctl(struct nsrig *rig, const char *host, const char *key, const char *value)
{
	nsrig_assert_ok(nsrig_sysctl_set(nsrig_host(rig, host), key, value));
}

static void assert_says(int from, int to, const char *text)
{
	char heard[128] = "";

	assert_int_equal(send(from, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	assert_true(smoke_readable(to, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(to, heard, sizeof(heard) - 1, 0), strlen(text));
	assert_string_equal(heard, text);
}

/* ---- options that both ends agree on --------------------------------------------------------- */

static bool agrees(struct nsrig *rig, int option)
{
	struct smoke_connection both = connect_both(rig);
	struct tcp_info info;
	socklen_t length = sizeof(info);

	assert_return_code(getsockopt(both.client, IPPROTO_TCP, TCP_INFO, &info, &length), errno);
	smoke_close_both(both);
	return info.tcpi_options & option;
}

static void tcp_agrees_on_sack(void **state)
{
	assert_true(agrees(*state, TCPI_OPT_SACK));
	set_sysctl(*state, "server", "net.ipv4.tcp_sack", "0");
	assert_false(agrees(*state, TCPI_OPT_SACK));
}

static void tcp_agrees_on_timestamps(void **state)
{
	assert_true(agrees(*state, TCPI_OPT_TIMESTAMPS));
	set_sysctl(*state, "client", "net.ipv4.tcp_timestamps", "0");
	assert_false(agrees(*state, TCPI_OPT_TIMESTAMPS));
}

static void tcp_agrees_on_window_scaling(void **state)
{
	assert_true(agrees(*state, TCPI_OPT_WSCALE));
	set_sysctl(*state, "server", "net.ipv4.tcp_window_scaling", "0");
	assert_false(agrees(*state, TCPI_OPT_WSCALE));
}

/* By default a host accepts ECN, but doesn't request it. */
static void tcp_agrees_on_ecn(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "server:eth0", "tcp");
	struct smoke_connection both;

	set_sysctl(*state, "client", "net.ipv4.tcp_ecn", "2");
	set_sysctl(*state, "server", "net.ipv4.tcp_ecn", "2");
	assert_false(agrees(*state, TCPI_OPT_ECN));
	nsrig_assert_packets(wire, "== 0", "ip[1] & 3 != 0", 0);
	set_sysctl(*state, "client", "net.ipv4.tcp_ecn", "1");
	assert_true(agrees(*state, TCPI_OPT_ECN));
	/* An ECN-capable packet says so in its IP header. */
	both = connect_both(*state);
	assert_says(both.client, both.server, "hello");
	nsrig_assert_packets(wire, ">= 1", "ip[1] & 3 == 2", NSRIG_WAIT_MS);
	smoke_close_both(both);
}

static void congestion_of(struct nsrig *rig, const char *host, char name[16])
{
	int fd = nsrig_assert_ok(nsrig_socket(nsrig_host(rig, host), AF_INET, SOCK_STREAM, 0));
	socklen_t length = 16;

	assert_return_code(getsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, name, &length), errno);
	close(fd);
}

/* A new namespace inherits the machine's setting, which is rarely this one. */
static void tcp_congestion_control_is_the_namespaces_own(void **state)
{
	char name[16] = "";

	congestion_of(*state, "server", name);
	if (!strcmp(name, "reno"))
		nsrig_skip("needs another congestion control than reno");
	set_sysctl(*state, "client", "net.ipv4.tcp_congestion_control", "reno");
	congestion_of(*state, "client", name);
	assert_string_equal(name, "reno");
	congestion_of(*state, "server", name);
	assert_string_not_equal(name, "reno");
	smoke_assert_tcp(nsrig_host(*state, "client"), nsrig_host(*state, "server"), "10.0.0.2");
}

/* The first connection gets a cookie; the second sends data with its SYN. */
static void tcp_fast_open_sends_with_the_first_segment(void **state)
{
	static const char with_data[] = "tcp[tcpflags] == tcp-syn and ip[2:2] - ((ip[0] & 0xf) << "
					"2) - ((tcp[12] & 0xf0) >> 2) != 0";
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct nsrig_capture *wire = nsrig_capture(*state, "server:eth0", with_data);
	int listener = smoke_server(nsrig_host(*state, "server"), SOCK_STREAM, "", PORT);
	int i, fd, taken;
	char heard[16];

	to.sin_addr.s_addr = inet_addr("10.0.0.2");
	set_sysctl(*state, "client", "net.ipv4.tcp_fastopen", "3");
	set_sysctl(*state, "server", "net.ipv4.tcp_fastopen", "3");
	set(listener, IPPROTO_TCP, TCP_FASTOPEN, 5);
	for (i = 0; i < 2; i++) {
		nsrig_assert_packets(wire, "== 0", NULL, 0);
		fd = nsrig_assert_ok(
			nsrig_socket(nsrig_host(*state, "client"), AF_INET, SOCK_STREAM, 0));
		assert_int_equal(
			sendto(fd, "hello", 5, MSG_FASTOPEN, (struct sockaddr *)&to, sizeof(to)),
			5);
		taken = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		assert_return_code(taken, errno);
		assert_true(smoke_readable(taken, SMOKE_PATIENCE_MS));
		assert_int_equal(recv(taken, heard, sizeof(heard), 0), 5);
		close(taken);
		close(fd);
	}
	nsrig_assert_packets(wire, "== 1", NULL, NSRIG_SILENCE_MS);
	close(listener);
}

/* ---- signatures ------------------------------------------------------------------------------ */

/* Whether a connection is established within this many milliseconds. */
static bool connects(int fd, int ms)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	struct pollfd pfd = {.fd = fd, .events = POLLOUT};
	int error = 0;
	socklen_t length = sizeof(error);

	to.sin_addr.s_addr = inet_addr("10.0.0.2");
	fcntl(fd, F_SETFL, O_NONBLOCK);
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0)
		return true;
	assert_int_equal(errno, EINPROGRESS);
	if (poll(&pfd, 1, smoke_scaled(ms)) <= 0)
		return false;
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length);
	return error == 0;
}

static void sign(int fd, const char *peer, const char *key)
{
	struct tcp_md5sig md5 = {.tcpm_keylen = strlen(key)};
	struct sockaddr_in *addr = (struct sockaddr_in *)&md5.tcpm_addr;

	addr->sin_family = AF_INET;
	addr->sin_addr.s_addr = inet_addr(peer);
	memcpy(md5.tcpm_key, key, strlen(key));
	nsrig_require(setsockopt(fd, IPPROTO_TCP, TCP_MD5SIG, &md5, sizeof(md5)) < 0 ? -errno : 0,
		"CONFIG_TCP_MD5SIG");
}

static void tcp_md5_lets_in_who_has_the_key(void **state)
{
	static const char *const keys[] = {"secret", "guess", NULL};
	int listener = smoke_server(nsrig_host(*state, "server"), SOCK_STREAM, "", PORT), fd;
	size_t i;

	sign(listener, "10.0.0.1", "secret");
	for (i = 0; i < 3; i++) {
		fd = nsrig_assert_ok(
			nsrig_socket(nsrig_host(*state, "client"), AF_INET, SOCK_STREAM, 0));
		if (keys[i])
			sign(fd, "10.0.0.2", keys[i]);
		assert_int_equal(connects(fd, i ? SILENCE_MS : SMOKE_PATIENCE_MS), i == 0);
		close(fd);
	}
	close(listener);
}

/* From linux/tcp.h since 6.7. */
#define AO_ADD_KEY 38

struct ao_add {
	struct sockaddr_storage addr;
	char algorithm[64];
	int32_t ifindex;
	uint32_t set_current : 1, set_rnext : 1, reserved : 30;
	uint16_t reserved2;
	uint8_t prefix, sndid, rcvid, maclen, keyflags, keylen;
	uint8_t key[80];
} __attribute__((aligned(8)));

static void authenticate(int fd, const char *peer, const char *key)
{
	struct ao_add ao = {.algorithm = "hmac(sha1)",
		.prefix = 32,
		.sndid = 1,
		.rcvid = 1,
		.keylen = strlen(key)};
	struct sockaddr_in *addr = (struct sockaddr_in *)&ao.addr;

	addr->sin_family = AF_INET;
	addr->sin_addr.s_addr = inet_addr(peer);
	memcpy(ao.key, key, strlen(key));
	nsrig_require(setsockopt(fd, IPPROTO_TCP, AO_ADD_KEY, &ao, sizeof(ao)) < 0 ? -errno : 0,
		"CONFIG_TCP_AO and CONFIG_CRYPTO_HMAC and CONFIG_CRYPTO_SHA1");
}

static void tcp_ao_lets_in_who_has_the_key(void **state)
{
	int listener = smoke_server(nsrig_host(*state, "server"), SOCK_STREAM, "", PORT), i, fd;

	authenticate(listener, "10.0.0.1", "secret");
	for (i = 0; i < 2; i++) {
		fd = nsrig_assert_ok(
			nsrig_socket(nsrig_host(*state, "client"), AF_INET, SOCK_STREAM, 0));
		authenticate(fd, "10.0.0.2", i ? "guess" : "secret");
		assert_int_equal(connects(fd, i ? SILENCE_MS : SMOKE_PATIENCE_MS), i == 0);
		close(fd);
	}
	close(listener);
}

/* ---- ends of connections --------------------------------------------------------------------- */

/* The server keeps running, but none of its packets arrive. */
static void silence(struct nsrig *rig)
{
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "server"), "blackhole 10.0.0.1"));
}

static void assert_times_out(int fd)
{
	char byte;

	assert_true(smoke_readable(fd, 60000));
	assert_int_equal(recv(fd, &byte, 1, 0), -1);
	assert_int_equal(errno, ETIMEDOUT);
}

static void tcp_keepalive_notices_a_silent_peer(void **state)
{
	struct smoke_connection both = connect_both(*state);

	set(both.client, IPPROTO_TCP, TCP_KEEPIDLE, 1);
	set(both.client, IPPROTO_TCP, TCP_KEEPINTVL, 1);
	set(both.client, IPPROTO_TCP, TCP_KEEPCNT, 2);
	set(both.client, SOL_SOCKET, SO_KEEPALIVE, 1);
	silence(*state);
	assert_times_out(both.client);
	smoke_close_both(both);
}

static void tcp_user_timeout_ends_what_is_not_acknowledged(void **state)
{
	struct smoke_connection both = connect_both(*state);

	set(both.client, IPPROTO_TCP, TCP_USER_TIMEOUT, 500);
	silence(*state);
	assert_int_equal(send(both.client, "hello", 5, 0), 5);
	assert_times_out(both.client);
	smoke_close_both(both);
}

/* Uses the only source port that is allowed. */
static int connect_once_more(struct nsrig *rig)
{
	return smoke_connect(nsrig_host(rig, "client"), SOCK_STREAM, "10.0.0.2", PORT);
}

/* While the kernel still remembers the previous connection. */
static void tcp_time_wait_is_reused_if_told(void **state)
{
	int listener = smoke_server(nsrig_host(*state, "server"), SOCK_STREAM, "", PORT), fd, taken,
	    tries;
	char byte;

	set_sysctl(*state, "client", "net.ipv4.ip_local_port_range", "5000 5000");
	set_sysctl(*state, "client", "net.ipv4.tcp_tw_reuse", "0");
	fd = nsrig_assert_ok(connect_once_more(*state));
	taken = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_return_code(taken, errno);
	close(fd);
	assert_int_equal(recv(taken, &byte, 1, 0), 0);
	close(taken);
	assert_int_equal(connect_once_more(*state), -EADDRNOTAVAIL);
	set_sysctl(*state, "client", "net.ipv4.tcp_tw_reuse", "1");
	/* The last segment of the previous connection must be a second old. */
	for (tries = 0; (fd = connect_once_more(*state)) == -EADDRNOTAVAIL && tries < 300; tries++)
		smoke_readable(listener, 100);
	nsrig_assert_ok(fd);
	close(fd);
	close(listener);
}

/* ---- several sockets ------------------------------------------------------------------------- */

static int open_sharing(struct nsrig *rig)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int fd = nsrig_assert_ok(nsrig_socket(nsrig_host(rig, "server"), AF_INET, SOCK_DGRAM, 0));

	set(fd, SOL_SOCKET, SO_REUSEPORT, 1);
	assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);
	return fd;
}

/* Of 64 datagrams from 64 ports, the number that the first socket receives. */
static int share_of_first(struct nsrig *rig, int first, int second)
{
	struct pollfd fds[] = {{.fd = first, .events = POLLIN}, {.fd = second, .events = POLLIN}};
	int i, fd, count = 0;
	char byte;

	for (i = 0; i < 64; i++) {
		fd = nsrig_assert_ok(
			smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "10.0.0.2", PORT));
		assert_int_equal(send(fd, "", 1, 0), 1);
		assert_true(poll(fds, 2, smoke_scaled(SMOKE_PATIENCE_MS)) > 0);
		count += fds[0].revents != 0;
		assert_int_equal(recv(fds[0].revents ? first : second, &byte, 1, 0), 1);
		close(fd);
	}
	return count;
}

static void reuseport_shares_out(void **state)
{
	int first = open_sharing(*state), second = open_sharing(*state);
	int count = share_of_first(*state, first, second);

	/* The chance that all go to one socket is 2^-63. */
	assert_true(count > 0 && count < 64);
	close(first);
	close(second);
}

static void reuseport_lets_a_filter_choose(void **state)
{
	struct sock_filter code[] = {BPF_STMT(BPF_RET | BPF_K, 1)};
	const struct sock_fprog program = {1, code};
	int first = open_sharing(*state), second = open_sharing(*state);

	assert_return_code(
		setsockopt(first, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)),
		errno);
	assert_int_equal(share_of_first(*state, first, second), 0);
	close(first);
	close(second);
}

/* ---- how data is sent ------------------------------------------------------------------------ */

static int is_in_clear(const struct nsrig_packet *packet, void *arg)
{
	return memmem(packet->data, packet->size, arg, strlen(arg)) != NULL;
}

static void encrypt(int fd, int direction)
{
	struct tls12_crypto_info_aes_gcm_128 info = {
		.info = {.version = TLS_1_2_VERSION, .cipher_type = TLS_CIPHER_AES_GCM_128},
		.iv = "12345678",
		.key = "0123456789abcde",
		.salt = "abc",
		.rec_seq = "",
	};
	int rc = setsockopt(fd, SOL_TCP, TCP_ULP, "tls", sizeof("tls")) < 0 ? -errno : 0;

	/* The kernel doesn't load this module for unprivileged users. */
	if (rc == -ENOENT && nsrig_probe_root() < 0)
		nsrig_skip("needs module tls");
	nsrig_require(rc, "CONFIG_TLS");
	assert_return_code(setsockopt(fd, SOL_TLS, direction, &info, sizeof(info)), errno);
}

static void ktls_encrypts_and_decrypts(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "server:eth0", "tcp");
	struct smoke_connection both = connect_both(*state);

	assert_says(both.client, both.server, "in the clear");
	encrypt(both.client, TLS_TX);
	encrypt(both.server, TLS_RX);
	nsrig_assert_ok(nsrig_capture_mark(wire));
	assert_says(both.client, both.server, "a secret");
	nsrig_assert_packets(wire, ">= 1", "tcp[tcpflags] & tcp-push != 0", NSRIG_WAIT_MS);
	assert_int_equal(nsrig_capture_each(wire, NULL, 0, is_in_clear, "a secret"), 0);
	/* The check itself works: the other direction is not encrypted, and its text is found. */
	assert_says(both.server, both.client, "in the clear");
	assert_int_equal(
		nsrig_capture_each(wire, NULL, NSRIG_WAIT_MS, is_in_clear, "in the clear"), 1);
	smoke_close_both(both);
}

static void zerocopy_tells_when_it_is_done(void **state)
{
	static char page[1 << 16];
	struct smoke_connection both = connect_both(*state);
	char control[256];
	struct msghdr msg = {.msg_control = control, .msg_controllen = sizeof(control)};
	struct pollfd pfd = {.fd = both.client};
	struct sock_extended_err *told;
	const int on = 1;
	size_t got = 0;
	ssize_t n;

	nsrig_require(
		setsockopt(both.client, SOL_SOCKET, SO_ZEROCOPY, &on, sizeof(on)) < 0 ? -errno : 0,
		"Linux 4.14");
	/* The kernel doesn't report copied data. */
	assert_says(both.client, both.server, "copied");
	assert_int_equal(recvmsg(both.client, &msg, MSG_ERRQUEUE | MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	n = send(both.client, page, sizeof(page), MSG_ZEROCOPY);
	assert_true(n > 0);
	while (got < (size_t)n) {
		ssize_t more = recv(both.server, page, sizeof(page), 0);

		assert_true(more > 0);
		got += (size_t)more;
	}
	assert_true(poll(&pfd, 1, smoke_scaled(SMOKE_PATIENCE_MS)) > 0);
	assert_return_code(recvmsg(both.client, &msg, MSG_ERRQUEUE), errno);
	assert_non_null(CMSG_FIRSTHDR(&msg));
	told = (struct sock_extended_err *)CMSG_DATA(CMSG_FIRSTHDR(&msg));
	assert_int_equal(told->ee_errno, 0);
	assert_int_equal(told->ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	smoke_close_both(both);
}

/* ---- several paths --------------------------------------------------------------------------- */

static int tell_mptcp(struct nsrig *rig, const char *host, struct nl_msg *msg)
{
	return smoke_netlink(nsrig_host(rig, host), NETLINK_GENERIC, msg);
}

static void let_one_more_path(struct nsrig *rig, const char *host, int family)
{
	struct nl_msg *msg = smoke_genl(family, MPTCP_PM_CMD_SET_LIMITS, MPTCP_PM_VER);

	assert_int_equal(nla_put_u32(msg, MPTCP_PM_ATTR_RCV_ADD_ADDRS, 1), 0);
	assert_int_equal(nla_put_u32(msg, MPTCP_PM_ATTR_SUBFLOWS, 1), 0);
	assert_int_equal(tell_mptcp(rig, host, msg), 0);
}

/* The server announces its second address, and the client connects to that too. */
static void mptcp_goes_on_by_the_other_path(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *second =
		nsrig_capture(rig, "server:eth1", "tcp[tcpflags] == tcp-ack");
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons(PORT)};
	int family, listener, client, taken, i;
	struct nl_msg *msg;
	struct nlattr *addr;

	listener = smoke_mptcp(nsrig_host(rig, "server"));
	family = nsrig_require(
		smoke_genl_family(nsrig_host(rig, "client"), MPTCP_PM_NAME), "CONFIG_MPTCP");
	let_one_more_path(rig, "client", family);
	let_one_more_path(rig, "server", family);
	msg = smoke_genl(family, MPTCP_PM_CMD_ADD_ADDR, MPTCP_PM_VER);
	addr = nla_nest_start(msg, MPTCP_PM_ATTR_ADDR | NLA_F_NESTED);
	assert_int_equal(nla_put_u16(msg, MPTCP_PM_ADDR_ATTR_FAMILY, AF_INET), 0);
	assert_int_equal(nla_put_u32(msg, MPTCP_PM_ADDR_ATTR_ADDR4, inet_addr("10.0.1.2")), 0);
	assert_int_equal(nla_put_u32(msg, MPTCP_PM_ADDR_ATTR_FLAGS, MPTCP_PM_ADDR_FLAG_SIGNAL), 0);
	nla_nest_end(msg, addr);
	assert_int_equal(tell_mptcp(rig, "server", msg), 0);

	assert_return_code(bind(listener, (struct sockaddr *)&at, sizeof(at)), errno);
	assert_return_code(listen(listener, 1), errno);
	at.sin_addr.s_addr = inet_addr("10.0.0.2");
	/* An MPTCP socket takes its limit on paths when it is created. */
	client = smoke_mptcp(nsrig_host(rig, "client"));
	assert_return_code(connect(client, (struct sockaddr *)&at, sizeof(at)), errno);
	taken = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_return_code(taken, errno);
	for (i = 0; i < 3; i++)
		assert_says(client, taken, "hello");
	nsrig_assert_packets(second, ">= 1", NULL, SMOKE_PATIENCE_MS);
	nsrig_assert_ok(nsrig_unplug(rig, "client:eth0"));
	for (i = 0; i < 3; i++) {
		char heard[8] = "";

		assert_int_equal(send(client, "still", 5, MSG_NOSIGNAL), 5);
		assert_true(smoke_readable(taken, 60000));
		assert_true(recv(taken, heard, sizeof(heard), 0) > 0);
	}
	close(taken);
	close(client);
	close(listener);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(tcp_agrees_on_sack, &pair),
		nsrig_test(tcp_agrees_on_timestamps, &pair),
		nsrig_test(tcp_agrees_on_window_scaling, &pair),
		nsrig_test(tcp_agrees_on_ecn, &pair),
		nsrig_test(tcp_congestion_control_is_the_namespaces_own, &pair),
		nsrig_test(tcp_fast_open_sends_with_the_first_segment, &pair),
		nsrig_test(tcp_md5_lets_in_who_has_the_key, &pair),
		nsrig_test(tcp_ao_lets_in_who_has_the_key, &pair),
		nsrig_test(tcp_keepalive_notices_a_silent_peer, &pair),
		nsrig_test(tcp_user_timeout_ends_what_is_not_acknowledged, &pair),
		nsrig_test(tcp_time_wait_is_reused_if_told, &pair),
		nsrig_test(reuseport_shares_out, &pair),
		nsrig_test(reuseport_lets_a_filter_choose, &pair),
		nsrig_test(ktls_encrypts_and_decrypts, &pair),
		nsrig_test(zerocopy_tells_when_it_is_done, &pair),
		nsrig_test(mptcp_goes_on_by_the_other_path, &pair),
	};

	return smoke_main(argc, argv, tests);
}
