/* SPDX-License-Identifier: MIT */
/*
 * What a source and a sink say to each other, and how a flow is measured.
 *
 * Each datagram of a flow begins with a head: which flow it is of, its number in it, and when it was
 * sent. Behind the last one the source says how many there were, again and again, until the sink has
 * answered with its figures. A connection begins with one head; its end is the end, and the figures
 * come back by it.
 *
 * Both ends are of one build and on one machine: numbers are as the machine has them, and times are of
 * CLOCK_MONOTONIC, which all network namespaces share.
 */
#ifndef FLOW_H
#define FLOW_H

#include "figures.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOW_MAGIC 0x6e737267 /* "nsrg" */

enum flow_kind { FLOW_DATA = 1, FLOW_END, FLOW_REPORT };

struct flow_head {
	uint32_t magic;
	uint32_t kind;
	uint64_t flow;   /* at random */
	uint64_t number; /* from 0; of FLOW_END: how many there were */
	uint64_t sent;   /* ns */
};

/* What a sink has seen of a flow. Times are in ns. */
struct flow_seen {
	uint64_t packets; /* each number once */
	uint64_t bytes;   /* payloads, heads among them; duplicates not */
	uint64_t lost, reordered, duplicated;
	uint64_t
		overflowed; /* of those lost (or of other flows): the sink's own socket had no room */
	uint64_t first_bytes, first, last;
	uint64_t delay_least, delay_most, delay_sum;
	double jitter; /* RFC 3550, 6.4.1 */
};

struct flow_report {
	struct flow_head head;
	struct flow_seen seen;
};

/* A flow of datagrams, as its sink keeps it. */
struct flow {
	struct flow_seen seen;
	uint64_t next;  /* the highest number so far, and one */
	uint64_t total; /* how many there were, once that is known */
	int64_t transit;
	unsigned char *met; /* a bit for each number */
	size_t met_size;
};

/*
 * Takes in a datagram. A number far beyond the others is none of this flow (-EINVAL); -ENOMEM.
 */
int flow_take(struct flow *flow, const struct flow_head *head, size_t length, uint64_t arrived);

/* How many of its numbers are missing, by what is known. */
uint64_t flow_missing(const struct flow *flow);

void flow_free(struct flow *flow);

/* Takes in a piece of a connection. */
void flow_take_bytes(struct flow_seen *seen, size_t length, uint64_t arrived);

/* Writes what was seen; of a stream, that of datagrams is not there. NULL: nobody knows. */
void flow_write(struct figures *figures, const struct flow_seen *seen, bool datagrams);

#endif
