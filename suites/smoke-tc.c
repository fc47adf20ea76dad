// SPDX-License-Identifier: MIT
/*
 * Does this kernel's traffic control do what it is told: limit a rate, delay, lose, drop,
 * classify and redirect?
 *
 *	pair:	client eth0 10.0.0.1/24 ------ 10.0.0.2/24 eth0 server
 *
 *	wire:	client eth0 10.0.0.1/24 ------ eth0 middle eth1 ------ 10.0.0.2/24 eth0 server
 *
 * Times are asserted in the one direction that a slow machine can't spoil: what is held back takes
 * at least so long. That nothing else holds it back is shown by the best of many attempts.
 */
#include "smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <netlink/route/act/mirred.h>
#include <netlink/route/action.h>
#include <netlink/route/class.h>
#include <netlink/route/classifier.h>
#include <netlink/route/cls/u32.h>
#include <netlink/route/qdisc.h>
#include <netlink/route/qdisc/fifo.h>
#include <netlink/route/qdisc/htb.h>
#include <netlink/route/qdisc/netem.h>
#include <netlink/route/qdisc/tbf.h>
#include <netlink/route/tc.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define DROPPED_PORT 4300
#define PASSED_PORT 4301
#define ATTEMPTS 50

/* Where a filter goes that sees what comes in by a link. */
#define INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)

/* Offsets in an IPv4 packet without options. */
#define IP_PROTOCOL 9
#define UDP_DESTINATION 22

static const struct nsrig_topo pair = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24", "server:eth0 10.0.0.2/24")},
};

static const struct nsrig_topo wire = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24", "middle:eth0"),
		NSRIG_VETH("middle:eth1", "server:eth0 10.0.0.2/24")},
};

/* ---- objects ---- */

/* Where a qdisc, a class or a filter goes, and what it is. */
static void place(struct rtnl_tc *tc, const char *kind, int link, uint32_t parent, uint32_t handle)
{
	assert_non_null(tc);
	rtnl_tc_set_ifindex(tc, link);
	rtnl_tc_set_parent(tc, parent);
	rtnl_tc_set_handle(tc, handle);
	assert_int_equal(rtnl_tc_set_kind(tc, kind), 0);
}

static struct rtnl_qdisc *new_qdisc(const char *kind, int link, uint32_t parent, uint32_t handle)
{
	struct rtnl_qdisc *qdisc = rtnl_qdisc_alloc();

	place(TC_CAST(qdisc), kind, link, parent, handle);
	return qdisc;
}

static int add_qdisc(struct nsrig_ns *ns, struct rtnl_qdisc *qdisc)
{
	struct nl_msg *msg;
	int rc;

	assert_int_equal(rtnl_qdisc_build_add_request(qdisc, NLM_F_CREATE | NLM_F_EXCL, &msg), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	rtnl_qdisc_put(qdisc);
	return rc;
}

static void del_qdisc(struct nsrig_ns *ns, struct rtnl_qdisc *qdisc)
{
	struct nl_msg *msg;

	assert_int_equal(rtnl_qdisc_build_delete_request(qdisc, &msg), 0);
	nsrig_assert_ok(nsrig_request(ns, msg));
	nlmsg_free(msg);
	rtnl_qdisc_put(qdisc);
}

static int add_clsact(struct nsrig_ns *ns, int link)
{
	return add_qdisc(ns, new_qdisc("clsact", link, TC_H_CLSACT, TC_H_MAKE(TC_H_CLSACT, 0)));
}

static struct rtnl_cls *new_u32(int link, uint32_t parent, uint16_t protocol)
{
	struct rtnl_cls *cls = rtnl_cls_alloc();

	place(TC_CAST(cls), "u32", link, parent, 0);
	rtnl_cls_set_prio(cls, 1);
	rtnl_cls_set_protocol(cls, protocol);
	return cls;
}

static int add_filter(struct nsrig_ns *ns, struct rtnl_cls *cls)
{
	struct nl_msg *msg;
	int rc;

	assert_int_equal(rtnl_cls_build_add_request(cls, NLM_F_CREATE | NLM_F_EXCL, &msg), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	rtnl_cls_put(cls);
	return rc;
}

/* ---- traffic ---- */

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static void say(struct nsrig *rig, int port, const char *word)
{
	int fd = smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "10.0.0.2", port);

	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, word, strlen(word), 0), strlen(word));
	close(fd);
}

static void assert_hears(int fd, const char *word)
{
	char heard[64] = "";

	assert_true(smoke_readable(fd, SMOKE_PATIENCE_MS));
	assert_return_code(recv(fd, heard, sizeof(heard) - 1, 0), errno);
	assert_string_equal(heard, word);
}

