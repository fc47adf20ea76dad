// SPDX-License-Identifier: MIT
/*
 * A network that changes while it runs: links and hosts are added and removed, cables are unplugged
 * and plugged in, packets are delayed and lost.
 *
 *	a eth0 10.0.1.1/24 ======= r0 10.0.1.254/24 r
 *	       2001:db8:1::1/64       2001:db8:1::fe/64
 *	                           r1 10.0.2.254/24 ========= eth0 10.0.2.1/24 b
 *	                              2001:db8:2::fe/64            2001:db8:2::1/64
 *	                           br0 (r2) ================= eth0 c
 */
#include "fixture/ns/ns-private.h"

#include "suites/lib/count.h"

#include <errno.h>
#include <nsrig.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

static const struct nsrig_topo network = {
	.hosts = {"r forwarding", "a"},
	.links =
		{
			NSRIG_VETH("a:eth0 10.0.1.1/24 2001:db8:1::1/64",
				"r:r0 10.0.1.254/24 2001:db8:1::fe/64"),
			NSRIG_VETH("r:r1 10.0.2.254/24 2001:db8:2::fe/64",
				"b:eth0 10.0.2.1/24 2001:db8:2::1/64"),
			NSRIG_LINK("bridge", "r:br0 10.0.3.254/24"),
			NSRIG_VETH("r:r2 master br0", "c:eth0 10.0.3.1/24"),
		},
	.routes =
		{
			"a default via 10.0.1.254",
			"a default via 2001:db8:1::fe",
			"b default via 10.0.2.254",
			"b default via 2001:db8:2::fe",
		},
};

static void assert_reaches(struct nsrig *rig, const char *host, const char *dst)
{
	nsrig_in(nsrig_host(rig, host))
		nsrig_assert_ping(dst);
}

static void assert_all_works(struct nsrig *rig)
{
	assert_reaches(rig, "a", "10.0.2.1");
	assert_reaches(rig, "a", "2001:db8:2::1");
	assert_reaches(rig, "b", "10.0.1.1");
	assert_reaches(rig, "b", "2001:db8:1::1");
	assert_reaches(rig, "c", "10.0.3.254");
}

/* ---- adding ---------------------------------------------------------------------------------- */

static void links_and_hosts_are_added(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_add(rig, "host d forwarding\n"
				       "veth r:r3 master br0 -- d:eth0 10.0.3.2/24\n"
				       "veth d:eth1 10.0.4.254/24 -- e:eth0 10.0.4.1/24\n"
				       "route e default via 10.0.4.254\n"
				       "route c 10.0.4.0/24 via 10.0.3.2\n"));
	assert_reaches(rig, "d", "10.0.3.1");
	assert_reaches(rig, "c", "10.0.4.1");
	assert_all_works(rig);
}

/* A link that the test itself has taken down isn't waited for, and stays down. */
static void what_the_test_took_down_stays_down(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_link_down(nsrig_host(rig, "r"), "r2"));
	nsrig_assert_ok(nsrig_link_down(nsrig_host(rig, "r"), "r1"));
	nsrig_assert_ok(nsrig_add(rig, "veth r:r3 10.0.4.1/24 -- d:eth0 10.0.4.2/24"));
	assert_reaches(rig, "d", "10.0.4.1");
	nsrig_assert_ok(nsrig_unplug(rig, "a:eth0"));
	nsrig_assert_ok(nsrig_plug(rig, "a:eth0"));
	assert_reaches(rig, "a", "10.0.1.254");
	nsrig_assert_link(nsrig_host(rig, "r"), "r1 down");
	nsrig_assert_link(nsrig_host(rig, "r"), "r2 down");
}

/* The ports of a bridge that the test has taken down have no carrier, and aren't waited for. */
static void a_port_of_a_bridge_that_is_down_is_not_waited_for(void **state)
{
	struct nsrig *rig = *state;
	struct timespec before, after;

	nsrig_assert_ok(nsrig_link_down(nsrig_host(rig, "r"), "br0"));
	clock_gettime(CLOCK_MONOTONIC, &before);
	nsrig_assert_ok(nsrig_add(rig, "veth r:r3 master br0 -- d:eth0 10.0.3.2/24"));
	clock_gettime(CLOCK_MONOTONIC, &after);
	assert_true(after.tv_sec - before.tv_sec < 5);
	nsrig_assert_ok(nsrig_link_up(nsrig_host(rig, "r"), "br0"));
	assert_reaches(rig, "d", "10.0.3.1");
}

/* A bridge without a port has no carrier. Its first port gives it one, which is waited for. */
static void a_port_gives_an_older_bridge_its_carrier(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_add(rig, "bridge r:br9 10.0.9.254/24 2001:db8:9::fe/64"));
	nsrig_assert_link(nsrig_host(rig, "r"), "br9 up no-carrier");
	nsrig_assert_ok(
		nsrig_add(rig, "veth r:r9 master br9 -- d:eth0 10.0.9.1/24 2001:db8:9::1/64"));
	nsrig_assert_link(nsrig_host(rig, "r"), "br9 up carrier");
	assert_reaches(rig, "d", "10.0.9.254");
	assert_reaches(rig, "d", "2001:db8:9::fe");
}

