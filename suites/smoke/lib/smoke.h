/* SPDX-License-Identifier: MIT */
/*
 * What the smoke suites share: sockets for test traffic, and netlink protocols other than
 * rtnetlink. Each verb ends the test when it fails.
 */
#ifndef SMOKE_H
#define SMOKE_H

#include "suites/lib/array.h"
#include <nsrig.h>

/* Long enough for any machine that is not stuck. */
#define SMOKE_PATIENCE_MS 10000

/*
 * What the main() of a smoke suite ends with: nsrig_main(), where a skip for want of an option that
 * the kernel was built with is a failure (--check-config), unless NSRIG_CHECK_CONFIG=0.
 */
#define smoke_main(argc, argv, tests) smoke_run((argc), (argv), (tests), COUNT(tests))
int smoke_run(int argc, char **argv, const struct CMUnitTest *tests, size_t count);

struct nl_msg;

/*
 * Sends one request of another netlink protocol than rtnetlink (NETLINK_XFRM, NETLINK_GENERIC,
 * ...), waits for the kernel's verdict, and lets go of the request. 0, or a negative error number.
 */
int smoke_netlink(struct nsrig_ns *ns, int protocol, struct nl_msg *msg);

/* The same, and takes the first message that answers it: an answer, or the verdict. */
int smoke_ask(struct nsrig_ns *ns, int protocol, struct nl_msg *msg, void *buffer, size_t size);

/*
 * A request of a family of generic netlink; and the number of a family, -ENOENT if there is none.
 */
struct nl_msg *smoke_genl(int family, int command, int version);
int smoke_genl_family(struct nsrig_ns *ns, const char *name);

/* So many milliseconds, times NSRIG_TIMEOUT_SCALE. */
int smoke_scaled(int ms);

/* The ifindex of a link that is there. */
int smoke_index(struct nsrig_ns *ns, const char *name);

/* A socket of a namespace bound to an address and a port; a TCP one listens. "" is any address. */
int smoke_server(struct nsrig_ns *ns, int type, const char *addr, int port);

/* A socket of a namespace connected to an address and a port; or a negative errno. */
int smoke_connect(struct nsrig_ns *ns, int type, const char *addr, int port);

/* Both ends of a TCP connection to an address that is the server's. */
struct smoke_connection {
	int client, server;
};
struct smoke_connection smoke_connect_both(
	struct nsrig_ns *client, struct nsrig_ns *server, const char *addr, int port);
void smoke_close_both(struct smoke_connection both);

/* An MPTCP socket of a namespace, which lets it be spoken. */
int smoke_mptcp(struct nsrig_ns *ns);

/* A UDP socket of a namespace that is in a group by its link eth0, bound to a port. */
int smoke_join(struct nsrig_ns *ns, const char *group, int port);

/* Waits up to smoke_scaled(ms) for something to read: whether there is. */
bool smoke_readable(int fd, int ms);

/*
 * A datagram goes from one namespace to an address in another, and its answer comes back. The
 * address has to be the one that its host answers from: the first of the link that leads back.
 */
void smoke_assert_udp(struct nsrig_ns *from, struct nsrig_ns *to, const char *addr);

/* A connection is made, a megabyte goes there, and comes back the same. */
void smoke_assert_tcp(struct nsrig_ns *from, struct nsrig_ns *to, const char *addr);

#endif
