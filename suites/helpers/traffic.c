// SPDX-License-Identifier: MIT
/*
 * helpers/source and helpers/sink: their figures match the traffic.
 *
 *	client eth0 10.0.0.1/24    ====== 10.0.0.2/24    eth0 server
 *	            2001:db8::1/64        2001:db8::2/64
 */
#include "helper.h"
#include "helpers/lib/flow.h"
#include "suites/lib/array.h"
#include "suites/smoke/lib/smoke.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 9
#define CLIENT "client:eth0 10.0.0.1/24 2001:db8::1/64"
#define SERVER "server:eth0 10.0.0.2/24 2001:db8::2/64"

static const struct nsrig_topo pair = {.links = {NSRIG_VETH(CLIENT, SERVER)}};

static const struct nsrig_topo slow = {
	.links = {NSRIG_VETH(CLIENT " tbf 8mbit latency 20ms", SERVER)},
};

/*
 * Matches the first, the fiftieth and the last packet of a hundred in each flow: those whose kind
 * is FLOW_DATA and whose number ends with such a byte.
 */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define KIND "@th,96,8"
#define NUMBER "@th,192,8"
#else
#define KIND "@th,120,8"
#define NUMBER "@th,248,8"
#endif
static const struct nsrig_topo lossy = {
	.links = {NSRIG_VETH(CLIENT, SERVER)},
	.nft = {"server { table inet filter { chain input { type filter hook input priority 0\n"
		"meta l4proto udp " KIND " 1 " NUMBER " { 0, 49, 99 } drop\n}\n}\n}"},
};

/* Rejects every packet with an ICMP error. */
static const struct nsrig_topo rejecting = {
	.links = {NSRIG_VETH(CLIENT, SERVER)},
	.nft = {"server { table inet filter { chain input { type filter hook input priority 0\n"
		"meta l4proto udp reject with icmpx type admin-prohibited\n}\n}\n}"},
};

static struct nsrig_program *start_sink(void **state)
{
	return helper_start(*state, "server", (char *[]){SINK, "--totals", "udp:9", "tcp:9", NULL});
}

/* Runs a source, which must succeed. Returns its line of figures. */
static const char *run_source(void **state, char *const argv[])
{
	const struct nsrig_result *source = helper_run(*state, "client", 0, argv);

	assert_string_equal(source->err, "");
	return source->out;
}

#define assert_figure(line, key, value)                                                            \
	do {                                                                                       \
		if (helper_figure((line), (key)) != (value))                                       \
			nsrig_fail("%s= is not %g in: %s", (key), (double)(value), (line));        \
	} while (0)

#define assert_figure_within(line, key, least, most)                                               \
	do {                                                                                       \
		double found_ = helper_figure((line), (key));                                      \
		if (found_ < (least) || found_ > (most))                                           \
			nsrig_fail("%s= is not from %g to %g in: %s", (key), (double)(least),      \
				(double)(most), (line));                                           \
	} while (0)

static void udp_is_counted(void **state)
{
	static char *const to[] = {"udp:10.0.0.2:9", "udp:[2001:db8::2]:9"};
	struct nsrig_program *sink;
	const char *out;
	int i;

	sink = start_sink(state);
	for (i = 0; i < 2; i++) {
		const char *line =
			run_source(state, (char *[]){SOURCE, "--count", "200", "--size", "500",
						  "--rate", "40mbit", to[i], NULL});

		assert_non_null(strstr(line, "protocol=udp "));
		assert_non_null(strstr(line, "report=yes "));
		assert_figure(line, "packets_sent", 200);
		assert_figure(line, "bytes_sent", 100000);
		assert_figure(line, "unsent", 0);
		assert_figure(line, "packets_received", 200);
		assert_figure(line, "bytes_received", 100000);
		assert_figure(line, "lost", 0);
		assert_figure(line, "reordered", 0);
		assert_figure(line, "duplicated", 0);
		assert_figure(line, "overflowed", 0);
		assert_true(helper_figure(line, "delay_min_us") <=
			    helper_figure(line, "delay_mean_us"));
		assert_true(helper_figure(line, "delay_mean_us") <=
			    helper_figure(line, "delay_max_us"));
	}
	out = helper_stop(sink);
	assert_non_null(strstr(out, "protocol=udp from=10.0.0.1:"));
	assert_non_null(strstr(out, "protocol=udp from=[2001:db8::1]:"));
	assert_figure(out, "flows", 2);
	assert_figure(out, "foreign", 0);
}

