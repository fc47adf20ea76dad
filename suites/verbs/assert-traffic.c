// SPDX-License-Identifier: MIT
/*
 * Test verbs on traffic: they pass where they should, and their failures explain why.
 * guilty-traffic.c has the tests that fail.
 *
 *	client                         router                      server (www)
 *	  eth0 10.0.1.1/24 ====== c0 10.0.1.254/24
 *	       2001:db8:1::1/64      2001:db8:1::fe/64
 *	                             s0 10.0.2.254/24 ====== eth0 10.0.2.1/24 10.0.2.9/24
 *	                                2001:db8:2::fe/64         2001:db8:2::1/64
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"
#include "suites/lib/program.h"
#include "suites/lib/responder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROUTED                                                                                     \
	"host router forwarding\n"                                                                 \
	"host server names www,ns.example.org\n"                                                   \
	"veth client:eth0 10.0.1.1/24 2001:db8:1::1/64 -- router:c0 10.0.1.254/24 "                \
	"2001:db8:1::fe/64\n"                                                                      \
	"veth router:s0 10.0.2.254/24 2001:db8:2::fe/64 -- server:eth0 10.0.2.1/24 10.0.2.9/24 "   \
	"2001:db8:2::1/64\n"                                                                       \
	"routing\n"

static const struct nsrig_topo routed = {.text = ROUTED};

/* Skips the test if the kernel has no nftables. */
static const struct nsrig_topo translated = {
	.text = ROUTED "nft router {\n"
		       "table ip nat {\n"
		       "chain in { type nat hook prerouting priority -100;\n"
		       "ip daddr 10.0.1.254 tcp dport 80 dnat to 10.0.2.1:8080\n"
		       "ip daddr 10.0.1.254 udp dport 53 dnat to 10.0.2.9:5353\n"
		       "}\n"
		       "}\n"
		       "table inet filter {\n"
		       "chain forward { type filter hook forward priority 0;\n"
		       "tcp dport 25 reject with icmpx type admin-prohibited\n"
		       "tcp dport 26 reject with tcp reset\n"
		       "udp dport 27 drop\n"
		       "}\n"
		       "}\n"
		       "}\n"};

static void hosts_are_reached_by_name(void **state)
{
	static const int families[] = {0, AF_INET, AF_INET6};
	struct nsrig *rig = *state;
	size_t i;

	for (i = 0; i < 3; i++) {
		nsrig_assert_reach(rig, "client", "icmp server", .family = families[i]);
		nsrig_assert_reach(rig, "client", "tcp www:80", .family = families[i]);
		nsrig_assert_reach(rig, "client", "udp ns.example.org:53", .family = families[i]);
	}
	nsrig_assert_reach(rig, "client", "icmp 10.0.2.9");
	nsrig_assert_reach(rig, "client", "tcp 10.0.2.9:80", .size = 100000);
	nsrig_assert_reach(rig, "client", "udp [2001:db8:2::1]:53", .count = 3);
	nsrig_assert_reach(rig, "server", "icmp client", .src = "10.0.2.9", .dev = "eth0");
	nsrig_assert_reach(rig, "client", "icmp server", .size = 1472, .df = true, .ttl = 2);
	nsrig_assert_no_reach(rig, "client", "icmp server", .size = 1473, .df = true);
	nsrig_assert_no_reach(rig, "client", "icmp server", .ttl = 1);
	nsrig_assert_no_reach(rig, "client", "udp server:53", .ttl = 1);
	nsrig_assert_no_reach(rig, "client", "tcp server:53", .ttl = 1, .family = AF_INET6);
}

/* An address that a program has added, for example a DHCP client. */
static void addresses_may_come_later(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_add(rig, "veth client:eth1 -- printer:eth0"));
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(rig, "client"), "eth1", "192.0.2.1/24"));
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(rig, "printer"), "eth0", "192.0.2.2/24"));
	nsrig_assert_reach(rig, "client", "tcp printer:631");
	nsrig_assert_reach(rig, "client", "tcp 192.0.2.2:631");
	/* After an address moves, it leads to its new host. */
	nsrig_assert_ok(nsrig_addr_del(nsrig_host(rig, "server"), "eth0", "10.0.2.9/24"));
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(rig, "router"), "s0", "10.0.2.9/24"));
	nsrig_assert_reach(rig, "client", "tcp 10.0.2.9:80", .ttl = 1);
}

