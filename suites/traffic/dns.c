// SPDX-License-Identifier: MIT
/*
 * Queries to a name server, and its answers. The server is a thread of the suite, which sends the
 * answers that a test has prepared.
 *
 *	a:eth0 10.0.0.1/24 2001:db8::1/64 ==== b:eth0 10.0.0.2/24 2001:db8::2/64
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"
#include "suites/lib/responder.h"

#include <arpa/nameser.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOW(...) (&(const struct nsrig_traffic){__VA_ARGS__})
#define HEADER_SIZE 12

static const struct nsrig_topo pair = {.shape = "pair"};

/* A record of the answer. Its name is the one in the query, at offset 12 of each message. */
struct record {
	int type;
	size_t size;
	const char *data;
};

/* The server's next answer. */
static struct {
	const struct record *records;
	int count;
	int rcode;
	bool truncated, other_name, other_id, cut;
	char asked[256]; /* the name in the last query, in wire format */
} answer;

static size_t write_answer(const char *heard, size_t size, char *out)
{
	uint8_t *p = (uint8_t *)out;
	size_t length = size, i;
	int n;

	snprintf(answer.asked, sizeof(answer.asked), "%s", heard + HEADER_SIZE);
	memcpy(p, heard, size);
	p[2] |= 0x80 | (answer.truncated ? 2 : 0);
	p[3] = answer.rcode;
	p[0] ^= answer.other_id;
	p[HEADER_SIZE + 1] ^= answer.other_name;
	p[7] = answer.truncated ? 0 : answer.count;
	for (n = 0; n < p[7]; n++) {
		const struct record *record = &answer.records[n];
		const uint8_t head[] = {0xc0, HEADER_SIZE, record->type >> 8, record->type & 255, 0,
			1, 0, 0, 0, 60, record->size >> 8, record->size & 255};

		memcpy(p + length, head, sizeof(head));
		length += sizeof(head);
		for (i = 0; i < record->size; i++)
			p[length++] = record->data[i];
	}
	return answer.cut ? length - 1 : length;
}

static size_t over_udp(const char *heard, size_t size, char *out, size_t room)
{
	(void)room;
	return write_answer(heard, size, out);
}

/* Over TCP nothing is truncated. */
static size_t over_tcp(const char *heard, size_t size, char *out, size_t room)
{
	size_t length;

	(void)room;
	if (size < 2 || size < 2 + (size_t)ns_get16((const uint8_t *)heard))
		return 0;
	answer.truncated = false;
	length = write_answer(heard + 2, size - 2, out + 2);
	ns_put16(length, (uint8_t *)out);
	return length + 2;
}

static struct responder udp, tcp;

static int serve(void **state)
{
	memset(&answer, 0, sizeof(answer));
	responder_start(&udp, nsrig_host(*state, "b"), AF_INET6, SOCK_DGRAM, 53, over_udp);
	responder_start(&tcp, nsrig_host(*state, "b"), AF_INET6, SOCK_STREAM, 53, over_tcp);
	return 0;
}

static int serve_no_longer(void **state)
{
	(void)state;
	responder_stop(&udp);
	responder_stop(&tcp);
	return 0;
}

static void assert_answer(
	void **state, const char *target, const char *question, const char *expected)
{
	char *words;

	nsrig_assert_ok(
		nsrig_dns(nsrig_host(*state, "a"), target, question, HOW(.ms = 5000), &words));
	assert_string_equal(words, expected);
	free(words);
}

#define RECORD(type, data)                                                                         \
	{                                                                                          \
		(type), sizeof(data) - 1, (data)                                                   \
	}

