// SPDX-License-Identifier: MIT
/* Tests that fail, and whose output or teardown may hide it. */
#include "guilty.h"

#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- behind a failure ------------------------------------------------------------------------ */

static void fails_first(void **state)
{
	(void)state;
	assert_string_equal("first", "last");
}

static int teardown_crashes(void **state)
{
	(void)state;
	kill(getpid(), SIGSEGV);
	return 0;
}

static int teardown_aborts(void **state)
{
	(void)state;
	abort();
}

static int teardown_exits(void **state)
{
	(void)state;
	exit(0);
}

static int teardown_exits_at_once(void **state)
{
	(void)state;
	_exit(0);
}

static int teardown_hangs(void **state)
{
	(void)state;
	pause();
	return 0;
}

static int teardown_fails(void **state)
{
	(void)state;
	assert_string_equal("second", "third");
	return 0;
}

static int teardown_refuses(void **state)
{
	(void)state;
	return -1;
}

static int teardown_skips(void **state)
{
	(void)state;
	skip();
	return 0;
}

static void ends_well(void **state)
{
	(void)state;
}

/* ---- words ----------------------------------------------------------------------------------- */

static void fails_plainly(void **state)
{
	(void)state;
	fail();
}

static void fails_and_looks_like_cmocka(void **state)
{
	(void)state;
	fprintf(stderr, "ERROR: disk is full\n");
	printf("elsewhere.c:7: error: Failure!\nfailure: fails_and_looks_like_cmocka [\n");
	fail();
}

static void fails_with_cmockas_words(void **state)
{
	(void)state;
	assert_string_equal("x.c:1: error: Failure!", "y.c:2: error: Failure!\nx: Skipped!");
}

static void fails_with_stdout_closed(void **state)
{
	(void)state;
	fclose(stdout);
	fclose(stderr);
	assert_string_equal("open", "closed");
}

static void fails_with_stdout_reopened(void **state)
{
	(void)state;
	if (freopen("/dev/null", "w", stdout) && freopen("/dev/full", "w", stderr))
		assert_string_equal("here", "elsewhere");
}

static void fails_with_stdout_redirected(void **state)
{
	int null = open("/dev/null", O_WRONLY);

	(void)state;
	dup2(null, STDOUT_FILENO);
	dup2(null, STDERR_FILENO);
	assert_string_equal("to", "from");
}

static void fails_without_stdout(void **state)
{
	(void)state;
	stdout = stderr = NULL;
	assert_string_equal("some", "none");
}

static void fails_in_xml(void **state)
{
	(void)state;
	cmocka_set_message_output(CM_OUTPUT_XML);
	setenv("CMOCKA_XML_FILE", "/run/results.xml", 1);
	assert_string_equal("]]></failure>", "<failure>");
}

static void fails_in_tap(void **state)
{
	(void)state;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	setenv("CMOCKA_MESSAGE_OUTPUT", "TAP", 1);
	assert_string_equal("ok", "not ok");
}

static void fails_in_the_standard_format(void **state)
{
	(void)state;
	cmocka_set_message_output(CM_OUTPUT_STDOUT);
	setenv("CMOCKA_MESSAGE_OUTPUT", "STDOUT", 1);
	assert_string_equal("standard", "flag");
}

static void fails_and_wants_to_abort(void **state)
{
	(void)state;
	setenv("CMOCKA_TEST_ABORT", "1", 1);
	assert_string_equal("assert", "abort");
}

static int fail_in_xml(void **state)
{
	(void)state;
	fails_in_tap(state);
	return 0;
}

static int fail_plainly(void **state)
{
	(void)state;
	fail();
	return 0;
}

/* A place behind a message of any length. */
static void fails_with_long_strings(void **state)
{
	static char one[6000], two[6000];

	(void)state;
	memset(one, 'x', sizeof(one) - 1);
	memset(two, 'y', sizeof(two) - 1);
	assert_string_equal(one, two);
}

static void ends_well_inside(void **state)
{
	(void)state;
}

/* cmocka is then left as it is outside of tests. */
static void fails_after_a_group_of_its_own(void **state)
{
	const struct CMUnitTest inner[] = {cmocka_unit_test(ends_well_inside)};

	(void)state;
	cmocka_run_group_tests(inner, NULL, NULL);
	assert_string_equal("behind", "inside");
}

