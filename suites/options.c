// SPDX-License-Identifier: MIT
/*
 * The options of the runner: which tests run, in which order, how many at a time, how often.
 *
 *	this test ---- runs ----> guilty --filter ... --shard ... --jobs ...
 */
#include "count.h"
#include "program.h"

#include <fcntl.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOME "passes,prints,skips,fails"

/* Variables that a pipeline may have set for this very suite. */
static int clear_environment(void **state)
{
	static const char *const names[] = {"NSRIG_FILTER", "NSRIG_SHARD", "NSRIG_JOBS",
		"NSRIG_TIMEOUT", "NSRIG_TIMEOUT_SCALE", "NSRIG_REPEAT", "NSRIG_UNTIL_FAIL",
		"NSRIG_FAIL_FAST", "NSRIG_NO_FORK", "NSRIG_VERBOSE", "NSRIG_SHUFFLE",
		"NSRIG_REQUIRE", "CI_NODE_INDEX", "CI_NODE_TOTAL", "JOB_COMPLETION_INDEX",
		"JOB_COMPLETION_COUNT", "TEST_SHARD_INDEX", "TEST_TOTAL_SHARDS",
		"TEST_SHARD_STATUS_FILE"};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		unsetenv(names[i]);
	return 0;
}

/* What guilty says with these arguments; to be freed. */
static char *say(int exit_status, char *const argv[])
{
	struct program guilty;

	program_run(&guilty, argv);
	program_assert_exit(&guilty, exit_status);
	free(guilty.err_text);
	program_forget_times(&guilty);
	return guilty.out_text;
}

#define assert_says(exit_status, expected, ...)                                                    \
	do {                                                                                       \
		char *said = say(exit_status, (char *[]){GUILTY, __VA_ARGS__, NULL});              \
                                                                                                   \
		assert_string_equal(said, expected);                                               \
		free(said);                                                                        \
	} while (0)

/* The same, of a part of it. */
#define assert_says_among(exit_status, expected, ...)                                              \
	do {                                                                                       \
		char *said = say(exit_status, (char *[]){GUILTY, __VA_ARGS__, NULL});              \
                                                                                                   \
		if (!strstr(said, expected))                                                       \
			nsrig_fail("\"%s\" is not in: %s", expected, said);                        \
		free(said);                                                                        \
	} while (0)

/* Refused with status 2 and these words, before anything was written. */
#define assert_refused(words, ...)                                                                 \
	do {                                                                                       \
		struct program bad;                                                                \
                                                                                                   \
		program_run(&bad, (char *[]){GUILTY, __VA_ARGS__, NULL});                          \
		assert_string_equal(bad.out_text, "");                                             \
		if (!strstr(bad.err_text, (words)))                                                \
			nsrig_fail("\"%s\" is not in: %s", (words), bad.err_text);                 \
		program_assert_exit(&bad, 2);                                                      \
		program_free(&bad);                                                                \
	} while (0)

static void filters_choose(void **state)
{
	(void)state;
	assert_says(0, "passes\nprints\nskips\nfails\n", SOME, "--list");
	assert_says(0, "passes\nprints\n", SOME, "--list", "--filter", "p*");
	assert_says(0, "passes\nskips\n", SOME, "--list", "--filter", "pas*", "--filter=skips");
	assert_says(0, "passes\nskips\nfails\n", SOME, "--list", "--filter", "!pr*");
	assert_says(0, "passes\n", SOME, "--list", "--filter", "p*", "--filter", "!prints");
	assert_says(0, "TAP version 13\n1..1\nok 1 - passes\n", SOME, "--filter", "pass[a-f]s");
	setenv("NSRIG_FILTER", "p* !prints", 1);
	assert_says(0, "passes\n", SOME, "--list");
	assert_says(0, "skips\n", SOME, "--list", "--filter", "skips");
}

static void filters_that_match_nothing_are_refused(void **state)
{
	(void)state;
	assert_refused("no test has a name like \"nothing\"", SOME, "--filter", "nothing");
	assert_refused("like \"!nothing\"", SOME, "--filter", "p*", "--filter", "!nothing");
	assert_refused("leave no test", SOME, "--filter", "p*", "--filter", "!p*");
	assert_refused("--filter: \"\"", SOME, "--filter", "");
	assert_refused("--filter: \"!\"", SOME, "--filter", "!");
}

