// SPDX-License-Identifier: MIT
/*
 * helpers/echo: it returns what it receives, by each protocol.
 *
 *	client eth0 10.0.0.1/24    ====== 10.0.0.2/24    10.0.0.3/24    eth0 server
 *	            2001:db8::1/64        2001:db8::2/64 2001:db8::3/64
 */
#include "helper.h"
#include "suites/smoke/lib/smoke.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MEGABYTE (1 << 20)
#define CLIENTS 20

static const struct nsrig_topo pair = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24 2001:db8::1/64",
		"server:eth0 10.0.0.2/24 10.0.0.3/24 2001:db8::2/64 2001:db8::3/64")},
};

static int connect_to(struct nsrig *rig, int type, const char *addr, int port)
{
	int fd = smoke_connect(nsrig_host(rig, "client"), type, addr, port);

	assert_return_code(fd, -fd);
	return fd;
}

static void assert_word_comes_back(int fd)
{
	char said[16] = "";

	assert_int_equal(send(fd, "ask", 3, MSG_NOSIGNAL), 3);
	assert_true(smoke_readable(fd, HELPER_PATIENCE_MS));
	assert_int_equal(recv(fd, said, sizeof(said), 0), 3);
	assert_memory_equal(said, "ask", 3);
}

/* Sends up to this many bytes, as long as there is room. Returns the number sent. */
static size_t fill(int fd, const char *bytes, size_t most)
{
	size_t sent = 0;

	while (sent < most) {
		struct pollfd room = {.fd = fd, .events = POLLOUT};
		ssize_t n;

		/* Gives the other side time to show whether it reads more than it should. */
		if (poll(&room, 1, 200) == 0)
			break;
		n = send(fd, bytes + sent % MEGABYTE, MEGABYTE - sent % MEGABYTE,
			MSG_DONTWAIT | MSG_NOSIGNAL);
		assert_true(n > 0 || errno == EAGAIN);
		sent += n > 0 ? n : 0;
	}
	return sent;
}

/*
 * More data than the buffers hold: the server stops reading from a client that doesn't read.
 * Nothing is lost.
 */
static void assert_stream_comes_back(struct nsrig *rig, const char *addr, int port)
{
	static char bytes[MEGABYTE];
	int fd = connect_to(rig, SOCK_STREAM, addr, port);
	size_t sent, length, i;
	char *came;

	for (i = 0; i < MEGABYTE; i++)
		bytes[i] = i * 31 + (i >> 8);
	sent = fill(fd, bytes, 96 * MEGABYTE);
	assert_true(sent > MEGABYTE);
	assert_true(sent < 96 * MEGABYTE);
	assert_return_code(shutdown(fd, SHUT_WR), errno);
	came = helper_read_all(fd, &length);
	assert_int_equal(length, sent);
	for (i = 0; i < length; i += MEGABYTE)
		assert_memory_equal(came + i, bytes, length - i < MEGABYTE ? length - i : MEGABYTE);
	free(came);
	close(fd);
}

static void tcp(void **state)
{
	struct nsrig_program *echo;
	int fd;

	echo = helper_start(*state, "server",
		(char *[]){ECHO, "tcp:7", "tcp:10.0.0.2:8", "tcp:[2001:db8::2]:9", NULL});
	assert_stream_comes_back(*state, "10.0.0.2", 7);
	assert_stream_comes_back(*state, "2001:db8::2", 7);
	close(connect_to(*state, SOCK_STREAM, "10.0.0.2", 8));
	close(connect_to(*state, SOCK_STREAM, "2001:db8::2", 9));
	/* The server doesn't listen on the host's other address. */
	fd = smoke_connect(nsrig_host(*state, "client"), SOCK_STREAM, "10.0.0.3", 8);
	assert_int_equal(fd, -ECONNREFUSED);
	fd = smoke_connect(nsrig_host(*state, "client"), SOCK_STREAM, "2001:db8::3", 9);
	assert_int_equal(fd, -ECONNREFUSED);
	helper_stop(echo);
}

/* A connected socket receives only from the address that it has sent to. */
static void udp_answers_from_the_address_that_was_asked(void **state)
{
	static const char *const addrs[] = {"10.0.0.2", "10.0.0.3", "2001:db8::2", "2001:db8::3"};
	struct nsrig_program *echo;
	const char *out;
	size_t i;

	echo = helper_start(*state, "server", (char *[]){ECHO, "--totals", "udp:7", NULL});
	for (i = 0; i < 4; i++) {
		int fd = connect_to(*state, SOCK_DGRAM, addrs[i], 7);

		assert_word_comes_back(fd);
		/* An empty datagram is answered too. */
		assert_int_equal(send(fd, "", 0, 0), 0);
		assert_true(smoke_readable(fd, HELPER_PATIENCE_MS));
		assert_int_equal(recv(fd, (char[1]){0}, 1, 0), 0);
		close(fd);
	}
	out = helper_stop(echo);
	assert_string_equal(out, "connections=0 datagrams=8 answers=8 dropped=0 "
				 "bytes_received=12 bytes_sent=12\n");
}

