// SPDX-License-Identifier: MIT
/* Tests that require something that no machine has, and malformed requirements. */
#include "guilty.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/syscall.h>
#include <unistd.h>

static void requires_a_kind_of_link(void **state)
{
	(void)state;
	nsrig_require_link("nonesuch");
}

static void requires_a_kind_of_qdisc(void **state)
{
	(void)state;
	nsrig_require_qdisc("nonesuch");
}

static void requires_a_kernel(void **state)
{
	(void)state;
	nsrig_require_kernel(2, 6);
	nsrig_require_kernel(99, 1);
}

static void requires_a_sysctl(void **state)
{
	(void)state;
	nsrig_require_sysctl("net.ipv4.ip_forward");
	nsrig_require_sysctl("net.ipv4.ip_backward");
}

static void requires_an_option(void **state)
{
	(void)state;
	nsrig_require_config("CONFIG_NONESUCH");
}

static void requires_a_program(void **state)
{
	(void)state;
	nsrig_require_program("sh");
	nsrig_require_program("/bin/sh");
	nsrig_require_program("nonesuch");
}

static void requires_a_program_from_somewhere(void **state)
{
	(void)state;
	nsrig_require_program("sh", "the moon");
	nsrig_require_program("nonesuch", "the moon");
}

static void requires_a_module(void **state)
{
	(void)state;
	nsrig_require_module("nonesuch");
}

static void requires_what_it_gave_up(void **state)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	(void)state;
	nsrig_require_cap(CAP_NET_RAW);
	assert_return_code(syscall(SYS_capset, &header, none), errno);
	nsrig_require_cap(CAP_NET_RAW);
}

static void requires_nothing_at_all(void **state)
{
	(void)state;
	nsrig_require_link(NULL);
}

static void requires_no_option(void **state)
{
	(void)state;
	nsrig_require_config("VETH");
}

static void requires_what_is_refused(void **state)
{
	(void)state;
	nsrig_require(-EOPNOTSUPP, "CONFIG_NONESUCH and CONFIG_OTHER");
}

/* An error other than "not supported" is a failure, not a skip. */
static void requires_what_fails(void **state)
{
	struct nsrig_ns *ns = nsrig_host(*state, "left");

	nsrig_require(nsrig_link_up(ns, "nonesuch"), "CONFIG_NONESUCH");
}

static void lacks_what_is_built_in(void **state)
{
	(void)state;
	nsrig_require_config("CONFIG_NET");
	nsrig_require(-EOPNOTSUPP, "CONFIG_NET");
}

static void lacks_one_of_two(void **state)
{
	(void)state;
	nsrig_require_config("CONFIG_NET");
	nsrig_require(-EOPNOTSUPP, "CONFIG_NET and CONFIG_NONESUCH");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(requires_a_kind_of_link),
	cmocka_unit_test(requires_a_kind_of_qdisc),
	cmocka_unit_test(requires_a_kernel),
	cmocka_unit_test(requires_a_sysctl),
	cmocka_unit_test(requires_an_option),
	cmocka_unit_test(requires_a_program),
	cmocka_unit_test(requires_a_program_from_somewhere),
	cmocka_unit_test(requires_a_module),
	cmocka_unit_test(requires_what_it_gave_up),
	cmocka_unit_test(requires_nothing_at_all),
	cmocka_unit_test(requires_no_option),
	cmocka_unit_test(requires_what_is_refused),
	nsrig_test(requires_what_fails, &guilty_cable),
	cmocka_unit_test(lacks_what_is_built_in),
	cmocka_unit_test(lacks_one_of_two),
};

const struct guilty_tests guilty_require = GUILTY_TESTS(tests);