/*  a --- r1 --- r2 --- b, and then a shorter way from b to r1, and c behind it  */
static const struct nsrig_topo chain = {.shape = "chain 2"};

#define SHORTER                                                                                    \
	"veth r1:short 10.9.0.1/24 -- b:short 10.9.0.2/24\n"                                       \
	"host c\n"                                                                                 \
	"veth r2:c 10.8.0.1/24 2001:db8:8::1/64 -- c:eth0 10.8.0.2/24 2001:db8:8::2/64\n"          \
	"routing\n"

static void routes_are_computed_again(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *b = nsrig_host(rig, "b");

	nsrig_assert_route(b, "default via 10.0.2.1 dev eth0");
	nsrig_assert_ok(nsrig_add(rig, SHORTER));
	nsrig_assert_route(b, "default via 10.9.0.1 dev short");
	nsrig_assert_no_route(b, "default via 10.0.2.1");
	assert_reaches(rig, "c", "10.0.0.1");
	assert_reaches(rig, "c", "2001:db8::1");
	assert_reaches(rig, "a", "10.9.0.2");
	assert_reaches(rig, "b", "10.8.0.2");
	/* A cable that is plugged in again gets the routes that were computed last. */
	nsrig_assert_ok(nsrig_unplug(rig, "r1:short"));
	nsrig_assert_ok(nsrig_plug(rig, "r1:short"));
	nsrig_assert_route(b, "default via 10.9.0.1 dev short");
	nsrig_assert_ok(nsrig_add(rig, "routing"));
	nsrig_assert_route(b, "default via 10.9.0.1 dev short");
}

static void routes_are_as_they_were(void **state)
{
	static const char *const hosts[] = {"a", "r1", "r2", "b"};
	struct nsrig_snapshot *before[4];
	struct nsrig *rig = *state;
	int i;

	for (i = 0; i < 4; i++)
		before[i] = nsrig_snapshot(nsrig_host(rig, hosts[i]));
	refused(nsrig_add(rig, SHORTER "route a 10.66.0.0/24 via 10.0.0.2\n"
				       "route a 10.66.0.0/24 via 10.0.0.2\n"),
		-EEXIST, "line 6, column 9");
	for (i = 0; i < 4; i++) {
		nsrig_assert_unchanged(nsrig_host(rig, hosts[i]), before[i]);
		nsrig_snapshot_free(before[i]);
	}
}

/* After routes were computed again, to the same and to another next hop. */
static void what_follows_the_routes_is_added(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *a = nsrig_host(rig, "a");

	nsrig_assert_ok(nsrig_add(rig, "routing"));
	nsrig_assert_ok(nsrig_add(rig, "route a 10.66.0.0/24 via 10.0.0.2\nrouting"));
	nsrig_assert_route(a, "10.66.0.0/24 via 10.0.0.2");
	nsrig_assert_ok(nsrig_add(rig, SHORTER));
	nsrig_assert_ok(nsrig_add(rig, "route a 10.77.0.0/24 via 10.0.0.2\nrouting"));
	nsrig_assert_route(a, "10.77.0.0/24 via 10.0.0.2");
	refused(nsrig_add(rig, "route a 10.88.0.0/24 via 10.0.0.2\nrouting\n"
			       "route nobody 10.99.0.0/24 via 10.0.0.2"),
		-EINVAL, "no host \"nobody\"");
	nsrig_assert_no_route(a, "10.88.0.0/24 via 10.0.0.2");
}

/* A build that fails leaves the routes of a cable that is unplugged to whoever plugs it in. */
static void routes_come_back_after_a_failure(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *b = nsrig_host(rig, "b");

	/* b's end goes down, and the kernel removes b's routes. */
	nsrig_assert_ok(nsrig_unplug(rig, "r2:eth1"));
	nsrig_assert_no_route(b, "default via 10.0.2.1");
	/* Another default route takes its place, and then a route by that end can't be added. */
	refused(nsrig_add(rig, SHORTER), -ENETUNREACH, "line 4, column 1: adding route");
	nsrig_assert_ok(nsrig_plug(rig, "r2:eth1"));
	nsrig_assert_route(b, "default via 10.0.2.1 dev eth0");
}

/* A link that is removed takes its routes along, also for the model. */
static void routes_go_with_their_link(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *a = nsrig_host(rig, "a");
	char link[128];
	int i;

	for (i = 3; i < 9; i++) {
		nsrig_assert_ok(nsrig_remove(rig, "a:eth0"));
		snprintf(link, sizeof(link),
			"veth a:eth0 10.0.%d.1/24 -- r1:a%d 10.0.%d.2/24\nrouting", 10 + i, i,
			10 + i);
		nsrig_assert_ok(nsrig_add(rig, link));
		snprintf(link, sizeof(link), "default via 10.0.%d.2 dev eth0", 10 + i);
		nsrig_assert_route(a, link);
		nsrig_assert_ok(nsrig_add(rig, "routing"));
		nsrig_assert_ok(nsrig_unplug(rig, "a:eth0"));
		nsrig_assert_ok(nsrig_plug(rig, "a:eth0"));
		nsrig_assert_route(a, link);
	}
}

