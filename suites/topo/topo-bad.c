// SPDX-License-Identifier: MIT
/*
 * Malformed topologies: each is refused with a sentence that says where the error is, and what was
 * expected. No network is built.
 */
#include "suites/lib/array.h"

#include <errno.h>
#include <nsrig.h>
#include <string.h>

struct row {
	const char *text;
	const char *sentence; /* the complete sentence */
};

static const struct row bad_words[] = {
	{"veth \"a:x -- b:y", "line 1, column 6: a '\"' without another one on its line"},
	{"nft a { table ip t {", "line 1, column 7: a '{' without the '}' that closes it"},
	{"nft a { # }\n", "line 1, column 7: a '{' without the '}' that closes it"},
	{"nft a { } x", "line 1, column 11: something follows the '}' that ends the statement"},
	{"{ x }", "line 1, column 1: a '{' at the beginning of a statement (expected nft HOST { "
		  "RULESET })"},
	{"host a { x }", "line 1, column 1: \"host\" takes no { ... }; only nft does"},
	{"vetth a:x -- b:y", "line 1, column 1: \"vetth\" is not understood (did you mean "
			     "\"veth\"?) (expected host, route, rule, neigh, fdb, nft, routing, a "
			     "kind of link such as veth, or a shape such as chain)"},
	{"hots a", "line 1, column 1: \"hots\" is not understood (did you mean \"host\"?) "
		   "(expected host, route, rule, neigh, fdb, nft, routing, a kind of link such as "
		   "veth, or a shape such as chain)"},
	{"zebra",
		"line 1, column 1: \"zebra\" is not understood (expected host, route, rule, neigh, "
		"fdb, nft, routing, a kind of link such as veth, or a shape such as chain)"},
	{"routing x", "line 1, column 9: \"x\" follows \"routing\" (expected nothing)"},
	{"\"\"", "line 1, column 1: \"\" is not understood (expected host, route, rule, neigh, "
		 "fdb, nft, routing, a kind of link such as veth, or a shape such as chain)"},
	{"}", "line 1, column 1: \"}\" is not understood (expected host, route, rule, neigh, fdb, "
	      "nft, routing, a kind of link such as veth, or a shape such as chain)"},
	{"# nothing\n\n  veht a:x -- b:y",
		"line 3, column 3: \"veht\" is not understood (did you mean \"veth\"?) (expected "
		"host, route, rule, neigh, fdb, nft, routing, a kind of link such as veth, or a "
		"shape such as chain)"},
	{"veth a:x \\\n  -- b:y \\\n  mut 1500",
		"line 3, column 3: \"mut\" is neither an address nor an option of a veth (did you "
		"mean \"mtu\"?) (expected ADDRESS/PREFIX, down, shared, address, mtu, txqueuelen, "
		"master, link, vlan, an impairment such as delay)"},
	{"host a\r\nhost a\r\n", "line 2, column 6: a second host \"a\" in one rig"},
	{"\"host\" a \"b c\"", "line 1, column 10: \"b c\" is not understood (expected forwarding, "
			       "sysctl or names)"},
};

static const struct row bad_hosts[] = {
	{"host", "line 1, column 1: nothing follows \"host\" (expected its name)"},
	{"host a/b", "line 1, column 6: \"a/b\" can't be the name of a host: it has a '/' in it "
		     "(expected letters, digits, '-', '_' and '.')"},
	{"host hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh",
		"line 1, column 6: \"hhhhhhhhhhhhhhhhhhhhhhhhhhhhhhhh\" is too long for the name "
		"of a host: 32 bytes (at most 31)"},
	{"host \"\"", "line 1, column 6: the name of a host is empty"},
	{"host a\nhost a", "line 2, column 6: a second host \"a\" in one rig"},
	{"host a forwardng", "line 1, column 8: \"forwardng\" is not understood (expected "
			     "forwarding, sysctl or names)"},
	{"host a sysctl", "line 1, column 8: nothing follows \"sysctl\""},
	{"host a sysctl x", "line 1, column 15: \"x\" is not understood (expected KEY=VALUE, as "
			    "net.ipv4.ip_forward=1)"},
	{"host a sysctl =1", "line 1, column 15: \"=1\" is not understood (expected KEY=VALUE, as "
			     "net.ipv4.ip_forward=1)"},
	{"host a sysctl net.ipv4.ip_forward=",
		"line 1, column 15: \"net.ipv4.ip_forward=\" is not understood (expected "
		"KEY=VALUE, as net.ipv4.ip_forward=1)"},
	{"host a names", "line 1, column 8: nothing follows \"names\""},
	{"host a names b,,c",
		"line 1, column 14: \"b,,c\" is not understood (expected NAME or NAME,NAME,...)"},
	{"host a names b!",
		"line 1, column 14: \"b!\" is not understood (expected NAME or NAME,NAME,...)"},
	{"host a names "
	 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
	 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
	 "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn",
		"line 1, column 14: "
		"\"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		"nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
		"nnnnnnnnnn\" is not understood (expected NAME or NAME,NAME,...)"},
};

