/* SPDX-License-Identifier: MIT */
/* Timeouts for the suites with third-party daemons. */
#ifndef PATIENCE_H
#define PATIENCE_H

#include <nsrig.h>
#include <time.h>

/* Long enough for any working daemon on any working machine. */
#define PATIENCE_MS 30000

/* Milliseconds of a monotonic clock. */
static inline double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

#endif
