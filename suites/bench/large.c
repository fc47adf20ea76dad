// SPDX-License-Identifier: MIT
/*
 * A large star: builds, uses and frees it, and prints the time and the memory that this takes.
 * Every host sends an echo request to every 10th other host. Usage: "large [HOSTS [EVERY]]",
 * default 1,000 and 10.
 *
 *	             switch br0
 *	     p1 /     p2 |   ... \ pN
 *	  eth0 h1    eth0 h2        eth0 hN
 *	10.0.0.1    10.0.0.2    ...
 */
#include "floor.h"
#include "weight.h"
#include "work.h"

#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static int hosts = 1000, every = 10;

static double now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

static struct nsrig_ns *host(struct nsrig *rig, int number)
{
	char name[16];

	snprintf(name, sizeof(name), "h%d", number);
	return nsrig_find_host(rig, name);
}

static void address(int number, char text[32])
{
	snprintf(text, 32, "10.0.%d.%d", number / 256, number % 256);
}

static int ask(struct nsrig_ns *home, void *arg)
{
	struct nsrig_echo echo = {.dst = arg};

	(void)home;
	return nsrig_ping(&echo);
}

/*
 * All namespaces share one neighbour table, which has room for 1,024 entries that are not
 * permanent. So both sides delete their entries after each query.
 */
static void forget(struct nsrig_ns *ns, int other)
{
	char neighbour[64], addr[32];

	address(other, addr);
	snprintf(neighbour, sizeof(neighbour), "%s dev eth0", addr);
	nsrig_neigh_del(ns, neighbour);
}

/*
 * A host's multicast reaches a thousand hosts at once, and the queue between them holds only
 * net.core.netdev_max_backlog (1,000) packets: if two hosts send at the same time, some packets are
 * lost. So no host solicits routers (there are none) while neighbours are being resolved.
 */
static void hush(struct nsrig *rig)
{
	int i;

	for (i = 1; i <= hosts; i++)
		work_must(nsrig_sysctl_set(
				  host(rig, i), "net/ipv6/conf/eth0/router_solicitations", "0"),
			"router_solicitations");
}

static long reach_all(struct nsrig *rig)
{
	char addr[32], what[32];
	long reached = 0;
	int from, to;

	for (from = 1; from <= hosts; from++) {
		for (to = from % every + 1; to <= hosts; to += every) {
			if (to == from)
				continue;
			address(to, addr);
			snprintf(what, sizeof(what), "from h%d", from);
			work_must(nsrig_do(host(rig, from), ask, addr), what);
			forget(host(rig, from), to);
			forget(host(rig, to), from);
			reached++;
		}
	}
	return reached;
}

int main(int argc, char **argv)
{
	struct nsrig_topo topo = {.shape = NULL};
	struct weight weight;
	struct nsrig *rig;
	char shape[32];
	double begun;
	long reached;

	if (argc > 1)
		hosts = atoi(argv[1]);
	if (argc > 2)
		every = atoi(argv[2]);
	work_begin();
	snprintf(shape, sizeof(shape), "star %d", hosts);
	topo.shape = shape;
	weight = weight_now();
	weight_say("before", &weight);
	begun = now();
	work_must(nsrig_new(&rig), "a rig");
	work_must(nsrig_build(rig, &topo), shape);
	printf("%s: built in %.2f s\n", shape, now() - begun);
	weight = weight_now();
	weight_say("built", &weight);
	hush(rig);
	begun = now();
	reached = reach_all(rig);
	printf("every host reached every %dth other: %ld echoes in %.2f s\n", every, reached,
		now() - begun);
	begun = now();
	nsrig_free(rig);
	printf("taken down in %.2f ms\n", (now() - begun) * 1e3);
	floor_settle();
	weight = weight_now();
	weight_say("taken down", &weight);
	return 0;
}