static const struct row bad_links[] = {
	{"veth", "line 1, column 1: the end of a link is missing (expected HOST:LINK [ADDRESS "
		 "...])"},
	{"veth a:x", "line 1, column 6: a veth has a second end (expected -- HOST:LINK)"},
	{"veth a:x --", "line 1, column 10: the end of a link is missing (expected HOST:LINK "
			"[ADDRESS ...])"},
	{"veth a:x -- b:y -- c:z", "line 1, column 17: a veth has no end but these"},
	{"veth ax -- b:y", "line 1, column 6: \"ax\" is not the end of a link (expected HOST:LINK "
			   "[ADDRESS ...])"},
	{"veth :x -- b:y", "line 1, column 6: \":x\" is not the end of a link (expected HOST:LINK "
			   "[ADDRESS ...])"},
	{"veth a: -- b:y", "line 1, column 6: \"a:\": the name of a link is empty"},
	{"veth a:lo -- b:y",
		"line 1, column 6: \"a:lo\": every host already has a lo (expected another name)"},
	{"veth a:sixteen-bytes-xx -- b:y",
		"line 1, column 6: \"a:sixteen-bytes-xx\": \"sixteen-bytes-xx\" is too long for "
		"the name of a link: 16 bytes (at most 15)"},
	{"veth a:x/y -- b:z", "line 1, column 6: \"a:x/y\": \"x/y\" can't be the name of a link: "
			      "it has a '/' in it"},
	{"veth a:x -- a:x", "line 1, column 13: a second link \"x\" on host \"a\""},
	{"veth a:x -- b:y\nbridge b:y", "line 2, column 8: a second link \"y\" on host \"b\""},
	{"bridge a:br0 -- b:y", "line 1, column 14: a bridge has no end but its own"},
	{"kind", "line 1, column 1: \"kind\" without a name and an end (expected kind NAME "
		 "HOST:LINK ...)"},
	{"kind gre6", "line 1, column 1: \"kind\" without a name and an end (expected kind NAME "
		      "HOST:LINK ...)"},
	{"kind gre6 a:g -- b:g", "line 1, column 15: a gre6 has no end but its own"},
	{"vlan a:v id 5",
		"line 1, column 1: a vlan needs \"link\" and the link that it is on top of"},
	{"vlan a:v", "line 1, column 1: a vlan needs \"id\""},
	{"veth a:x link y -- b:y", "line 1, column 15: link: no link \"y\" on host \"a\" (it has "
				   "to be declared before this one)"},
	{"veth a:x -- b:y\nbridge a:br0 link x",
		"line 2, column 1: a bridge is on top of no other link"},
	{"veth a:x -- b:y\nifb a:i link x", "line 2, column 1: an ifb is on top of no other link"},
	{"sit a:t external",
		"line 1, column 9: \"external\" is neither an address nor an option of a sit "
		"(expected ADDRESS/PREFIX, down, shared, address, mtu, txqueuelen, master, link, "
		"vlan, an impairment such as delay, local, remote, dev, ttl, tos)"},
	{"vxlan a:v", "line 1, column 1: a vxlan needs \"id\""},
	{"vxlan a:v id 5 remote 10.0.0.1 group 239.0.0.1",
		"line 1, column 1: \"remote\" and \"group\" mean the same (expected one of them)"},
	{"vxlan a:v id 5 local 10.0.0.1 remote 2001:db8::1",
		"line 1, column 1: \"local\" and \"remote\" are of different families (expected "
		"both IPv4, or both IPv6)"},
	{"vxlan a:v id 5 local 2001:db8::1 group 239.0.0.1",
		"line 1, column 1: \"local\" and \"group\" are of different families (expected "
		"both IPv4, or both IPv6)"},
	{"tun a:t raw 1=u8:1", "line 1, column 13: raw: a tun takes no attributes"},
	{"tap a:t raw 1=u8:1", "line 1, column 13: raw: a tap takes no attributes"},
	{"veth a:x raw 1=u8:1 -- b:y", "line 1, column 14: raw: a veth takes no attributes"},
	{"bridge a:br0\nbridge a:br1 master br0",
		"line 2, column 21: master: \"br0\" is a bridge, which can't have a bridge for a "
		"port"},
	{"vrf a:v table 5\nvrf a:w table 6 master v",
		"line 2, column 24: master: \"v\" is a vrf, which can't have a vrf for a port"},
	{"chain 3 delay 10x", "line 1, column 15: delay: \"10x\" is not understood (expected a "
			      "time such as 10ms, 200us or 1s, up to 274s)"},
	{"pair mtu 1400 \\\n  mtu 1500", "line 2, column 7: mtu: a second \"mtu\""},
	{"pair \"#\"", "line 1, column 6: \"#\" is neither an address nor an option of a veth "
		       "(expected ADDRESS/PREFIX, down, shared, address, mtu, txqueuelen, master, "
		       "link, vlan, an impairment such as delay)"},
	{"pair \"mtu 1400\"",
		"line 1, column 6: \"mtu 1400\" is neither an address nor an option of a veth "
		"(expected ADDRESS/PREFIX, down, shared, address, mtu, txqueuelen, master, link, "
		"vlan, an impairment such as delay)"},
	{"tun a:t address 02:00:00:00:00:01", "line 1, column 17: address: a tun has none"},
};

