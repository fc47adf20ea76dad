// SPDX-License-Identifier: MIT
/* Tests that hide what they leave behind, and tests that are in the way of their own init. */
#include "guilty.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- processes ------------------------------------------------------------------------------- */

/* Leaves a grandchild, when it and its child have done this. */
static void leave_grandchild(void (*prepare)(void), void (*prepare_child)(void))
{
	int fds[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0) {
		prepare();
		if (fork())
			_exit(0);
		prepare_child();
		if (write(fds[1], "", 1) == 1)
			pause();
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	close(fds[1]);
	assert_int_equal(read(fds[0], &c, 1), 1);
	close(fds[0]);
}

static void do_nothing(void)
{
}

static void enter_pid_namespace(void)
{
	if (unshare(CLONE_NEWPID) < 0)
		_exit(1);
}

static void enter_user_namespace(void)
{
	if (unshare(CLONE_NEWUSER | CLONE_NEWPID) < 0)
		_exit(1);
}

static void be_unreadable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

static void leaks_an_init(void **state)
{
	(void)state;
	leave_grandchild(enter_pid_namespace, do_nothing);
}

static void leaks_a_user_namespace(void **state)
{
	(void)state;
	leave_grandchild(enter_user_namespace, do_nothing);
}

static void leaks_what_is_not_dumpable(void **state)
{
	(void)state;
	leave_grandchild(do_nothing, be_unreadable);
}

static void leaks_a_daemon_without_proc(void **state)
{
	(void)state;
	assert_int_equal(umount2("/proc", MNT_DETACH), 0);
	leave_grandchild(do_nothing, do_nothing);
}

static void leaks_a_daemon_behind_proc(void **state)
{
	(void)state;
	assert_int_equal(mount("none", "/proc", "tmpfs", 0, NULL), 0);
	leave_grandchild(do_nothing, do_nothing);
	assert_int_equal(umount("/proc"), 0);
}

/* ---- mounts and links ------------------------------------------------------------------------ */

static void leaks_a_mount_without_proc(void **state)
{
	(void)state;
	assert_int_equal(mkdir("/run/place", 0755), 0);
	assert_int_equal(mount("none", "/run/place", "tmpfs", 0, NULL), 0);
	assert_int_equal(umount2("/proc", MNT_DETACH), 0);
}

/* The line of such a mount is longer than a page. */
static void leaks_a_deep_mount(void **state)
{
	char name[241];
	int i;

	(void)state;
	assert_int_equal(chdir("/run"), 0);
	for (i = 0; i < 15; i++) {
		memset(name, 'a' + i, sizeof(name) - 1);
		name[sizeof(name) - 1] = '\0';
		assert_int_equal(mkdir(name, 0755), 0);
		assert_int_equal(chdir(name), 0);
	}
	assert_int_equal(mount("none", ".", "tmpfs", 0, NULL), 0);
	assert_int_equal(chdir("/"), 0);
}

/* The kernel has links of this name, of another kind. */
static void leaks_a_link_called_sit0(void **state)
{
	const struct nsrig_link_spec spec = {.name = "sit0"};
	struct nsrig_ns *ns;

	(void)state;
	nsrig_assert_ok(nsrig_ns_current(&ns));
	nsrig_assert_ok(nsrig_link_add(ns, "bridge", &spec));
	nsrig_ns_free(ns);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

static void put_zero_at(int to)
{
	int fd = open("/dev/zero", O_RDONLY);

	assert_int_equal(dup2(fd, to), to);
	close(fd);
}

static void replaces_stdin(void **state)
{
	(void)state;
	put_zero_at(STDIN_FILENO);
}

static void replaces_stdout(void **state)
{
	(void)state;
	put_zero_at(STDOUT_FILENO);
}

static void leaks_without_limits(void **state)
{
	const struct rlimit none = {3, 3};

	guilty_no_leak_check();
	leaks_a_mount_without_proc(state);
	put_zero_at(77);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &none), 0);
}

static void leaks_from_another_root(void **state)
{
	guilty_no_leak_check();
	(void)state;
	put_zero_at(77);
	assert_int_equal(chroot("/run"), 0);
	assert_int_equal(chdir("/"), 0);
}

/* Without privileges, its init may not look at such a process. */
static void may_not_be_looked_at(void **state)
{
	(void)state;
	prctl(PR_SET_DUMPABLE, 0);
}

static void leaks_and_may_not_be_looked_at(void **state)
{
	put_zero_at(77);
	may_not_be_looked_at(state);
}

/* The largest piece of memory that it shares with others. */
static void overwrites_what_it_shares(void **state)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned long begin, end;
	char line[512];

	(void)state;
	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		if (strstr(line, "rw-s") && sscanf(line, "%lx-%lx", &begin, &end) == 2 &&
			end - begin > 8 << 20)
			memset((void *)begin, 0xff, 200000);
	}
	fclose(maps);
}

static void goes_to_another_root(void **state)
{
	guilty_no_leak_check();
	(void)state;
	assert_int_equal(chroot("/run"), 0);
	assert_int_equal(chdir("/"), 0);
}

