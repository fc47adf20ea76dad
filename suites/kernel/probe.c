// SPDX-License-Identifier: MIT
/*
 * Probes for the kernel's features: each is tried once per run. Also the kernel's configuration,
 * which can contradict a skip. The truth table covers the skips themselves.
 */
#include "fixture/base/error-private.h"
#include "fixture/kernel/kconfig.h"
#include "fixture/kernel/probe-cache.h"
#include "suites/lib/array.h"
#include "suites/lib/count.h"
#include "suites/lib/program.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>

static void lacks(int rc, const char *words)
{
	refused(rc, -NSRIG_ELACKS, words);
	assert_int_equal(strncmp(nsrig_error(), "needs ", strlen("needs ")), 0);
}

static void kinds_that_are_there_are_found(void **state)
{
	(void)state;
	nsrig_assert_ok(nsrig_probe_link("veth"));
	nsrig_assert_ok(nsrig_probe_qdisc("pfifo"));
	/* noqueue can't be a root, but the kernel knows it. */
	nsrig_assert_ok(nsrig_probe_qdisc("noqueue"));
	nsrig_assert_ok(nsrig_probe_sysctl("net.ipv4.conf.all.rp_filter"));
}

static void kinds_that_are_not_are_named(void **state)
{
	(void)state;
	lacks(nsrig_probe_link("nonesuch"), "needs link kind nonesuch: ");
	lacks(nsrig_probe_qdisc("nonesuch"), "needs CONFIG_NET_SCH_NONESUCH: ");
	lacks(nsrig_probe_sysctl("net.ipv4.nonesuch"), "needs sysctl net.ipv4.nonesuch");
	lacks(nsrig_probe_module("nonesuch"), "needs module nonesuch");
	lacks(nsrig_probe_program("nonesuch"), "needs program nonesuch");
	lacks(nsrig_probe_program("/etc"), "needs program /etc");
}

/* The topology's error and the probe name the same missing option. */
static void probe_and_builder_agree(void **state)
{
	static const char *const statements[] = {"dummy h:x", "vlan h:x link eth0 id 5",
		"vrf h:x table 7", "bond h:x", "ipip h:x local 10.0.0.1 remote 10.0.0.2",
		"wireguard h:x", "ifb h:x",
		/* The kernel refuses these kinds without their options, but knows them. */
		"vxlan h:x id 5", "macvlan h:x link eth0"};
	char kind[32], want[64];
	size_t i;
	int rc;

	for (i = 0; i < COUNT(statements); i++) {
		sscanf(statements[i], "%31s", kind);
		rc = nsrig_probe_link(kind);
		snprintf(want, sizeof(want), "%.*s", rc ? (int)strcspn(nsrig_error(), ":") : 0,
			nsrig_error());
		if (rc == 0) {
			nsrig_assert_ok(nsrig_add(*state, statements[i]));
			nsrig_assert_ok(nsrig_remove(*state, "h:x"));
		} else {
			refused(nsrig_add(*state, statements[i]), rc, want);
		}
	}
}

static void bad_questions_are_refused(void **state)
{
	(void)state;
	refused(nsrig_probe_link(NULL), -EINVAL, "no kind of link given");
	refused(nsrig_probe_link(""), -EINVAL, "no kind of link given");
	refused(nsrig_probe_qdisc(NULL), -EINVAL, "no kind of queueing discipline given");
	refused(nsrig_probe_sysctl("kernel.hostname"), -EINVAL, "is not a sysctl of a network");
	refused(nsrig_probe_config("VETH"), -EINVAL, "\"VETH\" is not a kernel option");
	refused(nsrig_probe_config(NULL), -EINVAL, "no option given");
	refused(nsrig_probe_cap(-1), -EINVAL, "no capability has the number -1");
	refused(nsrig_probe_cap(4711), -EINVAL, "no capability has the number 4711");
	refused(nsrig_probe_kernel(-1, 0), -EINVAL, "no such Linux version: -1.0");
	refused(nsrig_probe_program(NULL), -EINVAL, "no program given");
	refused(nsrig_probe_module("../net"), -EINVAL, "no module given");
	refused(nsrig_probe_module(NULL), -EINVAL, "no module given");
}

static void versions_are_compared_by_number(void **state)
{
	(void)state;
	nsrig_assert_ok(nsrig_probe_kernel(3, 99));
	nsrig_assert_ok(nsrig_probe_kernel(0, 0));
	lacks(nsrig_probe_kernel(99, 0), "needs Linux 99.0: this is ");
}

static int is_without_privilege(void)
{
	return nsrig_probe_cap(CAP_NET_RAW) == -NSRIG_ELACKS &&
			       !strcmp(nsrig_error(), "needs CAP_NET_RAW")
		       ? 0
		       : 1;
}

static void capabilities_are_the_threads_own(void **state)
{
	(void)state;
	nsrig_assert_ok(nsrig_probe_cap(CAP_NET_RAW));
	in_child_without_privilege(is_without_privilege);
}

