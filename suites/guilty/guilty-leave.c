// SPDX-License-Identifier: MIT
/* Tests that leave something behind, or leave something changed. */
#include "guilty.h"

#include <fcntl.h>
#include <linux/io_uring.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int open_null(void)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	return fd;
}

static void leaks_a_descriptor(void **state)
{
	int fd = open_null();

	(void)state;
	assert_int_equal(dup2(fd, 77), 77);
	close(fd);
}

static void leaks_a_socket(void **state)
{
	(void)state;
	assert_true(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0) >= 0);
}

static void leaks_a_namespace(void **state)
{
	/* Static, so that the handle itself is no memory leak. */
	static struct nsrig_ns *ns;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&ns));
}

static void leaks_all_descriptors(void **state)
{
	const struct rlimit few = {64, 64};

	(void)state;
	guilty_no_leak_check();
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	while (open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0)
		;
}

/* A process that keeps running after it has reported that it runs. */
static _Noreturn void stay(int fd)
{
	signal(SIGTERM, SIG_IGN);
	if (write(fd, "", 1) != 1)
		abort();
	for (;;)
		pause();
}

static void leaks_a_child(void **state)
{
	int fds[2];
	char c;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	if (fork() == 0)
		stay(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	close(fds[1]);
}

static void leaks_a_daemon(void **state)
{
	int fds[2];
	char c;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		setsid();
		if (fork() == 0)
			stay(fds[1]);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	close(fds[1]);
}

static void leaks_a_daemon_and_may(void **state)
{
	nsrig_may_leave("process *: *guilty leaks_a_daemon_and_may*");
	leaks_a_daemon(state);
}

/* The process left behind is not the one that is allowed. */
static void leaks_a_daemon_and_may_not(void **state)
{
	nsrig_may_leave("process *: another");
	nsrig_may_leave("descriptor *");
	leaks_a_daemon(state);
}

static void leaks_a_zombie(void **state)
{
	siginfo_t ended;
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		_exit(0);
	assert_int_equal(waitid(P_PID, pid, &ended, WEXITED | WNOWAIT), 0);
}

static void *sleep_on(void *arg)
{
	pthread_setname_np(pthread_self(), "sleeper");
	pthread_barrier_wait(arg);
	for (;;)
		pause();
	return NULL;
}

static void leaks_a_thread(void **state)
{
	static pthread_barrier_t there;
	pthread_t thread;

	(void)state;
	pthread_barrier_init(&there, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, sleep_on, &there), 0);
	pthread_barrier_wait(&there);
	pthread_detach(thread);
}

static void leaks_a_mount(void **state)
{
	(void)state;
	assert_int_equal(mkdir("/run/a place", 0755), 0);
	assert_int_equal(mount("tmpfs", "/run/a place", "tmpfs", 0, NULL), 0);
}

/* The number must be the same in each run in one process. */
static void counts_its_mounts(void **state)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	static int before;
	int c, mounts = 0;

	(void)state;
	assert_non_null(file);
	while ((c = fgetc(file)) != EOF)
		mounts += c == '\n';
	fclose(file);
	assert_true(mounts > 0);
	if (before)
		assert_int_equal(mounts, before);
	before = mounts;
}

static void leaks_a_name(void **state)
{
	struct nsrig_ns *ns;

	(void)state;
	nsrig_assert_ok(nsrig_ns_named("blue", &ns));
	nsrig_ns_free(ns);
}

static void leaks_a_link(void **state)
{
	struct nsrig_ns *own;

	(void)state;
	nsrig_assert_ok(nsrig_ns_current(&own));
	nsrig_assert_ok(nsrig_link_add(own, "bridge", &(struct nsrig_link_spec){.name = "br7"}));
	nsrig_ns_free(own);
}

static void wanders_off(void **state)
{
	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
}

/* Everything is freed in the end. */
static void cleans_up_at_exit(void)
{
	close(78);
}

static void leaks_until_exit(void **state)
{
	int fd = open_null();

	(void)state;
	assert_int_equal(dup2(fd, 78), 78);
	close(fd);
	atexit(cleans_up_at_exit);
}

/* Like a C++ destructor. */
static __attribute__((destructor)) void clean_up_at_the_end(void)
{
	close(79);
}

/* What a stream does when the C library writes it out, after all destructors. */
static ssize_t close_77(void *unused, const char *bytes, size_t size)
{
	(void)unused;
	(void)bytes;
	close(77);
	return size;
}

static void leaks_until_streams_end(void **state)
{
	const cookie_io_functions_t functions = {.write = close_77};
	FILE *stream = fopencookie(NULL, "w", functions);

	leaks_a_descriptor(state);
	fputc(0, stream);
}

static void leaks_until_the_end(void **state)
{
	int fd = open_null();

	(void)state;
	assert_int_equal(dup2(fd, 79), 79);
	close(fd);
}

/* A daemon whose main thread has exited looks like a zombie. */
static void *stay_in_thread(void *arg)
{
	stay(*(int *)arg);
	return NULL;
}

static void leaks_a_headless_daemon(void **state)
{
	static int fds[2];
	pthread_t thread;
	char c;

	(void)state;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	if (fork() == 0) {
		pthread_create(&thread, NULL, stay_in_thread, &fds[1]);
		pthread_exit(NULL);
	}
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
	close(fds[1]);
}

