/* SPDX-License-Identifier: MIT */
/*
 * One thread that waits for everything: descriptors, alarms, and the signals that end a helper
 * (SIGTERM, SIGINT, by signalfd(2)). One event is taken at a time, so that what one handler lets go of
 * is never met again by the next.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

/* A descriptor and what to call when it is ready; kept by whoever watches. */
struct watch {
	int fd;
	void (*wake)(struct watch *watch, uint32_t events);
};

/* Rings once for each alarm_set(). */
struct alarm {
	struct watch watch; /* the first: what is woken is the alarm */
	void (*ring)(struct alarm *alarm);
};

/* Before anything else of this file; blocks the signals. */
int loop_begin(void);

/* Watches for these events (EPOLLIN, ...), instead of those that it watched for before. */
int loop_watch(struct watch *watch, uint32_t events);

/* To be called before the descriptor is closed. */
void loop_forget(struct watch *watch);

/* Until a signal or loop_end(); returns what loop_end() was given, 0 for a signal. */
int loop_run(void);

/* loop_run() returns when the handler has; the first rc counts. */
void loop_end(int rc);

/* CLOCK_MONOTONIC, in ns. */
uint64_t loop_now(void);

int alarm_begin(struct alarm *alarm, void (*ring)(struct alarm *alarm));

/* Rings at this time, once; what was set before is off. 0: never. */
void alarm_set(struct alarm *alarm, uint64_t at);

#endif
