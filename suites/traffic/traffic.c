// SPDX-License-Identifier: MIT
/*
 * Test traffic: what passes, who answers, how traffic is rejected and by whom; and which requests
 * are refused. This suite covers the functions that return errors; suites/verbs/assert-traffic.c
 * covers the test verbs.
 *
 *	a                         r1                          b
 *	  eth0 10.0.0.1/24 ======= eth0 10.0.0.2/24
 *	  2001:db8::1/64           2001:db8::2/64
 *	                           eth1 10.0.1.1/24 ========== eth0 10.0.1.2/24
 *	                           2001:db8:0:1::1/64          2001:db8:0:1::2/64
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"
#include "suites/lib/responder.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define HOW(...) (&(const struct nsrig_traffic){__VA_ARGS__})

static const struct nsrig_topo chain = {.shape = "chain 1"};

static const struct nsrig_topo walls = {
	.shape = "chain 1",
	.routes =
		{
			"a 10.6.0.0/16 via 10.0.0.2",
			"a 10.7.0.0/16 via 10.0.0.2",
			"a 10.8.0.0/16 via 10.0.0.2",
			"a prohibit 10.9.0.0/16",
			"a blackhole 10.10.0.0/16",
			"a 2001:db8:6::/48 via 2001:db8::2",
			"a 2001:db8:7::/48 via 2001:db8::2",
			"a unreachable 2001:db8:9::/48",
			"r1 prohibit 10.6.0.0/16",
			"r1 unreachable 10.7.0.0/16",
			"r1 blackhole 10.8.0.0/16",
			"r1 prohibit 2001:db8:6::/48",
			"r1 unreachable 2001:db8:7::/48",
		},
};

/* Lifts the rate limit on ICMP errors. */
static int talkative(void **state)
{
	struct nsrig_ns *r1 = nsrig_host(*state, "r1");

	nsrig_assert_ok(nsrig_sysctl_set(r1, "net.ipv4.icmp_ratemask", "0"));
	nsrig_assert_ok(nsrig_sysctl_set(r1, "net.ipv6.icmp.ratelimit", "0"));
	return 0;
}

static void packets_reach(void **state)
{
	static const char *const targets[] = {"icmp 10.0.1.2", "icmp 2001:db8:0:1::2",
		"tcp 10.0.1.2:80", "tcp [2001:db8:0:1::2]:80", "udp 10.0.1.2:53",
		"udp [2001:db8:0:1::2]:53", "tcp 10.0.1.2", "udp 2001:db8:0:1::2"};
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");
	int descriptors = count_descriptors();
	size_t i;

	for (i = 0; i < COUNT(targets); i++) {
		nsrig_assert_ok(nsrig_reach(a, targets[i], b, NULL));
		nsrig_assert_ok(nsrig_reach(a, targets[i], b, HOW(.count = 5, .size = 1)));
		nsrig_assert_ok(
			nsrig_reach(a, targets[i], b, HOW(.ttl = 2, .size = 1400, .df = true)));
	}
	nsrig_assert_ok(nsrig_reach(a, "tcp 10.0.1.2:80", b, HOW(.size = 3000000)));
	nsrig_assert_ok(nsrig_reach(a, "udp 10.0.1.2:53", b, HOW(.size = 65507)));
	nsrig_assert_ok(
		nsrig_reach(a, "icmp 10.0.1.2", NULL, HOW(.src = "10.0.0.1", .dev = "eth0")));
	nsrig_assert_ok(nsrig_reach(a, "tcp 10.0.0.1:80", a, NULL));
	assert_int_equal(count_descriptors(), descriptors);
}

/* Link-local addresses need .dev: every link has its own. */
static void link_local_addresses_reach(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *r1 = nsrig_host(*state, "r1");
	struct nsrig_addr *addrs;
	char target[128], address[64] = "";
	size_t count, i;

	nsrig_assert_ok(nsrig_addr_list(r1, "eth0", &addrs, &count));
	for (i = 0; i < count; i++) {
		if (!strncmp(addrs[i].text, "fe80:", 5))
			sscanf(addrs[i].text, "%63[^/]", address);
	}
	free(addrs);
	snprintf(target, sizeof(target), "tcp [%s]:80", address);
	nsrig_assert_ok(nsrig_reach(a, target, r1, HOW(.dev = "eth0")));
	snprintf(target, sizeof(target), "udp [%s]:80", address);
	nsrig_assert_ok(nsrig_reach(a, target, r1, HOW(.dev = "eth0")));
	snprintf(target, sizeof(target), "icmp %s", address);
	nsrig_assert_ok(nsrig_reach(a, target, r1, HOW(.dev = "eth0")));
}

