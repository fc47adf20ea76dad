// SPDX-License-Identifier: MIT
/*
 * Bad input to the functions for links, addresses, routes and sysctls: each call fails with an
 * error and a specific sentence, and the network stays unchanged.
 *
 *	left                       right
 *	  a0 10.1.0.1/24 ======== b0 10.1.0.2/24
 *	     2001:db8:1::1/64        2001:db8:1::2/64
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/msg.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH(
		"left:a0 10.1.0.1/24 2001:db8:1::1/64", "right:b0 10.1.0.2/24 2001:db8:1::2/64")},
};

static struct nsrig_ns *left, *right;

/* Everything that these tests could change, as text. */
static char before[4096];

static void describe(char *out, size_t size)
{
	static const struct {
		int family;
		unsigned int table;
	} tables[] = {{AF_INET, 254}, {AF_INET6, 254}, {AF_INET, 100}};
	struct nsrig_ns *hosts[] = {left, right};
	char value[64];
	struct nsrig_link *links;
	struct nsrig_addr *addrs;
	size_t count, i, h, used = 0;
	char *routes;

	for (h = 0; h < 2; h++) {
		nsrig_assert_ok(nsrig_link_list(hosts[h], &links, &count));
		for (i = 0; i < count; i++)
			used += snprintf(out + used, size - used, "%d %s %s %u %x\n",
				links[i].index, links[i].name, links[i].mac, links[i].mtu,
				links[i].flags);
		free(links);
		nsrig_assert_ok(nsrig_addr_list(hosts[h], NULL, &addrs, &count));
		for (i = 0; i < count; i++)
			used += snprintf(
				out + used, size - used, "%s %s\n", addrs[i].link, addrs[i].text);
		free(addrs);
		for (i = 0; i < COUNT(tables); i++) {
			nsrig_assert_ok(nsrig_route_list(
				hosts[h], tables[i].family, tables[i].table, &routes));
			used += snprintf(out + used, size - used, "%s", routes);
			free(routes);
		}
		nsrig_assert_ok(
			nsrig_sysctl_get(hosts[h], "net.ipv4.ip_forward", value, sizeof(value)));
		used += snprintf(out + used, size - used, "forwarding %s\n", value);
	}
	assert_true(used < size);
}

