// SPDX-License-Identifier: MIT
/*
 * As many hosts as a machine has room for: what limits there are is the machine's.
 *
 *	h1 eth0 10.0.0.1/24 ====== eth0 10.0.0.2/24 h2000	h2, h3, ..., h1999
 */
#include "count.h"

#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>

static void two_thousand_hosts(void **state)
{
	enum { HOSTS = 2000 };
	int descriptors = count_descriptors(), i;
	struct nsrig *rig;
	char *text, name[16];
	size_t size;
	FILE *file = open_memstream(&text, &size);

	(void)state;
	assert_non_null(file);
	for (i = 1; i <= HOSTS; i++)
		fprintf(file, "host h%d\n", i);
	fprintf(file, "veth h1:eth0 10.0.0.1/24 -- h%d:eth0 10.0.0.2/24\n", HOSTS);
	assert_int_equal(fclose(file), 0);
	nsrig_assert_ok(nsrig_new(&rig));
	nsrig_assert_ok(nsrig_add(rig, text));
	free(text);
	for (i = 1; i <= HOSTS; i++) {
		snprintf(name, sizeof(name), "h%d", i);
		assert_non_null(nsrig_find_host(rig, name));
	}
	nsrig_in(nsrig_find_host(rig, "h1"))
		nsrig_assert_ping("10.0.0.2");
	nsrig_free(rig);
	assert_int_equal(count_descriptors(), descriptors);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(two_thousand_hosts),
	};

	return nsrig_main(argc, argv, tests);
}
