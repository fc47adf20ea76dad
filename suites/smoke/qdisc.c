// SPDX-License-Identifier: MIT
/*
 * Do this kernel's queueing disciplines delay, drop, shape and order packets as configured?
 *
 *	client eth0 10.0.0.1/24 ------ 10.0.0.2/24 eth0 server
 *
 * Times are asserted only in the direction that a slow machine can't spoil: a delayed packet takes
 * at least that long. Losses are asserted for all packets, or for so many that chance is ruled out.
 */
#include "suites/smoke/lib/smoke.h"
#include "suites/smoke/lib/tc.h"

#include <errno.h>
#include <netinet/in.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <sys/socket.h>
#include <unistd.h>

#define BULK_PORT 4300
#define SPARSE_PORT 4301

static const struct nsrig_topo pair = {
	.text = "veth client:eth0 10.0.0.1/24 -- server:eth0 10.0.0.2/24",
};

/* ---- netem ----------------------------------------------------------------------------------- */

static void impair(struct nsrig *rig, const char *words, const char *option)
{
	nsrig_require(nsrig_impair(rig, "client:eth0", words), option);
}

static void assert_netem(
	struct nsrig *rig, const char *words, const char *before, const char *bounds)
{
	nsrig_assert_flow(
		rig, "client", "udp server", before, .count = 20, .eventually = SMOKE_PATIENCE_MS);
	impair(rig, words, "CONFIG_NET_SCH_NETEM");
	nsrig_assert_flow(rig, "client", "udp server", bounds, .count = 20);
}

static void netem_delays(void **state)
{
	assert_netem(*state, "delay 100ms", "delay < 100ms", "loss == 0% delay >= 100ms");
}

static void netem_loses(void **state)
{
	assert_netem(*state, "loss 100%", "loss == 0%", "loss == 100%");
}

static void netem_duplicates(void **state)
{
	assert_netem(*state, "duplicate 100%", "duplicates == 0", "loss == 0% duplicates == 20");
}

/* Every fifth packet isn't delayed, and overtakes the others. */
static void netem_reorders(void **state)
{
	assert_netem(*state, "delay 50ms reorder 100% gap 5", "reordered == 0",
		"loss == 0% reordered >= 4");
}

/*
 * netem flips one bit per packet: the checksums don't match then, unless the bit is in the Ethernet
 * header.
 */
static void netem_corrupts(void **state)
{
	assert_netem(*state, "corrupt 100%", "loss == 0%", "loss >= 50%");
}

/* 20 KB at 1 Mbit/s. If the first packet is seen late, the rate seems higher. */
static void netem_limits_the_rate(void **state)
{
	assert_netem(*state, "rate 1mbit", "rate > 2mbit", "loss == 0% rate <= 2mbit");
}

/* Both ends have sockets, so that nothing is rejected; arrivals are seen on the wire. */
struct flow {
	int from, to;
};

static struct flow open_flow(struct nsrig *rig, int port, int priority)
{
	struct flow flow = {.to = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "", port)};

	flow.from = nsrig_assert_ok(
		smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "10.0.0.2", port));
	assert_return_code(
		setsockopt(flow.from, SOL_SOCKET, SO_PRIORITY, &priority, sizeof(priority)), errno);
	return flow;
}

static void send_packets(struct flow flow, int count)
{
	char packet[900] = "";

	while (count--)
		assert_int_equal(send(flow.from, packet, sizeof(packet), 0), sizeof(packet));
}

static void close_flow(struct flow flow)
{
	close(flow.from);
	close(flow.to);
}

/* ---- shapers --------------------------------------------------------------------------------- */

static int link_of(struct nsrig *rig)
{
	return smoke_index(nsrig_host(rig, "client"), "eth0");
}

static int send_to_client(struct nsrig *rig, struct nl_msg *msg)
{
	return tc_send(nsrig_host(rig, "client"), msg);
}