static int keep(void **state)
{
	left = nsrig_host(*state, "left");
	right = nsrig_host(*state, "right");
	/* The kernel adds the link-local addresses a moment after the links. */
	nsrig_assert_ok(nsrig_wait_addr_is(left, "dev a0 scope link", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_wait_addr_is(right, "dev b0 scope link", NSRIG_WAIT_MS));
	describe(before, sizeof(before));
	return 0;
}

static int compare(void **state)
{
	static char after[sizeof(before)];

	(void)state;
	describe(after, sizeof(after));
	assert_string_equal(after, before);
	return 0;
}

static int add_dummy_named(const char *name)
{
	const struct nsrig_link_spec spec = {.name = name};

	return nsrig_link_add(left, "bridge", &spec);
}

static void names_that_are_none(void **state)
{
	struct nsrig_link link;

	(void)state;
	refused(add_dummy_named("sixteen-bytes-xx"), -EINVAL, "16 bytes (at most 15)");
	refused(add_dummy_named(""), -EINVAL, "empty");
	refused(add_dummy_named(NULL), -EINVAL, "empty");
	refused(add_dummy_named("a/b"), -EINVAL, "'/'");
	refused(add_dummy_named("a:b"), -EINVAL, "':'");
	refused(add_dummy_named("a b"), -EINVAL, "' '");
	refused(add_dummy_named("."), -EINVAL, "\".\"");
	refused(add_dummy_named(".."), -EINVAL, "\"..\"");
	refused(add_dummy_named("v%d"), -EINVAL, "'%'");
	refused(nsrig_link_rename(left, "a0", "sixteen-bytes-xx"), -EINVAL, "16 bytes");
	refused(nsrig_link_rename(left, "a0", "a/b"), -EINVAL, "'/'");
	refused(nsrig_link_get(left, "sixteen-bytes-xx", &link), -EINVAL, "16 bytes");
	refused(nsrig_link_up(left, "a/b"), -EINVAL, "'/'");
}

static void missing_links(void **state)
{
	const struct nsrig_link_spec port = {.name = "p0", .master = "br9"}, other = {.name = "p1"};
	struct nsrig_addr *addrs = NULL;
	struct nsrig_link link;
	size_t count;

	(void)state;
	refused(nsrig_link_get(left, "eth7", &link), -ENODEV, "\"eth7\"");
	refused(nsrig_link_up(left, "eth7"), -ENODEV, "\"eth7\"");
	refused(nsrig_link_down(left, "eth7"), -ENODEV, "\"eth7\"");
	refused(nsrig_link_del(left, "eth7"), -ENODEV, "\"eth7\"");
	refused(nsrig_link_rename(left, "eth7", "eth8"), -ENODEV, "\"eth7\"");
	refused(nsrig_link_move(left, "eth7", right), -ENODEV, "\"eth7\"");
	refused(nsrig_link_set_mtu(left, "eth7", 1400), -ENODEV, "\"eth7\"");
	refused(nsrig_link_set_master(left, "a0", "br9"), -ENODEV, "\"br9\"");
	refused(nsrig_addr_add(left, "eth7", "10.0.0.1/24"), -ENODEV, "\"eth7\"");
	refused(nsrig_addr_del(left, "eth7", "10.0.0.1/24"), -ENODEV, "\"eth7\"");
	refused(nsrig_addr_list(left, "eth7", &addrs, &count), -ENODEV, "\"eth7\"");
	refused(nsrig_route_add(left, "10.9.0.0/16 dev eth7"), -ENODEV, "\"eth7\"");
	refused(nsrig_veth_add(left, &port, right, &other), -ENODEV, "\"br9\"");
	refused(nsrig_wait_link(left, "eth7", 1000), -ENODEV, "\"eth7\"");
	assert_null(addrs);
}

/* The link is down, because kernels before 6.2 don't rename a link that is up. */
static void rename_to_a_name_that_is_taken(void **state)
{
	const struct nsrig_link_spec spare = {.name = "spare"};

	(void)state;
	nsrig_assert_ok(nsrig_link_add(left, "bridge", &spare));
	refused(nsrig_link_rename(left, "spare", "lo"), -EEXIST, "\"spare\"");
	nsrig_assert_ok(nsrig_link_del(left, "spare"));
}

static void second_link_of_a_name(void **state)
{
	const struct nsrig_link_spec a0 = {.name = "a0"}, b0 = {.name = "b0"}, c0 = {.name = "c0"};

	(void)state;
	refused(nsrig_link_add(left, "bridge", &a0), -EEXIST, "\"a0\"");
	refused(nsrig_veth_add(left, &a0, right, &c0), -EEXIST, "File exists");
	refused(nsrig_veth_add(left, &c0, right, &b0), -EEXIST, "File exists");
}

static void kinds_and_specifications_that_are_none(void **state)
{
	const struct nsrig_link_spec ok = {.name = "x0"}, mac = {.name = "x1", .mac = "02:00"};
	const struct nsrig_link_spec eight = {.name = "x1", .mac = "02:0:0:0:0:0:0:0:"};
	const struct nsrig_link_spec multicast = {.name = "x1", .mac = "01:00:5e:00:00:01"};
	const struct nsrig_link_spec taken = {.name = "x1", .index = 1};
	const struct nsrig_link_spec index = {.name = "x2", .index = -1};
	const struct nsrig_link_spec port = {.name = "x3", .master = "a0"};

	(void)state;
	refused(nsrig_link_add(left, "no-such-kind", &ok), -EOPNOTSUPP, "Unknown device type");
	refused(nsrig_link_add(left, NULL, &ok), -EINVAL, "no kind");
	refused(nsrig_link_add(left, "bridge", NULL), -EINVAL, "no specification");
	refused(nsrig_link_add(left, "bridge", &mac), -EINVAL, "\"02:00\" is not a MAC address");
	refused(nsrig_link_add(left, "bridge", &eight), -EINVAL, "not a MAC address");
	refused(nsrig_link_add(left, "bridge", &multicast), -EADDRNOTAVAIL, "\"x1\"");
	refused(nsrig_link_add(left, "bridge", &taken), -EEXIST, "\"x1\"");
	refused(nsrig_link_add(left, "bridge", &index), -EINVAL, "-1 is not an interface index");
	refused(nsrig_veth_add(left, &ok, right, &port), -EINVAL, "second end");
	refused(nsrig_veth_add(left, NULL, right, &ok), -EINVAL, "missing");
	refused(nsrig_link_set_mtu(left, "a0", 1), -EINVAL, "less than device minimum");
	/* The kernel refuses it; the request doesn't leave it out. */
	refused(nsrig_link_set_mtu(left, "a0", 0), -EINVAL, "less than device minimum");
	refused(nsrig_link_set_mtu(left, "a0", 1000000), -EINVAL, "greater than device maximum");
	refused(nsrig_link_set_master(left, "a0", "lo"), -EOPNOTSUPP, "\"a0\"");
	refused(nsrig_link_move(left, "lo", right), -EINVAL, "\"lo\"");
	refused(nsrig_link_move(left, "a0", NULL), -EINVAL, "no namespace");
	refused(nsrig_link_up(NULL, "a0"), -EINVAL, "no namespace");
}

static void addresses_that_are_none(void **state)
{
	(void)state;
	refused(nsrig_addr_add(left, "a0", "10.0.0"), -EINVAL, "not an IPv4 or IPv6 address");
	refused(nsrig_addr_add(left, "a0", "10.0.0.256/24"), -EINVAL, "10.0.0.256/24");
	refused(nsrig_addr_add(left, "a0", "1000"), -EINVAL, "\"1000\"");
	refused(nsrig_addr_add(left, "a0", "host"), -EINVAL, "\"host\"");
	refused(nsrig_addr_add(left, "a0", "2001:db8::g/64"), -EINVAL, "2001:db8::g");
	refused(nsrig_addr_add(left, "a0", "2001:db8:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:0:1/64"),
		-EINVAL, "not an IPv");
	refused(nsrig_addr_add(left, "a0", ""), -EINVAL, "no address given");
	refused(nsrig_addr_add(left, "a0", NULL), -EINVAL, "no address given");
	refused(nsrig_addr_add(left, "a0", "10.0.0.1/33"), -EINVAL, "\"33\" (expected 0 to 32)");
	refused(nsrig_addr_add(left, "a0", "2001:db8::1/129"), -EINVAL,
		"\"129\" (expected 0 to 128)");
	refused(nsrig_addr_add(left, "a0", "10.0.0.1/"), -EINVAL, "bad prefix length");
	refused(nsrig_addr_add(left, "a0", "10.0.0.1/-1"), -EINVAL, "bad prefix length");
	refused(nsrig_addr_add(left, "a0", "10.0.0.1/24x"), -EINVAL, "bad prefix length");
	refused(nsrig_addr_add(left, "a0", "10.0.0.1/ 24"), -EINVAL, "bad prefix length");
	refused(nsrig_addr_add(left, "a0", "10.0.0.1/99999999999999999999"), -EINVAL, "bad prefix");
	refused(nsrig_addr_add(left, "a0", "10.1.0.1/24"), -EEXIST, "10.1.0.1/24");
	refused(nsrig_addr_add(left, "a0", "2001:db8:1::1/64"), -EEXIST, "2001:db8:1::1/64");
	refused(nsrig_addr_del(left, "a0", "10.1.0.77/24"), -EADDRNOTAVAIL, "10.1.0.77/24");
	refused(nsrig_addr_add(NULL, "a0", "10.0.0.1/24"), -EINVAL, "no namespace");
}

static void routes_that_are_none(void **state)
{
	char *text = NULL;

	(void)state;
	refused(nsrig_route_add(left, ""), -EINVAL, "no destination");
	refused(nsrig_route_add(left, NULL), -EINVAL, "no route");
	refused(nsrig_route_add(left, "blackhole"), -EINVAL, "no destination");
	refused(nsrig_route_add(left, "10.9.0.0/16"), -EINVAL, "neither a gateway nor a link");
	refused(nsrig_route_add(left, "10.9.0.0/16 via"), -EINVAL, "nothing follows \"via\"");
	refused(nsrig_route_add(left, "10.9.0.0/16 through 10.1.0.2"), -EINVAL, "\"through\"");
	refused(nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2/24"), -EINVAL, "is a network");
	refused(nsrig_route_add(left, "10.9.0.0/99 via 10.1.0.2"), -EINVAL, "prefix length");
	refused(nsrig_route_add(left, "elsewhere via 10.1.0.2"), -EINVAL, "\"elsewhere\"");
	refused(nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2 metric many"), -EINVAL, "\"many\"");
	refused(nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2 table 4294967296"), -EINVAL,
		"not a number");
	refused(nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2 metric -1"), -EINVAL,
		"not a number");
	refused(nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2 mtu 0"), -EINVAL,
		"not a number from 1");
	refused(nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2 table 0"), -EINVAL,
		"not a number from 1");
	refused(nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2 via 10.1.0.3"), -EINVAL,
		"second \"via\"");
	refused(nsrig_route_add(left, "local 10.9.0.1 dev a0"), -EINVAL, "\"local\"");
	refused(nsrig_route_add(left, "10.9.0.0/16 via 192.0.2.1"), -ENETUNREACH, "10.9.0.0/16");
	refused(nsrig_route_add(left, "10.9.0.1/16 via 10.1.0.2"), -EINVAL, "Invalid prefix");
	refused(nsrig_route_add(left, "10.1.0.0/24 dev a0"), -EEXIST, "10.1.0.0/24");
	refused(nsrig_route_del(left, "10.9.0.0/16"), -ESRCH, "10.9.0.0/16");
	refused(nsrig_route_get(left, "10.9.0.0/16", &text), -EINVAL, "is a network");
	refused(nsrig_route_get(left, "there", &text), -EINVAL, "\"there\"");
	refused(nsrig_route_get(left, "10.1.0.2", NULL), -EINVAL, "NULL");
	refused(nsrig_route_list(left, AF_UNIX, 254, &text), -EINVAL, "family 1");
	assert_null(text);
}

static void families_that_do_not_fit(void **state)
{
	(void)state;
	refused(nsrig_route_add(left, "10.9.0.0/16 via 2001:db8:1::2"), -EAFNOSUPPORT,
		"the gateway is IPv6, the destination IPv4");
	refused(nsrig_route_add(left, "2001:db8:9::/48 via 10.1.0.2"), -EAFNOSUPPORT,
		"the gateway is IPv4, the destination IPv6");
	refused(nsrig_route_add(left, "10.9.0.0/16 dev a0 src 2001:db8:1::1"), -EAFNOSUPPORT,
		"source");
	refused(nsrig_route_add(left, "default via 10.1.0.2 src 2001:db8:1::1"), -EAFNOSUPPORT,
		"source");
}

/*
 * Both ends are created, but the second can't be brought up, because no descriptor is left for that
 * request.
 */
static void veth_that_fails_half_way_is_taken_back(void **state)
{
	const struct nsrig_link_spec x0 = {.name = "x0", .up = true},
				     y0 = {.name = "y0", .up = true};
	struct rlimit limit, tight;
	struct nsrig_ns *fresh;
	int rc, first_free;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&fresh));
	assert_int_equal(count_links(left), 2);
	first_free = dup(STDIN_FILENO);
	close(first_free);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	tight = (struct rlimit){.rlim_cur = first_free, .rlim_max = limit.rlim_max};
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
	rc = nsrig_veth_add(left, &x0, fresh, &y0);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
	refused(rc, -EMFILE, "Too many open files");
	assert_int_equal(count_links(left), 2);
	assert_int_equal(count_links(fresh), 1);
	nsrig_ns_free(fresh);
}

