// SPDX-License-Identifier: MIT
/*
 * How the options of link kinds are encoded: attributes of IFLA_INFO_DATA, by number and bytes, as
 * ip-link(8) sends them. Every kernel lacks some of these kinds; only this suite checks the
 * messages for a kind that the kernel lacks. No network is built.
 */
#include "fixture/kernel/link-kinds.h"
#include "fixture/topo/model.h"
#include "suites/lib/array.h"

#include <linux/if_link.h>
#include <linux/if_tunnel.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bytes in memory order; integers in host byte order are written as numbers. */
#define U8(n) #n, 1
#define U16(n) #n, 2
#define U32(n) #n, 4
#define BYTES(hex) hex, 0
#define FLAG "", 0

static const struct row {
	const char *text; /* of a link; the statements that it needs come first, ended by ';' */
	int type;
	const char *value;
	int width; /* of a number; 0: bytes */
} rows[] = {
	{"bridge a:l stp_state on", IFLA_BR_STP_STATE, U32(1)},
	{"bridge a:l vlan_filtering on", IFLA_BR_VLAN_FILTERING, U8(1)},
	{"bridge a:l vlan_filtering off", IFLA_BR_VLAN_FILTERING, U8(0)},
	{"bridge a:l vlan_protocol 802.1ad", IFLA_BR_VLAN_PROTOCOL, BYTES("88a8")},
	{"bridge a:l vlan_default_pvid 7", IFLA_BR_VLAN_DEFAULT_PVID, U16(7)},
	{"bridge a:l forward_delay 4", IFLA_BR_FORWARD_DELAY, U32(400)},
	{"bridge a:l hello_time 1", IFLA_BR_HELLO_TIME, U32(100)},
	{"bridge a:l max_age 6", IFLA_BR_MAX_AGE, U32(600)},
	{"bridge a:l ageing_time 10", IFLA_BR_AGEING_TIME, U32(1000)},
	{"bridge a:l priority 0x8000", IFLA_BR_PRIORITY, U16(32768)},
	{"bridge a:l group_fwd_mask 16384", IFLA_BR_GROUP_FWD_MASK, U16(16384)},
	{"bridge a:l mcast_snooping off", IFLA_BR_MCAST_SNOOPING, U8(0)},
	{"bridge a:l mcast_querier on", IFLA_BR_MCAST_QUERIER, U8(1)},
	{"dummy a:d;vlan a:l link d id 4094", IFLA_VLAN_ID, U16(4094)},
	{"dummy a:d;vlan a:l link d id 0 protocol 802.1q", IFLA_VLAN_PROTOCOL, BYTES("8100")},
	{"vxlan a:l id 16777215", IFLA_VXLAN_ID, U32(16777215)},
	{"vxlan a:l id 5", IFLA_VXLAN_PORT, BYTES("12b5")},
	{"vxlan a:l id 5 dstport 8472", IFLA_VXLAN_PORT, BYTES("2118")},
	{"vxlan a:l id 5 remote 10.0.0.1", IFLA_VXLAN_GROUP, BYTES("0a000001")},
	{"vxlan a:l id 5 group ff05::1", IFLA_VXLAN_GROUP6,
		BYTES("ff050000000000000000000000000001")},
	{"vxlan a:l id 5 local 10.0.0.2", IFLA_VXLAN_LOCAL, BYTES("0a000002")},
	{"vxlan a:l id 5 local 2001:db8::2", IFLA_VXLAN_LOCAL6,
		BYTES("20010db8000000000000000000000002")},
	{"dummy a:d;vxlan a:l id 5 dev d", IFLA_VXLAN_LINK, U32(1000)},
	{"vxlan a:l id 5 ttl 255", IFLA_VXLAN_TTL, U8(255)},
	{"vxlan a:l id 5 tos 4", IFLA_VXLAN_TOS, U8(4)},
	{"vxlan a:l id 5 ageing 30", IFLA_VXLAN_AGEING, U32(30)},
	{"vxlan a:l id 5 learning off", IFLA_VXLAN_LEARNING, U8(0)},
	{"vxlan a:l id 5 proxy on", IFLA_VXLAN_PROXY, U8(1)},
	{"vxlan a:l id 5 l2miss on", IFLA_VXLAN_L2MISS, U8(1)},
	{"vxlan a:l id 5 l3miss on", IFLA_VXLAN_L3MISS, U8(1)},
	{"vxlan a:l id 5 udpcsum on", IFLA_VXLAN_UDP_CSUM, U8(1)},
	{"vxlan a:l external", IFLA_VXLAN_COLLECT_METADATA, U8(1)},
	{"vxlan a:l id 5 external", IFLA_VXLAN_ID, U32(5)},
	{"dummy a:d;macvlan a:l link d mode private", IFLA_MACVLAN_MODE, U32(1)},
	{"dummy a:d;macvlan a:l link d mode vepa", IFLA_MACVLAN_MODE, U32(2)},
	{"dummy a:d;macvlan a:l link d mode bridge", IFLA_MACVLAN_MODE, U32(4)},
	{"dummy a:d;macvtap a:l link d mode passthru", IFLA_MACVLAN_MODE, U32(8)},
	{"dummy a:d;macvlan a:l link d mode source", IFLA_MACVLAN_MODE, U32(16)},
	{"dummy a:d;ipvlan a:l link d mode l2", IFLA_IPVLAN_MODE, U16(0)},
	{"dummy a:d;ipvlan a:l link d mode l3", IFLA_IPVLAN_MODE, U16(1)},
	{"dummy a:d;ipvlan a:l link d mode l3s", IFLA_IPVLAN_MODE, U16(2)},
	{"dummy a:d;ipvlan a:l link d flags private", IFLA_IPVLAN_FLAGS, U16(1)},
	{"dummy a:d;ipvlan a:l link d flags vepa", IFLA_IPVLAN_FLAGS, U16(2)},
	{"vrf a:l table 4294967295", IFLA_VRF_TABLE, U32(4294967295)},
	{"bond a:l mode balance-rr", IFLA_BOND_MODE, U8(0)},
	{"bond a:l mode 802.3ad", IFLA_BOND_MODE, U8(4)},
	{"bond a:l mode balance-alb", IFLA_BOND_MODE, U8(6)},
	{"bond a:l miimon 100", IFLA_BOND_MIIMON, U32(100)},
	{"bond a:l updelay 200", IFLA_BOND_UPDELAY, U32(200)},
	{"bond a:l downdelay 200", IFLA_BOND_DOWNDELAY, U32(200)},
	{"bond a:l min_links 2", IFLA_BOND_MIN_LINKS, U32(2)},
	{"bond a:l xmit_hash_policy layer3+4", IFLA_BOND_XMIT_HASH_POLICY, U8(1)},
	{"bond a:l lacp_rate fast", IFLA_BOND_AD_LACP_RATE, U8(1)},
	{"bond a:l fail_over_mac follow", IFLA_BOND_FAIL_OVER_MAC, U8(2)},
	{"gre a:l local 10.0.0.1", IFLA_GRE_LOCAL, BYTES("0a000001")},
	{"gretap a:l remote 10.0.0.2", IFLA_GRE_REMOTE, BYTES("0a000002")},
	{"ip6gre a:l local 2001:db8::1", IFLA_GRE_LOCAL, BYTES("20010db8000000000000000000000001")},
	{"dummy a:d;gre a:l dev d", IFLA_GRE_LINK, U32(1000)},
	{"gre a:l key 258", IFLA_GRE_IKEY, BYTES("00000102")},
	{"gre a:l key 258", IFLA_GRE_OKEY, BYTES("00000102")},
	{"gre a:l key 258", IFLA_GRE_IFLAGS, BYTES("2000")},
	{"gre a:l key 258", IFLA_GRE_OFLAGS, BYTES("2000")},
	{"ip6gretap a:l ttl 64", IFLA_GRE_TTL, U8(64)},
	{"gre a:l tos 16", IFLA_GRE_TOS, U8(16)},
	{"ip6gre a:l tos 16", IFLA_GRE_FLOWINFO, BYTES("01000000")},
	{"ip6gretap a:l tos 255", IFLA_GRE_FLOWINFO, BYTES("0ff00000")},
	{"gre a:l external", IFLA_GRE_COLLECT_METADATA, FLAG},
	{"ipip a:l local 10.0.0.1", IFLA_IPTUN_LOCAL, BYTES("0a000001")},
	{"sit a:l remote 10.0.0.2", IFLA_IPTUN_REMOTE, BYTES("0a000002")},
	{"dummy a:d;ipip a:l dev d", IFLA_IPTUN_LINK, U32(1000)},
	{"sit a:l ttl 64", IFLA_IPTUN_TTL, U8(64)},
	{"ipip a:l tos 16", IFLA_IPTUN_TOS, U8(16)},
	{"ipip a:l external", IFLA_IPTUN_COLLECT_METADATA, FLAG},
	{"ip6tnl a:l local 2001:db8::1", IFLA_IPTUN_LOCAL,
		BYTES("20010db8000000000000000000000001")},
	{"ip6tnl a:l", IFLA_IPTUN_TTL, U8(64)},
	{"ip6tnl a:l encaplimit 4", IFLA_IPTUN_ENCAP_LIMIT, U8(4)},
	{"ip6tnl a:l", IFLA_IPTUN_PROTO, U8(0)},
	{"ip6tnl a:l mode ipip6", IFLA_IPTUN_PROTO, U8(4)},
	{"ip6tnl a:l mode ip6ip6", IFLA_IPTUN_PROTO, U8(41)},
	{"geneve a:l id 9", IFLA_GENEVE_ID, U32(9)},
	{"geneve a:l id 9 remote 10.0.0.2", IFLA_GENEVE_REMOTE, BYTES("0a000002")},
	{"geneve a:l id 9 remote 2001:db8::2", IFLA_GENEVE_REMOTE6,
		BYTES("20010db8000000000000000000000002")},
	{"geneve a:l id 9 dstport 6081", IFLA_GENEVE_PORT, BYTES("17c1")},
	{"geneve a:l id 9 ttl 3", IFLA_GENEVE_TTL, U8(3)},
	{"geneve a:l id 9 tos 3", IFLA_GENEVE_TOS, U8(3)},
	{"xfrm a:l if_id 3", IFLA_XFRM_IF_ID, U32(3)},
	{"dummy a:d;xfrm a:l if_id 3 dev d", IFLA_XFRM_LINK, U32(1000)},
	{"kind gre6 a:l raw 5=u8:255", 5, U8(255)},
	{"kind gre6 a:l raw 5=u16:258", 5, U16(258)},
	{"kind gre6 a:l raw 5=u32:0x102", 5, U32(258)},
	{"kind gre6 a:l raw 5=be16:258", 5, BYTES("0102")},
	{"kind gre6 a:l raw 5=be32:258", 5, BYTES("00000102")},
	{"kind gre6 a:l raw 5=be64:258", 5, BYTES("0000000000000102")},
	{"kind gre6 a:l raw 5=u64:18446744073709551615", 5, BYTES("ffffffffffffffff")},
	{"kind gre6 a:l raw 16383=string:ab", 16383, BYTES("616200")},
	{"kind gre6 a:l raw 5=hex:00fFa0", 5, BYTES("00ffa0")},
	{"kind gre6 a:l raw 5=addr:10.0.0.1", 5, BYTES("0a000001")},
	{"dummy a:d;kind gre6 a:l raw 5=link:d", 5, U32(1000)},
};

