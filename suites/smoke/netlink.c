// SPDX-License-Identifier: MIT
/*
 * Does this kernel's netlink report what was wrong, filter dumps, accept several requests at once,
 * and notify of changes, also of those in other namespaces?
 */
#include "suites/smoke/lib/smoke.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/net_namespace.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* left eth0 10.0.0.1/24 10.0.9.1/24 ====== eth0 right;  left eth1 10.1.0.1/24 ====== eth1 right */
static const struct nsrig_topo pair = {
	.text = "veth left:eth0 10.0.0.1/24 10.0.9.1/24 -- right:eth0 10.0.0.2/24\n"
		"veth left:eth1 10.1.0.1/24 -- right:eth1 10.1.0.2/24\n",
};

/* With a netlink option that exists since this version of Linux. */
static int open_netlink(struct nsrig_ns *ns, int option, const char *since)
{
	struct sockaddr_nl local = {.nl_family = AF_NETLINK};
	int fd = nsrig_assert_ok(nsrig_socket(ns, AF_NETLINK, SOCK_RAW, NETLINK_ROUTE));
	const int on = 1;

	assert_return_code(bind(fd, (struct sockaddr *)&local, sizeof(local)), errno);
	if (option)
		nsrig_require(setsockopt(fd, SOL_NETLINK, option, &on, sizeof(on)) < 0 ? -errno : 0,
			since);
	return fd;
}

struct answer {
	_Alignas(struct nlmsghdr) char bytes[16384];
	size_t size;
};

static struct nlmsghdr *receive(int fd, struct answer *answer)
{
	ssize_t n;

	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	n = recv(fd, answer->bytes, sizeof(answer->bytes), 0);
	assert_return_code(n, errno);
	answer->size = n;
	return (struct nlmsghdr *)answer->bytes;
}

/* ---- errors ---------------------------------------------------------------------------------- */

static void extended_ack_says_what_and_where(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct ifinfomsg ifi = {.ifi_index = smoke_index(left, "eth0")};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
	int fd = open_netlink(left, NETLINK_EXT_ACK, "Linux 4.12");
	struct answer answer;
	struct nlmsghdr *hdr;
	struct nlmsgerr *verdict;
	struct nlattr *attr;

	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	/* No link accepts an MTU this small. */
	nla_put_u32(msg, IFLA_MTU, 1);
	assert_true(send(fd, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, 0) > 0);
	nlmsg_free(msg);
	hdr = receive(fd, &answer);
	verdict = nlmsg_data(hdr);
	assert_int_equal(hdr->nlmsg_type, NLMSG_ERROR);
	assert_int_equal(verdict->error, -EINVAL);
	assert_true(hdr->nlmsg_flags & NLM_F_ACK_TLVS);
	/* Behind the request, which the answer repeats. */
	attr = nlmsg_find_attr(
		hdr, sizeof(*verdict) + verdict->msg.nlmsg_len - NLMSG_HDRLEN, NLMSGERR_ATTR_MSG);
	assert_non_null(attr);
	assert_string_equal(nla_get_string(attr), "mtu less than device minimum");
	close(fd);
}

/* ---- filters --------------------------------------------------------------------------------- */

static struct nl_msg *ask_for_addrs(int index, int scope)
{
	struct ifaddrmsg header = {.ifa_family = AF_INET, .ifa_index = index, .ifa_scope = scope};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETADDR, NLM_F_REQUEST | NLM_F_DUMP);

	nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO);
	return msg;
}

/* The number of addresses in the answer; or the error. */
static int count_addrs(int fd, struct nl_msg *msg)
{
	struct answer answer;
	struct nlmsghdr *hdr;
	int count = 0, left;

	assert_true(send(fd, nlmsg_hdr(msg), nlmsg_hdr(msg)->nlmsg_len, 0) > 0);
	nlmsg_free(msg);
	for (;;) {
		hdr = receive(fd, &answer);
		for (left = (int)answer.size; nlmsg_ok(hdr, left); hdr = nlmsg_next(hdr, &left)) {
			if (hdr->nlmsg_type == NLMSG_DONE)
				return *(int *)nlmsg_data(hdr) < 0 ? *(int *)nlmsg_data(hdr)
								   : count;
			if (hdr->nlmsg_type == NLMSG_ERROR)
				return ((struct nlmsgerr *)nlmsg_data(hdr))->error;
			count += hdr->nlmsg_type == RTM_NEWADDR;
		}
	}
}

static void strict_dump_heeds_what_is_asked(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int plain = open_netlink(left, 0, NULL),
	    strict = open_netlink(left, NETLINK_GET_STRICT_CHK, "Linux 4.20");
	int index = smoke_index(left, "eth0");

	/* lo has one too. */
	assert_int_equal(count_addrs(plain, ask_for_addrs(index, 0)), 4);
	assert_int_equal(count_addrs(strict, ask_for_addrs(index, 0)), 2);
	close(plain);
	close(strict);
}

static void strict_dump_refuses_what_it_does_not_heed(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int plain = open_netlink(left, 0, NULL),
	    strict = open_netlink(left, NETLINK_GET_STRICT_CHK, "Linux 4.20");

	assert_int_equal(count_addrs(plain, ask_for_addrs(0, RT_SCOPE_LINK)), 4);
	assert_int_equal(count_addrs(strict, ask_for_addrs(0, RT_SCOPE_LINK)), -EINVAL);
	close(plain);
	close(strict);
}

