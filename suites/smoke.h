/* SPDX-License-Identifier: MIT */
/*
 * What the smoke suites share: sockets for test traffic, and the skip that names what the kernel
 * lacks. Each verb ends the test when it fails.
 */
#ifndef SMOKE_H
#define SMOKE_H

#include <nsrig.h>

/* Long enough for any machine that is not stuck. */
#define SMOKE_PATIENCE_MS 10000

/*
 * The result of the first request that needs a feature. Where the kernel says that it doesn't know
 * it, the test is skipped with "needs <option>"; any other failure fails the test.
 */
#define smoke_needs(rc, option) smoke_needs_at((rc), (option), __FILE__, __LINE__)
void smoke_needs_at(int rc, const char *option, const char *file, int line);

/* The ifindex of a link that is there. */
int smoke_index(struct nsrig_ns *ns, const char *name);

/* A socket of a namespace bound to an address and a port; a TCP one listens. "" is any address. */
int smoke_server(struct nsrig_ns *ns, int type, const char *addr, int port);

/* A socket of a namespace connected to an address and a port; or a negative errno. */
int smoke_connect(struct nsrig_ns *ns, int type, const char *addr, int port);

/* Waits up to ms milliseconds for something to read: whether there is. */
bool smoke_readable(int fd, int ms);

/*
 * A datagram goes from one namespace to an address in another, and its answer comes back. The
 * address has to be the one that its host answers from: the first of the link that leads back.
 */
void smoke_assert_udp(struct nsrig_ns *from, struct nsrig_ns *to, const char *addr);

/* A connection is made, a megabyte goes there, and comes back the same. */
void smoke_assert_tcp(struct nsrig_ns *from, struct nsrig_ns *to, const char *addr);

#endif
