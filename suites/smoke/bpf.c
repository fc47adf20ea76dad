// SPDX-License-Identifier: MIT
/*
 * Does this kernel run BPF programs on packets, and obey their verdicts? The programs are a few
 * instructions each, and are assembled here.
 *
 *	left eth0 10.0.0.1/24 ====== eth0 middle eth1 ====== 10.0.0.2/24 eth0 right
 *
 * Source: bpf(2), linux/bpf.h, Documentation/bpf/.
 */
#include "suites/lib/array.h"
#include "suites/smoke/lib/smoke.h"
#include "suites/smoke/lib/tc.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_xdp.h>
#include <linux/mount.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Headers before Linux 5.14 lack it. */
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71
#endif

#define PORT 4242

#define MOV(to, value)                                                                             \
	{                                                                                          \
		.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = (to), .imm = (value)               \
	}
#define CALL(function)                                                                             \
	{                                                                                          \
		.code = BPF_JMP | BPF_CALL, .imm = (function)                                      \
	}
#define EXIT                                                                                       \
	{                                                                                          \
		.code = BPF_JMP | BPF_EXIT                                                         \
	}
/* Two instructions hold the 64 bits of a reference to a map. */
#define LOAD_MAP(to, fd)                                                                           \
	{.code = BPF_LD | BPF_DW | BPF_IMM,                                                        \
		.dst_reg = (to),                                                                   \
		.src_reg = BPF_PSEUDO_MAP_FD,                                                      \
		.imm = (fd)},                                                                      \
	{                                                                                          \
		.code = 0                                                                          \
	}

static int bpf(int command, union bpf_attr *attr)
{
	int rc = (int)syscall(SYS_bpf, command, attr, sizeof(*attr));

	return rc < 0 ? -errno : rc;
}

static int load(int type, const struct bpf_insn *code, int count, const char *option)
{
	union bpf_attr attr = {.prog_type = type,
		.insns = (uintptr_t)code,
		.insn_cnt = count,
		.license = (uintptr_t) "GPL"};

	nsrig_require_root();
	nsrig_require_cap(CAP_BPF);
	return nsrig_require(bpf(BPF_PROG_LOAD, &attr), option);
}

static int new_map(int type, int value_size, int entries, const char *option)
{
	union bpf_attr attr = {
		.map_type = type, .key_size = 4, .value_size = value_size, .max_entries = entries};

	nsrig_require_root();
	nsrig_require_cap(CAP_BPF);
	return nsrig_require(bpf(BPF_MAP_CREATE, &attr), option);
}

static void put(int map, uint32_t key, const void *value)
{
	union bpf_attr attr = {
		.map_fd = map, .key = (uintptr_t)&key, .value = (uintptr_t)value, .flags = BPF_ANY};

	assert_int_equal(bpf(BPF_MAP_UPDATE_ELEM, &attr), 0);
}

/* A program with the same verdict on every packet. */
static int load_verdict(int type, int verdict, const char *option)
{
	const struct bpf_insn code[] = {MOV(BPF_REG_0, verdict), EXIT};

	return load(type, code, COUNT(code), option);
}

/* ---- XDP ------------------------------------------------------------------------------------- */

static const struct nsrig_topo wire = {
	.text = "veth left:eth0 10.0.0.1/24 -- middle:eth0\n"
		"veth middle:eth1 -- right:eth0 10.0.0.2/24\n",
};

/* Every packet that the link receives goes through the program first; -1 detaches it. */
static void attach_xdp(struct nsrig *rig, const char *host, const char *link, int fd)
{
	struct nsrig_ns *ns = nsrig_host(rig, host);
	struct ifinfomsg ifi = {.ifi_index = smoke_index(ns, link)};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_SETLINK, 0);
	struct nlattr *xdp;

	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	xdp = nla_nest_start(msg, IFLA_XDP | NLA_F_NESTED);
	assert_int_equal(nla_put_u32(msg, IFLA_XDP_FD, fd), 0);
	nla_nest_end(msg, xdp);
	nsrig_assert_ok(nsrig_request(ns, msg));
	nlmsg_free(msg);
}

static void run_xdp(struct nsrig *rig, const char *host, const char *link, int verdict)
{
	int fd = load_verdict(BPF_PROG_TYPE_XDP, verdict, "CONFIG_BPF_SYSCALL");

	attach_xdp(rig, host, link, fd);
	close(fd);
}

/* left eth0 10.0.0.1/24 ====== 10.0.0.2/24 eth0 right */
static const struct nsrig_topo pair = {
	.text = "veth left:eth0 10.0.0.1/24 -- right:eth0 10.0.0.2/24",
};