/* ---- removing -------------------------------------------------------------------------------- */

static void links_are_removed(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_link link;

	nsrig_assert_ok(nsrig_remove(rig, "r:r0"));
	nsrig_assert_error(nsrig_link_get(nsrig_host(rig, "r"), "r0", &link), -ENODEV);
	nsrig_assert_error(nsrig_link_get(nsrig_host(rig, "a"), "eth0", &link), -ENODEV);
	nsrig_in(nsrig_host(rig, "a"))
		nsrig_assert_no_ping("10.0.1.254");
	refused(nsrig_remove(rig, "r:r0"), -ENODEV, "no link \"r0\" was declared on host \"r\"");
	refused(nsrig_remove(rig, "a:eth0"), -ENODEV, "\"eth0\"");

	/* The names can be used again, and so can the addresses. */
	nsrig_assert_ok(nsrig_add(rig, "veth a:eth0 10.0.1.1/24 2001:db8:1::1/64 "
				       "-- r:r0 10.0.1.254/24 2001:db8:1::fe/64\n"
				       "route a default via 10.0.1.254\n"
				       "route a default via 2001:db8:1::fe\n"));
	assert_all_works(rig);
}

/* Removing a link that the test has already deleted succeeds. */
static void links_that_are_gone_are_removed(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_link_del(nsrig_host(rig, "a"), "eth0"));
	nsrig_assert_ok(nsrig_remove(rig, "a:eth0"));
	nsrig_assert_ok(nsrig_add(rig, "veth r:r0 10.0.1.254/24 -- a:eth0 10.0.1.1/24"));
	assert_reaches(rig, "a", "10.0.1.254");
}

/*
 * A renamed link is removed under its new name; a link that took its old name belongs to the test,
 * and stays.
 */
static void links_that_have_another_name_are_removed(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *a = nsrig_host(rig, "a");

	nsrig_assert_ok(nsrig_link_down(a, "eth0"));
	nsrig_assert_ok(nsrig_link_rename(a, "eth0", "wan0"));
	nsrig_assert_ok(nsrig_link_add(a, "bridge", &(struct nsrig_link_spec){.name = "eth0"}));
	nsrig_assert_ok(nsrig_remove(rig, "a:eth0"));
	nsrig_assert_no_link(a, "wan0");
	nsrig_assert_no_link(nsrig_host(rig, "r"), "r0");
	nsrig_assert_link(a, "eth0");

	/* Kernels before 6.2 don't rename a link that is up. */
	nsrig_assert_ok(nsrig_link_down(nsrig_host(rig, "c"), "eth0"));
	nsrig_assert_ok(nsrig_link_rename(nsrig_host(rig, "c"), "eth0", "lan0"));
	nsrig_assert_ok(nsrig_remove_host(rig, "r"));
	nsrig_assert_no_link(nsrig_host(rig, "c"), "lan0");
}

static void what_is_on_top_of_a_link_goes_with_it(void **state)
{
	struct nsrig *rig = *state;
	int rc = nsrig_add(rig, "macvlan a:top link eth0 10.0.5.1/24\n"
				"macvlan d:far link a:eth0 10.0.5.2/24\n"
				"macvlan e:farther link d:far 10.0.5.3/24\n");

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	nsrig_assert_ok(nsrig_remove(rig, "a:eth0"));
	nsrig_assert_no_link(nsrig_host(rig, "a"), "top");
	nsrig_assert_no_link(nsrig_host(rig, "d"), "far");
	nsrig_assert_no_link(nsrig_host(rig, "e"), "farther");
	nsrig_assert_ok(nsrig_add(rig, "veth a:top 10.0.5.1/24 -- d:far 10.0.5.2/24\n"
				       "veth a:eth0 10.0.1.1/24 -- e:farther 10.0.1.2/24\n"));
	assert_reaches(rig, "a", "10.0.5.2");
	assert_reaches(rig, "a", "10.0.1.2");
}

static void hosts_are_removed(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_remove_host(rig, "r"));
	/* At once, not when the kernel gets around to it. */
	nsrig_assert_no_link(nsrig_host(rig, "a"), "eth0");
	nsrig_assert_no_link(nsrig_host(rig, "b"), "eth0");
	nsrig_assert_no_link(nsrig_host(rig, "c"), "eth0");
	assert_null(nsrig_find_host(rig, "r"));
	refused(nsrig_remove_host(rig, "r"), -ENOENT, "no host \"r\" in this rig");
	refused(nsrig_impair(rig, "r:r0", ""), -ENOENT, "no host \"r\" in this rig");

	nsrig_assert_ok(nsrig_add(rig, "host r\n"
				       "veth r:r0 10.0.1.254/24 -- a:eth0 10.0.1.1/24\n"));
	assert_reaches(rig, "a", "10.0.1.254");
	nsrig_assert_sysctl(nsrig_host(rig, "r"), "net.ipv4.ip_forward", "0");
}

