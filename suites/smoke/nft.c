// SPDX-License-Identifier: MIT
/*
 * Does this kernel's nf_tables obey its rules? The rules are written in nft(8)'s language, and are
 * the router's unless a test says otherwise. The proof is which traffic passes and which doesn't.
 *
 *	client                  router                     server
 *	  eth0 10.0.0.1/24 ------ eth0 10.0.0.254/24
 *	  2001:db8::1/64          2001:db8::fe/64
 *	                          eth1 10.0.1.254/24 ------- eth0 10.0.1.1/24
 *	                          2001:db8:1::fe/64          2001:db8:1::1/64
 */
#include "suites/smoke/lib/nft.h"
#include "suites/smoke/lib/smoke.h"

#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* Traffic that no rule matches passes. */
static void assert_others_pass(struct nsrig *rig)
{
	nsrig_assert_reach(rig, "client", "udp server:4301");
	nsrig_assert_reach(rig, "client", "udp server:4301", .family = AF_INET6);
}

static void forward(struct nsrig *rig, const char *family, const char *rules, const char *option)
{
	nft_load(rig, "router", option,
		"table %s filter {\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0;\n"
		"    %s\n"
		"  }\n"
		"}\n",
		family, rules);
}

/* ---- verdicts -------------------------------------------------------------------------------- */

static void nftables_drops_by_port(void **state)
{
	forward(*state, "ip", "udp dport 4300 drop", "CONFIG_NF_TABLES_IPV4");
	nsrig_assert_no_reach(*state, "client", "udp server:4300");
	assert_others_pass(*state);
}

static void nftables_rejects_by_icmp(void **state)
{
	forward(*state, "inet", "udp dport 4300 reject with icmpx admin-prohibited",
		"CONFIG_NF_TABLES_INET and CONFIG_NFT_REJECT");
	nsrig_assert_reject(*state, "client", "udp server:4300", "admin-prohibited from router");
	nsrig_assert_reject(*state, "client", "udp server:4300", "admin-prohibited from router",
		.family = AF_INET6);
	assert_others_pass(*state);
}

static void nftables_rejects_by_reset(void **state)
{
	forward(*state, "ip", "tcp dport 4300 reject with tcp reset",
		"CONFIG_NF_TABLES_IPV4 and CONFIG_NFT_REJECT");
	nsrig_assert_reject(*state, "client", "tcp server:4300", "reset");
	nsrig_assert_reach(*state, "client", "tcp server:4301");
}

/*
 * Sends this many requests of 100 bytes from client to server, each with its answer, and no packet
 * twice.
 */
static void exchange(struct nsrig *rig, int port, int count)
{
	int server = smoke_server(nsrig_host(rig, "server"), SOCK_DGRAM, "10.0.1.1", port);
	int client = nsrig_assert_ok(
		smoke_connect(nsrig_host(rig, "client"), SOCK_DGRAM, "10.0.1.1", port));
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	char packet[100] = "";

	while (count--) {
		assert_int_equal(send(client, packet, sizeof(packet), 0), sizeof(packet));
		assert_true(smoke_readable(server, SMOKE_PATIENCE_MS));
		assert_int_equal(recvfrom(server, packet, sizeof(packet), 0,
					 (struct sockaddr *)&peer, &length),
			sizeof(packet));
		assert_int_equal(
			sendto(server, packet, sizeof(packet), 0, (struct sockaddr *)&peer, length),
			sizeof(packet));
		assert_true(smoke_readable(client, SMOKE_PATIENCE_MS));
		assert_int_equal(recv(client, packet, sizeof(packet), 0), sizeof(packet));
	}
	close(client);
	close(server);
}

static void nftables_counts_packets(void **state)
{
	forward(*state, "ip", "udp dport 4300 counter", "CONFIG_NF_TABLES_IPV4");
	exchange(*state, 4300, 3);
	nft_assert_lists(*state, "router", "udp dport 4300 counter packets 3 bytes 384");
}

/* ---- sets and maps --------------------------------------------------------------------------- */

static void nftables_set_has_ports(void **state)
{
	nft_load(*state, "router", "CONFIG_NF_TABLES_IPV4",
		"table ip filter {\n"
		"  set closed { type inet_service; flags interval; elements = { 25, 4300-4310 }; "
		"}\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0;\n"
		"    udp dport @closed drop\n"
		"  }\n"
		"}\n");
	nsrig_assert_no_reach(*state, "client", "udp server:4300");
	nsrig_assert_no_reach(*state, "client", "udp server:4310");
	nsrig_assert_reach(*state, "client", "udp server:4311");
}

