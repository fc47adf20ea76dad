/* SPDX-License-Identifier: MIT */
/*
 * Benchmarks: each measures the library and the same work done with bare system calls in one run,
 * and prints both figures and their ratio. These are not tests: machines are noisy, and a person
 * judges the figures.
 *
 * Each benchmark prints one line with fields separated by tabs: the workload, the library's figure,
 * the floor's figure, their ratio, the limit, and the kind of limit. The kind is "ratio" (a limit
 * on the ratio), "us" or "count" (a limit on the library's figure), or "peer" (a figure of another
 * tool, which has no limit).
 */
#ifndef BENCH_H
#define BENCH_H

/* Does the work count times; both do the same. */
typedef void bench_fn(int count);

/* For a function of which only a part is measured: up to the first stop, from the last start. */
void bench_start(void);
void bench_stop(void);

/*
 * What is called in the next pairs after so many rounds, and is not measured: for what was put
 * aside meanwhile. NULL for nothing.
 */
void bench_between(void (*fn)(void), int rounds);

/*
 * Runs ours and the floor in turn, as A B B A, rounds times; prints the medians of both in
 * microseconds for one, and how many times the floor ours should be at the most.
 */
void bench_pair(const char *workload, bench_fn *ours, bench_fn *floor, int count, int rounds,
	double target);

/* The same, where ours should be so many microseconds at the most, whatever the floor's. */
void bench_pair_us(
	const char *workload, bench_fn *ours, bench_fn *floor, int count, int rounds, double us);

/* The same, where ours is what somebody else's tool takes. */
void bench_peer(const char *workload, bench_fn *theirs, bench_fn *floor, int count, int rounds);

/* What was counted in both, and not measured. */
void bench_count(const char *workload, int ours, int floor, int target);

/* Two figures in microseconds that were measured otherwise. */
void bench_ratio(const char *workload, double a, double b, double target);

#endif