static void what_is_on_top_of_a_hosts_links_goes_with_it(void **state)
{
	struct nsrig *rig = *state;
	int rc = nsrig_add(rig, "macvlan d:far link a:eth0\n"
				"macvlan e:farther link d:far\n");

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	nsrig_assert_ok(nsrig_remove_host(rig, "a"));
	nsrig_assert_no_link(nsrig_host(rig, "d"), "far");
	nsrig_assert_no_link(nsrig_host(rig, "e"), "farther");
	nsrig_assert_ok(nsrig_add(rig, "veth d:far 10.0.5.1/24 -- e:farther 10.0.5.2/24"));
	assert_reaches(rig, "d", "10.0.5.2");
}

/* The link below accepts each MAC address only once, so the first link has to be gone. */
static void what_is_on_top_of_others_goes_with_its_host(void **state)
{
	static const char far[] = "macvlan d:far link a:eth0 10.0.1.7/24";
	struct nsrig *rig = *state;
	int i, rc = nsrig_add(rig, far);

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	for (i = 0; i < 5; i++) {
		nsrig_assert_ok(nsrig_remove_host(rig, "d"));
		nsrig_assert_ok(nsrig_add(rig, far));
		assert_reaches(rig, "d", "10.0.1.254");
		nsrig_assert_ok(nsrig_remove_host(rig, "d"));
		/* The same for a host that is removed completely. */
		refused(nsrig_add(rig, "macvlan d:far link a:eth0 10.0.1.7/24\n"
				       "route d 10.9.0.0/16 via 10.0.1.254\n"
				       "route d 10.9.0.0/16 via 10.0.1.254\n"),
			-EEXIST, "line 3");
		nsrig_assert_ok(nsrig_add(rig, far));
	}
}

/* For the kernel it is on top of the lowest link. */
static void a_macvlan_on_a_macvlan_goes_with_it(void **state)
{
	struct nsrig *rig = *state;
	int rc = nsrig_add(rig, "macvlan d:far link a:eth0\n"
				"macvlan e:farther link d:far\n"
				"macvlan f:farthest link e:farther\n");

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	nsrig_assert_ok(nsrig_remove(rig, "e:farther"));
	nsrig_assert_no_link(nsrig_host(rig, "f"), "farthest");
	nsrig_assert_ok(nsrig_add(rig, "macvlan e:farther link d:far"));
	nsrig_assert_ok(nsrig_remove_host(rig, "d"));
	nsrig_assert_no_link(nsrig_host(rig, "e"), "farther");
	nsrig_assert_ok(nsrig_add(rig, "veth a:e 10.0.5.1/24 -- e:farther 10.0.5.2/24"));
	assert_reaches(rig, "a", "10.0.5.2");
}

/* ---- failures half way ----------------------------------------------------------------------- */

/* Until the descriptor is put back, no request reaches the host of this handle. */
static int lose(struct nsrig_ns *ns)
{
	int fd = ns->fd;

	ns->fd = -1;
	return fd;
}

static void a_host_that_keeps_a_cable_stays(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *r = nsrig_host(rig, "r"), *c = nsrig_host(rig, "c");
	int fd = lose(c);

	refused(nsrig_remove_host(rig, "r"), -EBADF,
		"host \"r\" was removed only in part (links that are gone: 2): ");
	c->fd = fd;
	assert_ptr_equal(nsrig_find_host(rig, "r"), r);
	nsrig_assert_no_link(nsrig_host(rig, "a"), "eth0");
	nsrig_assert_no_link(nsrig_host(rig, "b"), "eth0");
	nsrig_assert_no_link(r, "r0");
	/* The remaining links are complete, and the rig knows them. */
	assert_reaches(rig, "c", "10.0.3.254");
	nsrig_assert_ok(nsrig_add(rig, "veth a:eth0 10.0.1.1/24 -- r:r0 10.0.1.254/24"));
	assert_reaches(rig, "a", "10.0.1.254");
	nsrig_assert_ok(nsrig_remove(rig, "r:br0"));
	nsrig_assert_no_link(r, "br0");
	nsrig_assert_ok(nsrig_remove_host(rig, "r"));
	nsrig_assert_no_link(nsrig_host(rig, "a"), "eth0");
	nsrig_assert_no_link(c, "eth0");
	assert_null(nsrig_find_host(rig, "r"));
}

static void a_host_that_keeps_its_first_cable_is_as_it_was(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *a = nsrig_host(rig, "a");
	int fd = lose(a);

	nsrig_assert_error(nsrig_remove_host(rig, "r"), -EBADF);
	assert_null(strstr(nsrig_error(), "in part"));
	a->fd = fd;
	assert_all_works(rig);
}

static void what_can_not_go_with_its_link_stays(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *e;
	int fd, rc = nsrig_add(rig, "macvlan d:far link a:eth0 10.0.5.1/24\n"
				    "macvlan e:farther link d:far 10.0.5.2/24\n");

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	e = nsrig_host(rig, "e");
	fd = lose(e);
	refused(nsrig_remove(rig, "d:far"), -EBADF,
		"link \"d:far\" was removed only in part (links that are gone: 1): ");
	e->fd = fd;
	nsrig_assert_no_link(nsrig_host(rig, "d"), "far");
	nsrig_assert_error(nsrig_remove(rig, "d:far"), -ENODEV);
	nsrig_assert_link(e, "farther");
	nsrig_assert_ok(nsrig_remove(rig, "e:farther"));
	nsrig_assert_no_link(e, "farther");
}

