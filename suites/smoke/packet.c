// SPDX-License-Identifier: MIT
/*
 * Do this kernel's packet sockets receive, filter, distribute and send frames?
 *
 *	left eth0 10.0.0.1/24 ====== 10.0.0.2/24 eth0 right
 */
#include "suites/lib/array.h"
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define PORT 4242

/* An ethertype for local experiments (RFC 5342), which no host sends otherwise. */
#define OWN_TYPE 0x88b5

static const struct nsrig_topo pair = {
	.text = "veth left:eth0 10.0.0.1/24 -- right:eth0 10.0.0.2/24",
};

static int open_packet(struct nsrig_ns *ns, int protocol)
{
	int fd = nsrig_require(
		nsrig_socket(ns, AF_PACKET, SOCK_RAW, htons(protocol)), "CONFIG_PACKET");
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(protocol)};

	at.sll_ifindex = smoke_index(ns, "eth0");
	assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);
	return fd;
}

static void make_frame(unsigned char frame[60], int number)
{
	static const unsigned char head[ETH_HLEN] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0,
		0, 1, OWN_TYPE >> 8, OWN_TYPE & 0xff};

	memset(frame, 0, 60);
	memcpy(frame, head, sizeof(head));
	frame[ETH_HLEN] = (unsigned char)number;
}

static void send_frames(struct nsrig *rig, int count)
{
	unsigned char frame[60];
	int i;

	for (i = 0; i < count; i++) {
		make_frame(frame, i);
		nsrig_assert_ok(nsrig_send_frame(rig, "left:eth0", frame, sizeof(frame)));
	}
}

/* The number in the next frame; -1 if there is none. */
static int next_number(int fd, int ms)
{
	unsigned char frame[2048];

	if (!smoke_readable(fd, ms))
		return -1;
	assert_true(recv(fd, frame, sizeof(frame), 0) > ETH_HLEN);
	return frame[ETH_HLEN];
}

static void packet_socket_sends_and_receives(void **state)
{
	int in = open_packet(nsrig_host(*state, "right"), OWN_TYPE);
	int out = open_packet(nsrig_host(*state, "left"), OWN_TYPE);
	unsigned char frame[60];

	make_frame(frame, 42);
	assert_int_equal(send(out, frame, sizeof(frame), 0), sizeof(frame));
	assert_int_equal(next_number(in, SMOKE_PATIENCE_MS), 42);
	close(out);
	close(in);
}

/* Of four frames, only number 2 passes. */
static void packet_socket_has_a_filter(void **state)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, 0xffff),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	const struct sock_fprog program = {COUNT(code), code};
	int fd = open_packet(nsrig_host(*state, "right"), OWN_TYPE);

	assert_return_code(
		setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)), errno);
	send_frames(*state, 4);
	assert_int_equal(next_number(fd, SMOKE_PATIENCE_MS), 2);
	send_frames(*state, 4);
	assert_int_equal(next_number(fd, SMOKE_PATIENCE_MS), 2);
	close(fd);
}

static int open_member(struct nsrig_ns *ns, int how)
{
	int fd = open_packet(ns, OWN_TYPE), fanout = 7 | how << 16;

	nsrig_require(
		setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &fanout, sizeof(fanout)) < 0 ? -errno : 0,
		"CONFIG_PACKET");
	return fd;
}

/* Each frame goes to one of the two sockets. */
static void packet_fanout_takes_turns(void **state)
{
	struct nsrig_ns *right = nsrig_host(*state, "right");
	int first = open_member(right, PACKET_FANOUT_LB),
	    second = open_member(right, PACKET_FANOUT_LB);
	int counts[2] = {0, 0}, seen = 0, number, i;

	send_frames(*state, 10);
	for (i = 0; i < 5; i++) {
		number = next_number(first, SMOKE_PATIENCE_MS);
		assert_true(number >= 0);
		counts[0]++;
		seen |= 1 << number;
		number = next_number(second, SMOKE_PATIENCE_MS);
		assert_true(number >= 0);
		counts[1]++;
		seen |= 1 << number;
	}
	assert_int_equal(counts[0], 5);
	assert_int_equal(counts[1], 5);
	assert_int_equal(seen, 0x3ff);
	close(first);
	close(second);
}

