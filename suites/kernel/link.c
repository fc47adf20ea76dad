// SPDX-License-Identifier: MIT
/*
 * Links, addresses, routes and sysctls: created, changed, queried, removed.
 *
 *	left                       right
 *	  a0 10.1.0.1/24 ======== b0 10.1.0.2/24
 *	     2001:db8:1::1/64        2001:db8:1::2/64
 */
#include "suites/lib/count.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <netlink/route/link.h>
#include <netlink/route/route.h>
#include <nsrig.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct nsrig_topo two_hosts = {.hosts = {"left", "right"}};

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH(
		"left:a0 10.1.0.1/24 2001:db8:1::1/64", "right:b0 10.1.0.2/24 2001:db8:1::2/64")},
};

static struct nsrig_link get(struct nsrig_ns *ns, const char *name)
{
	struct nsrig_link link;

	nsrig_assert_ok(nsrig_link_get(ns, name, &link));
	return link;
}

static void veth_is_placed_as_specified(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	const struct nsrig_link_spec a = {
		.name = "a0", .mac = "02:00:00:00:00:0a", .mtu = 1400, .index = 20, .up = true};
	const struct nsrig_link_spec b = {
		.name = "b0", .mac = "02:00:00:00:00:0b", .mtu = 1300, .index = 30, .up = true};
	struct nsrig_link link;

	nsrig_assert_ok(nsrig_veth_add(left, &a, right, &b));
	nsrig_assert_ok(nsrig_wait_link(left, "a0", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_wait_link(right, "b0", NSRIG_WAIT_MS));

	link = get(left, "a0");
	assert_string_equal(link.name, "a0");
	assert_string_equal(link.kind, "veth");
	assert_string_equal(link.mac, "02:00:00:00:00:0a");
	assert_int_equal(link.mtu, 1400);
	assert_int_equal(link.index, 20);
	assert_int_equal(link.peer, 30);
	assert_true(link.flags & IFF_UP);
	assert_true(link.carrier);
	assert_true(link.ready);
	assert_int_equal(link.master, 0);

	link = get(right, "b0");
	assert_string_equal(link.mac, "02:00:00:00:00:0b");
	assert_int_equal(link.mtu, 1300);
	assert_int_equal(link.index, 30);
	assert_int_equal(link.peer, 20);
	assert_true(link.ready);
	assert_int_equal(count_links(left), 2);
	assert_int_equal(count_links(right), 2);
}

static void veth_may_stay_down(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	const struct nsrig_link_spec a = {.name = "a0", .up = true}, b = {.name = "b0"};
	struct nsrig_link link;

	nsrig_assert_ok(nsrig_veth_add(left, &a, right, &b));
	link = get(left, "a0");
	assert_true(link.flags & IFF_UP);
	assert_false(link.carrier);
	assert_false(link.ready);
	assert_false(get(right, "b0").flags & IFF_UP);
	nsrig_assert_error(nsrig_wait_link(left, "a0", 0), -ETIMEDOUT);
	assert_non_null(strstr(nsrig_error(), "up, no carrier"));
}

static void veth_in_one_namespace(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	const struct nsrig_link_spec a = {.name = "a0", .up = true}, b = {.name = "a1", .up = true};

	nsrig_assert_ok(nsrig_veth_add(left, &a, left, &b));
	nsrig_assert_ok(nsrig_wait_link(left, "a1", NSRIG_WAIT_MS));
	assert_int_equal(get(left, "a0").peer, get(left, "a1").index);
}

static void bridge_takes_ports(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	const struct nsrig_link_spec br0 = {.name = "br0", .up = true};
	const struct nsrig_link_spec port = {.name = "p0", .master = "br0", .up = true};
	const struct nsrig_link_spec host = {.name = "eth0", .up = true};

	nsrig_assert_ok(nsrig_link_add(left, "bridge", &br0));
	nsrig_assert_ok(nsrig_veth_add(left, &port, right, &host));
	assert_string_equal(get(left, "br0").kind, "bridge");
	assert_int_equal(get(left, "p0").master, get(left, "br0").index);
	nsrig_assert_ok(nsrig_link_set_master(left, "p0", NULL));
	assert_int_equal(get(left, "p0").master, 0);
	nsrig_assert_ok(nsrig_link_set_master(left, "p0", "br0"));
	assert_int_equal(get(left, "p0").master, get(left, "br0").index);
}

static void up_and_down(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");

	assert_true(get(left, "a0").flags & IFF_UP);
	nsrig_assert_ok(nsrig_link_down(left, "a0"));
	assert_false(get(left, "a0").flags & IFF_UP);
	assert_false(get(right, "b0").carrier);
	nsrig_in(right)
		nsrig_assert_no_ping("10.1.0.1", .ms = 50);
	nsrig_assert_ok(nsrig_link_up(left, "a0"));
	nsrig_assert_ok(nsrig_wait_link(right, "b0", NSRIG_WAIT_MS));
	nsrig_in(right)
		nsrig_assert_ping("10.1.0.1");
}

static void mtu_changes(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_assert_ok(nsrig_link_set_mtu(left, "a0", 1280));
	assert_int_equal(get(left, "a0").mtu, 1280);
}

static void rename_keeps_the_link(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int index = get(left, "a0").index;
	struct nsrig_link link;

	nsrig_assert_ok(nsrig_link_down(left, "a0"));
	nsrig_assert_ok(nsrig_link_rename(left, "a0", "uplink"));
	assert_int_equal(get(left, "uplink").index, index);
	nsrig_assert_error(nsrig_link_get(left, "a0", &link), -ENODEV);
}

static void move_takes_it_to_the_other_namespace(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	struct nsrig_link link;

	nsrig_assert_ok(nsrig_link_move(left, "a0", right));
	nsrig_assert_error(nsrig_link_get(left, "a0", &link), -ENODEV);
	assert_string_equal(get(right, "a0").kind, "veth");
	assert_int_equal(count_links(left), 1);
	assert_int_equal(count_links(right), 3);
}

static void remove_takes_both_ends(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");

	nsrig_assert_ok(nsrig_link_del(left, "a0"));
	assert_int_equal(count_links(left), 1);
	assert_int_equal(count_links(right), 1);
}

static void list_is_in_order(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_link *links;
	size_t count;

	nsrig_assert_ok(nsrig_link_list(left, &links, &count));
	assert_int_equal(count, 2);
	assert_string_equal(links[0].name, "lo");
	assert_true(links[0].flags & IFF_LOOPBACK);
	assert_string_equal(links[0].kind, "");
	assert_string_equal(links[1].name, "a0");
	free(links);
}

static bool has(const struct nsrig_addr *addrs, size_t count, const char *link, const char *text)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (!strcmp(addrs[i].link, link) && !strcmp(addrs[i].text, text))
			return !addrs[i].tentative;
	}
	return false;
}