static const struct row bad_addresses[] = {
	{"veth a:x 10.0.0.1 -- b:y", "line 1, column 10: \"10.0.0.1\" has no prefix length "
				     "(expected one such as 10.0.0.1/24)"},
	{"veth a:x 2001:db8::1 -- b:y", "line 1, column 10: \"2001:db8::1\" has no prefix length "
					"(expected one such as 2001:db8::1/64)"},
	{"veth a:x 10.0.0.1/33 -- b:y", "line 1, column 10: \"10.0.0.1/33\" has a bad prefix "
					"length \"33\" (expected 0 to 32)"},
	{"veth a:x 10.0.0.256/24 -- b:y",
		"line 1, column 10: \"10.0.0.256/24\" is not an IPv4 or IPv6 address"},
	{"veth a:x 1000 -- b:y", "line 1, column 10: \"1000\" is not an IPv4 or IPv6 address"},
	{"veth a:x shared 10.0.0.1/24 -- b:y",
		"line 1, column 10: shared: follows no address (expected one before it)"},
	{"veth a:x 10.0.0.1/24 -- b:y 10.0.0.1/24",
		"line 1, column 29: address \"10.0.0.1/24\" is used twice: a:x has it too (if "
		"that is intended, add \"shared\" behind it)"},
	{"dummy a:x 10.0.0.1/24\ndummy b:y 10.0.0.1/24 shared\ndummy c:z 10.0.0.1/24",
		"line 3, column 11: address \"10.0.0.1/24\" is used twice: a:x has it too (if "
		"that is intended, add \"shared\" behind it)"},
	{"dummy a:x 10.0.0.1/24 shared\ndummy b:y 10.0.0.1/24\ndummy c:z 10.0.0.1/24",
		"line 3, column 11: address \"10.0.0.1/24\" is used twice: b:y has it too (if "
		"that is intended, add \"shared\" behind it)"},
	{"veth a:x 10.0.0.1/24 -- b:y 10.0.1.2/24",
		"line 1, column 29: \"10.0.1.2/24\" is in no network of the cable's other end (a:x "
		"has \"10.0.0.1/24\")"},
	{"veth a:x 10.0.0.1/24 -- b:y 10.0.0.2/25",
		"line 1, column 29: \"10.0.0.2/25\" and \"10.0.0.1/24\" of a:x are on one cable, "
		"with different prefix lengths"},
	{"veth a:x 10.0.0.1/24 10.0.0.2/16 -- b:y",
		"line 1, column 22: \"10.0.0.2/16\" overlaps \"10.0.0.1/24\" of the same link"},
	{"veth a:x 2001:db8::1/64 -- b:y 2001:db8:1::2/64",
		"line 1, column 32: \"2001:db8:1::2/64\" is in no network of the cable's other end "
		"(a:x has \"2001:db8::1/64\")"},
	{"bridge a:p 10.0.0.1/24\nbridge b:p 10.0.0.1/8",
		"line 2, column 12: address \"10.0.0.1/8\" is used twice: a:p has it too (if "
		"that is intended, add \"shared\" behind it)"},
	{"veth a:x address 02:00:00:00:00:01 -- b:y address 02:00:00:00:00:01",
		"line 1, column 39: address 02:00:00:00:00:01 is used twice: a:x has it too"},
};

