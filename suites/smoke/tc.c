// SPDX-License-Identifier: MIT
/*
 * Do this kernel's classifiers match packets, and do its actions do what they are configured to do?
 *
 *	pair:	client eth0 10.0.0.1/24 ------ 10.0.0.2/24 eth0 server
 *
 *	wire:	client eth0 10.0.0.1/24 ------ eth0 middle eth1 ------ 10.0.0.2/24 eth0 server
 *						    eth2 ------ eth0 third
 */
#include "suites/smoke/lib/tc.h"
#include "suites/lib/array.h"
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/tc_act/tc_csum.h>
#include <linux/tc_act/tc_ct.h>
#include <linux/tc_act/tc_gact.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_pedit.h>
#include <linux/tc_act/tc_skbedit.h>
#include <linux/tc_act/tc_vlan.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#define DROPPED_PORT 4300

/* Offsets in an IPv4 packet without options. */
#define IP_PROTOCOL 9
#define UDP_DESTINATION 22

static const struct nsrig_topo pair = {
	.text = "veth client:eth0 10.0.0.1/24 2001:db8::1/64 -- server:eth0 10.0.0.2/24 "
		"2001:db8::2/64",
};

static const struct nsrig_topo wire = {
	.text = "veth client:eth0 10.0.0.1/24 -- middle:eth0\n"
		"veth middle:eth1 -- server:eth0 10.0.0.2/24\n"
		"veth middle:eth2 -- third:eth0\n",
};

/* ---- classifiers: the client's packets to one port are dropped ------------------------------- */

static void assert_drops_by_port(struct nsrig *rig)
{
	nsrig_assert_no_reach(rig, "client", "udp server:4300");
	nsrig_assert_reach(rig, "client", "udp server:4301");
	nsrig_assert_reach(rig, "server", "udp client:4300");
}

/* A filter at the client's end, for outgoing packets. */
static struct nl_msg *egress_filter(struct nsrig *rig, const char *kind, int protocol)
{
	struct nsrig_ns *client = nsrig_host(rig, "client");
	int link = smoke_index(client, "eth0");

	tc_clsact(client, link);
	return tc_filter(kind, link, TC_EGRESS, protocol, 0);
}

static void put_gact(struct nl_msg *msg, int attribute, int verdict)
{
	const struct tc_gact gact = {.action = verdict};
	struct tc_action action = tc_action(msg, attribute, "gact");

	assert_int_equal(nla_put(msg, TCA_GACT_PARMS, sizeof(gact), &gact), 0);
	tc_action_end(msg, &action);
}

static void send_dropping(struct nsrig *rig, struct nl_msg *msg, int attribute, const char *option)
{
	put_gact(msg, attribute, TC_ACT_SHOT);
	nsrig_require(tc_send(nsrig_host(rig, "client"), msg), option);
}

static void put_udp_port(struct nl_msg *msg, int port)
{
	assert_int_equal(nla_put_u16(msg, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_IP)), 0);
	assert_int_equal(nla_put_u8(msg, TCA_FLOWER_KEY_IP_PROTO, IPPROTO_UDP), 0);
	assert_int_equal(nla_put_u16(msg, TCA_FLOWER_KEY_UDP_DST, htons(port)), 0);
}

static void flower_finds_a_port(void **state)
{
	struct nl_msg *msg = egress_filter(*state, "flower", ETH_P_IP);

	put_udp_port(msg, DROPPED_PORT);
	send_dropping(*state, msg, TCA_FLOWER_ACT, "CONFIG_NET_CLS_FLOWER and CONFIG_NET_ACT_GACT");
	assert_drops_by_port(*state);
}

static void flower_finds_an_address(void **state)
{
	struct nl_msg *msg = egress_filter(*state, "flower", ETH_P_IPV6);
	struct in6_addr addr;

	assert_int_equal(inet_pton(AF_INET6, "2001:db8::2", &addr), 1);
	assert_int_equal(nla_put_u16(msg, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_IPV6)), 0);
	assert_int_equal(nla_put(msg, TCA_FLOWER_KEY_IPV6_DST, sizeof(addr), &addr), 0);
	send_dropping(*state, msg, TCA_FLOWER_ACT, "CONFIG_NET_CLS_FLOWER and CONFIG_NET_ACT_GACT");
	nsrig_assert_no_reach(*state, "client", "icmp server", .family = AF_INET6);
	nsrig_assert_reach(*state, "client", "icmp server");
}