/* The message tells which of the two directions failed. */
static void silence_says_how_far_it_came(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");
	int descriptors = count_descriptors();

	nsrig_assert_ok(nsrig_route_add(b, "blackhole 10.0.0.1"));
	refused(nsrig_reach(a, "udp 10.0.1.2:53", b, HOW(.ms = 50)), -ETIMEDOUT,
		"udp 10.0.1.2:53 from \"a\": no answer within 50 ms: it arrived, but its answer "
		"did not");
	refused(nsrig_reach(a, "tcp 10.0.1.2:80", b, HOW(.ms = 50)), -ETIMEDOUT,
		"tcp 10.0.1.2:80 from \"a\": no connection within 50 ms");
	refused(nsrig_reach(a, "icmp 10.0.1.2", b, HOW(.ms = 50)), -ETIMEDOUT,
		"ping 10.0.1.2: no answer within 50 ms");
	nsrig_assert_ok(nsrig_route_add(nsrig_host(*state, "r1"), "blackhole 10.0.1.2"));
	refused(nsrig_reach(a, "udp 10.0.1.2:53", b, HOW(.ms = 50)), -ETIMEDOUT,
		"no answer within 50 ms: it did not arrive");
	refused(nsrig_answer(a, "udp 10.0.1.2:53", HOW(.ms = 50)), -ETIMEDOUT,
		"no such answer within 50 ms");
	refused(nsrig_answer(a, "tcp 10.0.1.2:53", HOW(.ms = 50)), -ETIMEDOUT,
		"no connection within 50 ms");
	assert_int_equal(count_descriptors(), descriptors);
}

static void errors_say_who_sent_them(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");

	refused(nsrig_reach(a, "icmp 10.6.0.1", NULL, NULL), -EHOSTUNREACH,
		"ping 10.6.0.1: admin-prohibited from 10.0.0.2: No route to host");
	refused(nsrig_reach(a, "udp 10.6.0.1:9", b, NULL), -EHOSTUNREACH,
		"udp 10.6.0.1:9 from \"a\": admin-prohibited from 10.0.0.2: No route to host");
	refused(nsrig_reach(a, "tcp 10.7.0.1:9", b, NULL), -EHOSTUNREACH,
		"host-unreachable from 10.0.0.2: No route to host");
	refused(nsrig_reach(a, "tcp [2001:db8:6::1]:9", b, NULL), -EACCES,
		"admin-prohibited from 2001:db8::2: Permission denied");
	refused(nsrig_reach(a, "udp 10.9.0.1:9", b, NULL), -EACCES,
		"admin-prohibited from itself: Permission denied");
	refused(nsrig_reach(nsrig_host(*state, "r1"), "udp 192.0.2.1:9", b, NULL), -ENETUNREACH,
		"net-unreachable from itself: Network is unreachable");
	refused(nsrig_reach(a, "udp 10.10.0.1:9", b, NULL), -ENETUNREACH, "blackhole from itself");
	refused(nsrig_reach(a, "icmp 10.10.0.1", b, NULL), -ENETUNREACH, "blackhole from itself");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.ttl = 1)), -EHOSTUNREACH,
		"ttl-exceeded from 10.0.0.2");
}

static void assert_rejected(struct nsrig_ns *ns, const char *target,
	const struct nsrig_traffic *how, const char *expected)
{
	char *words;

	nsrig_assert_ok(nsrig_reject(ns, target, how, &words));
	assert_string_equal(words, expected);
	free(words);
}

