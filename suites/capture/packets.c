// SPDX-License-Identifier: MIT
/*
 * Assertions on packets: their number, their order, their bytes. capture.c covers the capturing
 * itself; guilty-packets.c has the tests that fail.
 *
 *	left                                 right
 *	  a0 10.0.0.1/24 2001:db8::1/64 ==== b0 10.0.0.2/24 2001:db8::2/64
 *	  t0 10.7.0.1/24 ------------------- this test
 */
#include "filters.h"
#include "frame.h"
#include "suites/lib/array.h"
#include "suites/lib/count.h"
#include "suites/lib/program.h"

#include <errno.h>
#include <netinet/ip.h>
#include <stdlib.h>
#include <unistd.h>

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH(
		"left:a0 10.0.0.1/24 2001:db8::1/64", "right:b0 10.0.0.2/24 2001:db8::2/64")},
};

static const struct nsrig_topo with_tun = {.text = "tun left:t0 10.7.0.1/24"};

/* An hour: a packet that never comes makes the test time out. */
#define HOUR_MS 3600000

#define ECHO "icmp[icmptype] == icmp-echo"
#define ECHO_REPLY "icmp[icmptype] == icmp-echoreply"

static void ping(struct nsrig *rig)
{
	nsrig_in(nsrig_host(rig, "left"))
		nsrig_assert_ping("10.0.0.2");
}

/* A result that no further packet can change is returned at once. */
static void packets_are_counted(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER);

	send_frames(rig, "left:a0", 0, 3);
	nsrig_assert_packets(wire, ">= 3", NULL, HOUR_MS);
	nsrig_assert_packets(wire, "> 2", FRAME_FILTER, HOUR_MS);
	nsrig_assert_packets(wire, "!= 2", NULL, HOUR_MS);
	nsrig_assert_packets(wire, ">= 0", "arp", HOUR_MS);
	nsrig_assert_packets(wire, "== 3", NULL, 0);
	nsrig_assert_packets(wire, "== 3", NULL, 10);
	nsrig_assert_packets(wire, "<= 3", NULL, 0);
	nsrig_assert_packets(wire, "< 4", NULL, 0);
	nsrig_assert_packets(wire, "== 1", "ether[17] == 2", 0);
	nsrig_assert_packets(wire, "== 0", "ether[17] == 3", 10);
	assert_int_equal(nsrig_capture_count(wire, NULL), 3);
	assert_int_equal(nsrig_capture_count(wire, "ether[17] != 0"), 2);
	nsrig_assert_ok(nsrig_capture_wait(wire, NULL, 3, 0));
	nsrig_assert_ok(nsrig_capture_wait(wire, NULL, 0, HOUR_MS));
	refused(nsrig_capture_wait(wire, "arp", 1, 10), -ETIMEDOUT,
		"capture on left:a0: 0 of 1 packets \"arp\" came within 10 ms; what came last: ");
	refused(nsrig_capture_wait(wire, "arp", 1, -1), -EINVAL, "-1 ms is not a time limit");
	refused(nsrig_capture_wait(NULL, "arp", 1, 1), -EINVAL, "no capture given");
	refused(nsrig_capture_count(wire, "imcp"), -EINVAL, "filter \"imcp\": ");
}

static void order_is_found_among_others(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "right:b0", "icmp or arp");

	ping(rig);
	nsrig_assert_packet_order(
		wire, HOUR_MS, "arp[6:2] == 1", "inbound and " ECHO, "outbound and " ECHO_REPLY);
	nsrig_assert_packet_order(wire, HOUR_MS, "inbound", ECHO_REPLY);
	ping(rig);
	nsrig_assert_packet_order(wire, HOUR_MS, ECHO, ECHO_REPLY, ECHO, ECHO_REPLY);
}

struct chain {
	struct nsrig *rig;
	uint32_t number;
};

