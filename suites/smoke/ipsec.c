// SPDX-License-Identifier: MIT
/*
 * Does this kernel's IPsec protect the selected traffic? Each test asserts that the data arrives,
 * and that the cable carries only IPsec packets.
 *
 *	left eth0 10.0.0.1/24 2001:db8::1/64 ====== 10.0.0.2/24 2001:db8::2/64 eth0 right
 *	     lo 10.1.0.1/32					   10.2.0.1/32 lo
 *
 * Source: linux/xfrm.h; RFC 4301, RFC 4303, RFC 4302, RFC 3948.
 */
#include "suites/smoke/lib/smoke.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netlink.h>
#include <linux/udp.h>
#include <linux/xfrm.h>
#include <netinet/in.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct nsrig_topo pair = {
	.text = "veth left:eth0 10.0.0.1/24 10.1.0.1/32 2001:db8::1/64 -- right:eth0 10.0.0.2/24 "
		"10.2.0.1/32 "
		"2001:db8::2/64\n"
		"route left 10.2.0.1 via 10.0.0.2 src 10.1.0.1\n"
		"route right 10.1.0.1 via 10.0.0.1 src 10.2.0.1\n",
};

/* The protection of one direction. */
struct sa {
	const char *src, *dst; /* of the packets on the cable */
	uint8_t protocol, mode;
	const char *key;
	uint32_t if_id;
	bool in_udp;
	uint32_t mark;
};

#define OPTIONS "CONFIG_XFRM_USER and CONFIG_INET_ESP"

static int put_addr(xfrm_address_t *to, const char *addr)
{
	int family = strchr(addr, ':') ? AF_INET6 : AF_INET;

	assert_int_equal(inet_pton(family, addr, to), 1);
	return family;
}

static struct nl_msg *new_request(int type, const void *header, size_t size)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_CREATE | NLM_F_EXCL);

	assert_non_null(msg);
	assert_int_equal(nlmsg_append(msg, (void *)header, size, NLMSG_ALIGNTO), 0);
	return msg;
}

/* AES-GCM with a key of 128 bits and a salt; for AH, an HMAC. */
static void put_algorithm(struct nl_msg *msg, const struct sa *sa)
{
	struct {
		struct xfrm_algo_aead head;
		char key[20];
	} gcm = {.head = {.alg_name = "rfc4106(gcm(aes))", .alg_key_len = 160, .alg_icv_len = 128}};
	struct {
		struct xfrm_algo head;
		char key[20];
	} hmac = {.head = {.alg_name = "hmac(sha1)", .alg_key_len = 160}};

	memcpy(gcm.key, sa->key, strlen(sa->key));
	memcpy(hmac.key, sa->key, strlen(sa->key));
	if (sa->protocol == IPPROTO_AH)
		assert_int_equal(nla_put(msg, XFRMA_ALG_AUTH, sizeof(hmac), &hmac), 0);
	else
		assert_int_equal(nla_put(msg, XFRMA_ALG_AEAD, sizeof(gcm), &gcm), 0);
}

static int add_sa(struct nsrig_ns *ns, const struct sa *sa)
{
	static const struct xfrm_encap_tmpl udp = {
		.encap_type = UDP_ENCAP_ESPINUDP, .encap_sport = 0x9411, .encap_dport = 0x9411};
	struct xfrm_usersa_info info = {
		.id = {.spi = htonl(0x1000 + (unsigned char)sa->dst[strlen(sa->dst) - 1]),
			.proto = sa->protocol},
		.mode = sa->mode,
		.reqid = 1,
		.replay_window = 32,
		.lft = {.soft_byte_limit = XFRM_INF,
			.hard_byte_limit = XFRM_INF,
			.soft_packet_limit = XFRM_INF,
			.hard_packet_limit = XFRM_INF}};
	struct nl_msg *msg;

	info.family = put_addr(&info.saddr, sa->src);
	put_addr(&info.id.daddr, sa->dst);
	/* A tunnel carries packets of any address. */
	info.sel.family = info.family;
	msg = new_request(XFRM_MSG_NEWSA, &info, sizeof(info));
	put_algorithm(msg, sa);
	if (sa->if_id)
		assert_int_equal(nla_put_u32(msg, XFRMA_IF_ID, sa->if_id), 0);
	if (sa->in_udp)
		assert_int_equal(nla_put(msg, XFRMA_ENCAP, sizeof(udp), &udp), 0);
	return smoke_netlink(ns, NETLINK_XFRM, msg);
}

/*
 * A policy for one direction: packets from one network to another need this protection; NULL blocks
 * them.
 */
