// SPDX-License-Identifier: MIT
/*
 * Tests that fail with long messages. Unless its name says otherwise, the message of each is a word
 * of 10,000 bytes: "begin", many "x", and "end".
 */
#include "guilty.h"

#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define LENGTH 10000

static const char *long_word(void)
{
	static char word[LENGTH + 1];

	memset(word, 'x', LENGTH);
	memcpy(word, "begin", strlen("begin"));
	memcpy(word + LENGTH - strlen("end"), "end", strlen("end"));
	return word;
}

/* A topology whose link has the long word as an unknown option. */
static const struct nsrig_topo *misspelt(void)
{
	static struct nsrig_topo topo;
	static char text[LENGTH + 100];

	snprintf(text, sizeof(text), "veth left:a0 10.1.0.1/24 -- right:b0 %s", long_word());
	topo.text = text;
	return &topo;
}

static void fails_at_length(void **state)
{
	(void)state;
	nsrig_fail("%s", long_word());
}

/* 100,000 euro signs. */
static void fails_beyond_measure(void **state)
{
	static char text[300001];
	int i;

	(void)state;
	for (i = 0; i < 100000; i++)
		memcpy(text + 3 * i, "\xe2\x82\xac", 3);
	nsrig_fail("%s.", text);
}

static void skips_at_length(void **state)
{
	(void)state;
	nsrig_skip("%s", long_word());
}

static void child_fails_at_length(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		nsrig_fail("%s", long_word());
	waitpid(pid, NULL, 0);
}

static int fail_there(void *unused)
{
	(void)unused;
	nsrig_fail("%s", long_word());
	return 0;
}

static void thread_fails_at_length(void **state)
{
	nsrig_assert_join(nsrig_spawn_thread(*state, "left", fail_there, NULL));
}

static void function_fails_at_length(void **state)
{
	nsrig_assert_exit(nsrig_spawn(*state, "left", .function = fail_there), 0);
}

/* A thread with the smallest stack. */
static void *fail_on_a_small_stack(void *unused)
{
	(void)unused;
	nsrig_fail("%s", long_word());
	return NULL;
}

static void thread_fails_with_little_stack(void **state)
{
	pthread_attr_t attr;
	pthread_t thread;

	(void)state;
	pthread_attr_init(&attr);
	assert_int_equal(pthread_attr_setstacksize(&attr, PTHREAD_STACK_MIN), 0);
	assert_int_equal(pthread_create(&thread, &attr, fail_on_a_small_stack, NULL), 0);
	pthread_join(thread, NULL);
}

static void program_is_not_found_at_length(void **state)
{
	nsrig_spawn(*state, "left", .line = long_word());
}

/* Longer than one message to the runner: the parts still make one sentence. */
static void program_is_not_found_beyond_measure(void **state)
{
	static char name[300001];
	const char *const argv[] = {name, NULL};

	memset(name, 'x', sizeof(name) - 1);
	nsrig_spawn(*state, "left", .argv = argv);
}

/* The difference has one line per route. */
static void expects_many_routes(void **state)
{
#define TEN(a)                                                                                     \
	"10." a "0.0.0/16 via 10.1.0.2", "10." a "1.0.0/16 via 10.1.0.2",                          \
		"10." a "2.0.0/16 via 10.1.0.2", "10." a "3.0.0/16 via 10.1.0.2",                  \
		"10." a "4.0.0/16 via 10.1.0.2", "10." a "5.0.0/16 via 10.1.0.2",                  \
		"10." a "6.0.0/16 via 10.1.0.2", "10." a "7.0.0/16 via 10.1.0.2",                  \
		"10." a "8.0.0/16 via 10.1.0.2", "10." a "9.0.0/16 via 10.1.0.2"
	nsrig_assert_routes(nsrig_host(*state, "left"), TEN("1"), TEN("2"), TEN("3"), TEN("4"),
		TEN("5"), TEN("6"), TEN("7"), TEN("8"), TEN("9"));
#undef TEN
}

static void waits_at_length(void **state)
{
	nsrig_wait_line(
		nsrig_spawn(*state, "left", .line = "tail -f /dev/null"), long_word(), 100000);
}

static void topology_fails_at_length(void **state)
{
	(void)state;
	nsrig_assert_ok(nsrig_topo_check(misspelt()));
}

static int build_misspelt(void **state)
{
	static struct nsrig_fixture fixture;

	fixture.topo = misspelt();
	*state = &fixture;
	return nsrig_fixture_setup(state);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(fails_at_length),
	cmocka_unit_test(fails_beyond_measure),
	cmocka_unit_test(skips_at_length),
	cmocka_unit_test(child_fails_at_length),
	nsrig_test(thread_fails_at_length, &guilty_cable),
	nsrig_test(function_fails_at_length, &guilty_cable),
	cmocka_unit_test(thread_fails_with_little_stack),
	nsrig_test(program_is_not_found_at_length, &guilty_cable),
	nsrig_test(program_is_not_found_beyond_measure, &guilty_cable),
	nsrig_test(expects_many_routes, &guilty_cable),
	nsrig_test(waits_at_length, &guilty_cable),
	cmocka_unit_test(topology_fails_at_length),
	{"is_misspelt_at_length", guilty_never_begins, build_misspelt, nsrig_fixture_teardown,
		NULL},
};

const struct guilty_tests guilty_length = GUILTY_TESTS(tests);
