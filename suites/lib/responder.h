/* SPDX-License-Identifier: MIT */
/* A responder in a thread of the suite: it answers what a socket receives. */
#ifndef RESPONDER_H
#define RESPONDER_H

#include <nsrig.h>
#include <pthread.h>

/*
 * What it says to something; how many bytes, 0 for silence. For a stream it is asked once for all
 * that has come so far.
 */
typedef size_t responder_fn(const char *heard, size_t size, char *answer, size_t room);

struct responder {
	int fd;   /* bound; of a stream, listening */
	int stop; /* what ends it when it is closed */
	int stopped;
	bool stream;
	responder_fn *answer;
	pthread_t thread;
};

/* Starts it in a namespace: SOCK_DGRAM or SOCK_STREAM, on any address of this family. */
void responder_start(struct responder *responder, struct nsrig_ns *ns, int family, int type,
	int port, responder_fn *answer);
void responder_stop(struct responder *responder);

/* Says the same. */
responder_fn responder_echo;

#endif