static const struct row bad_options[] = {
	{"veth a:x mtu -- b:y", "line 1, column 10: nothing follows \"mtu\""},
	{"veth a:x mtu 67 -- b:y", "line 1, column 14: mtu: \"67\" is not understood (expected a "
				   "number from 68 to 65575)"},
	{"veth a:x mtu 65576 -- b:y", "line 1, column 14: mtu: \"65576\" is not understood "
				      "(expected a number from 68 to 65575)"},
	{"veth a:x mtu 1500 mtu 1500 -- b:y", "line 1, column 23: mtu: a second \"mtu\""},
	{"veth a:x txqueuelen 1000001 -- b:y", "line 1, column 21: txqueuelen: \"1000001\" is not "
					       "understood (expected a number from 0 to 1000000)"},
	{"veth a:x address 02:00 -- b:y",
		"line 1, column 18: address: \"02:00\" is not a MAC address "
		"(expected one such as 02:00:00:00:00:01)"},
	{"veth a:x address 01:00:00:00:00:01 -- b:y",
		"line 1, column 18: address: \"01:00:00:00:00:01\" can't be the address of a link: "
		"it is a multicast address (expected one such as 02:00:00:00:00:01)"},
	{"veth a:x address 00:00:00:00:00:00 -- b:y",
		"line 1, column 18: address: \"00:00:00:00:00:00\" can't be the address of a link: "
		"it is zero (expected one such as 02:00:00:00:00:01)"},
	{"bridge a:br0\nveth a:x master br1 -- b:y",
		"line 2, column 17: master: no link \"br1\" on host \"a\" (did you mean \"br0\"?) "
		"(it has to be declared before this one)"},
	{"veth a:x -- b:y\nveth a:z master x -- b:z",
		"line 2, column 17: master: \"x\" is a veth, which can't be a master (expected a "
		"bridge, bond or vrf)"},
	{"bridge b:br0\nveth a:x master b:br0 -- b:y",
		"line 2, column 17: master: no link \"b:br0\" on host \"a\" (it has to be declared "
		"before this one)"},
	{"vlan a:v link b:y id 5", "line 1, column 15: link: no host \"b\""},
	{"host bb\nvlan a:v link bc:y id 5",
		"line 2, column 15: link: no host \"bc\" (did you mean \"bb\"?)"},
	{"veth a:x vlan 4095 -- b:y", "line 1, column 15: vlan: \"4095\" is not understood "
				      "(expected a number from 1 to 4094)"},
	{"veth a:x vlan 0 -- b:y", "line 1, column 15: vlan: \"0\" is not understood (expected a "
				   "number from 1 to 4094)"},
	{"veth a:x pvid -- b:y",
		"line 1, column 10: pvid: follows no VLAN (expected \"vlan ID\" before it)"},
	{"veth a:x untagged -- b:y",
		"line 1, column 10: untagged: follows no VLAN (expected \"vlan ID\" before it)"},
	{"veth a:x vlan 5 -- b:y", "line 1, column 6: \"x\" has VLANs, but is neither a bridge nor "
				   "the port of one (expected its master)"},
	{"veth a:x isolated maybe -- b:y",
		"line 1, column 19: isolated: \"maybe\" is not understood (expected on or off)"},
	{"veth a:x isolated on -- b:y",
		"line 1, column 6: \"x\" is not a port of a bridge (expected its master)"},
	{"bridge a:br0\nveth a:x master br0 cost 0 -- b:y",
		"line 2, column 26: cost: \"0\" is not understood (expected a number from 1 to "
		"65535)"},
	{"vrf a:v table 5\nveth a:x master v hairpin on -- b:y",
		"line 2, column 6: \"x\" is not a port of a bridge (expected its master)"},
	{"veth a:x dely 5ms -- b:y",
		"line 1, column 10: \"dely\" is neither an address nor an option of a veth (did "
		"you mean \"delay\"?) (expected ADDRESS/PREFIX, down, shared, address, mtu, "
		"txqueuelen, master, link, vlan, an impairment such as delay)"},
	{"veth a:x what -- b:y", "line 1, column 10: \"what\" is neither an address nor an option "
				 "of a veth (expected ADDRESS/PREFIX, down, shared, address, mtu, "
				 "txqueuelen, master, link, vlan, an impairment such as delay)"},
	{"bridge a:br0 vlan_filterin on",
		"line 1, column 14: \"vlan_filterin\" is neither an address nor an option of a "
		"bridge (did you mean \"vlan_filtering\"?) (expected ADDRESS/PREFIX, down, shared, "
		"address, mtu, txqueuelen, master, link, vlan, an impairment such as delay, "
		"stp_state, vlan_filtering, vlan_protocol, vlan_default_pvid, forward_delay, "
		"hello_time, max_age, ageing_time, priority, group_fwd_mask, mcast_snooping, "
		"mcast_querier)"},
	{"ifb a:t raw x", "line 1, column 13: raw: \"x\" is not understood (expected "
			  "TYPE=FORM:VALUE, as 1=u32:7)"},
	{"ifb a:t raw 1=u99:7", "line 1, column 13: raw: \"u99\" is not understood (expected u8, "
				"u16, u32, u64, be16, be32, be64, string, hex, addr or link)"},
	{"ifb a:t raw 70000=u8:1", "line 1, column 13: raw: \"70000=u8:1\" is not understood "
				   "(expected TYPE=FORM:VALUE, as 1=u32:7)"},
	{"ifb a:t raw 1=u8:256", "line 1, column 13: raw: \"256\" is not understood (expected a "
				 "number from 0 to 255)"},
	{"ifb a:t raw 1=hex:0", "line 1, column 13: raw: \"0\" is not understood (expected pairs "
				"of hexadecimal digits, up to 256)"},
	{"ifb a:t raw 1=addr:x", "line 1, column 13: raw: \"x\" is not an IPv4 or IPv6 address"},
	{"ifb a:t raw 1=link:x", "line 1, column 13: raw: no link \"x\" on host \"a\" (it has to "
				 "be declared before this one)"},
};