static void matchall_finds_everything(void **state)
{
	nsrig_assert_reach(*state, "client", "icmp server");
	send_dropping(*state, egress_filter(*state, "matchall", ETH_P_ALL), TCA_MATCHALL_ACT,
		"CONFIG_NET_CLS_MATCHALL and CONFIG_NET_ACT_GACT");
	nsrig_assert_no_reach(*state, "client", "icmp server");
}

#define MIRRED "CONFIG_NET_CLS_U32 and CONFIG_NET_ACT_MIRRED"

/* For a u32 filter. */
static void put_mirred(struct nl_msg *msg, int what, int link)
{
	struct tc_action action = tc_action(msg, TCA_U32_ACT, "mirred");
	const struct tc_mirred parms = {.eaction = what,
		.action = what == TCA_EGRESS_REDIR ? TC_ACT_STOLEN : TC_ACT_PIPE,
		.ifindex = link};

	assert_int_equal(nla_put(msg, TCA_MIRRED_PARMS, sizeof(parms), &parms), 0);
	tc_action_end(msg, &action);
}

static void u32_finds_bytes(void **state)
{
	const struct {
		struct tc_u32_sel sel;
		struct tc_u32_key keys[2];
	} port = {
		.sel = {.flags = TC_U32_TERMINAL, .nkeys = 2},
		.keys = {{.off = IP_PROTOCOL & ~3,
				 .mask = htonl(0x00ff0000),
				 .val = htonl(IPPROTO_UDP << 16)},
			{.off = UDP_DESTINATION & ~3,
				.mask = htonl(0xffff),
				.val = htonl(DROPPED_PORT)}},
	};
	struct nl_msg *msg = egress_filter(*state, "u32", ETH_P_IP);

	/* To a link where no host takes it. */
	assert_int_equal(nla_put(msg, TCA_U32_SEL, sizeof(port), &port), 0);
	put_mirred(msg, TCA_EGRESS_REDIR, smoke_index(nsrig_host(*state, "client"), "lo"));
	nsrig_require(tc_send(nsrig_host(*state, "client"), msg), MIRRED);
	assert_drops_by_port(*state);
}

static void fw_finds_a_mark(void **state)
{
	struct nsrig *rig = *state;
	struct nl_msg *msg = egress_filter(rig, "fw", ETH_P_ALL);
	const int mark = 7;
	int marked, plain, heard = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "", 7);
	char text[16] = "";

	/* The handle of such a filter is the mark. */
	((struct tcmsg *)nlmsg_data(nlmsg_hdr(msg)))->tcm_handle = mark;
	send_dropping(rig, msg, TCA_FW_ACT, "CONFIG_NET_CLS_FW and CONFIG_NET_ACT_GACT");
	marked = nsrig_assert_ok(
		smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "10.0.0.2", 7));
	plain = nsrig_assert_ok(
		smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "10.0.0.2", 7));
	assert_return_code(setsockopt(marked, SOL_SOCKET, SO_MARK, &mark, sizeof(mark)), errno);
	nsrig_assert_reach(rig, "client", "icmp server");
	send(marked, "marked", 6, 0);
	send(plain, "plain", 5, 0);
	assert_true(smoke_readable(heard, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(heard, text, sizeof(text), 0), 5);
	assert_string_equal(text, "plain");
	close(marked);
	close(plain);
	close(heard);
}

/*
 * Classic BPF, which needs no privilege outside of the namespace. The packet begins with its
 * Ethernet header; the return value is the verdict.
 */
static void bpf_finds_a_port(void **state)
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
	struct nl_msg *msg = egress_filter(*state, "bpf", ETH_P_ALL);

	assert_int_equal(nla_put_u16(msg, TCA_BPF_OPS_LEN, COUNT(program)), 0);
	assert_int_equal(nla_put(msg, TCA_BPF_OPS, sizeof(program), program), 0);
	assert_int_equal(nla_put_u32(msg, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT), 0);
	nsrig_require(tc_send(nsrig_host(*state, "client"), msg), "CONFIG_NET_CLS_BPF");
	assert_drops_by_port(*state);
}

/* ---- actions --------------------------------------------------------------------------------- */

/* A u32 filter that matches every packet: its mask is 0. */
static struct nl_msg *everything(
	struct nsrig *rig, const char *host, const char *link, uint32_t parent)
{
	const struct {
		struct tc_u32_sel sel;
		struct tc_u32_key key;
	} any = {.sel = {.flags = TC_U32_TERMINAL, .nkeys = 1}};
	struct nl_msg *msg =
		tc_filter("u32", smoke_index(nsrig_host(rig, host), link), parent, ETH_P_ALL, 0);

