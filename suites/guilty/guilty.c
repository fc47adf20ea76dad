// SPDX-License-Identifier: MIT
/*
 * A program whose tests fail on purpose, each in a different way. Other suites run it and judge the
 * runner's output. The first argument lists the tests to run, separated by commas; the remaining
 * arguments go to the runner. Environment:
 *
 *	GUILTY_PATH	a FIFO or a socket, for tests that need one
 *	GUILTY_SIGNAL	a signal that the test "waits_for_a_signal" sends to the runner
 *	GUILTY_STDOUT	"full" or "closed": stdout can't be written to
 *	GUILTY_GROUP	"shares", "fails", "refuses" or "fails after": what the set-up and the
 *			teardown of the group do
 *	GUILTY_LOG	"own": a file of this program replaces the kernel's log, so that tests can
 *			write into it
 *	GUILTY_MS	how long each of the 100,000 tests waits
 *
 *	left:a0 10.1.0.1/24 ====== right:b0 10.1.0.2/24
 */
#include "guilty.h"

#include "suites/lib/array.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

const struct nsrig_topo guilty_cable = {
	.links = {NSRIG_VETH("left:a0 10.1.0.1/24", "right:b0 10.1.0.2/24")},
};

void guilty_never_begins(void **state)
{
	(void)state;
	abort();
}

/* A test writes to this socket to have the signal sent. */
static int messenger = -1;

/*
 * A separate process sends the signal, because a test can't reach the runner from its pid
 * namespace.
 */
static void send_signal_when_told(int signal)
{
	pid_t runner = getpid();
	int fds[2];
	char c;

	if (pipe2(fds, O_CLOEXEC) < 0)
		exit(2);
	messenger = fds[1];
	if (fork() == 0) {
		close(fds[1]);
		if (read(fds[0], &c, 1) == 1)
			kill(runner, signal);
		_exit(0);
	}
	close(fds[0]);
}

static void waits_for_a_signal(void **state)
{
	(void)state;
	printf("ready\n");
	assert_int_equal(write(messenger, "", 1), 1);
	for (;;)
		pause();
}

static void spoil_stdout(const char *how)
{
	int fds[2];

	if (!strcmp(how, "full")) {
		dup2(open("/dev/full", O_WRONLY | O_CLOEXEC), STDOUT_FILENO);
	} else if (pipe2(fds, O_CLOEXEC) == 0) {
		close(fds[0]);
		dup2(fds[1], STDOUT_FILENO);
	}
}

int guilty_log = -1;

static void have_a_log(void)
{
	char path[64];

	guilty_log = memfd_create("log", MFD_CLOEXEC);
	if (guilty_log < 0 || fcntl(guilty_log, F_SETFL, O_APPEND) < 0)
		exit(2);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", guilty_log);
	setenv("NSRIG_KMSG", path, 1);
}

static int no_leak_check;

void guilty_no_leak_check(void)
{
	no_leak_check = 1;
}

/* Called by LeakSanitizer, if the program has it. */
int __lsan_is_turned_off(void);

int __lsan_is_turned_off(void)
{
	return no_leak_check;
}

static void *stay(void *arg)
{
	pause();
	return arg;
}

static void handle_fault(int number)
{
	(void)number;
	_exit(0);
}

static void have_a_handler(void)
{
	signal(SIGSEGV, handle_fault);
}

static void have_a_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, stay, NULL))
		exit(2);
}

static int share(void **state)
{
	static char shared[] = "shared";

	*state = shared;
	return 0;
}

static int fail_group(void **state)
{
	(void)state;
	assert_string_equal("a group", "a crowd");
	return 0;
}

static int refuse_group(void **state)
{
	(void)state;
	return -1;
}

static int say_goodbye(void **state)
{
	printf("goodbye, %s\n", (char *)*state);
	return 0;
}

static void finds_what_is_shared(void **state)
{
	assert_string_equal(*state, "shared");
	assert_ptr_equal(*state, nsrig_group_state());
}

