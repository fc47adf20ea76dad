/* SPDX-License-Identifier: MIT */
/*
 * The floor: the least time in which the kernel can build a network. Networks are built by bare
 * system calls and hand-written rtnetlink messages, with as few of both as possible. This code uses
 * nothing of the library, which is measured against it.
 *
 * The floor delivers the same as a rig: lo is up in every host, duplicate address detection is off,
 * and each veth has one queue per direction. Its ends are created in their namespaces, with our MAC
 * addresses and different ifindexes, and both have IPv4 and IPv6 addresses. The floor also verifies
 * that each end has a carrier and that its IPv6 addresses are usable, the link-local address
 * included. Nothing is moved or deleted.
 *
 * The kernel handles all requests of one send() before send() returns, and answers a request
 * without NLM_F_ACK only if it fails. So the requests are sent together, the last one is a query,
 * and reading its answer proves that no request before it failed.
 *
 * Any failure ends the process with a sentence on stderr.
 */
#ifndef FLOOR_H
#define FLOOR_H

#include <netinet/in.h>
#include <stdint.h>

/* A namespace, and an rtnetlink socket in it. */
struct floor_ns {
	int fd;
	int netlink;
};

/*
 * One end of a veth pair. The link is called eth0; on a bridge the port of the N-th host is called
 * portN.
 */
struct floor_end {
	int index;
	uint8_t mac[6];
	struct in_addr ipv4;
	struct in6_addr ipv6, link_local;
};

/* Ends the process if so is 0. */
void floor_must(int so, const char *what);

/* A descriptor of the calling thread's namespace. The caller closes it. */
int floor_home(void);

/* Moves the thread to a namespace. */
void floor_go(int fd);

/* Creates a namespace, and leaves the thread in it. */
int floor_unshare(void);

/* The same with a socket and without duplicate address detection, like a host of a rig. */
struct floor_ns floor_host(void);

void floor_close(const struct floor_ns *ns);

/* The end with this number on one network: 10.x.y.z/8 and 2001:db8::n/64. */
struct floor_end floor_end(int number);

struct floor_pair {
	struct floor_ns a, b;
};

void floor_pair_build(struct floor_pair *pair);
void floor_pair_close(const struct floor_pair *pair);

struct floor_star {
	struct floor_ns center;
	struct floor_ns *hosts;
	int count;
};

/* Hosts on one bridge, whose ports forward. */
void floor_star_build(struct floor_star *star, int count);
void floor_star_close(struct floor_star *star);

/*
 * Waits until the kernel has freed the closed namespaces. The kernel frees them asynchronously,
 * takes 30 ms or more, and slows down the creation of namespaces meanwhile. It frees namespaces in
 * batches, and notifies when a batch begins.
 */
void floor_settle(void);

#endif
