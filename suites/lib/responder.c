// SPDX-License-Identifier: MIT
#include "responder.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 70000

size_t responder_echo(const char *heard, size_t size, char *answer, size_t room)
{
	assert_true(size <= room);
	memcpy(answer, heard, size);
	return size;
}

static bool readable(const struct responder *responder, int fd)
{
	struct pollfd fds[] = {
		{.fd = fd, .events = POLLIN}, {.fd = responder->stopped, .events = POLLIN}};

	while (poll(fds, 2, -1) < 0 && errno == EINTR)
		;
	return !fds[1].revents;
}

/*
 * A stream has no message boundaries: this exposes a reader that takes the first piece for the
 * whole.
 */
static void send_in_pieces(int fd, const char *answer, size_t size)
{
	const int on = 1;
	size_t i, first = size < 16 ? size : 16;

	setsockopt(fd, SOL_TCP, TCP_NODELAY, &on, sizeof(on));
	for (i = 0; i < first; i++)
		send(fd, answer + i, 1, MSG_NOSIGNAL);
	send(fd, answer + first, size - first, MSG_NOSIGNAL);
}

static void serve_stream(const struct responder *responder, char *heard, char *answer)
{
	int fd = accept4(responder->fd, NULL, NULL, SOCK_CLOEXEC);
	size_t size = 0, out = 0;
	ssize_t n;

	while (fd >= 0 && !out && readable(responder, fd)) {
		n = recv(fd, heard + size, ROOM - size, 0);
		if (n <= 0)
			break;
		size += n;
		out = responder->answer(heard, size, answer, ROOM);
		send_in_pieces(fd, answer, out);
	}
	if (fd >= 0)
		close(fd);
}

static void serve_datagram(const struct responder *responder, char *heard, char *answer)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	ssize_t n = recvfrom(responder->fd, heard, ROOM, 0, (struct sockaddr *)&peer, &length);
	size_t out = n < 0 ? 0 : responder->answer(heard, n, answer, ROOM);

	if (out)
		sendto(responder->fd, answer, out, 0, (struct sockaddr *)&peer, length);
}

static void *serve(void *arg)
{
	static _Thread_local char heard[ROOM], answer[ROOM];
	struct responder *responder = arg;

	while (readable(responder, responder->fd)) {
		if (responder->stream)
			serve_stream(responder, heard, answer);
		else
			serve_datagram(responder, heard, answer);
	}
	return NULL;
}

void responder_start(struct responder *responder, struct nsrig_ns *ns, int family, int type,
	int port, responder_fn *answer)
{
	struct sockaddr_in6 any = {.sin6_family = family, .sin6_port = htons(port)};
	const int on = 1;
	int ends[2];

	responder->answer = answer;
	responder->stream = type == SOCK_STREAM;
	responder->fd = nsrig_assert_ok(nsrig_socket(ns, family, type, 0));
	setsockopt(responder->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/*
	 * In an IPv4 address, family and port have the same offsets as in IPv6; it is only shorter.
	 */
	assert_return_code(bind(responder->fd, (struct sockaddr *)&any,
				   family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(any)),
		errno);
	if (responder->stream)
		assert_return_code(listen(responder->fd, 8), errno);
	assert_return_code(pipe2(ends, O_CLOEXEC), errno);
	responder->stopped = ends[0];
	responder->stop = ends[1];
	assert_int_equal(pthread_create(&responder->thread, NULL, serve, responder), 0);
}

void responder_stop(struct responder *responder)
{
	close(responder->stop);
	pthread_join(responder->thread, NULL);
	close(responder->stopped);
	close(responder->fd);
}