static void shards_share_the_tests(void **state)
{
	(void)state;
	assert_says(0, "passes\nskips\n", SOME, "--list", "--shard", "1/2");
	assert_says(0, "prints\nfails\n", SOME, "--list", "--shard", "2/2");
	assert_says(0, "prints\n", SOME, "--list", "--shard", "2/3");
	assert_says(0, "prints\n", SOME, "--list", "--shard", "2/2", "--filter", "p*");
	assert_says(0, "prints\nfails\n", SOME, "--list", "--shard", "2/2", "--shuffle=5");
	/* More shards than tests: nothing to do is no failure. */
	assert_says(
		0, "TAP version 13\n1..0 # SKIP no test in this shard\n", SOME, "--shard", "5/5");
	assert_refused("--shard: \"0/2\"", SOME, "--shard", "0/2");
	assert_refused("--shard: \"3/2\"", SOME, "--shard", "3/2");
	assert_refused("--shard: \"1\"", SOME, "--shard", "1");
	assert_refused("--shard: \"1/2x\"", SOME, "--shard", "1/2x");
	assert_refused("--shard: \"1/0\"", SOME, "--shard", "1/0");
}

static void shards_of_engines_are_read(void **state)
{
	char path[] = "/tmp/nsrig-options-XXXXXX", status[64];

	(void)state;
	setenv("CI_NODE_INDEX", "2", 1);
	setenv("CI_NODE_TOTAL", "2", 1);
	assert_says(0, "prints\nfails\n", SOME, "--list");
	assert_says(0, "passes\nskips\n", SOME, "--list", "--shard", "1/2");
	setenv("CI_NODE_INDEX", "3", 1);
	assert_refused("CI_NODE_INDEX: \"3\"", SOME, "--list");
	clear_environment(NULL);

	setenv("JOB_COMPLETION_INDEX", "1", 1);
	assert_says(0, "passes\nprints\nskips\nfails\n", SOME, "--list");
	setenv("JOB_COMPLETION_COUNT", "3", 1);
	assert_says(0, "prints\n", SOME, "--list");
	clear_environment(NULL);

	assert_non_null(mkdtemp(path));
	snprintf(status, sizeof(status), "%s/status", path);
	setenv("TEST_SHARD_INDEX", "0", 1);
	setenv("TEST_TOTAL_SHARDS", "4", 1);
	setenv("TEST_SHARD_STATUS_FILE", status, 1);
	assert_says(0, "passes\n", SOME, "--list");
	assert_int_equal(unlink(status), 0);
	rmdir(path);
	setenv("NSRIG_SHARD", "4/4", 1);
	assert_says(0, "fails\n", SOME, "--list");
}

/* The stream is the same to the byte, in the order of the plan, however many run at a time. */
static void jobs_do_not_change_the_stream(void **state)
{
	static char tests[] =
		"passes_on_a_cable,crashes,skips,fails_in_child,passes,exits_3,prints,"
		"is_misspelt,fails_in_block,leaks_a_descriptor,kills_itself";
	static char *const jobs[] = {"2", "3", "8", "0", "1000"};
	char *one, *many, list[sizeof(tests)];
	size_t i;

	(void)state;
	/* AddressSanitizer would print addresses, which differ. */
	setenv("ASAN_OPTIONS", "handle_segv=0", 1);
	strcpy(list, tests);
	one = say(1, (char *[]){GUILTY, list, NULL});
	for (i = 0; i < sizeof(jobs) / sizeof(*jobs); i++) {
		strcpy(list, tests);
		many = say(1, (char *[]){GUILTY, list, "--jobs", jobs[i], NULL});
		assert_string_equal(many, one);
		free(many);
	}
	free(one);
	assert_refused("--jobs: \"-1\"", SOME, "--jobs", "-1");
	assert_refused("--jobs: \"two\"", SOME, "--jobs", "two");
}

