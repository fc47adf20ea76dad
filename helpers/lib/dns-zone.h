/* SPDX-License-Identifier: MIT */
/*
 * The records of the DNS server, as text and in wire format (RFC 1035, 3596, 2782).
 *
 *	NAME [TTL] [IN] TYPE DATA...
 *
 *	www.example.test A 10.0.0.1
 *	www.example.test 60 IN AAAA 2001:db8::1
 *	10.0.0.1 PTR www.example.test		an address means its name in in-addr.arpa
 *	example.test MX 10 mail.example.test
 *	_http._tcp.example.test SRV 0 5 80 www.example.test
 *	example.test TXT "v=spf1 -all" second
 *	example.test NS ns.example.test
 *	example.test SOA ns.example.test admin.example.test 1 3600 600 86400 60
 *	alias.example.test CNAME www.example.test
 *
 * Names are absolute; the final dot is optional. In a file, ';' and '#' begin a comment.
 */
#ifndef ZONE_H
#define ZONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ZONE_NAME_MOST 255

/* A name in wire format and in lower case, so that names can be compared. */
struct zone_name {
	unsigned char bytes[ZONE_NAME_MOST];
	size_t length;
};

struct zone_record {
	struct zone_name name;
	char *text; /* the name in its original case */
	int type;
	uint32_t ttl;
	unsigned char *data;
	size_t length;
	struct zone_record *next;
};

struct zone {
	struct zone_record *records, **last;
};

/* Adds a record. -EINVAL, with a message that says what is wrong with it; -ENOMEM. */
int zone_add(struct zone *zone, const char *line);

/* Adds all records of a file; messages begin with FILE:LINE. */
int zone_read(struct zone *zone, const char *path);

void zone_free(struct zone *zone);

/* Converts "www.example.test" to wire format; -EINVAL if it isn't a name. */
int zone_read_name(const char *text, struct zone_name *name);

/*
 * Returns the next record of this name and type (ns_t_any: all types) after another one (NULL: the
 * first).
 */
const struct zone_record *zone_find(const struct zone *zone, const struct zone_record *after,
	const struct zone_name *name, int type);

/* Whether the name, or a name below it, has records. */
bool zone_has(const struct zone *zone, const struct zone_name *name);

/* The SOA record of the zone that contains the name; NULL if there is none. */
const struct zone_record *zone_soa(const struct zone *zone, const struct zone_name *name);

/* "AAAA", or "TYPE65", which is valid until the next call. */
const char *zone_type(int type);

#endif