static const struct row bad_kinds[] = {
	{"bridge a:l stp_state yes",
		"line 1, column 22: stp_state: \"yes\" is not understood (expected on or off)"},
	{"bridge a:l stp_state on stp_state on",
		"line 1, column 35: stp_state: a second \"stp_state\""},
	{"bridge a:l vlan_default_pvid 4095", "line 1, column 30: vlan_default_pvid: \"4095\" is "
					      "not understood (expected a number from 0 to 4094)"},
	{"bridge a:l vlan_protocol 802.1x", "line 1, column 26: vlan_protocol: \"802.1x\" is not "
					    "understood (expected one of 802.1q, 802.1ad)"},
	{"bridge a:l forward_delay 31", "line 1, column 26: forward_delay: \"31\" is not "
					"understood (expected a number from 0 to 30)"},
	{"vrf a:l", "line 1, column 1: a vrf needs \"table\""},
	{"vrf a:l table 0", "line 1, column 15: table: \"0\" is not understood (expected a number "
			    "from 1 to 4294967295)"},
	{"vxlan a:l", "line 1, column 1: a vxlan needs \"id\""},
	{"vxlan a:l id 16777216", "line 1, column 14: id: \"16777216\" is not understood (expected "
				  "a number from 0 to 16777215)"},
	{"vxlan a:l id 5 dev eth0", "line 1, column 20: dev: no link \"eth0\" on host \"a\" (it "
				    "has to be declared before this one)"},
	{"vxlan a:l id 5 remote 10.0.0.0/8", "line 1, column 23: remote: \"10.0.0.0/8\" is a "
					     "network (expected the address of one host)"},
	{"gre a:l local 2001:db8::1",
		"line 1, column 15: local: \"2001:db8::1\" is an IPv6 address (expected IPv4)"},
	{"ip6gre a:l local 10.0.0.1",
		"line 1, column 18: local: \"10.0.0.1\" is an IPv4 address (expected IPv6)"},
	{"gre a:l key 4294967296", "line 1, column 13: key: \"4294967296\" is not understood "
				   "(expected a number from 0 to 4294967295)"},
	{"bond a:l mode 7",
		"line 1, column 15: mode: \"7\" is not understood (expected one of balance-rr, "
		"active-backup, balance-xor, broadcast, 802.3ad, balance-tlb, balance-alb)"},
	{"ip6tnl a:l mode gre", "line 1, column 17: mode: \"gre\" is not understood (expected one "
				"of any, ipip6, ip6ip6)"},
	{"geneve a:l", "line 1, column 1: a geneve needs \"id\""},
	{"xfrm a:l", "line 1, column 1: an xfrm needs \"if_id\""},
	{"xfrm a:l if_id 0", "line 1, column 16: if_id: \"0\" is not understood (expected a number "
			     "from 1 to 4294967295)"},
	{"bridge a:b\nmacvlan a:l link b mode vpea",
		"line 2, column 25: mode: \"vpea\" is not understood (expected one of private, "
		"vepa, bridge, passthru, source)"},
};

static const struct row bad_impairments[] = {
	{"veth a:x delay 5 -- b:y", "line 1, column 16: delay: \"5\" is not understood (expected a "
				    "time such as 10ms, 200us or 1s, up to 274s)"},
	{"veth a:x delay 275s -- b:y", "line 1, column 16: delay: \"275s\" is not understood "
				       "(expected a time such as 10ms, 200us or 1s, up to 274s)"},
	{"veth a:x loss 101% -- b:y", "line 1, column 15: loss: \"101%\" is not understood "
				      "(expected a share such as 1% or 0.5%, up to 100%)"},
	{"veth a:x loss 5 -- b:y", "line 1, column 15: loss: \"5\" is not understood (expected a "
				   "share such as 1% or 0.5%, up to 100%)"},
	{"veth a:x rate 5 -- b:y", "line 1, column 15: rate: \"5\" is not understood (expected a "
				   "rate such as 10mbit, 500kbit or 2mbps (bytes))"},
	{"veth a:x rate 0bit -- b:y", "line 1, column 15: rate: \"0bit\" is not understood "
				      "(expected a rate such as 10mbit, 500kbit or 2mbps (bytes))"},
	{"veth a:x tbf 1mbit burst 5tb -- b:y",
		"line 1, column 26: burst: \"5tb\" is not understood (expected a size such as "
		"1500b, 16kb or 1mb)"},
	{"veth a:x delay 5ms delay 5ms -- b:y", "line 1, column 26: delay: a second \"delay\""},
	{"veth a:x jitter 5ms -- b:y", "line 1, column 6: \"jitter\" without \"delay\""},
	{"veth a:x gap 5 delay 5ms -- b:y", "line 1, column 6: \"gap\" without \"reorder\""},
	{"veth a:x burst 5kb -- b:y", "line 1, column 6: \"burst\" without \"tbf\""},
	{"veth a:x latency 5ms -- b:y", "line 1, column 6: \"latency\" without \"tbf\""},
	{"veth a:x tbf 1mbit burst 0 -- b:y",
		"line 1, column 6: a \"burst\" of 0 lets no packet through"},
	{"veth a:x limit 0 -- b:y", "line 1, column 16: limit: \"0\" is not understood (expected a "
				    "number from 1 to 2147483647)"},
};

