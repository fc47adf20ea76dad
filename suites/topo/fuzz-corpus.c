// SPDX-License-Identifier: MIT
/*
 * The corpus of the fuzzer (suites/topo/fuzz/corpus, one topology per file), run without the
 * fuzzer: so a defect that the fuzzer found once stays covered in every build of the library. No
 * network is built.
 */
#include "suites/topo/fuzz/feed.h"

#include <dirent.h>
#include <errno.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH_MAX 65536

static size_t read_all(const char *path, char *bytes)
{
	FILE *file = fopen(path, "re");
	size_t length;

	if (!file)
		nsrig_fail("%s: %s", path, strerror(errno));
	length = fread(bytes, 1, LENGTH_MAX, file);
	if (ferror(file) || length == LENGTH_MAX)
		nsrig_fail("%s: it can't be read, or has %d bytes and more", path, LENGTH_MAX);
	fclose(file);
	return length;
}

static void corpus_is_as_it_should_be(void **state)
{
	char *bytes = malloc(LENGTH_MAX);
	struct dirent *entry;
	const char *wrong;
	int count = 0;
	DIR *dir;

	(void)state;
	assert_non_null(bytes);
	dir = opendir(CORPUS);
	if (!dir)
		nsrig_fail("%s: %s", CORPUS, strerror(errno));
	while ((entry = readdir(dir))) {
		char file[sizeof(CORPUS) + sizeof(entry->d_name) + 1];

		if (*entry->d_name == '.')
			continue;
		snprintf(file, sizeof(file), "%s/%s", CORPUS, entry->d_name);
		wrong = feed(bytes, read_all(file, bytes));
		if (wrong)
			nsrig_fail("%s: %s", file, wrong);
		count++;
	}
	closedir(dir);
	free(bytes);
	assert_true(count >= 30);
}

/* Every prefix of a text that contains all elements of the language. */
static void no_text_is_cut_in_a_bad_place(void **state)
{
	static const char text[] =
		"host r forwarding sysctl net.ipv4.ip_forward=1 names x,y\n"
		"veth \"a:x\" 10.7.0.1/24 2001:db8:7::1/64 delay 10ms loss 1% \\\n"
		" -- r:y 10.7.0.2/24 down # end\n"
		"bridge r:br vlan_filtering on\n"
		"veth r:p master br vlan 5 pvid untagged -- c:z mtu 1400\n"
		"wireguard a:w 10.9.0.1/24 peer r:w endpoint [::1]:5 allowed-ips 10.0.0.0/8\n"
		"wireguard r:w 10.9.0.2/24\n"
		"kind k a:k raw 1=u32:7 raw 2=hex:00ff\n"
		"nft a { table ip t { chain c { } } }\n"
		"route a default via 10.7.0.2\nrule a from 10.0.0.0/8 table 7\n"
		"neigh a 10.7.0.9 lladdr 02:00:00:00:00:09 dev x\n"
		"fdb r 02:00:00:00:00:09 dev p master br\nring 3 mtu 1400\nrouting";
	size_t i;

	(void)state;
	for (i = 0; i <= strlen(text); i++) {
		const char *wrong = feed(text, i);

		if (wrong)
			nsrig_fail("the first %zu bytes: %s", i, wrong);
	}
	nsrig_assert_ok(nsrig_topo_check(&(struct nsrig_topo){.text = text}));
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(corpus_is_as_it_should_be),
		cmocka_unit_test(no_text_is_cut_in_a_bad_place),
	};

	return nsrig_main(argc, argv, tests);
}