static void a_tun_goes_with_its_descriptor(void **state)
{
	struct nsrig *rig = *state;
	int descriptors = count_descriptors(), rc;

	rc = nsrig_add(rig, "tun a:t0 10.0.6.1/24\ntap b:t1\ntap c:t2");
	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	assert_int_equal(count_descriptors(), descriptors + 3);
	nsrig_assert_ok(nsrig_remove(rig, "a:t0"));
	assert_int_equal(count_descriptors(), descriptors + 2);
	nsrig_assert_error(nsrig_tun_fd(rig, "a:t0"), -ENODEV);
	assert_true(nsrig_tun_fd(rig, "b:t1") >= 0);
	nsrig_assert_ok(nsrig_remove_host(rig, "b"));
	nsrig_assert_error(nsrig_tun_fd(rig, "b:t1"), -ENOENT);
	assert_true(nsrig_tun_fd(rig, "c:t2") >= 0);
	refused(nsrig_tun_fd(rig, "c:eth0"), -EINVAL,
		"\"c:eth0\" is a veth (expected a tun or tap)");
}

/* ---- cables ---------------------------------------------------------------------------------- */

/* The same without the bridge, and with more state to restore when a cable is plugged in again. */
static const struct nsrig_topo routed = {
	.hosts = {"r forwarding", "a"},
	.links =
		{
			NSRIG_VETH("a:eth0 10.0.1.1/24 2001:db8:1::1/64",
				"r:r0 10.0.1.254/24 2001:db8:1::fe/64"),
			NSRIG_VETH("r:r1 10.0.2.254/24 2001:db8:2::fe/64",
				"b:eth0 10.0.2.1/24 2001:db8:2::1/64"),
		},
	.routes = {"a default via 10.0.1.254", "a default via 2001:db8:1::fe",
		"b default via 10.0.2.254", "b default via 2001:db8:2::fe",
		"r 10.9.0.0/16 via 10.0.1.1", "r 2001:db8:9::/48 via 2001:db8:1::1"},
	.neighbours = {"r 10.0.1.77 lladdr 02:00:00:00:00:77 dev r0"},
};

static void a_cable_is_pulled_and_put_in_again(void **state)
{
	struct nsrig_snapshot *before = nsrig_snapshot(nsrig_host(*state, "r"));
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_unplug(rig, "a:eth0"));
	nsrig_assert_link(nsrig_host(rig, "a"), "eth0 up no-carrier");
	nsrig_assert_route(nsrig_host(rig, "a"), "default via 10.0.1.254");
	nsrig_in(nsrig_host(rig, "a"))
		nsrig_assert_no_ping("10.0.2.1");
	assert_reaches(rig, "b", "10.0.2.254");

	nsrig_assert_ok(nsrig_plug(rig, "a:eth0"));
	assert_reaches(rig, "a", "10.0.2.1");
	assert_reaches(rig, "a", "2001:db8:2::1");
	assert_reaches(rig, "b", "2001:db8:1::1");
	/* Addresses, routes and neighbours of the other end are restored, IPv6's too. */
	nsrig_assert_unchanged(nsrig_host(rig, "r"), before);
	nsrig_snapshot_free(before);
}

static void a_cable_leaves_sysctls_as_they_were(void **state)
{
	static const char key[] = "net.ipv6.conf.r0.keep_addr_on_down";
	struct nsrig_ns *r = nsrig_host(*state, "r");

	nsrig_assert_ok(nsrig_sysctl_set(r, key, "1"));
	nsrig_assert_ok(nsrig_plug(*state, "a:eth0"));
	nsrig_assert_sysctl(r, key, "1");
	nsrig_assert_ok(nsrig_sysctl_set(r, key, "-1"));
	nsrig_assert_ok(nsrig_unplug(*state, "a:eth0"));
	nsrig_assert_ok(nsrig_unplug(*state, "a:eth0"));
	nsrig_assert_ok(nsrig_plug(*state, "a:eth0"));
	nsrig_assert_sysctl(r, key, "-1");
	assert_all_works(*state);
}

/*
 * A VLAN goes down with the link below it, and would not get its routes and IPv6 addresses back by
 * itself.
 */
static void what_is_on_top_of_a_cable_comes_back_with_it(void **state)
{
	struct nsrig_snapshot *before_a, *before_d;
	struct nsrig *rig = *state;
	int rc = nsrig_add(rig, "vlan r:v link r0 id 5 10.0.5.254/24 2001:db8:5::fe/64\n"
				"vlan a:v link eth0 id 5 10.0.5.1/24 2001:db8:5::1/64\n"
				"vlan d:w link a:eth0 id 6 10.0.6.1/24 2001:db8:6::1/64\n"
				"route a 10.5.0.0/16 via 10.0.5.254\n"
				"route d 2001:db8:66::/48 dev w\n"
				"route d 10.66.0.0/16 dev w\n");

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
	before_a = nsrig_snapshot(nsrig_host(rig, "a"));
	before_d = nsrig_snapshot(nsrig_host(rig, "d"));
	nsrig_assert_ok(nsrig_unplug(rig, "r:r0"));
	nsrig_assert_no_route(nsrig_host(rig, "a"), "10.5.0.0/16 via 10.0.5.254");
	nsrig_assert_ok(nsrig_plug(rig, "r:r0"));
	assert_reaches(rig, "a", "2001:db8:5::fe");
	nsrig_assert_unchanged(nsrig_host(rig, "a"), before_a);
	nsrig_assert_unchanged(nsrig_host(rig, "d"), before_d);
	nsrig_snapshot_free(before_a);
	nsrig_snapshot_free(before_d);
}

