/* SPDX-License-Identifier: MIT */
/* A row of the truth table. */
#ifndef TRUTH_H
#define TRUTH_H

#include <stdbool.h>
#include <stddef.h>

struct truth {
	const char *deed;        /* what the test does, for a person */
	const char *tests;       /* of guilty: one, or several separated by commas */
	const char *name;        /* of the row; NULL: the same as tests */
	const char *options;     /* one option of the runner, or NULL */
	const char *environment; /* NAME=VALUE, or NULL */
	const char *outcome;     /* "" if there is no result line */
	const char *message;     /* or the reason of a skip; a glob */
	const char *prove;       /* a line of prove's output */
	int exit_status;         /* of the program; -N: killed by signal N */
	bool alone;              /* no test runs after it */
};

extern const struct truth truth_rows[];
extern const size_t truth_count;

#endif
