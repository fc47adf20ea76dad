// SPDX-License-Identifier: MIT
/* A namespace is created and closed; a thread enters a namespace and returns. */
#include "bench.h"
#include "floor.h"
#include "work.h"

#include <nsrig.h>
#include <unistd.h>

static void temp_ours(int count)
{
	struct nsrig_ns *ns;
	int i;

	for (i = 0; i < count; i++) {
		work_must(nsrig_ns_temp(&ns), "ours");
		nsrig_ns_free(ns);
	}
}

static void pool_ours(int count)
{
	work_must(nsrig_ns_pool(count), "the pool");
	bench_start();
	temp_ours(count);
}

static void temp_floor(int count)
{
	int i, home, fd;

	for (i = 0; i < count; i++) {
		home = floor_home();
		fd = floor_unshare();
		floor_go(home);
		close(home);
		close(fd);
	}
}

static struct nsrig_ns *there;
static int there_fd;

static int nothing(struct nsrig_ns *host, void *arg)
{
	(void)host;
	(void)arg;
	return 0;
}

static int again(struct nsrig_ns *host, void *arg)
{
	(void)host;
	return nsrig_do(arg, nothing, NULL);
}

static void do_ours(int count)
{
	while (count-- > 0)
		work_must(nsrig_do(there, nothing, NULL), "ours");
}

static void do_nested(int count)
{
	while (count-- > 0)
		work_must(nsrig_do(there, again, there), "ours");
}

static void do_floor(int count)
{
	int home;

	while (count-- > 0) {
		home = floor_home();
		floor_go(there_fd);
		floor_go(home);
		close(home);
	}
}

int main(void)
{
	work_begin();
	bench_between(floor_settle, 20);
	bench_pair("a namespace made and closed", temp_ours, temp_floor, 1, 300, 1.05);
	bench_pair("the same from the pool", pool_ours, temp_floor, 1, 300, 0.10);

	bench_between(NULL, 0);
	work_must(nsrig_ns_temp(&there), "ours");
	there_fd = nsrig_ns_fd(there);
	bench_pair("do() with nothing to do", do_ours, do_floor, 500, 100, 1.20);
	bench_pair("do() in do(), for one", do_nested, do_ours, 500, 100, 2.10);
	nsrig_ns_free(there);
	return 0;
}
