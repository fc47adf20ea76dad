// SPDX-License-Identifier: MIT
/*
 * A run that is killed by SIGKILL at any moment leaves nothing behind. The suite kills a hundred
 * runs, and counts processes, mounts and namespaces before and after.
 *
 *	this test ---- starts, kills ----> guilty ---- runs ----> hosts, links, processes
 */
#include "suites/lib/count.h"
#include "suites/lib/program.h"

#include <errno.h>
#include <fcntl.h>
#include <nsrig.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#define RUNS 100
#define LONGEST_US 20000

/* Far fewer than a hundred runs would leave. */
#define NAMESPACES "24"

/* The namespaces of a new user namespace can be counted, because they count against its limit. */
static void enter_user_namespace(void)
{
	char map[64];
	uid_t uid = getuid();
	int fd;

	if (unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWNS) < 0)
		nsrig_skip("needs user namespaces in user namespaces (%s)", strerror(errno));
	fd = open("/proc/self/setgroups", O_WRONLY | O_CLOEXEC);
	dprintf(fd, "deny");
	close(fd);
	snprintf(map, sizeof(map), "0 %u 1", uid);
	fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
	assert_int_equal(write(fd, map, strlen(map)), strlen(map));
	close(fd);
}

static void limit_namespaces(void)
{
	int fd = open("/proc/sys/user/max_net_namespaces", O_WRONLY | O_CLOEXEC);

	assert_int_equal(write(fd, NAMESPACES, strlen(NAMESPACES)), strlen(NAMESPACES));
	close(fd);
}

/*
 * Asserts that as many namespaces as the limit allows can be created, so none is held by anything
 * that was left behind. The kernel frees the namespaces of the whole machine one after the other,
 * which takes time.
 */
static void assert_all_namespaces_free(int most)
{
	struct nsrig_ns *ns[32];
	int i, made, tries = 0;

	do {
		for (made = 0; made < most && nsrig_ns_temp(&ns[made]) == 0; made++)
			;
		for (i = 0; i < made; i++)
			nsrig_ns_free(ns[i]);
	} while (made < most && ++tries < 30);
	assert_int_equal(made, most);
}

static void kill_after(char *tests, bool begun, int us)
{
	char *const argv[] = {GUILTY, tests, NULL};
	struct timespec moment = {.tv_nsec = us * 1000L};
	struct program guilty;

	program_start(&guilty, argv);
	if (begun) {
		struct pollfd plan = {.fd = guilty.out, .events = POLLIN};

		assert_int_equal(poll(&plan, 1, 10000), 1);
	}
	/* The moment of the kill is what varies here. */
	ppoll(NULL, 0, &moment, NULL);
	assert_int_equal(kill(guilty.pid, SIGKILL), 0);
	/* The streams end when the last process that could write to them is gone. */
	program_end(&guilty, 10000);
	assert_true(WIFSIGNALED(guilty.status) && WTERMSIG(guilty.status) == SIGKILL);
	program_free(&guilty);
}

/*
 * When its init is killed, the kernel kills the rest of a sandbox, but not before kill() returns.
 */
static void assert_processes_become(int expected)
{
	int ms;

	for (ms = 1; count_processes() != expected && ms <= 4096; ms *= 2)
		poll(NULL, 0, ms);
	assert_int_equal(count_processes(), expected);
}

static void hundred_killed_runs_leave_nothing(void **state)
{
	int processes, mounts, descriptors, i;
	unsigned int seed = 1;

	(void)state;
	enter_user_namespace();
	nsrig_may_leave("namespace: *");
	/* A mount that leaks out of the sandbox would be visible here. */
	assert_int_equal(mount("none", "/", "none", MS_REC | MS_SHARED, NULL), 0);
	processes = count_processes();
	mounts = count_mounts();
	descriptors = count_descriptors();
	/*
	 * Whenever the runner was killed, a process that hangs would be found at the end. Kill the
	 * runner at its start, or a moment after it has printed its plan.
	 */
	for (i = 0; i < RUNS; i++)
		kill_after(i % 2 ? "hangs" : "passes_on_a_cable,leaks_a_daemon,hangs", i % 4 < 2,
			rand_r(&seed) % LONGEST_US);
	assert_processes_become(processes);
	assert_int_equal(count_mounts(), mounts);
	assert_int_equal(count_descriptors(), descriptors);
	limit_namespaces();
	/* One namespace is our own. */
	assert_all_namespaces_free(atoi(NAMESPACES) - 1);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(hundred_killed_runs_leave_nothing),
	};

	return nsrig_main(argc, argv, tests);
}
