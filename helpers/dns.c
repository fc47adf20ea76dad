// SPDX-License-Identifier: MIT
/* A DNS server that can also misbehave. --help describes its use. */
#include "lib/dns-response.h"
#include "lib/dns-zone.h"
#include "lib/helper.h"
#include "lib/service.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: dns [OPTION]... [ENDPOINT]...\n"
	"\n"
	"Answers DNS queries from the given records, and with NXDOMAIN for all other names, until\n"
	"SIGTERM or SIGINT.\n"
	"\n"
	"ENDPOINT is udp:53, tcp:53 (every address, IPv4 and IPv6), udp:10.0.0.1:53,\n"
	"tcp:[::1]:53, ...; default: udp:53 and tcp:53.\n"
	"\n"
	"  --record RECORD     add a record, \"NAME [TTL] [IN] TYPE DATA\"; can be repeated\n"
	"  --records FILE      add the records of a file, one per line; ';' and '#' begin\n"
	"                      comments\n"
	"\n"
	"TYPE is A, AAAA, CNAME, PTR, NS, TXT, MX, SRV or SOA; the default TTL is 300.\n"
	"Names are absolute. An address in place of a name means its name in in-addr.arpa or\n"
	"ip6.arpa. Negative answers contain the SOA record, if there is one.\n"
	"\n"
	"For tests of resolvers:\n"
	"  --delay TIME        delay each answer: 50ms, 1s, ...\n"
	"  --drop N            ignore the first N queries over UDP; \"all\": ignore all of them\n"
	"  --truncate          send each answer over UDP empty, and marked as truncated. Answers\n"
	"                      longer than 512 bytes, or than the EDNS limit, always are.\n"
	"  --rcode RCODE       answer all queries with SERVFAIL, REFUSED, NXDOMAIN, ..., or a\n"
	"                      number\n"
	"\n"
	"  --totals            print a line of figures at the end: queries= ignored= (by --drop,\n"
	"                      or not a query) truncated= nxdomain= connections= datagrams= "
	"answers=\n"
	"                      dropped= bytes_received= bytes_sent=\n"
	"  --json              print the figures as JSON\n" HELPER_HELP_COMMON "\n"
	"  dns --record 'www.example.test A 10.0.0.1' --record '10.0.0.1 PTR www.example.test'\n"
	"  dns --records FILE --drop 1 udp:10.0.0.2:53\n"
	"  dns --rcode SERVFAIL udp:53\n"
	"\n" HELPER_HELP_READY "\n" HELPER_HELP_STATUS;

static const struct option options[] = {
	{"record", required_argument, NULL, 'r'},
	{"records", required_argument, NULL, 'f'},
	{"delay", required_argument, NULL, 'd'},
	{"drop", required_argument, NULL, 'p'},
	{"truncate", no_argument, NULL, 'u'},
	{"rcode", required_argument, NULL, 'c'},
	{"totals", no_argument, NULL, 't'},
	{"json", no_argument, NULL, 'j'},
	HELPER_OPTIONS,
};

static struct zone zone;
static struct response_faults faults = {.rcode = -1};
static uint64_t delay, drop;
static struct figures figures;
static bool totals;
static uint64_t queries, ignored, truncated, nxdomain;

/* ---- answers that wait ----------------------------------------------------------------------- */

struct waiting {
	uint64_t due;
	struct connection *connection; /* NULL: answers the datagram */
	struct datagram datagram;
	struct waiting *next;
	size_t length;
	unsigned char data[];
};

/* All answers wait for the same time, so the first in the list is due first. */
static struct waiting *first, **last = &first;
static struct alarm later;

/* Queries on a TCP connection: the bytes received, and the number of answers that wait. */
struct stream {
	unsigned char data[2 + RESPONSE_MOST];
	size_t length;
	int waiting;
	bool ended;
};

static void end_if_done(struct connection *connection)
{
	struct stream *stream = connection->own;

	if (stream->ended && !stream->waiting)
		connection_end(connection);
}

static void send_waiting(struct waiting *waiting)
{
	if (!waiting->connection) {
		datagram_answer(&waiting->datagram, waiting->data, waiting->length);
		return;
	}
	((struct stream *)waiting->connection->own)->waiting--;
	connection_send(waiting->connection, waiting->data, waiting->length);
	end_if_done(waiting->connection);
}

static void send_due(struct alarm *alarm)
{
	struct waiting *waiting;

	while ((waiting = first) && waiting->due <= loop_now()) {
		first = waiting->next;
		if (!first)
			last = &first;
		send_waiting(waiting);
		free(waiting);
	}
	if (first)
		alarm_set(alarm, first->due);
}

/* Drops the waiting answers of a connection that is gone; all answers if it is NULL. */
static void forget_waiting(const struct connection *connection)
{
	struct waiting **link = &first, *waiting;

	while ((waiting = *link)) {
		if (connection && waiting->connection != connection) {
			link = &waiting->next;
			continue;
		}
		*link = waiting->next;
		free(waiting);
	}
	last = link;
}

static void wait_to_send(struct connection *connection, const struct datagram *datagram,
	const void *data, size_t length)
{
	struct waiting *waiting = calloc(1, sizeof(*waiting) + length);

	if (!waiting)
		return;
	waiting->due = loop_now() + delay;
	waiting->connection = connection;
	if (connection)
		((struct stream *)connection->own)->waiting++;
	else
		waiting->datagram = *datagram;
	waiting->length = length;
	memcpy(waiting->data, data, length);
	if (!first)
		alarm_set(&later, waiting->due);
	*last = waiting;
	last = &waiting->next;
}

