// SPDX-License-Identifier: MIT
/*
 * Waits. They are woken by notifications, not by a clock: here the clock stands still, except for
 * state that has no notification.
 *
 *	left:a0 10.0.0.1/24 ====== right:b0 10.0.0.2/24
 */
#include "fixture/state/wait-private.h"

#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <netinet/in.h>
#include <nsrig.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH("left:a0 10.0.0.1/24", "right:b0 10.0.0.2/24")},
};

/* An hour: a wait that isn't woken makes the test time out. */
#define HOUR_MS 3600000

static int stop_clock(void **state)
{
	(void)state;
	nsrig_wait_again_ms = HOUR_MS;
	return 0;
}

static pid_t waiting_thread;

/* Waits until the test's thread sleeps in its wait, then makes the change. */
static void when_it_sleeps(void)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", waiting_thread);
	while (state != 'S') {
		poll(NULL, 0, 1);
		file = fopen(path, "re");
		if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		if (file)
			fclose(file);
	}
}

static void *bring_up(void *left)
{
	when_it_sleeps();
	return nsrig_link_up(left, "a0") == 0 ? left : NULL;
}

static void *add_addr(void *left)
{
	when_it_sleeps();
	return nsrig_addr_add(left, "a0", "10.0.0.77/24") == 0 ? left : NULL;
}

static void woken_by_a_link(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	pthread_t thread;
	void *result;

	waiting_thread = gettid();
	nsrig_assert_ok(nsrig_link_down(left, "a0"));
	assert_int_equal(pthread_create(&thread, NULL, bring_up, left), 0);
	nsrig_assert_ok(nsrig_wait_link(left, "a0", HOUR_MS));
	pthread_join(thread, &result);
	assert_ptr_equal(result, left);
}

static void woken_by_an_address(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	pthread_t thread;
	void *result;

	waiting_thread = gettid();
	assert_int_equal(pthread_create(&thread, NULL, add_addr, left), 0);
	nsrig_assert_ok(nsrig_wait_addr(left, "10.0.0.77", HOUR_MS));
	pthread_join(thread, &result);
	assert_ptr_equal(result, left);
}

/* An awaited state, and the change that causes it. */
struct change {
	enum nsrig_state_kind kind;
	const char *words;
	bool gone;
	const char *option; /* an option that the kernel may lack; NULL for none */
	int (*before)(struct nsrig_ns *ns);
	int (*change)(struct nsrig_ns *ns);
};

static int add_bridge(struct nsrig_ns *ns)
{
	const struct nsrig_link_spec bridge = {.name = "br0", .up = true};
	const struct nsrig_link_spec port = {.name = "p0", .master = "br0", .up = true};
	const struct nsrig_link_spec end = {.name = "q0", .up = true};
	int rc = nsrig_link_add(ns, "bridge", &bridge);

	return rc < 0 ? rc : nsrig_veth_add(ns, &port, ns, &end);
}

static int take_down(struct nsrig_ns *ns)
{
	return nsrig_link_down(ns, "a0");
}

static int take_up(struct nsrig_ns *ns)
{
	return nsrig_link_up(ns, "a0");
}

static int end_down(struct nsrig_ns *ns)
{
	return nsrig_link_down(ns, "q0");
}

static int end_up(struct nsrig_ns *ns)
{
	return nsrig_link_up(ns, "q0");
}

static int bridge_with_end_down(struct nsrig_ns *ns)
{
	int rc = add_bridge(ns);

	return rc < 0 ? rc : end_down(ns);
}

static int delete_link(struct nsrig_ns *ns)
{
	return nsrig_link_del(ns, "a0");
}

static int add_route(struct nsrig_ns *ns)
{
	return nsrig_route_add(ns, "10.9.0.0/16 via 10.0.0.2");
}

static int delete_route(struct nsrig_ns *ns)
{
	return nsrig_route_del(ns, "10.9.0.0/16");
}

static int add_route6(struct nsrig_ns *ns)
{
	return nsrig_route_add(ns, "2001:db8:9::/48 dev a0");
}

static int add_rule(struct nsrig_ns *ns)
{
	return nsrig_rule_add(ns, "from 10.9.0.0/16 lookup 100");
}

static int delete_rule(struct nsrig_ns *ns)
{
	return nsrig_rule_del(ns, "from 10.9.0.0/16 lookup 100");
}

static int add_address(struct nsrig_ns *ns)
{
	return nsrig_addr_add(ns, "a0", "10.0.0.9/24");
}

static int delete_address(struct nsrig_ns *ns)
{
	return nsrig_addr_del(ns, "a0", "10.0.0.1/24");
}

static int ping(struct nsrig_ns *ns)
{
	const struct nsrig_echo echo = {.dst = "10.0.0.2"};
	int rc = nsrig_enter(ns);

	if (rc < 0)
		return rc;
	rc = nsrig_ping(&echo);
	nsrig_leave();
	return rc;
}

