// SPDX-License-Identifier: MIT
/* Sends traffic to helpers/sink, and reports what arrived. --help describes its use. */
#include "lib/endpoint.h"
#include "lib/flow.h"
#include "lib/helper.h"
#include "lib/loop.h"

#include <errno.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

static const char help[] =
	"usage: source [OPTION]... ENDPOINT\n"
	"\n"
	"Sends traffic to helpers/sink, gets its report, and prints a line of figures on stdout.\n"
	"\n"
	"ENDPOINT is udp:10.0.0.2:9, tcp:[2001:db8::2]:9, ...\n"
	"\n"
	"At least one of these limits is needed; the first that is reached ends the flow:\n"
	"  --count N           packets (TCP: writes)\n"
	"  --bytes SIZE        payload: 64kb, 10mb, ...\n"
	"  --duration TIME     500ms, 2s, ...\n"
	"\n"
	"  --rate RATE         payload: 500kbit, 10mbit, ... (default: as fast as possible)\n"
	"  --size N            bytes of payload per packet (TCP: per write), from 32 to 65507\n"
	"                      (default: 1400; TCP: 16384)\n"
	"  --bind ENDPOINT     source address: udp:10.0.0.1:4242\n"
	"  --no-report         don't request a report: the other end is not a sink\n"
	"  --patience TIME     time limit for the connection, and for the report (default: 5s)\n"
	"  --json              print the figures as JSON\n" HELPER_HELP_COMMON "\n"
	"The figures: protocol= to= seconds= packets_sent= bytes_sent= unsent= (packets that the\n"
	"kernel refused), icmp_errors= (errors that came back), report=yes|no, and the sink's\n"
	"bytes_received= throughput_bps= packets_received= lost= reordered= duplicated=\n"
	"overflowed= delay_min_us= delay_mean_us= delay_max_us= jitter_us= (see sink --help). A\n"
	"figure that wasn't measured is \"-\", in JSON null.\n"
	"\n"
	"  source --count 100 udp:10.0.0.2:9\n"
	"  source --rate 10mbit --duration 2s --json tcp:10.0.0.2:9\n"
	"\n"
	"It is ready when it is connected, before the first packet. On SIGTERM or SIGINT, it\n"
	"prints the figures so far.\n" HELPER_HELP_READY "\n" HELPER_HELP_STATUS
	"A report that was requested, but didn't come, is a failure, too.\n";

enum { OPTION_BIND = 'a', OPTION_NO_REPORT = 'n' };

static const struct option options[] = {
	{"count", required_argument, NULL, 'c'},
	{"bytes", required_argument, NULL, 'b'},
	{"duration", required_argument, NULL, 'd'},
	{"rate", required_argument, NULL, 'r'},
	{"size", required_argument, NULL, 's'},
	{"bind", required_argument, NULL, OPTION_BIND},
	{"no-report", no_argument, NULL, OPTION_NO_REPORT},
	{"patience", required_argument, NULL, 'p'},
	{"json", no_argument, NULL, 'j'},
	HELPER_OPTIONS,
};

/* The number of packets that are sent before other events, such as signals, are handled. */
#define AT_ONCE 64

#define MOST 65507 /* payload of the longest UDP datagram over IPv4 */

/* The options; 0: no limit. */
static uint64_t count, bytes, duration, rate, size, patience = 5000000000;
static bool wants_report = true, is_udp;
static struct endpoint to, from;
static struct figures figures;

/* The results. */
static uint64_t begun, ended, packets, bytes_sent, unsent, icmp_errors, written;
static char packet[MOST];
static struct flow_report report;
static size_t report_length;

/*
 * One socket and one timer, for all phases: connecting, sending, and waiting for the report. Each
 * phase sets its own handlers.
 */
static struct watch traffic = {.fd = -1};
static struct alarm timer;
static uint64_t deadline, pause_ns;
static int queued, refused, refusals;

/* ---- the report ------------------------------------------------------------------------------ */