/* Each waits for the other: one after the other, the first would wait for ever. */
static void jobs_run_side_by_side(void **state)
{
	char path[] = "/tmp/nsrig-options-XXXXXX", fifo[64];

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(fifo, sizeof(fifo), "%s/fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	setenv("GUILTY_PATH", fifo, 1);
	assert_says(0, "TAP version 13\n1..2\nok 1 - waits_for_a_fifo\nok 2 - opens_the_fifo\n",
		"waits_for_a_fifo,opens_the_fifo", "--jobs", "2");
	unlink(fifo);
	rmdir(path);
}

/* The next test is made ready while one runs, but it does not begin: here it would help. */
static void tests_wait_for_their_turn(void **state)
{
	char path[] = "/tmp/nsrig-options-XXXXXX", fifo[64], *text;

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(fifo, sizeof(fifo), "%s/fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	setenv("GUILTY_PATH", fifo, 1);
	text = say(
		1, (char *[]){GUILTY, "waits_for_a_fifo,opens_the_fifo", "--timeout", "1", NULL});
	assert_non_null(strstr(text, "not ok 1 - waits_for_a_fifo\n"));
	assert_non_null(strstr(text, "not ok 2 - opens_the_fifo\n"));
	free(text);
	unlink(fifo);
	rmdir(path);
}

static void rounds_are_repeated(void **state)
{
	(void)state;
	assert_says(0,
		"TAP version 13\n1..4\nok 1 - passes, round 1\nok 2 - prints, round 1\n"
		"ok 3 - passes, round 2\nok 4 - prints, round 2\n",
		"passes,prints", "--repeat", "2");
	assert_refused("--repeat: \"0\"", "passes", "--repeat", "0");
	setenv("NSRIG_REPEAT", "many", 1);
	assert_refused("NSRIG_REPEAT: \"many\"", "passes");
}

static void rounds_go_on_until_one_fails(void **state)
{
	char *text;

	(void)state;
	/* How many there were is known in the end: the plan comes last. */
	text = say(1, (char *[]){GUILTY, "passes,exits_3", "--until-fail", NULL});
	assert_ptr_equal(strstr(text, "TAP version 13\nok 1 - passes, round 1\nnot ok 2"), text);
	assert_non_null(strstr(text, "  ...\n1..2\n"));
	free(text);
	assert_says(0,
		"TAP version 13\nok 1 - passes, round 1\nok 2 - passes, round 2\n"
		"ok 3 - passes, round 3\n1..3\n",
		"passes", "--until-fail", "--repeat", "3");
}

static void order_is_the_seeds(void **state)
{
	static char tests[] = "passes,prints,skips,passes_on_a_cable,skips_without_reason";
	char list[sizeof(tests)], *first, *again, *other;

	(void)state;
	strcpy(list, tests);
	first = say(0, (char *[]){GUILTY, list, "--shuffle=7", NULL});
	strcpy(list, tests);
	again = say(0, (char *[]){GUILTY, list, "--shuffle=7", "--jobs=3", NULL});
	strcpy(list, tests);
	other = say(0, (char *[]){GUILTY, list, "--shuffle=8", NULL});
	assert_ptr_equal(
		strstr(first, "TAP version 13\n# shuffled with --shuffle=7\n1..5\n"), first);
	assert_string_equal(first, again);
	assert_string_not_equal(strchr(strchr(first, '#'), '\n'), strchr(strchr(other, '#'), '\n'));
	free(first);
	free(again);
	free(other);
	/* Without a seed one is made, and printed. */
	first = say(0, (char *[]){GUILTY, "passes", "--shuffle", NULL});
	assert_non_null(strstr(first, "\n# shuffled with --shuffle="));
	free(first);
	assert_refused("--shuffle: \"x\"", SOME, "--shuffle=x");
}

static void fail_fast_begins_no_more(void **state)
{
	char *text;

	(void)state;
	text = say(1, (char *[]){GUILTY, "passes,exits_3,prints,skips", "--fail-fast", NULL});
	assert_non_null(strstr(text, "1..4\nok 1 - passes\nnot ok 2 - exits_3\n"));
	assert_non_null(
		strstr(text, "\nok 3 - prints # SKIP not begun, as a test before it failed\n"
			     "ok 4 - skips # SKIP not begun, as a test before it failed\n"));
	free(text);
}

static void required_by_name(void **state)
{
	char *text;

	(void)state;
	assert_says(0,
		"TAP version 13\n1..2\nok 1 - skips # SKIP needs a larger machine\n"
		"ok 2 - skips_without_reason # SKIP skip() gave no reason\n",
		"skips,skips_without_reason", "--require=passes*");
	text = say(1, (char *[]){GUILTY, "skips,skips_without_reason", "--require=*_reason", NULL});
	assert_non_null(strstr(text, "\nok 1 - skips # SKIP"));
	assert_non_null(strstr(text, "\nnot ok 2 - skips_without_reason\n"));
	free(text);
}

static void verbose_shows_what_passed(void **state)
{
	(void)state;
	assert_says(0,
		"TAP version 13\n1..2\nok 1 - prints\n# ok 1 - not the stream's\n# nor this\n"
		"ok 2 - passes\n",
		"prints,passes", "--verbose");
}

static void scale_is_an_option_too(void **state)
{
	char *text;

	(void)state;
	text = say(1, (char *[]){GUILTY, "hangs", "--timeout=0.4", "--timeout-scale", "2.5", NULL});
	assert_non_null(strstr(text, "timed out in the test, after 1.000 s"));
	free(text);
	assert_refused("--timeout-scale: \"0\"", SOME, "--timeout-scale", "0");
	setenv("NSRIG_TIMEOUT_SCALE", "-2", 1);
	assert_refused("NSRIG_TIMEOUT_SCALE: \"-2\"", SOME);
}

static void arrays_of_any_size(void **state)
{
	struct program guilty;
	size_t lines = 0;
	char *p;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "100000 of them", "--list", NULL});
	for (p = guilty.out_text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 100000);
	program_free(&guilty);
	assert_refused("there are no tests", "none at all");
	assert_refused("two tests of the name \"passes\"", "passes,fails,passes");
}