static int add_policy(struct nsrig_ns *ns, int dir, const char *from, const char *to, int prefix,
	const struct sa *sa)
{
	struct xfrm_userpolicy_info info = {.dir = dir,
		.action = sa ? XFRM_POLICY_ALLOW : XFRM_POLICY_BLOCK,
		.lft = {.soft_byte_limit = XFRM_INF,
			.hard_byte_limit = XFRM_INF,
			.soft_packet_limit = XFRM_INF,
			.hard_packet_limit = XFRM_INF}};
	struct xfrm_user_tmpl tmpl = {.reqid = 1, .aalgos = ~0U, .ealgos = ~0U, .calgos = ~0U};
	const struct xfrm_mark mark = {.v = sa ? sa->mark : 0, .m = ~0U};
	struct nl_msg *msg;

	info.sel.family = put_addr(&info.sel.saddr, from);
	put_addr(&info.sel.daddr, to);
	info.sel.prefixlen_s = info.sel.prefixlen_d = prefix;
	msg = new_request(XFRM_MSG_NEWPOLICY, &info, sizeof(info));
	if (sa) {
		tmpl.family = put_addr(&tmpl.saddr, sa->src);
		put_addr(&tmpl.id.daddr, sa->dst);
		tmpl.id.proto = sa->protocol;
		tmpl.mode = sa->mode;
		assert_int_equal(nla_put(msg, XFRMA_TMPL, sizeof(tmpl), &tmpl), 0);
		if (sa->if_id)
			assert_int_equal(nla_put_u32(msg, XFRMA_IF_ID, sa->if_id), 0);
		if (sa->mark)
			assert_int_equal(nla_put(msg, XFRMA_MARK, sizeof(mark), &mark), 0);
	}
	return smoke_netlink(ns, NETLINK_XFRM, msg);
}

/* Sets up both directions at one end, for packets between these two networks. */
static void protect_end(struct nsrig *rig, const char *host, const struct sa pair_of[2],
	const char *const nets[2], int prefix, const char *option)
{
	struct nsrig_ns *ns = nsrig_host(rig, host);
	bool is_right = !strcmp(host, "right");
	const struct sa *out = &pair_of[is_right], *in = &pair_of[!is_right];

	nsrig_require(add_sa(ns, out), option);
	assert_int_equal(add_sa(ns, in), 0);
	assert_int_equal(
		add_policy(ns, XFRM_POLICY_OUT, nets[is_right], nets[!is_right], prefix, out), 0);
	assert_int_equal(
		add_policy(ns, XFRM_POLICY_IN, nets[!is_right], nets[is_right], prefix, in), 0);
}

static void protect(struct nsrig *rig, const struct sa pair_of[2], const char *const nets[2],
	int prefix, const char *option)
{
	protect_end(rig, "left", pair_of, nets, prefix, option);
	protect_end(rig, "right", pair_of, nets, prefix, option);
}

/* Captures the packets that each end sends, because decapsulated packets appear on its link too. */
static void assert_protects(struct nsrig *rig, const char *target, const char *on_wire)
{
	static const char sent[] = "outbound and not arp and not icmp6";
	struct nsrig_capture *ends[] = {
		nsrig_capture(rig, "left:eth0", sent), nsrig_capture(rig, "right:eth0", sent)};
	size_t i;

	nsrig_assert_reach(rig, "left", target, .size = 500);
	for (i = 0; i < 2; i++) {
		nsrig_assert_packets(ends[i], ">= 1", on_wire, NSRIG_WAIT_MS);
		nsrig_assert_packets(ends[i], "== 0", "tcp or (udp and not port 4500) or icmp", 0);
	}
}

static const char *const ipv4_hosts[] = {"10.0.0.1", "10.0.0.2"};
static const char *const ipv6_hosts[] = {"2001:db8::1", "2001:db8::2"};
static const char *const networks[] = {"10.1.0.0", "10.2.0.0"};

static const struct sa transport[] = {
	{"10.0.0.1", "10.0.0.2", IPPROTO_ESP, XFRM_MODE_TRANSPORT, "secret", 0, false, 0},
	{"10.0.0.2", "10.0.0.1", IPPROTO_ESP, XFRM_MODE_TRANSPORT, "secret", 0, false, 0},
};

static void esp_protects_between_hosts(void **state)
{
	protect(*state, transport, ipv4_hosts, 32, OPTIONS);
	assert_protects(*state, "udp 10.0.0.2", "ip proto 50");
	assert_protects(*state, "tcp 10.0.0.2", "ip proto 50");
}

