// SPDX-License-Identifier: MIT
/* Parses endpoints and opens their sockets. */
#include "endpoint.h"

#include "helper.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#define PATH_AT offsetof(struct sockaddr_un, sun_path)

static const struct protocol {
	const char *name;
	int number;
	int type;
	int protocol; /* 0 for unix sockets */
	const char *option;
	const char *example;
} protocols[] = {
	{"tcp", ENDPOINT_TCP, SOCK_STREAM, IPPROTO_TCP, "CONFIG_INET", "tcp:7 or tcp:10.0.0.1:7"},
	{"udp", ENDPOINT_UDP, SOCK_DGRAM, IPPROTO_UDP, "CONFIG_INET", "udp:7 or udp:[::1]:7"},
	{"sctp", ENDPOINT_SCTP, SOCK_STREAM, IPPROTO_SCTP, "CONFIG_IP_SCTP",
		"sctp:7 or sctp:10.0.0.1:7"},
	{"unix", ENDPOINT_UNIX, SOCK_STREAM, 0, "CONFIG_UNIX", "unix:/run/name or unix:@name"},
	{"unix-dgram", ENDPOINT_UNIX_DGRAM, SOCK_DGRAM, 0, "CONFIG_UNIX", "unix-dgram:/run/name"},
	{"unix-seqpacket", ENDPOINT_UNIX_SEQPACKET, SOCK_SEQPACKET, 0, "CONFIG_UNIX",
		"unix-seqpacket:/run/name"},
};

static const struct protocol *of(const struct endpoint *endpoint)
{
	const struct protocol *protocol = protocols;

	while (protocol->number != endpoint->protocol)
		protocol++;
	return protocol;
}

/* "tcp: or udp:" */
static const char *list(int allowed)
{
	static char text[128];
	size_t i, length = 0;

	text[0] = '\0';
	for (i = 0; i < NSRIG_COUNT(protocols); i++) {
		if (!(allowed & protocols[i].number))
			continue;
		allowed &= ~protocols[i].number;
		length += snprintf(text + length, sizeof(text) - length, "%s%s:",
			!length   ? ""
			: allowed ? ", "
				  : " or ",
			protocols[i].name);
	}
	return text;
}

static int refuse(const struct endpoint *endpoint, const char *what)
{
	return nsrig_refused(EINVAL, "\"%s\": %s (expected such as %s)", endpoint->text, what,
		of(endpoint)->example);
}

static int read_unix(const char *path, struct endpoint *endpoint)
{
	struct sockaddr_un *un = &endpoint->address.un;
	size_t length = strlen(path);

	if ((*path != '/' && *path != '@') || length < 2)
		return refuse(endpoint, "a unix socket has a path from \"/\", or a name behind "
					"\"@\"");
	if (length >= sizeof(un->sun_path))
		return refuse(endpoint, "the path of a unix socket has at most 107 bytes");
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, path, length);
	if (*path == '@')
		un->sun_path[0] = '\0';
	/* The NUL counts in a path, but not in an abstract name. */
	endpoint->length = PATH_AT + length + (*path == '/');
	return 0;
}

static int read_port(const char *text, struct endpoint *endpoint, in_port_t *port)
{
	uint64_t number;

	if (nsrig_read_number(text, 1, 65535, &number) < 0)
		return refuse(endpoint, "a port is a number from 1 to 65535");
	*port = htons(number);
	return 0;
}

/* "[::1]:7", "[fe80::1%eth0]:7" */
static int read_six(const char *text, struct endpoint *endpoint)
{
	struct sockaddr_in6 *in6 = &endpoint->address.in6;
	size_t length = strcspn(text, "]");
	char addr[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE], *link;

	if (strncmp(text + length, "]:", 2))
		return refuse(endpoint, "\"]:\" and a port were expected behind an IPv6 address");
	if (length - 1 >= sizeof(addr))
		return refuse(endpoint, "this is no IPv6 address");
	snprintf(addr, sizeof(addr), "%.*s", (int)length - 1, text + 1);
	link = strchr(addr, '%');
	if (link)
		*link++ = '\0';
	if (inet_pton(AF_INET6, addr, &in6->sin6_addr) != 1)
		return refuse(endpoint, "this is no IPv6 address");
	if (link && !(in6->sin6_scope_id = if_nametoindex(link)))
		return refuse(endpoint, "there is no such link here");
	if (!link && IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr))
		return nsrig_refused(EINVAL,
			"\"%s\": a link-local address needs its link (expected such as "
			"[%s%%eth0]:7)",
			endpoint->text, addr);
	in6->sin6_family = AF_INET6;
	endpoint->length = sizeof(*in6);
	return read_port(text + length + 2, endpoint, &in6->sin6_port);
}

