// SPDX-License-Identifier: MIT
/*
 * The runner: the suite runs small programs that fail on purpose (guilty.c), and judges their TAP
 * stream, their exit status, and prove's verdict.
 *
 *	this test ---- runs ----> [prove ----] guilty ---- runs, each in a sandbox ----> its tests
 */
#include "suites/lib/array.h"
#include "suites/lib/program.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <nsrig.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

/* From <linux/mount.h> since Linux 6.8; older headers lack it. */
#ifndef SYS_listmount
#define SYS_listmount 458
#endif

/* Runs guilty with the tests of a list, and compares its output byte by byte. */
static void assert_stream(const char *tests, int exit_status, const char *expected)
{
	struct program guilty;

	program_run(&guilty, (char *[]){GUILTY, (char *)tests, NULL});
	program_forget_times(&guilty);
	assert_string_equal(guilty.out_text, expected);
	program_assert_exit(&guilty, exit_status);
	program_free(&guilty);
}

static void pass_is_told(void **state)
{
	(void)state;
	assert_stream("passes,passes_on_a_cable", 0,
		"TAP version 13\n1..2\nok 1 - passes\nok 2 - passes_on_a_cable\n");
}

static void output_of_a_pass_is_silent(void **state)
{
	(void)state;
	assert_stream("prints", 0, "TAP version 13\n1..1\nok 1 - prints\n");
}

static void failure_is_told_with_its_words(void **state)
{
	struct program guilty;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "fails", NULL});
	assert_non_null(strstr(guilty.out_text,
		"TAP version 13\n1..1\nnot ok 1 - fails\n  ---\n  outcome: failed\n"));
	assert_non_null(
		strstr(guilty.out_text, "  message: \"\\\"one\\\" != \\\"two\\\"\"\n  at: \""));
	assert_non_null(strstr(guilty.out_text, "suites/guilty/guilty-assert.c:"));
	assert_non_null(strstr(guilty.out_text, "\"\n  duration_ms: "));
	assert_non_null(
		strstr(guilty.out_text, "\n  output:\n    - \"before it failed\"\n  ...\n"));
	assert_non_null(strstr(guilty.err_text, "# failed: 1 - fails: \"one\" != \"two\" ("));
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}

static void long_names_are_told_whole(void **state)
{
	char name[601], expected[700];
	struct program guilty;
	int i;

	(void)state;
	for (i = 0; i < 60; i++)
		memcpy(name + 10 * i, "ten_bytes_", 11);
	program_run(&guilty, (char *[]){GUILTY, name, NULL});
	snprintf(expected, sizeof(expected), "\nnot ok 1 - %s\n", name);
	assert_non_null(strstr(guilty.out_text, expected));
	assert_non_null(strstr(guilty.out_text, "  message: \"\\\"one\\\" != \\\"two\\\"\"\n"));
	assert_non_null(strstr(guilty.out_text, "  output:\n    - \"before it failed\"\n  ...\n"));
	program_free(&guilty);
}

static void assert_said(const struct program *program, const char *words)
{
	if (!strstr(program->out_text, words))
		nsrig_fail("\"%s\" is not in: %s", words, program->out_text);
}

/* The long word of guilty-length.c between two texts; to be freed. */
static char *long_word(const char *before, const char *after)
{
	int length = 10000 - (int)strlen("beginend");
	char *text;

	assert_true(asprintf(&text, "%sbegin%*send%s", before, length, "", after) > 0);
	memset(strstr(text, "begin") + strlen("begin"), 'x', length);
	return text;
}

/* The long word must be complete between these texts, both in the stream and on stderr. */
static void assert_whole(const char *test, const char *before, const char *after)
{
	char *told = long_word(before, after), *word = long_word("", "");
	struct program guilty;

	program_run(&guilty, (char *[]){GUILTY, (char *)test, NULL});
	if (!strstr(guilty.out_text, told))
		nsrig_fail("%s: no whole word behind \"%s\": %s", test, before, guilty.out_text);
	/* A skip is no failure, and not printed on stderr. */
	if (!strstr(told, "# SKIP") && !strstr(guilty.err_text, word))
		nsrig_fail("%s: no whole word on stderr: %s", test, guilty.err_text);
	program_free(&guilty);
	free(told);
	free(word);
}