static void rejections_have_names(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	char *words = NULL;

	assert_rejected(a, "tcp 10.0.1.2:80", NULL, "reset");
	assert_rejected(a, "tcp [2001:db8:0:1::2]:80", NULL, "reset");
	assert_rejected(a, "udp 10.0.1.2:53", NULL, "port-unreachable from 10.0.1.2");
	assert_rejected(
		a, "udp [2001:db8:0:1::2]:53", NULL, "port-unreachable from 2001:db8:0:1::2");
	assert_rejected(a, "icmp 10.0.1.2", HOW(.ttl = 1), "ttl-exceeded from 10.0.0.2");
	assert_rejected(a, "icmp 2001:db8:0:1::2", HOW(.ttl = 1), "ttl-exceeded from 2001:db8::2");
	assert_rejected(a, "tcp 10.0.1.2:80", HOW(.ttl = 1), "ttl-exceeded from 10.0.0.2");
	assert_rejected(a, "icmp 10.0.1.2", NULL, "answered");
	assert_rejected(a, "udp 10.6.0.1:9", NULL, "admin-prohibited from 10.0.0.2");
	assert_rejected(a, "tcp 10.6.0.1:9", NULL, "admin-prohibited from 10.0.0.2");
	assert_rejected(a, "icmp 10.7.0.1", NULL, "host-unreachable from 10.0.0.2");
	assert_rejected(a, "icmp 2001:db8:6::1", NULL, "admin-prohibited from 2001:db8::2");
	assert_rejected(a, "udp [2001:db8:7::1]:9", NULL, "no-route from 2001:db8::2");
	assert_rejected(a, "tcp [2001:db8:9::1]:9", NULL, "addr-unreachable from itself");
	assert_rejected(a, "tcp 10.9.0.1:9", NULL, "admin-prohibited from itself");
	assert_rejected(a, "udp 10.10.0.1:9", NULL, "blackhole from itself");
	assert_rejected(
		nsrig_host(*state, "r1"), "icmp 192.0.2.1", NULL, "net-unreachable from itself");
	refused(nsrig_reject(a, "udp 10.8.0.1:9", HOW(.ms = 50), &words), -ETIMEDOUT,
		"udp 10.8.0.1:9 from \"a\": neither an answer nor an error within 50 ms");
	assert_null(words);
}

/* The report has the size that would have passed. */
static void too_large_packets_are_rejected(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");

	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(*state, "r1"), "eth1", 1400));
	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(*state, "b"), "eth0", 1400));
	assert_rejected(
		a, "icmp 10.0.1.2", HOW(.size = 1450, .df = true), "frag-needed from 10.0.0.2");
	assert_rejected(a, "icmp 2001:db8:0:1::2", HOW(.size = 1450, .df = true),
		"packet-too-big from 2001:db8::2");
	assert_rejected(
		a, "udp 10.0.1.2:9", HOW(.size = 5000, .df = true), "frag-needed from itself");
	nsrig_assert_ok(nsrig_reach(a, "icmp 10.0.1.2", NULL, HOW(.size = 1450)));
}

static size_t talk(const char *heard, size_t size, char *answer, size_t room)
{
	(void)room;
	/* Answer only when the whole request has arrived. */
	if (size < 4 || memcmp(heard + size - 4, "\r\n\r\n", 4))
		return 0;
	strcpy(answer, "HTTP/1.0 204 No Content\r\n\r\n");
	return strlen(answer);
}