/* For a port of a bridge, the other end is unplugged. */
static void a_cable_is_pulled_out_of_a_port(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_unplug(rig, "r:r2"));
	nsrig_assert_link(nsrig_host(rig, "r"), "r2 up no-carrier");
	nsrig_assert_ok(nsrig_plug(rig, "r:r2"));
	assert_all_works(rig);
	nsrig_assert_ok(nsrig_unplug(rig, "c:eth0"));
	nsrig_assert_link(nsrig_host(rig, "c"), "eth0 up no-carrier");
	nsrig_assert_link(nsrig_host(rig, "r"), "br0 up no-carrier");
	nsrig_assert_ok(nsrig_plug(rig, "c:eth0"));
	nsrig_assert_link(nsrig_host(rig, "r"), "br0 up carrier");
	assert_all_works(rig);
}

static void both_ends_of_a_cable_are_pulled(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_unplug(rig, "a:eth0"));
	nsrig_assert_ok(nsrig_unplug(rig, "r:r0"));
	nsrig_assert_ok(nsrig_plug(rig, "a:eth0"));
	nsrig_assert_link(nsrig_host(rig, "r"), "r0 up no-carrier");
	nsrig_assert_ok(nsrig_plug(rig, "r:r0"));
	assert_all_works(rig);
	/* It is already plugged in. */
	nsrig_assert_ok(nsrig_plug(rig, "r:r0"));
	assert_all_works(rig);
}

static void ends_that_have_no_cable(void **state)
{
	struct nsrig *rig = *state;

	refused(nsrig_unplug(rig, "r:br0"), -EINVAL, "\"r:br0\" is a bridge (expected a veth)");
	refused(nsrig_plug(rig, "r:br0"), -EINVAL, "\"r:br0\" is a bridge (expected a veth)");
	refused(nsrig_unplug(rig, "r:r7"), -ENODEV, "no link \"r7\" was declared on host \"r\"");
	refused(nsrig_plug(rig, "q:eth0"), -ENOENT, "no host \"q\" in this rig");
	refused(nsrig_unplug(rig, "eth0"), -EINVAL, "expected HOST:LINK");
	refused(nsrig_plug(rig, NULL), -EINVAL, "expected HOST:LINK");
	refused(nsrig_unplug(NULL, "a:eth0"), -EINVAL, "");
	refused(nsrig_remove(rig, "eth0"), -EINVAL, "expected HOST:LINK");
	refused(nsrig_remove(rig, "q:eth0"), -ENOENT, "no host \"q\" in this rig");
	refused(nsrig_remove_host(rig, "q"), -ENOENT, "no host \"q\" in this rig");
	refused(nsrig_remove_host(rig, NULL), -EINVAL, "no name");
	refused(nsrig_remove_host(NULL, "a"), -EINVAL, "no rig");
	refused(nsrig_add(rig, NULL), -EINVAL, "nothing to be added");
	assert_all_works(rig);
}

/* ---- changes by the test itself -------------------------------------------------------------- */

static void hosts_change_what_they_have(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a"), *r = nsrig_host(*state, "r");
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_link_down(a, "eth0"));
	nsrig_in(nsrig_host(rig, "b"))
		nsrig_assert_no_ping("10.0.1.1");
	nsrig_assert_ok(nsrig_link_up(a, "eth0"));
	nsrig_assert_ok(nsrig_wait_link(a, "eth0", NSRIG_WAIT_MS));
	assert_reaches(rig, "a", "10.0.1.254");
	/* Its routes were deleted with it; the test has to add them again. */
	nsrig_assert_ok(nsrig_route_add(a, "default via 10.0.1.254"));
	assert_reaches(rig, "a", "10.0.2.1");
	nsrig_assert_ok(nsrig_addr_add(a, "eth0", "10.0.1.9/24"));
	assert_reaches(rig, "r", "10.0.1.9");
	nsrig_assert_ok(nsrig_addr_del(a, "eth0", "10.0.1.9/24"));
	nsrig_assert_ok(nsrig_neigh_add(r, "10.0.1.78 lladdr 02:00:00:00:00:78 dev r0"));
	nsrig_assert_ok(nsrig_route_del(a, "default via 10.0.1.254"));
	nsrig_in(a)
		nsrig_assert_no_ping("10.0.2.1");
}

/* ---- impairments ----------------------------------------------------------------------------- */

static void needs_impairment(struct nsrig *rig, const char *end, const char *words)
{
	int rc = nsrig_impair(rig, end, words);

	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	nsrig_assert_ok(rc);
}

static double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