static void tbf_limits_the_rate(void **state)
{
	nsrig_assert_flow(*state, "client", "udp server", "rate > 1.5mbit", .count = 100,
		.eventually = SMOKE_PATIENCE_MS);
	impair(*state, "tbf 1mbit burst 2kb latency 5s", "CONFIG_NET_SCH_TBF");
	nsrig_assert_flow(
		*state, "client", "udp server", "loss == 0% rate <= 1.5mbit", .count = 100);
}

/* A qdisc with one class for all packets, with this rate and ceiling, in bytes per second. */
static void add_htb(struct nsrig *rig, uint64_t rate, uint64_t ceil)
{
	struct nl_msg *msg = tc_qdisc("htb", link_of(rig), TC_H_ROOT, 1 << 16);
	struct tc_htb_glob glob = {.version = 3, .rate2quantum = 10, .defcls = 2};
	struct tc_htb_opt parent = {.rate = {.rate = ceil, .linklayer = TC_LINKLAYER_ETHERNET},
		.ceil = {.rate = ceil, .linklayer = TC_LINKLAYER_ETHERNET},
		.buffer = 20000,
		.cbuffer = 20000,
		.quantum = 2000};
	struct tc_htb_opt child = parent;
	char table[1024] = {0};

	assert_int_equal(nla_put(msg, TCA_HTB_INIT, sizeof(glob), &glob), 0);
	nsrig_require(send_to_client(rig, msg), "CONFIG_NET_SCH_HTB");
	msg = tc_class("htb", link_of(rig), 1 << 16, 1 << 16 | 1);
	assert_int_equal(nla_put(msg, TCA_HTB_PARMS, sizeof(parent), &parent), 0);
	assert_int_equal(nla_put(msg, TCA_HTB_RTAB, sizeof(table), table), 0);
	assert_int_equal(nla_put(msg, TCA_HTB_CTAB, sizeof(table), table), 0);
	nsrig_assert_ok(send_to_client(rig, msg));
	child.rate.rate = rate;
	msg = tc_class("htb", link_of(rig), 1 << 16 | 1, 1 << 16 | 2);
	assert_int_equal(nla_put(msg, TCA_HTB_PARMS, sizeof(child), &child), 0);
	assert_int_equal(nla_put(msg, TCA_HTB_RTAB, sizeof(table), table), 0);
	assert_int_equal(nla_put(msg, TCA_HTB_CTAB, sizeof(table), table), 0);
	nsrig_assert_ok(send_to_client(rig, msg));
}

/*
 * The class is guaranteed only 10 kB/s, but borrows what its parent doesn't use, up to the ceiling.
 */
static void htb_lends_up_to_the_ceiling(void **state)
{
	add_htb(*state, 10000, 250000);
	nsrig_assert_flow(*state, "client", "udp server", "loss == 0% rate <= 3mbit", .count = 100,
		.rate = "20mbit");
	nsrig_assert_flow(*state, "client", "udp server", "rate >= 200kbit", .count = 100,
		.rate = "20mbit", .eventually = SMOKE_PATIENCE_MS);
}

static void cake_limits_the_rate(void **state)
{
	struct nl_msg *msg = tc_qdisc("cake", link_of(*state), TC_H_ROOT, 0);

	nsrig_require_qdisc("cake");
	nsrig_assert_flow(*state, "client", "udp server", "rate > 1.5mbit", .count = 100,
		.eventually = SMOKE_PATIENCE_MS);
	assert_int_equal(nla_put_u64(msg, TCA_CAKE_BASE_RATE64, 125000), 0);
	nsrig_assert_ok(send_to_client(*state, msg));
	nsrig_assert_flow(*state, "client", "udp server", "rate <= 1.5mbit", .count = 100);
	nsrig_assert_flow(*state, "client", "udp server", "rate >= 200kbit", .count = 100,
		.eventually = SMOKE_PATIENCE_MS);
}

static int note_time(const struct nsrig_packet *packet, void *arg)
{
	int64_t *times = arg;

	if (!times[0])
		times[0] = packet->time_ns;
	times[1] = packet->time_ns;
	return 0;
}

