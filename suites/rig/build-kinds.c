// SPDX-License-Identifier: MIT
/*
 * Each kind of link that a topology can declare carries packets: the test asserts what comes out at
 * the other end. The network of each test is drawn above it. A kind that this kernel lacks is
 * skipped by name.
 */
#include "suites/lib/count.h"
#include "suites/lib/program.h"
#include "suites/smoke/lib/smoke.h"

#include <nsrig.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_reaches(struct nsrig *rig, const char *host, const char *dst)
{
	nsrig_in(nsrig_host(rig, host))
		nsrig_assert_ping(dst);
}

static void assert_does_not_reach(struct nsrig *rig, const char *host, const char *dst)
{
	nsrig_in(nsrig_host(rig, host))
		nsrig_assert_no_ping(dst);
}

/*
 * Where nsrig has no function: an iproute2 command in a host. Skips the test if iproute2 isn't
 * installed, or the kernel doesn't support the request.
 */
static void run_or_skip(struct nsrig_ns *ns, const char *command, const char *needs)
{
	struct program shell;
	bool done;

	nsrig_in(ns)
		program_run(&shell, (char *[]){"sh", "-ec", (char *)command, NULL});
	done = WIFEXITED(shell.status) && WEXITSTATUS(shell.status) == 0;
	program_free(&shell);
	if (!done)
		nsrig_skip("needs %s", needs);
}

/* ---- switches -------------------------------------------------------------------------------- */

/*
 *	a 10.0.0.1 --- p1 (10) |
 *	b 10.0.0.2 --- p2 (10) | br0 switch		VLAN 10: a, b; VLAN 20: c
 *	c 10.0.0.3 --- p3 (20) |
 */
#define SWITCH                                                                                     \
	"bridge switch:br0 vlan_filtering on\n"                                                    \
	"veth switch:p1 master br0 vlan 10 pvid untagged -- a:eth0 10.0.0.1/24\n"                  \
	"veth switch:p2 master br0 vlan 10 pvid untagged -- b:eth0 10.0.0.2/24\n"                  \
	"veth switch:p3 master br0 vlan 20 pvid untagged -- c:eth0 10.0.0.3/24\n"

static const struct nsrig_topo filtering = {.text = SWITCH};

static void vlans_of_a_switch_are_apart(void **state)
{
	assert_reaches(*state, "a", "10.0.0.2");
	assert_does_not_reach(*state, "a", "10.0.0.3");
	assert_does_not_reach(*state, "c", "10.0.0.1");
}

/* What a goes by, VLAN 10, is also b's; what b answers goes by VLAN 7, the bridge's own choice. */
static const struct nsrig_topo one_way = {
	.text = "bridge switch:br0 vlan_filtering on vlan_default_pvid 7\n"
		"veth switch:p1 master br0 vlan 10 pvid untagged -- a:eth0 10.0.0.1/24\n"
		"veth switch:p2 master br0 vlan 7 pvid untagged vlan 10 untagged -- "
		"b:eth0 10.0.0.2/24\n",
};

static void port_is_in_no_other_vlan(void **state)
{
	assert_does_not_reach(*state, "a", "10.0.0.2");
	/* b has been asked, and has answered. */
	nsrig_assert_neighbour(nsrig_host(*state, "b"), "10.0.0.1 dev eth0");
}

/*
 *	a, b ----- VLAN 10 |       | p4 (10, 20) ---- eth0 router, v10 10.0.0.9, v20 10.0.20.9 on it
 *	c -------- VLAN 20 | br0   |			   q 802.1ad 30 on it, v40 10.0.40.9 on that
 *	                   switch  | br0 itself (10)
 */
