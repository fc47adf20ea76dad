// SPDX-License-Identifier: MIT
#include "bench.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS_MAX 1000

/* Microseconds for one. */
static double measure(bench_fn *fn, int count)
{
	struct timespec begin, end;

	clock_gettime(CLOCK_MONOTONIC, &begin);
	fn(count);
	clock_gettime(CLOCK_MONOTONIC, &end);
	return ((end.tv_sec - begin.tv_sec) * 1e9 + (end.tv_nsec - begin.tv_nsec)) / 1e3 / count;
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

void bench_pair(
	const char *workload, bench_fn *ours, bench_fn *floor, int count, int rounds, double target)
{
	static double a[2 * ROUNDS_MAX], b[2 * ROUNDS_MAX];
	double ours_us, floor_us;
	int i, n = 0;

	/* The first of each is slower: memory, caches, the kernel's lists. */
	measure(ours, count);
	measure(floor, count);
	for (i = 0; i < rounds && i < ROUNDS_MAX; i++, n += 2) {
		a[n] = measure(ours, count);
		b[n] = measure(floor, count);
		b[n + 1] = measure(floor, count);
		a[n + 1] = measure(ours, count);
	}
	ours_us = median(a, n);
	floor_us = median(b, n);
	printf("%s\t%.1f\t%.1f\t%.2f\t%.2f\n", workload, ours_us, floor_us, ours_us / floor_us,
		target);
	fflush(stdout);
}