static void xdp_drops_and_passes(void **state)
{
	run_xdp(*state, "right", "eth0", XDP_DROP);
	nsrig_assert_no_reach(*state, "left", "icmp right");
	run_xdp(*state, "right", "eth0", XDP_PASS);
	nsrig_assert_reach(*state, "left", "icmp right", .eventually = SMOKE_PATIENCE_MS);
	run_xdp(*state, "right", "eth0", XDP_DROP);
	nsrig_assert_no_reach(*state, "left", "icmp right");
	attach_xdp(*state, "right", "eth0", -1);
	nsrig_assert_reach(*state, "left", "icmp right", .eventually = SMOKE_PATIENCE_MS);
}

static void send_frame(struct nsrig *rig)
{
	static const unsigned char frame[60] = {
		0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};

	nsrig_assert_ok(nsrig_send_frame(rig, "left:eth0", frame, sizeof(frame)));
}

static void xdp_sends_back(void **state)
{
	/* Frames that an XDP program sends back are only received by an end that runs XDP too. */
	struct nsrig_capture *back =
		nsrig_capture(*state, "left:eth0", "inbound and ether proto 0x88b5");

	run_xdp(*state, "left", "eth0", XDP_PASS);
	run_xdp(*state, "right", "eth0", XDP_PASS);
	send_frame(*state);
	nsrig_assert_packets(back, "== 0", NULL, NSRIG_SILENCE_MS);
	run_xdp(*state, "right", "eth0", XDP_TX);
	send_frame(*state);
	nsrig_assert_packets(back, ">= 1", NULL, NSRIG_WAIT_MS);
}

/* Redirects frames to a link: bpf_redirect(ifindex, 0). */
static void redirect(struct nsrig *rig, const char *from, const char *to)
{
	const struct bpf_insn code[] = {
		MOV(BPF_REG_1, smoke_index(nsrig_host(rig, "middle"), to)),
		MOV(BPF_REG_2, 0),
		CALL(BPF_FUNC_redirect),
		EXIT,
	};
	int fd = load(BPF_PROG_TYPE_XDP, code, COUNT(code), "CONFIG_BPF_SYSCALL");

	attach_xdp(rig, "middle", from, fd);
	close(fd);
}

static void run_at_both_ends(struct nsrig *rig)
{
	run_xdp(rig, "left", "eth0", XDP_PASS);
	run_xdp(rig, "right", "eth0", XDP_PASS);
}

static void xdp_redirects_to_another_link(void **state)
{
	run_at_both_ends(*state);
	nsrig_assert_no_reach(*state, "left", "icmp right");
	redirect(*state, "eth0", "eth1");
	redirect(*state, "eth1", "eth0");
	nsrig_assert_reach(*state, "left", "icmp right", .eventually = SMOKE_PATIENCE_MS);
}

/* The same by a map, which may change while the program is attached. */
static void xdp_redirects_by_a_map(void **state)
{
	struct nsrig *rig = *state;
	int map = new_map(BPF_MAP_TYPE_DEVMAP, 4, 2, "CONFIG_BPF_SYSCALL"), fd;
	uint32_t eth1 = smoke_index(nsrig_host(rig, "middle"), "eth1");
	struct nsrig_capture *right = nsrig_capture(rig, "right:eth0", "ether proto 0x88b5");
	const struct bpf_insn code[] = {
		LOAD_MAP(BPF_REG_1, map),
		MOV(BPF_REG_2, 0),
		MOV(BPF_REG_3, 0),
		CALL(BPF_FUNC_redirect_map),
		EXIT,
	};

	run_at_both_ends(rig);
	fd = load(BPF_PROG_TYPE_XDP, code, COUNT(code), "CONFIG_BPF_SYSCALL");
	attach_xdp(rig, "middle", "eth0", fd);
	send_frame(rig);
	nsrig_assert_packets(right, "== 0", NULL, NSRIG_SILENCE_MS);
	/* Interface indexes are looked up in the current namespace. */
	nsrig_in(nsrig_host(rig, "middle"))
		put(map, 0, &eth1);
	send_frame(rig);
	nsrig_assert_packets(right, ">= 1", NULL, NSRIG_WAIT_MS);
	close(fd);
	close(map);
}

/* ---- AF_XDP ---------------------------------------------------------------------------------- */

#define FRAMES 64
#define FRAME_SIZE 2048

