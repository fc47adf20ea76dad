/* SPDX-License-Identifier: MIT */
/*
 * The workloads that more than one program measures: ours, and the floor's. Each leaves the thread
 * where it was; what fails ends the process.
 */
#ifndef WORK_H
#define WORK_H

#include <stdbool.h>

/* Where the machine's own network is not: to be called first, by every program. */
void work_begin(void);

/* Ends the process with nsrig_error() unless rc is 0 or more. */
void work_must(int rc, const char *what);

/*
 * Pairs, made one after the other, and closed when all are made: between bench_start() and
 * bench_stop() is either the making or the closing.
 */
void work_build_ours(int count);
void work_build_floor(int count);
void work_close_ours(int count);
void work_close_floor(int count);

/* With one datagram there and back, over IPv4 and IPv6, before the next is made. */
void work_trip_ours(int count);
void work_trip_floor(int count);

/* Made and closed, one after the other; for worker_ask(). They return 0. */
int work_churn_ours(int count);
int work_churn_floor(int count);

/* The same with a trip: how many of them took longer than 100 ms. */
int work_stalls_ours(int count);
int work_stalls_floor(int count);

#endif
