// SPDX-License-Identifier: MIT
/* Tests whose process ends early or never ends, and tests that exhaust a resource. */
#include "guilty.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void crashes(void **state)
{
	(void)state;
	raise(SIGSEGV);
}

static int crash_in_setup(void **state)
{
	(void)state;
	return raise(SIGSEGV);
}

static void aborts(void **state)
{
	(void)state;
	abort();
}

static void kills_itself(void **state)
{
	(void)state;
	raise(SIGKILL);
}

static void exits_0(void **state)
{
	(void)state;
	exit(0);
}

static void exits_0_at_once(void **state)
{
	(void)state;
	_exit(0);
}

static void exits_3(void **state)
{
	(void)state;
	exit(3);
}

static void exit_status_5_at_exit(void)
{
	_exit(5);
}

static void exit_at_exit(void)
{
	_exit(0);
}

/* The process exits before the audit. */
static void exits_0_at_exit(void **state)
{
	(void)state;
	atexit(exit_at_exit);
}

static void fails_at_exit(void **state)
{
	(void)state;
	atexit(exit_status_5_at_exit);
}

static void hangs(void **state)
{
	(void)state;
	for (;;)
		pause();
}

static void loops(void **state)
{
	volatile unsigned long n = 0;

	(void)state;
	for (;;)
		n++;
}

static void *wait_in_thread(void *arg)
{
	pthread_setname_np(pthread_self(), "second");
	nsrig_wait_link(arg, "a0", 60000);
	return NULL;
}

/* Two threads that each wait for something different, and a stopped child. */
static void waits_for_ever(void **state)
{
	pthread_t thread;
	pid_t pid = fork();

	if (pid == 0) {
		raise(SIGSTOP);
		_exit(0);
	}
	nsrig_assert_ok(nsrig_link_down(nsrig_host(*state, "right"), "b0"));
	pthread_create(&thread, NULL, wait_in_thread, nsrig_host(*state, "left"));
	nsrig_in(nsrig_host(*state, "right"))
		nsrig_assert_ping("127.0.0.1", .ttl = 1, .src = "127.0.0.2", .dev = "lo");
	nsrig_assert_ok(nsrig_sysctl_set(
		nsrig_host(*state, "right"), "net/ipv4/icmp_echo_ignore_all", "1"));
	nsrig_in(nsrig_host(*state, "right"))
		nsrig_assert_ping("127.0.0.3", .ms = 60000);
}

static void stops_itself(void **state)
{
	(void)state;
	raise(SIGSTOP);
}

/* A child that only SIGKILL ends, and that keeps the output open. */
static void waits_for_a_stubborn_child(void **state)
{
	pid_t pid;
	int fds[2];
	char c;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		signal(SIGTERM, SIG_IGN);
		setsid();
		printf("here to stay\n");
		assert_int_equal(write(fds[1], "", 1), 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

/* Deep recursion that the compiler can't turn into a loop. */
static int dig(int depth)
{
	volatile char room[4096];

	room[0] = (char)depth;
	return depth < 0 ? room[0] : dig(depth + 1) + room[0];
}

static void overflows_its_stack(void **state)
{
	(void)state;
	assert_int_equal(dig(0), 0);
}

static void runs_out_of_memory(void **state)
{
	const struct rlimit none = {0, 0};
	void *volatile block; /* clang removes a malloc() whose block is unused */

	(void)state;
	assert_int_equal(setrlimit(RLIMIT_AS, &none), 0);
	block = malloc(64 << 20);
	if (!block)
		nsrig_fail("no memory for a block");
}

static void runs_out_of_descriptors(void **state)
{
	const struct rlimit few = {64, 64};
	int fd;

	(void)state;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	do {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} while (fd >= 0);
	nsrig_assert_ok(-errno);
}

static void closes_all_descriptors(void **state)
{
	(void)state;
	closefrom(0);
}

/* Passes its output to a process outside, by the socket that the environment names, and hangs. */
static void hands_its_output_over(void **state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec one = {"", 1};
	struct msghdr msg = {.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &one,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	int output = STDOUT_FILENO, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", getenv("GUILTY_PATH"));
	memcpy(CMSG_DATA(&control.header), &output, sizeof(output));
	assert_int_equal(sendmsg(fd, &msg, 0), 1);
	for (;;)
		pause();
}

/*
 * Waits until another process has opened and closed the other end of the FIFO, which the
 * environment names.
 */
static void waits_for_a_fifo(void **state)
{
	int fd = open(getenv("GUILTY_PATH"), O_RDONLY | O_CLOEXEC);
	char c;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &c, 1), 0);
	close(fd);
}

static void opens_the_fifo(void **state)
{
	int fd = open(getenv("GUILTY_PATH"), O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(crashes),
	{"crashes_in_setup", guilty_never_begins, crash_in_setup, NULL, NULL},
	cmocka_unit_test(aborts),
	cmocka_unit_test(kills_itself),
	cmocka_unit_test(exits_0),
	cmocka_unit_test(exits_0_at_once),
	cmocka_unit_test(exits_3),
	cmocka_unit_test(fails_at_exit),
	cmocka_unit_test(exits_0_at_exit),
	cmocka_unit_test(hangs),
	cmocka_unit_test(loops),
	nsrig_test(waits_for_ever, &guilty_cable),
	cmocka_unit_test(stops_itself),
	cmocka_unit_test(waits_for_a_stubborn_child),
	cmocka_unit_test(overflows_its_stack),
	cmocka_unit_test(runs_out_of_memory),
	cmocka_unit_test(runs_out_of_descriptors),
	cmocka_unit_test(closes_all_descriptors),
	cmocka_unit_test(hands_its_output_over),
	cmocka_unit_test(waits_for_a_fifo),
	cmocka_unit_test(opens_the_fifo),
};

const struct guilty_tests guilty_end = GUILTY_TESTS(tests);
