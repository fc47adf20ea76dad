/* SPDX-License-Identifier: MIT */
/*
 * The workloads that several programs measure: the library's, and the floor's. Each leaves the
 * thread in the namespace where it was. A failure ends the process.
 */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>

/* Where the machine's own network is not: to be called first, by every program. */
void work_begin(void);

/* Ends the process with nsrig_error() unless rc is 0 or more. */
void work_must(int rc, const char *what);

/*
 * Pairs; the closing of the last is measured, or the making of all. Those that were made are kept
 * until work_put_away(), as the kernel frees what was closed when it likes, and stands in the way
 * of what is measured then. At most WORK_AT_ONCE are kept.
 */
#define WORK_AT_ONCE 64
void work_build_ours(int count);
void work_build_floor(int count);
void work_pool_ours(int count); /* as work_build_ours(), its hosts made ahead */
void work_close_ours(int count);
void work_close_floor(int count);

/* With one datagram there and back, over IPv4 and IPv6, before the next is made. */
void work_trip_ours(int count);
void work_trip_floor(int count);

/* Closes all that was kept, and waits until the kernel has freed it. */
void work_put_away(void);

/* Made and closed, one after the other; for worker_ask(). They return 0. */
int work_churn_ours(int count);
int work_churn_floor(int count);

/* The same with a trip: how many of them took longer than 100 ms. */
int work_stalls_ours(int count);
int work_stalls_floor(int count);

#endif
