// SPDX-License-Identifier: MIT
/*
 * The gain of --jobs=2: tests that each wait 20 ms, two at a time. The floor here is the library's
 * own figure for one at a time; the ideal ratio is a half.
 */
#include "bench.h"

#include <fcntl.h>
#include <nsrig.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define TESTS 100

static struct CMUnitTest tests[TESTS];

/* Like a test that waits for its network. */
static void waits(void **state)
{
	(void)state;
	poll(NULL, 0, 20);
}

/* The stream is written to /dev/null. */
static void run(char *option, int count)
{
	char *program[] = {"jobs", option, NULL};
	int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDOUT_FILENO);
	if (nsrig_run_tests(2, program, tests, count)) {
		fprintf(stderr, "the tests did not pass\n");
		exit(1);
	}
	dup2(out, STDOUT_FILENO);
	close(out);
	close(null);
}

static void two(int count)
{
	run("--jobs=2", count);
}

static void one(int count)
{
	run("--jobs=1", count);
}

int main(void)
{
	static char names[TESTS][16];
	int i;

	for (i = 0; i < TESTS; i++) {
		snprintf(names[i], sizeof(names[i]), "test_%d", i);
		tests[i] = (struct CMUnitTest){.name = names[i], .test_func = waits};
	}
	one(1);
	bench_pair("100 tests that wait 20 ms, --jobs 2 for 1", two, one, TESTS, 3, 0.55);
	return 0;
}
