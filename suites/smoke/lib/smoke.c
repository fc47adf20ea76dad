// SPDX-License-Identifier: MIT
/* What the smoke suites share: see smoke.h. */
#include "smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Headers before glibc 2.33 lack it. */
#ifndef IPPROTO_MPTCP
#define IPPROTO_MPTCP 262
#endif

#define PORT 4242
#define MEGABYTE (1 << 20)

int smoke_run(int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
	setenv("NSRIG_CHECK_CONFIG", "1", false);
	return nsrig_run_tests(argc, argv, tests, count);
}

int smoke_scaled(int ms)
{
	const char *scale = getenv("NSRIG_TIMEOUT_SCALE");
	double times = scale ? strtod(scale, NULL) : 1;

	/* The scale is limited like the library's, and never shortens the time. */
	return (int)(ms * (times > 1000 ? 1000 : times > 1 ? times : 1));
}

int smoke_index(struct nsrig_ns *ns, const char *name)
{
	struct nsrig_link link;

	nsrig_assert_ok(nsrig_link_get(ns, name, &link));
	return link.index;
}

/* The first message received: the answer to a request, or its error. */
static int receive(int fd, void *buffer, size_t size)
{
	struct nlmsghdr *hdr = buffer;
	const struct nlmsgerr *verdict = nlmsg_data(hdr);
	ssize_t n;

	if (!smoke_readable(fd, SMOKE_PATIENCE_MS))
		return -ETIMEDOUT;
	n = recv(fd, buffer, size, 0);
	if (n < 0)
		return -errno;
	if (!nlmsg_ok(hdr, (int)n))
		return -EBADMSG;
	return hdr->nlmsg_type == NLMSG_ERROR ? verdict->error : 0;
}

int smoke_ask(struct nsrig_ns *ns, int protocol, struct nl_msg *msg, void *buffer, size_t size)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	int fd = nsrig_socket(ns, AF_NETLINK, SOCK_RAW, protocol);
	int rc = 0;

	if (fd < 0)
		return fd;
	hdr->nlmsg_flags |= NLM_F_REQUEST;
	hdr->nlmsg_seq = 1;
	hdr->nlmsg_pid = 0;
	if (send(fd, hdr, hdr->nlmsg_len, 0) < 0)
		rc = -errno;
	if (rc == 0)
		rc = receive(fd, buffer, size);
	close(fd);
	return rc;
}

int smoke_netlink(struct nsrig_ns *ns, int protocol, struct nl_msg *msg)
{
	_Alignas(struct nlmsghdr) char buffer[8192];
	int rc;

	nlmsg_hdr(msg)->nlmsg_flags |= NLM_F_ACK;
	rc = smoke_ask(ns, protocol, msg, buffer, sizeof(buffer));
	nlmsg_free(msg);
	return rc;
}

struct nl_msg *smoke_genl(int family, int command, int version)
{
	const struct genlmsghdr genl = {.cmd = command, .version = version};
	struct nl_msg *msg = nlmsg_alloc_simple(family, 0);

	assert_non_null(msg);
	assert_int_equal(nlmsg_append(msg, (void *)&genl, sizeof(genl), NLMSG_ALIGNTO), 0);
	return msg;
}

int smoke_genl_family(struct nsrig_ns *ns, const char *name)
{
	_Alignas(struct nlmsghdr) char buffer[8192];
	struct nl_msg *msg = smoke_genl(GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	struct nlattr *id;
	int rc;

	assert_int_equal(nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, name), 0);
	rc = smoke_ask(ns, NETLINK_GENERIC, msg, buffer, sizeof(buffer));
	nlmsg_free(msg);
	if (rc < 0)
		return rc;
	id = nlmsg_find_attr((struct nlmsghdr *)buffer, GENL_HDRLEN, CTRL_ATTR_FAMILY_ID);
	return id ? nla_get_u16(id) : -ENOENT;
}

static socklen_t address(const char *addr, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, *addr ? addr : "0.0.0.0", &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = htons(port);
		return sizeof(*in);
	}
	assert_int_equal(inet_pton(AF_INET6, addr, &in6->sin6_addr), 1);
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(port);
	return sizeof(*in6);
}

int smoke_server(struct nsrig_ns *ns, int type, const char *addr, int port)
{
	struct sockaddr_storage at;
	socklen_t length = address(addr, port, &at);
	const int on = 1;
	int fd = nsrig_assert_ok(nsrig_socket(ns, at.ss_family, type, 0));

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_return_code(bind(fd, (struct sockaddr *)&at, length), errno);
	if (type == SOCK_STREAM)
		assert_return_code(listen(fd, 8), errno);
	return fd;
}

int smoke_connect(struct nsrig_ns *ns, int type, const char *addr, int port)
{
	struct timeval patience = {.tv_sec = smoke_scaled(SMOKE_PATIENCE_MS) / 1000};
	struct sockaddr_storage to;
	socklen_t length = address(addr, port, &to);
	int fd = nsrig_assert_ok(nsrig_socket(ns, to.ss_family, type, 0));

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (connect(fd, (struct sockaddr *)&to, length) < 0) {
		int rc = -errno;

		close(fd);
		return rc;
	}
	return fd;
}