static const struct nsrig_topo trunk = {
	.text = SWITCH "veth switch:p4 master br0 vlan 10 vlan 20 vlan 30 -- router:eth0\n"
		       "vlan router:v10 link eth0 id 10 10.0.0.9/24\n"
		       "vlan router:v20 link eth0 id 20 10.0.20.9/24\n"
		       "vlan switch:own link br0 id 10 10.0.0.8/24\n"
		       "veth d:eth0 -- e:eth0\n"
		       "vlan d:outer link eth0 id 30 protocol 802.1ad\n"
		       "vlan e:outer link eth0 id 30 protocol 802.1ad\n"
		       "vlan d:inner link outer id 40 10.0.40.1/24\n"
		       "vlan e:inner link outer id 40 10.0.40.2/24\n",
};

static void vlans_come_through_a_trunk(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_link(nsrig_host(rig, "router"), "v10 up carrier state UP kind vlan");
	nsrig_assert_link(nsrig_host(rig, "switch"), "own up carrier state UP kind vlan");
	assert_reaches(rig, "router", "10.0.0.1");
	assert_reaches(rig, "b", "10.0.0.9");
	assert_reaches(rig, "d", "10.0.40.2");
	assert_does_not_reach(rig, "c", "10.0.0.9");
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(rig, "c"), "eth0", "10.0.20.3/24"));
	assert_reaches(rig, "c", "10.0.20.9");
}

/*  a --- p1 (isolated) | br0 | p2 (isolated) --- b;  p3 --- c  */
static const struct nsrig_topo isolated = {
	.text = "bridge switch:br0\n"
		"veth switch:p1 master br0 isolated on -- a:eth0 10.0.0.1/24\n"
		"veth switch:p2 master br0 isolated on -- b:eth0 10.0.0.2/24\n"
		"veth switch:p3 master br0 -- c:eth0 10.0.0.3/24\n",
};

static void isolated_ports_are_apart(void **state)
{
	assert_reaches(*state, "a", "10.0.0.3");
	assert_reaches(*state, "b", "10.0.0.3");
	assert_does_not_reach(*state, "a", "10.0.0.2");
}

/* ---- links on top of others ------------------------------------------------------------------ */

/*
 *	a m0 10.0.0.1 |                                     | machine m1 10.0.0.4
 *	b m0 10.0.0.2 | machine: eth0 ===== eth0 10.0.0.9 outside
 */
static const struct nsrig_topo macvlans = {
	.text = "veth machine:eth0 -- outside:eth0 10.0.0.9/24\n"
		"macvlan a:eth0 link machine:eth0 mode bridge 10.0.0.1/24 2001:db8::1/64\n"
		"macvlan b:eth0 link machine:eth0 mode bridge 10.0.0.2/24 2001:db8::2/64\n"
		"macvlan p:eth0 link machine:eth0 mode private 10.0.0.3/24\n"
		"macvlan machine:m1 link eth0 mode bridge 10.0.0.4/24\n",
};

static void macvlans_share_a_link(void **state)
{
	nsrig_assert_link(nsrig_host(*state, "machine"), "m1 up carrier state UP kind macvlan");
	assert_reaches(*state, "a", "10.0.0.2");
	assert_reaches(*state, "a", "2001:db8::2");
	assert_reaches(*state, "a", "10.0.0.4");
	assert_reaches(*state, "outside", "10.0.0.1");
	assert_reaches(*state, "outside", "10.0.0.3");
	assert_does_not_reach(*state, "p", "10.0.0.1");
}

static const struct nsrig_topo macvtap = {
	.text = "veth machine:eth0 -- outside:eth0 10.0.0.9/24\n"
		"macvtap a:eth0 link machine:eth0 mode bridge 10.0.0.1/24\n"
		"macvtap machine:m1 link eth0 mode bridge 10.0.0.2/24\n",
};

/* Until a program opens its character device, a macvtap works like a macvlan. */
static void macvtap_shares_a_link(void **state)
{
	nsrig_assert_link(nsrig_host(*state, "a"), "eth0 up carrier state UP kind macvtap");
	assert_reaches(*state, "a", "10.0.0.9");
	assert_reaches(*state, "a", "10.0.0.2");
}

