/* SPDX-License-Identifier: MIT */
/*
 * What the suites with daemons share, which no one here wrote: the skip that names what is not installed,
 * and a clock for what they measure. It knows none of them.
 */
#ifndef NEEDS_H
#define NEEDS_H

#include <nsrig.h>

/* Long enough for any daemon that is not stuck, on any machine that isn't either. */
#define PATIENCE_MS 30000

/*
 * Skips the test unless there is such a program: "needs bird (Debian: bird2)". Daemons are not on
 * everybody's PATH: from here on they are on that of the test.
 */
void needs_program(const char *program, const char *package);

/* Milliseconds since some moment in the past. */
double now_ms(void);

#endif