static void who_listens_answers(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");
	static const int families[] = {AF_INET, AF_INET6};
	static const char *const tcp[] = {"tcp 10.0.1.2:80", "tcp [2001:db8:0:1::2]:80"};
	static const char *const udp[] = {"udp 10.0.1.2:7", "udp [2001:db8:0:1::2]:7"};
	struct responder http, echo;
	char *words;
	int i;

	for (i = 0; i < 2; i++) {
		responder_start(&http, b, families[i], SOCK_STREAM, 80, talk);
		responder_start(&echo, b, families[i], SOCK_DGRAM, 7, responder_echo);
		nsrig_assert_ok(nsrig_answer(a, tcp[i], NULL));
		nsrig_assert_ok(nsrig_answer(a, tcp[i],
			HOW(.say = "GET / HTTP/1.0\r\n\r\n", .expect = "HTTP/1.? 204 *")));
		refused(nsrig_answer(a, tcp[i],
				HOW(.say = "GET / HTTP/1.0\r\n\r\n", .expect = "HTTP/1.? 200 *")),
			-EBADMSG,
			"the connection was closed; it answered \"HTTP/1.0 204 No "
			"Content\\r\\n\\r\\n\", but expected \"HTTP/1.? 200 *\"");
		refused(nsrig_answer(a, tcp[i], HOW(.say = "GET", .ms = 50)), -ETIMEDOUT,
			"no such answer within 50 ms");
		nsrig_assert_ok(nsrig_answer(a, udp[i], NULL));
		nsrig_assert_ok(nsrig_answer(a, udp[i], HOW(.say = "hello", .expect = "hello")));
		refused(nsrig_answer(a, udp[i], HOW(.say = "hello", .expect = "hullo", .ms = 50)),
			-EBADMSG, "it answered \"hello\", but expected \"hullo\"");
		refused(nsrig_reach(a, udp[i], b, NULL), -EADDRINUSE,
			"opening port 7 in \"b\" (use nsrig_answer() to ask the program that has "
			"the port): Address "
			"already");
		refused(nsrig_reach(a, tcp[i], b, NULL), -EADDRINUSE, "opening port 80 in \"b\"");
		nsrig_assert_ok(nsrig_reject(a, tcp[i], NULL, &words));
		assert_string_equal(words, "answered");
		free(words);
		nsrig_assert_ok(nsrig_reject(a, udp[i], NULL, &words));
		assert_string_equal(words, "answered");
		free(words);
		responder_stop(&http);
		responder_stop(&echo);
		refused(nsrig_answer(a, tcp[i], NULL), -ECONNREFUSED,
			": reset: Connection refused");
		refused(nsrig_answer(a, udp[i], NULL), -ECONNREFUSED, "port-unreachable from ");
	}
}

/* A port can be used again at once, because the other end has closed first. */
static void ports_are_free_afterwards(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(80)};
	int fd;

	nsrig_assert_ok(nsrig_reach(a, "tcp 10.0.1.2:80", b, HOW(.count = 20)));
	fd = nsrig_assert_ok(nsrig_socket(b, AF_INET, SOCK_STREAM, 0));
	assert_return_code(bind(fd, (struct sockaddr *)&any, sizeof(any)), errno);
	close(fd);
}

static void bad_targets(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");

	refused(nsrig_reach(a, NULL, b, NULL), -EINVAL, "no target given");
	refused(nsrig_reach(a, "", b, NULL), -EINVAL, "no target given");
	refused(nsrig_reach(NULL, "icmp 10.0.1.2", b, NULL), -EINVAL,
		"nsrig_reach: no namespace given (NULL)");
	refused(nsrig_reach(a, "tcp 10.0.1.2:80", NULL, NULL), -EINVAL,
		"no namespace given for the other end (NULL)");
	refused(nsrig_reach(a, "sctp 10.0.1.2:80", b, NULL), -EINVAL,
		"\"sctp 10.0.1.2:80\": \"sctp\" is not a protocol (expected icmp, tcp or udp)");
	refused(nsrig_reach(a, "10.0.1.2:80", b, NULL), -EINVAL,
		"nsrig_reach: \"10.0.1.2:80\" names no protocol (expected icmp tcp udp)");
	refused(nsrig_answer(a, "icmp 10.0.1.2", NULL), -EINVAL,
		"nsrig_answer: \"icmp 10.0.1.2\" is asked by icmp (expected tcp udp)");
	refused(nsrig_reach(a, "tcp 10.0.1.2:0", b, NULL), -EINVAL,
		"\"tcp 10.0.1.2:0\": \"0\" is not a port (expected 1 to 65535)");
	refused(nsrig_reach(a, "tcp 10.0.1.2:65536", b, NULL), -EINVAL, "\"65536\" is not a port");
	refused(nsrig_reach(a, "tcp 10.0.1.2:-1", b, NULL), -EINVAL, "\"-1\" is not a port");
	refused(nsrig_reach(a, "tcp 10.0.1.2:http", b, NULL), -EINVAL, "\"http\" is not a port");
	refused(nsrig_reach(a, "tcp 10.0.1.2:", b, NULL), -EINVAL, "\"\" is not a port");
	refused(nsrig_reach(a, "icmp 10.0.1.2:7", b, NULL), -EINVAL, "icmp has no ports");
	refused(nsrig_answer(a, "tcp 10.0.1.2", NULL), -EINVAL,
		"\"tcp 10.0.1.2\" names no port (expected \"tcp 10.0.1.2:80\")");
	refused(nsrig_reach(a, "tcp [2001:db8::1:80", b, NULL), -EINVAL, "expected ]:PORT");
	refused(nsrig_reach(a, "tcp []:80", b, NULL), -EINVAL, "names no host");
	refused(nsrig_reach(a, "tcp :80", b, NULL), -EINVAL, "names no host");
	refused(nsrig_reach(a, "tcp b:80", b, NULL), -EINVAL,
		"\"b\" is not an IPv4 or IPv6 address");
	refused(nsrig_reach(a, "icmp 10.0.1.0/24", b, NULL), -EINVAL, "is a network");
}

