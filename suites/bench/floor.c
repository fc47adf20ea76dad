// SPDX-License-Identifier: MIT
/* Namespaces, links and addresses by bare system calls: see floor.h. */
#include "floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#ifndef PIDFD_GET_NET_NAMESPACE
#define PIDFD_GET_NET_NAMESPACE _IO(0xFF, 4)
#endif
#ifndef RTEXT_FILTER_SKIP_STATS
#define RTEXT_FILTER_SKIP_STATS (1 << 3)
#endif

/* The first index of our links; the kernel's own links have lower ones. */
#define FIRST_INDEX 1000

void floor_must(int so, const char *what)
{
	if (so)
		return;
	fprintf(stderr, "floor: %s: %s\n", what, strerror(errno));
	exit(1);
}

int floor_home(void)
{
	/* Only the main thread of a process calls this function. */
	int pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	int fd = pidfd < 0 ? -1 : ioctl(pidfd, PIDFD_GET_NET_NAMESPACE, 0);

	if (pidfd >= 0)
		close(pidfd);
	/* Kernels before 6.11. */
	if (fd < 0)
		fd = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	floor_must(fd >= 0, "the namespace of this thread");
	return fd;
}

void floor_go(int fd)
{
	floor_must(setns(fd, CLONE_NEWNET) == 0, "setns");
}

static void come_home(int home)
{
	floor_go(home);
	close(home);
}

int floor_unshare(void)
{
	/* Namespaces that are being freed count against the limits: wait for them. */
	while (unshare(CLONE_NEWNET) < 0) {
		floor_must(errno == ENOSPC, "unshare");
		poll(NULL, 0, 1);
	}
	return floor_home();
}

static void write_sysctl(const char *path, const char *value)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	floor_must(fd >= 0 && write(fd, value, strlen(value)) > 0, path);
	close(fd);
}

struct floor_ns floor_host(void)
{
	struct floor_ns ns = {.fd = floor_unshare()};

	write_sysctl("/proc/sys/net/ipv6/conf/default/accept_dad", "0");
	ns.netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	floor_must(ns.netlink >= 0, "a netlink socket");
	return ns;
}

void floor_close(const struct floor_ns *ns)
{
	close(ns->netlink);
	close(ns->fd);
}

struct floor_end floor_end(int number)
{
	struct floor_end end = {.index = FIRST_INDEX + number};
	uint32_t ipv4 = htonl(0x0a000000 | number), low = htonl(number);

	end.mac[0] = 0x02;
	memcpy(end.mac + 2, &low, sizeof(low));
	memcpy(&end.ipv4, &ipv4, sizeof(ipv4));
	inet_pton(AF_INET6, "2001:db8::", &end.ipv6);
	memcpy(end.ipv6.s6_addr + 12, &low, sizeof(low));
	/* The kernel derives the address from the MAC address: RFC 4291, appendix A. */
	inet_pton(AF_INET6, "fe80::ff:fe00:0", &end.link_local);
	end.link_local.s6_addr[8] = end.mac[0] ^ 0x02;
	end.link_local.s6_addr[9] = end.mac[1];
	end.link_local.s6_addr[10] = end.mac[2];
	memcpy(end.link_local.s6_addr + 13, end.mac + 3, 3);
	return end;
}

/* Requests that are sent together. */
struct batch {
	_Alignas(NLMSG_ALIGNTO) char data[2048];
	size_t length;
	size_t last; /* where the last request begins */
};

static struct nlmsghdr *last(struct batch *batch)
{
	return (struct nlmsghdr *)(batch->data + batch->last);
}

static void *put(struct batch *batch, const void *data, size_t size)
{
	void *at = batch->data + batch->length;

	memcpy(at, data, size);
	memset((char *)at + size, 0, NLMSG_ALIGN(size) - size);
	batch->length += NLMSG_ALIGN(size);
	last(batch)->nlmsg_len = batch->length - batch->last;
	return at;
}