static void leaks_from_another_root_by_pivoting(void **state)
{
	guilty_no_leak_check();
	(void)state;
	put_zero_at(77);
	assert_int_equal(mkdir("/run/root", 0755), 0);
	assert_int_equal(mount("none", "/run/root", "tmpfs", 0, NULL), 0);
	assert_int_equal(mkdir("/run/root/old", 0755), 0);
	assert_int_equal(syscall(SYS_pivot_root, "/run/root", "/run/root/old"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(umount2("/old", MNT_DETACH), 0);
}

/* ---- namespaces ------------------------------------------------------------------------------ */

static sigjmp_buf outside;

static void jumps_out_of_a_block(void **state)
{
	if (!sigsetjmp(outside, 1)) {
		nsrig_in(nsrig_host(*state, "left"))
			siglongjmp(outside, 1);
	}
}

static void jumps_out_and_goes_in_again(void **state)
{
	jumps_out_of_a_block(state);
	nsrig_in(nsrig_host(*state, "right"))
		nsrig_assert_ping("10.1.0.1");
}

/* ---- in the way of the init ------------------------------------------------------------------ */

static void kills_its_group(void **state)
{
	(void)state;
	assert_int_equal(getpgrp(), getpid());
	signal(SIGTERM, SIG_IGN);
	assert_int_equal(kill(0, SIGTERM), 0);
}

static void kills_everybody(void **state)
{
	(void)state;
	signal(SIGTERM, SIG_IGN);
	kill(-1, SIGTERM);
	kill(getppid(), SIGTERM);
}

static void wants_a_tracer(void **state)
{
	(void)state;
	assert_int_equal(ptrace(PTRACE_TRACEME, 0, NULL, NULL), 0);
	raise(SIGCHLD);
	raise(SIGWINCH);
}

static void stops_and_goes_on(void **state)
{
	pid_t test = getpid(), pid = fork();
	int i;

	(void)state;
	if (pid == 0) {
		for (i = 0; i < 100; i++) {
			kill(test, SIGCONT);
			poll(NULL, 0, 1);
		}
		_exit(0);
	}
	raise(SIGSTOP);
	waitpid(pid, NULL, 0);
}

static void waits_for_all_children(void **state)
{
	int i;

	(void)state;
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (i = 0; i < 5; i++) {
		if (fork() == 0)
			_exit(fork() == 0);
	}
	while (wait(NULL) > 0)
		continue;
}

static void is_silenced(void **state)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = COUNT(filter), .filter = filter};

	(void)state;
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	assert_int_equal(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0);
}

static void gives_up_its_privileges(void **state)
{
	(void)state;
	assert_int_equal(unshare(CLONE_NEWUSER), 0);
	put_zero_at(77);
}

/* ---- ends ------------------------------------------------------------------------------------ */

static void crash(void)
{
	kill(getpid(), SIGSEGV);
}

static void hang(void)
{
	pause();
}

static void crashes_at_exit(void **state)
{
	(void)state;
	atexit(crash);
}

static void hangs_at_exit(void **state)
{
	(void)state;
	atexit(hang);
}

static void ends_its_main_thread(void **state)
{
	(void)state;
	pthread_exit(NULL);
}

static void exits_125(void **state)
{
	(void)state;
	exit(125);
}

static void shares_no_more_pids(void **state)
{
	pid_t pid;

	guilty_no_leak_check();
	(void)state;
	assert_int_equal(unshare(CLONE_NEWPID), 0);
	pid = fork();
	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
}

/* Its audit begins within the time limit, and takes longer. */
static void *end_late(void *arg)
{
	poll(NULL, 0, 1100);
	return arg;
}

static void leaves_a_thread_at_the_last_moment(void **state)
{
	pthread_t thread;

	(void)state;
	poll(NULL, 0, 850);
	pthread_create(&thread, NULL, end_late, NULL);
	pthread_detach(thread);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(leaks_an_init),
	cmocka_unit_test(leaks_a_user_namespace),
	cmocka_unit_test(leaks_what_is_not_dumpable),
	cmocka_unit_test(leaks_a_daemon_without_proc),
	cmocka_unit_test(leaks_a_daemon_behind_proc),
	cmocka_unit_test(leaks_a_mount_without_proc),
	cmocka_unit_test(leaks_a_deep_mount),
	cmocka_unit_test(leaks_a_link_called_sit0),
	cmocka_unit_test(replaces_stdin),
	cmocka_unit_test(replaces_stdout),
	cmocka_unit_test(leaks_without_limits),
	cmocka_unit_test(leaks_from_another_root),
	cmocka_unit_test(may_not_be_looked_at),
	cmocka_unit_test(leaks_and_may_not_be_looked_at),
	cmocka_unit_test(overwrites_what_it_shares),
	cmocka_unit_test(goes_to_another_root),
	cmocka_unit_test(leaks_from_another_root_by_pivoting),
	nsrig_test(jumps_out_of_a_block, &guilty_cable),
	nsrig_test(jumps_out_and_goes_in_again, &guilty_cable),
	cmocka_unit_test(kills_its_group),
	cmocka_unit_test(kills_everybody),
	cmocka_unit_test(wants_a_tracer),
	cmocka_unit_test(stops_and_goes_on),
	cmocka_unit_test(waits_for_all_children),
	cmocka_unit_test(is_silenced),
	cmocka_unit_test(gives_up_its_privileges),
	cmocka_unit_test(crashes_at_exit),
	cmocka_unit_test(hangs_at_exit),
	cmocka_unit_test(ends_its_main_thread),
	cmocka_unit_test(exits_125),
	cmocka_unit_test(shares_no_more_pids),
	cmocka_unit_test(leaves_a_thread_at_the_last_moment),
};

const struct guilty_tests guilty_hide = GUILTY_TESTS(tests);