static void addresses_come_and_go(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_addr *addrs;
	size_t count, all;

	nsrig_assert_ok(nsrig_addr_add(left, "a0", "10.7.0.1/16"));
	nsrig_assert_ok(nsrig_addr_add(left, "a0", "2001:db8:7::1/64"));
	nsrig_assert_ok(nsrig_addr_list(left, "a0", &addrs, &count));
	assert_true(has(addrs, count, "a0", "10.1.0.1/24"));
	assert_true(has(addrs, count, "a0", "10.7.0.1/16"));
	assert_true(has(addrs, count, "a0", "2001:db8:7::1/64"));
	assert_false(has(addrs, count, "lo", "127.0.0.1/8"));
	free(addrs);
	nsrig_assert_ok(nsrig_addr_list(left, NULL, &addrs, &all));
	assert_true(has(addrs, all, "lo", "127.0.0.1/8"));
	assert_true(all > count);
	free(addrs);

	nsrig_assert_ok(nsrig_addr_del(left, "a0", "10.7.0.1/16"));
	nsrig_assert_ok(nsrig_addr_del(left, "a0", "2001:db8:7::1/64"));
	nsrig_assert_ok(nsrig_addr_list(left, "a0", &addrs, &count));
	assert_false(has(addrs, count, "a0", "10.7.0.1/16"));
	assert_false(has(addrs, count, "a0", "2001:db8:7::1/64"));
	free(addrs);
}

