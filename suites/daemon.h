/* SPDX-License-Identifier: MIT */
/* A daemon in a thread of the suite: it answers what comes to a socket. */
#ifndef DAEMON_H
#define DAEMON_H

#include <nsrig.h>
#include <pthread.h>

/*
 * What it says to something; how many bytes, 0 for silence. For a stream it is asked once for all
 * that has come so far.
 */
typedef size_t daemon_fn(const char *heard, size_t size, char *answer, size_t room);

struct daemon {
	int fd;   /* bound; of a stream, listening */
	int stop; /* what ends it when it is closed */
	int stopped;
	bool stream;
	daemon_fn *answer;
	pthread_t thread;
};

/* Starts it in a namespace: SOCK_DGRAM or SOCK_STREAM, on any address of this family. */
void daemon_start(struct daemon *daemon, struct nsrig_ns *ns, int family, int type, int port,
	daemon_fn *answer);
void daemon_stop(struct daemon *daemon);

/* Says the same. */
daemon_fn daemon_echo;

#endif