static void *end_soon(void *arg)
{
	poll(NULL, 0, 50);
	return arg;
}

/* Neither the thread nor the daemon is waited for, but both are about to end. */
static void lets_go(void **state)
{
	pthread_t thread;
	pid_t pid;
	int fds[2];
	char c;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, end_soon, NULL), 0);
	pthread_detach(thread);
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		close(fds[1]);
		if (fork() == 0 && read(fds[0], &c, 1) == 0)
			poll(NULL, 0, 50);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	/* Tells the daemon to exit. */
	close(fds[0]);
	close(fds[1]);
}

/*
 * The kernel creates a thread of the process for the ring, and keeps it as long as the ring exists.
 */
static void uses_io_uring(void **state)
{
	struct io_uring_params params = {0};
	struct io_uring_sqe *sqes;
	size_t size;
	char *ring;
	int fd;

	(void)state;
	fd = syscall(SYS_io_uring_setup, 2, &params);
	/* Without io_uring there is no such thread. */
	if (fd < 0)
		return;
	size = params.sq_off.array + params.sq_entries * sizeof(unsigned int);
	ring = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, IORING_OFF_SQ_RING);
	sqes = mmap(NULL, params.sq_entries * sizeof(*sqes), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		IORING_OFF_SQES);
	assert_ptr_not_equal(ring, MAP_FAILED);
	assert_ptr_not_equal(sqes, MAP_FAILED);
	sqes[0].opcode = IORING_OP_NOP;
	sqes[0].flags = IOSQE_ASYNC;
	__atomic_store_n((unsigned int *)(ring + params.sq_off.tail), 1, __ATOMIC_RELEASE);
	assert_int_equal(syscall(SYS_io_uring_enter, fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0), 1);
	munmap(sqes, params.sq_entries * sizeof(*sqes));
	munmap(ring, size);
	nsrig_may_leave("descriptor *io_uring*");
}

/* Processes and threads that were killed or joined a moment ago may still be listed in /proc. */
static void *end_at_once(void *arg)
{
	return arg;
}

static void ends_what_it_began(void **state)
{
	pthread_t thread;
	pid_t pid;
	int i;

	(void)state;
	for (i = 0; i < 20; i++) {
		assert_int_equal(pthread_create(&thread, NULL, end_at_once, NULL), 0);
		pthread_join(thread, NULL);
	}
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		for (i = 0; i < 20; i++) {
			if (fork() == 0) {
				for (;;)
					pause();
			}
		}
		kill(0, SIGKILL);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void ends_a_child_by_sigterm(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		for (;;)
			pause();
	}
	kill(pid, SIGTERM);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

static void forks_and_exits(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		exit(0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* The state that belongs to the process. */
static void changes_its_surroundings(void **state)
{
	sigset_t all;

	(void)state;
	assert_int_equal(chdir("/"), 0);
	umask(0777);
	setenv("GUILTY_CHANGED", "1", 1);
	unsetenv("PATH");
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGTERM, SIG_IGN);
}

static void finds_its_surroundings(void **state)
{
	sigset_t blocked;
	char path[4096];
	mode_t mask = umask(0);

	(void)state;
	assert_non_null(getcwd(path, sizeof(path)));
	assert_string_not_equal(path, "/");
	assert_int_not_equal(mask, 0777);
	assert_null(getenv("GUILTY_CHANGED"));
	assert_non_null(getenv("PATH"));
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	assert_false(sigismember(&blocked, SIGTERM));
	assert_ptr_equal(signal(SIGTERM, SIG_DFL), SIG_DFL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(leaks_a_descriptor),
	cmocka_unit_test(leaks_a_socket),
	cmocka_unit_test(leaks_a_namespace),
	cmocka_unit_test(leaks_all_descriptors),
	cmocka_unit_test(leaks_a_child),
	cmocka_unit_test(leaks_a_daemon),
	cmocka_unit_test(leaks_a_daemon_and_may),
	cmocka_unit_test(leaks_a_daemon_and_may_not),
	cmocka_unit_test(leaks_a_zombie),
	cmocka_unit_test(leaks_a_thread),
	cmocka_unit_test(leaks_a_mount),
	cmocka_unit_test(counts_its_mounts),
	cmocka_unit_test(leaks_a_name),
	cmocka_unit_test(leaks_a_link),
	cmocka_unit_test(wanders_off),
	cmocka_unit_test(leaks_until_exit),
	cmocka_unit_test(leaks_until_streams_end),
	cmocka_unit_test(leaks_until_the_end),
	cmocka_unit_test(leaks_a_headless_daemon),
	cmocka_unit_test(lets_go),
	cmocka_unit_test(uses_io_uring),
	cmocka_unit_test(ends_a_child_by_sigterm),
	cmocka_unit_test(forks_and_exits),
	cmocka_unit_test(ends_what_it_began),
	cmocka_unit_test(changes_its_surroundings),
	cmocka_unit_test(finds_its_surroundings),
};

const struct guilty_tests guilty_leave = GUILTY_TESTS(tests);