/* Without duplicate address detection an address is usable at once; with it, it is not. */
static void detection_of_duplicates_is_opt_in(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_addr *addrs;
	size_t count, i, tentative = 0;

	/*
	 * The link-local address comes a moment after the link, and must not be subject to
	 * detection.
	 */
	nsrig_assert_ok(nsrig_wait_addr_is(left, "dev a0 scope link", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_sysctl_set(left, "net/ipv6/conf/a0/accept_dad", "1"));
	nsrig_assert_ok(nsrig_addr_add(left, "a0", "2001:db8:7::1/64"));
	nsrig_assert_ok(nsrig_addr_add_dad(left, "a0", "2001:db8:7::2/64"));
	nsrig_assert_ok(nsrig_addr_list(left, "a0", &addrs, &count));
	for (i = 0; i < count; i++) {
		if (addrs[i].tentative) {
			assert_string_equal(addrs[i].text, "2001:db8:7::2/64");
			tentative++;
		}
	}
	assert_int_equal(tentative, 1);
	free(addrs);
	nsrig_assert_ok(nsrig_wait_addr(left, "2001:db8:7::1", NSRIG_WAIT_MS));
}

static void wait_for_an_address_that_never_comes(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_assert_error(nsrig_wait_addr(left, "10.1.0.99/24", 30), -ETIMEDOUT);
	assert_non_null(strstr(nsrig_error(), "10.1.0.99 dev a0"));
	nsrig_assert_error(nsrig_wait_addr(left, "192.0.2.1", 0), -ETIMEDOUT);
	assert_non_null(strstr(nsrig_error(), "unreachable"));
	nsrig_assert_error(nsrig_wait_addr(left, "10.1.0.1", -1), -EINVAL);
}

/* A change by another process wakes the wait. */
static void wait_is_woken_by_the_change(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int go[2], status;
	pid_t pid;

	assert_int_equal(pipe(go), 0);
	nsrig_assert_ok(nsrig_link_down(left, "a0"));
	pid = fork();
	if (pid == 0) {
		char c;

		_exit(read(go[0], &c, 1) == 1 && nsrig_link_up(left, "a0") == 0 ? 0 : 1);
	}
	nsrig_assert_error(nsrig_wait_link(left, "a0", 20), -ETIMEDOUT);
	assert_non_null(strstr(nsrig_error(), "last seen: down"));
	assert_int_equal(write(go[1], "", 1), 1);
	nsrig_assert_ok(nsrig_wait_link(left, "a0", NSRIG_WAIT_MS));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(go[0]);
	close(go[1]);
}

static void assert_routes(struct nsrig_ns *ns, int family, unsigned int table, const char *expected)
{
	char *text;

	nsrig_assert_ok(nsrig_route_list(ns, family, table, &text));
	assert_string_equal(text, expected);
	free(text);
}

static void assert_route_to(struct nsrig_ns *ns, const char *dst, const char *expected)
{
	char *text;

	nsrig_assert_ok(nsrig_route_get(ns, dst, &text));
	assert_string_equal(text, expected);
	free(text);
}

static void routes_come_and_go(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	assert_routes(left, AF_INET, RT_TABLE_MAIN, "10.1.0.0/24 dev a0 src 10.1.0.1\n");
	nsrig_assert_ok(nsrig_route_add(left, "default via 10.1.0.2"));
	nsrig_assert_ok(
		nsrig_route_add(left, "10.9.0.0/16 via 10.1.0.2 dev a0 metric 100 mtu 1400"));
	nsrig_assert_ok(nsrig_route_add(left, "blackhole 10.66.0.0/16"));
	nsrig_assert_ok(nsrig_route_add(left, "10.8.0.1 dev a0 src 10.1.0.1 table 100"));
	assert_routes(left, AF_INET, RT_TABLE_MAIN,
		"default via 10.1.0.2 dev a0\n"
		"10.1.0.0/24 dev a0 src 10.1.0.1\n"
		"10.9.0.0/16 via 10.1.0.2 dev a0 metric 100 mtu 1400\n"
		"blackhole 10.66.0.0/16\n");
	assert_routes(left, AF_INET, 100, "10.8.0.1 dev a0 src 10.1.0.1 table 100\n");

	nsrig_assert_ok(nsrig_route_del(left, "default"));
	nsrig_assert_ok(nsrig_route_del(left, "10.9.0.0/16"));
	nsrig_assert_ok(nsrig_route_del(left, "blackhole 10.66.0.0/16"));
	nsrig_assert_ok(nsrig_route_del(left, "10.8.0.1 table 100"));
	assert_routes(left, AF_INET, RT_TABLE_MAIN, "10.1.0.0/24 dev a0 src 10.1.0.1\n");
	assert_routes(left, AF_INET, 100, "");
}

/* A hand-made route with two next hops is printed completely. */
static void multipath_routes_are_written_whole(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct rtnl_route *route = rtnl_route_alloc();
	struct nl_addr *dst, *via[2];
	struct nl_msg *msg;
	int i;

	assert_int_equal(nl_addr_parse("10.9.0.0/16", AF_INET, &dst), 0);
	rtnl_route_set_dst(route, dst);
	for (i = 0; i < 2; i++) {
		struct rtnl_nexthop *hop = rtnl_route_nh_alloc();

		assert_int_equal(nl_addr_parse(i ? "10.1.0.3" : "10.1.0.2", AF_INET, &via[i]), 0);
		rtnl_route_nh_set_gateway(hop, via[i]);
		rtnl_route_nh_set_ifindex(hop, get(left, "a0").index);
		rtnl_route_nh_set_weight(hop, i);
		rtnl_route_nh_set_flags(hop, i ? RTNH_F_ONLINK : 0);
		rtnl_route_add_nexthop(route, hop);
		nl_addr_put(via[i]);
	}
	nl_addr_put(dst);
	assert_int_equal(rtnl_route_build_add_request(route, NLM_F_CREATE, &msg), 0);
	rtnl_route_put(route);
	nsrig_assert_ok(nsrig_request(left, msg));
	nlmsg_free(msg);
	nsrig_assert_ok(nsrig_route_add(left, "10.8.0.0/16 via 192.0.2.1 dev a0 onlink"));
	assert_routes(left, AF_INET, RT_TABLE_MAIN,
		"10.1.0.0/24 dev a0 src 10.1.0.1\n"
		"10.8.0.0/16 via 192.0.2.1 dev a0 onlink\n"
		"10.9.0.0/16 nexthop via 10.1.0.2 dev a0 weight 1 nexthop via 10.1.0.3 dev a0 "
		"weight 2 onlink\n");
}

static void ipv6_routes_come_and_go(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_assert_ok(nsrig_route_add(left, "default via 2001:db8:1::2"));
	nsrig_assert_ok(nsrig_route_add(left, "2001:db8:9::/48 via 2001:db8:1::2 metric 7"));
	assert_route_to(left, "2001:db8:9::1",
		"2001:db8:9::1 via 2001:db8:1::2 dev a0 src 2001:db8:1::1 metric 7");
	assert_route_to(left, "2001:db8:ffff::1",
		"2001:db8:ffff::1 via 2001:db8:1::2 dev a0 src 2001:db8:1::1 metric 1024");
	nsrig_assert_ok(nsrig_route_del(left, "2001:db8:9::/48"));
	nsrig_assert_ok(nsrig_route_del(left, "::/0"));
	nsrig_assert_ok(nsrig_route_add(left, "unreachable 2001:db8:9::/48"));
	nsrig_assert_error(nsrig_route_get(left, "2001:db8:9::1", &(char *){NULL}), -EHOSTUNREACH);
}

static void route_get_asks_the_kernel(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	char *text = NULL;

	assert_route_to(left, "10.1.0.2", "10.1.0.2 dev a0 src 10.1.0.1");
	assert_route_to(left, "10.1.0.1", "local 10.1.0.1 dev lo src 10.1.0.1");
	nsrig_assert_error(nsrig_route_get(left, "192.0.2.1", &text), -ENETUNREACH);
	nsrig_assert_ok(nsrig_route_add(left, "unreachable 192.0.2.0/24"));
	nsrig_assert_error(nsrig_route_get(left, "192.0.2.1", &text), -EHOSTUNREACH);
	nsrig_assert_ok(nsrig_route_add(left, "blackhole 198.51.100.0/24"));
	nsrig_assert_error(nsrig_route_get(left, "198.51.100.1", &text), -EINVAL);
	nsrig_assert_ok(nsrig_route_add(left, "prohibit 203.0.113.0/24"));
	nsrig_assert_error(nsrig_route_get(left, "203.0.113.1", &text), -EACCES);
	assert_null(text);
}

static void sysctls_are_the_namespaces_own(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left"), *right = nsrig_host(*state, "right");
	char value[64];

	nsrig_assert_ok(nsrig_sysctl_set(left, "net.ipv4.ip_forward", "1"));
	nsrig_assert_ok(nsrig_sysctl_get(left, "net/ipv4/ip_forward", value, sizeof(value)));
	assert_string_equal(value, "1");
	nsrig_assert_ok(nsrig_sysctl_get(right, "net.ipv4.ip_forward", value, sizeof(value)));
	assert_string_equal(value, "0");
	nsrig_assert_ok(nsrig_sysctl_set(left, "net.ipv4.ip_local_port_range", "2000 3000"));
	nsrig_assert_ok(
		nsrig_sysctl_get(left, "net.ipv4.ip_local_port_range", value, sizeof(value)));
	assert_string_equal(value, "2000\t3000");
}

/*
 * Values of thousands of bytes are written and read whole; a value that the kernel accepts only in
 * part is refused.
 */
static void long_sysctls_are_whole(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	static char ports[8192], value[8192];
	size_t used = 0;
	int port;

	/* No two adjacent ports, which the kernel would print as a range. */
	for (port = 10000; port < 11300; port += 2)
		used += snprintf(ports + used, sizeof(ports) - used, "%s%d", used ? "," : "", port);
	assert_true(used > 3800);
	nsrig_assert_ok(nsrig_sysctl_set(left, "net.ipv4.ip_local_reserved_ports", ports));
	nsrig_assert_ok(
		nsrig_sysctl_get(left, "net.ipv4.ip_local_reserved_ports", value, sizeof(value)));
	assert_string_equal(value, ports);
	for (; port < 12000; port += 2)
		used += snprintf(ports + used, sizeof(ports) - used, ",%d", port);
	nsrig_assert_error(
		nsrig_sysctl_set(left, "net.ipv4.ip_local_reserved_ports", ports), -EINVAL);
	assert_non_null(strstr(nsrig_error(), "the kernel took"));
}

/* The kernel gives up on a neighbour after three probes, and drops the packets that wait for it. */
static void ping_is_patient_with_a_failed_neighbour(void **state)
{
	nsrig_in(nsrig_host(*state, "left"))
		nsrig_assert_no_ping("10.1.0.77", .ms = 2500);
	nsrig_assert_ok(nsrig_addr_add(nsrig_host(*state, "right"), "b0", "10.1.0.77/24"));
	nsrig_in(nsrig_host(*state, "left"))
		nsrig_assert_ping("10.1.0.77");
}

/* Threads share the handle's socket; a child of fork() never uses it. */
static void *get_many(void *ns)
{
	struct nsrig_link link;
	int i;

	for (i = 0; i < 200; i++) {
		if (nsrig_link_get(ns, i % 2 ? "lo" : "a0", &link) < 0 ||
			link.index != (i % 2 ? 1 : 1000))
			return NULL;
	}
	return ns;
}

/* Whether this process has a netlink socket of its own: the kernel names it by the process's id. */
static bool has_own_socket(void)
{
	struct sockaddr_nl address;
	socklen_t length;
	int fd;

	for (fd = 0; fd < 256; fd++) {
		length = sizeof(address);
		if (getsockname(fd, (struct sockaddr *)&address, &length) == 0 &&
			address.nl_family == AF_NETLINK && (pid_t)address.nl_pid == getpid())
			return true;
	}
	return false;
}

static void one_handle_in_many_threads_and_children(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	pthread_t threads[8];
	pid_t pids[10];
	void *result;
	int i, status;

	assert_int_equal(get(left, "a0").index, 1000);
	/*
	 * This comes first, because libnl has locks of its own, and a child forked while other
	 * threads run may find them locked.
	 */
	for (i = 0; i < 10; i++) {
		pids[i] = fork();
		if (pids[i] == 0)
			_exit(get_many(left) && has_own_socket() ? 0 : 1);
	}
	for (i = 0; i < 8; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get_many, left), 0);
	for (i = 0; i < 8; i++) {
		pthread_join(threads[i], &result);
		assert_ptr_equal(result, left);
	}
	for (i = 0; i < 10; i++) {
		assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
		assert_int_equal(status, 0);
	}
}