static const struct row bad_directives[] = {
	{"route", "line 1, column 1: \"route\" is not understood (expected route HOST ROUTE, as "
		  "route client default via 10.0.0.1)"},
	{"route a default", "line 1, column 7: route: no host \"a\""},
	{"pair\nroute a default", "line 2, column 9: route \"default\": neither a gateway nor a "
				  "link (expected via or dev)"},
	{"pair\nroute c default via 10.0.0.2", "line 2, column 7: route: no host \"c\""},
	{"pair\nroute a default via 10.0.0.2 mtr 5",
		"line 2, column 9: route \"default via 10.0.0.2 mtr 5\": \"mtr\" is not understood "
		"(expected via, dev, src, table, metric, mtu, proto, scope, tos or onlink)"},
	{"pair\nroute a default via 10.9.9.9",
		"line 2, column 21: route \"default via 10.9.9.9\": the gateway 10.9.9.9 is in no "
		"network that \"a\" is in"},
	{"pair\nroute a default via 10.0.0.9",
		"line 2, column 21: route \"default via 10.0.0.9\": no host has the gateway's "
		"address 10.0.0.9 (if that is intended, add \"onlink\" and a dev)"},
	{"pair\nroute a default via 10.0.0.1",
		"line 2, column 21: route \"default via 10.0.0.1\": the gateway is \"a\" itself"},
	{"pair\nroute a 10.9.0.0/16 via 10.0.0.2 src 10.0.0.2",
		"line 2, column 38: route \"10.9.0.0/16 via 10.0.0.2 src 10.0.0.2\": \"a\" does "
		"not have the address behind \"src\""},
	{"pair\nroute a 10.9.0.0/16 dev eth1", "line 2, column 25: route \"10.9.0.0/16 dev eth1\": "
					       "no link \"eth1\" on host \"a\""},
	{"pair\nroute a 10.9.0.0/16 via 2001:db8::2",
		"line 2, column 9: route \"10.9.0.0/16 via 2001:db8::2\": the gateway is IPv6, the "
		"destination IPv4"},
	{"pair\nrule a frm 10.0.0.0/8",
		"line 2, column 8: rule \"frm 10.0.0.0/8\": \"frm\" is not understood (expected "
		"not, from, to, tos, dsfield, fwmark, iif, oif, uidrange, ipproto, sport, dport, "
		"priority, pref, suppress_prefixlength, suppress_ifgroup, lookup, table, goto, "
		"nop, blackhole, "
		"unreachable, prohibit, l3mdev, proto)"},
	{"pair\nrule a from 10.0.0.0/8 table none",
		"line 2, column 8: rule \"from 10.0.0.0/8 table none\": \"none\" after \"lookup\" "
		"is not the number of a table, or main, local or default"},
	{"pair\nneigh a 10.0.0.9 lladdr 02:00:00:00:00:09",
		"line 2, column 9: neighbour \"10.0.0.9 lladdr 02:00:00:00:00:09\": no \"dev\" "
		"(expected ADDRESS dev LINK ...)"},
	{"pair\nneigh a 10.0.0.9 dev eth0", "line 2, column 9: neighbour \"10.0.0.9 dev eth0\": no "
					    "\"lladdr\" (expected ADDRESS dev LINK lladdr MAC)"},
	{"pair\nneigh a 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth1",
		"line 2, column 47: neighbour \"10.0.0.9 lladdr 02:00:00:00:00:09 dev eth1\": no "
		"link \"eth1\" on host \"a\""},
	{"pair\nneigh a 10.0.0.9 lladdr 02:00:00:00:00 dev eth0",
		"line 2, column 9: neighbour \"10.0.0.9 lladdr 02:00:00:00:00 dev eth0\": "
		"\"02:00:00:00:00\" has not six bytes"},
	{"star 1\nfdb switch 02:00:00:00:00:09", "line 2, column 12: fdb \"02:00:00:00:00:09\": no "
						 "\"dev\" (expected MAC dev LINK ...)"},
	{"star 1\nfdb switch dev p1",
		"line 2, column 12: fdb \"dev p1\": no address (expected MAC dev LINK ...)"},
	{"star 1\nfdb switch 02:00:00:00:00:09 dev p2",
		"line 2, column 34: fdb \"02:00:00:00:00:09 dev p2\": no link \"p2\" on host "
		"\"switch\""},
	{"star 1\nfdb switch 02:00:00:00:00:09 dev p1 master br1",
		"line 2, column 44: fdb \"02:00:00:00:00:09 dev p1 master br1\": no link \"br1\" "
		"on host \"switch\""},
	{"star 1\nfdb switch 02:00:00:00:00:09 dev br0 master br0",
		"line 2, column 34: fdb \"02:00:00:00:00:09 dev br0 master br0\": \"br0\" is not a "
		"port of \"br0\""},
	{"star 1\nfdb switch 02:00:00:00:00:09 dev p1 vlna 3",
		"line 2, column 12: fdb \"02:00:00:00:00:09 dev p1 vlna 3\": \"vlna\" is not "
		"understood (expected dev, master, dst, vlan, port, vni, src_vni, via, permanent, "
		"static, dynamic, self, router, offload, extern_learn, sticky)"},
	{"nft", "line 1, column 1: \"nft\" is not understood (expected nft HOST { RULESET })"},
	{"nft a", "line 1, column 1: \"nft\" is not understood (expected nft HOST { RULESET })"},
	{"host a\nnft b { }", "line 2, column 5: nft: no host \"b\""},
	{"host a\nnft a table { }",
		"line 2, column 1: \"nft\" is not understood (expected nft HOST { RULESET })"},
};