static int add_neighbour(struct nsrig_ns *ns)
{
	return nsrig_neigh_add(ns, "10.0.0.7 lladdr 02:00:00:00:00:07 dev a0");
}

static int delete_neighbour(struct nsrig_ns *ns)
{
	return nsrig_neigh_del(ns, "10.0.0.7 dev a0");
}

static int add_entry(struct nsrig_ns *ns)
{
	return nsrig_fdb_add(ns, "02:00:00:00:00:07 dev p0 master br0");
}

static int bridge_with_entry(struct nsrig_ns *ns)
{
	int rc = add_bridge(ns);

	return rc < 0 ? rc : add_entry(ns);
}

static int delete_entry(struct nsrig_ns *ns)
{
	return nsrig_fdb_del(ns, "02:00:00:00:00:07 dev p0 master br0");
}

static const struct change changes[] = {
	{NSRIG_LINKS, "a0 down", false, NULL, NULL, take_down},
	{NSRIG_LINKS, "a0 up", false, NULL, take_down, take_up},
	{NSRIG_LINKS, "a0", true, NULL, NULL, delete_link},
	{NSRIG_LINKS, "p0 no-carrier", false, "CONFIG_BRIDGE", add_bridge, end_down},
	{NSRIG_LINKS, "p0 carrier", false, "CONFIG_BRIDGE", bridge_with_end_down, end_up},
	{NSRIG_ADDRS, "10.0.0.9 dev a0", false, NULL, NULL, add_address},
	{NSRIG_ADDRS, "10.0.0.1", true, NULL, NULL, delete_address},
	{NSRIG_ROUTES, "10.9.0.0/16 via 10.0.0.2", false, NULL, NULL, add_route},
	{NSRIG_ROUTES, "10.9.0.0/16", true, NULL, add_route, delete_route},
	{NSRIG_ROUTES, "2001:db8:9::/48", false, NULL, NULL, add_route6},
	{NSRIG_RULES, "from 10.9.0.0/16", false, "CONFIG_IP_MULTIPLE_TABLES", NULL, add_rule},
	{NSRIG_RULES, "from 10.9.0.0/16", true, "CONFIG_IP_MULTIPLE_TABLES", add_rule, delete_rule},
	{NSRIG_NEIGHBOURS, "10.0.0.2 REACHABLE", false, NULL, NULL, ping},
	{NSRIG_NEIGHBOURS, "10.0.0.7 PERMANENT", true, NULL, add_neighbour, delete_neighbour},
	{NSRIG_FDB, "02:00:00:00:00:07 dev p0", false, "CONFIG_BRIDGE", add_bridge, add_entry},
	{NSRIG_FDB, "02:00:00:00:00:07 dev p0", true, "CONFIG_BRIDGE", bridge_with_entry,
		delete_entry},
};

struct work {
	struct nsrig_ns *ns;
	int (*change)(struct nsrig_ns *ns);
	int rc;
};

static void *make_it_come(void *arg)
{
	struct work *work = arg;

	when_it_sleeps();
	work->rc = work->change(work->ns);
	return NULL;
}

/* False if the kernel lacks something. */
static bool woken_by(const struct change *change)
{
	struct work work = {.change = change->change};
	pthread_t thread;
	struct nsrig *rig;
	int rc;

	nsrig_assert_ok(nsrig_new(&rig));
	nsrig_assert_ok(nsrig_build(rig, &cable));
	work.ns = nsrig_host(rig, "left");
	rc = change->before ? change->before(work.ns) : 0;
	if (rc < 0 && change->option && (rc == -EOPNOTSUPP || rc == -EAFNOSUPPORT)) {
		nsrig_free(rig);
		return false;
	}
	nsrig_assert_ok(rc);
	waiting_thread = gettid();
	assert_int_equal(pthread_create(&thread, NULL, make_it_come, &work), 0);
	if (change->gone)
		nsrig_assert_ok(nsrig_wait_no_state(work.ns, change->kind, change->words, HOUR_MS));
	else
		nsrig_assert_ok(nsrig_wait_state(work.ns, change->kind, change->words, HOUR_MS));
	pthread_join(thread, NULL);
	assert_int_equal(work.rc, 0);
	nsrig_free(rig);
	return true;
}

static void woken_by_changes(void **state)
{
	const char *lacks = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(changes); i++) {
		if (!woken_by(&changes[i]))
			lacks = changes[i].option;
	}
	if (lacks)
		nsrig_skip("needs %s", lacks);
}

static int listen_socket = -1;

static int start_listening(struct nsrig_ns *ns)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};

	listen_socket = nsrig_socket(ns, AF_INET, SOCK_STREAM, 0);
	if (bind(listen_socket, (struct sockaddr *)&in, sizeof(in)) < 0 ||
		listen(listen_socket, 1) < 0)
		return -errno;
	return 0;
}