static void *map_ring(int fd, const struct xdp_ring_offset *at, size_t entry, off_t page)
{
	void *ring =
		mmap(NULL, at->desc + FRAMES * entry, PROT_READ | PROT_WRITE, MAP_SHARED, fd, page);

	assert_true(ring != MAP_FAILED);
	return ring;
}

/*
 * Frames that the link receives land in this process's memory, without a copy by the network stack.
 */
static void af_xdp_receives_frames(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *right = nsrig_host(rig, "right");
	/* Check the socket first: without it, creating the map fails with EINVAL only. */
	int fd = nsrig_require(nsrig_socket(right, AF_XDP, SOCK_RAW, 0), "CONFIG_XDP_SOCKETS");
	int map = new_map(BPF_MAP_TYPE_XSKMAP, 4, 4, "CONFIG_XDP_SOCKETS"), program;
	const struct bpf_insn code[] = {
		LOAD_MAP(BPF_REG_1, map),
		MOV(BPF_REG_2, 0),
		MOV(BPF_REG_3, XDP_PASS),
		CALL(BPF_FUNC_redirect_map),
		EXIT,
	};
	void *memory = mmap(NULL, FRAMES * FRAME_SIZE, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct xdp_umem_reg umem = {
		.addr = (uintptr_t)memory, .len = FRAMES * FRAME_SIZE, .chunk_size = FRAME_SIZE};
	struct sockaddr_xdp at = {.sxdp_family = AF_XDP, .sxdp_flags = XDP_COPY};
	struct xdp_mmap_offsets offsets;
	socklen_t length = sizeof(offsets);
	const int entries = FRAMES;
	struct xdp_desc *desc;
	char *fill, *rx;
	int i;

	assert_true(memory != MAP_FAILED);
	assert_return_code(setsockopt(fd, SOL_XDP, XDP_UMEM_REG, &umem, sizeof(umem)), errno);
	assert_return_code(
		setsockopt(fd, SOL_XDP, XDP_UMEM_FILL_RING, &entries, sizeof(entries)), errno);
	assert_return_code(
		setsockopt(fd, SOL_XDP, XDP_UMEM_COMPLETION_RING, &entries, sizeof(entries)),
		errno);
	assert_return_code(setsockopt(fd, SOL_XDP, XDP_RX_RING, &entries, sizeof(entries)), errno);
	assert_return_code(getsockopt(fd, SOL_XDP, XDP_MMAP_OFFSETS, &offsets, &length), errno);
	fill = map_ring(fd, &offsets.fr, sizeof(uint64_t), XDP_UMEM_PGOFF_FILL_RING);
	rx = map_ring(fd, &offsets.rx, sizeof(struct xdp_desc), XDP_PGOFF_RX_RING);
	for (i = 0; i < FRAMES; i++)
		((uint64_t *)(fill + offsets.fr.desc))[i] = (uint64_t)i * FRAME_SIZE;
	__atomic_store_n((uint32_t *)(fill + offsets.fr.producer), FRAMES, __ATOMIC_RELEASE);
	at.sxdp_ifindex = smoke_index(right, "eth0");
	assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);

	program = load(BPF_PROG_TYPE_XDP, code, COUNT(code), "CONFIG_BPF_SYSCALL");
	attach_xdp(rig, "right", "eth0", program);
	put(map, 0, &fd);
	send_frame(rig);
	/* Skip IPv6's own packets. */
	for (i = 0, desc = NULL; !desc || memcmp((char *)memory + desc->addr + 12, "\x88\xb5", 2);
		i++) {
		__atomic_store_n((uint32_t *)(rx + offsets.rx.consumer), i, __ATOMIC_RELEASE);
		assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
		desc = (struct xdp_desc *)(rx + offsets.rx.desc) + i;
	}
	assert_int_equal(desc->len, 60);
	attach_xdp(rig, "right", "eth0", -1);
	close(program);
	close(fd);
	close(map);
	munmap(fill, offsets.fr.desc + FRAMES * sizeof(uint64_t));
	munmap(rx, offsets.rx.desc + FRAMES * sizeof(struct xdp_desc));
	munmap(memory, FRAMES * FRAME_SIZE);
}

/* ---- elsewhere ------------------------------------------------------------------------------- */

