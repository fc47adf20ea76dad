// SPDX-License-Identifier: MIT
/*
 * Listens, accepts, receives and sends. The protocols are in the helpers.
 *
 * For a port without an address, two sockets are opened, one for IPv4 and one for IPv6 only. Lists
 * of listening sockets then show both families.
 */
#include "service.h"

#include "helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The number of datagrams that are received before other events are handled. */
#define AT_ONCE 64

/* Receive buffer for the time when the helper isn't scheduled. The kernel may limit it. */
#define ROOM (8 << 20)

struct listener {
	struct watch watch; /* the first member: the handler casts it to the listener */
	struct service *service;
	struct endpoint endpoint;
	struct listener *next;
};

/* One buffer is enough: there is one thread, and data is handled before more is received. */
static char received[SERVICE_MOST];

/* ---- connections ----------------------------------------------------------------------------- */

static void watch_listeners(struct service *service, uint32_t events)
{
	struct listener *listener;

	for (listener = service->listeners; listener; listener = listener->next) {
		if (!endpoint_is_datagram(&listener->endpoint))
			loop_watch(&listener->watch, events);
	}
}

static void close_connection(struct connection *connection)
{
	struct service *service = connection->service;

	helper_log("%s is gone", endpoint_name(&connection->from, connection->from_length).text);
	if (service->closed)
		service->closed(connection);
	loop_forget(&connection->watch);
	close(connection->watch.fd);
	*connection->link = connection->next;
	if (connection->next)
		connection->next->link = connection->link;
	free(connection->unsent);
	free(connection);
	if (service->crowded) {
		service->crowded = false;
		watch_listeners(service, EPOLLIN);
	}
}

/*
 * The kernel then reports EPOLLHUP. wake_connection() closes it, when no function uses it any more.
 */
static void break_off(struct connection *connection)
{
	free(connection->unsent);
	connection->unsent = NULL;
	connection->unsent_length = 0;
	connection->ending = true;
	shutdown(connection->watch.fd, SHUT_RDWR);
}

/*
 * Returns the number of bytes sent; 0 if the socket buffer is full. An error breaks the connection.
 */
static size_t send_some(struct connection *connection, const char *data, size_t length)
{
	ssize_t n = send(connection->watch.fd, data, length, MSG_NOSIGNAL);

	if (n >= 0) {
		connection->service->count.sent += n;
		return n;
	}
	if (errno != EAGAIN && errno != EINTR) {
		helper_log("%s: %s", endpoint_name(&connection->from, connection->from_length).text,
			strerror(errno));
		break_off(connection);
	}
	return 0;
}

static void keep_unsent(struct connection *connection, const char *data, size_t length)
{
	char *more = realloc(connection->unsent, connection->unsent_length + length);

	if (!more) {
		break_off(connection);
		return;
	}
	memcpy(more + connection->unsent_length, data, length);
	connection->unsent = more;
	connection->unsent_length += length;
}

/* Selects the events to wait for. */
static void rewatch(struct connection *connection)
{
	loop_watch(&connection->watch, connection->unsent_length ? EPOLLOUT
				       : connection->heard_end   ? 0
								 : EPOLLIN);
}

void connection_send(struct connection *connection, const void *data, size_t length)
{
	const char *from = data;
	size_t n = 0;

	if (connection->ending)
		return;
	if (!connection->unsent_length)
		n = send_some(connection, from, length);
	if (n < length && !connection->ending)
		keep_unsent(connection, from + n, length - n);
	rewatch(connection);
}

void connection_end(struct connection *connection)
{
	if (connection->ending)
		return;
	connection->ending = true;
	if (!connection->unsent_length)
		shutdown(connection->watch.fd, SHUT_WR);
}

static void send_unsent(struct connection *connection)
{
	size_t n = send_some(connection, connection->unsent, connection->unsent_length);

	if (!connection->unsent_length)
		return;
	connection->unsent_length -= n;
	memmove(connection->unsent, connection->unsent + n, connection->unsent_length);
	if (!connection->unsent_length && connection->ending)
		shutdown(connection->watch.fd, SHUT_WR);
}

static void hear(struct connection *connection)
{
	ssize_t n = recv(connection->watch.fd, received, sizeof(received), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		helper_log("%s: %s", endpoint_name(&connection->from, connection->from_length).text,
			strerror(errno));
		break_off(connection);
		n = 0;
	}
	connection->heard_end = n == 0;
	connection->service->count.received += n;
	if (!connection->ending)
		connection->service->heard(connection, received, n);
}

static void wake_connection(struct watch *watch, uint32_t events)
{
	struct connection *connection = (struct connection *)watch;

	if (events & EPOLLOUT) {
		send_unsent(connection);
	} else if (events & EPOLLIN) {
		hear(connection);
	} else if (events & (EPOLLHUP | EPOLLERR)) {
		/* Both directions are closed, and all data before that has been read. */
		break_off(connection);
		connection->heard_end = true;
	}
	if (connection->heard_end && connection->ending && !connection->unsent_length)
		close_connection(connection);
	else
		rewatch(connection);
}