static void move_to_where_the_name_is_taken(void **state)
{
	const struct nsrig_link_spec b0 = {.name = "b0"}, x0 = {.name = "x0"};

	(void)state;
	nsrig_assert_ok(nsrig_veth_add(left, &b0, left, &x0));
	refused(nsrig_link_move(left, "b0", right), -EEXIST, "\"b0\"");
	nsrig_assert_ok(nsrig_link_del(left, "b0"));
}

/* Every function that takes a namespace. */
static void closed_handles(void **state)
{
	const struct nsrig_link_spec x0 = {.name = "x0"}, y0 = {.name = "y0"};
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETLINK, 0);
	struct nsrig_addr *addrs;
	struct nsrig_link *links, link;
	struct nsrig_ns *closed;
	char value[8], *text;
	size_t count;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&closed));
	nsrig_assert_ok(nsrig_ns_close(closed));
	refused(nsrig_link_add(closed, "bridge", &x0), -EBADF, "closed");
	refused(nsrig_veth_add(closed, &x0, right, &y0), -EBADF, "closed");
	refused(nsrig_veth_add(left, &x0, closed, &y0), -EBADF, "closed");
	refused(nsrig_link_get(closed, "lo", &link), -EBADF, "closed");
	refused(nsrig_link_list(closed, &links, &count), -EBADF, "closed");
	refused(nsrig_link_move(left, "a0", closed), -EBADF, "closed");
	refused(nsrig_link_move(closed, "lo", left), -EBADF, "closed");
	refused(nsrig_addr_add(closed, "lo", "10.0.0.1/8"), -EBADF, "closed");
	refused(nsrig_addr_list(closed, NULL, &addrs, &count), -EBADF, "closed");
	refused(nsrig_route_add(closed, "blackhole 10.0.0.0/8"), -EBADF, "closed");
	refused(nsrig_route_get(closed, "10.0.0.1", &text), -EBADF, "closed");
	refused(nsrig_route_list(closed, AF_INET, 254, &text), -EBADF, "closed");
	refused(nsrig_sysctl_set(closed, "net.ipv4.ip_forward", "1"), -EBADF, "closed");
	refused(nsrig_sysctl_get(closed, "net.ipv4.ip_forward", value, sizeof(value)), -EBADF,
		"closed");
	refused(nsrig_wait_link(closed, "lo", 1000), -EBADF, "closed");
	refused(nsrig_wait_addr(closed, "127.0.0.1", 1000), -EBADF, "closed");
	refused(nsrig_request(closed, msg), -EBADF, "closed");
	refused(nsrig_request(left, NULL), -EINVAL, "no request");
	nlmsg_free(msg);
	nsrig_ns_free(closed);
}

