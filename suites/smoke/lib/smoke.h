/* SPDX-License-Identifier: MIT */
/*
 * What the smoke suites share: sockets for test traffic, and netlink protocols other than
 * rtnetlink. Each verb ends the test when it fails.
 */
#ifndef SMOKE_H
#define SMOKE_H

#include "suites/lib/array.h"
#include <nsrig.h>

/* Long enough for any working machine. */
#define SMOKE_PATIENCE_MS 10000

/*
 * The end of a smoke suite's main(): nsrig_main(), where a skip for lack of an option that the
 * kernel was built with is a failure (--check-config), unless NSRIG_CHECK_CONFIG=0.
 */
#define smoke_main(argc, argv, tests) smoke_run((argc), (argv), (tests), COUNT(tests))
int smoke_run(int argc, char **argv, const struct CMUnitTest *tests, size_t count);

struct nl_msg;

/*
 * Sends one request of a netlink protocol other than rtnetlink (NETLINK_XFRM, NETLINK_GENERIC,
 * ...), waits for the kernel's answer, and frees the request. Returns 0 or a negative error number.
 */
int smoke_netlink(struct nsrig_ns *ns, int protocol, struct nl_msg *msg);

/* The same, and returns the first message of the answer, or the error. */
int smoke_ask(struct nsrig_ns *ns, int protocol, struct nl_msg *msg, void *buffer, size_t size);

/* A request for a family of generic netlink; and the number of a family, or -ENOENT. */
struct nl_msg *smoke_genl(int family, int command, int version);
int smoke_genl_family(struct nsrig_ns *ns, const char *name);

/* This many milliseconds, times NSRIG_TIMEOUT_SCALE. */
int smoke_scaled(int ms);

/* The ifindex of an existing link. */
int smoke_index(struct nsrig_ns *ns, const char *name);

/* A socket in a namespace, bound to an address ("": any) and a port; a TCP socket listens. */
int smoke_server(struct nsrig_ns *ns, int type, const char *addr, int port);

/* A socket in a namespace, connected to an address and a port; or a negative error number. */
int smoke_connect(struct nsrig_ns *ns, int type, const char *addr, int port);

/* Both ends of a TCP connection to an address of the server. */
struct smoke_connection {
	int client, server;
};
struct smoke_connection smoke_connect_both(
	struct nsrig_ns *client, struct nsrig_ns *server, const char *addr, int port);
void smoke_close_both(struct smoke_connection both);

/* An MPTCP socket in a namespace; enables MPTCP there. */
int smoke_mptcp(struct nsrig_ns *ns);

/* A UDP socket in a namespace, joined to a group on its link eth0, and bound to a port. */
int smoke_join(struct nsrig_ns *ns, const char *group, int port);

/* Waits up to smoke_scaled(ms) until fd is readable. Returns whether it is. */
bool smoke_readable(int fd, int ms);

/*
 * A datagram goes from one namespace to an address in another, and the answer comes back. The
 * address must be the one that its host answers from: the first one of the link on the way back.
 */
void smoke_assert_udp(struct nsrig_ns *from, struct nsrig_ns *to, const char *addr);

/* A connection is established, carries a megabyte, and returns it unchanged. */
void smoke_assert_tcp(struct nsrig_ns *from, struct nsrig_ns *to, const char *addr);

#endif
