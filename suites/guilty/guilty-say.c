// SPDX-License-Identifier: MIT
/* Tests that print odd output, tests that skip, and tests that do nothing wrong. */
#include "guilty.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* For names that are longer than any buffer for names. */
#define TEN "ten_bytes_"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LONG_NAME HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED

static void passes(void **state)
{
	(void)state;
}

static void passes_on_a_cable(void **state)
{
	nsrig_in(nsrig_host(*state, "left"))
		nsrig_assert_ping("10.1.0.2");
}

static void prints(void **state)
{
	(void)state;
	printf("ok 1 - not the stream's\n");
	fprintf(stderr, "nor this\n");
}

static void says_the_plan(void **state)
{
	(void)state;
	printf("1..9\nok 1\nnot ok 2 - no\nBail out! now\nTAP version 13\n  ---\n  ...\n");
	fflush(stdout);
	fprintf(stderr, "ok 3 # SKIP\nBail out!\n");
	printf("no newline");
	fflush(stdout);
}

static void says_the_plan_and_fails(void **state)
{
	says_the_plan(state);
	nsrig_fail("ok 1\nnot ok 2\nBail out!");
}

#define FLOOD (10 << 20)

/* 10 MB on stdout, and 10 MB on stderr. */
static void flood(void)
{
	static char line[1024];
	int i;

	memset(line, 'x', sizeof(line));
	line[sizeof(line) - 1] = '\n';
	for (i = 0; i < FLOOD / (int)sizeof(line); i++) {
		assert_int_equal(fwrite(line, sizeof(line), 1, stdout), 1);
		assert_int_equal(fwrite(line, sizeof(line), 1, stderr), 1);
	}
}

static void floods(void **state)
{
	(void)state;
	flood();
}

static void floods_and_fails(void **state)
{
	(void)state;
	flood();
	assert_string_equal("after", "the flood");
}

static void prints_odd_things(void **state)
{
	(void)state;
	printf("word: after\nword : after\n a: b\n- list\n...\n---\n\"quoted\"\n\\\n\n\n'x'\n#\n");
	printf("nul \001 \033[1m \t tab\xff\xfe: x\n: \n:\n{\n[\n~\n|\n>\nno newline at the end");
	nsrig_fail("word: \"quoted\"\nsecond line: ...");
}

static void fails_in_utf8(void **state)
{
	(void)state;
	printf("\xe2\x82\xac, and half of it: \xe2\x82\nno character: \xef\xbf\xbf\n");
	nsrig_fail("\xe2\x82\xac \xc3\xa9");
}

static void skips_in_utf8(void **state)
{
	(void)state;
	printf("half: \xe2\x82\n");
	nsrig_skip("needs \xe2\x82\xac and \xe2\x82");
}

/* Each quote takes two bytes in the stream, so the line is longer than meson's limit for a line. */
static void fails_with_a_long_line(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 60000; i++)
		putchar('"');
	nsrig_fail("too much was said");
}

static void says_bytes_and_fails(void **state)
{
	static const char bytes[] = "nul \0 bell \a invalid \xff\xc3 end";

	(void)state;
	assert_int_equal(fwrite(bytes, sizeof(bytes) - 1, 1, stdout), 1);
	assert_string_equal("one", "two");
}

static void fails_under_a_name(void **state)
{
	(void)state;
	printf("before it failed\n");
	assert_string_equal("one", "two");
}

static void skips(void **state)
{
	(void)state;
	nsrig_skip("needs a %s machine", "larger");
}

static void skips_in_do(void **state)
{
	nsrig_in(nsrig_host(*state, "left"))
		nsrig_skip("needs #5 and a \\");
}

static void skips_without_reason(void **state)
{
	(void)state;
	skip();
}

/* Makes cmocka's last line one that the runner doesn't expect. */
static void skips_in_another_language(void **state)
{
	(void)state;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	skip();
}

static int skip_in_setup(void **state)
{
	(void)state;
	nsrig_skip("needs more in its set-up");
}

static int plain_skip_in_setup(void **state)
{
	(void)state;
	skip();
	return 0;
}

static void skips_in_child(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		nsrig_skip("needs a parent");
	waitpid(pid, NULL, 0);
}

/* In a child, because the test itself doesn't continue after an assertion has failed. */
static void skips_after_a_failure(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		assert_string_equal("five", "six");
	waitpid(pid, NULL, 0);
	nsrig_skip("needs what it has not");
}

static void saves_a_file(void **state)
{
	char path[4096];
	FILE *file;

	(void)state;
	if (!nsrig_artifacts())
		nsrig_skip("needs a place for it");
	snprintf(path, sizeof(path), "%s/a file", nsrig_artifacts());
	file = fopen(path, "we");
	assert_non_null(file);
	fputs("to be seen\n", file);
	fclose(file);
}

/* Writes what it sees of the machine, for the suite to compare. */
static void looks_around(void **state)
{
	struct nsrig_ns *own;
	struct nsrig_link *links;
	size_t count;

	(void)state;
	nsrig_assert_ok(nsrig_ns_current(&own));
	/* No links but those of every namespace. */
	nsrig_assert_links(own);
	nsrig_assert_ok(nsrig_link_list(own, &links, &count));
	printf("first link %s %s\n", links[0].name, links[0].flags & IFF_UP ? "up" : "down");
	printf("pid %d\n", getpid());
	printf("stdin %zd\n", read(STDIN_FILENO, &count, 1));
	printf("run is %s\n", access("/run/of-the-machine", F_OK) ? "empty" : "the machine's");
	assert_int_equal(close(open("/run/of-a-test", O_CREAT | O_WRONLY | O_CLOEXEC, 0644)), 0);
	free(links);
	nsrig_ns_free(own);
	nsrig_fail("to be seen");
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(passes),
	nsrig_test(passes_on_a_cable, &guilty_cable),
	cmocka_unit_test(prints),
	cmocka_unit_test(says_the_plan),
	cmocka_unit_test(says_the_plan_and_fails),
	cmocka_unit_test(floods),
	cmocka_unit_test(floods_and_fails),
	cmocka_unit_test(prints_odd_things),
	cmocka_unit_test(says_bytes_and_fails),
	cmocka_unit_test(fails_in_utf8),
	cmocka_unit_test(skips_in_utf8),
	cmocka_unit_test(fails_with_a_long_line),
	{.name = LONG_NAME, .test_func = fails_under_a_name},
	{.name = "a # TODO name\nof \\ two lines  ", .test_func = fails_under_a_name},
	cmocka_unit_test(skips),
	nsrig_test(skips_in_do, &guilty_cable),
	cmocka_unit_test(skips_without_reason),
	cmocka_unit_test(skips_in_another_language),
	{"skips_in_setup", guilty_never_begins, skip_in_setup, NULL, NULL},
	{"skips_plainly_in_setup", guilty_never_begins, plain_skip_in_setup, NULL, NULL},
	cmocka_unit_test(skips_in_child),
	cmocka_unit_test(skips_after_a_failure),
	cmocka_unit_test(saves_a_file),
	cmocka_unit_test(looks_around),
	{.name = "nothing to run"},
};

const struct guilty_tests guilty_say = GUILTY_TESTS(tests);
