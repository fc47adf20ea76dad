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

/* Does the work count times. Both functions of a pair do the same work. */
typedef void bench_fn(int count);

/*
 * For a function that is measured only in part: time between a stop and the next start isn't
 * counted.
 */
void bench_start(void);
void bench_stop(void);

/*
 * In the pairs that follow, calls fn after this many rounds, outside of the measured time: fn frees
 * what the rounds have set aside. NULL calls nothing.
 */
void bench_between(void (*fn)(void), int rounds);

/*
 * Runs ours and the floor alternately, as A B B A, in each round. Prints the medians of both in
 * microseconds per call, and the ratio. target is the highest acceptable ratio.
 */
void bench_pair(const char *workload, bench_fn *ours, bench_fn *floor, int count, int rounds,
	double target);

/* The same, with a limit on ours in microseconds, whatever the floor takes. */
void bench_pair_us(
	const char *workload, bench_fn *ours, bench_fn *floor, int count, int rounds, double us);

/* The same for a third-party tool; there is no limit. */
void bench_peer(const char *workload, bench_fn *theirs, bench_fn *floor, int count, int rounds);

/* Two counts instead of times. */
void bench_count(const char *workload, int ours, int floor, int target);

/* Two times in microseconds that were measured by other means. */
void bench_ratio(const char *workload, double a, double b, double target);

#endif
