// SPDX-License-Identifier: MIT
/*
 * The options of the runner: which tests run, in which order, how many at a time, how often.
 *
 *	this test ---- runs ----> guilty --filter ... --shard ... --jobs ...
 */
#include "fixture/runner/options.h"
#include "suites/lib/array.h"
#include "suites/lib/count.h"
#include "suites/lib/program.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <nsrig.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOME "passes,prints,skips,fails"

/* The output of guilty with these arguments; the caller frees it. */
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

/* The output must contain this part. */
#define assert_says_among(exit_status, expected, ...)                                              \
	do {                                                                                       \
		char *said = say(exit_status, (char *[]){GUILTY, __VA_ARGS__, NULL});              \
                                                                                                   \
		if (!strstr(said, expected))                                                       \
			nsrig_fail("\"%s\" is not in: %s", expected, said);                        \
		free(said);                                                                        \
	} while (0)

/* guilty must exit with status 2 and these words, before it prints anything to stdout. */
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

/* ---- options and variables ------------------------------------------------------------------- */

/* --help lists every entry of the table with its variable, and aligns the descriptions. */
static void help_has_every_option(void **state)
{
	const struct nsrig_option *option;
	char *help, *line, *next, usage[64], setting[64], head[128];

	(void)state;
	help = say(0, (char *[]){GUILTY, "passes", "--help", NULL});
	for (option = nsrig_option_table; option->read; option++) {
		nsrig_option_usage(option, usage, sizeof(usage));
		nsrig_option_setting(option, setting, sizeof(setting));
		snprintf(head, sizeof(head), "  %c%c%c %-18s ", option->letter ? '-' : ' ',
			option->letter ?: ' ', option->letter ? ',' : ' ',
			*usage ? usage : setting);
		line = strstr(help, head);
		if (!line || line[-1] != '\n' || line[strlen(head)] != *option->summary)
			nsrig_fail("\"%s%s\" is no line of: %s", head, option->summary, help);
		if (!strstr(line, setting))
			nsrig_fail("\"%s\" is not in: %s", setting, line);
	}
	for (line = help; (next = strchr(line, '\n')); line = next + 1)
		if (next - line > 79)
			nsrig_fail("more than 79 columns: %.*s", (int)(next - line), line);
	free(help);
}

/* An option and its variable refuse the same values, with the same message. */
static void options_and_variables_are_refused(void **state)
{
	static const struct {
		char *option, *variable, *bad, *expected;
	} rows[] = {
		{NULL, "NSRIG_LIST", "yes", "0 or 1"},
		{"--filter", "NSRIG_FILTER", "!", "GLOB or !GLOB"},
		{"--shard", "NSRIG_SHARD", "3/2", "K/N, with K from 1 to N, or auto"},
		{"--jobs", "NSRIG_JOBS", "1025", "a number from 0 to 1024"},
		{"--timeout", "NSRIG_TIMEOUT", "0", "a time limit in seconds, 0.001 to 86400"},
		{"--timeout-scale", "NSRIG_TIMEOUT_SCALE", "1001", "a factor from 0.01 to 1000"},
		{"--timeout-scale", "NSRIG_TIMEOUT_SCALE", "0.0001", "a factor from 0.01 to 1000"},
		{"--repeat", "NSRIG_REPEAT", "1000001", "a number from 1 to 1000000"},
		{NULL, "NSRIG_UNTIL_FAIL", "2", "0 or 1"},
		{"--shuffle", "NSRIG_SHUFFLE", "-7", "a seed, which is a number"},
		{NULL, "NSRIG_FAIL_FAST", "on", "0 or 1"},
		{NULL, "NSRIG_NO_FORK", "on", "0 or 1"},
		{NULL, "NSRIG_CHECK_CONFIG", "on", "0 or 1"},
		{NULL, "NSRIG_NO_KMSG", "on", "0 or 1"},
		{NULL, "NSRIG_VERBOSE", "on", "0 or 1"},
	};
	char words[128], argument[64];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		snprintf(words, sizeof(words), "%s: \"%s\" is not understood (expected %s)\n",
			rows[i].variable, rows[i].bad, rows[i].expected);
		setenv(rows[i].variable, rows[i].bad, 1);
		assert_refused(words, SOME);
		unsetenv(rows[i].variable);
		if (!rows[i].option)
			continue;
		snprintf(words, sizeof(words), "%s: \"%s\" is not understood (expected %s)\n",
			rows[i].option, rows[i].bad, rows[i].expected);
		snprintf(argument, sizeof(argument), "%s=%s", rows[i].option, rows[i].bad);
		assert_refused(words, SOME, argument);
	}
	assert_refused(
		"--artifacts: \"\" is not understood (expected a folder)\n", SOME, "--artifacts=");
	assert_refused("option '--list' doesn't allow an argument", SOME, "--list=1");
	assert_refused("option '--jobs' requires an argument", SOME, "--jobs");
	assert_refused("unrecognized option '--nonesuch'", SOME, "--nonesuch");
	assert_refused("\"more\" is not understood (see --help)", SOME, "--list", "more");
}