static void nftables_matches_two_fields_at_once(void **state)
{
	forward(*state, "ip", "ip saddr . udp dport { 10.0.0.1 . 4300, 10.0.0.9 . 4301 } drop",
		"CONFIG_NF_TABLES_IPV4");
	nsrig_assert_no_reach(*state, "client", "udp server:4300");
	assert_others_pass(*state);
}

/* A client that has sent to port 4300 may use port 4302, for a while. */
static void nftables_set_learns_and_forgets(void **state)
{
	struct nsrig *rig = *state;

	nft_load(rig, "router", "CONFIG_NF_TABLES_IPV4",
		"table ip filter {\n"
		"  set known { type ipv4_addr; flags dynamic, timeout; timeout 5s; size 16; }\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0;\n"
		"    udp dport 4300 add @known { ip saddr }\n"
		"    udp dport 4302 ip saddr != @known drop\n"
		"  }\n"
		"}\n");
	nsrig_assert_no_reach(rig, "client", "udp server:4302");
	nsrig_assert_reach(rig, "client", "udp server:4300");
	nsrig_assert_reach(rig, "client", "udp server:4302");
	nsrig_assert_no_reach(rig, "client", "udp server:4302", .eventually = 60000);
}

static void nftables_map_has_verdicts(void **state)
{
	forward(*state, "ip", "udp dport vmap { 4300 : drop, 4301 : accept }",
		"CONFIG_NF_TABLES_IPV4");
	nsrig_assert_no_reach(*state, "client", "udp server:4300");
	assert_others_pass(*state);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void nftables_limit_has_a_burst(void **state)
{
	forward(*state, "ip", "udp dport 4300 limit rate over 1/hour burst 5 packets drop",
		"CONFIG_NF_TABLES_IPV4 and CONFIG_NFT_LIMIT");
	nsrig_assert_flow(*state, "client", "udp server:4300", "loss == 75%", .count = 20);
	assert_others_pass(*state);
}

static void nftables_quota_ends(void **state)
{
	forward(*state, "ip", "udp dport 4300 quota over 1280 bytes drop",
		"CONFIG_NF_TABLES_IPV4 and CONFIG_NFT_QUOTA");
	nsrig_assert_flow(
		*state, "client", "udp server:4300", "loss == 50%", .count = 20, .size = 100);
	assert_others_pass(*state);
}

static void nftables_limits_connections(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *client = nsrig_host(rig, "client");
	int server, first;

	forward(rig, "ip", "tcp dport 4300 ct state new ct count over 1 reject with tcp reset",
		"CONFIG_NF_TABLES_IPV4 and CONFIG_NFT_CONNLIMIT");
	server = smoke_server(nsrig_host(rig, "server"), SOCK_STREAM, "", 4300);
	first = nsrig_assert_ok(smoke_connect(client, SOCK_STREAM, "10.0.1.1", 4300));
	assert_int_equal(smoke_connect(client, SOCK_STREAM, "10.0.1.1", 4300), -ECONNREFUSED);
	close(first);
	close(server);
}

/* ---- connections ----------------------------------------------------------------------------- */

static void nftables_knows_what_is_established(void **state)
{
	forward(*state, "inet",
		"ct state established accept; iifname \"eth1\" ip protocol icmp drop",
		"CONFIG_NF_TABLES_INET and CONFIG_NFT_CT");
	nsrig_assert_reach(*state, "client", "icmp server");
	nsrig_assert_no_reach(*state, "server", "icmp client");
}

static void nftables_knows_what_is_untracked(void **state)
{
	nft_load(*state, "router", "CONFIG_NF_TABLES_IPV4 and CONFIG_NFT_CT",
		"table ip filter {\n"
		"  chain raw {\n"
		"    type filter hook prerouting priority -300;\n"
		"    udp dport 4300 notrack\n"
		"  }\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0;\n"
		"    ct state untracked drop\n"
		"  }\n"
		"}\n");
	nsrig_assert_no_reach(*state, "client", "udp server:4300");
	assert_others_pass(*state);
}

/* A segment of a connection whose beginning conntrack hasn't seen. */
static void nftables_knows_what_is_invalid(void **state)
{
	struct nsrig *rig = *state;

	nft_load(rig, "router", "CONFIG_NF_TABLES_IPV4 and CONFIG_NFT_CT",
		"table ip filter {\n"
		"  chain raw {\n"
		"    type filter hook prerouting priority -300;\n"
		"    tcp dport 4300 tcp flags & (syn|ack) == syn notrack\n"
		"    tcp sport 4300 tcp flags & (syn|ack) == syn|ack notrack\n"
		"  }\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0;\n"
		"    ct state invalid drop\n"
		"  }\n"
		"}\n");
	nsrig_assert_ok(nsrig_sysctl_set(
		nsrig_host(rig, "router"), "net.netfilter.nf_conntrack_tcp_loose", "0"));
	nsrig_assert_no_reach(rig, "client", "tcp server:4300");
	nsrig_assert_reach(rig, "client", "tcp server:4301");
}

/*
 * The forward chain sees the first packets of a flow, and none after the flow is offloaded to the
 * flowtable.
 */
static void nftables_flowtable_goes_round_the_chain(void **state)
{
	nft_load(*state, "router", "CONFIG_NFT_FLOW_OFFLOAD and CONFIG_NF_FLOW_TABLE_INET",
		"table inet filter {\n"
		"  flowtable fast { hook ingress priority 0; devices = { eth0, eth1 }; }\n"
		"  chain forward {\n"
		"    type filter hook forward priority 0;\n"
		"    udp dport 4300 counter\n"
		"    udp dport 4301 counter\n"
		"    udp dport 4300 flow add @fast\n"
		"  }\n"
		"}\n");
	exchange(*state, 4301, 50);
	nft_assert_lists(*state, "router", "udp dport 4301 counter packets 50 ");
	exchange(*state, 4300, 50);
	/* By now all packets of that flow are counted, as is a later flow. */
	exchange(*state, 4301, 1);
	nft_assert_lists(*state, "router", "udp dport 4301 counter packets 51 ");
	assert_in_range(nft_count(*state, "router", "udp dport 4300 counter packets "), 1, 10);
}

/* ---- changes --------------------------------------------------------------------------------- */

static void nftables_marks_for_routing(void **state)
{
	struct nsrig *rig = *state;

	nsrig_require(nsrig_rule_add(nsrig_host(rig, "router"), "fwmark 7 blackhole"),
		"CONFIG_IP_MULTIPLE_TABLES");
	assert_others_pass(rig);
	nft_load(rig, "router", "CONFIG_NF_TABLES_IPV4",
		"table ip mangle {\n"
		"  chain prerouting {\n"
		"    type filter hook prerouting priority -150;\n"
		"    udp dport 4300 meta mark set 7\n"
		"  }\n"
		"}\n");
	nsrig_assert_no_reach(rig, "client", "udp server:4300");
	assert_others_pass(rig);
}

static void nftables_writes_into_packets(void **state)
{
	nft_load(*state, "router", "CONFIG_NF_TABLES_IPV4",
		"table ip mangle {\n"
		"  chain prerouting {\n"
		"    type filter hook prerouting priority -150;\n"
		"    udp dport 4300 ip ttl set 1\n"
		"  }\n"
		"}\n");
	nsrig_assert_reject(*state, "client", "udp server:4300", "ttl-exceeded from router");
	assert_others_pass(*state);
}

/* ---- families -------------------------------------------------------------------------------- */

static void nftables_ip_leaves_ipv6_alone(void **state)
{
	forward(*state, "ip", "drop", "CONFIG_NF_TABLES_IPV4");
	nsrig_assert_no_reach(*state, "client", "icmp server");
	nsrig_assert_reach(*state, "client", "icmp server", .family = AF_INET6);
}

static void nftables_ip6_leaves_ipv4_alone(void **state)
{
	forward(*state, "ip6", "drop", "CONFIG_NF_TABLES_IPV6");
	nsrig_assert_no_reach(*state, "client", "icmp server", .family = AF_INET6);
	nsrig_assert_reach(*state, "client", "icmp server");
}

static void nftables_inet_has_both(void **state)
{
	forward(*state, "inet", "udp dport 4300 drop", "CONFIG_NF_TABLES_INET");
	nsrig_assert_no_reach(*state, "client", "udp server:4300");
	nsrig_assert_no_reach(*state, "client", "udp server:4300", .family = AF_INET6);
	assert_others_pass(*state);
}

static void nftables_arp_refuses_to_answer(void **state)
{
	nft_load(*state, "server", "CONFIG_NF_TABLES_ARP",
		"table arp filter {\n"
		"  chain input {\n"
		"    type filter hook input priority 0;\n"
		"    arp operation request drop\n"
		"  }\n"
		"}\n");
	nsrig_assert_no_reach(*state, "client", "icmp server");
	nsrig_assert_reach(*state, "client", "icmp server", .family = AF_INET6);
}

static void assert_netdev_drops(
	struct nsrig *rig, const char *hook, const char *link, const char *option)
{
	nft_load(rig, "router", option,
		"table netdev filter {\n"
		"  chain wire {\n"
		"    type filter hook %s device %s priority 0;\n"
		"    udp dport 4300 drop\n"
		"  }\n"
		"}\n",
		hook, link);
	nsrig_assert_no_reach(rig, "client", "udp server:4300");
	nsrig_assert_reach(rig, "server", "udp client:4300");
	assert_others_pass(rig);
}

static void nftables_netdev_drops_at_ingress(void **state)
{
	assert_netdev_drops(*state, "ingress", "eth0", "CONFIG_NF_TABLES_NETDEV");
}

static void nftables_netdev_drops_at_egress(void **state)
{
	assert_netdev_drops(
		*state, "egress", "eth1", "CONFIG_NF_TABLES_NETDEV and CONFIG_NETFILTER_EGRESS");
}

/* client eth0 10.0.0.1 ====== a | router: br0 | b ====== eth0 10.0.0.2 server */
static const struct nsrig_topo switched = {
	.text = "bridge router:br0\n"
		"veth router:a master br0 -- client:eth0 10.0.0.1/24 2001:db8::1/64\n"
		"veth router:b master br0 -- server:eth0 10.0.0.2/24 2001:db8::2/64\n",
};

static void nftables_bridge_drops_between_ports(void **state)
{
	forward(*state, "bridge", "iifname \"a\" udp dport 4300 drop", "CONFIG_NF_TABLES_BRIDGE");
	nsrig_assert_no_reach(*state, "client", "udp server:4300");
	nsrig_assert_reach(*state, "server", "udp client:4300");
	assert_others_pass(*state);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(nftables_drops_by_port, &nft_routed),
		nsrig_test(nftables_rejects_by_icmp, &nft_routed),
		nsrig_test(nftables_rejects_by_reset, &nft_routed),
		nsrig_test(nftables_counts_packets, &nft_routed),
		nsrig_test(nftables_set_has_ports, &nft_routed),
		nsrig_test(nftables_matches_two_fields_at_once, &nft_routed),
		nsrig_test(nftables_set_learns_and_forgets, &nft_routed),
		nsrig_test(nftables_map_has_verdicts, &nft_routed),
		nsrig_test(nftables_limit_has_a_burst, &nft_routed),
		nsrig_test(nftables_quota_ends, &nft_routed),
		nsrig_test(nftables_limits_connections, &nft_routed),
		nsrig_test(nftables_knows_what_is_established, &nft_routed),
		nsrig_test(nftables_knows_what_is_untracked, &nft_routed),
		nsrig_test(nftables_knows_what_is_invalid, &nft_routed),
		nsrig_test(nftables_flowtable_goes_round_the_chain, &nft_routed),
		nsrig_test(nftables_marks_for_routing, &nft_routed),
		nsrig_test(nftables_writes_into_packets, &nft_routed),
		nsrig_test(nftables_ip_leaves_ipv6_alone, &nft_routed),
		nsrig_test(nftables_ip6_leaves_ipv4_alone, &nft_routed),
		nsrig_test(nftables_inet_has_both, &nft_routed),
		nsrig_test(nftables_arp_refuses_to_answer, &nft_routed),
		nsrig_test(nftables_netdev_drops_at_ingress, &nft_routed),
		nsrig_test(nftables_netdev_drops_at_egress, &nft_routed),
		nsrig_test(nftables_bridge_drops_between_ports, &switched),
	};

	return smoke_main(argc, argv, tests);
}