static void sctp(void **state)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7)};
	struct nsrig_program *echo;
	int fd;

	/* Skips if the kernel doesn't support SCTP. */
	echo = helper_start(*state, "server", (char *[]){ECHO, "sctp:7", NULL});
	fd = nsrig_assert_ok(
		nsrig_socket(nsrig_host(*state, "client"), AF_INET, SOCK_STREAM, IPPROTO_SCTP));
	to.sin_addr.s_addr = htonl(0x0a000002);
	assert_return_code(connect(fd, (struct sockaddr *)&to, sizeof(to)), errno);
	assert_word_comes_back(fd);
	close(fd);
	helper_stop(echo);
}

static int connect_unix(struct nsrig *rig, struct nsrig_program *echo, int type, const char *path)
{
	struct sockaddr_un own = {.sun_family = AF_UNIX}, to = {.sun_family = AF_UNIX};
	int fd = nsrig_assert_ok(nsrig_socket(nsrig_host(rig, "server"), AF_UNIX, type, 0));

	/* The path is in the host's own /run. */
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", nsrig_program_path(echo, path));
	/*
	 * Without a name for our socket (here the kernel assigns one), the server could not answer.
	 */
	if (type == SOCK_DGRAM)
		assert_return_code(bind(fd, (struct sockaddr *)&own, sizeof(sa_family_t)), errno);
	assert_return_code(connect(fd, (struct sockaddr *)&to, sizeof(to)), errno);
	return fd;
}

static void unix_sockets(void **state)
{
	struct nsrig_program *echo;
	int stream, dgram, seqpacket;

	echo = helper_start(*state, "server",
		(char *[]){ECHO, "unix:/run/stream", "unix-dgram:/run/dgram",
			"unix-seqpacket:/run/seqpacket", "unix:@abstract", NULL});
	stream = connect_unix(*state, echo, SOCK_STREAM, "/run/stream");
	dgram = connect_unix(*state, echo, SOCK_DGRAM, "/run/dgram");
	seqpacket = connect_unix(*state, echo, SOCK_SEQPACKET, "/run/seqpacket");
	assert_word_comes_back(stream);
	assert_word_comes_back(dgram);
	assert_word_comes_back(seqpacket);
	/* A socket of another server isn't removed; an abstract socket belongs to its namespace. */
	helper_assert_refuses(*state, "server", 1, "a file is there already",
		(char *[]){ECHO, "unix:/run/stream", NULL});
	helper_assert_refuses(*state, "server", 1, "\"unix:@abstract\": Address already",
		(char *[]){ECHO, "unix:@abstract", NULL});
	assert_return_code(access(nsrig_program_path(echo, "/run/stream"), F_OK), errno);
	helper_stop(echo);
	close(stream);
	close(dgram);
	close(seqpacket);
	assert_string_equal(
		nsrig_assert_run(*state, "server", .line = "find /run -type s ! -name nsrig-*")
			->out,
		"");
}

/* More clients than the server may have descriptors: the others wait for their turn. */
static void clients_wait_for_descriptors(void **state)
{
	const struct rlimit few = {12, 12};
	struct nsrig_program *echo;
	const char *out;
	int fds[CLIENTS], i;

	echo = helper_start(*state, "server", (char *[]){ECHO, "--totals", "tcp:7", NULL});
	assert_return_code(prlimit(nsrig_program_pid(echo), RLIMIT_NOFILE, &few, NULL), errno);
	for (i = 0; i < CLIENTS; i++)
		fds[i] = connect_to(*state, SOCK_STREAM, "10.0.0.2", 7);
	for (i = 0; i < CLIENTS; i++) {
		assert_word_comes_back(fds[i]);
		close(fds[i]);
	}
	out = helper_stop(echo);
	assert_int_equal(helper_figure(out, "connections"), CLIENTS);
}

/* A client that resets its connection affects no other. */
static void a_broken_connection_is_let_go(void **state)
{
	const struct linger now = {.l_onoff = 1};
	static char bytes[MEGABYTE];
	struct nsrig_program *echo;
	int broken, other;

	echo = helper_start(*state, "server", (char *[]){ECHO, "tcp:7", NULL});
	other = connect_to(*state, SOCK_STREAM, "10.0.0.2", 7);
	broken = connect_to(*state, SOCK_STREAM, "10.0.0.2", 7);
	fill(broken, bytes, 96 * MEGABYTE);
	setsockopt(broken, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(broken);
	assert_word_comes_back(other);
	close(other);
	helper_stop(echo);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(tcp, &pair),
		nsrig_test(udp_answers_from_the_address_that_was_asked, &pair),
		nsrig_test(sctp, &pair),
		nsrig_test(unix_sockets, &pair),
		nsrig_test(clients_wait_for_descriptors, &pair),
		nsrig_test(a_broken_connection_is_let_go, &pair),
	};

	return nsrig_main(argc, argv, tests);
}