/* ---- several requests at once ---------------------------------------------------------------- */

static size_t put_mtu(char *at, int seq, int index, unsigned int mtu)
{
	struct ifinfomsg ifi = {.ifi_index = index};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWLINK, NLM_F_REQUEST | NLM_F_ACK);
	size_t size;

	nlmsg_append(msg, &ifi, sizeof(ifi), NLMSG_ALIGNTO);
	nla_put_u32(msg, IFLA_MTU, mtu);
	nlmsg_hdr(msg)->nlmsg_seq = seq;
	size = nlmsg_hdr(msg)->nlmsg_len;
	memcpy(at, nlmsg_hdr(msg), size);
	nlmsg_free(msg);
	return NLMSG_ALIGN(size);
}

/* The request in the middle is refused, but not those around it. */
static void batch_is_answered_one_by_one(void **state)
{
	static const int errors[] = {0, -EINVAL, 0};
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int eth0 = smoke_index(left, "eth0"), eth1 = smoke_index(left, "eth1"), number = 0,
	    left_over;
	int fd = open_netlink(left, 0, NULL);
	struct answer answer = {.size = 0};
	struct nlmsghdr *hdr;

	answer.size = put_mtu(answer.bytes, 1, eth0, 1400);
	answer.size += put_mtu(answer.bytes + answer.size, 2, eth0, 1);
	answer.size += put_mtu(answer.bytes + answer.size, 3, eth1, 1300);
	assert_int_equal(send(fd, answer.bytes, answer.size, 0), answer.size);
	while (number < 3) {
		hdr = receive(fd, &answer);
		for (left_over = (int)answer.size; nlmsg_ok(hdr, left_over);
			hdr = nlmsg_next(hdr, &left_over)) {
			assert_int_equal(hdr->nlmsg_type, NLMSG_ERROR);
			assert_int_equal(
				((struct nlmsgerr *)nlmsg_data(hdr))->error, errors[number]);
			assert_int_equal(hdr->nlmsg_seq, ++number);
		}
	}
	nsrig_assert_link(left, "eth0 mtu 1400");
	nsrig_assert_link(left, "eth1 mtu 1300");
	close(fd);
}

/* ---- notifications --------------------------------------------------------------------------- */

static void listen_to_links(int fd)
{
	const int group = RTNLGRP_LINK;

	assert_return_code(
		setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)), errno);
}

static void group_tells_of_changes(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int member = open_netlink(left, 0, NULL), other = open_netlink(left, 0, NULL);
	struct answer answer;

	listen_to_links(member);
	nsrig_assert_ok(nsrig_link_set_mtu(left, "eth0", 1400));
	assert_int_equal(receive(member, &answer)->nlmsg_type, RTM_NEWLINK);
	assert_false(smoke_readable(other, 0));
	close(other);
	close(member);
}

/* The id of the namespace that the next message comes from; -1 for this one. */
static int receive_from(int fd)
{
	char bytes[8192], control[CMSG_SPACE(sizeof(int))];
	struct iovec iov = {bytes, sizeof(bytes)};
	struct msghdr msg = {.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control,
		.msg_controllen = sizeof(control)};
	struct cmsghdr *cmsg;

	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	assert_true(recvmsg(fd, &msg, 0) > 0);
	cmsg = CMSG_FIRSTHDR(&msg);
	return cmsg && cmsg->cmsg_type == NETLINK_LISTEN_ALL_NSID ? *(int *)CMSG_DATA(cmsg) : -1;
}

/* Only notifications from namespaces that have an id here. */
static void group_tells_of_other_namespaces(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *third;
	struct rtgenmsg header = {.rtgen_family = AF_UNSPEC};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_NEWNSID, 0);
	const struct nsrig_link_spec br0 = {.name = "br0"};
	int here = open_netlink(left, 0, NULL),
	    everywhere = open_netlink(left, NETLINK_LISTEN_ALL_NSID, "Linux 4.2");

	nsrig_assert_ok(nsrig_ns_temp(&third));
	nlmsg_append(msg, &header, sizeof(header), NLMSG_ALIGNTO);
	nla_put_u32(msg, NETNSA_FD, nsrig_ns_fd(third));
	nla_put_u32(msg, NETNSA_NSID, 77);
	nsrig_assert_ok(nsrig_request(left, msg));
	nlmsg_free(msg);
	listen_to_links(here);
	listen_to_links(everywhere);
	nsrig_require(nsrig_link_add(third, "bridge", &br0), "CONFIG_BRIDGE");
	assert_int_equal(receive_from(everywhere), 77);
	assert_false(smoke_readable(here, 0));
	close(everywhere);
	close(here);
	nsrig_ns_free(third);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(extended_ack_says_what_and_where, &pair),
		nsrig_test(strict_dump_heeds_what_is_asked, &pair),
		nsrig_test(strict_dump_refuses_what_it_does_not_heed, &pair),
		nsrig_test(batch_is_answered_one_by_one, &pair),
		nsrig_test(group_tells_of_changes, &pair),
		nsrig_test(group_tells_of_other_namespaces, &pair),
	};

	return smoke_main(argc, argv, tests);
}
