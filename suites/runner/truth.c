// SPDX-License-Identifier: MIT
/*
 * The truth table: the verdict on each thing that a test can do. Each row runs a guilty test,
 * followed by one that passes, under prove. It compares the TAP stream, prove's output, the exit
 * status, and what is left on the machine (nothing). With --table the program prints the rows as a
 * page of documentation instead.
 *
 *	this test ---- runs ----> prove ----> guilty ---- runs, each in a sandbox ----> its tests
 */
#include "truth.h"
#include "suites/lib/count.h"
#include "suites/lib/program.h"

#include <fnmatch.h>
#include <limits.h>
#include <nsrig.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#define ROWS_MAX 384

/* The test that follows each guilty one, and must not be affected. */
#define NEIGHBOUR "passes"

struct line {
	const char *start;
	int length;
};

/* The first line of text that begins with this; its start is NULL if there is none. */
static struct line find_line(const char *text, const char *begin)
{
	struct line line = {strstr(text, begin), 0};

	while (line.start && line.start > text && line.start[-1] != '\n')
		line.start = strstr(line.start + 1, begin);
	if (line.start)
		line.length = (int)strcspn(line.start, "\n");
	return line;
}

/* The rest of the line that begins with this, to be freed; "" if there is no such line. */
static char *rest_of_line(const char *text, const char *begin)
{
	struct line line = find_line(text, begin);
	char *rest = line.start ? strndup(line.start + strlen(begin), line.length - strlen(begin))
				: strdup("");

	assert_non_null(rest);
	return rest;
}

/* Removes the quotes and the escapes. */
static void unquote(char *text)
{
	char *from = text, *to = text;

	if (*from == '"')
		from++;
	while (*from && strcmp(from, "\"")) {
		if (*from == '\\' && (from[1] == '"' || from[1] == '\\'))
			from++;
		*to++ = *from++;
	}
	*to = '\0';
}

static void assert_like(const char *what, const char *found, const char *expected, const char *all)
{
	if (fnmatch(expected, found, 0))
		nsrig_fail("%s: expected \"%s\", but found \"%s\" in:\n%s", what, expected, found,
			all);
}

/* The result line, and the diagnostics that follow it. */
static void judge_stream(const struct truth *row, const char *stream)
{
	static const char *const beginnings[] = {"not ok 1 - ", "ok 1 - "};
	bool ok = !strcmp(row->outcome, "passed") || !strcmp(row->outcome, "skipped");
	char *result = rest_of_line(stream, beginnings[ok]);
	char *skip = strstr(result, " # SKIP ");
	char *outcome, *message;

	if (ok) {
		outcome = strdup(skip ? "skipped" : *result ? "passed" : "");
		message = strdup(skip ? skip + strlen(" # SKIP ") : "");
	} else {
		outcome = rest_of_line(stream, "  outcome: ");
		message = rest_of_line(stream, "  message: ");
		unquote(message);
	}
	assert_like("outcome", outcome, row->outcome, stream);
	assert_like("message", message, row->message, stream);
	free(outcome);
	free(message);
	free(result);
	/* The stream has only the runner's own lines. */
	assert_null(strstr(stream, "away from home"));
	assert_null(find_line(stream, "ok 3").start);
	assert_null(find_line(stream, "1..9").start);
}

/* The wait status of the program, from prove's output. */
static int status_of(const char *said)
{
	const char *mark = strstr(said, "(Wstat: ");

	return mark ? atoi(mark + strlen("(Wstat: ")) : 0;
}

static void judge_end(const struct truth *row, const char *said)
{
	int status = status_of(said);
	int found = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);

	if (found != row->exit_status)
		nsrig_fail("exit status: expected %d, but found %d in:\n%s", row->exit_status,
			found, said);
}

/* Processes that were killed take a moment to disappear. */
static void assert_nothing_left(int processes, int mounts)
{
	int ms;

	for (ms = 0; count_processes() > processes && ms < 20000; ms += 5)
		poll(NULL, 0, 5);
	assert_int_equal(count_processes(), processes);
	assert_int_equal(count_mounts(), mounts);
}