/* The value of an attribute, written as in the rows. */
static void write_value(const struct nsrig_attr *attr, int width, char *out, size_t size)
{
	const unsigned char *bytes = attr->bytes;
	uint16_t half;
	uint32_t word;
	size_t i, used = 0;

	*out = '\0';
	if (width && attr->length != width) {
		snprintf(out, size, "%u bytes", attr->length);
	} else if (width == 1) {
		snprintf(out, size, "%u", *bytes);
	} else if (width == 2) {
		memcpy(&half, bytes, sizeof(half));
		snprintf(out, size, "%u", half);
	} else if (width == 4) {
		memcpy(&word, bytes, sizeof(word));
		snprintf(out, size, "%u", word);
	} else {
		for (i = 0; i < attr->length && used < size; i++)
			used += snprintf(out + used, size - used, "%02x", bytes[i]);
	}
}

static struct nsrig_model *read_text(const char *text)
{
	struct nsrig_topo topo = {.text = text};
	struct nsrig_model *model;

	nsrig_assert_ok(nsrig_model_new(&model));
	if (nsrig_parse(model, &topo) < 0 ||
		nsrig_validate(model, (struct nsrig_model_mark){0}) < 0)
		nsrig_fail("\"%s\": %s", text, nsrig_error());
	return model;
}