static void program_is_found_where_only_root_looks(void **state)
{
	(void)state;
	setenv("PATH", "/nonesuch", true);
	/* On all distributions, Debian included, ldconfig is in /sbin or /usr/sbin. */
	nsrig_assert_ok(nsrig_probe_program("ldconfig"));
	lacks(nsrig_probe_program("nonesuch"), "needs program nonesuch");
	nsrig_require_program("ldconfig");
	assert_string_equal(getenv("PATH"), "/nonesuch:/usr/local/sbin:/usr/sbin:/sbin");
	nsrig_require_program("ldconfig");
	assert_string_equal(getenv("PATH"), "/nonesuch:/usr/local/sbin:/usr/sbin:/sbin");
}

/* ---- once per run ---------------------------------------------------------------------------- */

static void what_is_known_is_not_asked_again(void **state)
{
	(void)state;
	nsrig_probe_cache_keep("kind of link known", 0);
	nsrig_assert_ok(nsrig_probe_link("known"));
	lacks(nsrig_probe_link("unknown"), "needs link kind unknown");
	nsrig_probe_cache_keep("kind of link foul", -NSRIG_ELACKS);
	lacks(nsrig_probe_link("nonesuch"), "needs link kind nonesuch");
	/* With its own sentence, not that of the last failure. */
	lacks(nsrig_probe_link("foul"), "needs link kind unknown");
}

static int learn(void)
{
	return nsrig_probe_link("veth") == 0 && nsrig_probe_link("nonesuch") == -NSRIG_ELACKS ? 0
											      : 1;
}

/* The runner reserves the memory for it before the first test begins. */
static void what_one_process_learns_all_know(void **state)
{
	char lack[NSRIG_LACK_SIZE];
	int answer;

	(void)state;
	in_child(learn);
	assert_true(nsrig_probe_cache_find("kind of link veth", &answer));
	assert_int_equal(answer, 0);
	assert_true(nsrig_probe_cache_find("kind of link nonesuch", &answer));
	assert_int_equal(answer, -NSRIG_ELACKS);
	assert_non_null(strstr(nsrig_error(), "needs link kind nonesuch"));
	assert_non_null(strstr(nsrig_error_lack(lack), "are unknown"));
	assert_string_equal(lack, "link kind nonesuch");
	assert_false(nsrig_probe_cache_find("kind of link never asked for", &answer));
}

static void room_for_answers_is_limited(void **state)
{
	char question[300];
	int i, answer;

	(void)state;
	for (i = 0; i < 1000; i++) {
		snprintf(question, sizeof(question), "question %d", i);
		nsrig_probe_cache_keep(question, 0);
	}
	assert_true(nsrig_probe_cache_find("question 0", &answer));
	assert_false(nsrig_probe_cache_find("question 999", &answer));
	/* The length of a question is limited too. */
	memset(question, 'x', sizeof(question) - 1);
	question[sizeof(question) - 1] = '\0';
	lacks(nsrig_probe_link(question), "needs link kind xxx");
	nsrig_assert_ok(nsrig_probe_link("veth"));
}

/* ---- the kernel's configuration -------------------------------------------------------------- */

static void configuration_is_read(void **state)
{
	char value[64];

	(void)state;
	nsrig_require_config("CONFIG_NET");
	assert_int_equal(nsrig_kconfig("CONFIG_NET", value, sizeof(value)), 0);
	assert_string_equal(value, "y");
	/* A prefix of another option's name, and an option that isn't set. */
	assert_int_equal(nsrig_kconfig("CONFIG_NE", value, sizeof(value)), 0);
	assert_string_equal(value, "n");
	lacks(nsrig_probe_config("CONFIG_NONESUCH"), "needs CONFIG_NONESUCH: it is not set");
}

static void assert_contradicts(const char *reason, const char *expected)
{
	char *words;
	bool found = nsrig_kconfig_contradicts(reason, &words);

	if (found != (expected != NULL) || (expected && strcmp(words, expected)))
		nsrig_fail("\"%s\": found %s (%s), expected %s", reason, found ? "so" : "not so",
			words ?: "", expected ?: "not so");
	free(words);
}

static void skip_is_contradicted_by_all_of_its_options(void **state)
{
	(void)state;
	nsrig_require_config("CONFIG_NET");
	assert_contradicts("needs CONFIG_NET", "CONFIG_NET=y");
	assert_contradicts("needs CONFIG_NET: 10.0.0.1 (Unknown device type)", "CONFIG_NET=y");
	assert_contradicts("needs CONFIG_NET and CONFIG_INET", "CONFIG_NET=y, CONFIG_INET=y");
	assert_contradicts("needs CONFIG_NET and CONFIG_NONESUCH", NULL);
	assert_contradicts("needs CONFIG_NONESUCH and CONFIG_NET", NULL);
	assert_contradicts("needs a larger machine", NULL);
	assert_contradicts("needs CONFIG_NET and /dev/nonesuch", NULL);
	assert_contradicts("has CONFIG_NET", NULL);
}

static void assert_missing(const char *needs, const char *expected)
{
	char *words = nsrig_kconfig_missing(needs);

	assert_string_equal(words ?: needs, expected);
	free(words);
}

