/* SPDX-License-Identifier: MIT */
/*
 * A server: listening sockets, connections, datagrams and their answers. A helper implements its
 * protocol in three functions.
 *
 * If a client doesn't read what is sent to it, its connection isn't read either, so that unsent
 * data doesn't accumulate.
 */
#ifndef SERVICE_H
#define SERVICE_H

#include "endpoint.h"
#include "figures.h"
#include "loop.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Larger than all datagrams except the largest of unix sockets. */
#define SERVICE_MOST (256 * 1024)

struct connection {
	struct watch watch; /* the first member: the handler casts it to the connection */
	struct service *service;
	void *own; /* the helper's data, which it frees in closed() */
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
	} to;               /* the destination address, from which the answer is sent */
	uint64_t arrived;   /* when the kernel received it, by loop_now() */
	uint32_t overflows; /* datagrams that this socket has dropped so far */
	char *data;         /* valid until the handler returns */
	size_t length;
};

struct service {
	/* Data has arrived; length 0: the end. */
	void (*heard)(struct connection *connection, char *data, size_t length);
	/* Optional. */
	void (*closed)(struct connection *connection);
	/* Required if the protocols include datagrams. */
	void (*datagram)(struct datagram *datagram);
	/* Private to service.c. */
	struct listener *listeners;
	struct connection *connections;
	bool crowded; /* descriptors ran out, so no connections are accepted */
	struct {
		uint64_t connections, received, sent, datagrams, answers, dropped;
	} count;
};

/*
 * Starts the loop, listens on all endpoints (ended by NULL; of these protocols, ORed), and sends
 * the readiness notifications. All endpoints are parsed before the first is bound. Call
 * service_end() in any case.
 */
int service_begin(struct service *service, char *const *endpoints, int protocols);

/* Closes everything, and removes the files of unix sockets. */
void service_end(struct service *service);

/*
 * Sends now, or as soon as possible. Doesn't free the connection; that may happen after heard() has
 * returned.
 */
void connection_send(struct connection *connection, const void *data, size_t length);

/* Shuts the connection down after everything has been sent. Data that arrives later is ignored. */
void connection_end(struct connection *connection);

/*
 * Sends from the address that the datagram was sent to. If the socket buffer is full, the answer is
 * dropped, and counted.
 */
void datagram_answer(const struct datagram *datagram, const void *data, size_t length);

/* Writes the service's counters. */
void service_count(const struct service *service, struct figures *figures);

#endif
