// SPDX-License-Identifier: MIT
/* Parses queries and writes responses. Sockets are in service.c. */
#include "dns-response.h"

#include "helper.h"

#include <errno.h>
#include <resolv.h>
#include <string.h>

#define ALIASES_MOST 16

/* The limit for datagrams, whatever the query offers: larger ones would be fragmented. */
#define DATAGRAM_MOST 4096

#define OPT_SIZE 11
#define BADVERS 16

static const char *const rcodes[] = {"NOERROR", "FORMERR", "SERVFAIL", "NXDOMAIN", "NOTIMP",
	"REFUSED", "YXDOMAIN", "YXRRSET", "NXRRSET", "NOTAUTH", "NOTZONE"};

const char *response_rcode(int rcode)
{
	if (rcode == BADVERS)
		return "BADVERS";
	return (size_t)rcode < NSRIG_COUNT(rcodes) ? rcodes[rcode] : "another";
}

int response_read_rcode(const char *text)
{
	uint64_t number;
	size_t i;

	for (i = 0; i < NSRIG_COUNT(rcodes); i++) {
		if (!strcasecmp(rcodes[i], text))
			return i;
	}
	if (nsrig_read_number(text, 0, 15, &number) == 0)
		return number;
	return nsrig_refused(EINVAL,
		"\"%s\" is no rcode (expected NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, "
		"REFUSED, or a number from 0 to 15)",
		text);
}

/* A parsed query, and the response that is being written. */
struct exchange {
	struct response *response;
	const struct zone *zone;
	ns_msg query;
	ns_rr question;
	bool has_question, has_opt;
	size_t most; /* the limit for everything but the OPT record */
	size_t records_at;
	unsigned counts[3]; /* answers, authority, additional */
	bool full;
	const unsigned char *names[32]; /* names that compression can point to */
};

static size_t room(const struct exchange *exchange)
{
	return exchange->most - exchange->response->length;
}

static void put_record(struct exchange *exchange, int section, const char *name, uint32_t ttl,
	const struct zone_record *record)
{
	struct response *response = exchange->response;
	unsigned char *at = response->data + response->length;
	int length =
		exchange->full
			? -1
			: dn_comp(name, at, room(exchange), (unsigned char **)exchange->names,
				  (unsigned char **)exchange->names + NSRIG_COUNT(exchange->names));

	if (length < 0 || length + NS_RRFIXEDSZ + record->length > room(exchange)) {
		exchange->full = true;
		return;
	}
	at += length;
	ns_put16(record->type, at);
	ns_put16(ns_c_in, at + 2);
	ns_put32(ttl, at + 4);
	ns_put16(record->length, at + 8);
	memcpy(at + NS_RRFIXEDSZ, record->data, record->length);
	response->length += length + NS_RRFIXEDSZ + record->length;
	exchange->counts[section]++;
}

/* Writes all records of this name and type. Returns their number. */
static int put_records(
	struct exchange *exchange, const char *text, const struct zone_name *name, int type)
{
	const struct zone_record *record = NULL;
	int n = 0;

	while ((record = zone_find(exchange->zone, record, name, type))) {
		put_record(exchange, 0, text, record->ttl, record);
		n++;
	}
	return n;
}

/* RFC 2308: the SOA limits how long a negative answer is cached. */
static void put_soa(struct exchange *exchange, const struct zone_name *name)
{
	const struct zone_record *soa = zone_soa(exchange->zone, name);
	uint32_t minimum;

	if (!soa)
		return;
	minimum = ns_get32(soa->data + soa->length - 4);
	put_record(exchange, 1, soa->text, soa->ttl < minimum ? soa->ttl : minimum, soa);
}

/* Answers the question, following aliases. Returns the rcode. */
static int answer(struct exchange *exchange)
{
	int type = ns_rr_type(exchange->question), aliases = 0;
	const struct zone_record *alias;
	char text[NS_MAXDNAME];
	struct zone_name name;

	strcpy(text, ns_rr_name(exchange->question));
	if (zone_read_name(*text ? text : ".", &name) < 0)
		return ns_r_formerr;
	for (;;) {
		if (put_records(exchange, text, &name, type))
			return ns_r_noerror;
		alias = zone_find(exchange->zone, NULL, &name, ns_t_cname);
		if (!alias || aliases++ == ALIASES_MOST)
			break;
		put_record(exchange, 0, text, alias->ttl, alias);
		if (dn_expand(alias->data, alias->data + alias->length, alias->data, text,
			    sizeof(text)) < 0 ||
			zone_read_name(*text ? text : ".", &name) < 0)
			return ns_r_servfail;
	}
	put_soa(exchange, &name);
	/* If an alias leads out of the zone, whether its target exists is for others to answer. */
	return zone_has(exchange->zone, &name) || (aliases && !zone_soa(exchange->zone, &name))
		       ? ns_r_noerror
		       : ns_r_nxdomain;
}