static const struct nsrig_topo ipvlans = {
	.text = "veth machine:eth0 -- outside:eth0 10.0.0.9/24 10.1.0.9/24\n"
		"ipvlan a:eth0 link machine:eth0 mode l2 10.0.0.1/24\n"
		"ipvlan b:eth0 link machine:eth0 mode l2 10.0.0.2/24\n"
		"veth router:eth0 10.1.0.254/24 -- far:eth0 10.1.0.1/24\n"
		"ipvlan c:up link router:eth0 mode l3s 10.2.0.1/24\n"
		"ipvlan d:up link router:eth0 mode l3s 10.2.0.2/24\n",
};

static void ipvlans_share_a_link(void **state)
{
	assert_reaches(*state, "a", "10.0.0.2");
	assert_reaches(*state, "outside", "10.0.0.1");
	assert_reaches(*state, "c", "10.2.0.2");
}

/*
 *	a 10.0.0.1 ==== eth0 | red  (table 10)		two customers with the same addresses
 *	b 10.0.0.1 ==== eth1 | blue (table 20) router
 */
static const struct nsrig_topo vrfs = {
	.text = "vrf router:red table 10\n"
		"vrf router:blue table 20\n"
		"veth router:eth0 master red 10.0.0.254/24 shared -- a:eth0 10.0.0.1/24 shared\n"
		"veth router:eth1 master blue 10.0.0.254/24 shared -- b:eth0 10.0.0.1/24 shared\n"
		"veth router:eth2 master blue 10.0.2.254/24 2001:db8:2::fe/64 "
		"-- c:eth0 10.0.2.1/24 2001:db8:2::1/64\n"
		"route router 10.66.0.0/16 via 10.0.0.1 table 20\n"
		"route b default via 10.0.0.254\n"
		"route c default via 10.0.2.254\n",
};

static void vrfs_are_apart(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *router = nsrig_host(rig, "router");
	uint64_t a_before, a_after, b_before, b_after;

	nsrig_assert_link(router, "red up carrier state UP kind vrf");
	nsrig_assert_link(router, "eth0 up carrier master red");
	nsrig_assert_route(router, "10.0.0.0/24 dev eth0 table 10");
	nsrig_assert_route(router, "10.0.0.0/24 dev eth1 table 20");
	nsrig_in(router) {
		nsrig_assert_ping("10.0.0.1", .dev = "red");
		nsrig_assert_ping("10.0.2.1", .dev = "blue");
		nsrig_assert_ping("2001:db8:2::1", .dev = "blue");
		nsrig_assert_no_ping("10.0.2.1", .dev = "red");
	}
	nsrig_assert_ok(nsrig_counter(nsrig_host(rig, "a"), "eth0", "rx_packets", &a_before));
	nsrig_assert_ok(nsrig_counter(nsrig_host(rig, "b"), "eth0", "rx_packets", &b_before));
	nsrig_in(router)
		nsrig_assert_ping("10.0.0.1", .dev = "blue", .size = 999);
	nsrig_assert_ok(nsrig_counter(nsrig_host(rig, "a"), "eth0", "rx_packets", &a_after));
	nsrig_assert_ok(nsrig_counter(nsrig_host(rig, "b"), "eth0", "rx_packets", &b_after));
	assert_true(b_after > b_before);
	assert_int_equal(a_after, a_before);
}

/*  a bond0 10.0.0.1 <(eth0 ===== eth0)> bond0 10.0.0.2 b, and eth1 ===== eth1  */
static const struct nsrig_topo bonded = {
	.text = "bond a:bond0 mode active-backup miimon 20 10.0.0.1/24 2001:db8::1/64\n"
		"bond b:bond0 mode active-backup miimon 20 10.0.0.2/24 2001:db8::2/64\n"
		"veth a:eth0 master bond0 -- b:eth0 master bond0\n"
		"veth a:eth1 master bond0 -- b:eth1 master bond0\n",
};