static void long_sentences_are_told_whole(void **state)
{
	static const char in_child[] = "  message: \"failed in a child process: ";

	(void)state;
	assert_whole("fails_at_length", "  message: \"", "\"\n  at: ");
	assert_whole("skips_at_length", "\nok 1 - skips_at_length # SKIP ", "\n");
	assert_whole("child_fails_at_length", in_child, "\"\n");
	assert_whole("thread_fails_at_length", "  message: \"", "\"\n");
	assert_whole("function_fails_at_length", in_child, "\"\n");
	assert_whole("thread_fails_with_little_stack", "  message: \"", "\"\n");
	assert_whole("program_is_not_found_at_length",
		"  message: \"nsrig_spawn: on \\\"left\\\": program \\\"",
		"\\\" can't be executed: File name too long\"\n");
	assert_whole("topology_fails_at_length",
		"  message: \"nsrig_topo_check(misspelt()): line 1, column 38: \\\"", "\\\" is ");
	assert_whole("is_misspelt_at_length", "  message: \"line 1, column 38: \\\"",
		"\\\" is neither an address nor an option of a veth (expected ");
}

static void differences_are_told_whole(void **state)
{
	struct program guilty;
	size_t lines = 0;
	const char *next;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "expects_many_routes", NULL});
	for (next = guilty.out_text; (next = strstr(next, ".0.0/16 via 10.1.0.2")); next++)
		lines++;
	if (lines != 90)
		nsrig_fail("expected 90 lines, but found %zu: %s", lines, guilty.out_text);
	/* Every test has its message. */
	assert_null(strstr(guilty.out_text, "  output:"));
	program_free(&guilty);
}

/*
 * The output has the part that the message omits. A sentence that was sent in pieces is put
 * together.
 */
static void long_sentences_come_in_pieces(void **state)
{
	struct program guilty;
	const char *tail = "xxx\\\" can't be executed: File name too long\"\n";

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "program_is_not_found_beyond_measure", NULL});
	assert_said(&guilty, "  message: \"nsrig_spawn: on \\\"left\\\": program \\\"xxx");
	assert_said(&guilty, " bytes left out) ... xxx");
	assert_said(&guilty, tail);
	assert_said(&guilty, "\n  output:\n    - \"xxx");
	program_free(&guilty);
}

/* The memory for what a thread waits for is limited; there, an ellipsis marks the cut. */
static void long_waits_have_a_mark(void **state)
{
	struct program guilty;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "waits_at_length", "--timeout=1", NULL});
	assert_said(&guilty, "    - \"  waits for a line that matches \\\"beginxxx");
	assert_said(&guilty, "xxx...\"\n");
	program_free(&guilty);
}

/* The only limit: the message keeps the beginning and the end, and whole characters. */
static void endless_sentences_are_cut(void **state)
{
	static const char euro[] = "\xe2\x82\xac";
	struct program guilty;
	size_t euros = 0, left_out = 0;
	const char *next;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "fails_beyond_measure", NULL});
	next = strstr(guilty.out_text, "  message: \"");
	assert_non_null(next);
	next += strlen("  message: \"");
	for (; !strncmp(next, euro, 3); euros++)
		next += 3;
	assert_int_equal(sscanf(next, " ... (%zu bytes left out) ... ", &left_out), 1);
	for (next = strstr(next, euro); next && !strncmp(next, euro, 3); euros++)
		next += 3;
	assert_non_null(next);
	assert_memory_equal(next, ".\"\n", 3);
	assert_int_equal(3 * euros + left_out, 300000);
	assert_in_range(left_out, 284000, 286000);
	program_free(&guilty);
}

static void the_rest_goes_on(void **state)
{
	struct program guilty;

	(void)state;
	program_run(&guilty,
		(char *[]){GUILTY, "exits_0,passes,crashes,skips,passes_on_a_cable", NULL});
	assert_non_null(strstr(guilty.out_text, "1..5\nnot ok 1 - exits_0\n"));
	assert_non_null(strstr(guilty.out_text, "\nok 2 - passes\nnot ok 3 - crashes\n"));
	assert_non_null(strstr(guilty.out_text,
		"\nok 4 - skips # SKIP needs a larger machine\nok 5 - passes_on_a_cable\n"));
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}

