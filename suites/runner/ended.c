// SPDX-License-Identifier: MIT
/*
 * What the runner says of tests that did not come to their end: the last verb, a backtrace, what
 * went wrong after the first failure, and what could not be ended.
 *
 *	this test ---- runs ----> guilty ---- runs, each in a sandbox ----> its tests
 */
#include "suites/lib/program.h"

#include <dirent.h>
#include <errno.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

static void run(struct program *guilty, const char *test)
{
	/* AddressSanitizer would turn a crash into a report. */
	setenv("ASAN_OPTIONS", "handle_segv=0", 1);
	program_run(guilty, (char *[]){GUILTY, (char *)test, "--timeout=1", NULL});
}

static void assert_said(const struct program *guilty, const char *words)
{
	if (!strstr(guilty->out_text, words))
		nsrig_fail("\"%s\" is not in: %s", words, guilty->out_text);
}

static void assert_not_said(const struct program *guilty, const char *words)
{
	if (strstr(guilty->out_text, words))
		nsrig_fail("\"%s\" is in: %s", words, guilty->out_text);
}

static void crash_has_a_backtrace(void **state)
{
	struct program guilty;

	(void)state;
	run(&guilty, "fails_before_teardown_crashes");
	assert_said(&guilty, "\n  backtrace:\n");
	assert_said(&guilty, "\n    - \"guilty(");
	/* The runner's own functions are left out. */
	assert_not_said(&guilty, "__libc_start_main");
	program_free(&guilty);
}

static void exit_has_a_backtrace(void **state)
{
	struct program guilty;

	(void)state;
	run(&guilty, "exits_3");
	assert_said(&guilty, "\n  backtrace:\n");
	assert_said(&guilty, "\n    - \"guilty(");
	program_free(&guilty);
}

static void timeout_has_a_backtrace(void **state)
{
	struct program guilty;

	(void)state;
	run(&guilty, "hangs");
	assert_said(&guilty, "\n  message: \"timed out in the test, after 1.000 s\"\n");
	assert_said(&guilty, "\n  backtrace:\n");
	assert_said(&guilty, "\n    - \"guilty(");
	program_free(&guilty);
}

static void last_verb_is_told(void **state)
{
	struct program guilty;

	(void)state;
	run(&guilty, "test_crashes_beside_a_program");
	assert_said(&guilty, "\n  last: \"nsrig_wait_line(");
	assert_said(&guilty, "suites/guilty/guilty-program.c:");
	program_free(&guilty);
	/* An assertion has a place of its own. */
	run(&guilty, "test_fails_beside_a_program");
	assert_not_said(&guilty, "\n  last: ");
	program_free(&guilty);
}

static void what_follows_a_failure_is_told(void **state)
{
	struct program guilty;

	(void)state;
	run(&guilty, "fails_before_teardown_fails");
	assert_said(&guilty, "  message: \"\\\"first\\\" != \\\"last\\\"\"\n");
	assert_said(&guilty, "\n  then:\n    - \"");
	assert_said(&guilty, "\\\"second\\\" != \\\"third\\\"\"\n");
	program_free(&guilty);
	run(&guilty, "fails_before_teardown_crashes");
	assert_said(&guilty, "\n  then:\n    - \"crashed in its teardown: SIGSEGV (Segmentation "
			     "fault)\"\n");
	program_free(&guilty);
}

/* Long words before the place do not hide it. */
static void place_of_long_words_is_told(void **state)
{
	struct program guilty;

	(void)state;
	run(&guilty, "fails_with_long_strings");
	assert_said(&guilty, "suites/guilty/guilty-lose.c:");
	program_free(&guilty);
}

static void thread_before_the_runner_is_no_skip(void **state)
{
	struct program guilty;

	(void)state;
	setenv("GUILTY_THREAD", "1", 1);
	run(&guilty, "passes");
	assert_said(&guilty,
		"  outcome: broken\n  message: \"nsrig_main() must be called before any "
		"thread is started\"\n");
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}

/* ---- what can't be ended --------------------------------------------------------------------- */

/* The process with id 2 in the next pid namespace; 0 if there is none. */
static pid_t second_process(pid_t pid)
{
	char path[64], line[256];
	int outer, inner, more, found = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "re");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "NSpid: %d %d %d", &outer, &inner, &more) == 2 && inner == 2;
	if (file)
		fclose(file);
	return found ? pid : 0;
}

static pid_t find_test(void)
{
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t pid = 0;

	assert_non_null(proc);
	while (!pid && (entry = readdir(proc)))
		pid = second_process(atoi(entry->d_name));
	closedir(proc);
	return pid;
}

/* A process that is traced can't be waited for by its parent, as long as its tracer does not. */
static void traced_process_delays_no_verdict(void **state)
{
	struct program guilty;
	pid_t test;

	(void)state;
	setenv("NSRIG_TIMEOUT_SCALE", "0.1", 1);
	program_start(&guilty, (char *[]){GUILTY, "hangs", "--timeout=10", NULL});
	while (!(test = find_test()))
		continue;
	if (ptrace(PTRACE_SEIZE, test, NULL, NULL) < 0)
		nsrig_skip("needs ptrace(2) (%s)", strerror(errno));
	program_end(&guilty, 30000);
	assert_said(&guilty, "\n  message: \"timed out in the test, after 1.000 s\"\n");
	assert_said(&guilty, "\n  processes:\n");
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
	/* Now it can be waited for. */
	waitpid(test, NULL, 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(crash_has_a_backtrace, program_clear_environment),
		cmocka_unit_test_setup(exit_has_a_backtrace, program_clear_environment),
		cmocka_unit_test_setup(timeout_has_a_backtrace, program_clear_environment),
		cmocka_unit_test_setup(last_verb_is_told, program_clear_environment),
		cmocka_unit_test_setup(what_follows_a_failure_is_told, program_clear_environment),
		cmocka_unit_test_setup(place_of_long_words_is_told, program_clear_environment),
		cmocka_unit_test_setup(
			thread_before_the_runner_is_no_skip, program_clear_environment),
		cmocka_unit_test_setup(traced_process_delays_no_verdict, program_clear_environment),
	};

	return nsrig_main(argc, argv, tests);
}