static void ask(void)
{
	struct flow_head head = {FLOW_MAGIC, FLOW_END, report.head.flow, packets, loop_now()};

	/* If the request is lost, ask_again() sends another. */
	if (send(traffic.fd, &head, sizeof(head), MSG_NOSIGNAL) < 0)
		helper_log("the sink can't be asked: %s", strerror(errno));
}

/* Whether the send queue of a connection shrinks: the sink still receives. */
static bool is_moving(void)
{
	int before = queued;

	return !is_udp && ioctl(traffic.fd, SIOCOUTQ, &queued) == 0 && queued < before;
}

static void ask_again(struct alarm *alarm)
{
	uint64_t now = loop_now();

	if (is_moving())
		deadline = now + patience;
	if (now >= deadline) {
		loop_end(nsrig_refused(ETIMEDOUT,
			"\"%s\" sent no report (is it a sink? "
			"--no-report asks for none)",
			to.text));
		return;
	}
	/*
	 * One error may belong to a packet that was in flight; an error after each request doesn't.
	 */
	if (refused && ++refusals == 3) {
		loop_end(nsrig_failed(refused, "\"%s\", asked for its report", to.text));
		return;
	}
	icmp_errors += refused != 0;
	refused = 0;
	if (is_udp)
		ask();
	if (pause_ns < 400000000)
		pause_ns *= 2;
	alarm_set(alarm, now + pause_ns < deadline ? now + pause_ns : deadline);
}

static bool is_report(void)
{
	return report_length == sizeof(report) && report.head.magic == FLOW_MAGIC &&
	       report.head.kind == FLOW_REPORT;
}

static void take_report(struct watch *watch, uint32_t events)
{
	struct flow_report part = report;
	size_t had = is_udp ? 0 : report_length;
	ssize_t n = recv(watch->fd, (char *)&part + had, sizeof(part) - had, 0);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 && is_udp) {
		refused = errno;
		return;
	}
	if (n < 0) {
		loop_end(nsrig_failed(errno, "\"%s\", asked for its report", to.text));
		return;
	}
	if (is_udp) {
		if (n == sizeof(part) && part.head.flow == report.head.flow) {
			report = part;
			report_length = n;
		}
	} else {
		report = part;
		report_length += n;
	}
	if (is_report())
		loop_end(0);
	else if (n == 0 && !is_udp)
		loop_end(nsrig_refused(EPROTO,
			"\"%s\" ended the connection without a report (is it "
			"a sink? --no-report asks for none)",
			to.text));
}

/* Reads the pending error of an earlier packet, which send(2) would report for the next one. */
static void take_icmp_error(void)
{
	socklen_t length = sizeof(int);
	int error = 0;

	getsockopt(traffic.fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error) {
		icmp_errors++;
		helper_log("an error came back: %s", strerror(error));
	}
}

/* Everything has been sent. */
static void finish(void)
{
	ended = loop_now();
	if (is_udp)
		take_icmp_error();
	else
		shutdown(traffic.fd, SHUT_WR);
	if (!wants_report) {
		loop_end(0);
		return;
	}
	traffic.wake = take_report;
	loop_watch(&traffic, EPOLLIN);
	timer.ring = ask_again;
	deadline = ended + patience;
	pause_ns = 25000000;
	if (!is_udp)
		ioctl(traffic.fd, SIOCOUTQ, &queued);
	ask_again(&timer);
}

/* A write that has begun is completed, unless the time is up. */

/* A write that was begun is ended, unless the time is up. */
static bool is_enough(uint64_t now)
{
	return (duration && now - begun >= duration) ||
	       (count && !written && packets + unsent >= count) ||
	       (bytes && !written && bytes_sent + unsent * size >= bytes);
}

/* The time when the next packet is due. */
static uint64_t due(void)
{
	return rate ? begun + (uint64_t)((packets + unsent) * (double)size * 1e9 / rate) : 0;
}