static void skip_names_what_is_missing(void **state)
{
	(void)state;
	nsrig_require_config("CONFIG_NET");
	assert_missing("CONFIG_NET and CONFIG_NONESUCH", "CONFIG_NONESUCH");
	assert_missing("CONFIG_NONESUCH and CONFIG_NET and CONFIG_NOR_THIS",
		"CONFIG_NONESUCH and CONFIG_NOR_THIS");
	assert_missing("CONFIG_NET and CONFIG_INET", "CONFIG_NET and CONFIG_INET");
	assert_missing("CONFIG_NET and CONFIG_NONESUCH: it is odd", "CONFIG_NONESUCH: it is odd");
	assert_missing("CONFIG_NONESUCH: older kernels pass over it",
		"CONFIG_NONESUCH: older kernels pass over it");
	assert_missing("Linux 6.9: it is newer", "Linux 6.9: it is newer");
	assert_missing("a kernel that lets users of their own namespaces open packet sockets",
		"a kernel that lets users of their own namespaces open packet sockets");
}

static void module_of_an_option_is_found(void **state)
{
	static const char *const there[] = {"CONFIG_NET_SCH_TBF", "CONFIG_VLAN_8021Q",
		"CONFIG_NET_VRF", "CONFIG_NF_TABLES", "CONFIG_NFT_CT"};
	static const char *const missing[] = {"CONFIG_NET_SCH_TB", "CONFIG_VXLAN", "CONFIG_TABLES"};
	char path[] = "/run/modules.dep";
	FILE *file = fopen(path, "we");
	size_t i;

	(void)state;
	assert_non_null(file);
	fputs("kernel/net/sched/sch_tbf.ko:\n"
	      "kernel/net/8021q/8021q.ko.xz: kernel/net/802/garp.ko.xz\n"
	      "kernel/drivers/net/vrf.ko.zst:\n"
	      "kernel/net/netfilter/nf-tables.ko: kernel/drivers/net/vxlan.ko\n"
	      "kernel/net/netfilter/nft_ct.ko: kernel/net/netfilter/nf-tables.ko\n"
	      "kernel/net/can/can-raw.ko\n",
		file);
	fclose(file);
	for (i = 0; i < COUNT(there); i++)
		assert_true(nsrig_kconfig_has_module(path, there[i]));
	for (i = 0; i < COUNT(missing); i++)
		assert_false(nsrig_kconfig_has_module(path, missing[i]));
	assert_false(nsrig_kconfig_has_module("/run/nonesuch", there[0]));
	assert_true(nsrig_kconfig_lists(path, "can_raw"));
	assert_true(nsrig_kconfig_lists(path, "can-raw"));
	assert_false(nsrig_kconfig_lists(path, "raw"));
}

/* Asserts the result line of a guilty test that requires this option. */
static void assert_told(const char *test, const char *option, const char *line)
{
	struct program program;

	program_run(&program, (char *[]){GUILTY, (char *)test, (char *)option, NULL});
	if (!strstr(program.out_text, line))
		nsrig_fail("expected \"%s\" in:\n%s", line, program.out_text);
	program_free(&program);
}

static void skip_for_what_is_there_is_a_failure(void **state)
{
	program_clear_environment(state);
	nsrig_require_config("CONFIG_NET");
	assert_told("lacks_what_is_built_in", "--check-config",
		"message: \"skipped, though this kernel was built with CONFIG_NET=y: needs "
		"CONFIG_NET\"");
	assert_told("lacks_one_of_two", "--check-config",
		"ok 1 - lacks_one_of_two # SKIP needs CONFIG_NONESUCH");
	assert_told("lacks_what_is_built_in", "--verbose",
		"ok 1 - lacks_what_is_built_in # SKIP needs CONFIG_NET");
	setenv("NSRIG_CHECK_CONFIG", "1", true);
	assert_told("lacks_what_is_built_in", "--verbose", "not ok 1 - lacks_what_is_built_in");
}

int main(int argc, char **argv)
{
	static const struct nsrig_topo alone = {.text = "veth h:eth0 -- other:eth0"};
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_that_are_there_are_found),
		cmocka_unit_test(kinds_that_are_not_are_named),
		nsrig_test(probe_and_builder_agree, &alone),
		cmocka_unit_test(bad_questions_are_refused),
		cmocka_unit_test(versions_are_compared_by_number),
		cmocka_unit_test(capabilities_are_the_threads_own),
		cmocka_unit_test(program_is_found_where_only_root_looks),
		cmocka_unit_test(what_is_known_is_not_asked_again),
		cmocka_unit_test(what_one_process_learns_all_know),
		cmocka_unit_test(room_for_answers_is_limited),
		cmocka_unit_test(configuration_is_read),
		cmocka_unit_test(skip_is_contradicted_by_all_of_its_options),
		cmocka_unit_test(skip_names_what_is_missing),
		cmocka_unit_test(module_of_an_option_is_found),
		cmocka_unit_test(skip_for_what_is_there_is_a_failure),
	};

	return nsrig_main(argc, argv, tests);
}