static int stop_listening(struct nsrig_ns *ns)
{
	(void)ns;
	return close(listen_socket);
}

/* The kernel sends no notification, so the library has to poll. */
static void listening_sockets_are_asked_for(void **state)
{
	struct work work = {.ns = nsrig_host(*state, "left"), .change = start_listening};
	pthread_t thread;
	char *text;

	if (nsrig_state(work.ns, NSRIG_LISTENERS, &text) == -ENOENT)
		nsrig_skip("needs CONFIG_INET_DIAG");
	free(text);
	waiting_thread = gettid();
	assert_int_equal(pthread_create(&thread, NULL, make_it_come, &work), 0);
	nsrig_assert_ok(nsrig_wait_listener(work.ns, "tcp *:80", HOUR_MS));
	pthread_join(thread, NULL);
	assert_int_equal(work.rc, 0);
	work.change = stop_listening;
	assert_int_equal(pthread_create(&thread, NULL, make_it_come, &work), 0);
	nsrig_assert_ok(nsrig_wait_no_listener(work.ns, "tcp *:80", HOUR_MS));
	pthread_join(thread, NULL);
}

static int set_sysctl(struct nsrig_ns *ns)
{
	return nsrig_sysctl_set(ns, "net.ipv4.ip_local_port_range", "2000 3000");
}

static void sysctls_are_asked_for(void **state)
{
	struct work work = {.ns = nsrig_host(*state, "left"), .change = set_sysctl};
	pthread_t thread;

	waiting_thread = gettid();
	assert_int_equal(pthread_create(&thread, NULL, make_it_come, &work), 0);
	nsrig_assert_ok(
		nsrig_wait_sysctl(work.ns, "net.ipv4.ip_local_port_range", "2000 3000", HOUR_MS));
	pthread_join(thread, NULL);
	assert_int_equal(work.rc, 0);
}

static void time_outs_tell_what_was_seen(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_assert_ok(nsrig_route_add(left, "10.9.0.0/16 via 10.0.0.2"));
	refused(nsrig_wait_route(left, "10.9.0.0/16 via 10.0.0.3", 1), -ETIMEDOUT,
		"route \"10.9.0.0/16 via 10.0.0.3\" in \"left\" was not there after 1 ms; last "
		"seen: ");
	refused(nsrig_wait_route(left, "10.9.0.0/16 via 10.0.0.3", 0), -ETIMEDOUT,
		"; closest match: 10.9.0.0/16 via 10.0.0.2 dev a0 proto boot");
	refused(nsrig_wait_no_route(left, "10.9.0.0/16", 1), -ETIMEDOUT,
		"the end of route \"10.9.0.0/16\" in \"left\" had not come after 1 ms; last seen: "
		"10.9.0.0/16 via 10.0.0.2 dev a0 proto boot");
	refused(nsrig_wait_neighbour(left, "10.0.0.2", 0), -ETIMEDOUT, "last seen: none at all");
	refused(nsrig_wait_sysctl(left, "net.ipv4.ip_forward", "1", 1), -ETIMEDOUT,
		"sysctl net.ipv4.ip_forward = 1 in \"left\" was not so after 1 ms; last seen: 0");
	refused(nsrig_wait_sysctl(left, "net.ipv4.conf.a7.forwarding", "1", 1), -ETIMEDOUT,
		"last seen: none at all");
	refused(nsrig_wait_link(nsrig_host(*state, "right"), "b7", 1), -ENODEV, "b7");
	refused(nsrig_wait_port(nsrig_host(*state, "right"), "b7", 1), -ENODEV, "b7");
}

static void waits_that_are_none(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	refused(nsrig_wait_route(left, "10.9.0.0/16 by 10.0.0.3", 1), -EINVAL,
		"\"by\" is not understood");
	refused(nsrig_wait_route(left, "10.9.0.0/16", -1), -EINVAL,
		"a negative time limit (-1 ms)");
	refused(nsrig_wait_state(left, NSRIG_STATE_KINDS, "a", 1), -EINVAL, "not a kind");
	refused(nsrig_wait_sysctl(left, "net.ipv4.ip_forward", NULL, 1), -EINVAL, "no value");
	refused(nsrig_wait_sysctl(left, NULL, "1", 1), -EINVAL, "no sysctl");
	nsrig_assert_error(nsrig_wait_link_is(NULL, "a0", 1), -EINVAL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(woken_by_a_link, &cable, .setup = stop_clock),
		nsrig_test(woken_by_an_address, &cable, .setup = stop_clock),
		nsrig_test(woken_by_changes, .setup = stop_clock),
		nsrig_test(listening_sockets_are_asked_for, &cable),
		nsrig_test(sysctls_are_asked_for, &cable),
		nsrig_test(time_outs_tell_what_was_seen, &cable),
		nsrig_test(waits_that_are_none, &cable),
	};

	return nsrig_main(argc, argv, tests);
}