/* 0; -EAGAIN if the socket buffer is full. Any other error is counted, and the flow goes on. */
static int send_datagram(void)
{
	struct flow_head head = {FLOW_MAGIC, FLOW_DATA, report.head.flow, packets, loop_now()};
	size_t length = size;

	if (bytes && bytes - bytes_sent < length)
		length = bytes - bytes_sent;
	if (length < sizeof(head))
		length = sizeof(head);
	memcpy(packet, &head, sizeof(head));
	if (send(traffic.fd, packet, length, MSG_NOSIGNAL) >= 0) {
		packets++;
		bytes_sent += length;
		return 0;
	}
	if (errno == EAGAIN || errno == EINTR)
		return -EAGAIN;
	helper_log("a packet was refused: %s", strerror(errno));
	unsent++;
	return 0;
}

/* Sends the next write, or the rest of one that was sent in part. */
static int send_stream(void)
{
	size_t length = size;
	ssize_t n;

	if (bytes && bytes - (bytes_sent - written) < length)
		length = bytes - (bytes_sent - written);
	n = send(traffic.fd, packet + written, length - written, MSG_NOSIGNAL);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return -EAGAIN;
	if (n < 0)
		return nsrig_failed(errno, "\"%s\"", to.text);
	if (bytes_sent < sizeof(struct flow_head) && bytes_sent + n >= sizeof(struct flow_head))
		memset(packet, 0, sizeof(struct flow_head));
	bytes_sent += n;
	written += n;
	if (written < length)
		return -EAGAIN;
	written = 0;
	packets++;
	return 0;
}

/* Sends what is due by now, or as much as the socket buffer takes. */
static void send_what_is_due(void)
{
	int i, rc = 0;

	for (i = 0; i < AT_ONCE; i++) {
		uint64_t now = loop_now();

		if (is_enough(now)) {
			finish();
			return;
		}
		if (!written && due() > now) {
			loop_watch(&traffic, 0);
			/* The next packet may be due after the end of the flow. */
			alarm_set(&timer,
				duration && begun + duration < due() ? begun + duration : due());
			return;
		}
		if (is_udp)
			take_icmp_error();
		rc = is_udp ? send_datagram() : send_stream();
		if (rc < 0)
			break;
	}
	if (rc < 0 && rc != -EAGAIN)
		loop_end(rc);
	/* The socket buffer is full, or other events have their turn. */
	loop_watch(&traffic, EPOLLOUT);
	if (duration)
		alarm_set(&timer, begun + duration);
}

static void wake_sender(struct watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	if (is_udp)
		take_icmp_error();
	send_what_is_due();
}

