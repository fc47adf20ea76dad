// SPDX-License-Identifier: MIT
/*
 * Events: the kernel's notifications while something changes, in order and as text. guilty-state.c
 * has the tests that fail.
 *
 *	left                                 right
 *	  a0 10.0.0.1/24 2001:db8::1/64 ==== b0 10.0.0.2/24 2001:db8::2/64
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"
#include "suites/lib/program.h"

#include <errno.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <nsrig.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH(
		"left:a0 10.0.0.1/24 2001:db8::1/64", "right:b0 10.0.0.2/24 2001:db8::2/64")},
};

/* An hour: an event that never comes makes the test time out. */
#define HOUR_MS 3600000

static void events_come_in_order(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_expect_events(left, HOUR_MS, "address 10.0.0.9/24 dev a0", "route 10.9.0.0/16",
		"deleted route 10.9.0.0/16 via 10.0.0.2", "deleted address 10.0.0.9",
		"link a0 down", "link a0 up") {
		nsrig_assert_ok(nsrig_addr_add(left, "a0", "10.0.0.9/24"));
		nsrig_assert_ok(nsrig_route_add(left, "10.9.0.0/16 via 10.0.0.2"));
		nsrig_assert_ok(nsrig_route_del(left, "10.9.0.0/16"));
		nsrig_assert_ok(nsrig_addr_del(left, "a0", "10.0.0.9/24"));
		nsrig_assert_ok(nsrig_link_down(left, "a0"));
		nsrig_assert_ok(nsrig_link_up(left, "a0"));
	}
}

/* The name of a deleted link is known, and so is that of a link that was created later. */
static void links_that_are_gone_have_names(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	const struct nsrig_link_spec spec = {.name = "c0", .up = true}, peer = {.name = "d0"};

	nsrig_expect_events(left, HOUR_MS, "deleted route 2001:db8::/64 dev a0", "deleted link a0")
		nsrig_assert_ok(nsrig_link_del(left, "a0"));
	nsrig_expect_events(left, HOUR_MS, "address 10.3.0.1/24 dev c0",
		"deleted address 10.3.0.1/24 dev c0", "deleted link c0") {
		nsrig_assert_ok(nsrig_veth_add(left, &spec, left, &peer));
		nsrig_assert_ok(nsrig_addr_add(left, "c0", "10.3.0.1/24"));
		nsrig_assert_ok(nsrig_link_del(left, "c0"));
	}
}

static void neighbours_have_events(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");

	nsrig_expect_events(left, HOUR_MS, "neighbour 10.0.0.7 dev a0 permanent",
		"deleted neighbour 10.0.0.7", "neighbour 10.0.0.2 REACHABLE") {
		nsrig_assert_ok(nsrig_neigh_add(left, "10.0.0.7 lladdr 02:00:00:00:00:07 dev a0"));
		nsrig_assert_ok(nsrig_neigh_del(left, "10.0.0.7 dev a0"));
		nsrig_in(left)
			nsrig_assert_ping("10.0.0.2");
	}
}

static void rules_have_events(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int rc = nsrig_rule_add(left, "from 10.1.0.0/16 lookup 100");

	if (rc == -EAFNOSUPPORT || rc == -EOPNOTSUPP)
		nsrig_skip("needs CONFIG_IP_MULTIPLE_TABLES");
	nsrig_expect_events(left, HOUR_MS, "rule from 10.9.0.0/16 lookup 100",
		"deleted rule from 10.9.0.0/16") {
		nsrig_assert_ok(nsrig_rule_add(left, "from 10.9.0.0/16 lookup 100"));
		nsrig_assert_ok(nsrig_rule_del(left, "from 10.9.0.0/16 lookup 100"));
	}
}

static void forwarding_entries_have_events(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	const struct nsrig_link_spec bridge = {.name = "br0", .up = true};

	if (nsrig_link_add(left, "bridge", &bridge) == -EOPNOTSUPP)
		nsrig_skip("needs CONFIG_BRIDGE");
	nsrig_assert_ok(nsrig_link_set_master(left, "a0", "br0"));
	nsrig_expect_events(left, HOUR_MS, "fdb 02:00:00:00:00:07 dev a0 master br0 static",
		"deleted fdb 02:00:00:00:00:07 dev a0") {
		nsrig_assert_ok(nsrig_fdb_add(left, "02:00:00:00:00:07 dev a0 master br0 static"));
		nsrig_assert_ok(nsrig_fdb_del(left, "02:00:00:00:00:07 dev a0 master br0"));
	}
}