static void variables_do_what_options_do(void **state)
{
	static const struct {
		char *option, *variable, *value;
		int exit_status;
	} rows[] = {
		{"--list", "NSRIG_LIST", "1", 0},
		{"--filter=p*", "NSRIG_FILTER", "p*", 0},
		{"--shard=1/2", "NSRIG_SHARD", "1/2", 1},
		{"--repeat=2", "NSRIG_REPEAT", "2", 1},
		{"--until-fail", "NSRIG_UNTIL_FAIL", "1", 1},
		{"--shuffle=7", "NSRIG_SHUFFLE", "7", 1},
		{"--fail-fast", "NSRIG_FAIL_FAST", "1", 1},
		{"--require=ski*", "NSRIG_REQUIRE", "ski*", 1},
		{"--require", "NSRIG_REQUIRE", "1", 1},
		{"--verbose", "NSRIG_VERBOSE", "1", 1},
		{"-v", "NSRIG_VERBOSE", "1", 1},
	};
	static char tests[] = "prints,skips,fails,passes";
	char *plain, *by_option, *by_variable;
	size_t i;

	(void)state;
	plain = say(1, (char *[]){GUILTY, strdupa(tests), NULL});
	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		by_option = say(rows[i].exit_status,
			(char *[]){GUILTY, strdupa(tests), rows[i].option, NULL});
		assert_string_not_equal(by_option, plain);
		setenv(rows[i].variable, rows[i].value, 1);
		by_variable = say(rows[i].exit_status, (char *[]){GUILTY, strdupa(tests), NULL});
		assert_string_equal(by_variable, by_option);
		unsetenv(rows[i].variable);
		free(by_variable);
		free(by_option);
	}
	free(plain);
}

/* A variable that is 0 does nothing either, unless 0 is a valid value. */
static void variables_that_are_empty_do_nothing(void **state)
{
	const struct nsrig_option *option;
	char *plain, *with_variable;

	(void)state;
	plain = say(1, (char *[]){GUILTY, strdupa(SOME), NULL});
	for (option = nsrig_option_table; option->read; option++) {
		bool may_be_0 = !option->argument || option->optional;

		if (!option->variable)
			continue;
		setenv(option->variable, "", 1);
		with_variable = say(1, (char *[]){GUILTY, strdupa(SOME), NULL});
		assert_string_equal(with_variable, plain);
		free(with_variable);
		setenv(option->variable, may_be_0 ? "0" : "", 1);
		with_variable = say(1, (char *[]){GUILTY, strdupa(SOME), NULL});
		assert_string_equal(with_variable, plain);
		free(with_variable);
		unsetenv(option->variable);
	}
	free(plain);
}

static void options_override_variables(void **state)
{
	(void)state;
	setenv("NSRIG_REPEAT", "3", 1);
	assert_says(0, "TAP version 13\n1..2\nok 1 - passes, round 1\nok 2 - passes, round 2\n",
		"passes", "--repeat=2");
	unsetenv("NSRIG_REPEAT");
	setenv("NSRIG_SHUFFLE", "7", 1);
	assert_says(0, "TAP version 13\n# shuffled with --shuffle=0\n1..1\nok 1 - passes\n",
		"passes", "--shuffle=0");
	unsetenv("NSRIG_SHUFFLE");
	setenv("NSRIG_REQUIRE", "1", 1);
	assert_says(0,
		"TAP version 13\n1..2\nok 1 - skips # SKIP needs a larger machine\nok 2 - passes\n",
		"skips,passes", "--require=pas*");
}

/* ---- which tests run, and how ---------------------------------------------------------------- */

