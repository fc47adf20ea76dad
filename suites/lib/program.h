/* SPDX-License-Identifier: MIT */
/* Runs a program and keeps its output, for suites that test other programs. */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <limits.h>
#include <stddef.h>
#include <sys/types.h>

struct program {
	pid_t pid;
	int out, err;   /* read ends */
	char *out_text; /* what came on stdout, after program_end() */
	char *err_text; /* what came on stderr */
	int status;     /* as of waitpid() */
};

/* The program whose tests fail on purpose. */
#define GUILTY "../guilty/guilty"

/*
 * Takes away what a person or a pipeline may have set for the calling suite, and is not meant for
 * the programs that it runs. For a fixture, or to be called.
 */
int program_clear_environment(void **state);

/* Where a program is: "../..." is seen from the calling program's folder, all else stays. */
void program_path(const char *name, char path[PATH_MAX]);

/*
 * Starts argv[0], found in $PATH or as a path: see program_path().
 */
void program_start(struct program *program, char *const argv[]);

/* Reads until both streams end, and waits. Fails the test after ms milliseconds. */
void program_end(struct program *program, int ms);

/* Both in one, with time enough. */
void program_run(struct program *program, char *const argv[]);

/* Leaves out the times of a TAP stream, so that it can be compared. */
void program_forget_times(struct program *program);

void program_free(struct program *program);

/* Asserts that a guilty test fails in this file, with these words. */
void program_assert_fails(const char *test, const char *file, const char *said);

/* Asserts that it exited, with this status. */
#define program_assert_exit(program, code)                                                         \
	do {                                                                                       \
		assert_true(WIFEXITED((program)->status));                                         \
		assert_int_equal(WEXITSTATUS((program)->status), (code));                          \
	} while (0)

#endif