/* The time between the first and the last of 40 packets of a flow on the wire, in milliseconds. */
static double spread_ms(struct flow flow, struct nsrig_capture *wire)
{
	int64_t times[2] = {0, 0};

	nsrig_assert_ok(nsrig_capture_mark(wire));
	send_packets(flow, 40);
	nsrig_assert_packets(wire, ">= 40", NULL, SMOKE_PATIENCE_MS);
	nsrig_assert_ok(nsrig_capture_each(wire, NULL, 0, note_time, times));
	return (double)(times[1] - times[0]) / 1e6;
}

/*
 * Each socket has the pace that it has requested. Without one, a flow is as fast as the machine;
 * its best time counts.
 */
static void fq_paces_a_socket(void **state)
{
	struct nsrig *rig = *state;
	const uint32_t pace = 20000; /* bytes per second */
	struct nsrig_capture *wire;
	struct flow flow;
	int tries = 0;

	nsrig_require_qdisc("fq");
	nsrig_assert_ok(send_to_client(rig, tc_qdisc("fq", link_of(rig), TC_H_ROOT, 0)));
	flow = open_flow(rig, BULK_PORT, 0);
	nsrig_assert_reach(rig, "client", "icmp server");
	wire = nsrig_capture(rig, "server:eth0", "udp port 4300");
	while (spread_ms(flow, wire) >= 1000) {
		if (++tries == 20)
			nsrig_fail("%d attempts without a pace took a second or more each", tries);
	}
	assert_return_code(
		setsockopt(flow.from, SOL_SOCKET, SO_MAX_PACING_RATE, &pace, sizeof(pace)), errno);
	assert_true(spread_ms(flow, wire) >= 1000);
	close_flow(flow);
}

/* ---- order ----------------------------------------------------------------------------------- */

/* A slow link whose queue has an inner qdisc that orders packets. */
static void add_slow(struct nsrig *rig, struct nl_msg *inner)
{
	struct nl_msg *msg = tc_qdisc("tbf", link_of(rig), TC_H_ROOT, 1 << 16);
	struct tc_tbf_qopt tbf = {
		.rate = {.rate = 15000, .linklayer = TC_LINKLAYER_ETHERNET}, .limit = 1000000};
	char table[1024] = {0};

	assert_int_equal(nla_put(msg, TCA_TBF_PARMS, sizeof(tbf), &tbf), 0);
	assert_int_equal(nla_put_u32(msg, TCA_TBF_BURST, 2000), 0);
	assert_int_equal(nla_put(msg, TCA_TBF_RTAB, sizeof(table), table), 0);
	nsrig_require(send_to_client(rig, msg), "CONFIG_NET_SCH_TBF");
	if (inner)
		nsrig_assert_ok(send_to_client(rig, inner));
}

static int is_sparse(const struct nsrig_packet *packet, void *place)
{
	++*(int *)place;
	return packet->data[37] == (SPARSE_PORT & 0xff);
}

/*
 * 30 packets are queued, then one of another flow. Returns the position at which it arrives, from 1
 * to 31. The packets take two seconds to leave, so all of them are queued by then.
 */
static int place_of_sparse(struct nsrig *rig, int priority)
{
	struct flow bulk = open_flow(rig, BULK_PORT, 0),
		    sparse = open_flow(rig, SPARSE_PORT, priority);
	struct nsrig_capture *wire;
	int place = 0;

	nsrig_assert_reach(rig, "client", "icmp server");
	wire = nsrig_capture(rig, "server:eth0", "udp");
	send_packets(bulk, 30);
	send_packets(sparse, 1);
	nsrig_assert_packets(wire, ">= 31", NULL, SMOKE_PATIENCE_MS);
	assert_int_equal(nsrig_capture_each(wire, NULL, 0, is_sparse, &place), 1);
	close_flow(bulk);
	close_flow(sparse);
	return place;
}

/*
 * A qdisc tells flows apart by a hash, and puts one pair in a thousand into the same queue: tries
 * other flows then.
 */
static void assert_overtakes(struct nsrig *rig, struct nl_msg *inner, int priority)
{
	int place, tries = 0;

	add_slow(rig, inner);
	do {
		place = place_of_sparse(rig, priority);
	} while (place > 25 && ++tries < 3);
	if (place > 25)
		nsrig_fail("the packet of another flow came as number %d of 31", place);
}