static void check_row(const struct row *row)
{
	char text[128], found[128];
	const struct nsrig_attrs *attrs;
	struct nsrig_model *model;
	size_t i, times = 0;
	char *p;

	snprintf(text, sizeof(text), "%s", row->text);
	for (p = text; *p; p++) {
		if (*p == ';')
			*p = '\n';
	}
	model = read_text(text);
	attrs = &model->links[model->link_count - 1].attrs;
	for (i = 0; i < attrs->count; i++) {
		if (attrs->list[i].type != row->type)
			continue;
		times++;
		write_value(&attrs->list[i], row->width, found, sizeof(found));
		if (strcmp(found, row->value))
			nsrig_fail("\"%s\": attribute %d is \"%s\" (expected \"%s\")", row->text,
				row->type, found, row->value);
	}
	if (times != 1)
		nsrig_fail("\"%s\": attribute %d is there %zu times", row->text, row->type, times);
	nsrig_model_free(model);
}

static void options_become_attributes(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++)
		check_row(&rows[i]);
}

/* A new option needs a row here. */
static void every_option_has_a_row(void **state)
{
	const struct nsrig_kind *kind;
	const char *option;
	char word[64];
	size_t i, rows_of;
	int k, o;

	(void)state;
	for (k = 0; (kind = nsrig_kind_at(k)); k++) {
		for (o = 0; (option = nsrig_kind_option_name(kind, o)); o++) {
			rows_of = 0;
			snprintf(word, sizeof(word), " %s", option);
			/* The kinds of one family share a table. */
			for (i = 0; i < COUNT(rows); i++) {
				const char *at = strstr(rows[i].text, word);

				rows_of += at && (!at[strlen(word)] || at[strlen(word)] == ' ');
			}
			if (!rows_of)
				nsrig_fail("no row has \"%s\" of %s", option, kind->word);
		}
	}
}