	assert_int_equal(nla_put(msg, TCA_U32_SEL, sizeof(any), &any), 0);
	return msg;
}

static void add_room(struct nsrig *rig, const char *host, const char *link)
{
	tc_clsact(nsrig_host(rig, host), smoke_index(nsrig_host(rig, host), link));
}

static void mirred(struct nsrig *rig, const char *host, const char *from, const char *to, int what)
{
	struct nsrig_ns *ns = nsrig_host(rig, host);
	struct nl_msg *msg = everything(rig, host, from, TC_INGRESS);

	put_mirred(msg, what, smoke_index(ns, to));
	nsrig_require(tc_send(ns, msg), MIRRED);
}

static void mirred_redirects_between_links(void **state)
{
	add_room(*state, "middle", "eth0");
	add_room(*state, "middle", "eth1");
	nsrig_assert_no_reach(*state, "client", "udp server");
	mirred(*state, "middle", "eth0", "eth1", TCA_EGRESS_REDIR);
	mirred(*state, "middle", "eth1", "eth0", TCA_EGRESS_REDIR);
	nsrig_assert_reach(*state, "client", "udp server", .eventually = SMOKE_PATIENCE_MS);
}

/* A copy goes to the other link, here to nowhere; the packet itself continues. */
static void mirred_mirrors_to_another_link(void **state)
{
	static const unsigned char frame[60] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x88, 0xb5};
	struct nsrig_capture *third = nsrig_capture(*state, "third:eth0", "ether proto 0x88b5");

	nsrig_assert_ok(nsrig_send_frame(*state, "client:eth0", frame, sizeof(frame)));
	add_room(*state, "middle", "eth0");
	mirred(*state, "middle", "eth0", "eth2", TCA_EGRESS_MIRROR);
	nsrig_assert_ok(nsrig_send_frame(*state, "client:eth0", frame, sizeof(frame)));
	nsrig_assert_packets(third, "== 1", NULL, 300);
}

/*
 * The usual purpose of ifb: incoming packets leave by a link of their own, where they can be
 * queued.
 */
static void ifb_takes_what_comes_in(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *server = nsrig_host(rig, "server");

	nsrig_require(nsrig_add(rig, "ifb server:ifb0"), "CONFIG_IFB");
	add_room(rig, "server", "eth0");
	mirred(rig, "server", "eth0", "ifb0", TCA_EGRESS_REDIR);
	nsrig_assert_reach(rig, "client", "udp server", .count = 10);
	nsrig_assert_counter(server, "ifb0", "tx_packets", ">= 10");
	nsrig_assert_flow(rig, "client", "udp server", "rate > 200kbit", .count = 20,
		.eventually = SMOKE_PATIENCE_MS);
	nsrig_require(nsrig_impair(rig, "server:ifb0", "tbf 100kbit burst 2kb latency 10s"),
		"CONFIG_NET_SCH_TBF");
	nsrig_assert_flow(rig, "client", "udp server", "loss == 0% rate <= 200kbit", .count = 20);
}

/* Two packets per second, after a burst of five. */
static void police_drops_what_is_too_much(void **state)
{
	struct nl_msg *msg = egress_filter(*state, "matchall", ETH_P_IP);
	struct tc_action action = tc_action(msg, TCA_MATCHALL_ACT, "police");
	const struct tc_police police = {.action = TC_ACT_SHOT};

	/* Older kernels ignore the attributes that they don't know. */
	nsrig_require_kernel(5, 13);
	assert_int_equal(nla_put(msg, TCA_POLICE_TBF, sizeof(police), &police), 0);
	assert_int_equal(nla_put_u64(msg, TCA_POLICE_PKTRATE64, 2), 0);
	/* The time of a burst, in units of 64 ns. */
	assert_int_equal(nla_put_u64(msg, TCA_POLICE_PKTBURST64, 2500000000 / 64), 0);
	tc_action_end(msg, &action);
	nsrig_require(tc_send(nsrig_host(*state, "client"), msg),
		"CONFIG_NET_CLS_MATCHALL and CONFIG_NET_ACT_POLICE");
	nsrig_assert_flow(
		*state, "client", "udp server", "loss >= 50% loss < 100%", .count = 100, .ms = 500);
}

