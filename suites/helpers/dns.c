// SPDX-License-Identifier: MIT
/*
 * helpers/dns: glibc's resolver and hand-made queries get the right answers, errors included.
 *
 *	client eth0 10.0.0.1/24    ====== 10.0.0.2/24    eth0 server
 *	            2001:db8::1/64        2001:db8::2/64
 */
#include "helper.h"
#include "suites/lib/array.h"
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORT 53
#define MOST 65535
#define LARGE 100 /* 16-byte addresses: more than a datagram holds, less than EDNS allows */

static const struct nsrig_topo pair = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24 2001:db8::1/64",
		"server:eth0 10.0.0.2/24 2001:db8::2/64")},
};

static const char records[] =
	"example.test SOA ns.example.test admin.example.test 1 3600 600 86400 60\n"
	"example.test NS ns.example.test\n"
	"example.test MX 10 mail.example.test\n"
	"example.test TXT \"v=spf1 -all; no comment\" second ; a comment\n"
	"www.example.test 60 IN A 10.0.0.80\n"
	"WWW.example.test. 60 A 10.0.0.81\n"
	"www.example.test AAAA 2001:db8::80\n"
	"_http._tcp.example.test SRV 0 5 80 www.example.test\n"
	"alias.example.test CNAME other.example.test\n"
	"other.example.test CNAME www.example.test\n"
	"out.example.test CNAME www.example.org\n"
	"lost.example.test CNAME nothing.example.test\n"
	"round.example.test CNAME round.example.test\n"
	"10.0.0.80 PTR www.example.test\n"
	"2001:db8::80 PTR www.example.test\n";

struct answer {
	unsigned char data[MOST];
	int length;
	ns_msg message;
};

static void read_answer(struct answer *answer)
{
	assert_true(answer->length > 0);
	assert_int_equal(ns_initparse(answer->data, answer->length, &answer->message), 0);
}

static int make_query(const char *name, int type, unsigned char query[512])
{
	struct __res_state state;
	int length;

	memset(&state, 0, sizeof(state));
	assert_int_equal(res_ninit(&state), 0);
	length = res_nmkquery(&state, ns_o_query, name, ns_c_in, type, NULL, 0, NULL, query, 512);
	res_nclose(&state);
	assert_true(length > 0);
	return length;
}

/*
 * Resolves by glibc's resolver, which retries, and uses TCP if told to. Returns whether there was
 * an answer.
 */
static bool resolve(
	struct nsrig *rig, const char *name, int type, unsigned long options, struct answer *answer)
{
	unsigned char query[512];
	int length = make_query(name, type, query);
	struct __res_state state;

	memset(&state, 0, sizeof(state));
	assert_int_equal(res_ninit(&state), 0);
	state.nscount = 1;
	state.nsaddr_list[0] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(PORT)};
	inet_pton(AF_INET, "10.0.0.2", &state.nsaddr_list[0].sin_addr);
	state.options |= options;
	nsrig_in(nsrig_host(rig, "client"))
		answer->length = res_nsend(&state, query, length, answer->data, MOST);
	res_nclose(&state);
	if (answer->length > 0)
		read_answer(answer);
	return answer->length > 0;
}

static void write_name(FILE *out, struct answer *answer, const unsigned char *at)
{
	char name[NS_MAXDNAME];

	assert_true(dn_expand(answer->data, answer->data + answer->length, at, name,
			    sizeof(name)) >= 0);
	fprintf(out, " %s", name);
}

/* Writes this many numbers of two bytes. */
static void write_numbers(FILE *out, const unsigned char *data, int count)
{
	int i;

	for (i = 0; i < count; i++)
		fprintf(out, " %u", ns_get16(data + 2 * i));
}

static const char *type_name(int type)
{
	switch (type) {
	case ns_t_a:
		return "A";
	case ns_t_aaaa:
		return "AAAA";
	case ns_t_ns:
		return "NS";
	case ns_t_mx:
		return "MX";
	case ns_t_txt:
		return "TXT";
	case ns_t_srv:
		return "SRV";
	case ns_t_cname:
		return "CNAME";
	case ns_t_ptr:
		return "PTR";
	default:
		return "?";
	}
}