/* Each packet causes the next one to be sent: every packet wakes the wait. */
static int send_next(const struct nsrig_packet *packet, void *arg)
{
	struct chain *chain = arg;

	assert_int_equal(ntohl(((const struct frame *)packet->data)->number), chain->number);
	send_frames(chain->rig, "left:a0", ++chain->number, 1);
	return chain->number == 100 ? 100 : 0;
}

static void each_packet_is_given_as_it_comes(void **state)
{
	struct nsrig *rig = *state;
	struct chain chain = {.rig = rig};
	struct nsrig_capture *wire = nsrig_capture(rig, "right:b0", FRAME_FILTER);

	send_frames(rig, "left:a0", 0, 1);
	assert_int_equal(nsrig_capture_each(wire, NULL, HOUR_MS, send_next, &chain), 100);
	refused(nsrig_capture_each(wire, NULL, 0, NULL, NULL), -EINVAL, "no function given");
}

static int copy_packet(const struct nsrig_packet *packet, void *copy)
{
	*(struct nsrig_packet *)copy = *packet;
	return 1;
}

static void packet_is_what_it_was(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *out = nsrig_capture(rig, "left:a0", NULL);
	struct nsrig_capture *in = nsrig_capture(rig, "right:b0", NULL);
	struct frame sent = frame(0x12345678);
	struct nsrig_packet left, right;

	send_frames(rig, "left:a0", 0x12345678, 1);
	assert_int_equal(nsrig_capture_each(out, FRAME_FILTER, HOUR_MS, copy_packet, &left), 1);
	assert_int_equal(nsrig_capture_each(in, FRAME_FILTER, HOUR_MS, copy_packet, &right), 1);
	assert_true(left.out);
	assert_false(right.out);
	assert_int_equal(left.size, sizeof(sent));
	assert_int_equal(right.length, sizeof(sent));
	assert_memory_equal(left.data, &sent, sizeof(sent));
	assert_memory_equal(right.data, &sent, sizeof(sent));
	assert_true(left.time_ns <= right.time_ns);
}

static void mark_parts_old_from_new(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER);
	int i;

	for (i = 0; i < 50; i++) {
		send_frames(rig, "left:a0", 0, 1);
		nsrig_assert_ok(nsrig_capture_mark(wire));
		assert_int_equal(nsrig_capture_count(wire, NULL), 0);
	}
	send_frames(rig, "left:a0", 0, 2);
	nsrig_assert_packets(wire, "== 2", NULL, 0);
}

static void block_has_packets_of_its_own(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER);
	int i;

	send_frames(rig, "left:a0", 0, 2);
	nsrig_expect_packets(wire, "== 3", NULL, 10) {
		nsrig_expect_packets(wire, "== 1", "ether[17] == 2", 0)
			send_frames(rig, "left:a0", 0, 3);
	}
	nsrig_expect_packets(wire, "== 0", NULL, 10)
		;
	nsrig_expect_packet_order(wire, HOUR_MS, "ether[17] == 1", "ether[17] == 2")
		send_frames(rig, "left:a0", 1, 2);
	for (i = 0; i < 2; i++) {
		nsrig_expect_packets(wire, ">= 1", NULL, HOUR_MS) {
			send_frames(rig, "left:a0", 0, 1);
			break;
		}
	}
	nsrig_assert_packets(wire, "== 9", NULL, 0);
}