static void edit_tag(struct nsrig *rig, const char *host, uint32_t parent, int what)
{
	struct nl_msg *msg = everything(rig, host, "eth0", parent);
	struct tc_action action = tc_action(msg, TCA_U32_ACT, "vlan");
	const struct tc_vlan vlan = {.action = TC_ACT_PIPE, .v_action = what};

	assert_int_equal(nla_put(msg, TCA_VLAN_PARMS, sizeof(vlan), &vlan), 0);
	if (what == TCA_VLAN_ACT_PUSH) {
		assert_int_equal(nla_put_u16(msg, TCA_VLAN_PUSH_VLAN_ID, 42), 0);
		assert_int_equal(
			nla_put_u16(msg, TCA_VLAN_PUSH_VLAN_PROTOCOL, htons(ETH_P_8021Q)), 0);
	}
	tc_action_end(msg, &action);
	nsrig_require(
		tc_send(nsrig_host(rig, host), msg), "CONFIG_NET_CLS_U32 and CONFIG_NET_ACT_VLAN");
}

static void vlan_tags_are_pushed_and_popped(void **state)
{
	struct nsrig_capture *tagged = nsrig_capture(*state, "server:eth0", "vlan 42");

	nsrig_assert_reach(*state, "client", "udp server");
	add_room(*state, "client", "eth0");
	add_room(*state, "server", "eth0");
	edit_tag(*state, "client", TC_EGRESS, TCA_VLAN_ACT_PUSH);
	nsrig_assert_no_reach(*state, "client", "udp server");
	nsrig_assert_packets(tagged, ">= 1", NULL, NSRIG_WAIT_MS);
	edit_tag(*state, "server", TC_INGRESS, TCA_VLAN_ACT_POP);
	nsrig_assert_reach(*state, "client", "udp server");
}

/* The mark of a packet decides its route: there is none. */
static void skbedit_marks_packets(void **state)
{
	struct nsrig *rig = *state;
	struct nl_msg *msg;
	struct tc_action action;
	const struct tc_skbedit parms = {.action = TC_ACT_PIPE};

	nsrig_require(nsrig_rule_add(nsrig_host(rig, "server"), "fwmark 7 priority 10 blackhole"),
		"CONFIG_IP_MULTIPLE_TABLES");
	nsrig_assert_ok(nsrig_rule_del(nsrig_host(rig, "server"), "lookup local priority 0"));
	nsrig_assert_ok(nsrig_rule_add(nsrig_host(rig, "server"), "lookup local priority 20"));
	nsrig_assert_reach(rig, "client", "udp server:4300");
	add_room(rig, "server", "eth0");
	msg = tc_filter(
		"flower", smoke_index(nsrig_host(rig, "server"), "eth0"), TC_INGRESS, ETH_P_IP, 0);
	put_udp_port(msg, DROPPED_PORT);
	action = tc_action(msg, TCA_FLOWER_ACT, "skbedit");
	assert_int_equal(nla_put(msg, TCA_SKBEDIT_PARMS, sizeof(parms), &parms), 0);
	assert_int_equal(nla_put_u32(msg, TCA_SKBEDIT_MARK, 7), 0);
	tc_action_end(msg, &action);
	nsrig_require(tc_send(nsrig_host(rig, "server"), msg),
		"CONFIG_NET_CLS_FLOWER and CONFIG_NET_ACT_SKBEDIT");
	nsrig_assert_no_reach(rig, "client", "udp server:4300");
	nsrig_assert_reach(rig, "client", "udp server:4301");
}

/* Datagrams to one port arrive at another; the checksum is corrected. */
static void pedit_rewrites_a_port(void **state)
{
	struct nsrig *rig = *state;
	const struct {
		struct tc_pedit_sel sel;
		struct tc_pedit_key key;
	} port = {
		.sel = {.nkeys = 1, .action = TC_ACT_PIPE},
		.key = {.off = UDP_DESTINATION & ~3, .mask = htonl(0xffff0000), .val = htonl(4302)},
	};
	const struct tc_csum csum = {.action = TC_ACT_OK, .update_flags = TCA_CSUM_UPDATE_FLAG_UDP};
	struct nl_msg *msg;
	struct tc_action action;
	char text[16] = "";
	int heard, fd;

	add_room(rig, "server", "eth0");
	msg = tc_filter(
		"flower", smoke_index(nsrig_host(rig, "server"), "eth0"), TC_INGRESS, ETH_P_IP, 0);
	put_udp_port(msg, DROPPED_PORT);
	action = tc_action(msg, TCA_FLOWER_ACT, "pedit");
	assert_int_equal(nla_put(msg, TCA_PEDIT_PARMS, sizeof(port), &port), 0);
	tc_action_next(msg, &action, 2, "csum");
	assert_int_equal(nla_put(msg, TCA_CSUM_PARMS, sizeof(csum), &csum), 0);
	tc_action_end(msg, &action);
	nsrig_require(tc_send(nsrig_host(rig, "server"), msg),
		"CONFIG_NET_CLS_FLOWER and CONFIG_NET_ACT_PEDIT and CONFIG_NET_ACT_CSUM");
	heard = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "", 4302);
	fd = nsrig_assert_ok(
		smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "10.0.0.2", DROPPED_PORT));
	assert_int_equal(send(fd, "elsewhere", 9, 0), 9);
	assert_true(smoke_readable(heard, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(heard, text, sizeof(text), 0), 9);
	assert_string_equal(text, "elsewhere");
	close(fd);
	close(heard);
}

