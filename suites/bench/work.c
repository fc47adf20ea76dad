// SPDX-License-Identifier: MIT
/*
 * A pair, and one round trip over it:
 *
 *	client eth0 10.0.0.1/8 ------ 10.0.0.2/8 eth0 server
 *	     2001:db8::1/64               2001:db8::2/64
 */
#include "work.h"

#include "bench.h"
#include "floor.h"
#include "worker.h"

#include <nsrig.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

/* Anything longer than this is not work, but waiting for a timer. */
#define STALL_NS 100000000

static const struct nsrig_topo topo = {
	.links = {NSRIG_VETH(
		"client:eth0 10.0.0.1/8 2001:db8::1/64", "server:eth0 10.0.0.2/8 2001:db8::2/64")},
};

void work_must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s: %s\n", what, nsrig_error());
	exit(1);
}

void work_begin(void)
{
	struct rlimit limit;

	/* A thousand hosts need two descriptors each. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	floor_must(unshare(CLONE_NEWNET) == 0 || worker_become_root(), "a network namespace");
}

static struct nsrig *build_ours(void)
{
	struct nsrig *rig;

	work_must(nsrig_new(&rig), "ours");
	work_must(nsrig_build(rig, &topo), "ours");
	return rig;
}

static struct nsrig *rigs[WORK_AT_ONCE];
static struct floor_pair pairs[WORK_AT_ONCE];
static int rigs_kept, pairs_kept;

void work_build_ours(int count)
{
	while (count-- > 0)
		rigs[rigs_kept++] = build_ours();
}

void work_pool_ours(int count)
{
	work_must(nsrig_host_pool(2 * count), "the pool");
	bench_start();
	work_build_ours(count);
}

void work_build_floor(int count)
{
	while (count-- > 0)
		floor_pair_build(&pairs[pairs_kept++]);
}

void work_close_ours(int count)
{
	work_build_ours(count);
	bench_start();
	while (count-- > 0)
		nsrig_free(rigs[--rigs_kept]);
}

void work_close_floor(int count)
{
	work_build_floor(count);
	bench_start();
	while (count-- > 0)
		floor_pair_close(&pairs[--pairs_kept]);
}

void work_put_away(void)
{
	while (rigs_kept > 0)
		nsrig_free(rigs[--rigs_kept]);
	while (pairs_kept > 0)
		floor_pair_close(&pairs[--pairs_kept]);
	floor_settle();
}

static void must(bool so, const char *what)
{
	if (so)
		return;
	perror(what);
	exit(1);
}

/* A round trip between sockets of the two namespaces. Closes both. */
static void trip(int client, int server, const void *address, socklen_t size)
{
	const struct timeval limit = {.tv_sec = 5};
	struct sockaddr_storage from;
	socklen_t from_size = sizeof(from);
	char byte = 'x';

	must(bind(server, address, size) == 0, "bind");
	setsockopt(server, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	must(sendto(client, &byte, 1, 0, address, size) == 1, "a datagram there");
	must(recvfrom(server, &byte, 1, 0, (struct sockaddr *)&from, &from_size) == 1,
		"no datagram came there");
	must(sendto(server, &byte, 1, 0, (struct sockaddr *)&from, from_size) == 1,
		"a datagram back");
	must(recv(client, &byte, 1, 0) == 1, "no datagram came back");
	close(client);
	close(server);
}

static void trip_ipv4(int client, int server)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(7), .sin_addr = floor_end(2).ipv4};

	trip(client, server, &address, sizeof(address));
}

static void trip_ipv6(int client, int server)
{
	const struct sockaddr_in6 address = {
		.sin6_family = AF_INET6, .sin6_port = htons(7), .sin6_addr = floor_end(2).ipv6};

	trip(client, server, &address, sizeof(address));
}

struct sockets {
	int ipv4, ipv6;
};

static int open_sockets(struct nsrig_ns *home, void *arg)
{
	struct sockets *sockets = arg;

	(void)home;
	sockets->ipv4 = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sockets->ipv6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	return 0;
}

static struct nsrig *trip_ours(void)
{
	struct nsrig *rig = build_ours();
	struct sockets client, server;

	work_must(nsrig_do(nsrig_find_host(rig, "client"), open_sockets, &client), "the client");
	work_must(nsrig_do(nsrig_find_host(rig, "server"), open_sockets, &server), "the server");
	trip_ipv4(client.ipv4, server.ipv4);
	trip_ipv6(client.ipv6, server.ipv6);
	return rig;
}

static void trip_floor(struct floor_pair *pair)
{
	int client[2], server[2], home = floor_home();

	floor_pair_build(pair);
	floor_go(pair->a.fd);
	client[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	client[1] = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	floor_go(pair->b.fd);
	server[0] = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	server[1] = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	floor_go(home);
	close(home);
	trip_ipv4(client[0], server[0]);
	trip_ipv6(client[1], server[1]);
}

void work_trip_ours(int count)
{
	while (count-- > 0)
		rigs[rigs_kept++] = trip_ours();
}

void work_trip_floor(int count)
{
	while (count-- > 0)
		trip_floor(&pairs[pairs_kept++]);
}

int work_churn_ours(int count)
{
	while (count-- > 0)
		nsrig_free(build_ours());
	return 0;
}

int work_churn_floor(int count)
{
	struct floor_pair pair;

	while (count-- > 0) {
		floor_pair_build(&pair);
		floor_pair_close(&pair);
	}
	return 0;
}

static int64_t now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

int work_stalls_ours(int count)
{
	int64_t begun;
	int stalls = 0;

	while (count-- > 0) {
		begun = now();
		nsrig_free(trip_ours());
		stalls += now() - begun > STALL_NS;
	}
	return stalls;
}

int work_stalls_floor(int count)
{
	struct floor_pair pair;
	int64_t begun;
	int stalls = 0;

	while (count-- > 0) {
		begun = now();
		trip_floor(&pair);
		floor_pair_close(&pair);
		stalls += now() - begun > STALL_NS;
	}
	return stalls;
}