static void records_of_each_type_are_read(void **state)
{
	static const struct {
		const char *question;
		struct record record;
		const char *words;
	} rows[] = {
		{"www.example.org", RECORD(ns_t_a, "\xc0\0\2\7"), "A 192.0.2.7\n"},
		{"www.example.org. A", RECORD(ns_t_a, "\xc0\0\2\7"), "A 192.0.2.7\n"},
		{"www.example.org aaaa", RECORD(ns_t_aaaa, "\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\7"),
			"AAAA 2001:db8::7\n"},
		{"www.example.org CNAME", RECORD(ns_t_cname, "\3web\xc0\x10"),
			"CNAME web.example.org\n"},
		{"example.org NS", RECORD(ns_t_ns, "\2ns\xc0\xc"), "NS ns.example.org\n"},
		{"example.org MX", RECORD(ns_t_mx, "\0\xa\4mail\xc0\xc"),
			"MX 10 mail.example.org\n"},
		{"10.0.0.7 PTR", RECORD(ns_t_ptr, "\3www\7example\3org\0"),
			"PTR www.example.org\n"},
		{"2001:db8::7 PTR", RECORD(ns_t_ptr, "\3www\7example\3org\0"),
			"PTR www.example.org\n"},
		{"example.org TXT", RECORD(ns_t_txt, "\x6v=1 -a\2\"\n"),
			"TXT \"v=1 -a\" \"\\\"\\010\"\n"},
		{"_sip._tcp.example.org SRV", RECORD(ns_t_srv, "\0\1\0\2\x13\xc4\3sip\0"),
			"SRV 1 2 5060 sip\n"},
		{"example.org SOA",
			RECORD(ns_t_soa, "\2ns\xc0\xc\5admin\xc0\xc\0\0\0\1\0\0\0\2\0\0\0\3\0\0\0\4"
					 "\0\0\0\5"),
			"SOA ns.example.org admin.example.org 1 2 3 4 5\n"},
		{"example.org CAA", RECORD(257, "\0\5issueca.test"),
			"CAA 0 \"issue\" \"ca.test\"\n"},
		{"example.org NAPTR", RECORD(ns_t_naptr, "\0\1\0\2\1u\3E2U\2!!\0"),
			"NAPTR 1 2 \"u\" \"E2U\" \"!!\" .\n"},
		{"example.org TYPE4711", RECORD(4711, "\1\xff"), "TYPE4711 \\# 2 01ff\n"},
	};
	size_t i;

	for (i = 0; i < COUNT(rows); i++) {
		answer.records = &rows[i].record;
		answer.count = 1;
		assert_answer(state, "udp [2001:db8::2]:53", rows[i].question, rows[i].words);
		assert_answer(state, "udp 10.0.0.2", rows[i].question, rows[i].words);
		assert_answer(state, "tcp 10.0.0.2", rows[i].question, rows[i].words);
	}
}

/* By the names of addresses in the reverse zones. */
static void addresses_are_asked_for_in_reverse(void **state)
{
	static const struct record record = RECORD(ns_t_ptr, "\3www\7example\3org\0");

	answer.records = &record;
	answer.count = 1;
	assert_answer(state, "udp 10.0.0.2", "192.0.2.7 PTR", "PTR www.example.org\n");
	assert_string_equal(answer.asked, "\0017\0012\0010\003192\7in-addr\4arpa");
	assert_answer(state, "udp 10.0.0.2", "2001:db8::7a PTR", "PTR www.example.org\n");
	assert_string_equal(answer.asked,
		"\1a\0017\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\0010\001"
		"0\0010"
		"\0010\0010\0010\0010\0010\0010\0018\1b\1d\0010\0011\0010\0010\0012\3ip6\4arpa");
	/* A name is queried as it is. */
	assert_answer(state, "udp 10.0.0.2", "192.0.2.7 A", "PTR www.example.org\n");
	assert_string_equal(answer.asked, "\003192\0010\0012\0017");
}

static void all_records_are_told(void **state)
{
	static const struct record records[] = {RECORD(ns_t_cname, "\3web\xc0\x10"),
		RECORD(ns_t_a, "\xc0\0\2\7"), RECORD(ns_t_a, "\xc0\0\2\x8")};

	answer.records = records;
	answer.count = 3;
	assert_answer(state, "udp 10.0.0.2", "www.example.org A",
		"CNAME web.example.org\nA 192.0.2.7\nA 192.0.2.8\n");
}

static void refusals_are_answers(void **state)
{
	static const char *const words[] = {
		"NODATA\n", "FORMERR\n", "SERVFAIL\n", "NXDOMAIN\n", "NOTIMP\n", "REFUSED\n"};

	for (answer.rcode = 0; answer.rcode < 6; answer.rcode++)
		assert_answer(state, "udp 10.0.0.2", "www.example.org A", words[answer.rcode]);
	answer.rcode = 15;
	assert_answer(state, "udp 10.0.0.2", "www.example.org A", "RCODE15\n");
}

static void truncated_answers_are_asked_for_by_tcp(void **state)
{
	static const struct record record = RECORD(ns_t_a, "\xc0\0\2\7");

	answer.records = &record;
	answer.count = 1;
	answer.truncated = true;
	assert_answer(state, "udp 10.0.0.2", "www.example.org A", "A 192.0.2.7\n");
}