static void begin(struct batch *batch, int type, int flags, const void *family, size_t size)
{
	struct nlmsghdr hdr = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags};

	batch->last = batch->length;
	put(batch, &hdr, sizeof(hdr));
	put(batch, family, size);
}

static struct rtattr *attr(struct batch *batch, int type, const void *data, size_t size)
{
	struct rtattr rta = {.rta_type = type, .rta_len = RTA_LENGTH(size)};
	struct rtattr *at = put(batch, &rta, sizeof(rta));

	if (size)
		put(batch, data, size);
	return at;
}

static void attr_u32(struct batch *batch, int type, uint32_t value)
{
	attr(batch, type, &value, sizeof(value));
}

static void attr_text(struct batch *batch, int type, const char *text)
{
	attr(batch, type, text, strlen(text) + 1);
}

static struct rtattr *nest(struct batch *batch, int type)
{
	return attr(batch, type, NULL, 0);
}

static void nest_end(struct batch *batch, struct rtattr *nested)
{
	nested->rta_len = batch->data + batch->length - (char *)nested;
}

static void link_up(struct batch *batch, int index)
{
	const struct ifinfomsg ifi = {
		.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	begin(batch, RTM_NEWLINK, 0, &ifi, sizeof(ifi));
}

/* The attributes that both ends of a veth have. */
static void describe_end(struct batch *batch, const char *name, const struct floor_end *end)
{
	attr_text(batch, IFLA_IFNAME, name);
	attr(batch, IFLA_ADDRESS, end->mac, sizeof(end->mac));
	attr_u32(batch, IFLA_NUM_TX_QUEUES, 1);
	attr_u32(batch, IFLA_NUM_RX_QUEUES, 1);
}

/*
 * A veth pair. One end is up, in this namespace, and a port of the bridge "master" (0: of none).
 * The other end is eth0 in peer_ns, down.
 */
static void veth(struct batch *batch, const char *name, const struct floor_end *end, int master,
	const struct floor_end *peer, int peer_ns)
{
	const struct ifinfomsg ifi = {
		.ifi_index = end->index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	const struct ifinfomsg peer_ifi = {.ifi_index = peer->index};
	struct rtattr *info, *data, *inner;

	begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));
	describe_end(batch, name, end);
	if (master)
		attr_u32(batch, IFLA_MASTER, master);
	info = nest(batch, IFLA_LINKINFO);
	attr(batch, IFLA_INFO_KIND, "veth", 4);
	data = nest(batch, IFLA_INFO_DATA);
	inner = nest(batch, VETH_INFO_PEER);
	put(batch, &peer_ifi, sizeof(peer_ifi));
	describe_end(batch, "eth0", peer);
	attr_u32(batch, IFLA_NET_NS_FD, peer_ns);
	nest_end(batch, inner);
	nest_end(batch, data);
	nest_end(batch, info);
}

static void bridge(struct batch *batch, int index)
{
	const struct ifinfomsg ifi = {.ifi_index = index};
	struct rtattr *info;

	begin(batch, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &ifi, sizeof(ifi));
	attr_text(batch, IFLA_IFNAME, "br0");
	info = nest(batch, IFLA_LINKINFO);
	attr(batch, IFLA_INFO_KIND, "bridge", 6);
	nest_end(batch, info);
}

static void addrs(struct batch *batch, const struct floor_end *end)
{
	const struct ifaddrmsg ipv4 = {
		.ifa_family = AF_INET, .ifa_prefixlen = 8, .ifa_index = end->index};
	const struct ifaddrmsg ipv6 = {.ifa_family = AF_INET6,
		.ifa_prefixlen = 64,
		.ifa_flags = IFA_F_NODAD,
		.ifa_index = end->index};

	begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &ipv4, sizeof(ipv4));
	attr(batch, IFA_LOCAL, &end->ipv4, sizeof(end->ipv4));
	begin(batch, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &ipv6, sizeof(ipv6));
	attr(batch, IFA_LOCAL, &end->ipv6, sizeof(end->ipv6));
}