/* ---- queries --------------------------------------------------------------------------------- */

static bool respond(struct response *response, const union endpoint_address *from,
	socklen_t from_length, const void *query, size_t length, bool by_datagram)
{
	if (!response_make(response, &zone, query, length, by_datagram, &faults)) {
		ignored++;
		helper_log("%s: not a query", endpoint_name(from, from_length).text);
		return false;
	}
	queries++;
	truncated += response->truncated;
	nxdomain += response->rcode == ns_r_nxdomain;
	helper_log("%s: %s %s: %s, %d answers%s", endpoint_name(from, from_length).text,
		response->name, zone_type(response->type), response_rcode(response->rcode),
		response->answers, response->truncated ? ", truncated" : "");
	return true;
}

static void answer_datagram(struct datagram *datagram)
{
	static struct response response;

	if (drop) {
		drop -= drop != UINT64_MAX;
		ignored++;
		helper_log(
			"%s: dropped", endpoint_name(&datagram->from, datagram->from_length).text);
		return;
	}
	if (!respond(&response, &datagram->from, datagram->from_length, datagram->data,
		    datagram->length, true))
		return;
	if (delay)
		wait_to_send(NULL, datagram, response.data, response.length);
	else
		datagram_answer(datagram, response.data, response.length);
}

/* RFC 1035, section 4.2.2: two bytes with the length precede each message. */
static void answer_by_tcp(struct connection *connection, const unsigned char *query, size_t length)
{
	static unsigned char framed[2 + RESPONSE_MOST];
	static struct response response;

	if (!respond(&response, &connection->from, connection->from_length, query, length, false))
		return;
	ns_put16(response.length, framed);
	memcpy(framed + 2, response.data, response.length);
	if (delay)
		wait_to_send(connection, NULL, framed, 2 + response.length);
	else
		connection_send(connection, framed, 2 + response.length);
}

/* Answers all complete messages. */
static void read_stream(struct connection *connection, struct stream *stream)
{
	size_t at = 0, length;

	while (stream->length - at >= 2) {
		length = ns_get16(stream->data + at);
		if (stream->length - at < 2 + length)
			break;
		answer_by_tcp(connection, stream->data + at + 2, length);
		at += 2 + length;
	}
	stream->length -= at;
	memmove(stream->data, stream->data + at, stream->length);
}

static void heard(struct connection *connection, char *data, size_t length)
{
	struct stream *stream = connection->own;
	size_t part;

	if (!stream)
		stream = connection->own = calloc(1, sizeof(*stream));
	if (!stream) {
		connection_end(connection);
		return;
	}
	stream->ended = !length;
	for (; length; data += part, length -= part) {
		/* There is always room, because complete messages have been removed. */
		part = sizeof(stream->data) - stream->length;
		if (length < part)
			part = length;
		memcpy(stream->data + stream->length, data, part);
		stream->length += part;
		read_stream(connection, stream);
	}
	end_if_done(connection);
}

static void closed(struct connection *connection)
{
	forget_waiting(connection);
	free(connection->own);
}

/* ---- the program ----------------------------------------------------------------------------- */

static struct service service = {.heard = heard, .closed = closed, .datagram = answer_datagram};

static int read_option(int option)
{
	switch (option) {
	case 'r':
		return helper_refused("record", zone_add(&zone, optarg));
	case 'f':
		return helper_refused("records", zone_read(&zone, optarg));
	case 'd':
		return helper_refused("delay", nsrig_read_time(optarg, &delay));
	case 'p':
		drop = UINT64_MAX;
		return strcmp(optarg, "all") ? helper_refused("drop", nsrig_read_number(optarg, 0,
									      UINT32_MAX, &drop))
					     : 0;
	case 'u':
		faults.truncate = true;
		return 0;
	case 'c':
		faults.rcode = response_read_rcode(optarg);
		return helper_refused("rcode", faults.rcode < 0 ? faults.rcode : 0);
	case 't':
		totals = true;
		return 0;
	default:
		figures.json = true;
		return 0;
	}
}

static int serve(char **endpoints)
{
	static char *const usual[] = {"udp:53", "tcp:53", NULL};
	int rc = service_begin(
		&service, *endpoints ? endpoints : usual, ENDPOINT_UDP | ENDPOINT_TCP);

	if (rc == 0)
		rc = alarm_begin(&later, send_due);
	return rc == 0 ? loop_run() : rc;
}

int main(int argc, char **argv)
{
	int rc;

	while ((rc = helper_option(argc, argv, help, options)) > 0) {
		rc = read_option(rc);
		if (rc < 0)
			break;
	}
	if (rc == -1)
		rc = serve(argv + optind);
	service_end(&service);
	forget_waiting(NULL);
	zone_free(&zone);
	if (rc == 0 && totals) {
		figures_number(&figures, "queries", queries);
		figures_number(&figures, "ignored", ignored);
		figures_number(&figures, "truncated", truncated);
		figures_number(&figures, "nxdomain", nxdomain);
		service_count(&service, &figures);
		figures_end(&figures);
	}
	return helper_end(rc);
}
