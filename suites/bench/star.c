// SPDX-License-Identifier: MIT
/*
 * Hosts connected to one bridge:
 *
 *	             switch br0
 *	     p1 /     p2 |   ... \ pN
 *	  eth0 h1    eth0 h2        eth0 hN
 *	10.0.0.1    10.0.0.2    ...      (2001:db8::1/64, ...)
 */
#include "bench.h"
#include "floor.h"
#include "work.h"

#include <nsrig.h>
#include <stdio.h>
#include <time.h>

static struct nsrig *star_ours(int count)
{
	struct nsrig_topo topo = {.shape = NULL};
	struct nsrig *rig;
	char shape[32];

	snprintf(shape, sizeof(shape), "star %d", count);
	topo.shape = shape;
	work_must(nsrig_new(&rig), "a rig");
	work_must(nsrig_build(rig, &topo), "a star");
	return rig;
}

/*
 * Small stars are kept until they have this many hosts, and are freed outside of the measured time.
 */
#define HOSTS_KEPT 200
static struct nsrig *rigs[HOSTS_KEPT];
static struct floor_star stars[HOSTS_KEPT];
static int rigs_kept, stars_kept, hosts_kept;

static void put_away(void)
{
	while (rigs_kept > 0)
		nsrig_free(rigs[--rigs_kept]);
	while (stars_kept > 0)
		floor_star_close(&stars[--stars_kept]);
	hosts_kept = 0;
	floor_settle();
}

static void kept(int hosts)
{
	bench_stop();
	hosts_kept += hosts;
	if (hosts_kept >= HOSTS_KEPT)
		put_away();
}

static void build_ours(int count)
{
	rigs[rigs_kept++] = star_ours(count);
}

static void build_floor(int count)
{
	floor_star_build(&stars[stars_kept++], count);
}

static void ours(int count)
{
	build_ours(count);
	kept(count);
}

static void bare(int count)
{
	build_floor(count);
	kept(count);
}

/*
 * The time per host, in microseconds: in small stars, and in a large one built right after them.
 * Sums.
 */
struct growth {
	double small, large;
	int times;
};

#define SMALL 10
#define SMALL_STARS 10

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e6 + now.tv_nsec / 1e3;
}

static void grow(struct growth *growth, void (*build)(int count), int count)
{
	double begun = now_us();
	int i;

	for (i = 0; i < SMALL_STARS; i++)
		build(SMALL);
	growth->small += (now_us() - begun) / (SMALL_STARS * SMALL);
	put_away();
	bench_start();
	begun = now_us();
	build(count);
	growth->large += (now_us() - begun) / count;
	growth->times++;
	kept(count);
}

static struct growth growth_ours, growth_floor;

static void large_ours(int count)
{
	grow(&growth_ours, build_ours, count);
}

static void large_floor(int count)
{
	grow(&growth_floor, build_floor, count);
}

static void say(const char *workload, const struct growth *growth)
{
	bench_ratio(workload, growth->large / growth->times, growth->small / growth->times, 1.20);
}

int main(void)
{
	work_begin();
	bench_pair("star of 10: a host", ours, bare, 10, 30, 1.10);
	bench_pair("star of 50: a host", ours, bare, 50, 8, 1.10);
	bench_pair("star of 100: a host", ours, bare, 100, 8, 1.10);
	bench_pair("star of 200: a host", ours, bare, 200, 6, 1.10);
	bench_pair("star of 1,000: a host", large_ours, large_floor, 1000, 3, 1.10);
	say("ours: a host of 1,000, for one of 10", &growth_ours);
	say("floor: a host of 1,000, for one of 10", &growth_floor);
	return 0;
}