static bool over;

static void *change_links(void *ns)
{
	const struct nsrig_link_spec spec = {.name = "now"};

	while (!__atomic_load_n(&over, __ATOMIC_RELAXED)) {
		if (nsrig_link_add(ns, "bridge", &spec) < 0 || nsrig_link_del(ns, "now") < 0)
			return NULL;
	}
	return ns;
}

#define MANY 80

/* A dump that the kernel marks as interrupted is repeated. */
static void lists_are_whole_while_links_change(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_addr *addrs;
	struct nsrig_link *links;
	pthread_t thread;
	void *result;
	size_t count;
	char name[16];
	int i;

	/* Enough links for a dump in several parts, between which something may change. */
	for (i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "br%d", i);
		nsrig_assert_ok(
			nsrig_link_add(left, "bridge", &(struct nsrig_link_spec){.name = name}));
	}
	assert_int_equal(pthread_create(&thread, NULL, change_links, left), 0);
	for (i = 0; i < 200; i++) {
		nsrig_assert_ok(nsrig_link_list(left, &links, &count));
		assert_true(count == MANY + 2 || count == MANY + 3);
		free(links);
		nsrig_assert_ok(nsrig_addr_list(left, "a0", &addrs, &count));
		assert_int_equal(count, 3);
		free(addrs);
	}
	__atomic_store_n(&over, true, __ATOMIC_RELAXED);
	pthread_join(thread, &result);
	assert_ptr_equal(result, left);
}

