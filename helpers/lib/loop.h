/* SPDX-License-Identifier: MIT */
/*
 * A single-threaded event loop for descriptors, alarms, and the signals that end a helper (SIGTERM
 * and SIGINT, by signalfd(2)). It fetches one event at a time, so no event refers to a watch that
 * an earlier handler has freed.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

/* A descriptor and its handler. The caller owns the memory. */
struct watch {
	int fd;
	void (*wake)(struct watch *watch, uint32_t events);
};

/* Rings once for each alarm_set(). */
struct alarm {
	struct watch watch; /* the first member: the handler casts it to the alarm */
	void (*ring)(struct alarm *alarm);
};

/* Call this first. Blocks the signals. */
int loop_begin(void);

/* Sets the events to wait for (EPOLLIN, ...), replacing earlier ones. */
int loop_watch(struct watch *watch, uint32_t events);

/* Call this before the descriptor is closed. */
void loop_forget(struct watch *watch);

/*
 * Runs until a signal arrives or loop_end() is called. Returns the rc of loop_end(); 0 for a
 * signal.
 */
int loop_run(void);

/* Makes loop_run() return after the current handler. Only the first rc counts. */
void loop_end(int rc);

/* CLOCK_MONOTONIC, in ns. */
uint64_t loop_now(void);

int alarm_begin(struct alarm *alarm, void (*ring)(struct alarm *alarm));

/* Sets the time, replacing the earlier one. 0: never. */
void alarm_set(struct alarm *alarm, uint64_t at);

#endif
