// SPDX-License-Identifier: MIT
/*
 * The runner's overhead for a test that does nothing: pid, mount and network namespaces of its own,
 * and its line of TAP. The floor is one clone3() into such namespaces, _exit() and wait.
 */
#include "bench.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <nsrig.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define TESTS 100

static void does_nothing(void **state)
{
	(void)state;
}

static struct CMUnitTest tests[TESTS];

static char *program[] = {"runner", NULL};

/* The stream is written to /dev/null. */
static void ours(int count)
{
	int out = dup(STDOUT_FILENO), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	dup2(null, STDOUT_FILENO);
	if (nsrig_run_tests(1, program, tests, count)) {
		fprintf(stderr, "the tests did not pass\n");
		exit(1);
	}
	dup2(out, STDOUT_FILENO);
	close(out);
	close(null);
}

static void bare(int count)
{
	struct clone_args args = {
		.flags = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET, .exit_signal = SIGCHLD};
	pid_t pid;
	int i;

	for (i = 0; i < count; i++) {
		pid = syscall(SYS_clone3, &args, sizeof(args));
		if (pid == 0)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid) {
			perror("clone3");
			exit(1);
		}
	}
}

int main(void)
{
	static char names[TESTS][16];
	int i;

	for (i = 0; i < TESTS; i++) {
		snprintf(names[i], sizeof(names[i]), "test_%d", i);
		tests[i] = (struct CMUnitTest){.name = names[i], .test_func = does_nothing};
	}
	/* Without root, the runner's first call moves this process into a user namespace. */
	ours(1);
	bench_pair("a test that does nothing", ours, bare, TESTS, 10, 2.0);
	return 0;
}
