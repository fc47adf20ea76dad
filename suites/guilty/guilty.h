/* SPDX-License-Identifier: MIT */
/* The tests of guilty: each fails on purpose, in a different way. */
#ifndef GUILTY_H
#define GUILTY_H

#include "suites/lib/array.h"
#include <nsrig.h>

/* left:a0 10.1.0.1/24 ====== right:b0 10.1.0.2/24 */
extern const struct nsrig_topo guilty_cable;

/* A test that is decided before it would begin. */
void guilty_never_begins(void **state);

/* A log of the kernel's, or what the runner takes for it; -1 if there is none. */
extern int guilty_log;

struct guilty_tests {
	const struct CMUnitTest *tests;
	size_t count;
};

#define GUILTY_TESTS(tests)                                                                        \
	{                                                                                          \
		(tests), COUNT(tests)                                                              \
	}

extern const struct guilty_tests guilty_assert;  /* assertions fail, in all kinds of places */
extern const struct guilty_tests guilty_end;     /* processes end, or don't */
extern const struct guilty_tests guilty_kernel;  /* the kernel complains */
extern const struct guilty_tests guilty_leave;   /* things are left behind, or changed */
extern const struct guilty_tests guilty_length;  /* sentences are long */
extern const struct guilty_tests guilty_packets; /* other packets are expected than there are */
extern const struct guilty_tests guilty_program; /* programs and threads go wrong */
extern const struct guilty_tests guilty_require; /* the machine lacks what they need */
extern const struct guilty_tests guilty_say;     /* words, skips, and what is no fault at all */
extern const struct guilty_tests guilty_state;   /* another state is expected than there is */
extern const struct guilty_tests guilty_traffic; /* and other traffic */

#endif
