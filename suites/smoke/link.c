// SPDX-License-Identifier: MIT
/*
 * Does this kernel have these kinds of links, and do they carry packets? Each test has the network
 * drawn above it and sends packets through it. The proof is what comes out at the other end.
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/can.h>
#include <linux/can/raw.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/rtnetlink.h>
#include <netinet/ether.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <netlink/route/link.h>
#include <netlink/route/link/macvlan.h>
#include <netlink/route/link/vlan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define PORT 4242

/* Creates the link that @link describes, and frees @link. */
static void add_link(struct nsrig_ns *ns, struct rtnl_link *link, const char *option)
{
	struct nl_msg *msg;
	int rc;

	assert_int_equal(rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	rtnl_link_put(link);
	nsrig_require(rc, option);
}

static void bring_up_one(struct nsrig_ns *ns, const char *link, const char *addr)
{
	nsrig_assert_ok(nsrig_addr_add(ns, link, addr));
	nsrig_assert_ok(nsrig_link_up(ns, link));
}

/* Gives a link an address, brings it up, and waits until both are usable. */
static void bring_up(struct nsrig_ns *ns, const char *link, const char *addr)
{
	bring_up_one(ns, link, addr);
	nsrig_assert_ok(nsrig_wait_link(ns, link, SMOKE_PATIENCE_MS));
	nsrig_assert_ok(nsrig_wait_addr(ns, addr, SMOKE_PATIENCE_MS));
}

/* The next message that a socket receives must be this one. */
static void assert_receives(int fd, const char *text)
{
	char buffer[64];
	ssize_t n;

	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	n = recv(fd, buffer, sizeof(buffer) - 1, 0);
	assert_return_code(n, errno);
	buffer[n] = '\0';
	assert_string_equal(buffer, text);
}

/*  left eth0 10.0.0.1/24 2001:db8::1/64 ------ 10.0.0.2/24 2001:db8::2/64 eth0 right  */
static const struct nsrig_topo pair = {
	.links = {NSRIG_VETH(
		"left:eth0 10.0.0.1/24 2001:db8::1/64", "right:eth0 10.0.0.2/24 2001:db8::2/64")},
};

static void veth_carries_ipv4(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");

	smoke_assert_udp(left, right, "10.0.0.2");
	smoke_assert_tcp(left, right, "10.0.0.2");
}

static void veth_carries_ipv6(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");

	smoke_assert_udp(left, right, "2001:db8::2");
	smoke_assert_tcp(left, right, "2001:db8::2");
}

static void veth_goes_down_with_its_peer(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	struct nsrig_link link;

	nsrig_in(left)
		nsrig_assert_ping("10.0.0.2");
	nsrig_assert_ok(nsrig_link_down(right, "eth0"));
	nsrig_assert_ok(nsrig_link_get(left, "eth0", &link));
	assert_false(link.carrier);
	nsrig_in(left)
		nsrig_assert_no_ping("10.0.0.2");
}

/*
 *  a macvlan0 10.0.0.1/24 -- |
 *                            | machine: eth0 ------ 10.0.0.9/24 eth0 outside
 *  b macvlan0 10.0.0.2/24 -- |
 */
static const struct nsrig_topo shared_link = {
	.links = {NSRIG_VETH("machine:eth0", "outside:eth0 10.0.0.9/24")},
	.hosts = {"a", "b"},
};

static void add_macvlan(struct nsrig_ns *lower, struct nsrig_ns *ns, const char *addr)
{
	struct rtnl_link *link = rtnl_link_macvlan_alloc();

	/*
	 * Not eth0: up to 6.12, the name must be free in the namespace where the link is created.
	 */
	rtnl_link_set_name(link, "macvlan0");
	rtnl_link_set_link(link, smoke_index(lower, "eth0"));
	rtnl_link_set_ns_fd(link, nsrig_ns_fd(ns));
	rtnl_link_macvlan_set_mode(link, rtnl_link_macvlan_str2mode("bridge"));
	add_link(lower, link, "CONFIG_MACVLAN");
	bring_up(ns, "macvlan0", addr);
}

static void macvlans_share_a_link_and_talk(void **state)
{
	struct nsrig_ns *machine = nsrig_host(*state, "machine");
	struct nsrig_ns *a = nsrig_host(*state, "a"), *b = nsrig_host(*state, "b");

	add_macvlan(machine, a, "10.0.0.1/24");
	add_macvlan(machine, b, "10.0.0.2/24");
	smoke_assert_udp(a, b, "10.0.0.2");
	smoke_assert_tcp(b, a, "10.0.0.1");
	smoke_assert_udp(a, nsrig_host(*state, "outside"), "10.0.0.9");
}

/*
 *  left v10 192.0.2.1/24 ----- id 10 ------ id 10 ----- 192.0.2.2/24 v10 right
 *       v20 198.51.100.1/24 -- id 20 --  -- id 21 -- 198.51.100.2/24 v21
 *       eth0 ----------------------------------------------------- eth0
 */
static void add_vlan(struct nsrig_ns *ns, const char *name, int id, const char *addr)
{
	struct rtnl_link *link = rtnl_link_vlan_alloc();

	rtnl_link_set_name(link, name);
	rtnl_link_set_link(link, smoke_index(ns, "eth0"));
	rtnl_link_vlan_set_id(link, id);
	add_link(ns, link, "CONFIG_VLAN_8021Q");
	bring_up(ns, name, addr);
}

static void vlan_reaches_its_own_id_only(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");

	add_vlan(left, "v10", 10, "192.0.2.1/24");
	add_vlan(right, "v10", 10, "192.0.2.2/24");
	add_vlan(left, "v20", 20, "198.51.100.1/24");
	add_vlan(right, "v21", 21, "198.51.100.2/24");
	smoke_assert_udp(left, right, "192.0.2.2");
	smoke_assert_tcp(left, right, "192.0.2.2");
	nsrig_in(left)
		nsrig_assert_no_ping("198.51.100.2");
}

/*  left eth0 10.0.0.1/24 ------ 10.0.0.2/24 eth0 right dummy0 192.0.2.1/24  */
static void dummy_holds_an_address_that_others_reach(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	const struct nsrig_link_spec dummy0 = {.name = "dummy0"};

	nsrig_require(nsrig_link_add(right, "dummy", &dummy0), "CONFIG_DUMMY");
	bring_up(right, "dummy0", "192.0.2.1/24");
	nsrig_assert_ok(nsrig_route_add(left, "192.0.2.0/24 via 10.0.0.2"));
	nsrig_in(left)
		nsrig_assert_ping("192.0.2.1");
	smoke_assert_tcp(left, right, "192.0.2.1");
}

/*  host tun0 10.0.0.1/24 ------ this program, as 10.0.0.2  */
static const struct nsrig_topo alone = {.hosts = {"host"}};

struct datagram {
	struct iphdr ip;
	struct udphdr udp;
	char text[64];
};

/* The next datagram that the kernel sends; skips IPv6's own packets on a new link. */
static ssize_t read_datagram(int tun, struct datagram *datagram)
{
	ssize_t n;

	do {
		assert_true(smoke_readable(tun, SMOKE_PATIENCE_MS));
		n = read(tun, datagram, sizeof(*datagram));
		assert_return_code(n, errno);
	} while (datagram->ip.version != 4 || datagram->ip.protocol != IPPROTO_UDP);
	return n;
}

/* Sends the datagram back: the checksums stay valid when source and destination are swapped. */
static void turn_round(struct datagram *datagram)
{
	struct iphdr *ip = &datagram->ip;
	struct udphdr *udp = &datagram->udp;
	uint32_t addr = ip->saddr;
	uint16_t port = udp->source;

	ip->saddr = ip->daddr;
	ip->daddr = addr;
	udp->source = udp->dest;
	udp->dest = port;
}

static void tun_passes_packets_to_a_program_and_back(void **state)
{
	struct nsrig_ns *host = nsrig_host(*state, "host");
	struct datagram datagram;
	ssize_t n;
	int tun, fd;

	nsrig_require(nsrig_add(*state, "tun host:tun0 10.0.0.1/24"), "CONFIG_TUN");
	tun = nsrig_assert_ok(nsrig_tun_fd(*state, "host:tun0"));
	fd = nsrig_assert_ok(smoke_connect(host, SOCK_DGRAM, "10.0.0.2", PORT));
	assert_return_code(send(fd, "there and back", 14, 0), errno);

	n = read_datagram(tun, &datagram);
	assert_int_equal(datagram.ip.saddr, inet_addr("10.0.0.1"));
	assert_int_equal(datagram.ip.daddr, inet_addr("10.0.0.2"));
	assert_int_equal(datagram.udp.dest, htons(PORT));
	assert_memory_equal(datagram.text, "there and back", 14);

	turn_round(&datagram);
	assert_int_equal(write(tun, &datagram, n), n);
	assert_receives(fd, "there and back");
	close(fd);
}

/* Frames, not packets: the first frame that a program reads is the host's ARP request. */
static void tap_passes_frames_to_a_program_and_back(void **state)
{
	struct nsrig_ns *host = nsrig_host(*state, "host");
	unsigned char frame[2048], answer[42];
	struct nsrig_link link;
	struct ether_addr mac;
	int tap, fd;

	nsrig_require(nsrig_add(*state, "tap host:tap0 10.0.0.1/24"), "CONFIG_TUN");
	tap = nsrig_assert_ok(nsrig_tun_fd(*state, "host:tap0"));
	nsrig_assert_ok(nsrig_link_get(host, "tap0", &link));
	assert_non_null(ether_aton_r(link.mac, &mac));
	fd = nsrig_assert_ok(smoke_connect(host, SOCK_DGRAM, "10.0.0.2", PORT));
	assert_return_code(send(fd, "there", 5, 0), errno);
	do {
		assert_true(smoke_readable(tap, SMOKE_PATIENCE_MS));
		assert_true(read(tap, frame, sizeof(frame)) > 0);
	} while (frame[12] != 0x08 || frame[13] != 0x06);
	assert_memory_equal(frame + 6, &mac, sizeof(mac));
	/* An ARP reply: the request with both ends swapped, and our address 02:00:00:00:00:02. */
	memcpy(answer, frame, sizeof(answer));
	memcpy(answer, &mac, 6);
	memcpy(answer + 6, "\2\0\0\0\0\2", 6);
	answer[21] = 2;
	memcpy(answer + 22, "\2\0\0\0\0\2\12\0\0\2", 10);
	memcpy(answer + 32, &mac, 6);
	memcpy(answer + 38, "\12\0\0\1", 4);
	assert_int_equal(write(tap, answer, sizeof(answer)), sizeof(answer));
	do {
		assert_true(smoke_readable(tap, SMOKE_PATIENCE_MS));
		assert_true(read(tap, frame, sizeof(frame)) > 0);
	} while (frame[12] != 0x08 || frame[13] != 0x00);
	assert_memory_equal(frame, "\2\0\0\0\0\2", 6);
	assert_memory_equal(frame + 42, "there", 5);
	close(fd);
}

/* ---- links without a cable ------------------------------------------------------------------- */

static bool is_request_for_mtu(struct nlmsghdr *hdr, uint32_t mtu)
{
	struct nlattr *attr = hdr->nlmsg_type == RTM_NEWLINK && hdr->nlmsg_flags & NLM_F_REQUEST
				      ? nlmsg_find_attr(hdr, sizeof(struct ifinfomsg), IFLA_MTU)
				      : NULL;

	return attr && nla_get_u32(attr) == mtu;
}

/* Netlink messages are captured like packets on a wire. */
static void nlmon_sees_netlink(void **state)
{
	struct nsrig_ns *host = nsrig_host(*state, "host");
	struct sockaddr_ll at = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	_Alignas(struct nlmsghdr) char message[8192];
	int fd;

	nsrig_require(nsrig_add(*state, "kind nlmon host:nl0"), "CONFIG_NLMON");
	fd = nsrig_assert_ok(nsrig_socket(host, AF_PACKET, SOCK_DGRAM, 0));
	at.sll_ifindex = smoke_index(host, "nl0");
	assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);
	nsrig_assert_ok(nsrig_link_set_mtu(host, "lo", 1500));
	do {
		assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
		assert_true(recv(fd, message, sizeof(message), 0) > 0);
	} while (!is_request_for_mtu((struct nlmsghdr *)message, 1500));
	close(fd);
}