/* The shortest of several round-trip times, in milliseconds. */
static double quickest(struct nsrig *rig, const char *host, const char *dst)
{
	struct nsrig_echo echo = {.dst = dst};
	double best = 1e9, begin, took;
	int i, rc = -1;

	for (i = 0; i < 5; i++) {
		begin = now_ms();
		nsrig_in(nsrig_host(rig, host))
			rc = nsrig_ping(&echo);
		took = now_ms() - begin;
		nsrig_assert_ok(rc);
		best = took < best ? took : best;
	}
	return best;
}

static void delay_holds_packets_up(void **state)
{
	struct nsrig *rig = *state;
	double plain = quickest(rig, "a", "10.0.1.254"), held;

	needs_impairment(rig, "a:eth0", "delay 100ms");
	held = quickest(rig, "a", "10.0.1.254");
	if (held < 99 || held < 2 * plain)
		nsrig_fail("%.1f ms with a delay of 100, %.1f without", held, plain);
	/* An impairment applies to what that end sends; for both directions, both ends need one. */
	nsrig_assert_ok(nsrig_impair(rig, "r:r0", "delay 100ms"));
	held = quickest(rig, "a", "10.0.1.254");
	if (held < 198)
		nsrig_fail("%.1f ms with two delays of 100", held);
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", ""));
	nsrig_assert_ok(nsrig_impair(rig, "r:r0", ""));
	if (quickest(rig, "a", "10.0.1.254") > held / 2)
		nsrig_fail("the delay stays");
}

static void lost_packets_don_t_arrive(void **state)
{
	struct nsrig *rig = *state;

	needs_impairment(rig, "a:eth0", "loss 100%");
	nsrig_in(nsrig_host(rig, "a"))
		nsrig_assert_no_ping("10.0.1.254");
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", "loss 0%"));
	assert_all_works(rig);
}

/* A new impairment replaces the old one completely. */
static void an_impairment_takes_the_place_of_another(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	struct nsrig *rig = *state;

	needs_impairment(
		rig, "a:eth0", "delay 1ms reorder 50% gap 3 corrupt 50% duplicate 50% rate 1mbit");
	nsrig_assert_qdisc(a, "netem 1: dev eth0 root delay 1ms corrupt 50% reorder 50%");
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", "delay 2ms"));
	nsrig_assert_qdisc(a, "netem 1: dev eth0 root delay 2ms");
	nsrig_assert_no_qdisc(a, "netem corrupt 50%");
	nsrig_assert_no_qdisc(a, "netem reorder 50%");
	nsrig_assert_no_qdisc(a, "netem duplicate 50%");
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", "delay 3ms tbf 1mbit"));
	nsrig_assert_qdisc(a, "netem 1: dev eth0 root delay 3ms");
	nsrig_assert_qdisc(a, "tbf 3: dev eth0 rate 1Mbit");
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", "delay 4ms"));
	nsrig_assert_no_qdisc(a, "tbf 3: dev eth0");
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", "tbf 2mbit"));
	nsrig_assert_no_qdisc(a, "netem 1: dev eth0");
	nsrig_assert_qdisc(a, "tbf 2: dev eth0 root rate 2Mbit");
	assert_all_works(rig);
}

static void tbf_is_put_and_taken_away(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	struct nsrig *rig = *state;

	needs_impairment(rig, "a:eth0", "tbf 10mbit burst 32kb latency 20ms");
	nsrig_assert_qdisc(a, "tbf 2: dev eth0 root rate 10Mbit");
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", "tbf 20mbit"));
	nsrig_assert_qdisc(a, "tbf 2: dev eth0 root rate 20Mbit");
	assert_all_works(rig);
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", ""));
	nsrig_assert_no_qdisc(a, "tbf 2: dev eth0 root");
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", ""));
	assert_all_works(rig);
}

/* A burst passes at once, and the rest is delayed: 40,000 bytes at 1,000 per ms. */
static void tbf_slows_down(void **state)
{
	struct nsrig_echo echo = {.dst = "10.0.1.254", .size = 40000};
	struct nsrig *rig = *state;
	double begin, took;
	int rc = -1;

	needs_impairment(rig, "a:eth0", "tbf 800kbit burst 5kb latency 10s");
	begin = now_ms();
	nsrig_in(nsrig_host(rig, "a"))
		rc = nsrig_ping(&echo);
	took = now_ms() - begin;
	nsrig_assert_ok(rc);
	if (took < 340)
		nsrig_fail("40000 bytes took %.1f ms at 100 a ms", took);
}

static void impairments_that_are_none(void **state)
{
	struct nsrig *rig = *state;

	refused(nsrig_impair(rig, "a:eth0", "delays 10ms"), -EINVAL,
		"\"delays\" is not understood");
	refused(nsrig_impair(rig, "a:eth0", "delay"), -EINVAL, "nothing follows \"delay\"");
	refused(nsrig_impair(rig, "a:eth0", "delay 10"), -EINVAL, "\"10\"");
	refused(nsrig_impair(rig, "a:eth0", "loss 101%"), -EINVAL, "\"101%\"");
	refused(nsrig_impair(rig, "a:eth0", "jitter 1ms"), -EINVAL, "\"jitter\" without \"delay\"");
	refused(nsrig_impair(rig, "a:eth0", NULL), -EINVAL, "no impairment given");
	refused(nsrig_impair(rig, "a:eth7", "delay 1ms"), -ENODEV, "\"eth7\"");
	refused(nsrig_impair(rig, "q:eth0", "delay 1ms"), -ENOENT, "\"q\"");
	refused(nsrig_impair(rig, "a", "delay 1ms"), -EINVAL, "expected HOST:LINK");
	refused(nsrig_impair(NULL, "a:eth0", "delay 1ms"), -EINVAL, "");
	nsrig_assert_no_qdisc(nsrig_host(rig, "a"), "netem 1: dev eth0");
	assert_all_works(rig);
}

