// SPDX-License-Identifier: MIT
/*
 * The headers can be used from C++.
 *
 *	left:eth0 10.0.0.1/24 ====== right:eth0 10.0.0.2/24
 */
#include <nsrig.h>

static const nsrig_topo pair = {
	{NSRIG_VETH("left:eth0 10.0.0.1/24", "right:eth0 10.0.0.2/24")}, {}, {}};

static const nsrig_fixture on_pair = {0, &pair, nullptr, nullptr};

static void cxx_reaches_the_other_end(void **state)
{
	auto *rig = static_cast<struct nsrig *>(*state);
	struct nsrig_echo ping = {};

	ping.dst = "10.0.0.2";
	nsrig_in(nsrig_host(rig, "left"))
		nsrig_assert_ok(nsrig_ping(&ping));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test_fixture(cxx_reaches_the_other_end, &on_pair),
	};

	return nsrig_main(argc, argv, tests);
}