static void get_link(struct batch *batch, int index)
{
	const struct ifinfomsg ifi = {.ifi_index = index};

	begin(batch, RTM_GETLINK, 0, &ifi, sizeof(ifi));
	attr_u32(batch, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
}

static void get_route(struct batch *batch, const struct in6_addr *to)
{
	const struct rtmsg rtm = {.rtm_family = AF_INET6, .rtm_dst_len = 128};

	begin(batch, RTM_GETROUTE, 0, &rtm, sizeof(rtm));
	attr(batch, RTA_DST, to, sizeof(*to));
}

static void send_batch(int netlink, struct batch *batch)
{
	floor_must(send(netlink, batch->data, batch->length, 0) == (ssize_t)batch->length,
		"sending to rtnetlink");
	batch->length = 0;
}

/*
 * The next answer of this type; NULL if the kernel reports that there is no route, which is an
 * answer too.
 */
static const void *answer(int netlink, int type)
{
	static _Alignas(NLMSG_ALIGNTO) char data[8192];
	const struct nlmsghdr *hdr = (const struct nlmsghdr *)data;
	const struct nlmsgerr *error = NLMSG_DATA(hdr);

	floor_must(recv(netlink, data, sizeof(data), 0) >= (ssize_t)NLMSG_LENGTH(0),
		"receiving from rtnetlink");
	if (hdr->nlmsg_type == NLMSG_ERROR && error->msg.nlmsg_type == RTM_GETROUTE &&
		(error->error == -ENETUNREACH || error->error == -EHOSTUNREACH))
		return NULL;
	if (hdr->nlmsg_type == NLMSG_ERROR) {
		errno = -error->error;
		fprintf(stderr, "floor: request of type %d: %s\n", error->msg.nlmsg_type,
			strerror(errno));
		exit(1);
	}
	errno = EPROTO;
	floor_must(hdr->nlmsg_type == type, "an answer of another type");
	return NLMSG_DATA(hdr);
}

static bool has_carrier(int netlink)
{
	const struct ifinfomsg *ifi = answer(netlink, RTM_NEWLINK);

	return ifi->ifi_flags & IFF_LOWER_UP && ifi->ifi_flags & IFF_RUNNING;
}

static bool is_local(int netlink)
{
	const struct rtmsg *rtm = answer(netlink, RTM_NEWROUTE);

	return rtm && rtm->rtm_type == RTN_LOCAL;
}

/*
 * Waits until the link has its carrier and both IPv6 addresses are usable. Requests that are
 * already in the batch are sent along.
 */
static void prove(int netlink, struct batch *batch, const struct floor_end *end)
{
	bool carrier, global, link_local;

	for (;;) {
		get_link(batch, end->index);
		get_route(batch, &end->ipv6);
		get_route(batch, &end->link_local);
		send_batch(netlink, batch);
		carrier = has_carrier(netlink);
		global = is_local(netlink);
		link_local = is_local(netlink);
		if (carrier && global && link_local)
			return;
		/* A work item on this CPU sets the route: let it run. */
		sched_yield();
	}
}

void floor_pair_build(struct floor_pair *pair)
{
	const struct floor_end a = floor_end(1), b = floor_end(2);
	struct batch batch = {.length = 0};
	int home = floor_home();

	pair->a = floor_host();
	pair->b = floor_host();

	link_up(&batch, 1);
	veth(&batch, "eth0", &a, 0, &b, pair->b.fd);
	addrs(&batch, &a);
	send_batch(pair->a.netlink, &batch);

	link_up(&batch, 1);
	link_up(&batch, b.index);
	addrs(&batch, &b);
	send_batch(pair->b.netlink, &batch);

	prove(pair->a.netlink, &batch, &a);
	prove(pair->b.netlink, &batch, &b);
	come_home(home);
}

void floor_pair_close(const struct floor_pair *pair)
{
	floor_close(&pair->b);
	floor_close(&pair->a);
}

static void await_carrier(int netlink, int index)
{
	struct batch batch = {.length = 0};

	do {
		get_link(&batch, index);
		send_batch(netlink, &batch);
	} while (!has_carrier(netlink));
}

/* The ports of a bridge need no link-local address: this saves a quarter of the work. */
#define ADDR_GEN_MODE_NONE "1"

void floor_star_build(struct floor_star *star, int count)
{
	struct batch batch = {.length = 0};
	struct floor_end port, end;
	int home = floor_home(), i;
	char name[IFNAMSIZ];

	star->center = floor_host();
	star->hosts = calloc(count, sizeof(*star->hosts));
	star->count = count;
	floor_must(star->hosts != NULL, "memory");
	write_sysctl("/proc/sys/net/ipv6/conf/default/addr_gen_mode", ADDR_GEN_MODE_NONE);
	link_up(&batch, 1);
	bridge(&batch, FIRST_INDEX - 1);
	send_batch(star->center.netlink, &batch);

	for (i = 0; i < count; i++) {
		port = floor_end(2 * i);
		end = floor_end(2 * i + 1);
		star->hosts[i] = floor_host();
		snprintf(name, sizeof(name), "port%d", i);
		veth(&batch, name, &port, FIRST_INDEX - 1, &end, star->hosts[i].fd);
		send_batch(star->center.netlink, &batch);
		link_up(&batch, 1);
		link_up(&batch, end.index);
		addrs(&batch, &end);
		send_batch(star->hosts[i].netlink, &batch);
	}
	/* All ends are checked after the last one was made: by then the work items are done. */
	for (i = 0; i < count; i++) {
		end = floor_end(2 * i + 1);
		prove(star->hosts[i].netlink, &batch, &end);
		await_carrier(star->center.netlink, FIRST_INDEX + 2 * i);
	}
	/*
	 * The bridge comes up last, when all ports forward at once. Until then the hosts' multicast
	 * reports go nowhere; otherwise each host would send its reports to all others.
	 */
	link_up(&batch, FIRST_INDEX - 1);
	send_batch(star->center.netlink, &batch);
	await_carrier(star->center.netlink, FIRST_INDEX - 1);
	come_home(home);
}

void floor_star_close(struct floor_star *star)
{
	int i;

	for (i = star->count - 1; i >= 0; i--)
		floor_close(&star->hosts[i]);
	floor_close(&star->center);
	free(star->hosts);
}

/*
 * Creates a namespace that has an id here, closes it, and waits for the notification that it is
 * gone.
 */
static void wait_for_one(int netlink)
{
	const struct rtgenmsg gen = {.rtgen_family = AF_UNSPEC};
	struct pollfd pfd = {.fd = netlink, .events = POLLIN};
	struct batch batch = {.length = 0};
	int home = floor_home();
	/*
	 * With a socket, as the other hosts had: the kernel frees what a socket holds a little
	 * later.
	 */
	struct floor_ns ns = floor_host();
	char data[1024];
	const struct nlmsghdr *hdr = (const struct nlmsghdr *)data;

	come_home(home);
	begin(&batch, RTM_NEWNSID, 0, &gen, sizeof(gen));
	attr_u32(&batch, NETNSA_FD, ns.fd);
	attr_u32(&batch, NETNSA_NSID, -1);
	send_batch(netlink, &batch);
	link_up(&batch, 1);
	send_batch(ns.netlink, &batch);
	floor_close(&ns);
	do {
		if (poll(&pfd, 1, 10000) <= 0 || recv(netlink, data, sizeof(data), 0) <= 0)
			return;
	} while (hdr->nlmsg_type != RTM_DELNSID);
}

void floor_settle(void)
{
	struct sockaddr_nl local = {.nl_family = AF_NETLINK, .nl_groups = 1 << (RTNLGRP_NSID - 1)};
	int netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);

	floor_must(netlink >= 0 && bind(netlink, (struct sockaddr *)&local, sizeof(local)) == 0,
		"a netlink socket");
	/*
	 * The first may be freed in one batch with those that were closed before it; the second
	 * can't.
	 */
	wait_for_one(netlink);
	wait_for_one(netlink);
	close(netlink);
}
