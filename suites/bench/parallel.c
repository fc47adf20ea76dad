// SPDX-License-Identifier: MIT
/*
 * Pairs made and closed without a pause, by processes side by side: what it takes, and how often
 * one waits for a timer; and by a process that is root in a user namespace of its own only.
 */
#include "bench.h"
#include "work.h"
#include "worker.h"

#include <stdbool.h>
#include <stdio.h>

#define WORKERS_MAX 8

static struct worker workers[WORKERS_MAX];
static int active;

/* What all of them have counted. */
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

static struct worker rootless;

static void without_root(int count)
{
	worker_ask(&rootless, work_churn_ours, count);
	worker_wait(&rootless);
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
		/* 0.90 of the floor's pairs a second. */
		bench_pair(text, ours, bare, 40, 8, 1 / 0.90);
	}
	active = 1;
	if (worker_start(&rootless, true)) {
		bench_pair("a pair rootless, for one as root", without_root, ours, 10, 20, 1.05);
		worker_end(&rootless);
	} else {
		fprintf(stderr, "left out: rootless (no user namespace is to be had)\n");
	}
	stalls(1);
	stalls(4);
	for (i = 0; i < WORKERS_MAX; i++)
		worker_end(&workers[i]);
	return 0;
}