static void write_record(FILE *out, struct answer *answer, ns_rr *record)
{
	const unsigned char *data = ns_rr_rdata(*record), *end = data + ns_rr_rdlen(*record);
	int numbers = ns_rr_type(*record) == ns_t_mx ? 1 : ns_rr_type(*record) == ns_t_srv ? 3 : 0;
	char addr[INET6_ADDRSTRLEN];

	fprintf(out, "%s %u %s", ns_rr_name(*record), ns_rr_ttl(*record),
		type_name(ns_rr_type(*record)));
	switch (ns_rr_type(*record)) {
	case ns_t_a:
	case ns_t_aaaa:
		fprintf(out, " %s",
			inet_ntop(end - data == 4 ? AF_INET : AF_INET6, data, addr, sizeof(addr)));
		break;
	case ns_t_txt:
		for (; data < end; data += *data + 1)
			fprintf(out, " \"%.*s\"", *data, data + 1);
		break;
	default:
		write_numbers(out, data, numbers);
		write_name(out, answer, data + 2 * numbers);
	}
	fputc('\n', out);
}

static void assert_section(struct answer *answer, ns_sect which, const char *expected)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	ns_rr record;
	int i;

	assert_non_null(out);
	for (i = 0; i < ns_msg_count(answer->message, which); i++) {
		assert_int_equal(ns_parserr(&answer->message, which, i, &record), 0);
		write_record(out, answer, &record);
	}
	fclose(out);
	assert_string_equal(text, expected);
	free(text);
}

#define assert_rcode(answer, expected)                                                             \
	assert_int_equal(ns_msg_getflag((answer)->message, ns_f_rcode), (expected))

static struct nsrig_program *start_dns(void **state, const char *option, const char *value)
{
	char *argv[] = {
		DNS, "--totals", "--records", "/run/records", (char *)option, (char *)value, NULL};
	struct nsrig_file file = {.path = "/run/records"};
	struct nsrig_program *dns;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int i;

	assert_non_null(out);
	fputs(records, out);
	for (i = 1; i <= LARGE; i++)
		fprintf(out, "large.example.test A 10.1.0.%d\n", i);
	assert_int_equal(fclose(out), 0);
	file.text = text;
	dns = helper_start_with(*state, "server", argv, &file);
	free(text);
	return dns;
}

static void each_type_is_answered(void **state)
{
	static const struct {
		const char *name;
		int type;
		const char *expected;
	} rows[] = {
		{"www.example.test", ns_t_a,
			"www.example.test 60 A 10.0.0.80\nwww.example.test 60 A "
			"10.0.0.81\n"},
		{"www.example.test", ns_t_aaaa, "www.example.test 300 AAAA 2001:db8::80\n"},
		/* The answer repeats the letter case of the query. */
		{"wWw.eXample.test", ns_t_aaaa, "wWw.eXample.test 300 AAAA 2001:db8::80\n"},
		{"example.test", ns_t_ns, "example.test 300 NS ns.example.test\n"},
		{"example.test", ns_t_mx, "example.test 300 MX 10 mail.example.test\n"},
		{"example.test", ns_t_txt,
			"example.test 300 TXT \"v=spf1 -all; no comment\" \"second\"\n"},
		{"_http._tcp.example.test", ns_t_srv,
			"_http._tcp.example.test 300 SRV 0 5 80 www.example.test\n"},
		{"alias.example.test", ns_t_cname,
			"alias.example.test 300 CNAME other.example.test\n"},
		{"alias.example.test", ns_t_aaaa,
			"alias.example.test 300 CNAME other.example.test\n"
			"other.example.test 300 CNAME www.example.test\n"
			"www.example.test 300 AAAA 2001:db8::80\n"},
		{"out.example.test", ns_t_a, "out.example.test 300 CNAME www.example.org\n"},
		{"80.0.0.10.in-addr.arpa", ns_t_ptr,
			"80.0.0.10.in-addr.arpa 300 PTR www.example.test\n"},
		{"0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa",
			ns_t_ptr,
			"0.8.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa "
			"300 "
			"PTR www.example.test\n"},
		{"www.example.test", ns_t_any,
			"www.example.test 60 A 10.0.0.80\nwww.example.test 60 A 10.0.0.81\n"
			"www.example.test 300 AAAA 2001:db8::80\n"},
	};
	static struct answer answer;
	struct nsrig_program *dns;
	const char *out;
	size_t i;

	dns = start_dns(state, NULL, NULL);
	for (i = 0; i < COUNT(rows); i++) {
		assert_true(resolve(*state, rows[i].name, rows[i].type, 0, &answer));
		assert_rcode(&answer, ns_r_noerror);
		assert_int_equal(ns_msg_getflag(answer.message, ns_f_aa), 1);
		assert_section(&answer, ns_s_an, rows[i].expected);
	}
	assert_true(resolve(*state, "example.test", ns_t_soa, 0, &answer));
	assert_int_equal(ns_msg_count(answer.message, ns_s_an), 1);
	out = helper_stop(dns);
	assert_int_equal(helper_figure(out, "queries"), i + 1);
	assert_int_equal(helper_figure(out, "connections"), 0);
}

