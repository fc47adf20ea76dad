/* SPDX-License-Identifier: MIT */
/*
 * The protocol of source and sink, and the measurement of a flow.
 *
 * Each datagram of a flow begins with a header: the flow, the datagram's number in it, and the time
 * when it was sent. After the last datagram, the source sends their total again and again, until
 * the sink responds with its report. A connection begins with one header and ends when the source
 * shuts it down; the report is returned on it.
 *
 * Both ends are from one build and run on one machine. So numbers are in host byte order, and times
 * are of CLOCK_MONOTONIC, which all network namespaces share.
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
	uint64_t flow;   /* random */
	uint64_t number; /* from 0; FLOW_END: the total */
	uint64_t sent;   /* ns */
};

/* A sink's measurements of a flow. Times are in ns. */
struct flow_seen {
	uint64_t packets; /* without duplicates */
	uint64_t bytes;   /* of payload, including headers, without duplicates */
	uint64_t lost, reordered, duplicated;
	uint64_t overflowed; /* datagrams of any flow that the sink's socket dropped */
	uint64_t first_bytes, first, last;
	uint64_t delay_least, delay_most, delay_sum;
	double jitter; /* RFC 3550, 6.4.1 */
};

struct flow_report {
	struct flow_head head;
	struct flow_seen seen;
};

/* A flow of datagrams, as the sink stores it. */
struct flow {
	struct flow_seen seen;
	uint64_t next;  /* one more than the highest number so far */
	uint64_t total; /* 0: not known yet */
	int64_t transit;
	unsigned char *met; /* one bit for each number that has arrived */
	size_t met_size;
};

/* Adds a datagram. -EINVAL if its number is too far ahead to belong to the flow; -ENOMEM. */
int flow_take(struct flow *flow, const struct flow_head *head, size_t length, uint64_t arrived);

/* How many datagrams are missing, as far as the total is known. */
uint64_t flow_missing(const struct flow *flow);

void flow_free(struct flow *flow);

/* Adds bytes of a connection. */
void flow_take_bytes(struct flow_seen *seen, size_t length, uint64_t arrived);

/*
 * Writes the measurements (NULL: none are known). datagrams: the flow isn't a connection, so losses
 * and delays were measured, too.
 */
void flow_write(struct figures *figures, const struct flow_seen *seen, bool datagrams);

#endif