static void bond_survives_a_cable(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_link(nsrig_host(rig, "a"), "bond0 up carrier state UP kind bond");
	nsrig_assert_link(nsrig_host(rig, "a"), "eth0 up carrier master bond0");
	nsrig_assert_link(nsrig_host(rig, "b"), "eth1 up carrier master bond0");
	assert_reaches(rig, "a", "10.0.0.2");
	assert_reaches(rig, "b", "2001:db8::1");
	nsrig_assert_ok(nsrig_link_down(nsrig_host(rig, "a"), "eth0"));
	assert_reaches(rig, "a", "10.0.0.2");
	assert_reaches(rig, "b", "10.0.0.1");
}

static const struct nsrig_topo lacp = {
	.text = "bond a:bond0 mode 802.3ad miimon 20 lacp_rate fast 10.0.0.1/24\n"
		"bond b:bond0 mode 802.3ad miimon 20 lacp_rate fast 10.0.0.2/24\n"
		"veth a:eth0 master bond0 -- b:eth0 master bond0\n"
		"veth a:eth1 master bond0 -- b:eth1 master bond0\n",
};

static void lacp_finds_its_partner(void **state)
{
	assert_reaches(*state, "a", "10.0.0.2");
}

/*  a eth0 === eth0 b, d0 10.5.0.1/32 2001:db8:5::1/128 on b  */
static const struct nsrig_topo dummies = {
	.text = "veth a:eth0 10.0.0.1/24 2001:db8::1/64 -- b:eth0 10.0.0.2/24 2001:db8::2/64\n"
		"dummy b:d0 10.5.0.1/32 2001:db8:5::1/128\n"
		"route a 10.5.0.0/16 via 10.0.0.2\n"
		"route a 2001:db8:5::/48 via 2001:db8::2\n",
};

static void dummy_has_addresses(void **state)
{
	assert_reaches(*state, "a", "10.5.0.1");
	assert_reaches(*state, "a", "2001:db8:5::1");
}

/* ---- tunnels --------------------------------------------------------------------------------- */

/*
 *	a t0 192.0.2.1/24 2001:db8:1::1/64 ~~~~~~~~~~ 192.0.2.2/24 2001:db8:1::2/64 t0 b
 *	  eth0 10.0.0.1/24 2001:db8::1/64 =========== 10.0.0.2/24 2001:db8::2/64 eth0
 */
#define UNDERLAY "veth a:eth0 10.0.0.1/24 2001:db8::1/64 -- b:eth0 10.0.0.2/24 2001:db8::2/64\n"
#define OVER4 "local 10.0.0.1 remote 10.0.0.2", "local 10.0.0.2 remote 10.0.0.1"
#define OVER6 "local 2001:db8::1 remote 2001:db8::2", "local 2001:db8::2 remote 2001:db8::1"

struct tunnel {
	const char *kind;
	const char *options; /* of both ends */
	const char *a, *b;   /* of each end */
	bool four, six;      /* the families that it carries */
};

static void try_tunnel(struct nsrig *rig, const struct tunnel *tunnel)
{
	uint64_t before, after;
	char text[1024];
	int rc;

	snprintf(text, sizeof(text), UNDERLAY "%s a:t0 %s %s %s %s\n%s b:t0 %s %s %s %s\n",
		tunnel->kind, tunnel->options, tunnel->a, tunnel->four ? "192.0.2.1/24" : "",
		tunnel->six ? "2001:db8:1::1/64" : "", tunnel->kind, tunnel->options, tunnel->b,
		tunnel->four ? "192.0.2.2/24" : "", tunnel->six ? "2001:db8:1::2/64" : "");
	rc = nsrig_add(rig, text);
	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	nsrig_assert_ok(nsrig_counter(nsrig_host(rig, "b"), "t0", "rx_packets", &before));
	if (tunnel->four)
		assert_reaches(rig, "a", "192.0.2.2");
	if (tunnel->six)
		assert_reaches(rig, "a", "2001:db8:1::2");
	nsrig_assert_ok(nsrig_counter(nsrig_host(rig, "b"), "t0", "rx_packets", &after));
	assert_true(after > before);
}