static void time_out_is_told(void **state)
{
	struct program guilty;

	(void)state;
	unsetenv("NSRIG_TIMEOUT_SCALE");
	program_run(&guilty, (char *[]){GUILTY, "hangs,passes", "--timeout", "1", NULL});
	program_forget_times(&guilty);
	assert_non_null(
		strstr(guilty.out_text, "1..2\nnot ok 1 - hangs\n  ---\n  outcome: timed out\n"
					"  message: \"timed out in the test, after 1.000 s\"\n"));
	assert_non_null(strstr(guilty.out_text, "\n  ...\nok 2 - passes\n"));
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}

/* What each process and thread did, and what it waited for. */
static void time_out_tells_what_processes_did(void **state)
{
	struct program guilty;

	(void)state;
	unsetenv("NSRIG_TIMEOUT_SCALE");
	program_run(&guilty, (char *[]){GUILTY, "waits_for_ever", "--timeout=4", NULL});
	assert_said(&guilty, "\n  processes:\n    - \"process 2: ");
	assert_said(&guilty, "guilty waits_for_ever --timeout=4: ");
	assert_said(&guilty, "    - \"  waits for 127.0.0.3 to answer a ping\"\n");
	assert_said(&guilty, "    - \"  thread 4, second: ");
	assert_said(&guilty,
		"    - \"  waits for link a0 in \\\"left\\\"; last seen: up, no carrier\"\n");
	assert_said(&guilty, "    - \"process 3: ");
	assert_said(&guilty, "guilty waits_for_ever --timeout=4: stopped");
	program_free(&guilty);
}

/* The namespace of the failing thread, unless it is the thread's first one. */
static void failure_tells_its_namespace(void **state)
{
	static const char *const tests[][2] = {
		{"fails_in_do", "\n  namespace: \"left\"\n"},
		{"fails_in_block", "\n  namespace: \"left\"\n"},
		{"fails_5_deep", "\n  namespace: \"/proc/self/fd/"},
		{"fails_far_away", "\n  namespace: \"net:["},
	};
	struct program guilty;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(tests); i++) {
		program_run(&guilty, (char *[]){GUILTY, (char *)tests[i][0], NULL});
		assert_said(&guilty, tests[i][1]);
		program_free(&guilty);
	}
	program_run(&guilty, (char *[]){GUILTY, "fails", NULL});
	assert_null(strstr(guilty.out_text, "namespace:"));
	program_free(&guilty);
}

/* The message has the limit that was in effect. */
static void scaled_time_out_is_told(void **state)
{
	struct program guilty;

	(void)state;
	setenv("NSRIG_TIMEOUT_SCALE", "2.5", 1);
	program_run(&guilty, (char *[]){GUILTY, "hangs", "--timeout", "0.4", NULL});
	assert_non_null(strstr(guilty.out_text, "\"timed out in the test, after 1.000 s\""));
	program_free(&guilty);
}

/*
 * A runner that was stopped itself finds that the test has ended, and assumes that it ended in
 * time.
 */