struct smoke_connection smoke_connect_both(
	struct nsrig_ns *client, struct nsrig_ns *server, const char *addr, int port)
{
	int listener = smoke_server(server, SOCK_STREAM, "", port);
	struct smoke_connection both;

	both.client = nsrig_assert_ok(smoke_connect(client, SOCK_STREAM, addr, port));
	both.server = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	assert_return_code(both.server, errno);
	close(listener);
	return both;
}

void smoke_close_both(struct smoke_connection both)
{
	close(both.client);
	close(both.server);
}

int smoke_mptcp(struct nsrig_ns *ns)
{
	nsrig_require(nsrig_sysctl_set(ns, "net.mptcp.enabled", "1"), "CONFIG_MPTCP");
	return nsrig_assert_ok(nsrig_socket(ns, AF_INET, SOCK_STREAM, IPPROTO_MPTCP));
}

int smoke_join(struct nsrig_ns *ns, const char *group, int port)
{
	bool ipv6 = strchr(group, ':') != NULL;
	int fd = smoke_server(ns, SOCK_DGRAM, ipv6 ? "::" : "", port);
	struct ipv6_mreq to6 = {.ipv6mr_interface = smoke_index(ns, "eth0")};
	struct ip_mreqn to = {.imr_ifindex = smoke_index(ns, "eth0")};

	inet_pton(AF_INET6, group, &to6.ipv6mr_multiaddr);
	inet_pton(AF_INET, group, &to.imr_multiaddr);
	assert_return_code(ipv6 ? setsockopt(fd, IPPROTO_IPV6, IPV6_JOIN_GROUP, &to6, sizeof(to6))
				: setsockopt(fd, IPPROTO_IP, IP_ADD_MEMBERSHIP, &to, sizeof(to)),
		errno);
	return fd;
}

bool smoke_readable(int fd, int ms)
{
	struct pollfd pfd = {.fd = fd, .events = POLLIN};

	return poll(&pfd, 1, smoke_scaled(ms)) > 0;
}

void smoke_assert_udp(struct nsrig_ns *from, struct nsrig_ns *to, const char *addr)
{
	int server = smoke_server(to, SOCK_DGRAM, strchr(addr, ':') ? "::" : "", PORT);
	int client = smoke_connect(from, SOCK_DGRAM, addr, PORT);
	struct sockaddr_storage peer;
	socklen_t length = sizeof(peer);
	char buffer[16];

	assert_return_code(client, -client);
	assert_int_equal(send(client, "ask", 3, 0), 3);
	assert_true(smoke_readable(server, SMOKE_PATIENCE_MS));
	assert_int_equal(
		recvfrom(server, buffer, sizeof(buffer), 0, (struct sockaddr *)&peer, &length), 3);
	assert_memory_equal(buffer, "ask", 3);
	assert_int_equal(sendto(server, "answer", 6, 0, (struct sockaddr *)&peer, length), 6);
	assert_int_equal(recv(client, buffer, sizeof(buffer), 0), 6);
	assert_memory_equal(buffer, "answer", 6);
	close(client);
	close(server);
}

/* Sends a megabyte into one end of a connection and reads it from the other end, in one thread. */
static void pass_megabyte(int out, int in)
{
	static unsigned char sent[MEGABYTE], got[MEGABYTE];
	size_t to_send = MEGABYTE, to_get = MEGABYTE, i;

	for (i = 0; i < MEGABYTE; i++)
		sent[i] = i * 31 + (i >> 8);
	memset(got, 0, sizeof(got));
	while (to_get) {
		struct pollfd fds[] = {
			{.fd = in, .events = POLLIN},
			{.fd = to_send ? out : -1, .events = POLLOUT},
		};
		ssize_t n;

		assert_true(poll(fds, 2, smoke_scaled(SMOKE_PATIENCE_MS)) > 0);
		if (fds[1].revents) {
			n = send(out, sent + MEGABYTE - to_send, to_send,
				MSG_DONTWAIT | MSG_NOSIGNAL);
			assert_true(n > 0 || (n < 0 && errno == EAGAIN));
			to_send -= n > 0 ? n : 0;
		}
		if (fds[0].revents) {
			n = recv(in, got + MEGABYTE - to_get, to_get, MSG_DONTWAIT);
			assert_true(n > 0 || (n < 0 && errno == EAGAIN));
			to_get -= n > 0 ? n : 0;
		}
	}
	assert_memory_equal(sent, got, MEGABYTE);
}

void smoke_assert_tcp(struct nsrig_ns *from, struct nsrig_ns *to, const char *addr)
{
	int server = smoke_server(to, SOCK_STREAM, strchr(addr, ':') ? "::" : "", PORT);
	int client = smoke_connect(from, SOCK_STREAM, addr, PORT);
	int accepted;

	assert_return_code(client, -client);
	accepted = accept4(server, NULL, NULL, SOCK_CLOEXEC);
	assert_return_code(accepted, errno);
	pass_megabyte(client, accepted);
	pass_megabyte(accepted, client);
	close(accepted);
	close(client);
	close(server);
}