static void accept_one(struct listener *listener)
{
	struct service *service = listener->service;
	struct connection *connection = calloc(1, sizeof(*connection));

	if (!connection)
		return;
	connection->service = service;
	connection->watch.wake = wake_connection;
	connection->from_length = sizeof(connection->from);
	connection->watch.fd = accept4(listener->watch.fd, &connection->from.any,
		&connection->from_length, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (connection->watch.fd < 0) {
		/* Connections in the backlog are accepted after another one has been closed. */
		if (errno == EMFILE || errno == ENFILE) {
			helper_log("no descriptor is left for one more connection");
			service->crowded = true;
			watch_listeners(service, 0);
		}
		free(connection);
		return;
	}
	service->count.connections++;
	helper_log("%s connected to %s",
		endpoint_name(&connection->from, connection->from_length).text,
		listener->endpoint.text);
	connection->next = service->connections;
	connection->link = &service->connections;
	if (connection->next)
		connection->next->link = &connection->next;
	service->connections = connection;
	if (loop_watch(&connection->watch, EPOLLIN) < 0)
		close_connection(connection);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

union control {
	char room[256];
	struct cmsghdr align;
};

/*
 * Converts the kernel's timestamp to loop_now(). The stamp is in real time, and may be much older
 * if the helper wasn't scheduled.
 */
static uint64_t arrival(const struct timespec *stamp)
{
	uint64_t now = loop_now();
	struct timespec real;
	int64_t age;

	clock_gettime(CLOCK_REALTIME, &real);
	age = (real.tv_sec - stamp->tv_sec) * INT64_C(1000000000) + real.tv_nsec - stamp->tv_nsec;
	return age > 0 ? now - age : now;
}

static void read_control(struct datagram *datagram, struct msghdr *message)
{
	struct cmsghdr *part;

	datagram->arrived = loop_now();
	for (part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
		const void *data = CMSG_DATA(part);

		if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_TIMESTAMPNS)
			datagram->arrived = arrival(data);
		else if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SO_RXQ_OVFL)
			memcpy(&datagram->overflows, data, sizeof(datagram->overflows));
		else if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO)
			memcpy(&datagram->to.in, data, sizeof(datagram->to.in));
		else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO)
			memcpy(&datagram->to.in6, data, sizeof(datagram->to.in6));
	}
}

/* Receives one datagram. False if there was none. */
static bool receive(struct listener *listener)
{
	struct datagram datagram = {.listener = listener, .data = received};
	struct iovec data = {received, sizeof(received)};
	union control control;
	struct msghdr message = {
		.msg_name = &datagram.from,
		.msg_namelen = sizeof(datagram.from),
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(listener->watch.fd, &message, 0);

	if (n < 0)
		return errno == EINTR;
	datagram.from_length = message.msg_namelen;
	datagram.length = n;
	read_control(&datagram, &message);
	listener->service->count.datagrams++;
	listener->service->count.received += n;
	listener->service->datagram(&datagram);
	return true;
}

/* The message sets no link: normal routing selects it, so the answer takes the way back. */
static void *put_control(struct msghdr *message, int level, int type, size_t size)
{
	struct cmsghdr *part = message->msg_control;

	memset(part, 0, CMSG_SPACE(size));
	message->msg_controllen = CMSG_SPACE(size);
	part->cmsg_level = level;
	part->cmsg_type = type;
	part->cmsg_len = CMSG_LEN(size);
	return CMSG_DATA(part);
}

void datagram_answer(const struct datagram *datagram, const void *data, size_t length)
{
	struct service *service = datagram->listener->service;
	struct iovec part = {(void *)data, length};
	union control control;
	struct msghdr message = {
		.msg_name = (void *)&datagram->from,
		.msg_namelen = datagram->from_length,
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = &control,
	};

	if (datagram->from.any.sa_family == AF_INET)
		((struct in_pktinfo *)put_control(
			 &message, IPPROTO_IP, IP_PKTINFO, sizeof(struct in_pktinfo)))
			->ipi_spec_dst = datagram->to.in.ipi_spec_dst;
	else if (datagram->from.any.sa_family == AF_INET6 &&
		 !IN6_IS_ADDR_MULTICAST(&datagram->to.in6.ipi6_addr))
		((struct in6_pktinfo *)put_control(
			 &message, IPPROTO_IPV6, IPV6_PKTINFO, sizeof(struct in6_pktinfo)))
			->ipi6_addr = datagram->to.in6.ipi6_addr;
	/* A unix socket without a name can't be answered. */
	if (datagram->from_length <= sizeof(sa_family_t) ||
		sendmsg(datagram->listener->watch.fd, &message, MSG_NOSIGNAL) < 0) {
		service->count.dropped++;
		helper_log("%s can't be answered: %s",
			endpoint_name(&datagram->from, datagram->from_length).text,
			datagram->from_length <= sizeof(sa_family_t) ? "it has no address"
								     : strerror(errno));
		return;
	}
	service->count.answers++;
	service->count.sent += length;
}

/* ---- listening ------------------------------------------------------------------------------- */

static void wake_listener(struct watch *watch, uint32_t events)
{
	struct listener *listener = (struct listener *)watch;
	int i;

	(void)events;
	if (endpoint_is_datagram(&listener->endpoint)) {
		for (i = 0; i < AT_ONCE && receive(listener); i++)
			;
	} else {
		accept_one(listener);
	}
}

static void set_options(int fd, const struct endpoint *endpoint)
{
	const int on = 1, room = ROOM;

	if (endpoint->address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
	if (!endpoint_is_datagram(endpoint)) {
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
		return;
	}
	setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_RXQ_OVFL, &on, sizeof(on));
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &room, sizeof(room)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	if (endpoint->address.any.sa_family == AF_INET)
		setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &on, sizeof(on));
	else if (endpoint->address.any.sa_family == AF_INET6)
		setsockopt(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof(on));
}