static void hold_up_a_runner(void)
{
	char path[] = "/tmp/nsrig-runner-XXXXXX";
	struct program guilty;
	char fifo[64];
	int fd;

	unsetenv("NSRIG_TIMEOUT_SCALE");
	assert_non_null(mkdtemp(path));
	snprintf(fifo, sizeof(fifo), "%s/fifo", path);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	setenv("GUILTY_PATH", fifo, 1);
	program_start(&guilty, (char *[]){GUILTY, "waits_for_a_fifo", "--timeout", "2", NULL});
	/* The test runs when the other end has been opened, and continues when ours is closed. */
	fd = open(fifo, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	kill(guilty.pid, SIGSTOP);
	close(fd);
	poll(NULL, 0, 2200);
	kill(guilty.pid, SIGCONT);
	program_end(&guilty, 10000);
	unlink(fifo);
	rmdir(path);
	assert_string_equal(guilty.out_text, "TAP version 13\n1..1\nok 1 - waits_for_a_fifo\n");
	program_free(&guilty);
}

static void ended_in_time_is_no_time_out(void **state)
{
	(void)state;
	hold_up_a_runner();
}

/* From now on, this system call fails in this process and its children. */
static void refuse_call(int number, int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = {COUNT(filter), filter};

	assert_int_equal(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		nsrig_skip("needs CONFIG_SECCOMP_FILTER");
}

/* Without a pidfd, the end of the streams tells that the test has ended. */
static void ended_in_time_without_pidfds(void **state)
{
	(void)state;
	refuse_call(SYS_pidfd_open, ENOSYS);
	hold_up_a_runner();
}

/* A process outside of the sandbox holds the output open: the runner doesn't wait for it. */
static void output_held_outside_is_left(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char path[] = "/tmp/nsrig-runner-XXXXXX";
	struct program guilty;

	(void)state;
	unsetenv("NSRIG_TIMEOUT_SCALE");
	assert_non_null(mkdtemp(path));
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/socket", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	setenv("GUILTY_PATH", at.sun_path, 1);
	/* The sent descriptor stays open in the socket's queue, as long as the socket exists. */
	program_run(&guilty,
		(char *[]){GUILTY, "hands_its_output_over,passes", "--timeout", "1", NULL});
	unlink(at.sun_path);
	rmdir(path);
	assert_non_null(strstr(guilty.out_text, "timed out in the test, after 1.000 s"));
	assert_non_null(strstr(guilty.out_text, "\nok 2 - passes\n"));
	program_free(&guilty);
	close(fd);
}

/*
 * Starts guilty from a shell that has changed something first: the runner must cope with what it
 * inherits.
 */
static void assert_shell(const char *before, int exit_status, const char *expected)
{
	struct program shell;
	char guilty[PATH_MAX], command[PATH_MAX + 64];

	program_path(GUILTY, guilty);
	snprintf(command, sizeof(command), before, guilty);
	program_run(&shell, (char *[]){"sh", "-c", command, NULL});
	assert_string_equal(shell.out_text, expected);
	program_assert_exit(&shell, exit_status);
	program_free(&shell);
}

static void odd_beginnings_mislead_nobody(void **state)
{
	static const char passed[] = "TAP version 13\n1..1\nok 1 - passes_on_a_cable\n";

	(void)state;
	assert_shell("trap '' CHLD; exec %s passes_on_a_cable", 0, passed);
	assert_shell("exec %s passes_on_a_cable <&- 2>&-", 0, passed);
	/* CAP_SYS_ADMIN alone is not enough; in a user namespace the runner has both. */
	assert_shell("exec setpriv --bounding-set -net_admin %s passes_on_a_cable", 0, passed);
}

static void unwritten_results_are_a_failure(void **state)
{
	(void)state;
	assert_shell("exec %s passes >&-", 2, "");
	assert_shell("%s passes --list 2>&1 >&- | grep -c 'standard output is closed'", 0, "1\n");
	assert_shell("exec %s passes >/dev/full", 1, "");
	assert_shell("exec %s passes --list >/dev/full", 1, "");
}

static void skips_say_why(void **state)
{
	(void)state;
	assert_stream(
		"skips,skips_in_do,skips_in_setup,skips_without_reason,skips_plainly_in_setup", 0,
		"TAP version 13\n1..5\n"
		"ok 1 - skips # SKIP needs a larger machine\n"
		"ok 2 - skips_in_do # SKIP needs \\#5 and a \\\\\n"
		"ok 3 - skips_in_setup # SKIP needs more in its set-up\n"
		"ok 4 - skips_without_reason # SKIP skip() gave no reason\n"
		"ok 5 - skips_plainly_in_setup # SKIP skip() gave no reason\n");
}

/* A kind that the kernel lacks is named, and the test that asks for it is skipped. */
static void lacking_kinds_are_skipped(void **state)
{
	const struct nsrig_link_spec spec = {.name = "d0"};
	struct nsrig_ns *ns;
	int rc;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&ns));
	rc = nsrig_link_add(ns, "dummy", &spec);
	nsrig_ns_free(ns);
	assert_stream("has_a_dummy", 0,
		rc == -EOPNOTSUPP
			? "TAP version 13\n1..1\nok 1 - has_a_dummy # SKIP needs CONFIG_DUMMY: "
			  ".links[0].kind, column 1: adding dummy \"d0\" in "
			  "\"host\": Operation not supported (Unknown device type)\n"
			: "TAP version 13\n1..1\nok 1 - has_a_dummy\n");
}

static void required_skips_fail(void **state)
{
	static const char expected[] =
		"TAP version 13\n1..2\nok 1 - passes\nnot ok 2 - skips\n  ---\n  outcome: failed\n"
		"  message: \"skipped, where no skip is allowed: needs a larger machine\"\n";
	struct program guilty;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "passes,skips", "--require", NULL});
	assert_memory_equal(guilty.out_text, expected, strlen(expected));
	program_assert_exit(&guilty, 1);
	program_free(&guilty);

	setenv("NSRIG_REQUIRE", "1", 1);
	program_run(&guilty, (char *[]){GUILTY, "passes,skips", NULL});
	assert_memory_equal(guilty.out_text, expected, strlen(expected));
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}