/* A dump reports its failure only at its end. */
static void failed_dump_is_told(void **state)
{
	struct nl_msg *msg = nlmsg_alloc_simple(RTM_GETRULE, NLM_F_DUMP);
	struct rtmsg rtm = {.rtm_family = AF_UNIX};

	assert_int_equal(nlmsg_append(msg, &rtm, sizeof(rtm), NLMSG_ALIGNTO), 0);
	nsrig_assert_error(nsrig_request(nsrig_host(*state, "left"), msg), -EAFNOSUPPORT);
	nlmsg_free(msg);
}

/* A request that the library has no function for. */
static void request_of_ones_own(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct rtnl_link *link = rtnl_link_alloc(), *change = rtnl_link_alloc();
	struct nl_msg *msg = NULL;

	rtnl_link_set_ifalias(change, "to the right");
	rtnl_link_set_ifindex(link, get(left, "a0").index);
	assert_int_equal(rtnl_link_build_change_request(link, change, 0, &msg), 0);
	nsrig_assert_ok(nsrig_request(left, msg));
	/* A request can be sent again, also by another handle's socket. */
	nsrig_assert_error(nsrig_request(nsrig_host(*state, "right"), msg), -ENODEV);
	assert_int_equal(get(nsrig_host(*state, "right"), "lo").index, 1);
	nsrig_assert_ok(nsrig_request(left, msg));
	nlmsg_free(msg);

	rtnl_link_set_ifindex(link, 4711);
	assert_int_equal(rtnl_link_build_change_request(link, change, 0, &msg), 0);
	nsrig_assert_error(nsrig_request(left, msg), -ENODEV);
	nlmsg_free(msg);
	rtnl_link_put(link);
	rtnl_link_put(change);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(veth_is_placed_as_specified, &two_hosts),
		nsrig_test(veth_may_stay_down, &two_hosts),
		nsrig_test(veth_in_one_namespace, &two_hosts),
		nsrig_test(bridge_takes_ports, &two_hosts),
		nsrig_test(up_and_down, &cable),
		nsrig_test(mtu_changes, &cable),
		nsrig_test(rename_keeps_the_link, &cable),
		nsrig_test(move_takes_it_to_the_other_namespace, &cable),
		nsrig_test(remove_takes_both_ends, &cable),
		nsrig_test(list_is_in_order, &cable),
		nsrig_test(addresses_come_and_go, &cable),
		nsrig_test(detection_of_duplicates_is_opt_in, &cable),
		nsrig_test(wait_for_an_address_that_never_comes, &cable),
		nsrig_test(wait_is_woken_by_the_change, &cable),
		nsrig_test(routes_come_and_go, &cable),
		nsrig_test(multipath_routes_are_written_whole, &cable),
		nsrig_test(ipv6_routes_come_and_go, &cable),
		nsrig_test(route_get_asks_the_kernel, &cable),
		nsrig_test(sysctls_are_the_namespaces_own, &cable),
		nsrig_test(long_sysctls_are_whole, &cable),
		nsrig_test(ping_is_patient_with_a_failed_neighbour, &cable),
		nsrig_test(one_handle_in_many_threads_and_children, &cable),
		nsrig_test(lists_are_whole_while_links_change, &cable),
		nsrig_test(failed_dump_is_told, &cable),
		nsrig_test(request_of_ones_own, &cable),
	};

	return nsrig_main(argc, argv, tests);
}