static void filters_choose(void **state)
{
	(void)state;
	assert_says(0, "passes\nprints\nskips\nfails\n", SOME, "--list");
	assert_says(0, "passes\nprints\n", SOME, "--list", "--filter", "p*");
	setenv("NSRIG_LIST", "1", 1);
	assert_says(0, "passes\n", SOME, "--filter", "pa*");
	unsetenv("NSRIG_LIST");
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

static void names_are_listed_in_a_line_each(void **state)
{
	(void)state;
	assert_says(0, "a # TODO name of \\ two lines  \n", "a # TODO name\nof \\ two lines  ",
		"--list");
}

/* What getopt() has not read of a wrong command line is no part of the next one. */
static void command_lines_are_read_from_the_beginning(void **state)
{
	struct nsrig_options options;

	(void)state;
	assert_int_equal(
		nsrig_options_read(2, (char *[]){"first", "-?v", NULL}, &options), -EINVAL);
	nsrig_options_free(&options);
	assert_int_equal(nsrig_options_read(2, (char *[]){"second", "-j3", NULL}, &options), 0);
	assert_int_equal(options.jobs, 3);
	assert_false(options.verbose);
	nsrig_options_free(&options);
}

static void shards_share_the_tests(void **state)
{
	(void)state;
	assert_says(0, "passes\nskips\n", SOME, "--list", "--shard", "1/2");
	assert_says(0, "prints\nfails\n", SOME, "--list", "--shard", "2/2");
	assert_says(0, "prints\n", SOME, "--list", "--shard", "2/3");
	assert_says(0, "prints\n", SOME, "--list", "--shard", "2/2", "--filter", "p*");
	assert_says(0, "prints\nfails\n", SOME, "--list", "--shard", "2/2", "--shuffle=5");
	/* More shards than tests: an empty shard is no failure. */
	assert_says(0, "TAP version 13\n# shard 5 of 5\n1..0 # SKIP no test in this shard\n", SOME,
		"--shard", "5/5");
	assert_refused("--shard: \"0/2\"", SOME, "--shard", "0/2");
	assert_refused("--shard: \"3/2\"", SOME, "--shard", "3/2");
	assert_refused("--shard: \"1\"", SOME, "--shard", "1");
	assert_refused("--shard: \"1/2x\"", SOME, "--shard", "1/2x");
	assert_refused("--shard: \"1/0\"", SOME, "--shard", "1/0");
}

/* GitLab's pair counts other jobs, too, so it is read only on request. */
static void shards_of_engines_are_read_on_request(void **state)
{
	(void)state;
	setenv("CI_NODE_TOTAL", "1", 1);
	assert_says(0, "passes\nprints\nskips\nfails\n", SOME, "--list", "--shard", "auto");
	setenv("CI_NODE_INDEX", "2", 1);
	setenv("CI_NODE_TOTAL", "2", 1);
	assert_says(0, "passes\nprints\nskips\nfails\n", SOME, "--list");
	assert_says(0, "prints\nfails\n", SOME, "--list", "--shard", "auto");
	assert_says(0, "passes\nskips\n", SOME, "--list", "--shard", "1/2");
	setenv("NSRIG_SHARD", "auto", 1);
	assert_says(0, "prints\nfails\n", SOME, "--list");
	assert_says(0, "passes\nskips\n", SOME, "--list", "--shard", "1/2");
	setenv("CI_NODE_INDEX", "3", 1);
	assert_refused("CI_NODE_INDEX: \"3\"", SOME, "--list");
	unsetenv("CI_NODE_INDEX");
	assert_refused("NSRIG_SHARD: a shard needs both CI_NODE_INDEX and CI_NODE_TOTAL, and only "
		       "CI_NODE_TOTAL is set",
		SOME, "--list");
	program_clear_environment(NULL);

	setenv("JOB_COMPLETION_INDEX", "1", 1);
	assert_says(0, "passes\nprints\nskips\nfails\n", SOME, "--list");
	assert_refused("--shard: a shard needs both JOB_COMPLETION_INDEX and JOB_COMPLETION_COUNT",
		SOME, "--shard", "auto");
	setenv("JOB_COMPLETION_COUNT", "3", 1);
	assert_says(0, "passes\nprints\nskips\nfails\n", SOME, "--list");
	assert_says(0, "prints\n", SOME, "--list", "--shard", "auto");
	setenv("CI_NODE_INDEX", "1", 1);
	setenv("CI_NODE_TOTAL", "2", 1);
	assert_refused("auto is ambiguous, as both CI_NODE_INDEX and JOB_COMPLETION_INDEX are set",
		SOME, "--shard", "auto");
}

/* Bazel asks for a share by the name of a file. */
static void shards_of_bazel_are_read(void **state)
{
	char path[] = "/tmp/nsrig-options-XXXXXX", status[64];

	(void)state;
	assert_non_null(mkdtemp(path));
	snprintf(status, sizeof(status), "%s/status", path);
	setenv("TEST_SHARD_INDEX", "0", 1);
	setenv("TEST_TOTAL_SHARDS", "4", 1);
	assert_says(0, "passes\nprints\nskips\nfails\n", SOME, "--list");
	setenv("TEST_SHARD_STATUS_FILE", status, 1);
	assert_says(0, "passes\n", SOME, "--list");
	assert_int_equal(unlink(status), 0);
	unsetenv("TEST_SHARD_INDEX");
	assert_refused(
		"TEST_SHARD_STATUS_FILE: a shard needs both TEST_SHARD_INDEX and", SOME, "--list");
	setenv("TEST_SHARD_INDEX", "0", 1);
	setenv("NSRIG_SHARD", "4/4", 1);
	assert_says(0, "fails\n", SOME, "--list");
	assert_int_equal(unlink(status), 0);
	setenv("TEST_SHARD_STATUS_FILE", "/nowhere/status", 1);
	assert_refused("TEST_SHARD_STATUS_FILE: \"/nowhere/status\": No such file", SOME, "--list");
	rmdir(path);
}

/* Nobody takes a share for all tests. */
static void shards_are_told(void **state)
{
	(void)state;
	setenv("CI_NODE_INDEX", "1", 1);
	setenv("CI_NODE_TOTAL", "4", 1);
	assert_says(0,
		"TAP version 13\n# shard 1 of 4, by CI_NODE_INDEX and CI_NODE_TOTAL\n1..1\n"
		"ok 1 - passes\n",
		SOME, "--shard", "auto");
	program_clear_environment(NULL);
	setenv("NSRIG_SHARD", "1/4", 1);
	assert_says(0, "TAP version 13\n# shard 1 of 4\n1..1\nok 1 - passes\n", SOME);
}

/* The stream is identical, in the order of the plan, however many tests run at a time. */
static void jobs_do_not_change_the_stream(void **state)
{
	static char tests[] =
		"passes_on_a_cable,crashes,skips,fails_in_child,passes,exits_3,prints,"
		"is_misspelt,fails_in_block,leaks_a_descriptor,kills_itself";
	static char *const jobs[] = {"2", "3", "8", "0", "1000"};
	char *one, *many, list[sizeof(tests)];
	size_t i;

	(void)state;
	/* AddressSanitizer would print addresses, which differ from run to run. */
	setenv("ASAN_OPTIONS", "handle_segv=0", 1);
	strcpy(list, tests);
	one = say(1, (char *[]){GUILTY, list, NULL});
	for (i = 0; i < COUNT(jobs); i++) {
		strcpy(list, tests);
		many = say(1, (char *[]){GUILTY, list, "--jobs", jobs[i], NULL});
		assert_string_equal(many, one);
		free(many);
	}
	free(one);
	assert_refused("--jobs: \"-1\"", SOME, "--jobs", "-1");
	assert_refused("--jobs: \"two\"", SOME, "--jobs", "two");
	assert_refused("--require: \"\"", SOME, "--require=");
	assert_refused(
		"--shuffle: \"99999999999999999999\"", SOME, "--shuffle=99999999999999999999");
	assert_refused("--shard: \"4294967297/4294967298\"", SOME, "--shard=4294967297/4294967298");
}

/* Each test waits for the other: one at a time, the first would wait for ever. */
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

/*
 * While one test runs, the next is prepared, but doesn't begin: if it did, the first test would
 * pass.
 */
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
	/* The number of rounds is known only at the end, so the plan comes last. */
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
	/* Without a seed the runner picks one, and prints it. */
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
	assert_non_null(strstr(text, "\nok 3 - prints # SKIP not started: a test before it failed\n"
				     "ok 4 - skips # SKIP not started: a test before it failed\n"));
	free(text);
}

