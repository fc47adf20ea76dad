// SPDX-License-Identifier: MIT
/*
 * The rig: what a test finds in it, and which calls are refused.
 *
 *	client                         router                      server
 *	  eth0 10.0.1.1/24 ====== c0 10.0.1.254/24
 *	       2001:db8:1::1/64      2001:db8:1::fe/64
 *	                             s0 10.0.2.254/24 ====== eth0 10.0.2.1/24
 *	                                2001:db8:2::fe/64         2001:db8:2::1/64
 */
#include "suites/lib/count.h"

#include <errno.h>
#include <nsrig.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct nsrig_topo routed = {
	.hosts = {"router forwarding"},
	.links =
		{
			NSRIG_VETH("client:eth0 10.0.1.1/24 2001:db8:1::1/64",
				"router:c0 10.0.1.254/24 2001:db8:1::fe/64"),
			NSRIG_VETH("router:s0 10.0.2.254/24 2001:db8:2::fe/64",
				"server:eth0 10.0.2.1/24 2001:db8:2::1/64"),
		},
	.routes =
		{
			"client default via 10.0.1.254",
			"client default via 2001:db8:1::fe",
			"server default via 10.0.2.254",
			"server default via 2001:db8:2::fe",
		},
};

static void network_works_at_once(void **state)
{
	nsrig_in(nsrig_host(*state, "client")) {
		nsrig_assert_ping("10.0.2.1");
		nsrig_assert_ping("2001:db8:2::1");
	}
	nsrig_in(nsrig_host(*state, "server")) {
		nsrig_assert_ping("10.0.1.1");
		nsrig_assert_ping("2001:db8:1::1");
		nsrig_assert_ping("127.0.0.1");
		nsrig_assert_ping("::1");
	}
}

static void hosts_are_apart(void **state)
{
	struct nsrig_ns *client = nsrig_host(*state, "client"),
			*server = nsrig_host(*state, "server");
	struct nsrig_ns *own;

	nsrig_assert_ok(nsrig_ns_current(&own));
	assert_int_equal(nsrig_ns_same(client, server), 0);
	assert_int_equal(nsrig_ns_same(client, own), 0);
	assert_int_equal(count_links(client), 2);
	assert_int_equal(count_links(nsrig_host(*state, "router")), 3);
	assert_int_equal(count_links(own), 1);
	nsrig_ns_free(own);
}

/* They depend only on the names: FNV-1a of "client:eth0", folded, after 02. */
static void mac_addresses_are_always_the_same(void **state)
{
	struct nsrig_link client, server, again;
	struct nsrig *other;

	nsrig_assert_ok(nsrig_link_get(nsrig_host(*state, "client"), "eth0", &client));
	nsrig_assert_ok(nsrig_link_get(nsrig_host(*state, "server"), "eth0", &server));
	assert_string_equal(client.mac, "02:64:e6:89:8e:a8");
	assert_string_not_equal(client.mac, server.mac);

	nsrig_assert_ok(nsrig_new(&other));
	nsrig_assert_ok(nsrig_add_veth(other, "nobody:x", "client:eth0"));
	nsrig_assert_ok(nsrig_link_get(nsrig_find_host(other, "client"), "eth0", &again));
	assert_string_equal(again.mac, client.mac);
	nsrig_free(other);
}

/*
 * Link-local addresses are derived from the MAC addresses, and are usable at once: there is no
 * duplicate address detection.
 */
static void nothing_is_tentative(void **state)
{
	static const char *const hosts[] = {"client", "router", "server"};
	struct nsrig_addr *addrs;
	char router[64] = "";
	size_t count, i, h, link_local = 0;

	for (h = 0; h < 3; h++) {
		nsrig_assert_ok(
			nsrig_addr_list(nsrig_host(*state, hosts[h]), NULL, &addrs, &count));
		for (i = 0; i < count; i++) {
			assert_false(addrs[i].tentative);
			link_local += !strncmp(addrs[i].text, "fe80::", 6);
			if (!strcmp(addrs[i].link, "c0") && !strncmp(addrs[i].text, "fe80::", 6))
				sscanf(addrs[i].text, "%63[^/]", router);
		}
		free(addrs);
	}
	assert_int_equal(link_local, 4);
	nsrig_in(nsrig_host(*state, "client"))
		nsrig_assert_ping(router, .dev = "eth0");
}