static void failures_are_told(void **state)
{
	static const char verbs[] = "guilty-packets.c";

	(void)state;
	/* Nothing can be saved there. */
	setenv("TMPDIR", "/dev/null", 1);
	program_assert_fails("counts_one_packet_too_many", verbs,
		"expected == 11 packets \\\"\\\" on left:a0 within 3600000 ms, but already 12 "
		"came; what came last: ");
	program_assert_fails("counts_a_packet_that_should_not_be", verbs,
		"expected == 0 packets \\\"ether proto 0x88b5\\\" on left:a0 within 3600000 ms, "
		"but already 1 came");
	program_assert_fails("counts_too_few_packets", verbs,
		"expected >= 13 packets \\\"ether broadcast\\\" on left:a0 within 10 ms, but 12 "
		"came");
	program_assert_fails("compares_packets_with_nothing", verbs,
		"\\\"3\\\" is not a comparison with a number of packets");
	program_assert_fails("misspells_a_filter", verbs, "filter \\\"imcp\\\": ");
	program_assert_fails("waits_for_packets_since_ever", verbs,
		"nsrig_assert_packets: -1 ms is not a time limit (expected 0 or more)");
	program_assert_fails("captures_on_no_link", verbs,
		"nsrig_capture: no link \\\"a1\\\" in \\\"left\\\" (there are: lo, ");
	program_assert_fails("has_packets_in_another_order", verbs,
		"expected a packet \\\"ether[17] == 8\\\" on left:a0 after 2 of 3 that came in "
		"order "
		"within 10 ms, but none came; what came last: ");
	program_assert_fails("has_no_such_packet_at_all", verbs,
		"expected a packet \\\"arp\\\" on left:a0 within 10 ms, but none came");
	program_assert_fails("has_one_packet_for_two", verbs, "after 1 of 2 that came in order");
	program_assert_fails("expects_packets_of_a_block_in_vain", verbs, "but 1 came; ");
	program_assert_fails("leaves_before_the_packet", verbs, "but none came; nothing came");
	program_assert_fails("misspells_the_filter_of_a_block", verbs, "filter \\\"imcp\\\": ");
	program_assert_fails("expects_no_packets_in_order", verbs,
		"nsrig_assert_packet_order: no packets expected");
	program_assert_fails("fails_at_the_third_packet", verbs, "count < 3");
}

struct tagged {
	struct ether_header header; /* its type is the tag's */
	uint16_t vlan, type;
	uint8_t rest[FRAME_SIZE - sizeof(struct ether_header) - 2 * sizeof(uint16_t)];
} __attribute__((packed));

/* The kernel removes tags from incoming frames; the capture puts them back. */
static void tags_are_in_their_place(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *all = nsrig_capture(rig, "right:b0", NULL);
	struct nsrig_capture *vlan = nsrig_capture(rig, "right:b0", "vlan 5");
	struct nsrig_capture *other = nsrig_capture(rig, "right:b0", "not vlan");
	struct nsrig_capture *both[] = {all, vlan};
	struct tagged tagged = {.header = frame(0).header, .vlan = htons(5)};
	struct nsrig_packet packet;
	int i;

	tagged.header.ether_type = htons(ETHERTYPE_VLAN);
	tagged.type = htons(FRAME_TYPE);
	nsrig_assert_ok(nsrig_send_frame(rig, "left:a0", &tagged, sizeof(tagged)));
	send_frames(rig, "left:a0", 0, 1);
	nsrig_assert_packets(all, ">= 1", FRAME_FILTER, HOUR_MS);
	nsrig_assert_packets(all, "== 1", "vlan 5 and " FRAME_FILTER, 0);
	nsrig_assert_packets(all, "== 0", "vlan 6", 0);
	nsrig_assert_packets(all, "== 1", FRAME_FILTER, 0);
	nsrig_assert_packets(vlan, "== 1", NULL, 0);
	nsrig_assert_packets(other, "== 1", FRAME_FILTER, 0);
	nsrig_assert_packets(other, "== 0", "ether[12:2] == 0x8100", 0);
	for (i = 0; i < 2; i++) {
		assert_int_equal(nsrig_capture_each(both[i], "vlan", 0, copy_packet, &packet), 1);
		assert_int_equal(packet.length, sizeof(tagged));
		assert_memory_equal(packet.data, &tagged, sizeof(tagged));
	}
}

