// SPDX-License-Identifier: MIT
/* Receives and measures the traffic of helpers/source. --help describes its use. */
#include "lib/flow.h"
#include "lib/helper.h"
#include "lib/service.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
	"usage: sink [OPTION]... ENDPOINT...\n"
	"\n"
	"Receives the traffic of helpers/source, until SIGTERM or SIGINT. Prints a line of "
	"figures\n"
	"on stdout for each flow when it ends, and finally for each flow that has not ended.\n"
	"Other programs can send to it, too: the bytes of a connection are counted; datagrams "
	"that\n"
	"don't come from a source are counted by --totals only.\n"
	"\n"
	"ENDPOINT is tcp:PORT, udp:PORT (every address, IPv4 and IPv6), udp:10.0.0.1:PORT,\n"
	"tcp:[::1]:PORT, ...\n"
	"\n"
	"  --flows N           exit when N flows have ended\n"
	"  --settle TIME       if datagrams are missing at the end of a flow, wait until none has\n"
	"                      come for this time (default: 200ms)\n"
	"  --totals            print one more line at the end: flows= foreign= (datagrams that\n"
	"                      don't come from a source)\n"
	"                      connections= datagrams= answers= dropped= bytes_received= "
	"bytes_sent=\n"
	"  --json              print the figures as JSON\n" HELPER_HELP_COMMON "\n"
	"The figures: protocol= from= ended=yes|no bytes_received= throughput_bps= (payload, "
	"without\n"
	"the first packet); for datagrams also packets_received= (without duplicates) lost=\n"
	"reordered= duplicated= overflowed= (dropped by the sink's own socket) delay_min_us=\n"
	"delay_mean_us= delay_max_us= jitter_us= (one-way; both ends share a clock). A figure "
	"that\n"
	"wasn't measured is \"-\", in JSON null. If ended=no, lost= counts only datagrams before "
	"the\n"
	"highest number that arrived.\n"
	"\n"
	"  sink --flows 1 udp:9 tcp:9\n"
	"\n" HELPER_HELP_READY "\n" HELPER_HELP_STATUS;

static const struct option options[] = {
	{"flows", required_argument, NULL, 'f'},
	{"settle", required_argument, NULL, 's'},
	{"totals", no_argument, NULL, 't'},
	{"json", no_argument, NULL, 'j'},
	HELPER_OPTIONS,
};

/*
 * A flow of datagrams. It is kept until the program ends, because the source may repeat its request
 * for the report.
 */
struct incoming {
	struct alarm alarm; /* the first member: the alarm's handler casts it to the flow */
	struct flow flow;
	uint64_t id;
	uint32_t overflows_before;
	union endpoint_address from;
	socklen_t from_length;
	struct datagram asked; /* the source's request for the report */
	bool ended;
	struct incoming *next;
};

static struct incoming *incoming;
static struct figures figures;
static uint64_t settle = 200000000, flows_most, flows, foreign;

/* The state of a connection. */
struct stream {
	struct flow_seen seen;
	struct flow_head head;
	size_t head_length;
};

static void end_flow(const char *protocol, const union endpoint_address *from, socklen_t length,
	bool ended, const struct flow_seen *seen)
{
	figures_text(&figures, "protocol", protocol);
	figures_text(&figures, "from", endpoint_name(from, length).text);
	figures_text(&figures, "ended", ended ? "yes" : "no");
	flow_write(&figures, seen, !strcmp(protocol, "udp"));
	figures_end(&figures);
	flows += ended;
	if (ended && flows == flows_most)
		loop_end(0);
}

/* ---- datagrams ------------------------------------------------------------------------------- */

static void report(struct incoming *in)
{
	struct flow_report answer = {
		.head = {FLOW_MAGIC, FLOW_REPORT, in->id, in->flow.total, loop_now()},
		.seen = in->flow.seen,
	};

	datagram_answer(&in->asked, &answer, sizeof(answer));
}

/* Nothing has come for the settle time. */
static void settled(struct alarm *alarm)
{
	struct incoming *in = (struct incoming *)alarm;

	in->ended = true;
	in->flow.seen.lost = flow_missing(&in->flow);
	report(in);
	end_flow("udp", &in->from, in->from_length, true, &in->flow.seen);
}

static struct incoming *find(const struct datagram *datagram, uint64_t id)
{
	struct incoming *in;

	for (in = incoming; in; in = in->next) {
		if (in->id == id)
			return in;
	}
	in = calloc(1, sizeof(*in));
	if (!in || alarm_begin(&in->alarm, settled) < 0) {
		free(in);
		return NULL;
	}
	in->id = id;
	in->overflows_before = datagram->overflows;
	in->from = datagram->from;
	in->from_length = datagram->from_length;
	in->next = incoming;
	incoming = in;
	return in;
}

