// SPDX-License-Identifier: MIT
/* Tests whose children fail, skip or crash where it is hard to report anything. */
#include "guilty.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static void in_child(void (*function)(void))
{
	pid_t pid = fork();

	if (pid == 0)
		function();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

static void fail_as_a_daemon(void)
{
	int pair[2];

	closefrom(0);
	open("/dev/null", O_RDWR);
	open("/tmp", O_TMPFILE | O_RDWR, 0600);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0)
		assert_string_equal("the daemon", "the demon");
}

static void daemon_fails(void **state)
{
	(void)state;
	in_child(fail_as_a_daemon);
}

static void fail_without_privileges(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[2] = {{0}};

	if (syscall(SYS_capset, &header, none) == 0)
		assert_string_equal("root", "nobody");
}

static void child_without_privileges_fails(void **state)
{
	(void)state;
	in_child(fail_without_privileges);
}

static void fail_as_an_init(void)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		return;
	pid = fork();
	if (pid == 0)
		assert_int_equal(getpid(), 2);
	waitpid(pid, NULL, 0);
}

static void init_fails(void **state)
{
	(void)state;
	in_child(fail_as_an_init);
}

static void fail_in_strict_jail(void)
{
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0)
		assert_string_equal("strict", "lax");
}

static void prisoner_fails(void **state)
{
	(void)state;
	in_child(fail_in_strict_jail);
}

/* Whoever writes or sends anything is killed. */
static void be_silenced(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_writev, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_sendto, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct sock_fprog program = {.len = COUNT(filter), .filter = filter};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(0);
}

static void fail_silenced(void)
{
	be_silenced();
	assert_string_equal("speech", "silence");
}

static void silenced_child_fails(void **state)
{
	(void)state;
	in_child(fail_silenced);
}

static void fail_in_empty_root(void)
{
	if (chroot("/run") == 0 && chdir("/") == 0)
		assert_string_equal("/run", "/");
}

static void chrooted_child_fails(void **state)
{
	(void)state;
	in_child(fail_in_empty_root);
}

/* The output's limit is reached: whoever writes to a file gets SIGXFSZ. */
static void fail_within_limits(void)
{
	struct rlimit none = {0, 0};

	setrlimit(RLIMIT_FSIZE, &none);
	setrlimit(RLIMIT_NOFILE, &none);
	setrlimit(RLIMIT_NPROC, &none);
	assert_string_equal("limits", "none");
}

static void limited_child_fails(void **state)
{
	(void)state;
	in_child(fail_within_limits);
}

static void skip_plainly(void)
{
	skip();
}

static void child_skips_plainly(void **state)
{
	(void)state;
	in_child(skip_plainly);
}

static void print_a_result(void)
{
	printf("success: child_prints_results\nskip: child_prints_results\n"
	       "failure: child_prints_results [\nnobody.c:1: error: Failure!\n]\n");
	fflush(stdout);
}

static void child_prints_results(void **state)
{
	(void)state;
	in_child(print_a_result);
	print_a_result();
}

static int daemon_function(void *arg)
{
	(void)arg;
	fail_as_a_daemon();
	return 0;
}

static void function_is_a_daemon_and_fails(void **state)
{
	struct nsrig_program *program =
		nsrig_spawn(*state, "left", .function = daemon_function, .name = "daemon");

	nsrig_assert_ok(nsrig_wait_exit(program, NULL, 2000));
}

static int silenced_function(void *arg)
{
	(void)arg;
	fail_silenced();
	return 0;
}

static void silenced_function_fails(void **state)
{
	struct nsrig_program *program =
		nsrig_spawn(*state, "left", .function = silenced_function, .name = "silenced");

	nsrig_assert_ok(nsrig_wait_exit(program, NULL, 2000));
}

/* ---- crashes --------------------------------------------------------------------------------- */

static void crash(void)
{
	kill(getpid(), SIGSEGV);
}

static void child_crashes(void **state)
{
	(void)state;
	in_child(crash);
}