static void directions_are_known(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *out = nsrig_capture(rig, "left:a0", "outbound and " FRAME_FILTER);
	struct nsrig_capture *in = nsrig_capture(rig, "left:a0", "inbound");
	struct nsrig_capture *all = nsrig_capture(rig, "left:a0", NULL);

	send_frames(rig, "left:a0", 1, 1);
	send_frames(rig, "right:b0", 2, 1);
	nsrig_assert_packets(all, ">= 2", FRAME_FILTER, HOUR_MS);
	nsrig_assert_packets(all, "== 1", "outbound and ether[17] == 1", 0);
	nsrig_assert_packets(all, "== 1", "inbound and ether[17] == 2", 0);
	nsrig_assert_packets(all, "== 0", "inbound and ether[17] == 1", 0);
	nsrig_assert_packets(out, "== 1", NULL, 0);
	nsrig_assert_packets(out, "== 1", "ether[17] == 1", 0);
	nsrig_assert_packets(in, "== 1", FRAME_FILTER, 0);
	nsrig_assert_packets(in, "== 0", "outbound", 0);
}

/* The kernel delivers a packet on lo twice, outgoing and incoming; the capture keeps one. */
static void packets_on_lo_are_there_once(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *lo = nsrig_capture(rig, "left:lo", NULL);

	send_frames(rig, "left:lo", 0, 100);
	nsrig_assert_packets(lo, ">= 100", FRAME_FILTER, HOUR_MS);
	nsrig_assert_packets(lo, "== 100", FRAME_FILTER, 10);
	nsrig_assert_packets(lo, "== 0", "outbound", 0);
	nsrig_in(nsrig_host(rig, "left"))
		nsrig_assert_ping("127.0.0.1");
	nsrig_assert_packet_order(lo, HOUR_MS, ECHO, ECHO_REPLY);
}

/* An IP packet with no particular content. */
static struct iphdr ip_packet(void)
{
	struct iphdr packet = {.version = 4,
		.ihl = 5,
		.tot_len = htons(sizeof(packet)),
		.ttl = 64,
		.protocol = 253, /* for experiments (RFC 3692) */
		.saddr = inet_addr("10.7.0.2"),
		.daddr = inet_addr("10.7.0.9")};

	return packet;
}

/* A link without Ethernet headers carries bare IP packets. */
static void packets_of_a_tun_are_ip(void **state)
{
	struct nsrig *rig = *state;
	int fd = nsrig_assert_ok(nsrig_tun_fd(rig, "left:t0"));
	struct nsrig_capture *wire = nsrig_capture(rig, "left:t0", "ip proto 253");
	struct iphdr packet = ip_packet(), got;
	struct nsrig_packet in, out;
	char *text;

	assert_int_equal(write(fd, &packet, sizeof(packet)), sizeof(packet));
	nsrig_assert_ok(nsrig_capture_wait(wire, "ip dst 10.7.0.9", 1, HOUR_MS));
	nsrig_assert_ok(nsrig_send_frame(rig, "left:t0", &packet, sizeof(packet)));
	assert_int_equal(nsrig_capture_each(wire, "inbound", HOUR_MS, copy_packet, &in), 1);
	assert_int_equal(nsrig_capture_each(wire, "outbound", HOUR_MS, copy_packet, &out), 1);
	assert_int_equal(in.size, sizeof(packet));
	assert_memory_equal(in.data, &packet, sizeof(packet));
	assert_memory_equal(out.data, &packet, sizeof(packet));
	do {
		assert_true(read(fd, &got, sizeof(got)) > 0);
	} while (got.protocol != packet.protocol);
	nsrig_assert_ok(nsrig_capture_text(wire, "inbound", &text));
	assert_non_null(strstr(text, " in 10.7.0.2 > 10.7.0.9 protocol 253, 20 bytes\n"));
	free(text);
	refused(nsrig_send_frame(rig, "left:t0", "x", 1), -EINVAL, "no IP packet (1 bytes)");
}

static void packets_are_told_in_words(void **state)
{
	static const char *const words[] = {" in ARP who has 10.0.0.2? tell 10.0.0.1, 42 bytes\n",
		" out ARP 10.0.0.2 is at 02:", " in 10.0.0.1 > 10.0.0.2 ICMP echo request id ",
		" out 10.0.0.2 > 10.0.0.1 ICMP echo reply id ", ", 42 bytes\n",
		" > ff02::1:ff00:2 ICMPv6 neighbour solicitation of 2001:db8::2, 86 bytes\n",
		" out 2001:db8::2 > 2001:db8::1 ICMPv6 echo reply id "};
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "right:b0", NULL);
	char *text;
	size_t i;

	ping(rig);
	nsrig_in(nsrig_host(rig, "left"))
		nsrig_assert_ping("2001:db8::2");
	nsrig_assert_ok(nsrig_capture_text(wire, NULL, &text));
	for (i = 0; i < COUNT(words); i++) {
		if (!strstr(text, words[i]))
			nsrig_fail("\"%s\" is not in: %s", words[i], text);
	}
	free(text);
}