static int open_can(struct nsrig_ns *ns, const char *link)
{
	int fd = nsrig_require(
		nsrig_socket(ns, AF_CAN, SOCK_RAW, CAN_RAW), "CONFIG_CAN and CONFIG_CAN_RAW");
	struct sockaddr_can at = {.can_family = AF_CAN};

	at.can_ifindex = smoke_index(ns, link);
	assert_return_code(bind(fd, (struct sockaddr *)&at, sizeof(at)), errno);
	return fd;
}

/* A CAN bus: a socket on the same bus gets a frame, and a socket on another doesn't. */
static void vcan_carries_frames(void **state)
{
	struct nsrig_ns *host = nsrig_host(*state, "host");
	const struct can_frame frame = {.can_id = 0x123, .can_dlc = 2, .data = {4, 2}};
	struct can_frame heard;
	int from, to, other;

	nsrig_require(
		nsrig_add(*state, "kind vcan host:can0\nkind vcan host:can1"), "CONFIG_CAN_VCAN");
	from = open_can(host, "can0");
	to = open_can(host, "can0");
	other = open_can(host, "can1");
	assert_int_equal(write(from, &frame, sizeof(frame)), sizeof(frame));
	assert_true(smoke_readable(to, SMOKE_PATIENCE_MS));
	assert_int_equal(read(to, &heard, sizeof(heard)), sizeof(heard));
	assert_int_equal(heard.can_id, 0x123);
	assert_int_equal(heard.data[1], 2);
	assert_false(smoke_readable(other, 0));
	close(other);
	close(to);
	close(from);
}