static const struct row bad_wireguard[] = {
	{"wireguard a:w listen-port", "line 1, column 15: nothing follows \"listen-port\""},
	{"wireguard a:w listen-port 0", "line 1, column 27: listen-port: \"0\" is not understood "
					"(expected a number from 1 to 65535)"},
	{"wireguard a:w listen-port 5 listen-port 6",
		"line 1, column 41: listen-port: a second \"listen-port\""},
	{"wireguard a:w 10.0.0.1/24 peer a:w", "line 1, column 32: peer: \"a:w\" can't be its own"},
	{"wireguard b:w 10.0.0.1/24\nwireguard a:w peer b:w peer b:w",
		"line 2, column 29: peer: a second \"b:w\""},
	{"wireguard b:w 10.0.0.1/24\nwireguard a:w peer b:w endpoint ::1 endpoint ::2",
		"line 2, column 46: endpoint: a second \"endpoint\" of this peer"},
	{"wireguard b:w 10.0.0.1/24\nwireguard a:w peer b:w persistent-keepalive 0 "
	 "persistent-keepalive 9",
		"line 2, column 68: persistent-keepalive: a second \"persistent-keepalive\" of "
		"this "
		"peer"},
	{"wireguard a:w peer b",
		"line 1, column 20: peer: \"b\" is not a link (expected HOST:LINK)"},
	{"wireguard a:w peer b:w", "line 1, column 20: peer: there is no wireguard \"b:w\""},
	{"wireguard a:w endpoint 10.0.0.1", "line 1, column 24: endpoint: follows no peer "
					    "(expected \"peer HOST:LINK\" before it)"},
	{"wireguard b:w\nwireguard a:w peer b:w", "line 2, column 20: peer: \"b:w\" has no "
						  "addresses to be allowed (expected allowed-ips)"},
	{"wireguard b:w 10.0.0.1/24\nwireguard a:w peer b:w endpoint [::1",
		"line 2, column 33: endpoint: \"[::1\" is not understood (expected "
		"[ADDRESS]:PORT)"},
	{"wireguard b:w 10.0.0.1/24\nwireguard a:w peer b:w endpoint 10.0.0.1:0",
		"line 2, column 33: endpoint: \"0\" is not understood (expected a number from 1 to "
		"65535)"},
	{"wireguard b:w 10.0.0.1/24\nwireguard a:w peer b:w allowed-ips 10.0.0.0/8,x",
		"line 2, column 36: allowed-ips: \"x\" is not an IPv4 or IPv6 address"},
	{"veth a:x -- b:y\nwireguard a:w peer b:y",
		"line 2, column 20: peer: there is no wireguard \"b:y\""},
};