static void assert_soa(struct answer *answer)
{
	ns_rr record;

	assert_int_equal(ns_msg_count(answer->message, ns_s_ns), 1);
	assert_int_equal(ns_parserr(&answer->message, ns_s_ns, 0, &record), 0);
	assert_int_equal(ns_rr_type(record), ns_t_soa);
	assert_string_equal(ns_rr_name(record), "example.test");
	/* RFC 2308: the smaller of the record's own TTL and the SOA's MINIMUM. */
	assert_int_equal(ns_rr_ttl(record), 60);
}

static void what_is_not_there_is_denied(void **state)
{
	static struct answer answer;
	struct nsrig_program *dns;
	const char *out;

	dns = start_dns(state, NULL, NULL);
	assert_true(resolve(*state, "nothing.example.test", ns_t_a, 0, &answer));
	assert_rcode(&answer, ns_r_nxdomain);
	assert_section(&answer, ns_s_an, "");
	assert_soa(&answer);
	/* A name matches by labels, not by letters. */
	assert_true(resolve(*state, "ww.example.test", ns_t_a, 0, &answer));
	assert_rcode(&answer, ns_r_nxdomain);
	/* The name exists, but has no record of this type. */
	assert_true(resolve(*state, "www.example.test", ns_t_mx, 0, &answer));
	assert_rcode(&answer, ns_r_noerror);
	assert_section(&answer, ns_s_an, "");
	assert_soa(&answer);
	/* A name that has names below it exists too (RFC 8020). */
	assert_true(resolve(*state, "_tcp.example.test", ns_t_a, 0, &answer));
	assert_rcode(&answer, ns_r_noerror);
	/* For an alias, the answer denies its target, if the server knows that. */
	assert_true(resolve(*state, "lost.example.test", ns_t_a, 0, &answer));
	assert_rcode(&answer, ns_r_nxdomain);
	assert_int_equal(ns_msg_count(answer.message, ns_s_an), 1);
	/* A loop of aliases: the server must give up. */
	assert_true(resolve(*state, "round.example.test", ns_t_a, 0, &answer));
	assert_true(ns_msg_count(answer.message, ns_s_an) < 20);
	/* Not in any of the server's zones. */
	assert_true(resolve(*state, "www.example.org", ns_t_a, 0, &answer));
	assert_rcode(&answer, ns_r_nxdomain);
	assert_int_equal(ns_msg_count(answer.message, ns_s_ns), 0);
	/* Its bytes end with those of the zone, "\007example\004test", but not its labels. */
	assert_true(resolve(*state, "a\\007example.test", ns_t_a, 0, &answer));
	assert_rcode(&answer, ns_r_nxdomain);
	assert_int_equal(ns_msg_count(answer.message, ns_s_ns), 0);
	out = helper_stop(dns);
	assert_int_equal(helper_figure(out, "nxdomain"), 5);
}

/* One query by one socket, without a retry. */
static bool ask(void **state, const char *addr, const unsigned char *query, int length,
	struct answer *answer)
{
	int fd = smoke_connect(nsrig_host(*state, "client"), SOCK_DGRAM, addr, PORT);

	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, query, length, 0), length);
	assert_true(smoke_readable(fd, HELPER_PATIENCE_MS));
	answer->length = recv(fd, answer->data, MOST, 0);
	close(fd);
	read_answer(answer);
	return true;
}