static void required_by_name(void **state)
{
	char *text;

	(void)state;
	assert_says(0,
		"TAP version 13\n1..2\nok 1 - skips # SKIP needs a larger machine\nok 2 - passes\n",
		"skips,passes", "--require=pas*");
	text = say(1, (char *[]){GUILTY, "skips,skips_without_reason", "--require=*_reason", NULL});
	assert_non_null(strstr(text, "\nok 1 - skips # SKIP"));
	assert_non_null(strstr(text, "\nnot ok 2 - skips_without_reason\n"));
	free(text);
	assert_refused("--require: no test has a name like \"skpis\"", SOME, "--require=skpis");
	setenv("NSRIG_REQUIRE", "another program's", 1);
	assert_says(
		0, "TAP version 13\n1..1\nok 1 - skips # SKIP needs a larger machine\n", "skips");
	unsetenv("NSRIG_REQUIRE");
}

static void no_kmsg_does_not_listen(void **state)
{
	static const char passed[] = "TAP version 13\n1..1\nok 1 - kernel_complains\n";

	(void)state;
	setenv("GUILTY_LOG", "own", 1);
	assert_says_among(1, "\nnot ok 1 - kernel_complains\n", "kernel_complains");
	assert_says(0, passed, "kernel_complains", "--no-kmsg");
	setenv("NSRIG_NO_KMSG", "1", 1);
	assert_says(0, passed, "kernel_complains");
	setenv("NSRIG_NO_KMSG", "0", 1);
	assert_says_among(1, "\nnot ok 1 - kernel_complains\n", "kernel_complains");
	setenv("NSRIG_NO_KMSG", "no", 1);
	assert_refused("NSRIG_NO_KMSG: \"no\"", SOME);
	unsetenv("NSRIG_NO_KMSG");
	unsetenv("GUILTY_LOG");

	setenv("NSRIG_KMSG", "/nonesuch", 1);
	assert_refused("NSRIG_KMSG: \"/nonesuch\": No such file or directory", SOME);
	assert_says(0, "TAP version 13\n1..1\nok 1 - passes\n", "passes", "--no-kmsg");
	assert_says(0, "passes\n", "passes", "--list");
	setenv("NSRIG_KMSG", "/tmp", 1);
	assert_refused("NSRIG_KMSG: \"/tmp\": Is a directory", SOME);
	setenv("NSRIG_KMSG", "", 1);
	assert_says(0, "TAP version 13\n1..1\nok 1 - passes\n", "passes");
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
	assert_refused("two tests have the name \"passes\"", "passes,fails,passes");
}