static void tc_runs_bpf(void **state)
{
	struct nsrig_ns *right = nsrig_host(*state, "right");
	int link = smoke_index(right, "eth0");
	int fd = load_verdict(BPF_PROG_TYPE_SCHED_CLS, TC_ACT_SHOT, "CONFIG_BPF_SYSCALL");
	struct nl_msg *msg;

	nsrig_assert_reach(*state, "left", "icmp right");
	tc_clsact(right, link);
	msg = tc_filter("bpf", link, TC_INGRESS, ETH_P_ALL, 0);
	assert_int_equal(nla_put_u32(msg, TCA_BPF_FD, fd), 0);
	assert_int_equal(nla_put_string(msg, TCA_BPF_NAME, "drop"), 0);
	assert_int_equal(nla_put_u32(msg, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT), 0);
	nsrig_require(tc_send(right, msg), "CONFIG_NET_CLS_BPF");
	nsrig_assert_no_reach(*state, "left", "icmp right");
	close(fd);
}

static void socket_filter_runs_bpf(void **state)
{
	int heard = smoke_server(nsrig_host(*state, "right"), SOCK_DGRAM, "", PORT);
	int fd = nsrig_assert_ok(
		smoke_connect(nsrig_host(*state, "left"), SOCK_DGRAM, "10.0.0.2", PORT));
	/* A socket filter returns how much of the packet to keep: the UDP header, and two bytes. */
	int program = load_verdict(BPF_PROG_TYPE_SOCKET_FILTER, 8 + 2, "CONFIG_BPF_SYSCALL");
	char text[16] = "";

	assert_return_code(
		setsockopt(heard, SOL_SOCKET, SO_ATTACH_BPF, &program, sizeof(program)), errno);
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	assert_true(smoke_readable(heard, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(heard, text, sizeof(text), 0), 2);
	assert_string_equal(text, "he");
	close(program);
	close(fd);
	close(heard);
}

static struct smoke_connection connect_both(struct nsrig *rig, int port)
{
	return smoke_connect_both(
		nsrig_host(rig, "left"), nsrig_host(rig, "right"), "10.0.0.2", port);
}

/* Data received on one connection are sent on the other, and no program reads them. */
static void sockmap_joins_two_connections(void **state)
{
	int map = new_map(BPF_MAP_TYPE_SOCKMAP, 4, 2, "CONFIG_BPF_STREAM_PARSER"), program;
	const struct bpf_insn code[] = {
		LOAD_MAP(BPF_REG_2, map),
		MOV(BPF_REG_3, 0),
		MOV(BPF_REG_4, 0),
		CALL(BPF_FUNC_sk_redirect_map),
		EXIT,
	};
	struct smoke_connection in = connect_both(*state, PORT),
				out = connect_both(*state, PORT + 1);
	union bpf_attr attr = {.target_fd = map, .attach_type = BPF_SK_SKB_STREAM_VERDICT};
	char heard[16] = "";

	program = load(BPF_PROG_TYPE_SK_SKB, code, COUNT(code), "CONFIG_BPF_STREAM_PARSER");
	attr.attach_bpf_fd = program;
	nsrig_require(bpf(BPF_PROG_ATTACH, &attr), "CONFIG_BPF_STREAM_PARSER");
	put(map, 0, &out.server);
	put(map, 1, &in.server);
	assert_int_equal(send(in.client, "hello", 5, 0), 5);
	assert_true(smoke_readable(out.client, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(out.client, heard, sizeof(heard), 0), 5);
	assert_string_equal(heard, "hello");
	close(program);
	close(map);
	smoke_close_both(in);
	smoke_close_both(out);
}

/* ---- cgroups --------------------------------------------------------------------------------- */

/* The root cgroup, as far as this process sees it. The file system need not be mounted. */
static int open_cgroups(void)
{
	/* By number, because glibc has the functions only since 2.36. */
	int fs = (int)syscall(SYS_fsopen, "cgroup2", FSOPEN_CLOEXEC), mounted, fd;

	/* The error for a file system that the kernel doesn't have. */
	if (fs < 0 && errno == ENODEV)
		nsrig_skip("needs CONFIG_CGROUPS");
	assert_return_code(fs, errno);
	assert_return_code(syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), errno);
	mounted = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	assert_return_code(mounted, errno);
	fd = openat(mounted, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_return_code(fd, errno);
	close(mounted);
	close(fs);
	return fd;
}

static uint64_t cookie_of(int fd)
{
	uint64_t cookie;
	socklen_t length = sizeof(cookie);

	nsrig_require(
		getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &length) < 0 ? -errno : 0,
		"Linux 5.14");
	return cookie;
}

/*
 * Runs a program when any process connects by IPv4; "middle" is the middle of it. It leaves all
 * namespaces alone except the one of this socket. Closing the returned descriptor detaches it, also
 * if this process is killed.
 */
static int run_at_connect(int socket, const struct bpf_insn *middle, int count)
{
	const uint64_t cookie = cookie_of(socket);
	struct bpf_insn code[32] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_6, .src_reg = BPF_REG_1},
		CALL(BPF_FUNC_get_netns_cookie),
		{.code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = BPF_REG_1, .imm = (int)cookie},
		{.imm = (int)(cookie >> 32)},
		MOV(BPF_REG_7, 1),
		{.code = BPF_JMP | BPF_JNE | BPF_X,
			.dst_reg = BPF_REG_0,
			.src_reg = BPF_REG_1,
			.off = (int16_t)count},
	};
	const struct bpf_insn end[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = BPF_REG_0, .src_reg = BPF_REG_7},
		EXIT,
	};
	union bpf_attr attr = {.prog_type = BPF_PROG_TYPE_CGROUP_SOCK_ADDR,
		.expected_attach_type = BPF_CGROUP_INET4_CONNECT,
		.insns = (uintptr_t)code,
		.insn_cnt = 6 + count + 2,
		.license = (uintptr_t) "GPL"};
	int program, cgroups, link;

	memcpy(code + 6, middle, count * sizeof(*middle));
	memcpy(code + 6 + count, end, sizeof(end));
	nsrig_require_root();
	nsrig_require_cap(CAP_BPF);
	program = bpf(BPF_PROG_LOAD, &attr);
	/* The error for a program type that the kernel doesn't have. */
	nsrig_require(program == -EINVAL ? -EOPNOTSUPP : program, "CONFIG_CGROUP_BPF");
	cgroups = open_cgroups();
	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = program;
	attr.link_create.target_fd = cgroups;
	attr.link_create.attach_type = BPF_CGROUP_INET4_CONNECT;
	link = nsrig_require(bpf(BPF_LINK_CREATE, &attr), "CONFIG_CGROUP_BPF");
	close(cgroups);
	close(program);
	return link;
}