static void tcp_is_counted(void **state)
{
	static char *const to[] = {"tcp:10.0.0.2:9", "tcp:[2001:db8::2]:9"};
	struct nsrig_program *sink;
	const char *out;
	int i;

	sink = start_sink(state);
	for (i = 0; i < 2; i++) {
		const char *line =
			run_source(state, (char *[]){SOURCE, "--bytes", "3000001", to[i], NULL});

		assert_figure(line, "bytes_sent", 3000001);
		assert_figure(line, "bytes_received", 3000001);
		assert_non_null(strstr(line, " lost=- "));
	}
	out = helper_stop(sink);
	assert_non_null(strstr(out, "protocol=tcp from=10.0.0.1:"));
	assert_non_null(strstr(out, "protocol=tcp from=[2001:db8::1]:"));
}

/* Each limit on its own. The last packet has the bytes that remain. */
static void a_source_ends_where_it_should(void **state)
{
	const char *line = run_source(state, (char *[]){SOURCE, "--no-report", "--bytes", "1000",
						     "--size", "300", "udp:10.0.0.2:9", NULL});

	assert_figure(line, "packets_sent", 4);
	assert_figure(line, "bytes_sent", 1000);
	assert_non_null(strstr(line, " report=no bytes_received=- throughput_bps=- "));

	/* Ten pauses of 10 ms. */
	line = run_source(state, (char *[]){SOURCE, "--no-report", "--count", "11", "--size",
					 "1000", "--rate", "800kbit", "udp:10.0.0.2:9", NULL});
	assert_figure(line, "packets_sent", 11);
	assert_true(helper_figure(line, "seconds") >= 0.1);

	line = run_source(state, (char *[]){SOURCE, "--no-report", "--duration", "200ms", "--size",
					 "1000", "--rate", "800kbit", "udp:10.0.0.2:9", NULL});
	assert_true(helper_figure(line, "seconds") >= 0.2);
	assert_true(helper_figure(line, "packets_sent") <= 21);

	/* The first limit that is reached ends the source. */
	line = run_source(state, (char *[]){SOURCE, "--no-report", "--duration", "200s", "--bytes",
					 "64kb", "--count", "5", "udp:10.0.0.2:9", NULL});
	assert_figure(line, "packets_sent", 5);
}

static void rate_is_kept(void **state)
{
	struct nsrig_program *sink;
	const char *line;

	sink = start_sink(state);
	line = run_source(state, (char *[]){SOURCE, "--duration", "500ms", "--rate", "4mbit",
					 "udp:10.0.0.2:9", NULL});
	assert_figure_within(line, "throughput_bps", 1e6, 8e6);
	line = run_source(state, (char *[]){SOURCE, "--duration", "500ms", "--rate", "4mbit",
					 "--size", "1000", "tcp:10.0.0.2:9", NULL});
	assert_figure_within(line, "throughput_bps", 1e6, 8e6);
	helper_stop(sink);
}

