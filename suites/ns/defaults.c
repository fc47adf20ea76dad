// SPDX-License-Identifier: MIT
/*
 * A new namespace gets the kernel's defaults for the sysctls that it would otherwise inherit from
 * the machine. The suite must not change the machine's own sysctls, so it sets other values in
 * namespaces of its own.
 *
 *	(temporary namespaces, with nothing in them)
 */
#include "fixture/ns/defaults.h"

#include "suites/lib/array.h"

#include <errno.h>
#include <nsrig.h>
#include <string.h>

/*
 * The sysctls that are known to differ between machines: systemd sets rp_filter, docker enables
 * forwarding, routers do both.
 */
static const struct {
	const char *key, *odd, *by_default;
} settings[] = {
	{"net/ipv4/conf/all/forwarding", "1", "0"},
	{"net/ipv4/conf/all/rp_filter", "2", "0"},
	{"net/ipv4/conf/default/rp_filter", "2", "0"},
	{"net/ipv4/conf/lo/rp_filter", "1", "0"},
	{"net/ipv4/conf/all/accept_redirects", "0", "1"},
	{"net/ipv4/conf/default/accept_source_route", "0", "1"},
	{"net/ipv4/conf/all/arp_ignore", "1", "0"},
	{"net/ipv4/conf/default/promote_secondaries", "1", "0"},
	{"net/ipv4/conf/all/send_redirects", "0", "1"},
};

#define SETTINGS COUNT(settings)

static void assert_default(struct nsrig_ns *ns)
{
	char value[32];
	size_t i;

	for (i = 0; i < SETTINGS; i++) {
		nsrig_assert_ok(nsrig_sysctl_get(ns, settings[i].key, value, sizeof(value)));
		if (strcmp(value, settings[i].by_default))
			nsrig_fail(
				"%s is %s, not %s", settings[i].key, value, settings[i].by_default);
	}
}

static struct nsrig_ns *odd_namespace(void)
{
	struct nsrig_ns *ns;
	size_t i;

	nsrig_assert_ok(nsrig_ns_temp(&ns));
	for (i = 0; i < SETTINGS; i++)
		nsrig_assert_ok(nsrig_sysctl_set(ns, settings[i].key, settings[i].odd));
	return ns;
}

static int hermetic_here(struct nsrig_ns *host, void *arg)
{
	(void)host;
	(void)arg;
	return nsrig_ns_defaults_apply();
}

static void odd_values_are_put_right(void **state)
{
	struct nsrig_ns *model = odd_namespace(), *next = odd_namespace();

	(void)state;
	nsrig_assert_ok(nsrig_ns_defaults_learn(model));
	nsrig_assert_ok(nsrig_do(model, hermetic_here, NULL));
	assert_default(model);
	/* What was learnt from the first namespace is applied in the second. */
	nsrig_assert_ok(nsrig_do(next, hermetic_here, NULL));
	assert_default(next);
	nsrig_ns_free(model);
	nsrig_ns_free(next);
}

/* Whichever modules are loaded on the machine. */
static void bridges_keep_their_frames(void **state)
{
	static const char key[] = "net/bridge/bridge-nf-call-iptables";
	struct nsrig_ns *host = nsrig_host(*state, "host");
	char value[32];

	if (nsrig_sysctl_get(host, key, value, sizeof(value)) == -ENOENT)
		nsrig_skip("needs CONFIG_BRIDGE_NETFILTER, and its module loaded");
	assert_string_equal(value, "1");
	nsrig_assert_ok(nsrig_add(*state, "bridge host:br0"));
	nsrig_assert_sysctl(host, key, "0");
	nsrig_assert_sysctl(host, "net/bridge/bridge-nf-call-ip6tables", "0");
	nsrig_assert_sysctl(host, "net/bridge/bridge-nf-call-arptables", "0");
}

static void hosts_have_the_defaults(void **state)
{
	assert_default(nsrig_host(*state, "host"));
}

static const struct nsrig_topo one = {.hosts = {"host"}};

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(odd_values_are_put_right),
		nsrig_test(hosts_have_the_defaults, &one),
		nsrig_test(bridges_keep_their_frames, &one),
	};

	return nsrig_main(argc, argv, tests);
}