/* The later datagram arrives, and by then the earlier one has not. */
static void assert_drops_by_port(struct nsrig *rig)
{
	struct nsrig_ns *server = nsrig_host(rig, "server");
	int dropped = smoke_server(server, SOCK_DGRAM, "10.0.0.2", DROPPED_PORT);
	int passed = smoke_server(server, SOCK_DGRAM, "10.0.0.2", PASSED_PORT);

	/* From here on the neighbours are known, so that nothing waits for ARP and is overtaken. */
	smoke_assert_udp(nsrig_host(rig, "client"), server, "10.0.0.2");
	say(rig, DROPPED_PORT, "dropped");
	say(rig, PASSED_PORT, "passed");
	assert_hears(passed, "passed");
	assert_false(smoke_readable(dropped, 0));
	close(passed);
	close(dropped);
}

static double megabyte_ms(struct nsrig *rig)
{
	double start = now_ms();

	smoke_assert_tcp(nsrig_host(rig, "client"), nsrig_host(rig, "server"), "10.0.0.2");
	return now_ms() - start;
}

static double ping_ms(struct nsrig *rig)
{
	double start = now_ms();

	nsrig_in(nsrig_host(rig, "client"))
		nsrig_assert_ping("10.0.0.2", .ms = SMOKE_PATIENCE_MS);
	return now_ms() - start;
}

static void assert_can_beat(double (*measure)(struct nsrig *rig), struct nsrig *rig, double ms)
{
	int i;

	for (i = 0; i < ATTEMPTS; i++)
		if (measure(rig) < ms)
			return;
	nsrig_fail("%d attempts took %g ms or more each", ATTEMPTS, ms);
}

/* ---- tests ---- */

static void tbf_limits_the_rate(void **state)
{
	const int bytes = 1 << 20, rate = 2000000 /* bytes per second */, burst = 20000;
	const double at_least = (bytes - burst) * 1e3 / rate;
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	struct rtnl_qdisc *tbf = new_qdisc("tbf", smoke_index(client, "eth0"), TC_H_ROOT, 0);

	assert_can_beat(megabyte_ms, rig, at_least);

	/* The queue holds all of it: nothing has to be sent twice. */
	rtnl_qdisc_tbf_set_limit(tbf, 4 * bytes);
	rtnl_qdisc_tbf_set_rate(tbf, rate, burst, 0);
	nsrig_require(add_qdisc(client, tbf), "CONFIG_NET_SCH_TBF");
	assert_true(megabyte_ms(rig) >= at_least);
}

static void netem_delays_packets(void **state)
{
	const int delay_ms = 100;
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	struct rtnl_qdisc *netem = new_qdisc("netem", smoke_index(client, "eth0"), TC_H_ROOT, 0);

	assert_can_beat(ping_ms, rig, delay_ms);

	rtnl_netem_set_limit(netem, 1000);
	rtnl_netem_set_delay(netem, delay_ms * 1000);
	nsrig_require(add_qdisc(client, netem), "CONFIG_NET_SCH_NETEM");
	assert_true(ping_ms(rig) >= delay_ms);
}

static void netem_loses_packets(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	int heard = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "10.0.0.2", PASSED_PORT);
	int link = smoke_index(client, "eth0");
	struct rtnl_qdisc *netem = new_qdisc("netem", link, TC_H_ROOT, 0);

	/* From here on the neighbour is known: no datagram waits for ARP until netem has gone. */
	say(rig, PASSED_PORT, "before");
	assert_hears(heard, "before");

	rtnl_netem_set_limit(netem, 1000);
	rtnl_netem_set_loss(netem, -1); /* of 2^32: all of them */
	nsrig_require(add_qdisc(client, netem), "CONFIG_NET_SCH_NETEM");
	say(rig, PASSED_PORT, "lost");

	del_qdisc(client, new_qdisc("netem", link, TC_H_ROOT, 0));
	say(rig, PASSED_PORT, "after");
	assert_hears(heard, "after");
	close(heard);
}

/*
 * In classic BPF, which needs no privilege but the namespace's own. The packet begins with its
 * Ethernet header; the return value is the verdict.
 */