static int unprivileged(void)
{
	const struct nsrig_link_spec x0 = {.name = "x0"};
	struct nsrig_ns *own;

	if (nsrig_ns_current(&own) < 0)
		return 1;
	if (nsrig_link_add(own, "bridge", &x0) != -EPERM)
		return 2;
	if (nsrig_addr_add(own, "lo", "10.0.0.1/8") != -EPERM)
		return 3;
	if (nsrig_route_add(own, "blackhole 10.0.0.0/8") != -EPERM)
		return 4;
	if (nsrig_sysctl_set(own, "net.ipv4.ip_forward", "1") != -EPERM)
		return 5;
	if (nsrig_ping(&(struct nsrig_echo){.dst = "127.0.0.1"}) != -EPERM)
		return 6;
	if (!strstr(nsrig_error(), "not permitted"))
		return 7;
	nsrig_ns_free(own);
	return 0;
}

static void without_privilege(void **state)
{
	(void)state;
	in_child_without_privilege(unprivileged);
}

static void sysctls_that_are_none(void **state)
{
	char value[4], wide[64];

	(void)state;
	refused(nsrig_sysctl_set(left, "net.ipv4.no_such_thing", "1"), -ENOENT, "no_such_thing");
	refused(nsrig_sysctl_get(left, "net.ipv4.no_such_thing", wide, 64), -ENOENT,
		"no_such_thing");
	refused(nsrig_sysctl_set(left, "net.ipv4.ip_forward", "maybe"), -EINVAL, "\"maybe\"");
	refused(nsrig_sysctl_set(left, "net.ipv4.ip_forward", ""), -EINVAL, "no value");
	refused(nsrig_sysctl_set(left, "net.ipv4.ip_forward", NULL), -EINVAL, "no value");
	refused(nsrig_sysctl_set(left, "kernel.hostname", "x"), -EINVAL, "kernel.hostname");
	refused(nsrig_sysctl_set(left, "net/../kernel/hostname", "x"), -EINVAL, "net/../kernel");
	refused(nsrig_sysctl_set(left, "", "1"), -EINVAL, "no sysctl");
	refused(nsrig_sysctl_get(left, "net.ipv4", wide, 64), -EISDIR, "net.ipv4");
	refused(nsrig_sysctl_get(left, NULL, wide, 64), -EINVAL, "no sysctl");
	refused(nsrig_sysctl_get(left, "net.ipv4.ip_forward", NULL, 0), -EINVAL, "NULL");
	refused(nsrig_sysctl_get(left, "net.ipv4.ip_local_port_range", value, 4), -ENOSPC,
		"room for 3");
}