/* The sink measures what the link lets through, whatever rate the source has. */
static void a_slow_link_is_measured(void **state)
{
	struct nsrig_program *sink;
	const char *line;

	sink = start_sink(state);
	line = run_source(state, (char *[]){SOURCE, "--bytes", "500kb", "tcp:10.0.0.2:9", NULL});
	assert_figure_within(line, "throughput_bps", 2e6, 9e6);

	/* Twice the link's rate, for longer than its queue lasts. */
	line = run_source(state, (char *[]){SOURCE, "--count", "300", "--size", "1000", "--rate",
					 "80mbit", "udp:10.0.0.2:9", NULL});
	assert_figure(line, "packets_sent", 300);
	assert_true(helper_figure(line, "lost") > 0);
	assert_figure(line, "packets_received", 300 - helper_figure(line, "lost"));
	assert_figure(line, "overflowed", 0);
	assert_figure(line, "reordered", 0);
	helper_stop(sink);
}

static void lost_packets_are_counted_exactly(void **state)
{
	static char *const to[] = {"udp:10.0.0.2:9", "udp:[2001:db8::2]:9"};
	struct nsrig_program *sink;
	int i;

	sink = start_sink(state);
	for (i = 0; i < 2; i++) {
		const char *line =
			run_source(state, (char *[]){SOURCE, "--count", "100", to[i], NULL});

		assert_figure(line, "packets_sent", 100);
		assert_figure(line, "packets_received", 97);
		assert_figure(line, "lost", 3);
		assert_figure(line, "reordered", 0);
	}
	helper_stop(sink);
}

static void errors_that_come_back_are_counted(void **state)
{
	const struct nsrig_result *source;
	const char *line = run_source(
		state, (char *[]){SOURCE, "--no-report", "--count", "3", "udp:10.0.0.2:9", NULL});

	/* All packets were sent; they were rejected on the way. */
	assert_figure(line, "packets_sent", 3);
	assert_figure(line, "unsent", 0);
	assert_true(helper_figure(line, "icmp_errors") >= 1);
	source = helper_run(
		*state, "client", 1, (char *[]){SOURCE, "--count", "3", "udp:10.0.0.2:9", NULL});
	assert_non_null(strstr(source->err, "asked for its report: No route to host"));
	assert_figure(source->out, "packets_sent", 3);
}

/* ---- hand-made packets ----------------------------------------------------------------------- */

static uint64_t now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

/* A packet that seems to have been on its way for 50 ms. */
static void send_head(int fd, uint64_t flow, enum flow_kind kind, uint64_t number)
{
	struct flow_head head = {FLOW_MAGIC, kind, flow, number, now() - 50000000};

	assert_int_equal(send(fd, &head, sizeof(head), 0), sizeof(head));
}

static void read_report(int fd, uint64_t flow, struct flow_report *report)
{
	assert_true(smoke_readable(fd, HELPER_PATIENCE_MS));
	assert_int_equal(recv(fd, report, sizeof(*report), 0), sizeof(*report));
	assert_int_equal(report->head.kind, FLOW_REPORT);
	assert_int_equal(report->head.flow, flow);
}

static void disorder_is_counted(void **state)
{
	static const int numbers[] = {0, 1, 3, 2, 2, 5, 1};
	struct flow_report report, again;
	struct nsrig_program *sink;
	const char *out;
	int fd;
	size_t i;

	sink = start_sink(state);
	fd = smoke_connect(nsrig_host(*state, "client"), SOCK_DGRAM, "10.0.0.2", PORT);
	assert_return_code(fd, -fd);
	for (i = 0; i < COUNT(numbers); i++)
		send_head(fd, 7, FLOW_DATA, numbers[i]);
	/* Two more flows at the same time, one of which never ends. */
	send_head(fd, 8, FLOW_DATA, 0);
	send_head(fd, 9, FLOW_DATA, 4);
	send_head(fd, 7, FLOW_END, 8);
	read_report(fd, 7, &report);
	assert_int_equal(report.seen.packets, 5);
	assert_int_equal(report.seen.bytes, 5 * sizeof(struct flow_head));
	/* 4, 6 and 7 */
	assert_int_equal(report.seen.lost, 3);
	assert_int_equal(report.seen.reordered, 1);
	assert_int_equal(report.seen.duplicated, 2);
	assert_true(report.seen.delay_least >= 50000000);
	assert_true(report.seen.delay_most >= report.seen.delay_least);

	/* A report that was lost is requested again, and stays the same. */
	send_head(fd, 7, FLOW_DATA, 4);
	send_head(fd, 7, FLOW_END, 8);
	read_report(fd, 7, &again);
	assert_memory_equal(&again.seen, &report.seen, sizeof(again.seen));

	send_head(fd, 8, FLOW_END, 1);
	read_report(fd, 8, &report);
	assert_int_equal(report.seen.packets, 1);
	assert_int_equal(report.seen.lost, 0);
	close(fd);
	out = helper_stop(sink);
	assert_figure(strstr(out, "flows="), "flows", 2);
	assert_non_null(strstr(
		out, " ended=no bytes_received=32 throughput_bps=- packets_received=1 lost=4 "));
}