static int begin(const struct endpoint *endpoint, int fd)
{
	set_options(fd, endpoint);
	if (bind(fd, &endpoint->address.any, endpoint->length) < 0 ||
		(!endpoint_is_datagram(endpoint) && listen(fd, SOMAXCONN) < 0))
		return nsrig_failed(errno, "\"%s\"%s", endpoint->text,
			errno == EADDRINUSE && endpoint->address.any.sa_family == AF_UNIX &&
					endpoint->address.un.sun_path[0]
				? ": a file is there already"
				: "");
	return 0;
}

static int listen_at(struct service *service, const struct endpoint *endpoint)
{
	struct listener *listener = calloc(1, sizeof(*listener));
	int rc, fd = endpoint_socket(endpoint);

	if (fd < 0 || !listener) {
		if (fd >= 0)
			close(fd);
		free(listener);
		return fd < 0 ? fd : nsrig_failed(ENOMEM, "\"%s\"", endpoint->text);
	}
	listener->watch.fd = fd;
	listener->watch.wake = wake_listener;
	listener->service = service;
	listener->endpoint = *endpoint;
	rc = begin(endpoint, fd);
	if (rc < 0) {
		close(fd);
		free(listener);
		return rc;
	}
	listener->next = service->listeners;
	service->listeners = listener;
	return loop_watch(&listener->watch, EPOLLIN);
}

static int listen_everywhere(struct service *service, const struct endpoint *endpoint)
{
	struct endpoint six = *endpoint;
	int rc = listen_at(service, endpoint);

	if (rc < 0 || !endpoint->everywhere)
		return rc;
	six.address.in6 = (struct sockaddr_in6){
		.sin6_family = AF_INET6, .sin6_port = endpoint->address.in.sin_port};
	six.length = sizeof(six.address.in6);
	rc = listen_at(service, &six);
	/* A kernel without IPv6 has no IPv6 addresses to listen on. */
	return rc == -NSRIG_ELACKS ? 0 : rc;
}

int service_begin(struct service *service, char *const *texts, int protocols)
{
	struct endpoint endpoint;
	char *const *text;
	int rc = *texts ? 0
			: nsrig_refused(EINVAL, "no endpoint (expected such as tcp:7; see --help)");

	for (text = texts; rc == 0 && *text; text++)
		rc = endpoint_read(*text, protocols, &endpoint);
	if (rc == 0)
		rc = helper_ready_check();
	if (rc == 0)
		rc = loop_begin();
	for (text = texts; rc == 0 && *text; text++) {
		endpoint_read(*text, protocols, &endpoint);
		rc = listen_everywhere(service, &endpoint);
	}
	return rc == 0 ? helper_ready() : rc;
}

void service_end(struct service *service)
{
	struct listener *listener, *next;

	while (service->connections)
		close_connection(service->connections);
	for (listener = service->listeners; listener; listener = next) {
		const struct sockaddr_un *un = &listener->endpoint.address.un;

		next = listener->next;
		if (un->sun_family == AF_UNIX && un->sun_path[0])
			unlink(un->sun_path);
		loop_forget(&listener->watch);
		close(listener->watch.fd);
		free(listener);
	}
	service->listeners = NULL;
}

void service_count(const struct service *service, struct figures *figures)
{
	figures_number(figures, "connections", service->count.connections);
	figures_number(figures, "datagrams", service->count.datagrams);
	figures_number(figures, "answers", service->count.answers);
	figures_number(figures, "dropped", service->count.dropped);
	figures_number(figures, "bytes_received", service->count.received);
	figures_number(figures, "bytes_sent", service->count.sent);
}