static void pings_that_are_none(void **state)
{
	(void)state;
	refused(nsrig_ping(NULL), -EINVAL, "no request");
	refused(nsrig_ping(&(struct nsrig_echo){.dst = "nobody"}), -EINVAL, "\"nobody\"");
	refused(nsrig_ping(&(struct nsrig_echo){.dst = "10.1.0.2/24"}), -EINVAL, "is a network");
	refused(nsrig_ping(&(struct nsrig_echo){.dst = "10.1.0.2", .size = 65001}), -EINVAL,
		"65001");
	refused(nsrig_ping(&(struct nsrig_echo){.dst = "10.1.0.2", .ttl = 256}), -EINVAL, "256");
	refused(nsrig_ping(&(struct nsrig_echo){.dst = "10.1.0.2", .ms = -1}), -EINVAL, "-1");
	refused(nsrig_ping(&(struct nsrig_echo){.dst = "10.1.0.2", .src = "::1"}), -EINVAL,
		"families");
	refused(nsrig_ping(&(struct nsrig_echo){.dst = "10.1.0.2", .dev = "eth7"}), -ENODEV,
		"No such device");
	nsrig_in(left) {
		refused(nsrig_ping(&(struct nsrig_echo){.dst = "192.0.2.1"}), -ENETUNREACH,
			"192.0.2.1");
		refused(nsrig_ping(
				&(struct nsrig_echo){.dst = "10.1.0.2", .size = 2000, .df = true}),
			-EMSGSIZE, "too long");
		refused(nsrig_ping(&(struct nsrig_echo){.dst = "10.1.0.99", .ms = 20}), -ETIMEDOUT,
			"20 ms");
	}
}

#define bad(test) nsrig_test(test, &cable, .setup = keep, .teardown = compare)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		bad(names_that_are_none),
		bad(missing_links),
		bad(second_link_of_a_name),
		bad(rename_to_a_name_that_is_taken),
		bad(kinds_and_specifications_that_are_none),
		bad(addresses_that_are_none),
		bad(routes_that_are_none),
		bad(families_that_do_not_fit),
		bad(veth_that_fails_half_way_is_taken_back),
		bad(move_to_where_the_name_is_taken),
		bad(closed_handles),
		bad(without_privilege),
		bad(sysctls_that_are_none),
		bad(pings_that_are_none),
	};

	return nsrig_main(argc, argv, tests);
}