static void child_aborts(void **state)
{
	(void)state;
	in_child(abort);
}

static void pause_for_ever(void)
{
	pause();
}

static void be_trapped(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = COUNT(filter), .filter = filter};

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0)
		getppid();
}

static void is_trapped(void **state)
{
	(void)state;
	be_trapped();
}

static void child_is_trapped(void **state)
{
	(void)state;
	in_child(be_trapped);
}

static void sends_itself_a_trap(void **state)
{
	(void)state;
	raise(SIGTRAP);
}

static void child_of_vfork_crashes(void **state)
{
	pid_t pid = vfork();

	(void)state;
	if (pid == 0)
		crash();
	waitpid(pid, NULL, 0);
}

static void child_is_aborted_by_its_parent(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		pause_for_ever();
	kill(pid, SIGABRT);
	waitpid(pid, NULL, 0);
}

/* All signals, those of the runner's among them. */
static void children_are_ended_by_all_signals(void **state)
{
	int number;
	pid_t pid;

	(void)state;
	for (number = SIGRTMIN; number <= SIGRTMAX; number++) {
		pid = fork();
		if (pid == 0)
			pause_for_ever();
		kill(pid, number);
		waitpid(pid, NULL, 0);
	}
}

static void crash_in_child(void)
{
	in_child(crash);
}

static void grandchild_crashes(void **state)
{
	(void)state;
	in_child(crash_in_child);
}

static int overflow(volatile int depth)
{
	volatile char room[4096];

	room[0] = (char)depth;
	return depth ? overflow(depth + 1) + room[0] : 0;
}

static void overflow_stack(void)
{
	overflow(1);
}

static void child_overflows_its_stack(void **state)
{
	(void)state;
	in_child(overflow_stack);
}

static void child_crashes_and_may(void **state)
{
	(void)state;
	nsrig_may_crash();
	in_child(crash);
	in_child(abort);
}

static void execute_crash(void)
{
	execlp("sh", "sh", "-c", "kill -SEGV $$", NULL);
}

static void program_of_child_crashes(void **state)
{
	(void)state;
	in_child(execute_crash);
}

static void child_is_killed(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		pause_for_ever();
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
}

static int crash_in_setup(void **state)
{
	(void)state;
	in_child(crash);
	return 0;
}

static void child_fails_first(void **state)
{
	(void)state;
	in_child(fail_as_a_daemon);
	crash();
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(daemon_fails),
	cmocka_unit_test(child_without_privileges_fails),
	cmocka_unit_test(init_fails),
	cmocka_unit_test(prisoner_fails),
	cmocka_unit_test(silenced_child_fails),
	cmocka_unit_test(chrooted_child_fails),
	cmocka_unit_test(limited_child_fails),
	cmocka_unit_test(child_skips_plainly),
	cmocka_unit_test(child_prints_results),
	nsrig_test(function_is_a_daemon_and_fails, &guilty_cable),
	nsrig_test(silenced_function_fails, &guilty_cable),
	cmocka_unit_test(child_crashes),
	cmocka_unit_test(child_aborts),
	cmocka_unit_test(grandchild_crashes),
	cmocka_unit_test(child_overflows_its_stack),
	cmocka_unit_test(child_crashes_and_may),
	cmocka_unit_test(program_of_child_crashes),
	cmocka_unit_test(child_is_killed),
	cmocka_unit_test(is_trapped),
	cmocka_unit_test(child_is_trapped),
	cmocka_unit_test(sends_itself_a_trap),
	cmocka_unit_test(child_of_vfork_crashes),
	cmocka_unit_test(child_is_aborted_by_its_parent),
	cmocka_unit_test(children_are_ended_by_all_signals),
	{"child_crashes_in_setup", guilty_never_begins, crash_in_setup, NULL, NULL},
	cmocka_unit_test(child_fails_first),
};

const struct guilty_tests guilty_child = GUILTY_TESTS(tests);