/* An impairment that the kernel refuses changes nothing. */
static void an_impairment_that_fails_leaves_the_old_one(void **state)
{
	struct nsrig_ns *a = nsrig_host(*state, "a");
	struct nsrig *rig = *state;
	int rc;

	needs_impairment(rig, "a:eth0", "tbf 10mbit");
	rc = nsrig_impair(rig, "a:eth0", "delay 1ms tbf 20mbit");
	if (rc == 0)
		nsrig_skip("needs a kernel without CONFIG_NET_SCH_NETEM");
	refused(rc, -NSRIG_ELACKS, "needs CONFIG_NET_SCH_NETEM");
	nsrig_assert_qdisc(a, "tbf 2: dev eth0 root rate 10Mbit");
	nsrig_assert_ok(nsrig_impair(rig, "a:eth0", ""));
	nsrig_assert_no_qdisc(a, "tbf 2: dev eth0 root");
}

/* ---- afterwards ------------------------------------------------------------------------------ */

static void nothing_of_it_stays(void **state)
{
	int descriptors = count_descriptors(), mounts = count_mounts();
	struct nsrig *rig;

	(void)state;
	nsrig_assert_ok(nsrig_new(&rig));
	nsrig_assert_ok(nsrig_build(rig, &network));
	nsrig_assert_ok(nsrig_add(rig, "host n names other\nveth a:x -- n:x\nhost m"));
	nsrig_assert_ok(nsrig_unplug(rig, "a:eth0"));
	nsrig_assert_ok(nsrig_remove(rig, "b:eth0"));
	nsrig_assert_ok(nsrig_remove_host(rig, "c"));
	nsrig_assert_error(nsrig_add(rig, "veth a:y mtu 65575 -- b:y"), -EINVAL);
	nsrig_free(rig);
	assert_int_equal(count_descriptors(), descriptors);
	assert_int_equal(count_mounts(), mounts);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(links_and_hosts_are_added, &network),
		nsrig_test(what_the_test_took_down_stays_down, &network),
		nsrig_test(a_port_of_a_bridge_that_is_down_is_not_waited_for, &network),
		nsrig_test(a_port_gives_an_older_bridge_its_carrier, &network),
		nsrig_test(routes_are_computed_again, &chain),
		nsrig_test(what_follows_the_routes_is_added, &chain),
		nsrig_test(routes_come_back_after_a_failure, &chain),
		nsrig_test(routes_go_with_their_link, &chain),
		nsrig_test(routes_are_as_they_were, &chain),
		nsrig_test(links_are_removed, &network),
		nsrig_test(links_that_are_gone_are_removed, &network),
		nsrig_test(links_that_have_another_name_are_removed, &network),
		nsrig_test(what_is_on_top_of_a_link_goes_with_it, &network),
		nsrig_test(hosts_are_removed, &network),
		nsrig_test(what_is_on_top_of_a_hosts_links_goes_with_it, &network),
		nsrig_test(what_is_on_top_of_others_goes_with_its_host, &network),
		nsrig_test(a_macvlan_on_a_macvlan_goes_with_it, &network),
		nsrig_test(a_host_that_keeps_a_cable_stays, &network),
		nsrig_test(a_host_that_keeps_its_first_cable_is_as_it_was, &network),
		nsrig_test(what_can_not_go_with_its_link_stays, &network),
		nsrig_test(a_tun_goes_with_its_descriptor, &network),
		nsrig_test(a_cable_is_pulled_and_put_in_again, &routed),
		nsrig_test(a_cable_leaves_sysctls_as_they_were, &network),
		nsrig_test(what_is_on_top_of_a_cable_comes_back_with_it, &network),
		nsrig_test(a_cable_is_pulled_out_of_a_port, &network),
		nsrig_test(both_ends_of_a_cable_are_pulled, &network),
		nsrig_test(ends_that_have_no_cable, &network),
		nsrig_test(hosts_change_what_they_have, &network),
		nsrig_test(delay_holds_packets_up, &network),
		nsrig_test(lost_packets_don_t_arrive, &network),
		nsrig_test(an_impairment_takes_the_place_of_another, &network),
		nsrig_test(tbf_is_put_and_taken_away, &network),
		nsrig_test(tbf_slows_down, &network),
		nsrig_test(impairments_that_are_none, &network),
		nsrig_test(an_impairment_that_fails_leaves_the_old_one, &network),
		nsrig_test(nothing_of_it_stays),
	};

	return nsrig_main(argc, argv, tests);
}