/* A test is alone: in an empty network with lo up, as pid 2, with empty stdin, and its own /run. */
static void sandbox_is_a_tests_own(void **state)
{
	struct program guilty;
	struct stat st;

	(void)state;
	assert_int_equal(
		close(open("/run/of-the-machine", O_CREAT | O_WRONLY | O_CLOEXEC, 0644)), 0);
	program_run(&guilty, (char *[]){GUILTY, "looks_around", NULL});
	assert_non_null(strstr(guilty.out_text, "\"first link lo up\""));
	assert_non_null(strstr(guilty.out_text, "\"pid 2\""));
	assert_non_null(strstr(guilty.out_text, "\"stdin 0\""));
	assert_non_null(strstr(guilty.out_text, "\"run is empty\""));
	assert_int_equal(stat("/run/of-a-test", &st), -1);
	program_free(&guilty);
}

static void bad_options_are_refused(void **state)
{
	static char *const bad[][2] = {
		{"--no-such-option", NULL},
		{"--timeout", NULL},
		{"--timeout=x", NULL},
		{"--timeout=0", NULL},
		{"--timeout=-1", NULL},
		{"--timeout=1e9", NULL},
		{"stray", NULL},
		{"--timeout=nan", NULL},
	};
	struct program guilty;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(bad); i++) {
		program_run(&guilty, (char *[]){GUILTY, "passes", bad[i][0], NULL});
		assert_string_equal(guilty.out_text, "");
		assert_non_null(strstr(guilty.err_text, i == 6 ? "stray"
							: i    ? "time"
							       : "no-such-option"));
		program_assert_exit(&guilty, 2);
		program_free(&guilty);
	}
	setenv("NSRIG_TIMEOUT", "soon", 1);
	program_run(&guilty, (char *[]){GUILTY, "passes", NULL});
	assert_non_null(strstr(guilty.err_text, "NSRIG_TIMEOUT: \"soon\""));
	program_assert_exit(&guilty, 2);
	program_free(&guilty);
	unsetenv("NSRIG_TIMEOUT");
	setenv("NSRIG_TIMEOUT_SCALE", "-2", 1);
	program_run(&guilty, (char *[]){GUILTY, "passes", NULL});
	assert_non_null(strstr(guilty.err_text, "NSRIG_TIMEOUT_SCALE: \"-2\""));
	program_assert_exit(&guilty, 2);
	program_free(&guilty);
	unsetenv("NSRIG_TIMEOUT_SCALE");
}

static void tests_that_are_none_are_refused(void **state)
{
	struct program guilty;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "passes,nothing to run", NULL});
	assert_string_equal(guilty.out_text, "");
	assert_string_equal(guilty.err_text, "test 2 (nothing to run) has no function\n");
	program_assert_exit(&guilty, 2);
	program_free(&guilty);
}

static void list_and_help_run_nothing(void **state)
{
	struct program guilty;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "passes,crashes", "--list", NULL});
	assert_string_equal(guilty.out_text, "passes\ncrashes\n");
	program_assert_exit(&guilty, 0);
	program_free(&guilty);
	program_run(&guilty, (char *[]){GUILTY, "crashes", "--help", NULL});
	assert_memory_equal(guilty.out_text, "usage: ", 7);
	program_assert_exit(&guilty, 0);
	program_free(&guilty);
}

/* The last output of the programs is reported, however the test failed. */
static void programs_are_told(void **state)
{
	static const struct {
		char *test, *lines;
	} rows[] = {
		{"test_fails_beside_a_program",
			"  programs:\n    - \"sh on left: killed by SIGTERM\"\n"
			"    - \"  stdout: serving\"\n  ...\n"},
		{"test_crashes_beside_a_program", "  programs:\n    - \"sh on left: running\"\n"
						  "    - \"  stdout: serving\"\n  ...\n"},
		{"test_hangs_beside_a_program", "  programs:\n    - \"sh on left: running\"\n"
						"    - \"  stdout: serving\"\n  ...\n"},
	};
	struct program guilty;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(rows); i++) {
		program_run(&guilty, (char *[]){GUILTY, rows[i].test, "--timeout=2", NULL});
		if (!strstr(guilty.out_text, rows[i].lines))
			nsrig_fail("expected \"%s\" in: %s", rows[i].lines, guilty.out_text);
		program_free(&guilty);
	}
}

