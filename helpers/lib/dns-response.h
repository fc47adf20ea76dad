/* SPDX-License-Identifier: MIT */
/*
 * Messages of DNS: a query, and the response to it out of a zone (RFC 1035, 2181, 2308, 6891).
 *
 * As an authority responds: CNAMEs are followed as far as the zone has them, the SOA comes with what is
 * not there, and what is too long for a datagram is empty and truncated.
 */
#ifndef RESPONSE_H
#define RESPONSE_H

#include "dns-zone.h"

#include <arpa/nameser.h>
#include <stdbool.h>
#include <stddef.h>

#define RESPONSE_MOST 65535

/* What is to be wrong with each response. */
struct response_faults {
	int rcode; /* in place of any records; -1 for none */
	bool truncate;
};

struct response {
	unsigned char data[RESPONSE_MOST];
	size_t length;
	/* For those who count and log. */
	char name[NS_MAXDNAME];
	int type, rcode, answers;
	bool truncated;
};

/* Whether there is a response: to what is no query at all there is none. */
bool response_make(struct response *response, const struct zone *zone, const unsigned char *query,
	size_t length, bool by_datagram, const struct response_faults *faults);

/* The number of "SERVFAIL", or of "2"; -EINVAL. */
int response_read_rcode(const char *text);

/* "SERVFAIL" */
const char *response_rcode(int rcode);

#endif