#define option(test) nsrig_test(test, .setup = clear_environment)

/* In this process, and yet the same is said of it. */
static void no_fork_says_the_same(void **state)
{
	static const char tests[] = "passes,fails,skips,passes_on_a_cable,skips_without_reason,"
				    "fails_in_do,fails_with_a_message,leaks_a_descriptor,"
				    "is_misspelt,fails_in_setup,skips_in_setup,leaks_a_mount,"
				    "leaks_a_link,prints,fails_in_teardown,ends_what_it_began";
	char list[sizeof(tests)];
	char *apart, *here;

	(void)state;
	strcpy(list, tests);
	apart = say(1, (char *[]){GUILTY, list, NULL});
	strcpy(list, tests);
	here = say(1, (char *[]){GUILTY, list, "--no-fork", NULL});
	assert_string_equal(here, apart);
	free(here);
	free(apart);
}

static void no_fork_stays_in_the_process(void **state)
{
	struct program guilty;
	char expected[64];

	(void)state;
	setenv("NSRIG_NO_FORK", "1", 1);
	program_run(&guilty, (char *[]){GUILTY, "looks_around", NULL});
	snprintf(expected, sizeof(expected), "\"pid %d\"", guilty.pid);
	assert_non_null(strstr(guilty.out_text, expected));
	assert_non_null(strstr(guilty.out_text, "\"links 1, first lo up\""));
	/* What it prints can be seen at once, and is not in the stream. */
	snprintf(expected, sizeof(expected), "\npid %d\n", guilty.pid);
	assert_non_null(strstr(guilty.err_text, expected));
	program_free(&guilty);
	assert_says_among(1, "Bail out! the test has ended the process\n", "passes,exits_0,skips");
}

/* One test's processes don't stay for the next. */
static void no_fork_ends_processes(void **state)
{
	int processes = count_processes();

	(void)state;
	assert_says_among(1, "\nnot ok 1 - leaks_a_child\n  ---\n  outcome: leaked\n",
		"leaks_a_child,leaks_a_daemon,passes", "--no-fork");
	assert_says_among(
		1, "\nok 3 - passes\n", "leaks_a_daemon,fails_in_child,passes", "--no-fork");
	assert_int_equal(count_processes(), processes);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		option(filters_choose),
		option(filters_that_match_nothing_are_refused),
		option(shards_share_the_tests),
		option(shards_of_engines_are_read),
		option(jobs_do_not_change_the_stream),
		option(jobs_run_side_by_side),
		option(tests_wait_for_their_turn),
		option(rounds_are_repeated),
		option(rounds_go_on_until_one_fails),
		option(order_is_the_seeds),
		option(fail_fast_begins_no_more),
		option(required_by_name),
		option(verbose_shows_what_passed),
		option(scale_is_an_option_too),
		option(arrays_of_any_size),
		option(no_fork_says_the_same),
		option(no_fork_stays_in_the_process),
		option(no_fork_ends_processes),
	};

	return nsrig_main(argc, argv, tests);
}