static const struct row bad_shapes[] = {
	{"chain", "line 1, column 1: \"chain\" is not understood (expected chain ROUTERS)"},
	{"chain x", "line 1, column 7: routers: \"x\" is not understood (expected a number from 0 "
		    "to 250)"},
	{"chain -1", "line 1, column 7: routers: \"-1\" is not understood (expected a number from "
		     "0 to 250)"},
	{"chain 251", "line 1, column 7: routers: \"251\" is not understood (expected a number "
		      "from 0 to 250)"},
	{"star 0", "line 1, column 6: hosts: \"0\" is not understood (expected a number from 1 to "
		   "10000)"},
	{"star 10001", "line 1, column 6: hosts: \"10001\" is not understood (expected a number "
		       "from 1 to 10000)"},
	{"ring 2", "line 1, column 6: routers: \"2\" is not understood (expected a number from 3 "
		   "to 250)"},
	{"ring 251", "line 1, column 6: routers: \"251\" is not understood (expected a number from "
		     "3 to 250)"},
	{"mesh 1", "line 1, column 6: routers: \"1\" is not understood (expected a number from 2 "
		   "to 50)"},
	{"mesh 51", "line 1, column 6: routers: \"51\" is not understood (expected a number from 2 "
		    "to 50)"},
	{"tree 2", "line 1, column 1: \"tree\" is not understood (expected tree DEPTH BRANCHES)"},
	{"tree 0 2", "line 1, column 6: levels: \"0\" is not understood (expected a number from 1 "
		     "to 6)"},
	{"tree 7 1", "line 1, column 6: levels: \"7\" is not understood (expected a number from 1 "
		     "to 6)"},
	{"tree 2 101", "line 1, column 8: branches: \"101\" is not understood (expected a number "
		       "from 1 to 100)"},
	{"tree 6 6", "line 1, column 1: tree 6 6 has more than 5000 hosts"},
	{"pair 5", "line 1, column 6: \"5\" is not an IPv4 or IPv6 address"},
	{"chain 2 dely 5ms",
		"line 1, column 9: \"dely\" is neither an address nor an option of a veth (did you "
		"mean \"delay\"?) (expected ADDRESS/PREFIX, down, shared, address, mtu, "
		"txqueuelen, master, link, vlan, an impairment such as delay)"},
	{"\n  pair mtu 5",
		"line 2, column 12: mtu: \"5\" is not understood (expected a number from "
		"68 to 65575)"},
	{"pair\npair", "line 2, column 1: a second link \"eth0\" on host \"a\""},
	{"pair { x }", "line 1, column 1: \"pair\" takes no { ... }; only nft does"},
};

/* Twice: a refused topology must leave nothing behind that changes the second answer. */
static void refuse_all(const struct row *rows, size_t count)
{
	size_t i;
	int again;

	for (i = 0; i < 2 * count; i++) {
		const struct row *row = &rows[i / 2];
		const struct nsrig_topo topo = {.text = row->text};

		again = nsrig_topo_check(&topo);
		if (again != -EINVAL && again != -EEXIST)
			nsrig_fail("\"%s\": %d (expected -EINVAL or -EEXIST)", row->text, again);
		if (strcmp(nsrig_error(), row->sentence))
			nsrig_fail("\"%s\": \"%s\" (expected \"%s\")", row->text, nsrig_error(),
				row->sentence);
	}
}

static void words(void **state)
{
	(void)state;
	refuse_all(bad_words, COUNT(bad_words));
}

static void hosts(void **state)
{
	(void)state;
	refuse_all(bad_hosts, COUNT(bad_hosts));
}

static void links(void **state)
{
	(void)state;
	refuse_all(bad_links, COUNT(bad_links));
}

static void addresses(void **state)
{
	(void)state;
	refuse_all(bad_addresses, COUNT(bad_addresses));
}

static void options(void **state)
{
	(void)state;
	refuse_all(bad_options, COUNT(bad_options));
}

static void kinds(void **state)
{
	(void)state;
	refuse_all(bad_kinds, COUNT(bad_kinds));
}

static void impairments(void **state)
{
	(void)state;
	refuse_all(bad_impairments, COUNT(bad_impairments));
}

static void directives(void **state)
{
	(void)state;
	refuse_all(bad_directives, COUNT(bad_directives));
}

static void wireguard(void **state)
{
	(void)state;
	refuse_all(bad_wireguard, COUNT(bad_wireguard));
}

static void shapes(void **state)
{
	(void)state;
	refuse_all(bad_shapes, COUNT(bad_shapes));
}

/* A duplicate is EEXIST, every other error EINVAL. */
static void errors_tell_what_is_there_twice(void **state)
{
	static const char *const twice[] = {"host a\nhost a", "veth a:x -- a:x", "veth a:lo -- b:y",
		"veth a:x 10.0.0.1/24 -- b:y 10.0.0.1/24"};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(twice); i++) {
		const struct nsrig_topo topo = {.text = twice[i]};

		nsrig_assert_error(nsrig_topo_check(&topo), -EEXIST);
	}
	nsrig_assert_error(nsrig_topo_check(&(struct nsrig_topo){.text = "host"}), -EINVAL);
	nsrig_assert_error(nsrig_topo_check(NULL), -EINVAL);
	assert_string_equal(nsrig_error(), "no network given (NULL)");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(words),
		cmocka_unit_test(hosts),
		cmocka_unit_test(links),
		cmocka_unit_test(addresses),
		cmocka_unit_test(options),
		cmocka_unit_test(kinds),
		cmocka_unit_test(impairments),
		cmocka_unit_test(directives),
		cmocka_unit_test(wireguard),
		cmocka_unit_test(shapes),
		cmocka_unit_test(errors_tell_what_is_there_twice),
	};

	return nsrig_main(argc, argv, tests);
}
