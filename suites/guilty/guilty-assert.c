// SPDX-License-Identifier: MIT
/* Tests with assertions that fail, in many kinds of places. */
#include "guilty.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct nsrig_topo misspelt = {
	.links = {NSRIG_VETH("left:a0 10.1.0.1/24", "right b0 10.1.0.2/24")},
};
static const struct nsrig_fixture misspelt_fixture = {.topo = &misspelt};
/* Not every kernel supports this kind. */
static const struct nsrig_topo dummy = {
	.links = {NSRIG_LINK("dummy", "host:d0")},
};

static ino_t own_namespace(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) < 0 ? 0 : st.st_ino;
}

static ino_t home;

static int remember_home(void **state)
{
	(void)state;
	home = own_namespace();
	return 0;
}

/* The suite searches for this text, because a second failure gets no message of its own. */
static int fail_unless_home(void **state)
{
	(void)state;
	if (own_namespace() != home)
		printf("away from home\n");
	return own_namespace() == home ? 0 : -1;
}

static void fails(void **state)
{
	(void)state;
	printf("before it failed\n");
	assert_string_equal("one", "two");
}

static int fail_there(struct nsrig_ns *host, void *arg)
{
	(void)host;
	(void)arg;
	assert_string_equal("here", "there");
	return 0;
}

static void fails_in_do(void **state)
{
	nsrig_do(nsrig_host(*state, "left"), fail_there, NULL);
}

static int fail_deeper(struct nsrig_ns *host, void *arg)
{
	int *depth = arg;

	(void)host;
	if (++*depth < 5) {
		struct nsrig_ns *ns;

		nsrig_assert_ok(nsrig_ns_temp(&ns));
		return nsrig_do(ns, fail_deeper, arg);
	}
	assert_int_equal(nsrig_depth(), 5);
	assert_string_equal("five", "six");
	return 0;
}

static void fails_5_deep(void **state)
{
	int depth = 0;

	nsrig_do(nsrig_host(*state, "left"), fail_deeper, &depth);
}

/* There is no fixture of nsrig's, so only the runner can return the thread to its namespace. */
static void fails_in_do_of_its_own(void **state)
{
	struct nsrig_ns *ns;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&ns));
	nsrig_do(ns, fail_there, NULL);
}

static void fails_far_away(void **state)
{
	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_string_equal("here", "there");
}

static void fails_in_block(void **state)
{
	nsrig_in(nsrig_host(*state, "left"))
		nsrig_assert_ping("10.1.0.99", .ms = 20);
}

static void enters_what_is_closed(void **state)
{
	struct nsrig_ns *ns;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&ns));
	nsrig_assert_ok(nsrig_ns_close(ns));
	nsrig_in(ns)
		abort();
}

static void names_unknown_host(void **state)
{
	nsrig_host(*state, "middle");
}

static void fails_with_a_message(void **state)
{
	(void)state;
	fail_msg("number %d is alive", 5);
}

static void fails_in_child(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		assert_string_equal("three", "four");
	waitpid(pid, &status, 0);
}

static void fails_in_grandchild(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			assert_string_equal("thirteen", "fourteen");
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

static void child_comes_back(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

/*
 * The grandchild has the same process id as the test: each is the second process of its pid
 * namespace.
 */
static void grandchild_comes_back(void **state)
{
	pid_t pid;

	(void)state;
	if (unshare(CLONE_NEWPID) < 0)
		nsrig_skip("needs pid namespaces");
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			return;
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	assert_string_equal("eleven", "twelve");
}

static void child_fails_with_all_closed(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		closefrom(0);
		assert_true(false);
	}
	waitpid(pid, NULL, 0);
}

static int fork_in_setup(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return 0;
}

static void *fail_in_thread(void *arg)
{
	assert_true(arg == NULL);
	assert_string_equal("five", "six");
	return NULL;
}

static void fails_in_thread(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, fail_in_thread, NULL), 0);
	pthread_join(thread, NULL);
}

