// SPDX-License-Identifier: MIT
/*
 * Hosts on one bridge:
 *
 *	            switch br0
 *	  port0 /   port1 |   ... \ portN
 *	  eth0 h0    eth0 h1        eth0 hN
 *	10.0.0.1/8  10.0.0.3/8  ...      (2001:db8::1/64, ...)
 */
#include "bench.h"
#include "floor.h"
#include "work.h"

#include <arpa/inet.h>
#include <nsrig.h>
#include <stdio.h>
#include <time.h>

/* Out of the way of those of the cables. */
#define BRIDGE_INDEX 100000

#define SIZE 64

/* The floor's ends, as text. */
struct words {
	char mac[SIZE], ipv4[SIZE], ipv6[SIZE], link_local[SIZE];
};

static struct words words_of(const struct floor_end *end)
{
	char text[INET6_ADDRSTRLEN];
	struct words words;

	snprintf(words.mac, SIZE, "%02x:%02x:%02x:%02x:%02x:%02x", end->mac[0], end->mac[1],
		end->mac[2], end->mac[3], end->mac[4], end->mac[5]);
	inet_ntop(AF_INET, &end->ipv4, text, sizeof(text));
	snprintf(words.ipv4, SIZE, "%s/8", text);
	inet_ntop(AF_INET6, &end->ipv6, text, sizeof(text));
	snprintf(words.ipv6, SIZE, "%s/64", text);
	inet_ntop(AF_INET6, &end->link_local, words.link_local, SIZE);
	return words;
}

static void add(struct nsrig *rig, struct nsrig_ns *center, int i)
{
	const struct floor_end port = floor_end(2 * i), end = floor_end(2 * i + 1);
	const struct words port_words = words_of(&port), words = words_of(&end);
	char port_name[SIZE], name[SIZE];
	const struct nsrig_link_spec port_spec = {.name = port_name,
		.index = port.index,
		.mac = port_words.mac,
		.master = "br0",
		.up = true};
	const struct nsrig_link_spec spec = {
		.name = "eth0", .index = end.index, .mac = words.mac, .up = true};
	struct nsrig_ns *host;

	snprintf(port_name, SIZE, "port%d", i);
	snprintf(name, SIZE, "h%d", i);
	work_must(nsrig_add_host(rig, name), "a host");
	host = nsrig_find_host(rig, name);
	work_must(nsrig_veth_add(center, &port_spec, host, &spec), "its cable");
	work_must(nsrig_addr_add(host, "eth0", words.ipv4), "its IPv4 address");
	work_must(nsrig_addr_add(host, "eth0", words.ipv6), "its IPv6 address");
}

static void await(struct nsrig *rig, struct nsrig_ns *center, int i)
{
	const struct floor_end end = floor_end(2 * i + 1);
	const struct words words = words_of(&end);
	struct nsrig_ns *host;
	char name[SIZE];

	snprintf(name, SIZE, "h%d", i);
	host = nsrig_find_host(rig, name);
	work_must(nsrig_wait_link(host, "eth0", NSRIG_WAIT_MS), "its link");
	work_must(nsrig_wait_addr(host, words.ipv6, NSRIG_WAIT_MS), "its IPv6 address");
	work_must(nsrig_wait_addr(host, words.link_local, NSRIG_WAIT_MS), "its own address");
	snprintf(name, SIZE, "port%d", i);
	work_must(nsrig_wait_link(center, name, NSRIG_WAIT_MS), "its port");
}

/*
 * Of single calls, because a topology has no bridge yet; to become one nsrig_build(). As the floor:
 * the bridge comes up last, and what is ready is asked for when all is made.
 */
static struct nsrig *star_ours(int count)
{
	const struct nsrig_link_spec bridge = {.name = "br0", .index = BRIDGE_INDEX};
	struct nsrig_ns *center;
	struct nsrig *rig;
	int i;

	work_must(nsrig_new(&rig), "a rig");
	work_must(nsrig_add_host(rig, "switch"), "the switch");
	center = nsrig_find_host(rig, "switch");
	/* Ports need no address of their own. */
	work_must(nsrig_sysctl_set(center, "net/ipv6/conf/default/addr_gen_mode", "1"), "ports");
	work_must(nsrig_link_add(center, "bridge", &bridge), "the bridge");
	for (i = 0; i < count; i++)
		add(rig, center, i);
	for (i = 0; i < count; i++)
		await(rig, center, i);
	work_must(nsrig_link_up(center, "br0"), "the bridge");
	work_must(nsrig_wait_link(center, "br0", NSRIG_WAIT_MS), "the bridge");
	return rig;
}

/* Small ones are kept until there are so many hosts; they are freed while nothing is measured. */
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

/* What a host takes, in microseconds: in small stars, and right after them in a large one; sums. */
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
	bench_pair("star of 100: a host", ours, bare, 100, 3, 1.10);
	bench_pair("star of 200: a host", ours, bare, 200, 2, 1.10);
	bench_pair("star of 1,000: a host", large_ours, large_floor, 1000, 1, 1.10);
	say("ours: a host of 1,000, for one of 10", &growth_ours);
	say("floor: a host of 1,000, for one of 10", &growth_floor);
	return 0;
}