/* Returns the rcode of an invalid query, or of the zone's answer. */
static int judge(struct exchange *exchange, const struct response_faults *faults)
{
	int class = ns_rr_class(exchange->question);

	if (ns_msg_getflag(exchange->query, ns_f_opcode) != ns_o_query)
		return ns_r_notimpl;
	if (!exchange->has_question)
		return ns_r_formerr;
	if (faults->rcode >= 0)
		return faults->rcode;
	if (class != ns_c_in && class != ns_c_any)
		return ns_r_refused;
	return answer(exchange);
}

/*
 * Parses the OPT record (RFC 6891): the largest datagram that the client accepts, and the version,
 * which must be 0.
 */
static int read_opt(struct exchange *exchange, size_t *most)
{
	ns_rr record;
	int i;

	for (i = 0; i < ns_msg_count(exchange->query, ns_s_ar); i++) {
		if (ns_parserr(&exchange->query, ns_s_ar, i, &record) < 0)
			return ns_r_formerr;
		if (ns_rr_type(record) != ns_t_opt)
			continue;
		exchange->has_opt = true;
		if (ns_rr_class(record) > NS_PACKETSZ)
			*most = ns_rr_class(record);
		if (*most > DATAGRAM_MOST)
			*most = DATAGRAM_MOST;
		if (ns_rr_ttl(record) >> 16 & 0xff)
			return BADVERS;
	}
	return ns_r_noerror;
}

static void put_opt(struct exchange *exchange, int rcode)
{
	unsigned char *at = exchange->response->data + exchange->response->length;

	memset(at, 0, OPT_SIZE);
	ns_put16(ns_t_opt, at + 1);
	ns_put16(DATAGRAM_MOST, at + 3);
	at[5] = rcode >> 4;
	exchange->response->length += OPT_SIZE;
	exchange->counts[2]++;
}

static void put_header(struct exchange *exchange, const unsigned char *query, int rcode)
{
	struct response *response = exchange->response;
	/* The opcode and RD are copied from the query. RA is set if RD is. */
	unsigned flags = ns_get16(query + 2) & 0x7900;

	flags |= 0x8000 | (flags & 0x0100) >> 1 | (rcode & 15);
	if (exchange->has_question)
		flags |= 0x0400;
	if (response->truncated)
		flags |= 0x0200;
	memcpy(response->data, query, 2);
	ns_put16(flags, response->data + 2);
	ns_put16(exchange->has_question, response->data + 4);
	ns_put16(exchange->counts[0], response->data + 6);
	ns_put16(exchange->counts[1], response->data + 8);
	ns_put16(exchange->counts[2], response->data + 10);
	response->rcode = rcode;
	response->answers = exchange->counts[0];
}

/* Copies the bytes of the question, so that the case of its letters is preserved. */
static int copy_question(struct exchange *exchange, const unsigned char *query, size_t length)
{
	struct response *response = exchange->response;
	int name = dn_skipname(query + NS_HFIXEDSZ, query + length);

	if (name < 0 || ns_msg_count(exchange->query, ns_s_qd) != 1 ||
		ns_parserr(&exchange->query, ns_s_qd, 0, &exchange->question) < 0)
		return ns_r_formerr;
	memcpy(response->data + NS_HFIXEDSZ, query + NS_HFIXEDSZ, name + NS_QFIXEDSZ);
	response->length += name + NS_QFIXEDSZ;
	exchange->names[0] = response->data;
	exchange->names[1] = response->data + NS_HFIXEDSZ;
	exchange->has_question = true;
	strcpy(response->name,
		*ns_rr_name(exchange->question) ? ns_rr_name(exchange->question) : ".");
	response->type = ns_rr_type(exchange->question);
	return ns_r_noerror;
}

bool response_make(struct response *response, const struct zone *zone, const unsigned char *query,
	size_t length, bool by_datagram, const struct response_faults *faults)
{
	struct exchange exchange = {.response = response, .zone = zone};
	size_t most = by_datagram ? NS_PACKETSZ : RESPONSE_MOST;
	int rcode;

	/* A response isn't answered: two servers would answer each other forever. */
	if (length < NS_HFIXEDSZ || query[2] & 0x80)
		return false;
	response->length = NS_HFIXEDSZ;
	response->truncated = false;
	response->type = 0;
	strcpy(response->name, "?");
	rcode = ns_initparse(query, length, &exchange.query) < 0 ? ns_r_formerr : ns_r_noerror;
	if (rcode == ns_r_noerror)
		rcode = copy_question(&exchange, query, length);
	exchange.records_at = response->length;
	if (rcode == ns_r_noerror)
		rcode = read_opt(&exchange, &most);
	exchange.most = (by_datagram ? most : RESPONSE_MOST) - OPT_SIZE;
	if (rcode == ns_r_noerror)
		rcode = judge(&exchange, faults);
	if (exchange.full || (faults->truncate && by_datagram)) {
		response->truncated = true;
		response->length = exchange.records_at;
		exchange.counts[0] = exchange.counts[1] = 0;
	}
	if (exchange.has_opt)
		put_opt(&exchange, rcode);
	put_header(&exchange, query, rcode);
	return true;
}