/* Packets that are missing at the end may still be on their way. */
static void late_packets_are_waited_for(void **state)
{
	struct flow_report report;
	struct nsrig_program *sink;
	int fd;

	sink = helper_start(*state, "server",
		(char *[]){SINK, "--settle", "200s", "--flows", "1", "udp:9", NULL});
	fd = smoke_connect(nsrig_host(*state, "client"), SOCK_DGRAM, "10.0.0.2", PORT);
	assert_return_code(fd, -fd);
	send_head(fd, 7, FLOW_DATA, 0);
	send_head(fd, 7, FLOW_END, 3);
	assert_false(smoke_readable(fd, 100));
	send_head(fd, 7, FLOW_DATA, 2);
	send_head(fd, 7, FLOW_END, 3);
	assert_false(smoke_readable(fd, 100));
	/* The last missing packet: there is nothing more to wait for. */
	send_head(fd, 7, FLOW_DATA, 1);
	read_report(fd, 7, &report);
	assert_int_equal(report.seen.packets, 3);
	assert_int_equal(report.seen.lost, 0);
	close(fd);
	/* It ends by itself. */
	nsrig_assert_exit(sink, 0);
}

static void strangers_are_told_apart(void **state)
{
	static const char *const words[] = {
		"", "x", "this is no head of any flow, but it is longer"};
	struct flow_report report;
	struct nsrig_program *sink;
	const char *out;
	int fd, tcp, other;
	size_t i;

	sink = start_sink(state);
	fd = smoke_connect(nsrig_host(*state, "client"), SOCK_DGRAM, "10.0.0.2", PORT);
	assert_return_code(fd, -fd);
	for (i = 0; i < 3; i++)
		assert_int_equal(send(fd, words[i], strlen(words[i]), 0), strlen(words[i]));
	send_head(fd, 7, FLOW_REPORT, 0);
	send_head(fd, 7, FLOW_DATA, 0);
	/* The sink would need all of the memory for a flow this long. */
	send_head(fd, 7, FLOW_DATA, UINT64_C(1) << 60);
	send_head(fd, 7, FLOW_END, 1);
	read_report(fd, 7, &report);
	assert_int_equal(report.seen.packets, 1);

	/*
	 * One connection is open when the sink exits, and one that wasn't a source is already
	 * closed.
	 */
	other = smoke_connect(nsrig_host(*state, "client"), SOCK_STREAM, "10.0.0.2", PORT);
	assert_return_code(other, -other);
	assert_int_equal(send(other, "hello", 5, 0), 5);
	tcp = smoke_connect(nsrig_host(*state, "client"), SOCK_STREAM, "10.0.0.2", PORT);
	assert_return_code(tcp, -tcp);
	assert_int_equal(send(tcp, "goodbye", 7, 0), 7);
	shutdown(tcp, SHUT_WR);
	assert_true(smoke_readable(tcp, HELPER_PATIENCE_MS));
	/* The sink sends no report to a peer that can't parse it. */
	assert_int_equal(recv(tcp, &report, sizeof(report), 0), 0);
	close(tcp);
	out = helper_stop(sink);
	close(fd);
	close(other);
	assert_non_null(strstr(out, " ended=yes bytes_received=7 "));
	assert_non_null(strstr(out, " ended=no bytes_received=5 "));
	assert_figure(out, "foreign", 5);
}

