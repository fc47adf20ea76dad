/* SPDX-License-Identifier: MIT */
/* Processes that run measured work: several in parallel, or one in a user namespace. */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>
#include <sys/types.h>

/* Does the work count times; what it returns comes back to who has asked. */
typedef int worker_fn(int count);

struct worker {
	pid_t pid;
	int socket;
};

/* Starts one; rootless, as root of a user namespace that is new. Whether that was possible. */
bool worker_start(struct worker *worker, bool rootless);

/* Has it do something, and does not wait. */
void worker_ask(const struct worker *worker, worker_fn *fn, int count);

/* Waits until it has done what it was asked, and returns what that has returned. */
int worker_wait(const struct worker *worker);

/* Takes the calling process, which has one thread, to new user and network namespaces. */
bool worker_become_root(void);

void worker_end(const struct worker *worker);

#endif
