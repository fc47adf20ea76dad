/* SPDX-License-Identifier: MIT */
/*
 * Benchmarks: our figure beside that of bare system calls, in one run, and their ratio. Nothing
 * here is a test: machines are noisy, and a figure is for a person to read.
 */
#ifndef BENCH_H
#define BENCH_H

/* Does the work count times; both do the same. */
typedef void bench_fn(int count);

/*
 * Runs ours and the floor in turn, as A B B A, rounds times; prints one line with tabs between: the
 * workload, the medians of both in microseconds for one, their ratio, and what the ratio should be
 * at the most.
 */
void bench_pair(const char *workload, bench_fn *ours, bench_fn *floor, int count, int rounds,
	double target);

#endif