static void take_data(
	struct incoming *in, const struct datagram *datagram, const struct flow_head *head)
{
	if (in->ended)
		return;
	if (flow_take(&in->flow, head, datagram->length, datagram->arrived) < 0) {
		foreign++;
		return;
	}
	in->flow.seen.overflowed = (uint32_t)(datagram->overflows - in->overflows_before);
	if (in->flow.total)
		alarm_set(&in->alarm, flow_missing(&in->flow) ? loop_now() + settle : 1);
}

static void take_end(struct incoming *in, const struct datagram *datagram, uint64_t total)
{
	in->asked = *datagram;
	if (in->ended) {
		report(in);
		return;
	}
	/* The source repeats its request while it waits. That doesn't restart the timer. */
	if (in->flow.total)
		return;
	in->flow.total = total;
	alarm_set(&in->alarm, flow_missing(&in->flow) ? loop_now() + settle : 1);
}

static void take_datagram(struct datagram *datagram)
{
	struct flow_head head;
	struct incoming *in;

	memset(&head, 0, sizeof(head));
	if (datagram->length >= sizeof(head))
		memcpy(&head, datagram->data, sizeof(head));
	if (head.magic != FLOW_MAGIC || (head.kind != FLOW_DATA && head.kind != FLOW_END) ||
		!(in = find(datagram, head.flow))) {
		foreign++;
		helper_log("%s sent a datagram that is not from a source",
			endpoint_name(&datagram->from, datagram->from_length).text);
		return;
	}
	if (head.kind == FLOW_DATA)
		take_data(in, datagram, &head);
	else
		take_end(in, datagram, head.number);
}

/* ---- connections ----------------------------------------------------------------------------- */

static struct stream *stream_of(struct connection *connection)
{
	if (!connection->own)
		connection->own = calloc(1, sizeof(struct stream));
	return connection->own;
}

static void heard(struct connection *connection, char *data, size_t length)
{
	struct stream *stream = stream_of(connection);
	struct flow_report answer;
	size_t missing;

	if (!stream) {
		connection_end(connection);
		return;
	}
	if (length) {
		missing = sizeof(stream->head) - stream->head_length;
		if (missing > length)
			missing = length;
		memcpy((char *)&stream->head + stream->head_length, data, missing);
		stream->head_length += missing;
		flow_take_bytes(&stream->seen, length, loop_now());
		return;
	}
	if (stream->head_length == sizeof(stream->head) && stream->head.magic == FLOW_MAGIC) {
		memset(&answer, 0, sizeof(answer));
		answer.head = (struct flow_head){
			FLOW_MAGIC, FLOW_REPORT, stream->head.flow, 0, loop_now()};
		answer.seen = stream->seen;
		connection_send(connection, &answer, sizeof(answer));
	}
	connection_end(connection);
	end_flow("tcp", &connection->from, connection->from_length, true, &stream->seen);
	free(stream);
	connection->own = NULL;
}

/* A connection that broke is a flow with ended=no. */
static void closed(struct connection *connection)
{
	struct stream *stream = connection->own;

	if (stream)
		end_flow("tcp", &connection->from, connection->from_length, false, &stream->seen);
	free(stream);
}

/* ---- the program ----------------------------------------------------------------------------- */

static struct service service = {.heard = heard, .closed = closed, .datagram = take_datagram};

static void end_flows(void)
{
	struct incoming *in, *next;

	for (in = incoming; in; in = next) {
		next = in->next;
		if (!in->ended) {
			in->flow.seen.lost = flow_missing(&in->flow);
			end_flow("udp", &in->from, in->from_length, false, &in->flow.seen);
		}
		flow_free(&in->flow);
		free(in);
	}
}

int main(int argc, char **argv)
{
	bool totals = false;
	int rc, bad = 0;

	while ((rc = helper_option(argc, argv, help, options)) > 0) {
		if (rc == 'f')
			bad = helper_refused(
				"flows", nsrig_read_number(optarg, 1, UINT32_MAX, &flows_most));
		else if (rc == 's')
			bad = helper_refused("settle", nsrig_read_time(optarg, &settle));
		else if (rc == 't')
			totals = true;
		else if (rc == 'j')
			figures.json = true;
		if (bad < 0)
			return helper_end(bad);
	}
	if (rc < -1)
		return helper_end(rc);
	rc = service_begin(&service, argv + optind, ENDPOINT_TCP | ENDPOINT_UDP);
	if (rc == 0)
		rc = loop_run();
	end_flows();
	service_end(&service);
	if (rc == 0 && totals) {
		figures_number(&figures, "flows", flows);
		figures_number(&figures, "foreign", foreign);
		service_count(&service, &figures);
		figures_end(&figures);
	}
	return helper_end(rc);
}