/*
 * left n0 10.9.0.1/24 ====== 10.9.0.2/24 nk0 right: created in one namespace; then one end moves.
 */
static void add_netkit(struct nsrig *rig, const char *options)
{
	struct nsrig_ns *left = nsrig_host(rig, "left"), *right = nsrig_host(rig, "right");
	char text[64];

	snprintf(text, sizeof(text), "kind netkit left:n0 down %s", options);
	nsrig_require(nsrig_add(rig, text), "CONFIG_NETKIT");
	nsrig_assert_ok(nsrig_link_move(left, "nk0", right));
	bring_up_one(left, "n0", "10.9.0.1/24");
	bring_up_one(right, "nk0", "10.9.0.2/24");
	nsrig_assert_ok(nsrig_wait_link(left, "n0", SMOKE_PATIENCE_MS));
}

static void netkit_carries_packets(void **state)
{
	add_netkit(*state, "");
	nsrig_assert_reach(*state, "left", "udp 10.9.0.2", .at = "right");
}

/* NETKIT_DROP applies, because no program is attached. */
static void netkit_drops_by_policy(void **state)
{
	add_netkit(*state, "raw 3=u32:2");
	nsrig_assert_no_reach(*state, "left", "udp 10.9.0.2", .at = "right");
}

/* ---- netdevsim ------------------------------------------------------------------------------- */

