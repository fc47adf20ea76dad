// SPDX-License-Identifier: MIT
/*
 * A command is run in a host for its output, and a daemon is started and stopped. The floor does
 * what any program would do: fork, enter the host's namespaces, unshare the mounts, execute, read a
 * pipe, wait.
 */
#include "bench.h"
#include "work.h"

#include <fcntl.h>
#include <nsrig.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct nsrig *rig;
static int net;

/* The number of bytes that the command prints. */
static char size[32];

static void must(int rc, const char *what)
{
	if (rc >= 0)
		return;
	perror(what);
	exit(1);
}

static void run_ours(int count)
{
	const char *const argv[] = {"head", "-c", size, "/dev/zero", NULL};
	const struct nsrig_command command = {.argv = argv};
	const struct nsrig_result *result;

	while (count-- > 0) {
		work_must(nsrig_run(rig, "host", &command, &result), "ours");
		if (result->status || result->out_size != (size_t)atol(size))
			work_must(-1, "the command");
	}
}

static void be_command(int out)
{
	must(setns(net, CLONE_NEWNET), "setns");
	must(unshare(CLONE_NEWNS), "unshare");
	must(dup2(out, STDOUT_FILENO), "dup2");
	execlp("head", "head", "-c", size, "/dev/zero", NULL);
	perror("head");
	_exit(1);
}

/* Keeps the whole output, as the library does. */
static void read_all(int fd)
{
	size_t had = 0, room = 1 << 16;
	char *text = malloc(room);
	ssize_t n;

	while (text && (n = read(fd, text + had, room - had)) > 0) {
		had += n;
		if (had == room)
			text = realloc(text, room *= 2);
	}
	free(text);
}

static void run_floor(int count)
{
	int fds[2], status;
	pid_t pid;

	while (count-- > 0) {
		must(pipe2(fds, O_CLOEXEC), "pipe");
		pid = fork();
		if (pid == 0)
			be_command(fds[1]);
		must(pid, "fork");
		close(fds[1]);
		read_all(fds[0]);
		close(fds[0]);
		must(waitpid(pid, &status, 0), "waitpid");
	}
}

static void spawn_ours(int count)
{
	const struct nsrig_command command = {.line = "tail -f /dev/null"};
	struct nsrig_program *program;

	while (count-- > 0) {
		work_must(nsrig_start(rig, "host", &command, &program), "ours");
		work_must(nsrig_stop(program), "its end");
	}
}

static void spawn_floor(int count)
{
	int fds[2];
	char byte;
	pid_t pid;

	while (count-- > 0) {
		must(pipe2(fds, O_CLOEXEC), "pipe");
		pid = fork();
		if (pid == 0) {
			must(setns(net, CLONE_NEWNET), "setns");
			must(unshare(CLONE_NEWNS), "unshare");
			execlp("tail", "tail", "-f", "/dev/null", NULL);
			_exit(1);
		}
		must(pid, "fork");
		close(fds[1]);
		/* The program has been executed. */
		must(read(fds[0], &byte, 1), "read");
		close(fds[0]);
		kill(pid, SIGTERM);
		must(waitpid(pid, NULL, 0), "waitpid");
	}
}

int main(void)
{
	work_begin();
	work_must(nsrig_new(&rig), "a rig");
	work_must(nsrig_add_host(rig, "host"), "a host");
	net = nsrig_ns_fd(nsrig_find_host(rig, "host"));
	strcpy(size, "10");
	bench_pair("a command run in a host", run_ours, run_floor, 5, 60, 3.0);
	bench_pair("a program started and ended", spawn_ours, spawn_floor, 5, 60, 3.0);
	/* Last, because the rig keeps the output, which makes each later fork slower. */
	strcpy(size, "100000000");
	bench_pair("a command that prints 100 MB", run_ours, run_floor, 1, 10, 3.0);
	nsrig_free(rig);
	return 0;
}
