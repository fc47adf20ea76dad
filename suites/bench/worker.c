// SPDX-License-Identifier: MIT
#include "worker.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The address of a function is the same in a child. */
struct question {
	worker_fn *fn;
	int count;
};

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	close(fd);
	return written;
}

bool worker_become_root(void)
{
	char uid_map[64], gid_map[64];

	snprintf(uid_map, sizeof(uid_map), "0 %u 1", geteuid());
	snprintf(gid_map, sizeof(gid_map), "0 %u 1", getegid());
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 &&
	       write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", uid_map) &&
	       write_file("/proc/self/gid_map", gid_map);
}

static _Noreturn void work(int socket, bool rootless)
{
	struct question question;
	int result = !rootless || worker_become_root();

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	send(socket, &result, sizeof(result), 0);
	while (result && recv(socket, &question, sizeof(question), 0) == sizeof(question)) {
		result = question.fn(question.count);
		send(socket, &result, sizeof(result), 0);
		result = 1;
	}
	_exit(0);
}

bool worker_start(struct worker *worker, bool rootless)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0) {
		perror("socketpair");
		exit(1);
	}
	fflush(NULL);
	worker->pid = fork();
	if (worker->pid == 0) {
		close(ends[0]);
		work(ends[1], rootless);
	}
	close(ends[1]);
	worker->socket = ends[0];
	return worker->pid > 0 && worker_wait(worker);
}

void worker_ask(const struct worker *worker, worker_fn *fn, int count)
{
	const struct question question = {fn, count};

	send(worker->socket, &question, sizeof(question), MSG_NOSIGNAL);
}

int worker_wait(const struct worker *worker)
{
	int result;

	if (recv(worker->socket, &result, sizeof(result), 0) == sizeof(result))
		return result;
	fprintf(stderr, "a worker has ended before its time\n");
	exit(1);
}

void worker_end(const struct worker *worker)
{
	/*
	 * Workers that were started later hold a copy of the socket, so close() alone would not be
	 * noticed.
	 */
	shutdown(worker->socket, SHUT_RDWR);
	close(worker->socket);
	waitpid(worker->pid, NULL, 0);
}