/* Looks up a connection, or commits it, and continues in chain 1. */
static void track(struct nsrig *rig, uint32_t parent)
{
	struct nsrig_ns *client = nsrig_host(rig, "client");
	struct nl_msg *msg = tc_filter("flower", smoke_index(client, "eth0"), parent, ETH_P_IP, 0);
	struct tc_action action;
	const struct tc_ct ct = {.action = TC_ACT_PIPE};
	const struct tc_gact go_on = {.action = TC_ACT_GOTO_CHAIN | 1};

	assert_int_equal(nla_put_u16(msg, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_IP)), 0);
	action = tc_action(msg, TCA_FLOWER_ACT, "ct");
	assert_int_equal(nla_put(msg, TCA_CT_PARMS, sizeof(ct), &ct), 0);
	assert_int_equal(
		nla_put_u16(msg, TCA_CT_ACTION, parent == TC_EGRESS ? TCA_CT_ACT_COMMIT : 0), 0);
	tc_action_next(msg, &action, 2, "gact");
	assert_int_equal(nla_put(msg, TCA_GACT_PARMS, sizeof(go_on), &go_on), 0);
	tc_action_end(msg, &action);
	nsrig_require(tc_send(client, msg), "CONFIG_NET_CLS_FLOWER and CONFIG_NET_ACT_CT");
	/* There, incoming packets that belong to no connection of the client are dropped. */
	msg = tc_filter("flower", smoke_index(client, "eth0"), parent, ETH_P_IP, 1);
	assert_int_equal(nla_put_u16(msg, TCA_FLOWER_KEY_ETH_TYPE, htons(ETH_P_IP)), 0);
	if (parent == TC_INGRESS) {
		assert_int_equal(
			nla_put_u16(msg, TCA_FLOWER_KEY_CT_STATE,
				TCA_FLOWER_KEY_CT_FLAGS_TRACKED | TCA_FLOWER_KEY_CT_FLAGS_NEW),
			0);
		assert_int_equal(
			nla_put_u16(msg, TCA_FLOWER_KEY_CT_STATE_MASK,
				TCA_FLOWER_KEY_CT_FLAGS_TRACKED | TCA_FLOWER_KEY_CT_FLAGS_NEW),
			0);
	}
	put_gact(msg, TCA_FLOWER_ACT, parent == TC_INGRESS ? TC_ACT_SHOT : TC_ACT_OK);
	nsrig_assert_ok(tc_send(client, msg));
}

static void ct_lets_answers_in(void **state)
{
	nsrig_assert_reach(*state, "server", "udp client");
	add_room(*state, "client", "eth0");
	track(*state, TC_EGRESS);
	track(*state, TC_INGRESS);
	nsrig_assert_reach(*state, "client", "udp server");
	nsrig_assert_no_reach(*state, "server", "udp client");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(flower_finds_a_port, &pair),
		nsrig_test(flower_finds_an_address, &pair),
		nsrig_test(matchall_finds_everything, &pair),
		nsrig_test(u32_finds_bytes, &pair),
		nsrig_test(fw_finds_a_mark, &pair),
		nsrig_test(bpf_finds_a_port, &pair),
		nsrig_test(mirred_redirects_between_links, &wire),
		nsrig_test(mirred_mirrors_to_another_link, &wire),
		nsrig_test(ifb_takes_what_comes_in, &pair),
		nsrig_test(police_drops_what_is_too_much, &pair),
		nsrig_test(vlan_tags_are_pushed_and_popped, &pair),
		nsrig_test(skbedit_marks_packets, &pair),
		nsrig_test(pedit_rewrites_a_port, &pair),
		nsrig_test(ct_lets_answers_in, &pair),
	};

	return smoke_main(argc, argv, tests);
}