static struct nl_msg *inner_qdisc(struct nsrig *rig, const char *kind)
{
	nsrig_require_qdisc(kind);
	return tc_qdisc(kind, link_of(rig), 1 << 16 | 1, 2 << 16);
}

/* First in, first out. */
static void pfifo_keeps_the_order(void **state)
{
	struct nl_msg *pfifo = inner_qdisc(*state, "pfifo");
	struct tc_fifo_qopt limit = {.limit = 100};

	nlmsg_append(pfifo, &limit, sizeof(limit), NLMSG_ALIGNTO);
	add_slow(*state, pfifo);
	assert_int_equal(place_of_sparse(*state, 6), 31);
}

static void sfq_lets_flows_take_turns(void **state)
{
	struct tc_sfq_qopt defaults = {0};
	struct nl_msg *sfq = inner_qdisc(*state, "sfq");

	nlmsg_append(sfq, &defaults, sizeof(defaults), NLMSG_ALIGNTO);
	assert_overtakes(*state, sfq, 0);
}

static void fq_codel_lets_flows_take_turns(void **state)
{
	struct nl_msg *fq_codel = inner_qdisc(*state, "fq_codel");

	/* 20 seconds (in microseconds) are accepted in the queue, so nothing is dropped. */
	assert_int_equal(nla_put_u32(fq_codel, TCA_FQ_CODEL_TARGET, 20000000), 0);
	assert_overtakes(*state, fq_codel, 0);
}

static void fq_pie_lets_flows_take_turns(void **state)
{
	assert_overtakes(*state, inner_qdisc(*state, "fq_pie"), 0);
}

static void prio_lets_priority_go_first(void **state)
{
	struct tc_prio_qopt bands = {
		.bands = 3, .priomap = {1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}};
	struct nl_msg *prio = inner_qdisc(*state, "prio");

	nlmsg_append(prio, &bands, sizeof(bands), NLMSG_ALIGNTO);
	assert_overtakes(*state, prio, 6);
}

static void prio_has_no_favourites_of_its_own(void **state)
{
	struct tc_prio_qopt bands = {
		.bands = 3, .priomap = {1, 2, 2, 2, 1, 2, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1}};
	struct nl_msg *prio = inner_qdisc(*state, "prio");

	nlmsg_append(prio, &bands, sizeof(bands), NLMSG_ALIGNTO);
	add_slow(*state, prio);
	assert_int_equal(place_of_sparse(*state, 0), 31);
}

static void ets_has_strict_bands(void **state)
{
	struct nl_msg *ets = inner_qdisc(*state, "ets");
	struct nlattr *map;
	int i;

	assert_int_equal(nla_put_u8(ets, TCA_ETS_NBANDS, 2), 0);
	assert_int_equal(nla_put_u8(ets, TCA_ETS_NSTRICT, 2), 0);
	map = nla_nest_start(ets, TCA_ETS_PRIOMAP | NLA_F_NESTED);
	for (i = 0; i < 16; i++)
		assert_int_equal(nla_put_u8(ets, TCA_ETS_PRIOMAP_BAND, i == 6 ? 0 : 1), 0);
	nla_nest_end(ets, map);
	assert_overtakes(*state, ets, 6);
}

static int count_bulk(const struct nsrig_packet *packet, void *arg)
{
	if (packet->data[37] == (SPARSE_PORT & 0xff))
		return 1;
	++*(int *)arg;
	return 0;
}

/*
 * There is room for five packets, and the rest is dropped. A later packet gets in when they are
 * gone.
 */