static int put_qdisc(struct nsrig_ns *ns, const char *dev, int type, int flags)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, flags);
	struct tcmsg tcm = {.tcm_parent = TC_H_ROOT, .tcm_handle = TC_H_MAKE(1 << 16, 0)};
	struct nsrig_link link;
	int rc;

	nsrig_assert_ok(nsrig_link_get(ns, dev, &link));
	tcm.tcm_ifindex = link.index;
	assert_int_equal(nlmsg_append(msg, &tcm, sizeof(tcm), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_string(msg, TCA_KIND, "pfifo"), 0);
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	return rc;
}

static void qdiscs_have_events(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_events *events;
	char *text;
	int rc;

	nsrig_assert_ok(nsrig_events_listen(left, NSRIG_EVENTS_OF(NSRIG_QDISCS), &events));
	rc = put_qdisc(left, "a0", RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
	if (rc == -EOPNOTSUPP)
		nsrig_skip("needs CONFIG_NET_SCHED");
	nsrig_assert_ok(rc);
	nsrig_assert_ok(put_qdisc(left, "a0", RTM_DELQDISC, 0));
	nsrig_assert_events(
		events, HOUR_MS, "qdisc pfifo 1: dev a0 root", "deleted qdisc pfifo 1:");
	/* Other kinds of events are not reported. */
	nsrig_assert_ok(nsrig_link_down(left, "a0"));
	nsrig_assert_ok(nsrig_events_text(events, &text));
	assert_null(strstr(text, "link"));
	free(text);
	nsrig_events_free(events);
}

/* A wait consumes the event that it has found, and all before it; later ones remain. */
static void each_event_is_given_once(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_events *events;
	char *text;

	nsrig_assert_ok(nsrig_events_listen(left, NSRIG_EVENTS_OF_ALL, &events));
	nsrig_assert_ok(nsrig_route_add(left, "10.8.0.0/16 via 10.0.0.2"));
	nsrig_assert_ok(nsrig_route_add(left, "10.9.0.0/16 via 10.0.0.2"));
	nsrig_assert_events(events, HOUR_MS, "route 10.9.0.0/16");
	nsrig_assert_error(nsrig_events_wait(events, "route 10.8.0.0/16", 0), -ETIMEDOUT);
	nsrig_assert_error(nsrig_events_wait(events, "route 10.9.0.0/16", 0), -ETIMEDOUT);
	nsrig_assert_ok(nsrig_route_del(left, "10.9.0.0/16"));
	refused(nsrig_events_wait(events, "route 10.9.0.0/16", 0), -ETIMEDOUT,
		"event \"route 10.9.0.0/16\" did not come in \"left\" within 0 ms after \"route "
		"10.9.0.0/16 via 10.0.0.2 dev a0 proto boot\"; what came: deleted route "
		"10.9.0.0/16 via 10.0.0.2 dev a0 proto boot");
	nsrig_assert_events(events, HOUR_MS, "deleted route 10.9.0.0/16");
	nsrig_assert_ok(nsrig_events_text(events, &text));
	assert_string_equal(text, "route 10.8.0.0/16 via 10.0.0.2 dev a0 proto boot\n"
				  "route 10.9.0.0/16 via 10.0.0.2 dev a0 proto boot\n"
				  "deleted route 10.9.0.0/16 via 10.0.0.2 dev a0 proto boot\n");
	free(text);
	nsrig_events_free(events);
}

static void *add_route(void *left)
{
	return nsrig_route_add(left, "10.9.0.0/16 via 10.0.0.2") == 0 ? left : NULL;
}

static void an_event_wakes(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_events *events;
	pthread_t thread;
	void *result;

	nsrig_assert_ok(nsrig_events_listen(left, NSRIG_EVENTS_OF(NSRIG_ROUTES), &events));
	assert_int_equal(pthread_create(&thread, NULL, add_route, left), 0);
	nsrig_assert_ok(nsrig_events_wait(events, "route 10.9.0.0/16", HOUR_MS));
	pthread_join(thread, &result);
	assert_ptr_equal(result, left);
	nsrig_events_free(events);
}

/* More events than a socket holds: the wait reports that some were lost. */
static void lost_events_are_an_error(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_events *events;
	char *text;
	int i;

	nsrig_assert_ok(nsrig_events_listen(left, NSRIG_EVENTS_OF(NSRIG_ROUTES), &events));
	for (i = 0; i < 5000; i++) {
		nsrig_assert_ok(nsrig_route_add(left, "10.9.0.0/16 via 10.0.0.2"));
		nsrig_assert_ok(nsrig_route_del(left, "10.9.0.0/16"));
	}
	refused(nsrig_events_wait(events, "route 10.9.0.0/16", 0), -ENOBUFS,
		"events in \"left\" were lost: more came than the kernel keeps unread");
	/* The error is permanent. */
	nsrig_assert_error(nsrig_events_wait(events, "route 10.9.0.0/16", 0), -ENOBUFS);
	nsrig_assert_error(nsrig_events_text(events, &text), -ENOBUFS);
	nsrig_events_free(events);
}

static void events_that_are_none(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_events *events;
	char *text;

	refused(nsrig_events_listen(left, NSRIG_EVENTS_OF(NSRIG_LISTENERS), &events), -EOPNOTSUPP,
		"sends no events about listening sockets");
	refused(nsrig_events_listen(left, 1u << 20, &events), -EINVAL, "not kinds of objects");
	refused(nsrig_events_listen(left, 0, NULL), -EINVAL, "nowhere");
	nsrig_assert_error(nsrig_events_listen(NULL, 0, &events), -EINVAL);
	nsrig_assert_ok(nsrig_events_listen(left, NSRIG_EVENTS_OF(NSRIG_LINKS), &events));
	refused(nsrig_events_wait(events, "lnik a0", 0), -EINVAL,
		"event \"lnik a0\": begins with none of link, address, route");
	refused(nsrig_events_wait(events, "link", 0), -EINVAL, "begins with none");
	refused(nsrig_events_wait(events, "deleted", 0), -EINVAL, "begins with none");
	refused(nsrig_events_wait(events, "link a0 upp", 0), -EINVAL, "\"upp\" is not understood");
	refused(nsrig_events_wait(events, "listener tcp *:80", 0), -EINVAL, "begins with none");
	refused(nsrig_events_wait(events, "route default", 0), -EINVAL, "was not listened to");
	refused(nsrig_events_wait(events, "link a0", -1), -EINVAL, "negative");
	refused(nsrig_events_wait(events, NULL, 0), -EINVAL, "no event");
	refused(nsrig_events_wait(NULL, "link a0", 0), -EINVAL, "no listener");
	refused(nsrig_events_text(events, NULL), -EINVAL, "nowhere");
	refused(nsrig_events_text(NULL, &text), -EINVAL, "no listener");
	nsrig_events_free(events);
	nsrig_events_free(NULL);
}

static void listeners_leave_no_descriptor(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	int i, before = count_descriptors();

	for (i = 0; i < 3; i++) {
		nsrig_expect_events(left, HOUR_MS, "link a0 down") {
			nsrig_assert_ok(nsrig_link_down(left, "a0"));
			if (i == 1)
				continue;
			if (i == 2)
				break;
		}
		nsrig_assert_ok(nsrig_link_up(left, "a0"));
	}
	assert_int_equal(count_descriptors(), before);
}

static void failures_tell_what_came(void **state)
{
	static const struct {
		const char *test;
		const char *said;
	} failures[] = {
		{"awaits_an_event_in_vain", "event \\\"deleted route 10.9.0.0/16\\\" did not come "
					    "in \\\"left\\\" within "
					    "10 ms after \\\"link a0 down "},
		{"awaits_an_event_in_vain", "blackhole 10.9.0.0/16"},
		{"awaits_events_in_another_order",
			"event \\\"route 10.8.0.0/16\\\" did not come in \\\"left\\\" within 10 ms "
			"after \\\"route 10.9.0.0/16 via 10.1.0.2 dev a0 proto boot\\\"; what "
			"came: "
			"nothing\""},
		{"leaves_before_the_event", "event \\\"link a0 down\\\" did not come in "
					    "\\\"left\\\" within 10 ms; what "
					    "came: nothing\""},
		{"misspells_an_event", "event \\\"lnik a0 down\\\": begins with none of link"},
		{"expects_no_event", "nsrig_expect_events: no events expected"},
		{"listens_and_hears_nothing", "event \\\"link a0 down\\\" did not come"},
	};
	size_t i;

	(void)state;
	unsetenv("NSRIG_TIMEOUT_SCALE");
	for (i = 0; i < COUNT(failures); i++)
		program_assert_fails(failures[i].test, "guilty-state.c", failures[i].said);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(events_come_in_order, &cable),
		nsrig_test(links_that_are_gone_have_names, &cable),
		nsrig_test(neighbours_have_events, &cable),
		nsrig_test(rules_have_events, &cable),
		nsrig_test(forwarding_entries_have_events, &cable),
		nsrig_test(qdiscs_have_events, &cable),
		nsrig_test(each_event_is_given_once, &cable),
		nsrig_test(an_event_wakes, &cable),
		nsrig_test(lost_events_are_an_error, &cable),
		nsrig_test(events_that_are_none, &cable),
		nsrig_test(listeners_leave_no_descriptor, &cable),
		cmocka_unit_test_setup(failures_tell_what_came, program_clear_environment),
	};

	return nsrig_main(argc, argv, tests);
}