static void esp_protects_between_hosts_ipv6(void **state)
{
	static const struct sa ipv6[] = {
		{"2001:db8::1", "2001:db8::2", IPPROTO_ESP, XFRM_MODE_TRANSPORT, "secret", 0, false,
			0},
		{"2001:db8::2", "2001:db8::1", IPPROTO_ESP, XFRM_MODE_TRANSPORT, "secret", 0, false,
			0},
	};
	struct nsrig_capture *wire = nsrig_capture(*state, "right:eth0", "udp or tcp");

	/* Resolve the neighbours first: ICMPv6 does that, and would be protected too. */
	nsrig_assert_reach(*state, "left", "icmp 2001:db8::2");
	nsrig_assert_reach(*state, "right", "icmp 2001:db8::1");
	protect(*state, ipv6, ipv6_hosts, 128, "CONFIG_XFRM_USER and CONFIG_INET6_ESP");
	nsrig_assert_reach(*state, "left", "udp [2001:db8::2]", .size = 500);
	nsrig_assert_packets(wire, "== 0", NULL, 0);
}

static void esp_tunnels_between_networks(void **state)
{
	static const struct sa tunnel[] = {
		{"10.0.0.1", "10.0.0.2", IPPROTO_ESP, XFRM_MODE_TUNNEL, "secret", 0, false, 0},
		{"10.0.0.2", "10.0.0.1", IPPROTO_ESP, XFRM_MODE_TUNNEL, "secret", 0, false, 0},
	};

	protect(*state, tunnel, networks, 16, OPTIONS);
	assert_protects(*state, "udp 10.2.0.1", "ip proto 50 and host 10.0.0.1");
	/* Other traffic isn't protected. */
	nsrig_expect_packets(nsrig_capture(*state, "right:eth0"), ">= 2", "udp", NSRIG_WAIT_MS)
		nsrig_assert_reach(*state, "left", "udp 10.0.0.2");
}

static void esp_goes_in_udp_if_told(void **state)
{
	static const struct sa in_udp[] = {
		{"10.0.0.1", "10.0.0.2", IPPROTO_ESP, XFRM_MODE_TUNNEL, "secret", 0, true, 0},
		{"10.0.0.2", "10.0.0.1", IPPROTO_ESP, XFRM_MODE_TUNNEL, "secret", 0, true, 0},
	};
	struct nsrig *rig = *state;
	const int encap = UDP_ENCAP_ESPINUDP;
	int left, right;

	protect(rig, in_udp, networks, 16, OPTIONS);
	/*
	 * The key exchange daemon has a socket on this port, and tells the kernel to take the ESP
	 * packets.
	 */
	left = smoke_server(nsrig_host(rig, "left"), SOCK_DGRAM, "", 4500);
	right = smoke_server(nsrig_host(rig, "right"), SOCK_DGRAM, "", 4500);
	assert_return_code(setsockopt(left, IPPROTO_UDP, UDP_ENCAP, &encap, sizeof(encap)), errno);
	assert_return_code(setsockopt(right, IPPROTO_UDP, UDP_ENCAP, &encap, sizeof(encap)), errno);
	assert_protects(rig, "tcp 10.2.0.1", "udp port 4500");
	close(left);
	close(right);
}

/* Packets that are signed or encrypted with another key are dropped. */
static void assert_no_other_key(struct nsrig *rig, int protocol, const char *options)
{
	struct sa right[2], wrong[2];
	int i;

	memcpy(right, transport, sizeof(right));
	for (i = 0; i < 2; i++) {
		right[i].protocol = protocol;
		wrong[i] = right[i];
		wrong[i].key = "guess";
	}
	protect_end(rig, "left", right, ipv4_hosts, 32, options);
	protect_end(rig, "right", wrong, ipv4_hosts, 32, options);
	nsrig_assert_no_reach(rig, "left", "udp 10.0.0.2");
}

static void ah_signs_and_hides_nothing(void **state)
{
	static const struct sa ah[] = {
		{"10.0.0.1", "10.0.0.2", IPPROTO_AH, XFRM_MODE_TRANSPORT, "secret", 0, false, 0},
		{"10.0.0.2", "10.0.0.1", IPPROTO_AH, XFRM_MODE_TRANSPORT, "secret", 0, false, 0},
	};
	struct nsrig_capture *wire = nsrig_capture(*state, "right:eth0", "not arp");

	protect(*state, ah, ipv4_hosts, 32, "CONFIG_XFRM_USER and CONFIG_INET_AH");
	/* After the IP header comes AH's, of 24 bytes; its next header is UDP. */
	nsrig_expect_packets(wire, ">= 2", "ip proto 51 and ip[20] == 17", NSRIG_WAIT_MS)
		nsrig_assert_reach(*state, "left", "udp 10.0.0.2");
}