static void long_answers_are_truncated(void **state)
{
	/* RFC 6891: an OPT record that offers 4096 bytes. */
	static const unsigned char opt[] = {0, 0, ns_t_opt, 0x10, 0, 0, 0, 0, 0, 0, 0};
	static struct answer answer;
	unsigned char query[512];
	struct nsrig_program *dns;
	const char *out;
	int length;

	dns = start_dns(state, NULL, NULL);
	length = make_query("large.example.test", ns_t_a, query);
	ask(state, "10.0.0.2", query, length, &answer);
	assert_int_equal(ns_msg_getflag(answer.message, ns_f_tc), 1);
	assert_int_equal(ns_msg_count(answer.message, ns_s_an), 0);
	assert_true(answer.length <= 512);

	memcpy(query + length, opt, sizeof(opt));
	query[11] = 1;
	ask(state, "2001:db8::2", query, length + sizeof(opt), &answer);
	assert_int_equal(ns_msg_getflag(answer.message, ns_f_tc), 0);
	assert_int_equal(ns_msg_count(answer.message, ns_s_an), LARGE);
	assert_int_equal(ns_msg_count(answer.message, ns_s_ar), 1);
	/* An EDNS version that doesn't exist. */
	query[length + 6] = 1;
	ask(state, "10.0.0.2", query, length + sizeof(opt), &answer);
	assert_int_equal(ns_msg_count(answer.message, ns_s_an), 0);
	assert_int_equal(answer.data[answer.length - 6], 1);

	/* The resolver asks for the rest by TCP. */
	assert_true(resolve(*state, "large.example.test", ns_t_a, 0, &answer));
	assert_int_equal(ns_msg_count(answer.message, ns_s_an), LARGE);
	out = helper_stop(dns);
	assert_int_equal(helper_figure(out, "connections"), 1);
	assert_int_equal(helper_figure(out, "truncated"), 2);
}

static void truncates_what_is_short(void **state)
{
	static struct answer answer;
	struct nsrig_program *dns;
	const char *out;

	dns = start_dns(state, "--truncate", NULL);
	assert_true(resolve(*state, "www.example.test", ns_t_aaaa, 0, &answer));
	assert_section(&answer, ns_s_an, "www.example.test 300 AAAA 2001:db8::80\n");
	out = helper_stop(dns);
	assert_int_equal(helper_figure(out, "connections"), 1);
	assert_int_equal(helper_figure(out, "queries"), 2);
}

/* The server answers the resolver's second attempt. */
static void drops_the_first(void **state)
{
	static struct answer answer;
	struct nsrig_program *dns;
	const char *out;

	dns = start_dns(state, "--drop", "1");
	assert_true(resolve(*state, "www.example.test", ns_t_aaaa, 0, &answer));
	assert_section(&answer, ns_s_an, "www.example.test 300 AAAA 2001:db8::80\n");
	out = helper_stop(dns);
	assert_int_equal(helper_figure(out, "ignored"), 1);
	assert_int_equal(helper_figure(out, "queries"), 1);
}

/* Only UDP queries are dropped: TCP queries are answered. */
static void drops_all(void **state)
{
	static struct answer answer;
	struct nsrig_program *dns;

	dns = start_dns(state, "--drop", "all");
	assert_true(resolve(*state, "www.example.test", ns_t_aaaa, RES_USEVC, &answer));
	helper_stop(dns);
}

static void fails_as_it_is_told(void **state)
{
	static struct answer answer;
	unsigned char query[512];
	struct nsrig_program *dns;

	dns = start_dns(state, "--rcode", "REFUSED");
	ask(state, "10.0.0.2", query, make_query("www.example.test", ns_t_a, query), &answer);
	assert_rcode(&answer, ns_r_refused);
	assert_section(&answer, ns_s_an, "");
	helper_stop(dns);
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void answers_late(void **state)
{
	static struct answer answer;
	unsigned char query[512], stream[1024];
	int fd, i, length = make_query("www.example.test", ns_t_aaaa, query);
	struct nsrig_program *dns;
	long before;
	size_t came;
	char *text;

	dns = start_dns(state, "--delay", "100ms");
	before = now_ms();
	ask(state, "10.0.0.2", query, length, &answer);
	assert_true(now_ms() - before >= 100);
	assert_section(&answer, ns_s_an, "www.example.test 300 AAAA 2001:db8::80\n");

	/* Three queries at once on one connection, in pieces, then its end: all are answered. */
	for (i = 0; i < 3; i++) {
		ns_put16(length, stream + i * (length + 2));
		memcpy(stream + i * (length + 2) + 2, query, length);
	}
	fd = smoke_connect(nsrig_host(*state, "client"), SOCK_STREAM, "10.0.0.2", PORT);
	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, stream, 1, 0), 1);
	assert_int_equal(send(fd, stream + 1, length + 10, 0), length + 10);
	assert_int_equal(send(fd, stream + length + 11, 2 * length - 5, 0), 2 * length - 5);
	shutdown(fd, SHUT_WR);
	text = helper_read_all(fd, &came);
	assert_int_equal(came, 3 * (2 + answer.length));
	assert_memory_equal(text + 2, answer.data, answer.length);
	free(text);
	close(fd);

	/* An incomplete query gets no answer. */
	fd = smoke_connect(nsrig_host(*state, "client"), SOCK_STREAM, "10.0.0.2", PORT);
	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, stream, length, 0), length);
	assert_false(smoke_readable(fd, 300));
	assert_int_equal(send(fd, stream + length, 2, 0), 2);
	shutdown(fd, SHUT_WR);
	text = helper_read_all(fd, &came);
	assert_int_equal(came, 2 + answer.length);
	free(text);
	close(fd);

	/* A client that doesn't wait does no harm. */
	fd = smoke_connect(nsrig_host(*state, "client"), SOCK_STREAM, "10.0.0.2", PORT);
	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, stream, length + 2, 0), length + 2);
	close(fd);
	ask(state, "10.0.0.2", query, length, &answer);
	helper_stop(dns);
}