static void clsact_bpf_drops_by_port(void **state)
{
	static const struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, offsetof(struct ethhdr, h_proto)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 5),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, ETH_HLEN + IP_PROTOCOL),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 3),
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, ETH_HLEN + UDP_DESTINATION),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, DROPPED_PORT, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, TC_ACT_SHOT),
		BPF_STMT(BPF_RET | BPF_K, TC_ACT_OK),
	};
	struct nsrig *rig = *state;
	struct nsrig_ns *server = nsrig_host(rig, "server");
	struct tcmsg tc = {
		.tcm_ifindex = smoke_index(server, "eth0"),
		.tcm_parent = INGRESS,
		.tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_ALL)), /* priority 1 */
	};
	struct nlattr *options;
	struct nl_msg *msg;
	int rc;

	nsrig_require(add_clsact(server, tc.tcm_ifindex), "CONFIG_NET_SCH_INGRESS");

	/* libnl has no words for this classifier. */
	assert_non_null(msg = nlmsg_alloc_simple(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL));
	assert_int_equal(nlmsg_append(msg, &tc, sizeof(tc), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_string(msg, TCA_KIND, "bpf"), 0);
	assert_non_null(options = nla_nest_start(msg, TCA_OPTIONS));
	assert_int_equal(nla_put_u16(msg, TCA_BPF_OPS_LEN, sizeof(program) / sizeof(*program)), 0);
	assert_int_equal(nla_put(msg, TCA_BPF_OPS, sizeof(program), program), 0);
	assert_int_equal(nla_put_u32(msg, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT), 0);
	nla_nest_end(msg, options);
	rc = nsrig_request(server, msg);
	nlmsg_free(msg);
	nsrig_require(rc, "CONFIG_NET_CLS_BPF");

	assert_drops_by_port(rig);
}

static int add_htb_class(struct nsrig_ns *ns, int link, uint32_t htb, uint32_t handle)
{
	struct rtnl_class *class = rtnl_class_alloc();
	struct nl_msg *msg;
	int rc;

	place(TC_CAST(class), "htb", link, htb, handle);
	rtnl_htb_set_rate(class, 1000000);
	rtnl_htb_set_ceil(class, 1000000);
	assert_int_equal(rtnl_class_build_add_request(class, NLM_F_CREATE | NLM_F_EXCL, &msg), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	rtnl_class_put(class);
	return rc;
}

/* One port's datagrams are put into an HTB class, and the queue of that class has no room. */
static void u32_classifies_by_port(void **state)
{
	const uint32_t root = TC_H_MAKE(1 << 16, 0), full = TC_H_MAKE(1 << 16, 1);
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	int link = smoke_index(client, "eth0");
	struct rtnl_qdisc *htb = new_qdisc("htb", link, TC_H_ROOT, root);
	struct rtnl_qdisc *queue;
	struct rtnl_cls *u32;

	nsrig_require(add_qdisc(client, htb), "CONFIG_NET_SCH_HTB");
	nsrig_assert_ok(add_htb_class(client, link, root, full));
	queue = new_qdisc("pfifo", link, full, 0);
	rtnl_qdisc_fifo_set_limit(queue, 0);
	nsrig_assert_ok(add_qdisc(client, queue));

	u32 = new_u32(link, root, ETH_P_IP);
	rtnl_u32_add_key_uint8(u32, IPPROTO_UDP, 0xff, IP_PROTOCOL, 0);
	rtnl_u32_add_key_uint16(u32, DROPPED_PORT, 0xffff, UDP_DESTINATION, 0);
	rtnl_u32_set_classid(u32, full);
	rtnl_u32_set_cls_terminal(u32);
	nsrig_require(add_filter(client, u32), "CONFIG_NET_CLS_U32");

	assert_drops_by_port(rig);
}

/* All that comes in by one link goes out by the other. */
static void redirect(struct nsrig_ns *ns, int from, int to)
{
	struct rtnl_act *mirred;
	struct rtnl_cls *u32;

	nsrig_require(add_clsact(ns, from), "CONFIG_NET_SCH_INGRESS");

	assert_non_null(mirred = rtnl_act_alloc());
	assert_int_equal(rtnl_tc_set_kind(TC_CAST(mirred), "mirred"), 0);
	rtnl_mirred_set_action(mirred, TCA_EGRESS_REDIR);
	rtnl_mirred_set_policy(mirred, TC_ACT_STOLEN);
	rtnl_mirred_set_ifindex(mirred, to);

	u32 = new_u32(from, INGRESS, ETH_P_ALL);
	rtnl_u32_add_key_uint32(u32, 0, 0, 0, 0);
	rtnl_u32_set_cls_terminal(u32);
	assert_int_equal(rtnl_u32_add_action(u32, mirred), 0);
	rtnl_act_put(mirred);
	nsrig_require(add_filter(ns, u32), "CONFIG_NET_CLS_U32 and CONFIG_NET_ACT_MIRRED");
}

static void mirred_redirects_between_links(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *middle = nsrig_host(rig, "middle");
	int eth0 = smoke_index(middle, "eth0"), eth1 = smoke_index(middle, "eth1");

	redirect(middle, eth0, eth1);
	redirect(middle, eth1, eth0);
	smoke_assert_udp(nsrig_host(rig, "client"), nsrig_host(rig, "server"), "10.0.0.2");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(tbf_limits_the_rate, &pair),
		nsrig_test(netem_delays_packets, &pair),
		nsrig_test(netem_loses_packets, &pair),
		nsrig_test(clsact_bpf_drops_by_port, &pair),
		nsrig_test(u32_classifies_by_port, &pair),
		nsrig_test(mirred_redirects_between_links, &wire),
	};

	return smoke_main(argc, argv, tests);
}