static int read_four(const char *text, struct endpoint *endpoint)
{
	struct sockaddr_in *in = &endpoint->address.in;
	const char *colon = strrchr(text, ':');
	char addr[INET_ADDRSTRLEN];

	endpoint->everywhere = !colon;
	in->sin_family = AF_INET;
	endpoint->length = sizeof(*in);
	if (!colon)
		return read_port(text, endpoint, &in->sin_port);
	if (strchr(text, ':') != colon)
		return refuse(endpoint, "an IPv6 address stands in brackets, as in [::1]:7");
	snprintf(addr, sizeof(addr), "%.*s", (int)(colon - text), text);
	if (colon - text >= (int)sizeof(addr) || inet_pton(AF_INET, addr, &in->sin_addr) != 1)
		return refuse(endpoint, "this is no IPv4 address; names are not looked up");
	return read_port(colon + 1, endpoint, &in->sin_port);
}

int endpoint_read(const char *text, int allowed, struct endpoint *endpoint)
{
	size_t length = strcspn(text, ":"), i;

	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->text = text;
	for (i = 0; i < NSRIG_COUNT(protocols); i++) {
		if (protocols[i].number & allowed && strlen(protocols[i].name) == length &&
			!strncmp(protocols[i].name, text, length) && text[length] == ':')
			endpoint->protocol = protocols[i].number;
	}
	if (!endpoint->protocol)
		return nsrig_refused(EINVAL,
			"\"%s\" is no endpoint (expected one that begins with %s)", text,
			list(allowed));
	text += length + 1;
	if (!of(endpoint)->protocol)
		return read_unix(text, endpoint);
	return *text == '[' ? read_six(text, endpoint) : read_four(text, endpoint);
}

int endpoint_read_remote(const char *text, int allowed, struct endpoint *endpoint)
{
	int rc = endpoint_read(text, allowed, endpoint);

	if (rc == 0 && endpoint->everywhere)
		return nsrig_refused(EINVAL,
			"\"%s\": the address is missing (expected such as %.*s:10.0.0.1%s)", text,
			(int)strcspn(text, ":"), text, strchr(text, ':'));
	return rc;
}

int endpoint_socket(const struct endpoint *endpoint)
{
	const struct protocol *protocol = of(endpoint);
	int fd = socket(endpoint->address.any.sa_family,
		protocol->type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol->protocol);

	if (fd >= 0)
		return fd;
	if (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT || errno == ESOCKTNOSUPPORT)
		return nsrig_refused(NSRIG_ELACKS, "\"%s\": needs %s", endpoint->text,
			endpoint->address.any.sa_family == AF_INET6 ? "CONFIG_IPV6"
								    : protocol->option);
	return nsrig_failed(errno, "\"%s\"", endpoint->text);
}

bool endpoint_is_datagram(const struct endpoint *endpoint)
{
	return of(endpoint)->type == SOCK_DGRAM;
}

struct endpoint_name endpoint_name(const union endpoint_address *address, socklen_t length)
{
	struct endpoint_name name = {"somebody without a name"};
	char addr[INET6_ADDRSTRLEN];

	switch (length ? address->any.sa_family : AF_UNSPEC) {
	case AF_INET:
		inet_ntop(AF_INET, &address->in.sin_addr, addr, sizeof(addr));
		snprintf(name.text, sizeof(name.text), "%s:%d", addr, ntohs(address->in.sin_port));
		break;
	case AF_INET6:
		inet_ntop(AF_INET6, &address->in6.sin6_addr, addr, sizeof(addr));
		snprintf(name.text, sizeof(name.text), "[%s]:%d", addr,
			ntohs(address->in6.sin6_port));
		break;
	case AF_UNIX:
		if (length > PATH_AT)
			snprintf(name.text, sizeof(name.text), "%s%.*s",
				address->un.sun_path[0] ? "" : "@", (int)(length - PATH_AT),
				address->un.sun_path + !address->un.sun_path[0]);
		break;
	}
	return name;
}