static void bad_frames_are_refused(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", NULL);
	struct frame one = frame(1);
	unsigned char large[1519] = {0};

	memcpy(large, &one, sizeof(one));
	refused(nsrig_send_frame(NULL, "left:a0", &one, sizeof(one)), -EINVAL, "is not a link");
	refused(nsrig_send_frame(rig, "left:a0", NULL, 60), -EINVAL, "no bytes given");
	refused(nsrig_send_frame(rig, "left:a1", &one, 60), -ENODEV,
		"no link \"a1\" in \"left\" (there are: lo, ");
	refused(nsrig_send_frame(rig, "middle:a0", &one, 60), -ENOENT, "no host \"middle\"");
	refused(nsrig_send_frame(rig, "left:a0", &one, 0), -EINVAL,
		"frame for left:a0: 0 bytes are too few for an Ethernet header (14)");
	refused(nsrig_send_frame(rig, "left:a0", &one, 13), -EINVAL, "13 bytes are too few");
	nsrig_assert_ok(nsrig_capture_mark(wire));
	nsrig_assert_ok(nsrig_send_frame(rig, "left:a0", &one, 14));
	nsrig_assert_ok(nsrig_send_frame(rig, "left:a0", large, 1514));
	refused(nsrig_send_frame(rig, "left:a0", large, 1515), -EMSGSIZE,
		"1515 bytes are more than it carries (1514, with an MTU of 1500)");
	large[12] = 0x81;
	large[13] = 0;
	nsrig_assert_ok(nsrig_send_frame(rig, "left:a0", large, 1518));
	refused(nsrig_send_frame(rig, "left:a0", large, 1519), -EMSGSIZE, "(1518, with an MTU");
	nsrig_assert_packets(wire, "== 3", FRAME_FILTER " or vlan", 0);
	nsrig_assert_ok(nsrig_link_down(nsrig_host(rig, "left"), "a0"));
	refused(nsrig_send_frame(rig, "left:a0", &one, 60), -ENETDOWN, "the link is down");
}

/* A program that dies ends the wait. */
static int die(void *unused)
{
	(void)unused;
	return 7;
}

static void program_that_dies_ends_the_wait(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", "arp");
	struct nsrig_program *program = nsrig_spawn(rig, "left", .function = die);

	refused(nsrig_capture_wait(wire, NULL, 1000, HOUR_MS), -ECHILD,
		"waiting for packets on left:a0 \"arp\"");
	nsrig_assert_error(nsrig_stop(program), -ECHILD);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(packets_are_counted, &cable),
		nsrig_test(order_is_found_among_others, &cable),
		nsrig_test(each_packet_is_given_as_it_comes, &cable),
		nsrig_test(packet_is_what_it_was, &cable),
		nsrig_test(mark_parts_old_from_new, &cable),
		nsrig_test(block_has_packets_of_its_own, &cable),
		cmocka_unit_test_setup(failures_are_told, program_clear_environment),
		nsrig_test(tags_are_in_their_place, &cable),
		nsrig_test(directions_are_known, &cable),
		nsrig_test(packets_on_lo_are_there_once, &cable),
		nsrig_test(packets_of_a_tun_are_ip, &with_tun),
		nsrig_test(packets_are_told_in_words, &cable),
		nsrig_test(bad_frames_are_refused, &cable),
		nsrig_test(program_that_dies_ends_the_wait, &cable),
	};

	return nsrig_main_group(argc, argv, tests, filters_needed, NULL);
}
