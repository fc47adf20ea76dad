/* SPDX-License-Identifier: MIT */
/* Processes that run measured work: several in parallel, or one in a user namespace. */
#ifndef WORKER_H
#define WORKER_H

#include <stdbool.h>
#include <sys/types.h>

/* Does the work count times. worker_wait() returns its result. */
typedef int worker_fn(int count);

struct worker {
	pid_t pid;
	int socket;
};

/*
 * Starts a worker; if rootless, as root of a new user namespace. Returns whether that was possible.
 */
bool worker_start(struct worker *worker, bool rootless);

/* Has the worker call fn, and does not wait. */
void worker_ask(const struct worker *worker, worker_fn *fn, int count);

/* Waits until the worker has finished, and returns the function's result. */
int worker_wait(const struct worker *worker);

/* Moves the calling process, which has one thread, to new user and network namespaces. */
bool worker_become_root(void);

void worker_end(const struct worker *worker);

#endif