static void ah_takes_no_other_signature(void **state)
{
	assert_no_other_key(*state, IPPROTO_AH, "CONFIG_XFRM_USER and CONFIG_INET_AH");
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void esp_takes_no_other_key(void **state)
{
	assert_no_other_key(*state, IPPROTO_ESP, OPTIONS);
}

static void plain_words_are_not_let_in(void **state)
{
	nsrig_assert_reach(*state, "left", "udp 10.0.0.2");
	protect_end(*state, "right", transport, ipv4_hosts, 32, OPTIONS);
	nsrig_assert_no_reach(*state, "left", "udp 10.0.0.2");
	protect_end(*state, "left", transport, ipv4_hosts, 32, OPTIONS);
	nsrig_assert_reach(*state, "left", "udp 10.0.0.2");
}

static void policy_blocks(void **state)
{
	nsrig_assert_reach(*state, "left", "udp 10.0.0.2");
	nsrig_require(add_policy(nsrig_host(*state, "right"), XFRM_POLICY_IN, "10.0.0.1",
			      "10.0.0.2", 32, NULL),
		"CONFIG_XFRM_USER");
	nsrig_assert_no_reach(*state, "left", "udp 10.0.0.2");
	nsrig_assert_reach(*state, "left", "udp 10.2.0.1");
}

/* ---- links ----------------------------------------------------------------------------------- */

static void xfrm_interface_protects_what_goes_by_it(void **state)
{
	static const char *const anything[] = {"0.0.0.0", "0.0.0.0"};
	static const struct sa tunnel[] = {
		{"10.0.0.1", "10.0.0.2", IPPROTO_ESP, XFRM_MODE_TUNNEL, "secret", 7, false, 0},
		{"10.0.0.2", "10.0.0.1", IPPROTO_ESP, XFRM_MODE_TUNNEL, "secret", 7, false, 0},
	};
	struct nsrig *rig = *state;

	nsrig_require(nsrig_add(rig, "xfrm left:x0 10.9.0.1/24 if_id 7 dev eth0\n"
				     "xfrm right:x0 10.9.0.2/24 if_id 7 dev eth0"),
		"CONFIG_XFRM_INTERFACE");
	nsrig_assert_no_reach(rig, "left", "udp 10.9.0.2");
	protect(rig, tunnel, anything, 0, OPTIONS);
	assert_protects(rig, "udp 10.9.0.2", "ip proto 50");
	/* Other traffic isn't protected. */
	nsrig_assert_reach(rig, "left", "udp 10.0.0.2");
}

/* Keys select the tunnel's packets; IPsec sees them as marks. */
static void vti_protects_what_goes_by_it(void **state)
{
	static const char *const anything[] = {"0.0.0.0", "0.0.0.0"};
	static const struct sa tunnel[] = {
		{"10.0.0.1", "10.0.0.2", IPPROTO_ESP, XFRM_MODE_TUNNEL, "secret", 0, false, 7},
		{"10.0.0.2", "10.0.0.1", IPPROTO_ESP, XFRM_MODE_TUNNEL, "secret", 0, false, 7},
	};
	struct nsrig *rig = *state;

	/* IFLA_VTI_IKEY, OKEY, LOCAL and REMOTE */
	nsrig_require(nsrig_add(rig, "kind vti left:v0 10.9.0.1/24 raw 2=be32:7 raw 3=be32:7 "
				     "raw 4=addr:10.0.0.1 raw 5=addr:10.0.0.2\n"
				     "kind vti right:v0 10.9.0.2/24 raw 2=be32:7 raw 3=be32:7 "
				     "raw 4=addr:10.0.0.2 raw 5=addr:10.0.0.1"),
		"CONFIG_NET_IPVTI");
	nsrig_assert_no_reach(rig, "left", "udp 10.9.0.2");
	protect(rig, tunnel, anything, 0, OPTIONS);
	assert_protects(rig, "udp 10.9.0.2", "ip proto 50");
	nsrig_assert_reach(rig, "left", "udp 10.0.0.2");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(esp_protects_between_hosts, &pair),
		nsrig_test(esp_protects_between_hosts_ipv6, &pair),
		nsrig_test(esp_tunnels_between_networks, &pair),
		nsrig_test(esp_goes_in_udp_if_told, &pair),
		nsrig_test(ah_signs_and_hides_nothing, &pair),
		nsrig_test(ah_takes_no_other_signature, &pair),
		nsrig_test(esp_takes_no_other_key, &pair),
		nsrig_test(plain_words_are_not_let_in, &pair),
		nsrig_test(policy_blocks, &pair),
		nsrig_test(xfrm_interface_protects_what_goes_by_it, &pair),
		nsrig_test(vti_protects_what_goes_by_it, &pair),
	};

	return smoke_main(argc, argv, tests);
}