static void walls_are_seen(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_reach(rig, "client", "tcp router:80", .at = "server", .at_port = 8080);
	nsrig_assert_reach(rig, "client", "udp router:53", .at = "server", .at_port = 5353);
	nsrig_assert_reject(rig, "client", "tcp server:25", "admin-prohibited from router");
	nsrig_assert_reject(rig, "client", "tcp server:25", "admin-prohibited from 2001:db8:1::fe",
		.family = AF_INET6);
	nsrig_assert_reject(rig, "client", "tcp server:26", "reset");
	nsrig_assert_no_reach(rig, "client", "tcp server:25");
	nsrig_assert_no_reach(rig, "client", "tcp server:26");
	nsrig_assert_no_reach(rig, "client", "udp server:27", .ms = 50);
	nsrig_assert_no_reject(rig, "client", "udp server:27", "any", .ms = 50);
	nsrig_assert_reach(rig, "client", "udp server:28");
}

static void rejections_are_asserted(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_reject(rig, "client", "tcp server:80", "refused");
	nsrig_assert_reject(rig, "client", "tcp server:80", "reset");
	nsrig_assert_reject(rig, "client", "udp server:80", "refused");
	nsrig_assert_reject(rig, "client", "udp server:80", "any from server");
	nsrig_assert_reject(rig, "client", "udp server:80", "port-unreachable from 10.0.2.1");
	nsrig_assert_no_reject(rig, "client", "tcp server:80", "port-unreachable");
	nsrig_assert_no_reject(rig, "client", "udp server:80", "reset");
	nsrig_assert_no_reject(rig, "client", "udp server:80", "port-unreachable from router");
	nsrig_assert_no_reject(rig, "client", "icmp server", "any");
	nsrig_assert_reject(rig, "client", "icmp server", "ttl-exceeded from router", .ttl = 1);
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "client"), "unreachable 192.0.2.0/24"));
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "client"), "unreachable 2001:db8:9::/48"));
	/* The same error by ICMP and by ICMPv6. */
	nsrig_assert_reject(rig, "client", "udp 192.0.2.1:9", "addr-unreachable from itself");
	nsrig_assert_reject(rig, "client", "icmp 2001:db8:9::1", "host-unreachable from itself");
}

/* Answers with the number of requests so far, and closes the connection. */
static size_t count_up(const char *heard, size_t size, char *answer, size_t room)
{
	static int asked;

	(void)heard;
	(void)size;
	return snprintf(answer, room, "%d", ++asked);
}

static void answers_are_awaited(void **state)
{
	struct nsrig *rig = *state;
	struct responder responder;

	responder_start(&responder, nsrig_host(rig, "server"), AF_INET, SOCK_STREAM, 80, count_up);
	nsrig_assert_answer(rig, "client", "tcp www:80");
	nsrig_assert_answer(rig, "client", "tcp www:80", .say = "?", .expect = "[1-9]");
	nsrig_assert_no_answer(rig, "client", "tcp www:80", .say = "?", .expect = "1");
	nsrig_assert_answer(
		rig, "client", "tcp www:80", .say = "?", .expect = "5", .eventually = 20000);
	nsrig_assert_no_answer(rig, "client", "tcp www:81");
	nsrig_assert_no_answer(rig, "client", "udp www:80", .family = AF_INET6);
	responder_stop(&responder);
	nsrig_assert_no_answer(rig, "client", "tcp www:80");
}

/* Restores the route after the first attempt; close_the_way() removes it. */
static void *open_the_way(void *arg)
{
	struct nsrig *rig = arg;
	struct nsrig_ns *client = nsrig_host(rig, "client");

	if (nsrig_wait_neighbour(client, "10.0.1.254", 20000) == 0)
		nsrig_route_del(nsrig_host(rig, "router"), "blackhole 10.0.2.1");
	return NULL;
}

static void *close_the_way(void *arg)
{
	struct nsrig *rig = arg;
	struct nsrig_ns *client = nsrig_host(rig, "client");

	if (nsrig_wait_neighbour(client, "10.0.1.254", 20000) == 0)
		nsrig_route_add(nsrig_host(rig, "router"), "blackhole 10.0.2.1");
	return NULL;
}