static void ring_sender(struct alarm *alarm)
{
	(void)alarm;
	send_what_is_due();
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void begin_sending(void)
{
	struct flow_head head = {FLOW_MAGIC, FLOW_DATA, report.head.flow, 0, loop_now()};
	int rc = helper_ready();

	if (rc < 0) {
		loop_end(rc);
		return;
	}
	memcpy(packet, &head, sizeof(head));
	traffic.wake = wake_sender;
	timer.ring = ring_sender;
	alarm_set(&timer, 0);
	begun = loop_now();
	send_what_is_due();
}

static void wake_connecting(struct watch *watch, uint32_t events)
{
	socklen_t length = sizeof(int);
	int error = 0;

	(void)events;
	getsockopt(watch->fd, SOL_SOCKET, SO_ERROR, &error, &length);
	if (error)
		loop_end(nsrig_failed(error, "\"%s\"", to.text));
	else
		begin_sending();
}

static void give_up(struct alarm *alarm)
{
	(void)alarm;
	loop_end(nsrig_failed(ETIMEDOUT, "\"%s\"", to.text));
}

static int begin(void)
{
	int rc = loop_begin();

	if (rc < 0)
		return rc;
	traffic.fd = endpoint_socket(&to);
	if (traffic.fd < 0)
		return traffic.fd;
	if (getrandom(&report.head.flow, sizeof(report.head.flow), 0) < 0)
		return nsrig_failed(errno, "a flow's number");
	if (from.text && bind(traffic.fd, &from.address.any, from.length) < 0)
		return nsrig_failed(errno, "--bind: \"%s\"", from.text);
	rc = alarm_begin(&timer, give_up);
	if (rc < 0)
		return rc;
	alarm_set(&timer, loop_now() + patience);
	if (connect(traffic.fd, &to.address.any, to.length) < 0 && errno != EINPROGRESS)
		return nsrig_failed(errno, "\"%s\"", to.text);
	traffic.wake = wake_connecting;
	return loop_watch(&traffic, EPOLLOUT);
}

/* ---- the program ----------------------------------------------------------------------------- */

static void write_figures(void)
{
	if (!ended)
		ended = loop_now();
	figures_text(&figures, "protocol", is_udp ? "udp" : "tcp");
	figures_text(&figures, "to", endpoint_name(&to.address, to.length).text);
	figures_decimal(&figures, "seconds", begun ? (ended - begun) / 1e9 : 0);
	figures_number(&figures, "packets_sent", packets);
	figures_number(&figures, "bytes_sent", bytes_sent);
	figures_number(&figures, "unsent", unsent);
	figures_number(&figures, "icmp_errors", icmp_errors);
	figures_text(&figures, "report", is_report() ? "yes" : "no");
	flow_write(&figures, is_report() ? &report.seen : NULL, is_udp);
	figures_end(&figures);
}

static int read_option(int option)
{
	const int protocols = ENDPOINT_TCP | ENDPOINT_UDP;

	switch (option) {
	case 'c':
		return helper_refused("count", nsrig_read_number(optarg, 1, UINT32_MAX, &count));
	case 'b':
		return helper_refused("bytes", nsrig_read_size(optarg, &bytes));
	case 'd':
		return helper_refused("duration", nsrig_read_time(optarg, &duration));
	case 'r':
		return helper_refused("rate", nsrig_read_rate(optarg, &rate));
	case 's':
		return helper_refused(
			"size", nsrig_read_number(optarg, sizeof(struct flow_head), MOST, &size));
	case 'p':
		return helper_refused("patience", nsrig_read_time(optarg, &patience));
	case OPTION_BIND:
		return helper_refused("bind", endpoint_read_remote(optarg, protocols, &from));
	case OPTION_NO_REPORT:
		wants_report = false;
		return 0;
	default:
		figures.json = true;
		return 0;
	}
}

static int read_endpoint(char **argv)
{
	int rc;

	if (!argv[0])
		return nsrig_refused(
			EINVAL, "no endpoint (expected such as udp:10.0.0.2:9; see --help)");
	if (argv[1])
		return nsrig_refused(
			EINVAL, "\"%s\" after the endpoint (expected only one endpoint)", argv[1]);
	rc = endpoint_read_remote(argv[0], ENDPOINT_TCP | ENDPOINT_UDP, &to);
	if (rc < 0)
		return rc;
	if (from.text && (from.protocol != to.protocol ||
				 from.address.any.sa_family != to.address.any.sa_family))
		return nsrig_refused(EINVAL,
			"--bind: \"%s\" can't send to \"%s\" (expected the same protocol and "
			"family)",
			from.text, to.text);
	if (bytes && bytes < sizeof(struct flow_head))
		return nsrig_refused(
			EINVAL, "--bytes: %d is too little (expected 32 at least)", (int)bytes);
	if (!count && !bytes && !duration)
		return nsrig_refused(
			EINVAL, "no end (expected --count, --bytes or --duration; see --help)");
	is_udp = to.protocol == ENDPOINT_UDP;
	if (!size)
		size = is_udp ? 1400 : 16384;
	return helper_ready_check();
}

int main(int argc, char **argv)
{
	int rc, bad = 0;

	while ((rc = helper_option(argc, argv, help, options)) > 0) {
		bad = read_option(rc);
		if (bad < 0)
			return helper_end(bad);
	}
	if (rc == -1)
		rc = read_endpoint(argv + optind);
	if (rc == 0)
		rc = begin();
	if (rc < 0 && !begun)
		return helper_end(rc);
	rc = loop_run();
	if (begun)
		write_figures();
	return helper_end(rc);
}