/* The kernel puts frames into blocks of a shared ring buffer. */
static void tpacket_v3_fills_blocks(void **state)
{
	int fd = open_packet(nsrig_host(*state, "right"), OWN_TYPE), version = TPACKET_V3, i;
	struct tpacket_req3 ring = {.tp_block_size = 1 << 16,
		.tp_block_nr = 4,
		.tp_frame_size = 2048,
		.tp_frame_nr = (1 << 16) / 2048 * 4,
		.tp_retire_blk_tov = 20};
	volatile struct tpacket_block_desc *block;
	struct tpacket3_hdr *hdr;
	unsigned char *frame;

	assert_return_code(
		setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)), errno);
	nsrig_require(
		setsockopt(fd, SOL_PACKET, PACKET_RX_RING, &ring, sizeof(ring)) < 0 ? -errno : 0,
		"CONFIG_PACKET");
	block = mmap(NULL, (size_t)ring.tp_block_size * ring.tp_block_nr, PROT_READ | PROT_WRITE,
		MAP_SHARED, fd, 0);
	assert_true(block != MAP_FAILED);
	send_frames(*state, 3);
	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	assert_true(block->hdr.bh1.block_status & TP_STATUS_USER);
	assert_true(block->hdr.bh1.num_pkts >= 1);
	hdr = (struct tpacket3_hdr *)((char *)block + block->hdr.bh1.offset_to_first_pkt);
	for (i = 0; i < (int)block->hdr.bh1.num_pkts; i++) {
		frame = (unsigned char *)hdr + hdr->tp_mac;
		assert_int_equal(hdr->tp_snaplen, 60);
		assert_int_equal(frame[ETH_HLEN], i);
		hdr = (struct tpacket3_hdr *)((char *)hdr + hdr->tp_next_offset);
	}
	munmap((void *)block, (size_t)ring.tp_block_size * ring.tp_block_nr);
	close(fd);
}

/* Frames are sent from a shared ring buffer. */
static void tpacket_tx_ring_sends(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "right:eth0", "ether proto 0x88b5");
	int fd = open_packet(nsrig_host(*state, "left"), OWN_TYPE), version = TPACKET_V2, i;
	struct tpacket_req ring = {.tp_block_size = 1 << 16,
		.tp_block_nr = 1,
		.tp_frame_size = 2048,
		.tp_frame_nr = 32};
	char *memory;

	assert_return_code(
		setsockopt(fd, SOL_PACKET, PACKET_VERSION, &version, sizeof(version)), errno);
	nsrig_require(
		setsockopt(fd, SOL_PACKET, PACKET_TX_RING, &ring, sizeof(ring)) < 0 ? -errno : 0,
		"CONFIG_PACKET");
	memory = mmap(NULL, ring.tp_block_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	assert_true(memory != MAP_FAILED);
	for (i = 0; i < 5; i++) {
		struct tpacket2_hdr *hdr =
			(struct tpacket2_hdr *)(memory + (size_t)i * ring.tp_frame_size);

		make_frame((unsigned char *)hdr + TPACKET2_HDRLEN - sizeof(struct sockaddr_ll), i);
		hdr->tp_len = 60;
		hdr->tp_status = TP_STATUS_SEND_REQUEST;
	}
	assert_int_equal(send(fd, NULL, 0, 0), 5 * 60);
	nsrig_assert_packets(wire, ">= 5", NULL, NSRIG_WAIT_MS);
	munmap(memory, ring.tp_block_size);
	close(fd);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(packet_socket_sends_and_receives, &pair),
		nsrig_test(packet_socket_has_a_filter, &pair),
		nsrig_test(packet_fanout_takes_turns, &pair),
		nsrig_test(tpacket_v3_fills_blocks, &pair),
		nsrig_test(tpacket_tx_ring_sends, &pair),
	};

	return smoke_main(argc, argv, tests);
}
