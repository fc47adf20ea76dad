// SPDX-License-Identifier: MIT
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS_MAX 1000

static struct timespec started, stopped;
static void (*between)(void);
static int between_rounds;

void bench_start(void)
{
	clock_gettime(CLOCK_MONOTONIC, &started);
	stopped.tv_sec = 0;
}

void bench_stop(void)
{
	if (!stopped.tv_sec)
		clock_gettime(CLOCK_MONOTONIC, &stopped);
}

void bench_between(void (*fn)(void), int rounds)
{
	between = fn;
	between_rounds = rounds;
}

/* Microseconds per call. */
static double measure(bench_fn *fn, int count)
{
	bench_start();
	fn(count);
	bench_stop();
	return ((stopped.tv_sec - started.tv_sec) * 1e9 + (stopped.tv_nsec - started.tv_nsec)) /
	       1e3 / count;
}

static int by_value(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static double median(double *values, int count)
{
	qsort(values, count, sizeof(*values), by_value);
	return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static void print(const char *workload, double ours_us, double floor_us, double ratio,
	double target, const char *kind)
{
	printf("%s\t%.2f\t%.2f\t%.3f\t%.2f\t%s\n", workload, ours_us, floor_us, ratio, target,
		kind);
	fflush(stdout);
}

/*
 * The result is the median of the ratios of all rounds. Other load on the machine usually lasts
 * longer than a round, so both sums of a round saw the same machine; the order A B B A cancels a
 * linear drift. The ratio of two medians would compare different minutes if the machine was busy
 * for half of the time. A stall of the kernel spoils one round, but not the median.
 *
 * Rounds should be short. A pair measured against itself, eight times on a busy machine, gave 0.99
 * to 1.01 with 400 rounds of four pairs; with 15 rounds of forty it gave 0.95 to 1.07, and 0.91 to
 * 1.16 by the ratio of medians.
 */
static void compare(const char *workload, bench_fn *ours, bench_fn *floor, int count, int rounds,
	double target, const char *kind)
{
	static double a[2 * ROUNDS_MAX], b[2 * ROUNDS_MAX], ratios[ROUNDS_MAX];
	int i, n = 0;

	/* Warm up: the first call of each is slower (memory, caches, the kernel's lists). */
	measure(ours, count);
	measure(floor, count);
	if (between)
		between();
	for (i = 0; i < rounds && i < ROUNDS_MAX; i++, n += 2) {
		a[n] = measure(ours, count);
		b[n] = measure(floor, count);
		b[n + 1] = measure(floor, count);
		a[n + 1] = measure(ours, count);
		ratios[i] = (a[n] + a[n + 1]) / (b[n] + b[n + 1]);
		if (between && ((i + 1) % between_rounds == 0 || i + 1 == rounds))
			between();
	}
	print(workload, median(a, n), median(b, n), median(ratios, i), target, kind);
}

void bench_pair(
	const char *workload, bench_fn *ours, bench_fn *floor, int count, int rounds, double target)
{
	compare(workload, ours, floor, count, rounds, target, "ratio");
}

void bench_pair_us(
	const char *workload, bench_fn *ours, bench_fn *floor, int count, int rounds, double us)
{
	compare(workload, ours, floor, count, rounds, us, "us");
}

void bench_peer(const char *workload, bench_fn *theirs, bench_fn *floor, int count, int rounds)
{
	compare(workload, theirs, floor, count, rounds, 0, "peer");
}

void bench_count(const char *workload, int ours, int floor, int target)
{
	printf("%s\t%d\t%d\t%d\t%d\tcount\n", workload, ours, floor, 0, target);
	fflush(stdout);
}

void bench_ratio(const char *workload, double a, double b, double target)
{
	print(workload, a, b, a / b, target, "ratio");
}