static void pfifo_has_room_for_so_many(void **state)
{
	struct nl_msg *pfifo = inner_qdisc(*state, "pfifo");
	struct tc_fifo_qopt limit = {.limit = 5};
	struct nsrig_capture *wire;
	struct flow bulk, marker;
	char packet[900] = "";
	int i, came = 0;

	nlmsg_append(pfifo, &limit, sizeof(limit), NLMSG_ALIGNTO);
	add_slow(*state, pfifo);
	bulk = open_flow(*state, BULK_PORT, 0);
	marker = open_flow(*state, SPARSE_PORT, 0);
	nsrig_assert_reach(*state, "client", "icmp server");
	wire = nsrig_capture(*state, "server:eth0", "udp");
	for (i = 0; i < 100; i++)
		send(bulk.from, packet, sizeof(packet), 0);
	do {
		send(marker.from, packet, sizeof(packet), 0);
	} while (!smoke_readable(marker.to, 20));
	assert_int_equal(nsrig_capture_each(wire, NULL, NSRIG_WAIT_MS, count_bulk, &came), 1);
	/*
	 * At this rate, all packets take six seconds: if they are sent faster, some must be
	 * dropped.
	 */
	assert_in_range(came, 5, 99);
	close_flow(bulk);
	close_flow(marker);
}

/* ---- congestion ------------------------------------------------------------------------------ */

/* More than about 3000 queued bytes count as congestion. */
static struct nl_msg *red_qdisc(struct nsrig *rig, int flags)
{
	struct nl_msg *red = inner_qdisc(rig, "red");
	const struct tc_red_qopt parms = {.limit = 1000000,
		.qth_min = 1500,
		.qth_max = 3000,
		.Wlog = 1,
		.Plog = 10,
		.Scell_log = 10,
		.flags = flags};
	char table[256] = {0};

	assert_int_equal(nla_put(red, TCA_RED_PARMS, sizeof(parms), &parms), 0);
	assert_int_equal(nla_put(red, TCA_RED_STAB, sizeof(table), table), 0);
	return red;
}

/*
 * Sends 30 packets with these ECN bits, and then one of another flow. Returns how many of the 30
 * arrive.
 */
static int send_30(struct nsrig *rig, int ecn)
{
	struct flow bulk = open_flow(rig, BULK_PORT, 0), last = open_flow(rig, SPARSE_PORT, 0);
	struct nsrig_capture *wire;
	const int ect = 2;
	int came = 0;

	assert_return_code(setsockopt(bulk.from, IPPROTO_IP, IP_TOS, &ecn, sizeof(ecn)), errno);
	assert_return_code(setsockopt(last.from, IPPROTO_IP, IP_TOS, &ect, sizeof(ect)), errno);
	nsrig_assert_reach(rig, "client", "icmp server");
	wire = nsrig_capture(rig, "server:eth0", "udp");
	send_packets(bulk, 30);
	/* Repeat it until it gets in, as it may be dropped. */
	do {
		send_packets(last, 1);
	} while (!smoke_readable(last.to, 20));
	assert_int_equal(nsrig_capture_each(wire, NULL, NSRIG_WAIT_MS, count_bulk, &came), 1);
	close_flow(bulk);
	close_flow(last);
	return came;
}

static void red_drops_what_waits_too_long(void **state)
{
	add_slow(*state, red_qdisc(*state, 0));
	assert_in_range(send_30(*state, 0), 1, 25);
}

/* A flow that supports ECN (RFC 3168) is marked, and loses nothing. */
static void red_marks_instead_if_told(void **state)
{
	struct nsrig_capture *marked =
		nsrig_capture(*state, "server:eth0", "udp port 4300 and ip[1] & 3 == 3");

	add_slow(*state, red_qdisc(*state, TC_RED_ECN));
	assert_int_equal(send_30(*state, 2), 30);
	nsrig_assert_packets(marked, ">= 5", NULL, NSRIG_WAIT_MS);
}

/* ---- queues ---------------------------------------------------------------------------------- */

static const struct nsrig_topo apart = {.hosts = {"client", "server"}};