/* prove's summary of several kinds of results at once. */
static void assert_prove(const char *tests, int exit_status, const char *words)
{
	char guilty[PATH_MAX];
	struct program prove;

	program_path(GUILTY, guilty);
	program_run(&prove, (char *[]){"prove", "--exec", "", guilty, "::", (char *)tests, NULL});
	if (!strstr(prove.out_text, words))
		nsrig_fail("prove does not say \"%s\" but: %s%s", words, prove.out_text,
			prove.err_text);
	assert_null(strstr(prove.out_text, "Parse errors"));
	program_assert_exit(&prove, exit_status);
	program_free(&prove);
}

static void prove_says_the_same(void **state)
{
	(void)state;
	assert_prove("passes,passes_on_a_cable", 0, "Files=1, Tests=2");
	assert_prove("passes", 0, "Result: PASS");
	assert_prove("skips,passes", 0, "Result: PASS");
	assert_prove("passes,fails,prints", 1, "Failed test:  2");
	assert_prove("fails_in_do", 1, "Result: FAIL");
	assert_prove("prints,exits_0,passes", 1, "Failed test:  2");
	assert_prove("exits_0,exits_3,crashes,kills_itself,fails_in_child,is_misspelt", 1,
		"Tests: 6 Failed: 6");
}

/*
 * Perl's small YAML reader accepts every line of YAML that the runner writes: prove finds no parse
 * errors after a test that prints misleading output.
 */
static void output_of_any_kind_is_quoted(void **state)
{
	(void)state;
	assert_prove("prints_odd_things,passes", 1, "Failed test:  1");
}

/* In many containers /proc is partly covered, and a user namespace may not mount a new one. */
static void audit_works_with_the_machines_proc(void **state)
{
	static const char expected[] = "TAP version 13\n1..5\nok 1 - leaks_a_daemon_and_may\n"
				       "ok 2 - ends_what_it_began\nnot ok 3 - leaks_a_thread\n";
	char guilty[PATH_MAX], command[PATH_MAX + 256];
	struct program shell;

	(void)state;
	assert_int_equal(mount("/dev/null", "/proc/uptime", "none", MS_BIND, NULL), 0);
	program_path(GUILTY, guilty);
	snprintf(command, sizeof(command),
		"exec setpriv --bounding-set -sys_admin %s leaks_a_daemon_and_may,"
		"ends_what_it_began,leaks_a_thread,leaks_a_daemon,passes",
		guilty);
	program_run(&shell, (char *[]){"sh", "-c", command, NULL});
	assert_memory_equal(shell.out_text, expected, strlen(expected));
	assert_said(&shell, "\n  message: \"left behind: thread 3: sleeper\"\n");
	assert_said(&shell, "\nnot ok 4 - leaks_a_daemon\n");
	assert_said(&shell, "\nok 5 - passes\n");
	program_free(&shell);
	assert_int_equal(umount("/proc/uptime"), 0);
}

static void assert_mounts_are_audited(void)
{
	struct program guilty;

	program_run(&guilty, (char *[]){GUILTY, "passes,leaks_a_mount", NULL});
	assert_said(&guilty, "\nok 1 - passes\n");
	assert_said(&guilty, "left behind: mount /run/a place: tmpfs\"\n");
	program_free(&guilty);
}

/* More mounts than one call lists; and a kernel without that call. */
static void audit_works_with_many_mounts(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 1200; i++)
		assert_int_equal(mount("tmpfs", "/run", "tmpfs", 0, "size=4k"), 0);
	nsrig_may_leave("mount /run: tmpfs");
	assert_mounts_are_audited();
	refuse_call(SYS_listmount, ENOSYS);
	assert_mounts_are_audited();
}

/* The runner can't prove that nothing was left behind. */
static void mounts_that_cannot_be_listed_are_a_leak(void **state)
{
	struct program guilty;

	(void)state;
	refuse_call(SYS_listmount, ENOMEM);
	program_run(&guilty, (char *[]){GUILTY, "passes", NULL});
	assert_said(&guilty, "\nnot ok 1 - passes\n");
	assert_said(&guilty, "mounts: they could not be checked: Cannot allocate memory\"\n");
	program_free(&guilty);
}