/* The kernel's names of the kinds, and the options for those that it may lack. */
static void kinds_are_the_kernels(void **state)
{
	const struct nsrig_kind *kind;
	int k;

	(void)state;
	for (k = 0; (kind = nsrig_kind_at(k)); k++) {
		assert_string_equal(kind->word, kind->kernel);
		assert_true(!strncmp(kind->config, "CONFIG_", 7));
		assert_int_equal(kind->ends, strcmp(kind->word, "veth") ? 1 : 2);
		assert_ptr_equal(nsrig_kind_find(kind->word), kind);
	}
	assert_int_equal(k, 23);
	assert_null(nsrig_kind_find("token-ring"));
}

/* Options of ends and of ports are stored separately in the model. */
static void options_of_ends_are_kept(void **state)
{
	struct nsrig_model *model = read_text(
		"bridge a:br vlan 7\n"
		"veth a:p master br vlan 5 pvid vlan 6 untagged isolated on hairpin off flood on "
		"guard off cost 258 -- b:x mtu 1400 txqueuelen 9 down 10.0.0.1/24 shared "
		"address 02:00:00:00:00:0A delay 10ms\n"
		"veth c:free -- c:other\n"
		"vlan c:v link b:x id 3\n");
	const struct nsrig_model_end *bridge = &model->links[0].ends[0],
				     *port = &model->links[1].ends[0],
				     *x = &model->links[1].ends[1],
				     *free = &model->links[2].ends[0],
				     *v = &model->links[3].ends[0];
	static const struct {
		int type, length;
		const char *bytes;
	} attrs[] = {{IFLA_BRPORT_ISOLATED, 1, "\1"}, {IFLA_BRPORT_MODE, 1, "\0"},
		{IFLA_BRPORT_UNICAST_FLOOD, 1, "\1"}, {IFLA_BRPORT_GUARD, 1, "\0"}};
	uint32_t cost;
	size_t i;

	(void)state;
	assert_int_equal(bridge->vlan_count, 1);
	assert_int_equal(bridge->vlans[0].id, 7);
	assert_int_equal(port->master, bridge->index);
	assert_int_equal(port->vlan_count, 2);
	assert_int_equal(port->vlans[0].id, 5);
	assert_true(port->vlans[0].pvid && !port->vlans[0].untagged);
	assert_int_equal(port->vlans[1].id, 6);
	assert_true(!port->vlans[1].pvid && port->vlans[1].untagged);
	assert_int_equal(port->port.count, 5);
	for (i = 0; i < 4; i++) {
		assert_int_equal(port->port.list[i].type, attrs[i].type);
		assert_int_equal(port->port.list[i].length, attrs[i].length);
		assert_memory_equal(port->port.list[i].bytes, attrs[i].bytes, attrs[i].length);
	}
	assert_int_equal(port->port.list[4].type, IFLA_BRPORT_COST);
	assert_int_equal(port->port.list[4].length, sizeof(cost));
	memcpy(&cost, port->port.list[4].bytes, sizeof(cost));
	assert_int_equal(cost, 258);

	assert_int_equal(x->mtu, 1400);
	assert_int_equal(x->queue_length, 9);
	assert_true(x->down && x->mac_given);
	assert_string_equal(x->mac, "02:00:00:00:00:0a");
	assert_true(x->addrs[0].shared);
	assert_int_equal(x->impairment.delay, 10000000);
	assert_int_equal(free->queue_length, -1);
	assert_int_equal(free->mtu, 0);
	assert_false(free->down || free->mac_given);
	assert_int_equal(v->base, x->index);
	assert_int_equal(v->base_host, x->host);
	nsrig_model_free(model);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(options_become_attributes),
		cmocka_unit_test(every_option_has_a_row),
		cmocka_unit_test(kinds_are_the_kernels),
		cmocka_unit_test(options_of_ends_are_kept),
	};

	return nsrig_main(argc, argv, tests);
}