static void it_holds_eventually(void **state)
{
	struct nsrig *rig = *state;
	pthread_t thread;

	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "router"), "blackhole 10.0.2.1"));
	assert_int_equal(pthread_create(&thread, NULL, open_the_way, rig), 0);
	nsrig_assert_reach(rig, "client", "udp server", .ms = 20, .eventually = 20000);
	pthread_join(thread, NULL);
	nsrig_assert_ok(nsrig_link_down(nsrig_host(rig, "client"), "eth0"));
	nsrig_assert_ok(nsrig_link_up(nsrig_host(rig, "client"), "eth0"));
	nsrig_assert_ok(nsrig_wait_link(nsrig_host(rig, "client"), "eth0", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "client"), "10.0.2.0/24 via 10.0.1.254"));
	assert_int_equal(pthread_create(&thread, NULL, close_the_way, rig), 0);
	nsrig_assert_no_reach(rig, "client", "tcp server", .eventually = 20000);
	pthread_join(thread, NULL);
}

/* Adds the address after a first attempt has failed. */
static void *appear(void *arg)
{
	struct nsrig *rig = arg;

	if (nsrig_wait_neighbour(nsrig_host(rig, "client"), "10.0.1.77 FAILED", 20000) == 0)
		nsrig_addr_add(nsrig_host(rig, "router"), "c0", "10.0.1.77/24");
	return NULL;
}

/* A neighbour that didn't answer a moment ago is probed again. */
static void failed_neighbours_are_asked_again(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	pthread_t thread;

	nsrig_assert_ok(nsrig_sysctl_set(client, "net.ipv4.neigh.eth0.retrans_time_ms", "10"));
	nsrig_assert_no_reach(rig, "client", "icmp 10.0.1.78", .ms = 2000);
	nsrig_assert_reject(rig, "client", "udp 10.0.1.78:9", "host-unreachable from client");
	assert_int_equal(pthread_create(&thread, NULL, appear, rig), 0);
	nsrig_assert_reach(rig, "client", "icmp 10.0.1.77", .ms = 20000);
	pthread_join(thread, NULL);
}

static void ways_are_asserted(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_path(rig, "client", "server", "router server");
	nsrig_assert_path(rig, "client", "server", "* server", .family = AF_INET6);
	nsrig_assert_path(rig, "client", "10.0.2.9", "10.0.1.254 10.0.2.9");
	nsrig_assert_no_path(rig, "client", "server", "server");
	nsrig_assert_no_path(rig, "client", "server", "router");
	nsrig_assert_no_path(rig, "client", "server", "server router");
	nsrig_assert_no_path(rig, "client", "server", "router server *");
	nsrig_assert_no_path(rig, "client", "192.0.2.1", "router *");
	nsrig_assert_hops(rig, "client", "server", "== 2");
	nsrig_assert_hops(rig, "client", "router", "< 2");
	nsrig_assert_hops(rig, "client", "client", ">= 1");
	nsrig_assert_path_mtu(rig, "client", "server", "== 1500");
	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(rig, "router"), "s0", 1400));
	nsrig_assert_ok(nsrig_link_set_mtu(nsrig_host(rig, "server"), "eth0", 1400));
	nsrig_assert_path_mtu(rig, "client", "server", "== 1400");
	nsrig_assert_path_mtu(rig, "client", "server", ">= 1280", .family = AF_INET6);
	nsrig_assert_path_mtu(rig, "client", "router", "!= 1400");
}

static void flows_are_asserted(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_flow(
		rig, "client", "udp server:9", "loss == 0% duplicates == 0 reordered == 0");
	nsrig_assert_flow(rig, "client", "udp server", "loss <= 0%, rate > 1kbit, delay < 100s",
		.family = AF_INET6, .count = 10, .size = 100);
	nsrig_assert_flow(
		rig, "client", "icmp server", "loss < 1% delay-min > 0 delay-max <= 200s");
	nsrig_assert_flow(rig, "client", "tcp server", "rate >= 10kbit rate != 0", .size = 300000);
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "router"), "blackhole 10.0.2.1"));
	nsrig_assert_flow(rig, "client", "udp server", "loss == 100% rate == 0", .count = 3,
		.rate = "1mbit", .ms = 50);
}

