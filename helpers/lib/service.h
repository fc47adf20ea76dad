/* SPDX-License-Identifier: MIT */
/*
 * A server: sockets that listen, connections, datagrams and their answers. What it is that is said, a
 * helper tells by three functions.
 *
 * Whoever doesn't take in what a connection sends to it isn't listened to until he does, so that
 * nothing piles up here.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "endpoint.h"
#include "figures.h"
#include "loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Longer than any datagram but the longest of unix sockets. */
#define SERVICE_MOST (256 * 1024)

struct connection {
	struct watch watch; /* the first: what is woken is the connection */
	struct service *service;
	void *own; /* the helper's; it frees it in closed() */
	union endpoint_address from;
	socklen_t from_length;
	char *unsent;
	size_t unsent_length;
	bool heard_end, ending;
	struct connection *next, **link;
};

struct datagram {
	struct listener *listener;
	union endpoint_address from;
	socklen_t from_length;
	union {
		struct in_pktinfo in;
		struct in6_pktinfo in6;
	} to;               /* the address that it was sent to, which its answer comes from */
	uint64_t arrived;   /* by loop_now(), when it came to the socket */
	uint32_t overflows; /* datagrams that this socket had no room for, until now */
	char *data;         /* the receiver's until it returns */
	size_t length;
};

struct service {
	/* Something was said; length 0: nothing more will be. */
	void (*heard)(struct connection *connection, char *data, size_t length);
	/* Optional. */
	void (*closed)(struct connection *connection);
	/* For services that have datagrams. */
	void (*datagram)(struct datagram *datagram);
	/* The rest is kept by service.c. */
	struct listener *listeners;
	struct connection *connections;
	bool crowded; /* no descriptor was left for one more connection */
	struct {
		uint64_t connections, received, sent, datagrams, answers, dropped;
	} count;
};

/*
 * Begins the loop, listens at all of these endpoints (up to a NULL; of these protocols, ORed), and says
 * that it is ready. All are read before the first is bound. To be ended with service_end(), whatever
 * it returns.
 */
int service_begin(struct service *service, char *const *endpoints, int protocols);

/* Closes everything, and removes the files of unix sockets. */
void service_end(struct service *service);

/* Sends now, or as soon as can be. The connection may be gone when heard() has returned, not before. */
void connection_send(struct connection *connection, const void *data, size_t length);

/* When everything is sent, so is the end; what is heard from then on is not listened to. */
void connection_end(struct connection *connection);

/* Sends from the address that was asked; what the socket has no room for is dropped, and counted. */
void datagram_answer(const struct datagram *datagram, const void *data, size_t length);

/* What the service has counted. */
void service_count(const struct service *service, struct figures *figures);

#endif