/* A cable whose end at the client has two queues. */
static void build_wide(struct nsrig *rig)
{
	struct nsrig_ns *client = nsrig_host(rig, "client"), *server = nsrig_host(rig, "server");
	struct rtnl_link *link = rtnl_link_veth_alloc(), *peer = rtnl_link_veth_get_peer(link);
	struct nl_msg *msg;

	rtnl_link_set_name(link, "eth0");
	rtnl_link_set_num_tx_queues(link, 2);
	rtnl_link_set_name(peer, "eth0");
	rtnl_link_set_num_rx_queues(peer, 2);
	rtnl_link_set_ns_fd(peer, nsrig_ns_fd(server));
	assert_int_equal(rtnl_link_build_add_request(link, NLM_F_CREATE | NLM_F_EXCL, &msg), 0);
	nsrig_assert_ok(nsrig_request(client, msg));
	nlmsg_free(msg);
	rtnl_link_put(peer);
	rtnl_link_put(link);
	nsrig_assert_ok(nsrig_addr_add(client, "eth0", "10.0.0.1/24"));
	nsrig_assert_ok(nsrig_addr_add(server, "eth0", "10.0.0.2/24"));
	nsrig_assert_ok(nsrig_link_up(client, "eth0"));
	nsrig_assert_ok(nsrig_link_up(server, "eth0"));
	nsrig_assert_ok(nsrig_wait_link(client, "eth0", SMOKE_PATIENCE_MS));
}

/* Whether a packet of this priority arrives. */
static bool arrives(struct nsrig *rig, int priority, int ms)
{
	struct flow flow = open_flow(rig, SPARSE_PORT, priority);
	bool came;

	send_packets(flow, 1);
	came = smoke_readable(flow.to, ms);
	close_flow(flow);
	return came;
}

/* The second queue drops everything: only packets of its priority are lost. */
static void mqprio_has_a_queue_for_a_priority(void **state)
{
	const struct tc_mqprio_qopt queues = {
		.num_tc = 2, .prio_tc_map = {[6] = 1}, .count = {1, 1}, .offset = {0, 1}};
	struct nsrig *rig = *state;
	struct nl_msg *mqprio;

	build_wide(rig);
	nsrig_assert_reach(rig, "client", "icmp 10.0.0.2", .eventually = SMOKE_PATIENCE_MS);
	mqprio = tc_qdisc("mqprio", link_of(rig), TC_H_ROOT, 1 << 16);
	assert_int_equal(nlmsg_append(mqprio, (void *)&queues, sizeof(queues), NLMSG_ALIGNTO), 0);
	nsrig_require(send_to_client(rig, mqprio), "CONFIG_NET_SCH_MQPRIO");
	assert_true(arrives(rig, 6, SMOKE_PATIENCE_MS));
	nsrig_assert_ok(send_to_client(rig, tc_qdisc("blackhole", link_of(rig), 1 << 16 | 2, 0)));
	assert_false(arrives(rig, 6, NSRIG_SILENCE_MS));
	assert_true(arrives(rig, 0, SMOKE_PATIENCE_MS));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(netem_delays, &pair),
		nsrig_test(netem_loses, &pair),
		nsrig_test(netem_duplicates, &pair),
		nsrig_test(netem_reorders, &pair),
		nsrig_test(netem_corrupts, &pair),
		nsrig_test(netem_limits_the_rate, &pair),
		nsrig_test(tbf_limits_the_rate, &pair),
		nsrig_test(htb_lends_up_to_the_ceiling, &pair),
		nsrig_test(cake_limits_the_rate, &pair),
		nsrig_test(fq_paces_a_socket, &pair),
		nsrig_test(pfifo_keeps_the_order, &pair),
		nsrig_test(pfifo_has_room_for_so_many, &pair),
		nsrig_test(sfq_lets_flows_take_turns, &pair),
		nsrig_test(fq_codel_lets_flows_take_turns, &pair),
		nsrig_test(fq_pie_lets_flows_take_turns, &pair),
		nsrig_test(prio_lets_priority_go_first, &pair),
		nsrig_test(prio_has_no_favourites_of_its_own, &pair),
		nsrig_test(ets_has_strict_bands, &pair),
		nsrig_test(red_drops_what_waits_too_long, &pair),
		nsrig_test(red_marks_instead_if_told, &pair),
		nsrig_test(mqprio_has_a_queue_for_a_priority, &apart),
	};

	return smoke_main(argc, argv, tests);
}
