// SPDX-License-Identifier: MIT
/* Tests whose programs or threads fail. */
#include "guilty.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Prints a line, then runs for ever. */
#define SERVES "sh -c 'echo serving; exec tail -f /dev/null'"

static struct nsrig_program *spawn_ready(struct nsrig *rig, const char *line)
{
	struct nsrig_program *program = nsrig_spawn(rig, "left", .line = line);

	nsrig_assert_ok(nsrig_wait_line(program, "", NSRIG_WAIT_MS));
	return program;
}

static void program_ends_by_itself(void **state)
{
	struct nsrig_program *program =
		nsrig_spawn(*state, "left", "sh -c 'echo no configuration >&2; exit 2'");

	/* The program has exited, and the test doesn't ask for its exit status. */
	while (access(nsrig_program_path(program, "/run/ended"), F_OK) == 0 ||
		kill(nsrig_program_pid(program), 0) == 0)
		continue;
}

static void program_crashes(void **state)
{
	nsrig_spawn(*state, "left", "sh -c 'echo about to; kill -SEGV $$'");
	nsrig_assert_ok(
		nsrig_wait_route(nsrig_host(*state, "left"), "10.99.0.0/16", NSRIG_WAIT_MS));
}

static void program_ends_while_it_is_pinged(void **state)
{
	nsrig_spawn(*state, "left", "sh -c 'echo about to; exit 3'");
	nsrig_assert_reach(*state, "left", "icmp 10.1.0.3", .ms = 10, .eventually = 3600000);
}

static void program_ends_while_all_are_pinged(void **state)
{
	nsrig_assert_ok(nsrig_link_down(nsrig_host(*state, "left"), "a0"));
	nsrig_spawn(*state, "left", "sh -c 'echo about to; exit 3'");
	nsrig_assert_reach_all(*state, .ms = 10, .eventually = 3600000);
}

static void program_crashes_at_the_end(void **state)
{
	spawn_ready(*state,
		"sh -c 'trap \"kill -SEGV $$\" TERM; echo serving; tail -f /dev/null & wait\'");
}

static void program_ignores_the_end(void **state)
{
	struct nsrig_program *program = nsrig_spawn(*state, "left",
		"sh -c 'trap \"\" TERM; echo serving; tail -f /dev/null'", .stop_ms = 50);

	nsrig_assert_ok(nsrig_wait_line(program, "serving", NSRIG_WAIT_MS));
}

static void program_goes_into_the_background(void **state)
{
	nsrig_spawn(*state, "left", "sh -c 'tail -f /dev/null & exit 0'");
	nsrig_wait_route(nsrig_host(*state, "left"), "10.99.0.0/16", 100);
}

static void program_is_reported_of(void **state)
{
	spawn_ready(*state, "sh -c 'echo \"x.c:1:2: runtime error: left shift of negative value\" "
			    ">&2; echo serving; "
			    "exec tail -f /dev/null'");
}

static void program_prints_much(void **state)
{
	struct nsrig_program *prints = nsrig_spawn(*state, "left", "head -c 2000000 /dev/zero");

	nsrig_assert_ok(nsrig_wait_exit(prints, NULL, NSRIG_WAIT_MS));
}

static void program_is_stopped_and_complained_of(void **state)
{
	struct nsrig_program *program = spawn_ready(*state, "sh -c 'echo serving; exit 3'");

	/* Wait until the program is gone. */
	while (kill(nsrig_program_pid(program), 0) == 0)
		continue;
	nsrig_assert_ok(nsrig_stop(program));
}

static void program_is_awaited_in_vain(void **state)
{
	nsrig_assert_ok(nsrig_wait_ready(spawn_ready(*state, SERVES), 50));
}

static void test_crashes_beside_a_program(void **state)
{
	spawn_ready(*state, SERVES);
	abort();
}

static void test_hangs_beside_a_program(void **state)
{
	spawn_ready(*state, SERVES);
	pause();
}

static void test_fails_beside_a_program(void **state)
{
	spawn_ready(*state, SERVES);
	assert_string_equal("one", "two");
}

static int fail_plainly(void *words)
{
	printf("in there\n");
	assert_string_equal(words, "another thing");
	return 0;
}

static int fail_with_message(void *unused)
{
	(void)unused;
	fail_msg("number %d is a function", 6);
	return 0;
}

static int fail_by_verb(void *unused)
{
	(void)unused;
	nsrig_assert_ping("10.1.0.99", .ms = 20);
	return 0;
}

static int skip_there(void *unused)
{
	(void)unused;
	nsrig_skip("needs a reason");
	return 0;
}

static int sleep_for_ever(void *unused)
{
	(void)unused;
	return pause();
}

/* Nothing of the process can write into a file any more. */
static void program_prints_beyond_its_limit(void **state)
{
	const struct rlimit none = {0, 0};

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
	nsrig_assert_run(*state, "left", "echo hello");
}

static void function_fails(void **state)
{
	nsrig_assert_exit(
		nsrig_spawn(*state, "right", .function = fail_plainly, .arg = "one thing"), 0);
}

static void function_fails_with_message(void **state)
{
	nsrig_assert_exit(nsrig_spawn(*state, "right", .function = fail_with_message), 0);
}