/* ---- a source without a sink ----------------------------------------------------------------- */

static void assert_fails(void **state, const char *words, char *const argv[])
{
	const struct nsrig_result *source = helper_run(*state, "client", 1, argv);

	if (!strstr(source->err, words))
		nsrig_fail("\"%s\" is not in: %s", words, source->err);
}

static void a_missing_sink_is_told(void **state)
{
	struct nsrig_program *echo;

	assert_fails(state, "\"udp:10.0.0.2:9\", asked for its report: Connection refused",
		(char *[]){SOURCE, "--count", "3", "udp:10.0.0.2:9", NULL});
	assert_fails(state, "\"tcp:10.0.0.2:9\": Connection refused",
		(char *[]){SOURCE, "--count", "3", "tcp:10.0.0.2:9", NULL});
	assert_fails(state, "\"udp:192.0.2.1:9\": Network is unreachable",
		(char *[]){SOURCE, "--count", "3", "udp:192.0.2.1:9", NULL});
	/* No host has that address; the kernel takes a while to find out. */
	assert_fails(state, "\"tcp:10.0.0.99:9\": Connection timed out",
		(char *[]){SOURCE, "--patience", "100ms", "--count", "3", "tcp:10.0.0.99:9", NULL});

	echo = helper_start(*state, "server", (char *[]){ECHO, "udp:9", "tcp:9", NULL});
	assert_fails(state,
		"\"udp:10.0.0.2:9\" sent no report (is it a sink? --no-report asks for none)",
		(char *[]){SOURCE, "--patience", "100ms", "--count", "3", "udp:10.0.0.2:9", NULL});
	assert_fails(state, "\"tcp:10.0.0.2:9\" ended the connection without a report",
		(char *[]){SOURCE, "--count", "3", "tcp:10.0.0.2:9", NULL});
	helper_stop(echo);
}

static void a_source_is_ended_by_a_signal(void **state)
{
	struct nsrig_program *sink, *source;
	const char *out;

	sink = start_sink(state);
	source = helper_start(*state, "client",
		(char *[]){SOURCE, "--duration", "200s", "--rate", "1mbit", "--json",
			"udp:10.0.0.2:9", NULL});
	out = helper_stop(source);
	assert_non_null(strstr(out, "\"report\": \"no\", \"bytes_received\": null, "));
	assert_true(*out == '{' && strstr(out, "}\n"));
	helper_stop(sink);
}

static void a_source_has_the_address_that_it_is_given(void **state)
{
	struct nsrig_program *sink;
	const char *out;

	sink = start_sink(state);
	run_source(state, (char *[]){SOURCE, "--count", "1", "--bind", "udp:10.0.0.1:4242",
				  "udp:10.0.0.2:9", NULL});
	out = helper_stop(sink);
	assert_non_null(strstr(out, " from=10.0.0.1:4242 "));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(udp_is_counted, &pair),
		nsrig_test(tcp_is_counted, &pair),
		nsrig_test(a_source_ends_where_it_should, &pair),
		nsrig_test(rate_is_kept, &pair),
		nsrig_test(a_slow_link_is_measured, &slow),
		nsrig_test(lost_packets_are_counted_exactly, &lossy),
		nsrig_test(errors_that_come_back_are_counted, &rejecting),
		nsrig_test(disorder_is_counted, &pair),
		nsrig_test(late_packets_are_waited_for, &pair),
		nsrig_test(strangers_are_told_apart, &pair),
		nsrig_test(a_missing_sink_is_told, &pair),
		nsrig_test(a_source_is_ended_by_a_signal, &pair),
		nsrig_test(a_source_has_the_address_that_it_is_given, &pair),
	};

	return nsrig_main(argc, argv, tests);
}
