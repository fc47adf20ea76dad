// SPDX-License-Identifier: MIT
/*
 * The error sentence of a thread: how it is formatted, kept, wrapped and truncated. No network: the
 * test calls the library's internal error functions directly.
 */
#include "fixture/base/error-private.h"
#include "fixture/base/sentence.h"

#include <errno.h>
#include <nsrig.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

#define MIB (1 << 20)

static void is_of_any_length(void **state)
{
	const char *sentence;

	(void)state;
	assert_int_equal(nsrig_failed(ENOENT, "%*s", MIB, "end"), -ENOENT);
	sentence = nsrig_error();
	assert_int_equal(strspn(sentence, " "), MIB - strlen("end"));
	assert_string_equal(sentence + MIB - strlen("end"), "end: No such file or directory");
	assert_int_equal(nsrig_refused(EINVAL, "short"), -EINVAL);
	assert_string_equal(nsrig_error(), "short");
}

static void goes_into_another(void **state)
{
	(void)state;
	nsrig_refused(EINVAL, "one");
	nsrig_refused(EINVAL, "%s and %s", nsrig_error(), nsrig_error());
	nsrig_failed(EPERM, "\"%s\"", nsrig_error() + strlen("one "));
	assert_string_equal(nsrig_error(), "\"and one\": Operation not permitted");
}

static void is_saved(void **state)
{
	struct nsrig_saved_error saved;

	(void)state;
	nsrig_refused(EINVAL, "the first");
	saved = nsrig_error_save();
	assert_string_equal(nsrig_error(), "");
	nsrig_refused(EINVAL, "the second");
	nsrig_error_restore(saved);
	assert_string_equal(nsrig_error(), "the first");
}

/*
 * vasprintf() fails here as it does when memory is out: without a locale it can't convert the
 * character.
 */
static void says_that_memory_is_out(void **state)
{
	struct nsrig_saved_error saved;

	(void)state;
	nsrig_refused(EINVAL, "one");
	nsrig_refused(EINVAL, "%ls", L"\x20ac");
	assert_string_equal(
		nsrig_error(), "out of memory: there was none for the sentence about an error");
	saved = nsrig_error_save();
	nsrig_error_restore(saved);
	nsrig_failed(ENOENT, "then: %.13s", nsrig_error());
	assert_string_equal(nsrig_error(), "then: out of memory: No such file or directory");
}

static int begins_with_none(void *unused)
{
	(void)unused;
	nsrig_error_restore(nsrig_error_save());
	assert_string_equal(nsrig_error(), "");
	nsrig_refused(EINVAL, "of another thread");
	return 0;
}

static void is_of_a_thread(void **state)
{
	nsrig_refused(EINVAL, "of this thread");
	nsrig_assert_join(nsrig_spawn_thread(*state, "host", begins_with_none, NULL));
	assert_string_equal(nsrig_error(), "of this thread");
}

static void *leave_much_behind(void *unused)
{
	(void)unused;
	nsrig_refused(EINVAL, "%*s", 32 * MIB, "");
	return NULL;
}

/* The resident pages of this process. */
static long count_pages(void)
{
	long pages = 0;
	FILE *file = fopen("/proc/self/statm", "re");

	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d %ld", &pages), 1);
	fclose(file);
	return pages;
}

static void is_freed_with_its_thread(void **state)
{
	long before = count_pages();
	pthread_t thread;
	int i;

	(void)state;
	for (i = 0; i < 16; i++) {
		assert_int_equal(pthread_create(&thread, NULL, leave_much_behind, NULL), 0);
		pthread_join(thread, NULL);
	}
	/* A sanitizer keeps freed memory for a while. */
	assert_in_range(count_pages() - before, 0, 384 * (MIB / sysconf(_SC_PAGESIZE)));
}

/*
 * A text of this size (NUL included), truncated to 100 bytes: first the dots, then as many
 * characters as fit.
 */
static char *cut_to_100(size_t size, size_t dots, const char *character)
{
	char *text = malloc(size), *found = NULL;
	struct nsrig_cut cut;
	size_t i;

	assert_non_null(text);
	memset(text, '.', size);
	for (i = dots; i + strlen(character) < size; i += strlen(character))
		memcpy(text + i, character, strlen(character));
	text[size - 1] = '\0';
	cut = nsrig_cut(text, 100);
	assert_true(
		asprintf(&found, "%.*s%s%s", (int)cut.length, cut.head, cut.mark, cut.tail) > 0);
	free(text);
	return found;
}

static void is_cut_where_it_is_too_long(void **state)
{
	char *found;

	(void)state;
	found = cut_to_100(100, 0, "x");
	assert_int_equal(strlen(found), 99);
	assert_int_equal(strspn(found, "x."), 99);
	free(found);
	found = cut_to_100(101, 0, "x");
	assert_string_equal(found, "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx ... (48 bytes left "
				   "out) ... xxxxxxxxxxxxx");
	free(found);
}

/* The text must consist of whole euro signs only. */
static size_t count_euros(const char *text)
{
	size_t count = 0;

	for (; !strncmp(text, "\xe2\x82\xac", 3); count++)
		text += 3;
	return count;
}

static void characters_are_not_halved(void **state)
{
	size_t i, size, dots, left_out = 0, euros;
	char *found, *tail;

	(void)state;
	for (i = 0; i < 30; i++) {
		size = 200 + i / 3;
		dots = i % 3;
		found = cut_to_100(size, dots, "\xe2\x82\xac");
		euros = count_euros(found + dots);
		assert_int_equal(sscanf(found + dots + 3 * euros, " ... (%zu bytes left out) ... ",
					 &left_out),
			1);
		tail = strstr(found, "out) ... ") + strlen("out) ... ");
		euros += count_euros(tail);
		assert_int_equal(
			dots + 3 * euros + left_out + strspn(strrchr(tail, '\xac') + 1, "."),
			size - 1);
		free(found);
	}
}

static const char *room_for_20(char room[20], char **memory, const char *format, ...)
{
	const char *sentence;
	va_list args;

	va_start(args, format);
	sentence = nsrig_vsentence(room, 20, memory, format, args);
	va_end(args);
	return sentence;
}

static void needs_memory_where_it_is_long(void **state)
{
	char room[20], *memory;

	(void)state;
	assert_ptr_equal(room_for_20(room, &memory, "%s", "just fits in there:"), room);
	assert_null(memory);
	assert_string_equal(room, "just fits in there:");
	assert_string_equal(
		room_for_20(room, &memory, "%s", "does not fit in there"), "does not fit in there");
	assert_non_null(memory);
	free(memory);
}

static const struct nsrig_topo alone = {.hosts = {"host"}};

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_of_any_length),
		cmocka_unit_test(goes_into_another),
		cmocka_unit_test(is_saved),
		cmocka_unit_test(says_that_memory_is_out),
		nsrig_test(is_of_a_thread, &alone),
		cmocka_unit_test(is_freed_with_its_thread),
		cmocka_unit_test(is_cut_where_it_is_too_long),
		cmocka_unit_test(characters_are_not_halved),
		cmocka_unit_test(needs_memory_where_it_is_long),
	};

	return nsrig_main(argc, argv, tests);
}
