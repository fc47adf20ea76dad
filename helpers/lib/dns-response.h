/* SPDX-License-Identifier: MIT */
/*
 * DNS messages: the response to a query, from the records of a zone (RFC 1035, 2181, 2308, 6891).
 *
 * The response is that of an authoritative server: it follows CNAMEs within the zone, a negative
 * answer has the SOA record, and a response that is too long for a datagram is empty and truncated.
 */
#ifndef RESPONSE_H
#define RESPONSE_H

#include "dns-zone.h"

#include <arpa/nameser.h>
#include <stdbool.h>
#include <stddef.h>

#define RESPONSE_MOST 65535

/* Deliberate faults of every response. */
struct response_faults {
	int rcode; /* instead of an answer; -1: none */
	bool truncate;
};

struct response {
	unsigned char data[RESPONSE_MOST];
	size_t length;
	/* For counters and the log. */
	char name[NS_MAXDNAME];
	int type, rcode, answers;
	bool truncated;
};

/* Writes the response. False if the message is not a query, and gets none. */
bool response_make(struct response *response, const struct zone *zone, const unsigned char *query,
	size_t length, bool by_datagram, const struct response_faults *faults);

/* The number of "SERVFAIL", or of "2"; -EINVAL with a message. */
int response_read_rcode(const char *text);

/* "SERVFAIL" */
const char *response_rcode(int rcode);

#endif
