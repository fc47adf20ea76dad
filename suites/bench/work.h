/* SPDX-License-Identifier: MIT */
/*
 * The workloads that several programs measure: the library's, and the floor's. Each leaves the
 * thread in the namespace where it was. A failure ends the process.
 */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>

/* Moves the process to a network of its own. Every program calls this first. */
void work_begin(void);

/* Ends the process with nsrig_error() unless rc is 0 or more. */
void work_must(int rc, const char *what);

/*
 * Pairs: the closing of the last pair is measured, or the creation of all. The pairs are kept until
 * work_put_away(), because the kernel frees closed namespaces asynchronously, which would slow down
 * what is measured next. At most WORK_AT_ONCE are kept.
 */
#define WORK_AT_ONCE 64
void work_build_ours(int count);
void work_build_floor(int count);
void work_pool_ours(int count); /* as work_build_ours(), with hosts from the pool */
void work_close_ours(int count);
void work_close_floor(int count);

/* With a round trip of one datagram over IPv4 and one over IPv6 before the next pair is built. */
void work_trip_ours(int count);
void work_trip_floor(int count);

/* Closes all pairs that were kept, and waits until the kernel has freed them. */
void work_put_away(void);

/* Pairs created and closed, one after the other; for worker_ask(). They return 0. */
int work_churn_ours(int count);
int work_churn_floor(int count);

/* The same with a round trip. Returns how many took longer than 100 ms. */
int work_stalls_ours(int count);
int work_stalls_floor(int count);

#endif