static void bad_members(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");
	int descriptors = count_descriptors();
	char *words;

	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.src = "2001:db8::1")), -EINVAL,
		"nsrig_reach: \"udp 10.0.1.2:9\" from .src 2001:db8::1: the addresses are of "
		"different families");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.src = "10.0.0.77")), -EADDRNOTAVAIL,
		"udp 10.0.1.2:9 from \"a\": Cannot assign requested address");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.dev = "eth9")), -ENODEV, "No such device");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.family = AF_INET6)), -EINVAL,
		"is not of .family AF_INET6");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.family = AF_UNIX)), -EINVAL,
		".family 1 is neither AF_INET nor AF_INET6");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.ms = -1)), -EINVAL,
		".ms is negative: -1 ms");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.ttl = 256)), -EINVAL,
		".ttl 256 is out of range (0 to 255)");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.ttl = -1)), -EINVAL, ".ttl -1 is out of");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.at_port = 65536)), -EINVAL,
		".at_port 65536 is not a port");
	refused(nsrig_reach(a, "udp 10.0.1.2:9", b, HOW(.size = 65508)), -EINVAL,
		".size 65508 is more than a datagram holds (65507)");
	refused(nsrig_reach(a, "tcp 10.0.1.2:9", b, HOW(.size = (size_t)1 << 40)), -EINVAL,
		"is out of range (up to 1073741824)");
	refused(nsrig_reach(a, "icmp 10.0.1.2", b, HOW(.size = 65001)), -EINVAL,
		".size 65001 is more than an echo holds");
	refused(nsrig_reach(a, "icmp 10.0.1.2", b, HOW(.say = "x")), -EINVAL,
		"nsrig_reach does not support .say and .expect");
	refused(nsrig_reach(a, "icmp 10.0.1.2", b, HOW(.eventually = 1)), -EINVAL,
		"nsrig_reach does not support .eventually");
	refused(nsrig_answer(a, "tcp 10.0.1.2:9", HOW(.count = 2)), -EINVAL,
		"does not support .count");
	refused(nsrig_reject(a, "tcp 10.0.1.2:9", HOW(.at = "b"), &words), -EINVAL,
		"does not support .at");
	refused(nsrig_reject(a, "tcp 10.0.1.2:9", NULL, NULL), -EINVAL,
		"nowhere to put the answer");
	assert_int_equal(count_descriptors(), descriptors);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(packets_reach, &chain),
		nsrig_test(link_local_addresses_reach, &chain),
		nsrig_test(silence_says_how_far_it_came, &chain),
		nsrig_test(errors_say_who_sent_them, &walls, .setup = talkative),
		nsrig_test(rejections_have_names, &walls, .setup = talkative),
		nsrig_test(too_large_packets_are_rejected, &chain),
		nsrig_test(who_listens_answers, &chain),
		nsrig_test(ports_are_free_afterwards, &chain),
		nsrig_test(bad_targets, &chain),
		nsrig_test(bad_members, &chain),
	};

	return nsrig_main(argc, argv, tests);
}
