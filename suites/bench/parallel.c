// SPDX-License-Identifier: MIT
/*
 * Several processes that create and close pairs without a pause: the time it takes, and how often a
 * process waits for a timer. Also measured: a process that is root only in its own user namespace.
 */
#include "bench.h"
#include "work.h"
#include "worker.h"

#include <stdbool.h>
#include <stdio.h>

#define WORKERS_MAX 8

static struct worker workers[WORKERS_MAX];
static int active;

/* The sum of the workers' results. */
static int all(worker_fn *fn, int count)
{
	int i, sum = 0;

	for (i = 0; i < active; i++)
		worker_ask(&workers[i], fn, count / active);
	for (i = 0; i < active; i++)
		sum += worker_wait(&workers[i]);
	return sum;
}

static void ours(int count)
{
	all(work_churn_ours, count);
}

static void bare(int count)
{
	all(work_churn_floor, count);
}

static void stalls(int processes)
{
	int i, ours = 0, bare = 0;
	char text[64];

	active = processes;
	for (i = 0; i < 10; i++) {
		ours += all(work_stalls_ours, 200);
		bare += all(work_stalls_floor, 200);
	}
	snprintf(text, sizeof(text), "stalls in 2,000 pairs, processes: %d", processes);
	bench_count(text, ours, bare, 0);
}

/* Two processes that differ only in the kind of root that they are. */
static struct worker rootless, root;

static int keep(int count)
{
	work_build_ours(count);
	return 0;
}

static int put_away(int count)
{
	(void)count;
	work_put_away();
	return 0;
}

static void without_root(int count)
{
	worker_ask(&rootless, keep, count);
	worker_wait(&rootless);
}

static void with_root(int count)
{
	worker_ask(&root, keep, count);
	worker_wait(&root);
}

static void put_both_away(void)
{
	worker_ask(&rootless, put_away, 0);
	worker_wait(&rootless);
	worker_ask(&root, put_away, 0);
	worker_wait(&root);
}

static void compare_roots(void)
{
	worker_start(&root, false);
	if (worker_start(&rootless, true)) {
		bench_between(put_both_away, 20);
		bench_pair(
			"a pair rootless, for one as root", without_root, with_root, 1, 150, 1.05);
	} else {
		fprintf(stderr, "left out: rootless (no user namespace is to be had)\n");
	}
	worker_end(&root);
	worker_end(&rootless);
}

int main(void)
{
	char text[64];
	int i;

	work_begin();
	for (i = 0; i < WORKERS_MAX; i++)
		worker_start(&workers[i], false);
	for (active = 1; active <= WORKERS_MAX; active *= 2) {
		snprintf(text, sizeof(text), "a pair, made and closed, processes: %d", active);
		/* At least 0.90 of the floor's pairs per second. */
		bench_pair(text, ours, bare, 32, 8, 1 / 0.90);
	}
	compare_roots();
	stalls(1);
	stalls(4);
	for (i = 0; i < WORKERS_MAX; i++)
		worker_end(&workers[i]);
	return 0;
}