#define TUNNEL(name, ...)                                                                          \
	static void name(void **state)                                                             \
	{                                                                                          \
		static const struct tunnel tunnel = {__VA_ARGS__};                                 \
                                                                                                   \
		try_tunnel(*state, &tunnel);                                                       \
	}

TUNNEL(vxlan_carries_both, "vxlan", "id 42", OVER4, true, true)
TUNNEL(vxlan_over_ipv6_carries_both, "vxlan", "id 42 dstport 8472", OVER6, true, true)
TUNNEL(vxlan_finds_its_group, "vxlan", "id 42 group 239.1.1.1 dev eth0", "", "", true, true)
TUNNEL(geneve_carries_both, "geneve", "id 42", "remote 10.0.0.2", "remote 10.0.0.1", true, true)
TUNNEL(geneve_over_ipv6_carries_both, "geneve", "id 42", "remote 2001:db8::2", "remote 2001:db8::1",
	true, true)
TUNNEL(gre_carries_both, "gre", "key 7", OVER4, true, true)
TUNNEL(gretap_carries_both, "gretap", "key 7", OVER4, true, true)
TUNNEL(ip6gre_carries_both, "ip6gre", "key 7", OVER6, true, true)
TUNNEL(ip6gretap_carries_both, "ip6gretap", "key 7", OVER6, true, true)
TUNNEL(ipip_carries_ipv4, "ipip", "ttl 64", OVER4, true, false)
TUNNEL(sit_carries_ipv6, "sit", "ttl 64", OVER4, false, true)
TUNNEL(ip6tnl_carries_both, "ip6tnl", "", OVER6, true, true)
TUNNEL(ip6tnl_carries_ipv4, "ip6tnl", "mode ipip6", OVER6, true, false)
TUNNEL(raw_vxlan_carries_both, "kind vxlan", "raw 1=u32:42 raw 15=be16:4789", "raw 2=addr:10.0.0.2",
	"raw 2=addr:10.0.0.1", true, true)

/* Two ends with different keys don't receive each other's packets. */
static void keys_of_gre_are_told(void **state)
{
	struct nsrig *rig = *state;
	int rc = nsrig_add(rig,
		UNDERLAY "gre a:t0 local 10.0.0.1 remote 10.0.0.2 key 7 192.0.2.1/24\n"
			 "gre b:t0 local 10.0.0.2 remote 10.0.0.1 key 8 192.0.2.2/24\n");

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	assert_does_not_reach(rig, "a", "192.0.2.2");
}

/* The same network, with a forwarding table from the topology instead of learning. */
static const struct nsrig_topo told = {
	.text = UNDERLAY "vxlan a:t0 id 42 learning off 192.0.2.1/24\n"
			 "vxlan b:t0 id 42 learning off 192.0.2.2/24\n"
			 "fdb a 00:00:00:00:00:00 dev t0 dst 10.0.0.2 self permanent\n"
			 "fdb b 00:00:00:00:00:00 dev t0 dst 10.0.0.1 self permanent\n",
};

static void vxlan_does_as_its_table_says(void **state)
{
	assert_reaches(*state, "a", "192.0.2.2");
}

/*  a wg0 192.0.2.1/24 2001:db8:1::1/64 ~~~~~ 192.0.2.2/24 2001:db8:1::2/64 wg0 b  */
static const struct nsrig_topo wireguards = {
	.text = UNDERLAY
	"wireguard a:wg0 192.0.2.1/24 2001:db8:1::1/64 listen-port 4000 "
	"peer b:wg0 endpoint 10.0.0.2 persistent-keepalive 25\n"
	"wireguard b:wg0 192.0.2.2/24 2001:db8:1::2/64 "
	"peer a:wg0 endpoint [2001:db8::1]:4000 allowed-ips 192.0.2.1,2001:db8:1::/64\n",
};

