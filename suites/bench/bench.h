/* SPDX-License-Identifier: MIT */
/*
 * Benchmarks: our figure beside that of bare system calls, in one run, and their ratio. Nothing
 * here is a test: machines are noisy, and a figure is for a person to read.
 *
 * Each prints one line, with tabs between: the workload, ours, the floor's, their ratio, what it
 * should be at the most, and of what kind that is: "ratio", "us" or "count" for what ours should be
 * in itself, "peer" where ours is somebody else's and should be nothing.
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