/* Device numbers are unique on the whole machine: take one that no other namespace uses. */
static unsigned int number_of(struct nsrig_ns *ns)
{
	struct stat st;

	assert_return_code(fstat(nsrig_ns_fd(ns), &st), errno);
	return st.st_ino & INT_MAX;
}

static int tell_netdevsim(struct nsrig_ns *ns, const char *file, const char *words)
{
	char path[64];
	int fd, rc = 0;

	snprintf(path, sizeof(path), "/sys/bus/netdevsim/%s", file);
	nsrig_in(ns) {
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, words, strlen(words)) < 0)
			rc = -errno;
		if (fd >= 0)
			close(fd);
	}
	return rc;
}

/* A device with one port in a namespace. Returns the port's ifindex. */
static int add_netdevsim(struct nsrig_ns *ns)
{
	const struct nsrig_link_spec spec = {.name = "sim0"};
	struct nsrig_link *links;
	size_t count, i = 0;
	char words[32];
	int index;

	/* netdevsim links can't be created like this, but the request loads the module. */
	nsrig_link_add(ns, "netdevsim", &spec);
	nsrig_require_root();
	/* If there is a device of this number, a test that was killed has left it. */
	snprintf(words, sizeof(words), "%u", number_of(ns));
	tell_netdevsim(ns, "del_device", words);
	snprintf(words, sizeof(words), "%u 1", number_of(ns));
	nsrig_require(tell_netdevsim(ns, "new_device", words), "CONFIG_NETDEVSIM");
	nsrig_assert_ok(nsrig_link_list(ns, &links, &count));
	/* Like a network card, it has no kind. */
	while (i < count && (*links[i].kind || !strcmp(links[i].name, "lo")))
		i++;
	assert_true(i < count);
	index = links[i].index;
	nsrig_assert_ok(nsrig_link_rename(ns, links[i].name, "sim0"));
	free(links);
	return index;
}