static void wireguard_carries_both(void **state)
{
	assert_reaches(*state, "a", "192.0.2.2");
	assert_reaches(*state, "b", "2001:db8:1::1");
	/* It listens on the port that it was given, or on one of its own choice. */
	nsrig_assert_listener(nsrig_host(*state, "a"), "udp *:4000");
	nsrig_assert_listener(nsrig_host(*state, "b"), "udp *:51820");
	/* Packets from an address that the peer isn't allowed to use are dropped. */
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(*state, "a"), "wg0", "192.0.2.9/24"));
	nsrig_in(nsrig_host(*state, "a"))
		nsrig_assert_no_ping("192.0.2.2", .src = "192.0.2.9");
}

static const struct nsrig_topo xfrms = {
	.text = UNDERLAY "xfrm a:t0 if_id 42 dev eth0 192.0.2.1/24\n"
			 "xfrm b:t0 if_id 42 dev eth0 192.0.2.2/24\n",
};

#define SA(from, to)                                                                               \
	"ip xfrm state add src " from " dst " to " proto esp spi 42 mode tunnel if_id 42 "         \
	"enc 'cbc(aes)' 0x00112233445566778899aabbccddeeff "                                       \
	"auth 'hmac(sha1)' 0x00112233445566778899aabbccddeeff00112233; "
#define POLICY(dir, from, to)                                                                      \
	"ip xfrm policy add dir " dir " src 192.0.2.0/24 dst 192.0.2.0/24 if_id 42 "               \
	"tmpl src " from " dst " to " proto esp mode tunnel; "

static void xfrm_interface_carries_ipsec(void **state)
{
	static const char a[] = SA("10.0.0.1", "10.0.0.2") SA("10.0.0.2", "10.0.0.1")
		POLICY("out", "10.0.0.1", "10.0.0.2") POLICY("in", "10.0.0.2", "10.0.0.1") "true";
	static const char b[] = SA("10.0.0.1", "10.0.0.2") SA("10.0.0.2", "10.0.0.1")
		POLICY("out", "10.0.0.2", "10.0.0.1") POLICY("in", "10.0.0.1", "10.0.0.2") "true";
	uint64_t received;

	run_or_skip(nsrig_host(*state, "a"), a, "ip(8), CONFIG_INET_ESP and its algorithms");
	run_or_skip(nsrig_host(*state, "b"), b, "ip(8), CONFIG_INET_ESP and its algorithms");
	assert_reaches(*state, "a", "192.0.2.2");
	nsrig_assert_ok(nsrig_counter(nsrig_host(*state, "b"), "t0", "rx_packets", &received));
	assert_true(received > 0);
}

/* ---- descriptors ----------------------------------------------------------------------------- */

/*
 *	a t0 10.0.0.1/24 --- descriptor [the test] descriptor --- 10.0.0.2/24 t0 b
 */
static const struct nsrig_topo tuns = {.text = "tun a:t0 10.0.0.1/24\ntun b:t0 10.0.0.2/24\n"};
static const struct nsrig_topo taps = {
	.text = "tap a:t0 address 02:00:00:00:00:01 10.0.0.1/24\n"
		"tap b:t0 address 02:00:00:00:00:02 10.0.0.2/24\n"
		"neigh a 10.0.0.2 lladdr 02:00:00:00:00:02 dev t0\n"
		"neigh b 10.0.0.1 lladdr 02:00:00:00:00:01 dev t0\n"};