static void no_two_links_have_the_same_index(void **state)
{
	static const char *const ends[][2] = {
		{"client", "eth0"}, {"router", "c0"}, {"router", "s0"}, {"server", "eth0"}};
	struct nsrig_link links[4];
	int i, j;

	for (i = 0; i < 4; i++) {
		nsrig_assert_ok(
			nsrig_link_get(nsrig_host(*state, ends[i][0]), ends[i][1], &links[i]));
		for (j = 0; j < i; j++)
			assert_int_not_equal(links[i].index, links[j].index);
	}
}

static void grows_while_the_test_runs(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(
		nsrig_add_veth(rig, "client:eth1 192.0.2.1/30", "printer:lan0 192.0.2.2/30"));
	nsrig_in(nsrig_host(rig, "printer"))
		nsrig_assert_ping("192.0.2.1");
	nsrig_assert_ok(nsrig_add_host(rig, "hermit"));
	assert_int_equal(count_links(nsrig_host(rig, "hermit")), 1);
	/* Options of a host must be declared before the host is created. */
	refused(nsrig_add(rig, "host client forwarding"), -EEXIST, "a second host \"client\"");
}

static void test_without_network_has_an_empty_rig(void **state)
{
	assert_null(nsrig_find_host(*state, "client"));
	assert_string_equal(nsrig_error(), "no host \"client\" in this rig (there are: none)");
}

static int replace_state(void **state)
{
	static struct {
		struct nsrig *rig;
		int number;
	} mine;

	mine.rig = *state;
	mine.number = 42;
	*state = &mine;
	return 0;
}

static void setup_may_replace_the_state(void **state)
{
	struct {
		struct nsrig *rig;
		int number;
	} *mine = *state;

	assert_int_equal(mine->number, 42);
	assert_non_null(nsrig_find_host(mine->rig, "client"));
}

#define THREADS 4

static void *build_and_free(void *arg)
{
	struct nsrig *rig;
	int i, *rc = arg;

	for (i = 0; i < 5 && *rc == 0; i++) {
		*rc = nsrig_new(&rig);
		if (*rc < 0)
			break;
		*rc = nsrig_build(rig, &routed);
		nsrig_free(rig);
	}
	return NULL;
}

/* One rig per thread; and one that is built inside of a host of another rig. */
static void rigs_of_several_threads(void **state)
{
	int before = count_descriptors(), rcs[THREADS] = {0}, own = 0, i;
	pthread_t threads[THREADS];

	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, build_and_free, &rcs[i]), 0);
	nsrig_in(nsrig_host(*state, "client")) {
		build_and_free(&own);
		nsrig_assert_ping("10.0.2.1");
	}
	for (i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(rcs[i], 0);
	}
	assert_int_equal(own, 0);
	assert_int_equal(count_descriptors(), before);
	assert_int_equal(count_links(nsrig_host(*state, "client")), 2);
}

/* Freeing a rig closes every descriptor that it has opened. */
static void rig_leaves_no_descriptor(void **state)
{
	struct nsrig *rig;
	int before, i;

	(void)state;
	before = count_descriptors();
	for (i = 0; i < 10; i++) {
		nsrig_assert_ok(nsrig_new(&rig));
		nsrig_assert_ok(nsrig_build(rig, &routed));
		assert_true(count_descriptors() > before);
		nsrig_free(rig);
		assert_int_equal(count_descriptors(), before);
	}
	nsrig_free(NULL);
}