static void bpf_in_a_cgroup_refuses_to_connect(void **state)
{
	static const struct bpf_insn refuse[] = {MOV(BPF_REG_7, 0)};
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	int server = smoke_server(right, SOCK_DGRAM, "", PORT), link;
	int fd = nsrig_assert_ok(smoke_connect(left, SOCK_DGRAM, "10.0.0.2", PORT));

	link = run_at_connect(fd, refuse, COUNT(refuse));
	assert_int_equal(smoke_connect(left, SOCK_DGRAM, "10.0.0.2", PORT), -EPERM);
	close(nsrig_assert_ok(smoke_connect(right, SOCK_DGRAM, "10.0.0.1", PORT)));
	close(link);
	close(nsrig_assert_ok(smoke_connect(left, SOCK_DGRAM, "10.0.0.2", PORT)));
	close(fd);
	close(server);
}

/* A connection to one port is redirected to another. */
static void bpf_in_a_cgroup_leads_elsewhere(void **state)
{
	static const struct bpf_insn lead[] = {
		MOV(BPF_REG_2, (PORT & 0xff) << 8 | PORT >> 8),
		{.code = BPF_STX | BPF_MEM | BPF_W,
			.dst_reg = BPF_REG_6,
			.src_reg = BPF_REG_2,
			.off = offsetof(struct bpf_sock_addr, user_port)},
	};
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int server = smoke_server(nsrig_host(*state, "right"), SOCK_DGRAM, "", PORT), link;
	int fd = nsrig_assert_ok(smoke_connect(left, SOCK_DGRAM, "10.0.0.2", PORT + 1));

	link = run_at_connect(fd, lead, COUNT(lead));
	close(fd);
	fd = nsrig_assert_ok(smoke_connect(left, SOCK_DGRAM, "10.0.0.2", PORT + 1));
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	assert_true(smoke_readable(server, SMOKE_PATIENCE_MS));
	close(link);
	close(fd);
	close(server);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(xdp_drops_and_passes, &pair),
		nsrig_test(xdp_sends_back, &pair),
		nsrig_test(xdp_redirects_to_another_link, &wire),
		nsrig_test(xdp_redirects_by_a_map, &wire),
		nsrig_test(af_xdp_receives_frames, &pair),
		nsrig_test(tc_runs_bpf, &pair),
		nsrig_test(socket_filter_runs_bpf, &pair),
		nsrig_test(sockmap_joins_two_connections, &pair),
		nsrig_test(bpf_in_a_cgroup_refuses_to_connect, &pair),
		nsrig_test(bpf_in_a_cgroup_leads_elsewhere, &pair),
	};

	return smoke_main(argc, argv, tests);
}