/* The devices would outlive their namespaces. */
static int remove_netdevsims(void **state)
{
	static const char *const hosts[] = {"left", "right"};
	char words[16];
	size_t i;

	for (i = 0; i < 2; i++) {
		struct nsrig_ns *ns = nsrig_host(*state, hosts[i]);

		snprintf(words, sizeof(words), "%u", number_of(ns));
		tell_netdevsim(ns, "del_device", words);
	}
	return nsrig_fixture_teardown(state);
}

static const struct nsrig_topo strangers = {.hosts = {"left", "right"}};

static void netdevsim_carries_packets_to_its_peer(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	int first = add_netdevsim(left), second = add_netdevsim(right);
	char words[64];

	bring_up_one(left, "sim0", "10.9.0.1/24");
	bring_up_one(right, "sim0", "10.9.0.2/24");
	nsrig_assert_no_reach(*state, "left", "icmp 10.9.0.2");
	snprintf(words, sizeof(words), "%d:%d %d:%d", nsrig_ns_fd(left), first, nsrig_ns_fd(right),
		second);
	nsrig_require(tell_netdevsim(left, "link_device", words), "Linux 6.9");
	nsrig_assert_reach(*state, "left", "icmp 10.9.0.2", .eventually = SMOKE_PATIENCE_MS);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(veth_carries_ipv4, &pair),
		nsrig_test(veth_carries_ipv6, &pair),
		nsrig_test(veth_goes_down_with_its_peer, &pair),
		nsrig_test(macvlans_share_a_link_and_talk, &shared_link),
		nsrig_test(vlan_reaches_its_own_id_only, &pair),
		nsrig_test(dummy_holds_an_address_that_others_reach, &pair),
		nsrig_test(tun_passes_packets_to_a_program_and_back, &alone),
		nsrig_test(tap_passes_frames_to_a_program_and_back, &alone),
		nsrig_test(nlmon_sees_netlink, &alone),
		nsrig_test(vcan_carries_frames, &alone),
		nsrig_test(netkit_carries_packets, &pair),
		nsrig_test(netkit_drops_by_policy, &pair),
		{"netdevsim_carries_packets_to_its_peer", netdevsim_carries_packets_to_its_peer,
			nsrig_fixture_setup, remove_netdevsims,
			(void *)&(const struct nsrig_fixture){.topo = &strangers}},
	};

	return smoke_main(argc, argv, tests);
}