/* Harnesses read UTF-8: other bytes are escaped where possible, or left out. */
static void stream_is_utf8(void **state)
{
	struct program guilty;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "fails_in_utf8", NULL});
	assert_non_null(strstr(guilty.out_text, "  message: \"\xe2\x82\xac \xc3\xa9\"\n"));
	assert_non_null(
		strstr(guilty.out_text, "    - \"\xe2\x82\xac, and half of it: \\xe2\\x82\"\n"));
	assert_non_null(strstr(guilty.out_text, "    - \"no character: \\xef\\xbf\\xbf\"\n"));
	program_free(&guilty);
	program_run(&guilty, (char *[]){GUILTY, "skips_in_utf8", "--verbose", NULL});
	assert_string_equal(guilty.out_text,
		"TAP version 13\n1..1\nok 1 - skips_in_utf8 # SKIP needs \xe2\x82\xac and ??\n"
		"# half: \n");
	program_free(&guilty);
}

static void long_lines_are_broken(void **state)
{
	struct program guilty;
	size_t quotes = 0;
	char *line, *save;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "fails_with_a_long_line", NULL});
	for (line = strtok_r(guilty.out_text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save)) {
		assert_true(strlen(line) < 40000);
		if (!strncmp(line, "    - \"", 7))
			quotes += (strlen(line) - 8) / 2;
	}
	assert_int_equal(quotes, 60000);
	program_free(&guilty);
}

/* For users whose harness reads both streams as one. */
static void stderr_is_comments(void **state)
{
	struct program guilty;
	char *line, *save;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "says_the_plan_and_fails,fails,is_misspelt", NULL});
	assert_non_null(strstr(guilty.err_text, "# failed: 1 - says_the_plan_and_fails: ok 1 not"));
	for (line = strtok_r(guilty.err_text, "\n", &save); line;
		line = strtok_r(NULL, "\n", &save))
		assert_memory_equal(line, "# ", 2);
	program_free(&guilty);
}

#define judged(test) nsrig_test(test, .setup = program_clear_environment)

/* ---- namespaces ------------------------------------------------------------------------------ */

/* Those of the runner. */
static const char *const namespaces[] = {"net", "mnt", "pid"};
static ino_t runners[COUNT(namespaces)];

static ino_t own_namespace(const char *kind)
{
	char path[32];
	struct stat st;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", kind);
	return stat(path, &st) < 0 ? 0 : st.st_ino;
}

static void namespaces_are_the_tests_own(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(namespaces); i++) {
		assert_int_not_equal(own_namespace(namespaces[i]), 0);
		assert_int_not_equal(own_namespace(namespaces[i]), runners[i]);
	}
}

int main(int argc, char **argv)
{
	size_t i;
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(namespaces_are_the_tests_own),
		judged(pass_is_told),
		judged(output_of_a_pass_is_silent),
		judged(failure_is_told_with_its_words),
		judged(long_names_are_told_whole),
		judged(long_sentences_are_told_whole),
		judged(endless_sentences_are_cut),
		judged(differences_are_told_whole),
		judged(long_sentences_come_in_pieces),
		judged(long_waits_have_a_mark),
		judged(the_rest_goes_on),
		judged(time_out_is_told),
		judged(time_out_tells_what_processes_did),
		judged(failure_tells_its_namespace),
		judged(scaled_time_out_is_told),
		judged(ended_in_time_is_no_time_out),
		judged(ended_in_time_without_pidfds),
		judged(output_held_outside_is_left),
		judged(odd_beginnings_mislead_nobody),
		judged(unwritten_results_are_a_failure),
		judged(skips_say_why),
		judged(lacking_kinds_are_skipped),
		judged(required_skips_fail),
		judged(sandbox_is_a_tests_own),
		judged(bad_options_are_refused),
		judged(tests_that_are_none_are_refused),
		judged(list_and_help_run_nothing),
		judged(programs_are_told),
		judged(prove_says_the_same),
		judged(output_of_any_kind_is_quoted),
		judged(audit_works_with_the_machines_proc),
		judged(audit_works_with_many_mounts),
		judged(mounts_that_cannot_be_listed_are_a_leak),
		judged(stream_is_utf8),
		judged(long_lines_are_broken),
		judged(stderr_is_comments),
	};

	for (i = 0; i < COUNT(namespaces); i++)
		runners[i] = own_namespace(namespaces[i]);
	return nsrig_main(argc, argv, tests);
}