/* www.example.org is an alias with the addresses 192.0.2.7 and 192.0.2.8; no other name exists. */
static size_t name_server(const char *heard, size_t size, char *answer, size_t room)
{
	static const char records[] = "\xc0\xc\0\5\0\1\0\0\0\74\0\6\3web\xc0\x10"
				      "\xc0\x2d\0\1\0\1\0\0\0\74\0\4\xc0\0\2\x8"
				      "\xc0\x2d\0\1\0\1\0\0\0\74\0\4\xc0\0\2\7";
	static const char texts[] = "\xc0\xc\0\20\0\1\0\0\0\74\0\13\12v=1, \"-All";
	bool is_www = size > 16 && !memcmp(heard + 12, "\3www", 4);
	bool is_text = size > 16 && heard[size - 3] == 16;

	(void)room;
	memcpy(answer, heard, size);
	answer[2] |= 0x80;
	if (is_text) {
		answer[7] = 1;
		memcpy(answer + size, texts, sizeof(texts) - 1);
		return size + sizeof(texts) - 1;
	}
	if (!is_www)
		answer[3] = 3;
	if (!is_www || heard[size - 3] != 1)
		return size;
	answer[7] = 3;
	memcpy(answer + size, records, sizeof(records) - 1);
	return size + sizeof(records) - 1;
}

static void names_are_asserted(void **state)
{
	struct nsrig *rig = *state;
	struct responder responder;

	responder_start(
		&responder, nsrig_host(rig, "server"), AF_INET6, SOCK_DGRAM, 53, name_server);
	nsrig_assert_dns(rig, "client", "udp server", "www.example.org", "192.0.2.7, 192.0.2.8");
	nsrig_assert_dns(
		rig, "client", "udp server:53", "www.example.org A", "192.0.2.8,192.0.2.7");
	nsrig_assert_dns(rig, "client", "udp server:53", "www.example.org ANY", "NODATA");
	nsrig_assert_dns(
		rig, "client", "udp server", "www.example.org AAAA", "nodata", .family = AF_INET6);
	nsrig_assert_dns(rig, "client", "udp server", "ftp.example.org", "NXDOMAIN");
	nsrig_assert_dns(rig, "client", "udp server", "example.org TXT", "\"v=1, \\\"-All\"");
	nsrig_assert_no_dns(rig, "client", "udp server", "example.org TXT", "\"v=1, \\\"-all\"");
	nsrig_assert_no_dns(rig, "client", "udp server", "www.example.org", "192.0.2.7");
	nsrig_assert_no_dns(
		rig, "client", "udp server", "www.example.org", "192.0.2.7, 192.0.2.8, 192.0.2.9");
	nsrig_assert_no_dns(rig, "client", "udp server", "www.example.org", "NXDOMAIN");
	nsrig_assert_no_dns(rig, "client", "udp router", "www.example.org", "192.0.2.7");
	responder_stop(&responder);
}

static void all_reach_all(void **state)
{
	struct nsrig *rig = *state;
	unsigned int reached;
	char *matrix;
	int failed;

	nsrig_assert_reach_all(rig);
	nsrig_assert_reach_all(rig, .family = AF_INET6, .size = 1000, .ttl = 2);
	nsrig_assert_ok(nsrig_add_host(rig, "hermit"));
	nsrig_assert_reach_all(rig);
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "router"), "blackhole 10.0.2.1"));
	nsrig_assert_ok(nsrig_route_add(nsrig_host(rig, "server"), "prohibit 10.0.1.1"));
	failed = nsrig_reach_all(rig, &(const struct nsrig_traffic){.ms = 300}, &reached, &matrix);
	assert_string_equal(matrix, "IPv4      1 2 3\n"
				    "1 router  - B .\n"
				    "2 server  ? - A\n"
				    "3 client  . ? -\n"
				    "IPv6      1 2 3\n"
				    "1 router  - . .\n"
				    "2 server  . - .\n"
				    "3 client  . . -\n"
				    "(from the left to above; . answers, ? silence, A "
				    "admin-prohibited, B blackhole)\n");
	free(matrix);
	assert_int_equal(failed, 4);
	assert_int_equal(reached, 8);
	nsrig_assert_reach_all(rig, .hosts = "router client");
	nsrig_assert_reach_none(rig, .hosts = "server client", .family = AF_INET);
	refused(nsrig_reach_all(
			rig, &(const struct nsrig_traffic){.hosts = "server nobody"}, NULL, NULL),
		-ENOENT, "no host \"nobody\" in this rig");
	refused(nsrig_reach_all(
			rig, &(const struct nsrig_traffic){.hosts = "server hermit"}, NULL, NULL),
		-EINVAL, "there are no two hosts with addresses");
	refused(nsrig_reach_all(rig, &(const struct nsrig_traffic){.count = 2}, NULL, NULL),
		-EINVAL, "nsrig_reach_all does not support .count");
	refused(nsrig_reach_all(rig, &(const struct nsrig_traffic){.ms = -1}, NULL, NULL), -EINVAL,
		".ms is negative");
	refused(nsrig_reach_all(NULL, NULL, NULL, NULL), -EINVAL, "no rig given (NULL)");
}