static void check(void **state)
{
	const struct truth *row = *state;
	char tests[256], guilty[PATH_MAX];
	const char *options = row->options ?: "--timeout=30";
	char *argv[] = {
		"prove", "--verbose", "--exec", "", guilty, "::", tests, (char *)options, NULL};
	int processes = count_processes(), mounts = count_mounts();
	struct program prove;

	/* AddressSanitizer would turn a crash into a report, and a lack of memory into an abort. */
	setenv("ASAN_OPTIONS", "handle_segv=0:allocator_may_return_null=1", 1);
	program_clear_environment(NULL);
	if (row->environment)
		putenv((char *)row->environment);
	program_path(GUILTY, guilty);
	snprintf(tests, sizeof(tests), "%s%s", row->tests, row->alone ? "" : "," NEIGHBOUR);
	program_run(&prove, argv);
	if (*row->outcome)
		judge_stream(row, prove.out_text);
	if (*row->outcome && !row->alone && !find_line(prove.out_text, "ok 2 - " NEIGHBOUR).start)
		nsrig_fail("the test behind it did not pass: %s", prove.out_text);
	if (!strstr(prove.out_text, row->prove))
		nsrig_fail("prove: \"%s\" is not in:\n%s", row->prove, prove.out_text);
	judge_end(row, prove.out_text);
	assert_int_equal(
		!WIFEXITED(prove.status) || WEXITSTATUS(prove.status) != 0, row->exit_status != 0);
	program_free(&prove);
	assert_nothing_left(processes, mounts);
}

/* A cell of a Markdown table; a '*' that matches anything is printed as an ellipsis. */
static void put_cell(const char *text)
{
	fputs(" ", stdout);
	for (; *text; text++) {
		if (*text == '*')
			fputs("…", stdout);
		else if (*text == '|' || *text == '#' || *text == '<')
			printf("\\%c", *text);
		else if (*text == '\\' && text[1])
			fputc(*++text, stdout);
		else
			fputc(*text, stdout);
	}
	fputs(" |", stdout);
}

static void put_row(const struct truth *row)
{
	char status[16];

	snprintf(status, sizeof(status), row->exit_status < 0 ? "SIG%s" : "%s",
		row->exit_status < 0 ? sigabbrev_np(-row->exit_status) : "");
	if (row->exit_status >= 0)
		snprintf(status, sizeof(status), "%d", row->exit_status);
	fputs("|", stdout);
	put_cell(row->deed);
	put_cell(row->outcome);
	put_cell(row->message);
	put_cell(row->prove);
	put_cell(status);
	fputs("\n", stdout);
}

static int print_table(void)
{
	size_t i;

	printf("# Verdicts\n\n"
	       "Each row is a test that does what the first column says. The other columns are the "
	       "outcome and the\n"
	       "message that the runner reports, a line that `prove` prints, and the exit status "
	       "of the program. In\n"
	       "most rows a second test ran after the first one, and passed. Nothing was left on "
	       "the machine: no\n"
	       "process, no mount, no namespace. `…` stands for any text.\n"
	       "\n"
	       "(`make doc` writes this page from the rows that `suites/runner/truth.c` runs.)\n"
	       "\n"
	       "| the test | outcome | message | `prove` | exit status |\n"
	       "|---|---|---|---|---|\n");
	for (i = 0; i < truth_count; i++)
		put_row(&truth_rows[i]);
	return fflush(stdout) ? 1 : 0;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[ROWS_MAX];
	size_t i;

	if (argc == 2 && !strcmp(argv[1], "--table"))
		return print_table();
	for (i = 0; i < truth_count && i < ROWS_MAX; i++)
		tests[i] = (struct CMUnitTest){
			.name = truth_rows[i].name ?: truth_rows[i].tests,
			.test_func = check,
			.initial_state = (void *)&truth_rows[i],
		};
	return nsrig_run_tests(argc, argv, tests, i);
}