/* The failure of an inner test is its own business. */
static void has_a_group_that_fails(void **state)
{
	const struct CMUnitTest inner[] = {cmocka_unit_test(fails_first)};

	(void)state;
	/* Afterwards, cmocka would end the process for a failed assertion. */
	if (cmocka_run_group_tests(inner, NULL, NULL) != 1)
		abort();
}

static void handle_fault(int number)
{
	(void)number;
	_exit(0);
}

static void child_handles_its_fault(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		signal(SIGSEGV, handle_fault);
		raise(SIGSEGV);
	}
	waitpid(pid, NULL, 0);
}

static void closes_all_streams(void **state)
{
	(void)state;
	fcloseall();
}

static void *skip_in_raw_thread(void *arg)
{
	(void)arg;
	nsrig_fail("number %d is a raw thread", 3);
}

static void fails_in_raw_thread(void **state)
{
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, skip_in_raw_thread, NULL);
	pthread_join(thread, NULL);
}

static int skip_in_thread(void *arg)
{
	(void)arg;
	nsrig_skip("needs a thread with a %s", "needle");
}

static void thread_skips(void **state)
{
	nsrig_join(nsrig_spawn_thread(*state, "left", skip_in_thread, NULL), NULL, 2000);
}

/* ---- memory and mocks ------------------------------------------------------------------------ */

static int allocate(void **state)
{
	*state = _test_malloc(7, "set-up.c", 1);
	return 0;
}

static int release(void **state)
{
	_test_free(*state, "teardown.c", 1);
	return 0;
}

static void uses_memory(void **state)
{
	memset(*state, 1, 7);
}

static void uses_memory_and_fails(void **state)
{
	void *more = _test_malloc(9, "test.c", 1);

	memset(more, 1, 9);
	memset(*state, 1, 7);
	assert_string_equal("memory", "oblivion");
}

static void overruns_memory(void **state)
{
	memset(*state, 1, 8);
}

static int expect_and_forget(void **state)
{
	(void)state;
	expect_value(nobody, nothing, 1);
	return 0;
}

#define FAILS_BEFORE(teardown)                                                                     \
	{                                                                                          \
		"fails_before_" #teardown, fails_first, NULL, teardown, NULL                       \
	}

static const struct CMUnitTest tests[] = {
	FAILS_BEFORE(teardown_crashes),
	FAILS_BEFORE(teardown_aborts),
	FAILS_BEFORE(teardown_exits),
	FAILS_BEFORE(teardown_exits_at_once),
	FAILS_BEFORE(teardown_hangs),
	FAILS_BEFORE(teardown_fails),
	FAILS_BEFORE(teardown_refuses),
	FAILS_BEFORE(teardown_skips),
	{"teardown_refuses", uses_memory, allocate, teardown_refuses, NULL},
	{"skips_in_teardown", ends_well, NULL, teardown_skips, NULL},
	cmocka_unit_test(fails_plainly),
	cmocka_unit_test(fails_and_looks_like_cmocka),
	cmocka_unit_test(fails_with_cmockas_words),
	cmocka_unit_test(fails_with_stdout_closed),
	cmocka_unit_test(fails_with_stdout_reopened),
	cmocka_unit_test(fails_with_stdout_redirected),
	cmocka_unit_test(fails_without_stdout),
	cmocka_unit_test(fails_in_xml),
	cmocka_unit_test(fails_in_tap),
	cmocka_unit_test(fails_in_the_standard_format),
	cmocka_unit_test(fails_and_wants_to_abort),
	{"fails_in_tap_in_setup", guilty_never_begins, fail_in_xml, NULL, NULL},
	{"fails_plainly_in_setup", guilty_never_begins, fail_plainly, NULL, NULL},
	cmocka_unit_test(fails_with_long_strings),
	cmocka_unit_test(fails_in_raw_thread),
	cmocka_unit_test(fails_after_a_group_of_its_own),
	cmocka_unit_test(has_a_group_that_fails),
	cmocka_unit_test(child_handles_its_fault),
	cmocka_unit_test(closes_all_streams),
	nsrig_test(thread_skips, &guilty_cable),
	cmocka_unit_test_setup_teardown(uses_memory, allocate, release),
	{"leaks_memory_of_setup", uses_memory, allocate, NULL, NULL},
	cmocka_unit_test_setup_teardown(uses_memory_and_fails, allocate, release),
	cmocka_unit_test_setup_teardown(overruns_memory, allocate, release),
	{"expects_in_setup", guilty_never_begins, expect_and_forget, NULL, NULL},
};

const struct guilty_tests guilty_lose = GUILTY_TESTS(tests);