static void *fail_in_thread_with_words(void *arg)
{
	if (!arg)
		nsrig_fail("number %d is a thread", 2);
	return NULL;
}

static void fails_in_thread_with_words(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, fail_in_thread_with_words, NULL), 0);
	pthread_join(thread, NULL);
}

static void assert_at_exit(void)
{
	assert_string_equal("fifteen", "sixteen");
}

static void asserts_at_exit(void **state)
{
	(void)state;
	atexit(assert_at_exit);
}

static void assert_in_handler(int signal)
{
	(void)signal;
	assert_string_equal("a signal", "silence");
}

static void fails_in_signal_handler(void **state)
{
	(void)state;
	signal(SIGUSR1, assert_in_handler);
	raise(SIGUSR1);
}

static void fails_twice(void **state)
{
	(void)state;
	assert_string_equal("seventeen", "eighteen");
}

static int fail_again(void **state)
{
	(void)state;
	assert_string_equal("nineteen", "twenty");
	return 0;
}

static int fail_in_setup(void **state)
{
	(void)state;
	assert_string_equal("seven", "eight");
	return 0;
}

static int refuse_in_setup(void **state)
{
	(void)state;
	return -1;
}

static int fail_in_teardown(void **state)
{
	(void)state;
	assert_string_equal("nine", "ten");
	return 0;
}

static void has_a_dummy(void **state)
{
	struct nsrig_link link;

	nsrig_assert_ok(nsrig_link_get(nsrig_host(*state, "host"), "d0", &link));
}

static void fails_in_teardown(void **state)
{
	(void)state;
}

static void leaves_a_mock(void **state)
{
	(void)state;
	will_return(leaves_a_mock, 1);
}

static void leaks_memory(void **state)
{
	(void)state;
	assert_non_null(test_malloc(10));
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(fails),
	nsrig_test(
		fails_in_do, &guilty_cable, .setup = remember_home, .teardown = fail_unless_home),
	nsrig_test(
		fails_5_deep, &guilty_cable, .setup = remember_home, .teardown = fail_unless_home),
	cmocka_unit_test_setup_teardown(fails_in_do_of_its_own, remember_home, fail_unless_home),
	nsrig_test(fails_in_block, &guilty_cable, .setup = remember_home,
		.teardown = fail_unless_home),
	cmocka_unit_test(fails_far_away),
	cmocka_unit_test(enters_what_is_closed),
	nsrig_test(names_unknown_host, &guilty_cable),
	cmocka_unit_test(fails_with_a_message),
	cmocka_unit_test(fails_in_child),
	cmocka_unit_test(fails_in_grandchild),
	cmocka_unit_test(child_comes_back),
	cmocka_unit_test(grandchild_comes_back),
	cmocka_unit_test(child_fails_with_all_closed),
	{"forks_in_setup", guilty_never_begins, fork_in_setup, NULL, NULL},
	cmocka_unit_test(fails_in_thread),
	cmocka_unit_test(fails_in_thread_with_words),
	cmocka_unit_test(asserts_at_exit),
	cmocka_unit_test(fails_in_signal_handler),
	cmocka_unit_test_teardown(fails_twice, fail_again),
	{"fails_in_setup", guilty_never_begins, fail_in_setup, NULL, NULL},
	{"refuses_in_setup", guilty_never_begins, refuse_in_setup, NULL, NULL},
	{"is_misspelt", guilty_never_begins, nsrig_fixture_setup, nsrig_fixture_teardown,
		(void *)&misspelt_fixture},
	nsrig_test(has_a_dummy, &dummy),
	nsrig_test(fails_in_teardown, &guilty_cable, .teardown = fail_in_teardown),
	cmocka_unit_test(leaves_a_mock),
	cmocka_unit_test(leaks_memory),
};

const struct guilty_tests guilty_assert = GUILTY_TESTS(tests);