static void function_fails_by_verb(void **state)
{
	nsrig_assert_exit(nsrig_spawn(*state, "left", .function = fail_by_verb), 0);
}

static void function_skips(void **state)
{
	nsrig_assert_exit(nsrig_spawn(*state, "left", .function = skip_there), 0);
}

static void thread_fails(void **state)
{
	nsrig_assert_join(nsrig_spawn_thread(*state, "right", fail_plainly, "one thing"));
}

static void thread_fails_with_message(void **state)
{
	nsrig_assert_join(nsrig_spawn_thread(*state, "right", fail_with_message, NULL));
}

static void thread_fails_by_verb(void **state)
{
	nsrig_assert_join(nsrig_spawn_thread(*state, "left", fail_by_verb, NULL));
}

static void thread_fails_unasked(void **state)
{
	nsrig_spawn_thread(*state, "right", fail_plainly, "one thing");
}

static int fail_with_number(void *number)
{
	char name[16];

	snprintf(name, sizeof(name), "thread %d", *(const int *)number);
	assert_string_equal(name, "no thread");
	return 0;
}

/* Several threads in each of the two hosts. */
static void threads_fail_at_once(void **state)
{
	enum { THREADS = 8 };
	struct nsrig_thread *threads[THREADS];
	int numbers[THREADS], i, failed = 0;

	for (i = 0; i < THREADS; i++) {
		numbers[i] = i;
		threads[i] = nsrig_spawn_thread(
			*state, i % 2 ? "left" : "right", fail_with_number, &numbers[i]);
	}
	for (i = 0; i < THREADS; i++)
		failed += nsrig_join(threads[i], NULL, NSRIG_WAIT_MS) == -ECHILD;
	printf("%d have failed\n", failed);
}

static void thread_goes_on(void **state)
{
	nsrig_spawn_thread(*state, "left", sleep_for_ever, NULL);
}

static int do_nothing(void *unused)
{
	(void)unused;
	return 0;
}

/* It can't enter its host. */
static void thread_gets_no_descriptor(void **state)
{
	struct rlimit limit, none;

	nsrig_assert_join(nsrig_spawn_thread(*state, "left", do_nothing, NULL));
	getrlimit(RLIMIT_NOFILE, &limit);
	none = limit;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	nsrig_join(nsrig_spawn_thread(*state, "left", do_nothing, NULL), NULL, NSRIG_WAIT_MS);
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int fail_when_told(void *fd)
{
	char byte;

	assert_int_equal(read(*(int *)fd, &byte, 1), 1);
	assert_string_equal("late", "in time");
	return 0;
}

/* It fails after the host and its namespace are gone. */
static void thread_outlives_its_host(void **state)
{
	struct nsrig_thread *thread;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	thread = nsrig_spawn_thread(*state, "right", fail_when_told, &ends[0]);
	nsrig_remove_host(*state, "right");
	assert_int_equal(write(ends[1], "", 1), 1);
	nsrig_assert_error(nsrig_join(thread, NULL, NSRIG_WAIT_MS), -ECHILD);
	close(ends[0]);
	close(ends[1]);
}

static const struct CMUnitTest tests[] = {
	nsrig_test(thread_gets_no_descriptor, &guilty_cable),
	nsrig_test(thread_outlives_its_host, &guilty_cable),
	nsrig_test(program_ends_by_itself, &guilty_cable),
	nsrig_test(program_crashes, &guilty_cable),
	nsrig_test(program_ends_while_it_is_pinged, &guilty_cable),
	nsrig_test(program_ends_while_all_are_pinged, &guilty_cable),
	nsrig_test(program_crashes_at_the_end, &guilty_cable),
	nsrig_test(program_ignores_the_end, &guilty_cable),
	nsrig_test(program_goes_into_the_background, &guilty_cable),
	nsrig_test(program_is_reported_of, &guilty_cable),
	nsrig_test(program_prints_much, &guilty_cable),
	nsrig_test(program_is_stopped_and_complained_of, &guilty_cable),
	nsrig_test(program_is_awaited_in_vain, &guilty_cable),
	nsrig_test(test_crashes_beside_a_program, &guilty_cable),
	nsrig_test(test_hangs_beside_a_program, &guilty_cable),
	nsrig_test(test_fails_beside_a_program, &guilty_cable),
	nsrig_test(program_prints_beyond_its_limit, &guilty_cable),
	nsrig_test(function_fails, &guilty_cable),
	nsrig_test(function_fails_with_message, &guilty_cable),
	nsrig_test(function_fails_by_verb, &guilty_cable),
	nsrig_test(function_skips, &guilty_cable),
	nsrig_test(thread_fails, &guilty_cable),
	nsrig_test(thread_fails_with_message, &guilty_cable),
	nsrig_test(thread_fails_by_verb, &guilty_cable),
	nsrig_test(thread_fails_unasked, &guilty_cable),
	nsrig_test(threads_fail_at_once, &guilty_cable),
	nsrig_test(thread_goes_on, &guilty_cable),
};

const struct guilty_tests guilty_program = GUILTY_TESTS(tests);