/* Fifty malformed queries with different ids. */
static void send_noise(int fd, const unsigned char *query, int length)
{
	unsigned char noise[512];
	int i, n;

	for (i = 0; i < 50; i++) {
		int size = random() % length + 1;

		memcpy(noise, query, length);
		for (n = 0; n < 4; n++)
			noise[random() % size] = random();
		noise[0] = query[0] ^ 1;
		send(fd, noise, size, 0);
	}
}

/*
 * A message that is no query gets no answer, a malformed query gets one, and so does the next good
 * query.
 */
static void bad_queries_do_no_harm(void **state)
{
	static struct answer answer;
	unsigned char query[512], bad[512];
	int fd, i, length = make_query("www.example.test", ns_t_aaaa, query);
	struct nsrig_program *dns;

	dns = start_dns(state, NULL, NULL);
	/* Opcode STATUS; class CH; two questions; no question; a name cut off in the middle. */
	memcpy(bad, query, length);
	bad[2] |= 2 << 3;
	ask(state, "10.0.0.2", bad, length, &answer);
	assert_rcode(&answer, ns_r_notimpl);
	memcpy(bad, query, length);
	bad[length - 1] = 3;
	ask(state, "10.0.0.2", bad, length, &answer);
	assert_rcode(&answer, ns_r_refused);
	memcpy(bad, query, length);
	memcpy(bad + length, query + 12, length - 12);
	bad[5] = 2;
	ask(state, "10.0.0.2", bad, 2 * length - 12, &answer);
	assert_rcode(&answer, ns_r_formerr);
	memcpy(bad, query, length);
	bad[5] = 0;
	ask(state, "10.0.0.2", bad, 12, &answer);
	assert_rcode(&answer, ns_r_formerr);
	ask(state, "10.0.0.2", query, length - 8, &answer);
	assert_rcode(&answer, ns_r_formerr);
	assert_int_equal(memcmp(answer.data, query, 2), 0);

	/* A response gets no answer: the first answer is for the query that follows it. */
	fd = smoke_connect(nsrig_host(*state, "client"), SOCK_DGRAM, "10.0.0.2", PORT);
	assert_return_code(fd, -fd);
	memcpy(bad, query, length);
	bad[0] ^= 0xff;
	bad[2] |= 0x80;
	send(fd, bad, length, 0);
	send(fd, query, length, 0);
	assert_true(smoke_readable(fd, HELPER_PATIENCE_MS));
	assert_true(recv(fd, answer.data, MOST, 0) > 2);
	assert_memory_equal(answer.data, query, 2);

	/* Not a query, and noise that may be answered; the query that follows is answered. */
	srandom(1);
	for (i = 0; i < 40; i++) {
		send(fd, query, 11, 0);
		send(fd, "", 0, 0);
		send(fd, bad, length, 0);
		send_noise(fd, query, length);
		assert_int_equal(send(fd, query, length, 0), length);
		do {
			assert_true(smoke_readable(fd, HELPER_PATIENCE_MS));
			answer.length = recv(fd, answer.data, MOST, 0);
		} while (answer.length >= 2 && memcmp(answer.data, query, 2));
		read_answer(&answer);
		assert_section(&answer, ns_s_an, "www.example.test 300 AAAA 2001:db8::80\n");
	}
	close(fd);
	helper_stop(dns);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(each_type_is_answered, &pair),
		nsrig_test(what_is_not_there_is_denied, &pair),
		nsrig_test(long_answers_are_truncated, &pair),
		nsrig_test(truncates_what_is_short, &pair),
		nsrig_test(drops_the_first, &pair),
		nsrig_test(drops_all, &pair),
		nsrig_test(fails_as_it_is_told, &pair),
		nsrig_test(answers_late, &pair),
		nsrig_test(bad_queries_do_no_harm, &pair),
	};

	return nsrig_main(argc, argv, tests);
}