#define option(test) nsrig_test(test, .setup = program_clear_environment)

/* The contents of a file in a folder, to be freed; NULL if there is none. */
static char *read_file(const char *folder, const char *name)
{
	char path[PATH_MAX], *text;
	struct stat st;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return NULL;
	assert_int_equal(fstat(fd, &st), 0);
	text = calloc(1, st.st_size + 1);
	assert_int_equal(read(fd, text, st.st_size), st.st_size);
	close(fd);
	return text;
}

static void assert_saved(const char *folder, const char *name, const char *expected)
{
	char *text = read_file(folder, name);

	if (!text)
		nsrig_fail("no file %s", name);
	if (!strstr(text, expected))
		nsrig_fail("%s: \"%s\" is not in: %s", name, expected, text);
	free(text);
}

static void assert_not_saved(const char *folder, const char *name)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	assert_int_equal(access(path, F_OK), -1);
}

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void artifacts_are_kept(void **state)
{
	char folder[] = "/tmp/nsrig-artifacts-XXXXXX", out[64];
	char odd[] = "a # TODO name\nof \\ two lines  ,passes";
	char *whole, *many;

	(void)state;
	setenv("ASAN_OPTIONS", "handle_segv=0", 1);
	assert_non_null(mkdtemp(folder));
	snprintf(out, sizeof(out), "%s/new/er", folder);
	free(say(1, (char *[]){GUILTY, "passes,prints,fails,saves_a_file,floods,crashes",
			    "--artifacts", out, "--jobs=3", NULL}));
	assert_not_saved(out, "guilty/passes");
	assert_saved(out, "guilty/prints/output", "ok 1 - not the stream's\nnor this\n");
	assert_not_saved(out, "guilty/prints/verdict");
	assert_saved(out, "guilty/fails/output", "before it failed\n");
	assert_saved(out, "guilty/fails/verdict", "  message: \"\\\"one\\\" != \\\"two\\\"\"\n");
	assert_saved(out, "guilty/saves_a_file/a file", "to be seen\n");
	assert_not_saved(out, "guilty/saves_a_file/verdict");
	assert_not_saved(out, "guilty/crashes/output");
	assert_saved(out, "guilty/crashes/verdict", "SIGSEGV");
	/* Each stream of a program is saved, unless it is empty. */
	free(say(1, (char *[]){GUILTY, "test_fails_beside_a_program,program_ends_by_itself",
			    "--artifacts", out, NULL}));
	assert_saved(out, "guilty/test_fails_beside_a_program/left.sh.stdout", "serving\n");
	assert_not_saved(out, "guilty/test_fails_beside_a_program/left.sh.stderr");
	assert_saved(out, "guilty/program_ends_by_itself/left.sh.stderr", "no configuration\n");

	/* The whole output, not only the end that the report quotes. */
	whole = read_file(out, "guilty/floods/output");
	assert_true(strlen(whole) >= 20 << 20);
	free(whole);

	/* Descriptors of one test's files aren't inherited by the next. */
	many = say(1, (char *[]){GUILTY, "hangs,passes,prints,fails", "--jobs=2", "--timeout=1",
			      "--artifacts", out, NULL});
	assert_null(strstr(many, "leaked"));
	free(many);

	setenv("NSRIG_ARTIFACTS", out, 1);
	free(say(1, (char *[]){GUILTY, odd, "--repeat=2", NULL}));
	assert_saved(out, "guilty/a%20%23%20TODO%20name%0Aof%20%5C%20two%20lines%20%20,2/output",
		"before it failed\n");
	free(say(1, (char *[]){GUILTY, "saves_a_file,fails_in_do,prints", "--no-fork", NULL}));
	assert_saved(out, "guilty/fails_in_do/verdict", "  namespace: \"left\"\n");
	assert_saved(out, "guilty/prints/output", "nor this\n");
	unsetenv("NSRIG_ARTIFACTS");
	assert_says(0, "TAP version 13\n1..1\nok 1 - saves_a_file # SKIP needs a place for it\n",
		"saves_a_file");

	assert_refused("/dev/null/x\" can't be written: Not a directory", "passes", "--artifacts",
		"/dev/null/x");
	assert_refused("--artifacts: \"\"", "passes", "--artifacts", "");
	assert_refused("is below /run", "passes", "--artifacts", "/run/x");
	assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

static void run_shell(char *command)
{
	struct program shell;

	program_run(&shell, (char *[]){"sh", "-c", command, NULL});
	program_assert_exit(&shell, 0);
	program_free(&shell);
}

/* Two programs of one name, and two runs at a time, have folders of their own. */
static void artifacts_of_two_programs_are_apart(void **state)
{
	char folder[] = "/tmp/nsrig-artifacts-XXXXXX", other[128];
	char guilty[PATH_MAX], path[PATH_MAX], copy[2 * PATH_MAX];
	int run;

	(void)state;
	assert_non_null(mkdtemp(folder));
	program_path(GUILTY, guilty);
	assert_non_null(realpath(guilty, path));
	snprintf(other, sizeof(other), "%s/elsewhere", folder);
	assert_int_equal(mkdir(other, 0700), 0);
	snprintf(copy, sizeof(copy), "cp -r %s %s/guilty", guilty, other);
	run_shell(copy);
	snprintf(copy, sizeof(copy), "%s/guilty", other);
	/* One after the other, with different paths. */
	free(say(1, (char *[]){GUILTY, "fails", "--artifacts", folder, NULL}));
	free(say(1, (char *[]){copy, "fails", "--artifacts", folder, NULL}));
	free(say(1, (char *[]){GUILTY, "fails", "--artifacts", folder, NULL}));
	assert_saved(folder, "guilty/.program", path);
	assert_saved(folder, "guilty.2/.program", copy);
	assert_saved(folder, "guilty.2/fails/verdict", "not ok 1 - fails");
	assert_not_saved(folder, "guilty.3");
	/* Another run holds the first one. */
	snprintf(copy, sizeof(copy), "%s/guilty", folder);
	run = open(copy, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_return_code(flock(run, LOCK_EX), errno);
	free(say(1, (char *[]){GUILTY, "fails", "--artifacts", folder, NULL}));
	assert_saved(folder, "guilty.3/fails/verdict", "not ok 1 - fails");
	close(run);
	assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* What somebody else put in the way of an artifact is not written to. */
static void artifacts_follow_no_link(void **state)
{
	char folder[] = "/tmp/nsrig-artifacts-XXXXXX", command[PATH_MAX];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(command, sizeof(command),
		"cd %s && echo mine >file && mkdir -p guilty/prints guilty/fails target && "
		"ln -s ../../file guilty/prints/output && ln file guilty/fails/output && "
		"ln -s ../target guilty/passes && ln -s target guilty.2",
		folder);
	run_shell(command);
	free(say(1, (char *[]){GUILTY, "prints,fails", "--artifacts", folder, NULL}));
	assert_saved(folder, "file", "mine\n");
	assert_saved(folder, "guilty/prints/output", "nor this\n");
	assert_saved(folder, "guilty/fails/output", "before it failed\n");
	assert_not_saved(folder, "target/verdict");
	assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* The caller frees the program's output. */
static void run_with_small_disk(struct program *guilty, char *tests)
{
	char folder[] = "/tmp/nsrig-artifacts-XXXXXX";

	assert_non_null(mkdtemp(folder));
	assert_int_equal(mount("tmpfs", folder, "tmpfs", 0, "size=1m"), 0);
	program_run(guilty, (char *[]){GUILTY, tests, "--artifacts", folder, NULL});
	assert_int_equal(umount(folder), 0);
	rmdir(folder);
	program_assert_exit(guilty, 1);
}

/* Artifacts that don't fit on the disk fail the run. */
static void artifacts_that_are_lost_are_told(void **state)
{
	struct program guilty;

	(void)state;
	run_with_small_disk(&guilty, "floods,passes");
	assert_string_equal(
		guilty.out_text, "TAP version 13\n1..2\nok 1 - floods\nok 2 - passes\n");
	assert_string_equal(guilty.err_text, "--artifacts: output: No space left on device\n");
	program_free(&guilty);
}

static void output_of_programs_that_is_lost_is_told(void **state)
{
	struct program guilty;

	(void)state;
	run_with_small_disk(&guilty, "program_prints_much");
	assert_non_null(
		strstr(guilty.out_text, "what head on \\\"left\\\" printed could not be kept: "
					"No space left on device"));
	program_free(&guilty);
}

/* On a terminal the runner shows its progress; in a file it doesn't. */
static void progress_is_for_terminals(void **state)
{
	int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	char guilty[PATH_MAX], command[PATH_MAX + 256], said[4096];
	struct program shell;
	size_t length = 0;
	ssize_t n;

	(void)state;
	if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0)
		nsrig_skip("needs pseudo-terminals (%s)", strerror(errno));
	program_path(GUILTY, guilty);
	setenv("TERM", "xterm", 1);
	snprintf(command, sizeof(command), "exec %s passes,hangs,fails --timeout=1 --jobs=2 2>%s",
		guilty, ptsname(terminal));
	program_run(&shell, (char *[]){"sh", "-c", command, NULL});
	/* Read until no process holds the other end. */
	while ((n = read(terminal, said + length, sizeof(said) - 1 - length)) > 0)
		length += n;
	said[length] = '\0';
	assert_non_null(strstr(said, "\r\033[K[1/3"));
	assert_non_null(strstr(said, "] 0:00 hangs 0 s"));
	/* Erased before a line that stays. */
	assert_non_null(strstr(said, "\r\033[K# timed out: 2 - hangs"));
	assert_null(strstr(shell.out_text, "\033"));
	program_free(&shell);
	close(terminal);

	program_run(&shell, (char *[]){GUILTY, "passes,hangs", "--timeout=0.3", NULL});
	assert_null(strstr(shell.err_text, "\033"));
	assert_null(strstr(shell.err_text, "hangs 0 s"));
	program_free(&shell);
}

/*
 * As many tests in parallel as there are descriptors for; no test inherits the descriptors of
 * another.
 */
static void too_many_jobs_wait(void **state)
{
	char folder[] = "/tmp/nsrig-options-XXXXXX", guilty[PATH_MAX], command[PATH_MAX + 128];
	struct program shell;
	int limit;

	(void)state;
	assert_non_null(mkdtemp(folder));
	program_path(GUILTY, guilty);
	setenv("GUILTY_MS", "50", 1);
	/*
	 * The limit leaves one descriptor too few for another test, or several; a test needs four.
	 */
	for (limit = 61; limit <= 64; limit++) {
		snprintf(command, sizeof(command),
			"ulimit -n %d; exec %s '100000 of them' --filter 'test_1[0-4][0-9]' "
			"--jobs=50 --artifacts %s",
			limit, guilty, folder);
		program_run(&shell, (char *[]){"sh", "-c", command, NULL});
		assert_string_equal(shell.err_text, "");
		program_assert_exit(&shell, 0);
		assert_non_null(strstr(shell.out_text, "\nok 50 - test_149\n"));
		program_free(&shell);
	}
	assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* In the runner's own process, with the same results. */
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
	assert_non_null(strstr(guilty.out_text, "\"first link lo up\""));
	/* The test's output appears at once, and isn't part of the stream. */
	snprintf(expected, sizeof(expected), "\npid %d\n", guilty.pid);
	assert_non_null(strstr(guilty.err_text, expected));
	program_free(&guilty);
	assert_says_among(1, "Bail out! the test has ended the process\n", "passes,exits_0,skips");
}

/* Processes, signals and streams of others are not touched. */
static void no_fork_keeps_to_itself(void **state)
{
	char guilty[PATH_MAX], command[PATH_MAX + 256];
	struct program shell;

	(void)state;
	assert_says(0, "TAP version 13\n1..2\nok 1 - forks_and_exits\nok 2 - passes\n",
		"forks_and_exits,passes", "--no-fork");
	assert_says(0, "TAP version 13\n1..1\nok 1 - ends_a_child_by_sigterm\n",
		"ends_a_child_by_sigterm", "--no-fork");
	setenv("GUILTY_SIGNAL", "15", 1);
	program_run(&shell, (char *[]){GUILTY, "waits_for_a_signal", "--no-fork", NULL});
	assert_true(WIFSIGNALED(shell.status) && WTERMSIG(shell.status) == SIGTERM);
	program_free(&shell);
	unsetenv("GUILTY_SIGNAL");

	/* An orphan that existed before, and becomes the runner's child while a test runs. */
	program_path(GUILTY, guilty);
	snprintf(command, sizeof(command),
		"sh -c '(sleep 77 & echo $! >/run/orphan; sleep 0.3) & "
		"exec %s leaks_until_exit,leaks_a_daemon,lets_go,passes --no-fork --repeat=60'; "
		"kill -0 $(cat /run/orphan) && kill $(cat /run/orphan) && echo alive",
		guilty);
	program_run(&shell, (char *[]){"sh", "-c", command, NULL});
	assert_non_null(strstr(shell.out_text, "\nalive\n"));
	assert_null(strstr(shell.out_text, "sleep 77"));
	program_free(&shell);
}

/* Round after round, nothing accumulates. */
static void no_fork_goes_on(void **state)
{
	(void)state;
	assert_says_among(
		0, "\nok 1100 - passes, round 1100\n", "passes", "--no-fork", "--repeat=1100");
	assert_says_among(1, "\nok 2 - passes\n", "leaks_a_thread,passes", "--no-fork");
	assert_says_among(0, "\nok 2 - counts_its_mounts, round 2\n", "counts_its_mounts",
		"--no-fork", "--repeat=2");
}

/* A test's processes are killed before the next test. */
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
		option(help_has_every_option),
		option(options_and_variables_are_refused),
		option(variables_do_what_options_do),
		option(variables_that_are_empty_do_nothing),
		option(options_override_variables),
		option(filters_choose),
		option(filters_that_match_nothing_are_refused),
		option(names_are_listed_in_a_line_each),
		option(command_lines_are_read_from_the_beginning),
		option(shards_share_the_tests),
		option(shards_of_engines_are_read_on_request),
		option(shards_of_bazel_are_read),
		option(shards_are_told),
		option(jobs_do_not_change_the_stream),
		option(jobs_run_side_by_side),
		option(tests_wait_for_their_turn),
		option(rounds_are_repeated),
		option(rounds_go_on_until_one_fails),
		option(order_is_the_seeds),
		option(fail_fast_begins_no_more),
		option(required_by_name),
		option(no_kmsg_does_not_listen),
		option(verbose_shows_what_passed),
		option(scale_is_an_option_too),
		option(arrays_of_any_size),
		option(artifacts_are_kept),
		option(artifacts_of_two_programs_are_apart),
		option(artifacts_follow_no_link),
		option(artifacts_that_are_lost_are_told),
		option(output_of_programs_that_is_lost_is_told),
		option(progress_is_for_terminals),
		option(no_fork_says_the_same),
		option(no_fork_stays_in_the_process),
		option(no_fork_ends_processes),
		option(no_fork_keeps_to_itself),
		option(no_fork_goes_on),
		option(too_many_jobs_wait),
	};

	return nsrig_main(argc, argv, tests);
}