/* An answer that is larger than a connection's first window arrives in pieces. */
static void large_answers_are_read(void **state)
{
	static struct record records[255];
	static char text[201], expected[COUNT(records) * 210];
	size_t used = 0;
	int i;

	memset(text, 'x', sizeof(text));
	text[0] = (char)200;
	for (i = 0; i < 255; i++) {
		records[i] = (struct record){ns_t_txt, sizeof(text), text};
		used += snprintf(
			expected + used, sizeof(expected) - used, "TXT \"%.200s\"\n", text + 1);
	}
	answer.records = records;
	answer.count = 255;
	assert_answer(state, "tcp 10.0.0.2", "www.example.org TXT", expected);
	answer.truncated = true;
	assert_answer(state, "udp 10.0.0.2", "www.example.org TXT", expected);
}

static void other_answers_are_none(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	static const struct record broken = RECORD(ns_t_a, "\xc0\0\2");
	int descriptors = count_descriptors();
	char *words = NULL;

	answer.other_id = true;
	refused(nsrig_dns(a, "udp 10.0.0.2", "www.example.org", HOW(.ms = 100), &words), -EBADMSG,
		"udp 10.0.0.2 from \"a\": the answer is to another question");
	refused(nsrig_dns(a, "tcp 10.0.0.2", "www.example.org", HOW(.ms = 1000), &words), -EBADMSG,
		"the answer is to another question");
	answer.other_id = false;
	answer.other_name = true;
	refused(nsrig_dns(a, "udp 10.0.0.2", "www.example.org", HOW(.ms = 100), &words), -EBADMSG,
		"the answer is to another question");
	answer.other_name = false;
	answer.records = &broken;
	answer.count = 1;
	refused(nsrig_dns(a, "udp 10.0.0.2", "www.example.org", HOW(.ms = 1000), &words), -EBADMSG,
		"record 1 of 1 can't be read");
	answer.cut = true;
	refused(nsrig_dns(a, "udp 10.0.0.2", "www.example.org", HOW(.ms = 100), &words), -EBADMSG,
		"bytes came that are not a DNS message");
	assert_null(words);
	assert_int_equal(count_descriptors(), descriptors);
}

static void bad_questions(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	char *words = NULL, longest[200];

	refused(nsrig_dns(a, "udp 10.0.0.2", NULL, NULL, &words), -EINVAL,
		"\"\" is not a DNS question");
	refused(nsrig_dns(a, "udp 10.0.0.2", "", NULL, &words), -EINVAL, "is not a DNS question");
	refused(nsrig_dns(a, "udp 10.0.0.2", "www A IN", NULL, &words), -EINVAL,
		"\"www A IN\" is not a DNS question (expected a name and a type");
	refused(nsrig_dns(a, "udp 10.0.0.2", "www AAAAA", NULL, &words), -EINVAL,
		"\"www AAAAA\": \"AAAAA\" is not a DNS record type");
	refused(nsrig_dns(a, "udp 10.0.0.2", "www TYPE65536", NULL, &words), -EINVAL,
		"is not a DNS record type");
	memset(longest, 'a', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	refused(nsrig_dns(a, "udp 10.0.0.2", longest, NULL, &words), -EINVAL, "is not a DNS name");
	refused(nsrig_dns(a, "icmp 10.0.0.2", "www", NULL, &words), -EINVAL, "is asked by icmp");
	refused(nsrig_dns(a, "udp 10.0.0.2", "www", NULL, NULL), -EINVAL,
		"nowhere to put the answer");
	refused(nsrig_dns(a, "udp 10.0.0.2:54", "www", NULL, &words), -ECONNREFUSED,
		"port-unreachable from 10.0.0.2");
	refused(nsrig_dns(a, "tcp 10.0.0.2:54", "www", NULL, &words), -ECONNREFUSED, "reset");
	assert_null(words);
}

int main(int argc, char **argv)
{
#define SERVED &pair, .setup = serve, .teardown = serve_no_longer
	const struct CMUnitTest tests[] = {
		nsrig_test(records_of_each_type_are_read, SERVED),
		nsrig_test(addresses_are_asked_for_in_reverse, SERVED),
		nsrig_test(all_records_are_told, SERVED),
		nsrig_test(refusals_are_answers, SERVED),
		nsrig_test(truncated_answers_are_asked_for_by_tcp, SERVED),
		nsrig_test(large_answers_are_read, SERVED),
		nsrig_test(other_answers_are_none, SERVED),
		nsrig_test(bad_questions, SERVED),
	};

	return nsrig_main(argc, argv, tests);
}
