// SPDX-License-Identifier: MIT
/* The helpers of fixture/base/ that need no kernel. No network. */
#include "fixture/base/array.h"
#include "fixture/base/hash.h"
#include "fixture/base/library.h"
#include "fixture/base/procfs.h"
#include "fixture/base/tail.h"
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <nsrig.h>
#include <stdlib.h>
#include <string.h>

static void arrays_grow(void **state)
{
	size_t *numbers = NULL, count = 0, i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		size_t *number = nsrig_append(&numbers, &count, sizeof(*number));

		assert_ptr_equal(number, &numbers[i]);
		assert_int_equal(*number, 0);
		*number = i;
	}
	assert_int_equal(count, 1000);
	for (i = 0; i < count; i++)
		assert_int_equal(numbers[i], i);
	free(numbers);
}

static void arrays_are_shortened_and_grow_again(void **state)
{
	char *bytes = NULL, *byte;
	size_t count = 0, i;

	(void)state;
	for (i = 0; i < 100; i++) {
		byte = nsrig_append(&bytes, &count, 1);
		*byte = 'a';
	}
	for (count = 3; count < 300;) {
		byte = nsrig_append(&bytes, &count, 1);
		assert_int_equal(*byte, '\0');
	}
	assert_memory_equal(bytes, "aaa", 4);
	free(bytes);
}

/* No memory has room for this many elements of this size. */
/* What can't be allocated is no error of the caller's. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "allocator_may_return_null=1";
}

static void arrays_that_are_too_large_stay(void **state)
{
	char *bytes = NULL;
	size_t count = 0;

	(void)state;
	*(char *)nsrig_append(&bytes, &count, 1) = 'a';
	assert_null(nsrig_append(&bytes, &count, SIZE_MAX / 2 + 1));
	assert_int_equal(count, 1);
	assert_int_equal(*bytes, 'a');
	free(bytes);
}

static void tails_are_the_end(void **state)
{
	static const struct {
		const char *text, *tail;
	} rows[] = {{"abc", "abc"}, {"defgh", "abcdefgh"}, {"", "abcdefgh"}, {"ij", "cdefghij"},
		{"0123456789", "23456789"}, {"x", "3456789x"}, {"12345678", "12345678"}};
	char tail[8];
	size_t size = 0, i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		nsrig_tail_append(tail, &size, sizeof(tail), rows[i].text, strlen(rows[i].text));
		assert_int_equal(size, strlen(rows[i].tail));
		assert_memory_equal(tail, rows[i].tail, size);
	}
}

static void codes_are_read(void **state)
{
	static const struct {
		const char *text, *read;
	} rows[] = {{"/a\\040b\\134c", "/a b\\c"}, {"1\\x0a2\\x5cx0a", "1\n2\\x0a"},
		{"\\303\\244", "\303\244"}, {"\\x00 \\000", "\\x00 \\000"}, {"\\04", "\\04"},
		{"\\x4", "\\x4"}, {"\\08a", "\\08a"}, {"\\", "\\"}, {"", ""}};
	char text[32];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		strcpy(text, rows[i].text);
		nsrig_procfs_unescape(text);
		assert_string_equal(text, rows[i].read);
	}
}

/*
 * The expected values are those of the FNV draft; the others, with a high bit set, pin nsrig's own
 * results.
 */
static void hashes_never_change(void **state)
{
	(void)state;
	assert_int_equal(nsrig_hash32(""), 0x811c9dc5);
	assert_int_equal(nsrig_hash32("foobar"), 0xbf9cf968);
	assert_int_equal(nsrig_hash32("\xc3\xa4"), 0x199de0e2);
	assert_true(nsrig_hash64(NSRIG_HASH64, "") == UINT64_C(0xcbf29ce484222325));
	assert_true(nsrig_hash64(NSRIG_HASH64, "foobar") == UINT64_C(0x85944171f73967e8));
	assert_true(nsrig_hash64(nsrig_hash64(NSRIG_HASH64, "foo"), "bar") ==
		    UINT64_C(0x85944171f73967e8));
	assert_true(nsrig_hash64(NSRIG_HASH64, "\xc3\xa4") == UINT64_C(0xac21207b7181582));
}

static void libraries_are_there_or_not(void **state)
{
	static const char *const none[] = {"libnone.so.1", NULL}, *const libc[] = {"libnone.so.1",
									  "libc.so.6", NULL};
	size_t (*length)(const char *text) = NULL;
	const struct nsrig_symbol known = {"strlen", &length}, unknown = {"nsrig_none", &length};

	(void)state;
	refused(nsrig_library_need("none", none, &known, 1), -NSRIG_ELACKS, "needs none: libnone");
	if (nsrig_library_load(libc, &known, 1) == -ENOENT)
		nsrig_skip("needs glibc");
	refused(nsrig_library_need("libc", libc, &unknown, 1), -NSRIG_ELACKS,
		"needs another version of libc");
	assert_int_equal(length("four"), 4);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(arrays_grow),
		cmocka_unit_test(arrays_are_shortened_and_grow_again),
		cmocka_unit_test(arrays_that_are_too_large_stay),
		cmocka_unit_test(tails_are_the_end),
		cmocka_unit_test(codes_are_read),
		cmocka_unit_test(hashes_never_change),
		cmocka_unit_test(libraries_are_there_or_not),
	};

	return nsrig_main(argc, argv, tests);
}
