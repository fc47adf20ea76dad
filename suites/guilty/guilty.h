/* SPDX-License-Identifier: MIT */
/* The tests of guilty: each fails on purpose, in a different way. */
#ifndef GUILTY_H
#define GUILTY_H

#include "suites/lib/array.h"
#include <nsrig.h>

/* left:a0 10.1.0.1/24 ====== right:b0 10.1.0.2/24 */
extern const struct nsrig_topo guilty_cable;

/*
 * LeakSanitizer can't look for leaks without /proc, descriptors, or children: it won't in this
 * process.
 */
void guilty_no_leak_check(void);

/* A test whose verdict is known before it begins. */
void guilty_never_begins(void **state);

/* The kernel's log, or the file that replaces it; -1 if there is none. */
extern int guilty_log;

struct guilty_tests {
	const struct CMUnitTest *tests;
	size_t count;
};

#define GUILTY_TESTS(tests)                                                                        \
	{                                                                                          \
		(tests), COUNT(tests)                                                              \
	}

extern const struct guilty_tests guilty_assert;  /* assertions fail, in many kinds of places */
extern const struct guilty_tests guilty_child;   /* children fail where it is hard to report */
extern const struct guilty_tests guilty_end;     /* processes end early, or never */
extern const struct guilty_tests guilty_hide;    /* things left behind are hidden */
extern const struct guilty_tests guilty_kernel;  /* the kernel complains */
extern const struct guilty_tests guilty_leave;   /* things are left behind, or changed */
extern const struct guilty_tests guilty_length;  /* messages are long */
extern const struct guilty_tests guilty_lose;    /* failures that nobody may learn of */
extern const struct guilty_tests guilty_packets; /* packets are not those expected */
extern const struct guilty_tests guilty_program; /* programs and threads fail */
extern const struct guilty_tests guilty_require; /* the machine lacks what they need */
extern const struct guilty_tests guilty_say;     /* odd output, skips, and no fault at all */
extern const struct guilty_tests guilty_state;   /* the state is not the one expected */
extern const struct guilty_tests guilty_traffic; /* traffic is not as expected */

#endif