static void ends_that_are_none(void **state)
{
	struct nsrig *rig = *state;

	refused(nsrig_add_veth(rig, "", "b:b0"), -EINVAL, "the end of a link is missing");
	refused(nsrig_add_veth(rig, NULL, "b:b0"), -EINVAL, "missing");
	refused(nsrig_add_veth(rig, "a", "b:b0"), -EINVAL, "\"a\" is not the end");
	refused(nsrig_add_veth(rig, ":a0", "b:b0"), -EINVAL, "\":a0\" is not the end of a link");
	refused(nsrig_add_veth(rig, "a:", "b:b0"), -EINVAL, "link is empty");
	refused(nsrig_add_veth(rig, "a:a0", "b:sixteen-bytes-xx"), -EINVAL, "16 bytes");
	refused(nsrig_add_veth(rig, "a:a0", "b:b/0"), -EINVAL, "'/'");
	refused(nsrig_add_veth(rig, "a*:a0", "b:b0"), -EINVAL, "'*'");
	refused(nsrig_add_veth(rig, "a234567890123456789012345678901x:a0", "b:b0"), -EINVAL,
		"32 bytes");
	refused(nsrig_add_veth(rig, "a:a0 10.0.0.1", "b:b0"), -EINVAL, "no prefix length");
	refused(nsrig_add_veth(rig, "a:a0 10.0.0.1/24 up", "b:b0"), -EINVAL, "\"up\"");
	refused(nsrig_add_veth(rig, "a:a0 10.0.0.1/64", "b:b0"), -EINVAL, "(expected 0 to 32)");
	refused(nsrig_add_veth(NULL, "a:a0", "b:b0"), -EINVAL, "no rig");
	/* None of them was built, not even in part. */
	assert_null(nsrig_find_host(rig, "a"));
	assert_null(nsrig_find_host(rig, "b"));
}

static void what_the_kernel_refuses_in_the_middle(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_add_veth(rig, "a:x0 10.0.0.1/24", "b:x0 10.0.0.2/24"));
	refused(nsrig_add_veth(rig, "a:x0", "b:y0"), -EEXIST, "a second link \"x0\" on host \"a\"");
	refused(nsrig_add_veth(rig, "a:lo", "b:y0"), -EEXIST, "every host already has a lo");
	refused(nsrig_add_veth(rig, "a:y0 10.0.1.1/24 10.0.1.1/24", "b:y0"), -EEXIST,
		"10.0.1.1/24");
	refused(nsrig_add_host(rig, "a"), -EEXIST, "second host \"a\"");
	refused(nsrig_add_host(rig, ""), -EINVAL, "empty");
	refused(nsrig_add_host(rig, NULL), -EINVAL, "empty");
}

static void networks_that_are_none(void **state)
{
	static const struct nsrig_topo kind = {.links = {{"token-ring", "a:a0", "b:b0"}}};
	static const struct nsrig_topo option = {.hosts = {"router backwarding"}};
	static const struct nsrig_topo twice = {.hosts = {"a", "a"}};
	static const struct nsrig_topo stranger = {
		.hosts = {"a"}, .routes = {"b default via 10.0.0.1"}};
	static const struct nsrig_topo route = {.hosts = {"a"}, .routes = {"a nowhere"}};
	struct nsrig *rig;

	(void)state;
	nsrig_assert_ok(nsrig_new(&rig));
	refused(nsrig_build(rig, &kind), -EINVAL, "\"token-ring\" is not understood");
	refused(nsrig_build(rig, &option), -EINVAL, "\"backwarding\"");
	refused(nsrig_build(rig, &twice), -EEXIST, "second host \"a\"");
	nsrig_free(rig);
	nsrig_assert_ok(nsrig_new(&rig));
	refused(nsrig_build(rig, &stranger), -EINVAL, "no host \"b\"");
	nsrig_free(rig);
	nsrig_assert_ok(nsrig_new(&rig));
	refused(nsrig_build(rig, &route), -EINVAL, "nowhere");
	refused(nsrig_build(rig, NULL), -EINVAL, "no network");
	refused(nsrig_build(NULL, &route), -EINVAL, "no rig");
	nsrig_free(rig);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(network_works_at_once, &routed),
		nsrig_test(hosts_are_apart, &routed),
		nsrig_test(mac_addresses_are_always_the_same, &routed),
		nsrig_test(nothing_is_tentative, &routed),
		nsrig_test(no_two_links_have_the_same_index, &routed),
		nsrig_test(grows_while_the_test_runs, &routed),
		nsrig_test(test_without_network_has_an_empty_rig),
		nsrig_test(setup_may_replace_the_state, &routed, .setup = replace_state),
		nsrig_test(rigs_of_several_threads, &routed),
		nsrig_test(rig_leaves_no_descriptor),
		nsrig_test(ends_that_are_none),
		nsrig_test(what_the_kernel_refuses_in_the_middle),
		nsrig_test(networks_that_are_none),
	};

	return nsrig_main(argc, argv, tests);
}
