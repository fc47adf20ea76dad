/* SPDX-License-Identifier: MIT */
/* A responder in a thread of the suite: it answers what a socket receives. */
#ifndef RESPONDER_H
#define RESPONDER_H

#include <nsrig.h>
#include <pthread.h>

/*
 * Writes the answer to a message, and returns its size, or 0 for no answer. For a stream it is
 * called once with everything received so far.
 */
typedef size_t responder_fn(const char *heard, size_t size, char *answer, size_t room);

struct responder {
	int fd;   /* bound; a stream's is listening */
	int stop; /* closing it stops the thread */
	int stopped;
	bool stream;
	responder_fn *answer;
	pthread_t thread;
};

/* Starts a responder in a namespace: SOCK_DGRAM or SOCK_STREAM, on any address of this family. */
void responder_start(struct responder *responder, struct nsrig_ns *ns, int family, int type,
	int port, responder_fn *answer);
void responder_stop(struct responder *responder);

/* Answers with the message itself. */
responder_fn responder_echo;

#endif