static void finds_a_rig_and_what_is_shared(void **state)
{
	assert_non_null(nsrig_host(*state, "left"));
	assert_string_equal(nsrig_group_state(), "shared");
}

static int run_group(
	const char *group, int argc, char **argv, const struct CMUnitTest *tests, size_t count)
{
	CMFixtureFunction setup = share, teardown = say_goodbye;

	if (!strcmp(group, "fails"))
		setup = fail_group;
	else if (!strcmp(group, "refuses"))
		setup = refuse_group;
	else if (!strcmp(group, "fails after"))
		teardown = fail_group;
	return nsrig_run_group(argc, argv, tests, count, setup, teardown);
}

static const struct CMUnitTest own_tests[] = {
	cmocka_unit_test(finds_what_is_shared),
	nsrig_test(finds_a_rig_and_what_is_shared, &guilty_cable),
	cmocka_unit_test(waits_for_a_signal),
};

static const struct guilty_tests guilty_own = GUILTY_TESTS(own_tests);

static const struct CMUnitTest *find(const char *name)
{
	static const struct guilty_tests *const all[] = {&guilty_assert, &guilty_child, &guilty_end,
		&guilty_hide, &guilty_kernel, &guilty_leave, &guilty_length, &guilty_lose,
		&guilty_packets, &guilty_program, &guilty_require, &guilty_say, &guilty_state,
		&guilty_traffic, &guilty_own};
	size_t i, j;

	for (i = 0; i < COUNT(all); i++) {
		for (j = 0; j < all[i]->count; j++) {
			if (!strcmp(all[i]->tests[j].name, name))
				return &all[i]->tests[j];
		}
	}
	fprintf(stderr, "no test \"%s\"\n", name);
	exit(2);
}

/* Copies the tests that a list names, in the list's order. */
static size_t pick(char *names, struct CMUnitTest *picked)
{
	char *name;
	size_t n = 0;

	for (name = strtok(names, ","); name; name = strtok(NULL, ","))
		picked[n++] = *find(name);
	return n;
}

static void passes(void **state)
{
	const char *ms = getenv("GUILTY_MS");

	(void)state;
	if (ms)
		poll(NULL, 0, atoi(ms));
}

static int run_100000(int argc, char **argv)
{
	enum { COUNT = 100000 };
	static struct CMUnitTest tests[COUNT];
	static char names[COUNT][16];
	int i;

	for (i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "test_%d", i);
		tests[i].name = names[i];
		tests[i].test_func = passes;
	}
	return nsrig_run_tests(argc, argv, tests, COUNT);
}

int main(int argc, char **argv)
{
	const char *signal = getenv("GUILTY_SIGNAL"), *how = getenv("GUILTY_STDOUT");
	const char *group = getenv("GUILTY_GROUP");
	struct CMUnitTest picked[64];
	size_t count;

	if (argc < 2) {
		fprintf(stderr, "usage: %s TEST[,TEST]... [OPTION]...\n", argv[0]);
		return 2;
	}
	if (signal)
		send_signal_when_told(atoi(signal));
	if (how)
		spoil_stdout(how);
	if (getenv("GUILTY_LOG"))
		have_a_log();
	if (getenv("GUILTY_HANDLER"))
		have_a_handler();
	if (getenv("GUILTY_THREAD"))
		have_a_thread();
	/* A program may have set a filter of cmocka's; the runner must ignore it. */
	cmocka_set_test_filter("none of these");
	if (!strcmp(argv[1], "none at all"))
		return nsrig_run_tests(argc - 1, argv + 1, NULL, 0);
	if (!strcmp(argv[1], "100000 of them"))
		return run_100000(argc - 1, argv + 1);
	count = pick(argv[1], picked);
	argv[1] = argv[0];
	if (group)
		return run_group(group, argc - 1, argv + 1, picked, count);
	return nsrig_run_tests(argc - 1, argv + 1, picked, count);
}
