/* SPDX-License-Identifier: MIT */
/*
 * Endpoints as text: PROTOCOL:WHERE.
 *
 *	tcp:7			every address of the host, IPv4 and IPv6
 *	udp:10.0.0.1:7		one address
 *	sctp:[2001:db8::1]:7	an IPv6 one, in brackets
 *	tcp:[fe80::1%eth0]:7	a link-local one, with its link
 *	unix:/run/echo		a path; or unix:@echo, an abstract name
 *	unix-dgram:/run/echo	and unix-seqpacket: likewise
 */
#ifndef ENDPOINT_H
#define ENDPOINT_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

enum {
	ENDPOINT_TCP = 1,
	ENDPOINT_UDP = 2,
	ENDPOINT_SCTP = 4,
	ENDPOINT_UNIX = 8,
	ENDPOINT_UNIX_DGRAM = 16,
	ENDPOINT_UNIX_SEQPACKET = 32,
};

union endpoint_address {
	struct sockaddr any;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

struct endpoint {
	const char *text; /* the original text */
	int protocol;     /* one of the above */
	bool everywhere;  /* a port without an address */
	union endpoint_address address;
	socklen_t length;
};

/* An address in readable form. */
struct endpoint_name {
	char text[128];
};

/*
 * Parses an endpoint of one of these protocols (ORed). -EINVAL, with a message that says what is
 * wrong with it and what was expected. The endpoint keeps a pointer to the text.
 */
int endpoint_read(const char *text, int protocols, struct endpoint *endpoint);

/* The same for a remote endpoint, which must have an address. */
int endpoint_read_remote(const char *text, int protocols, struct endpoint *endpoint);

/*
 * Opens a non-blocking socket for an endpoint, without binding it. -NSRIG_ELACKS if the kernel
 * doesn't support the protocol.
 */
int endpoint_socket(const struct endpoint *endpoint);

/* Whether the endpoint receives datagrams. */
bool endpoint_is_datagram(const struct endpoint *endpoint);

struct endpoint_name endpoint_name(const union endpoint_address *address, socklen_t length);

#endif
