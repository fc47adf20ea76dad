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
	char *out_text; /* stdout, after program_end() */
	char *err_text; /* stderr, after program_end() */
	int status;     /* as waitpid() returns it */
};

/* The program whose tests fail on purpose. */
#define GUILTY "../guilty/guilty"

/*
 * Clears the variables that a person or a CI system may have set for the suite itself, and that its
 * programs must not see. Can be a set-up, or be called.
 */
int program_clear_environment(void **state);

/*
 * The path of a program: "../..." is relative to the folder of the calling program; other names
 * stay as they are.
 */
void program_path(const char *name, char path[PATH_MAX]);

/* Starts argv[0], a path (see program_path()) or a name that is searched in $PATH. */
void program_start(struct program *program, char *const argv[]);

/* Reads until both streams end, and waits for the program. Fails the test after ms milliseconds. */
void program_end(struct program *program, int ms);

/* program_start() and program_end() with a generous limit. */
void program_run(struct program *program, char *const argv[]);

/* Removes the durations from a TAP stream, so that it can be compared. */
void program_forget_times(struct program *program);

void program_free(struct program *program);

/* Asserts that a guilty test fails in this file, with these words. */
void program_assert_fails(const char *test, const char *file, const char *said);

/* Asserts that the program exited with this status. */
#define program_assert_exit(program, code)                                                         \
	do {                                                                                       \
		assert_true(WIFEXITED((program)->status));                                         \
		assert_int_equal(WEXITSTATUS((program)->status), (code));                          \
	} while (0)

#endif