/* The test is the cable: it passes one host's packets to the other, until this datagram comes. */
static void carry(struct nsrig *rig, size_t header)
{
	int a = nsrig_assert_ok(nsrig_tun_fd(rig, "a:t0"));
	int b = nsrig_assert_ok(nsrig_tun_fd(rig, "b:t0"));
	int server = smoke_server(nsrig_host(rig, "b"), SOCK_DGRAM, "", 4242);
	int client = smoke_connect(nsrig_host(rig, "a"), SOCK_DGRAM, "10.0.0.2", 4242);
	unsigned char packet[2048];
	char text[16] = "";
	ssize_t n;

	assert_true(client >= 0);
	assert_int_equal(send(client, "through", 7, 0), 7);
	do {
		assert_true(smoke_readable(a, SMOKE_PATIENCE_MS));
		n = read(a, packet, sizeof(packet));
		assert_true(n > (ssize_t)header);
		/* (In the IPv6 multicast that hosts send by themselves, this byte is a 6.) */
		assert_int_equal(write(b, packet, n), n);
	} while (packet[header] >> 4 != 4);
	assert_true(smoke_readable(server, SMOKE_PATIENCE_MS));
	assert_int_equal(recv(server, text, sizeof(text), 0), 7);
	assert_string_equal(text, "through");
	close(server);
	close(client);
}

static void tun_gives_packets(void **state)
{
	carry(*state, 0);
}

static void tap_gives_frames(void **state)
{
	carry(*state, 14);
}

/*  a eth0 ====== eth0 b, and what comes in there goes through b's ifb0  */
static const struct nsrig_topo ifbs = {
	.text = "veth a:eth0 10.0.0.1/24 -- b:eth0 10.0.0.2/24\nifb b:ifb0\n"};

static void ifb_passes_packets_on(void **state)
{
	struct nsrig_ns *b = nsrig_host(*state, "b");
	uint64_t passed;

	/* The kernel doesn't report a carrier for it, and neither does nsrig. */
	nsrig_assert_link(b, "ifb0 up carrier state UNKNOWN kind ifb");
	run_or_skip(b,
		"tc qdisc add dev eth0 clsact; tc filter add dev eth0 ingress matchall "
		"action mirred egress redirect dev ifb0",
		"tc(8), CONFIG_NET_CLS_MATCHALL and CONFIG_NET_ACT_MIRRED");
	assert_reaches(*state, "a", "10.0.0.2");
	nsrig_assert_ok(nsrig_counter(b, "ifb0", "tx_packets", &passed));
	assert_true(passed > 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(vlans_of_a_switch_are_apart, &filtering),
		nsrig_test(port_is_in_no_other_vlan, &one_way),
		nsrig_test(vlans_come_through_a_trunk, &trunk),
		nsrig_test(isolated_ports_are_apart, &isolated),
		nsrig_test(macvlans_share_a_link, &macvlans),
		nsrig_test(macvtap_shares_a_link, &macvtap),
		nsrig_test(ipvlans_share_a_link, &ipvlans),
		nsrig_test(vrfs_are_apart, &vrfs),
		nsrig_test(bond_survives_a_cable, &bonded),
		nsrig_test(lacp_finds_its_partner, &lacp),
		nsrig_test(dummy_has_addresses, &dummies),
		nsrig_test(vxlan_carries_both),
		nsrig_test(vxlan_over_ipv6_carries_both),
		nsrig_test(vxlan_finds_its_group),
		nsrig_test(vxlan_does_as_its_table_says, &told),
		nsrig_test(geneve_carries_both),
		nsrig_test(geneve_over_ipv6_carries_both),
		nsrig_test(gre_carries_both),
		nsrig_test(keys_of_gre_are_told),
		nsrig_test(gretap_carries_both),
		nsrig_test(ip6gre_carries_both),
		nsrig_test(ip6gretap_carries_both),
		nsrig_test(ipip_carries_ipv4),
		nsrig_test(sit_carries_ipv6),
		nsrig_test(ip6tnl_carries_both),
		nsrig_test(ip6tnl_carries_ipv4),
		nsrig_test(raw_vxlan_carries_both),
		nsrig_test(wireguard_carries_both, &wireguards),
		nsrig_test(xfrm_interface_carries_ipsec, &xfrms),
		nsrig_test(tun_gives_packets, &tuns),
		nsrig_test(tap_gives_frames, &taps),
		nsrig_test(ifb_passes_packets_on, &ifbs),
	};

	return nsrig_main(argc, argv, tests);
}