/* More answers than fit into a socket at once. */
static void many_reach_many(void **state)
{
	struct nsrig_ns *h1 = nsrig_host(*state, "h1");
	int descriptors = count_descriptors();

	nsrig_assert_reach(*state, "h1", "icmp h2");
	nsrig_assert_reach_all(*state, .ms = 20000);
	assert_int_equal(count_descriptors(), descriptors);
	/*
	 * The entries of neighbours are deleted afterwards, except for those that a host had
	 * before.
	 */
	nsrig_assert_neighbour(h1, "10.0.0.2");
	nsrig_assert_no_neighbour(h1, "10.0.0.3");
}

static const struct nsrig_topo star = {.shape = "star 40"};

static void failures_explain_themselves(void **state)
{
	static const struct {
		const char *test, *said;
	} failures[] = {
		{"reaches_nobody", "icmp right from \\\"left\\\": expected it to pass, but: ping "
				   "10.2.0.2: no answer within 100 ms\\non its way to 10.2.0.2:\\n"
				   "  left: 10.2.0.2 via 10.1.0.254 dev a0 src 10.1.0.1; neighbour "
				   "10.1.0.254 "},
		{"reaches_nobody",
			"\\n  right: delivered locally\\nand back to 10.1.0.1:\\n  right: route to "
			"10.1.0.1 in \\\"right\\\": Network is unreachable\\ncounters during "
			"a second attempt:\\n"},
		{"reaches_nobody", "IpForwDatagrams +"},
		{"reaches_no_port", "it arrived, but its answer did not\\non its way"},
		{"reaches_no_port", "  right: IpOutNoRoutes +"},
		{"reaches_in_vain_for_long", "no connection within 50 ms\\non its way"},
		{"may_not_pass", "expected it to pass, but: udp 10.7.0.1:53 from \\\"left\\\": "
				 "admin-prohibited from 10.1.0.254: No route to host"},
		{"may_not_pass", "  middle: IcmpOutDestUnreachs +"},
		{"may_not_pass", "  right: no change"},
		{"reaches_all_the_same",
			"tcp middle:80 from \\\"left\\\": expected nothing to pass, "
			"but: it does\\n"},
		{"misspells_a_host", "no host \\\"rihgt\\\" in this rig (did you mean "
				     "\\\"right\\\"?)"},
		{"misspells_the_first_host", "no host \\\"letf\\\" in this rig"},
		{"has_no_such_family", "host \\\"right\\\" has no IPv6 address"},
		{"says_not_where_to_listen", "\\\"udp 10.7.0.1:53\\\": no host has 10.7.0.1, so "
					     ".at has to name the host"},
		{"starts_from_elsewhere", "udp 10.2.0.2:53 from \\\"left\\\": Cannot assign "
					  "requested address"},
		{"is_in_a_hurry", ".eventually is negative: -1 ms"},
		{"gets_no_answer", "expected an answer, but: tcp 10.1.0.254:80 from \\\"left\\\": "
				   "reset: Connection refused"},
		{"gets_another_rejection",
			"expected \\\"port-unreachable from middle\\\", but: admin-prohibited from "
			"10.1.0.254"},
		{"gets_it_from_another", "expected \\\"refused from right\\\", but: "
					 "port-unreachable from 10.1.0.254"},
		{"is_rejected_all_the_same", "expected no \\\"refused\\\", but: reset"},
		{"misspells_a_rejection",
			"\\\"port-unreachabel\\\" is not a rejection (did you mean "
			"\\\"port-unreachable\\\"?)"},
		{"misspells_who_rejects",
			"\\\"refused by middle\\\" is not a rejection (expected a "
			"word, or \\\"WORD from HOST\\\")"},
		{"rejects_at_length", "x \\\" is not a rejection (expected a word, or "},
		{"asks_no_name_server", "expected \\\"www.example.org\\\" to be "
					"\\\"192.0.2.7\\\", but: udp 10.1.0.254 from \\\"left\\\": "
					"port-unreachable from 10.1.0.254"},
		{"expects_no_answer_of_the_dns", "no answer is expected (NODATA is one"},
		{"goes_by_others", "expected the path \\\"left right\\\", but: 10.2.0.2 (right)"},
		{"goes_by_them_all_the_same", "expected the path not to be \\\"right\\\", but: "
					      "10.2.0.2 (right)"},
		{"goes_by_nobody_known", "no host \\\"lfet\\\" in this rig"},
		{"goes_by_nobody_known_nor_arrives", "no host \\\"rihgt\\\" in this rig"},
		{"goes_by_nobody", "\\\" \\\" is not a path (expected one such as"},
		{"is_not_rejected_by_nobody_known", "no host \\\"rihgt\\\" in this rig"},
		{"is_not_so_far", "expected hops >= 2, but: 10.2.0.2 (right)"},
		{"counts_hops_otherwise", "\\\"two\\\" is not a comparison with hops"},
		{"has_another_mtu", "expected a path MTU < 1500, but: 1500"},
		{"loses_too_little", "expected \\\"rate > 0, loss >= 50%\\\", but: not \\\"loss >= "
				     "50%\\\": rate "},
		{"loses_too_little", ", loss 0%, delay "},
		{"loses_too_little", " (10 of 10)"},
		{"loses_all", "not \\\"delay <= 200s\\\": rate 0bit, loss 100%, duplicates 0, "
			      "reordered 0 (0 of 3)"},
		{"measures_nothing", "no bounds given (expected some such as"},
		{"measures_something_else", "\\\"weight\\\" is not measured (expected rate, loss"},
		{"loses_in_tcp", "a flow of TCP has no loss"},
		{"bounds_nothing", "\\\"loss 1%\\\" is not a bound (expected one such as"},
		{"not_all_reach_all", "expected every host to reach every other, but 3 of 6 do "
				      "not:\\nIPv4      1 "
				      "2 3\\n1 middle  - . .\\n2 left    . - ?\\n3 right   N N "
				      "-\\n(from the left to "
				      "above; . answers, ? silence, N net-unreachable)\\nleft to "
				      "right:\\non its way "
				      "to 10.2.0.2:\\n  left: 10.2.0.2 via 10.1.0.254 dev a0"},
		{"some_reach_some", "expected no host to reach another, but 1 of 2 do:\\n"},
		{"reaches_all_of_none", "there are no two hosts with addresses"},
		{"says_something_to_all", "the verb does not support .say and .expect"},
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(failures); i++)
		program_assert_fails(failures[i].test, "guilty-traffic.c", failures[i].said);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(hosts_are_reached_by_name, &routed),
		nsrig_test(addresses_may_come_later, &routed),
		nsrig_test(walls_are_seen, &translated),
		nsrig_test(rejections_are_asserted, &routed),
		nsrig_test(answers_are_awaited, &routed),
		nsrig_test(it_holds_eventually, &routed),
		nsrig_test(failed_neighbours_are_asked_again, &routed),
		nsrig_test(ways_are_asserted, &routed),
		nsrig_test(flows_are_asserted, &routed),
		nsrig_test(names_are_asserted, &routed),
		nsrig_test(all_reach_all, &routed),
		nsrig_test(many_reach_many, &star),
		cmocka_unit_test_setup(failures_explain_themselves, program_clear_environment),
	};

	return nsrig_main(argc, argv, tests);
}
