// SPDX-License-Identifier: MIT
/*
 * Programs that can't be started, and queries that can't be answered: each call reports what was
 * wrong, and leaves nothing behind.
 *
 *	alone
 */
#include "suites/lib/count.h"

#include <errno.h>
#include <limits.h>
#include <nsrig.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct nsrig_topo alone = {.hosts = {"alone"}};

#define WAITS "tail -f /dev/null"

/* Asserts that the start fails with this error, and leaves no descriptors, processes or mounts. */
static void assert_refused(
	struct nsrig *rig, const struct nsrig_command *command, int error, const char *words)
{
	int descriptors, processes = count_processes(), mounts = count_mounts();
	struct nsrig_program *program = NULL;
	const struct nsrig_result *result = NULL;

	/* The first program creates the host's mount namespace, which stays. */
	nsrig_assert_run(rig, "alone", "true");
	descriptors = count_descriptors();
	refused(nsrig_start(rig, "alone", command, &program), error, words);
	refused(nsrig_run(rig, "alone", command, &result), error, words);
	assert_null(program);
	assert_null(result);
	assert_int_equal(count_descriptors(), descriptors);
	assert_int_equal(count_processes(), processes);
	assert_int_equal(count_mounts(), mounts);
}

#define assert_command_refused(rig, error, words, ...)                                             \
	assert_refused(                                                                            \
		(rig), &(const struct nsrig_command){.unused = 0, __VA_ARGS__}, (error), (words))

static int do_nothing(void *unused)
{
	(void)unused;
	return 0;
}

static void programs_that_are_none(void **state)
{
	static const char *const none[] = {NULL}, *const empty[] = {"", NULL};

	assert_command_refused(*state, -EINVAL, "no program", .name = "x");
	assert_command_refused(*state, -EINVAL, "without a program (\" \t\")", " \t");
	assert_command_refused(*state, -EINVAL, "argv is empty", .argv = none);
	assert_command_refused(*state, -EINVAL, "argv is empty", .argv = empty);
	assert_command_refused(
		*state, -EINVAL, "more than one program", "true", .function = do_nothing);
	assert_command_refused(
		*state, -EINVAL, "a quote without an end in the command \"echo 'x\"", "echo 'x");
	assert_command_refused(*state, -EINVAL, "a quote without an end", "echo \"x\\\"");
	assert_command_refused(*state, -ENOENT,
		"on \"alone\": program \"nonesuch\" was not found in $PATH (/usr/bin:/bin)",
		"nonesuch", .env = {"PATH=/usr/bin:/bin"});
	assert_command_refused(
		*state, -ENOENT, "$PATH (/nowhere)", "nonesuch", .env = {"PATH=/nowhere"});
	assert_command_refused(*state, -ENOENT,
		"program \"/nonesuch\" can't be executed: No such file", "/nonesuch");
	assert_command_refused(*state, -EACCES,
		"program \"/etc/passwd\" can't be executed: Permission denied", "/etc/passwd");
	assert_command_refused(*state, -EACCES, "program \"/\" can't be executed", "/");
	assert_command_refused(*state, -ENOENT,
		"program \"/run/script\": its interpreter was not found", "/run/script",
		.files = {{"/run/script", "#!/nonesuch\n", .mode = 0755}});
	assert_command_refused(*state, -ENOENT, "true: its working directory \"/nonesuch\"", "true",
		.dir = "/nonesuch");
	assert_command_refused(
		*state, -ENOTDIR, "its working directory", "true", .dir = "/etc/passwd");
}

static void limits_and_words_that_are_wrong(void **state)
{
	assert_command_refused(
		*state, -EINVAL, "a negative time limit (-1 ms)", "true", .stop_ms = -1);
	assert_command_refused(*state, -EINVAL, "a negative time limit (-2 ms)", "true", .ms = -2);
	assert_command_refused(*state, -EINVAL, "there is no signal 99", "true", .stop_signal = 99);
	assert_command_refused(*state, -EINVAL, "there is no signal -1", "true", .stop_signal = -1);
	assert_command_refused(
		*state, -EINVAL, "environment \"=x\": it has no name", "true", .env = {"=x"});
	assert_command_refused(
		*state, -EINVAL, "environment \"\": it has no name", "true", .env = {""});
}

static void files_that_cannot_be_laid(void **state)
{
	char long_path[PATH_MAX + 10];

	memset(long_path, 'x', sizeof(long_path) - 1);
	long_path[0] = '/';
	long_path[sizeof(long_path) - 1] = '\0';
	assert_command_refused(*state, -ENOENT,
		"nothing can be bound over \"/etc/nonesuch\" (files can be created in /run ",
		"true", .files = {{"/etc/nonesuch", "x"}});
	assert_command_refused(*state, -ENOENT, "nothing can be bound over \"/nonesuch\"", "true",
		.files = {{"/nonesuch"}});
	assert_command_refused(*state, -ENOENT, "\"/nonesuch\", to be bound over \"/etc/hosts\"",
		"true", .files = {{"/etc/hosts", .from = "/nonesuch"}});
	assert_command_refused(*state, -EISDIR,
		"a file can't be bound over \"/etc\": that is a folder", "true",
		.files = {{"/etc", "x"}});
	assert_command_refused(*state, -ENOTDIR,
		"a folder can't be bound over \"/etc/hosts\": that is a file", "true",
		.files = {{"/etc/hosts"}});
	assert_command_refused(*state, -ENOTDIR, "a folder can't be bound", "true",
		.files = {{"/etc/hosts", .from = "/sys"}});
	assert_command_refused(*state, -EINVAL, "\"etc/hosts\": the path is not absolute", "true",
		.files = {{"etc/hosts", "x"}});
	assert_command_refused(*state, -EINVAL, "\"/run/../etc/hosts\": \"..\" in its path", "true",
		.files = {{"/run/../etc/hosts", "x"}});
	assert_command_refused(*state, -EINVAL, "\"/run/..\": \"..\" in its path", "true",
		.files = {{"/run/..", "x"}});
	assert_command_refused(
		*state, -EINVAL, "its path has", "true", .files = {{long_path, "x"}});
	assert_command_refused(*state, -EINVAL, "it has a text, and is from \"/sys\"", "true",
		.files = {{"/etc/hosts", "x", "/sys"}});
	assert_command_refused(*state, -EINVAL, "mode 010000 is none", "true",
		.files = {{"/etc/hosts", "x", .mode = 010000}});
	/* The bind files before the one that failed are unmounted. */
	assert_command_refused(*state, -ENOENT, "/nonesuch", "true",
		.files = {{"/etc/hosts", "x"}, {"/nonesuch"}});
}

static void nothing_given(void **state)
{
	const struct nsrig_command command = {.line = "true"};
	const struct nsrig_result *result;
	struct nsrig_program *program;
	struct nsrig_thread *thread;

	refused(nsrig_start(NULL, "alone", &command, &program), -EINVAL, "no rig given");
	refused(nsrig_start(*state, NULL, &command, &program), -EINVAL, "no host given");
	refused(nsrig_start(*state, "alone", NULL, &program), -EINVAL, "no command given");
	refused(nsrig_start(*state, "alone", &command, NULL), -EINVAL,
		"no place for the handle given");
	refused(nsrig_start(*state, "other", &command, &program), -ENOENT, "no host \"other\"");
	refused(nsrig_run(NULL, "alone", &command, &result), -EINVAL, "no rig given");
	refused(nsrig_run(*state, "alone", &command, NULL), -EINVAL,
		"no place for the result given");
	refused(nsrig_run(*state, "other", &command, &result), -ENOENT, "no host \"other\"");
	refused(nsrig_start_thread(*state, "other", do_nothing, NULL, &thread), -ENOENT,
		"no host \"other\"");
	refused(nsrig_start_thread(*state, "alone", NULL, NULL, &thread), -EINVAL,
		"no function given");
}

static void commands_that_do_not_end(void **state)
{
	const struct nsrig_result *result;
	int processes = count_processes();

	refused(nsrig_run(*state, "alone",
			&(struct nsrig_command){
				.line = "sh -c 'echo so far; exec " WAITS "'", .ms = 50},
			&result),
		-ETIMEDOUT,
		"waited 50 ms for the end: sh on \"alone\" is running; it printed: so far");
	refused(nsrig_run(*state, "alone",
			&(struct nsrig_command){
				.line = "sh -c 'trap \"\" TERM; " WAITS "'", .ms = 50},
			&result),
		-ETIMEDOUT, "waited 50 ms");
	refused(nsrig_run(*state, "alone",
			&(struct nsrig_command){.line = "sh -c '" WAITS " & exit 0'"}, &result),
		-EBUSY,
		"a command must not go on in the background: sh on \"alone\" exited with status 0, "
		"and left 1 running");
	refused(nsrig_run(*state, "alone", &(struct nsrig_command){.line = "true", .forks = true},
			&result),
		-EINVAL, "is not run to its end");
	assert_int_equal(count_processes(), processes);
}

static void commands_that_a_sanitizer_reports_of(void **state)
{
	const struct nsrig_result *result;

	refused(nsrig_run(*state, "alone",
			&(struct nsrig_command){
				.line = "sh -c 'echo ==1==ERROR: >&2; echo SUMMARY: "
					"AddressSanitizer: heap-use-after-free x.c:1 in f >&2'"},
			&result),
		-ECHILD,
		"a sanitizer reported an error in sh on \"alone\": SUMMARY: AddressSanitizer: "
		"heap-use-after-free");
	refused(nsrig_run(*state, "alone",
			&(struct nsrig_command){
				.line = "sh -c 'echo x.c:1:2: runtime error: y >&2'"},
			&result),
		-ECHILD,
		"a sanitizer reported an error in sh on \"alone\": x.c:1:2: runtime error: y");
	/* The runtime errors of other interpreters look like this too. */
	nsrig_assert_run(*state, "alone", "sh -c 'echo x.lua: runtime error: y >&2'");
}

static void commands_that_print_more_than_is_kept(void **state)
{
	const struct nsrig_result *result;
	char line[64];

	snprintf(line, sizeof(line), "head -c %d /dev/zero", NSRIG_OUTPUT_BYTES + 1);
	refused(nsrig_run(*state, "alone", &(struct nsrig_command){.line = line}, &result), -ECHILD,
		"head on \"alone\" printed more than can be kept (256 MiB)");
}

static void waits_that_make_no_sense(void **state)
{
	struct nsrig_program *waits = nsrig_spawn(*state, "alone", WAITS);
	struct nsrig_thread *thread = nsrig_spawn_thread(*state, "alone", do_nothing, NULL);
	char path[200];

	memset(path, '/', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	refused(nsrig_wait_exit(waits, NULL, -1), -EINVAL, "a negative time limit (-1 ms)");
	refused(nsrig_wait_line(waits, "x", -1), -EINVAL, "a negative time limit (-1 ms)");
	refused(nsrig_wait_ready(waits, -1), -EINVAL, "a negative time limit (-1 ms)");
	refused(nsrig_wait_listening(waits, "tcp *:80", -1), -EINVAL,
		"a negative time limit (-1 ms)");
	refused(nsrig_wait_listening(waits, "unix /x", -1), -EINVAL,
		"a negative time limit (-1 ms)");
	refused(nsrig_join(thread, NULL, -1), -EINVAL, "a negative time limit (-1 ms)");
	refused(nsrig_wait_exit(waits, NULL, 0), -ETIMEDOUT, "waited 0 ms for the end");
	refused(nsrig_wait_line(waits, "x", 0), -ETIMEDOUT,
		"waited 0 ms for a line that matches \"x\": tail on \"alone\" is running");
	refused(nsrig_wait_ready(waits, 0), -ETIMEDOUT, "waited 0 ms for READY=1");
	refused(nsrig_wait_listening(waits, "tcp *:80", 0), -ETIMEDOUT, "after 0 ms");
	refused(nsrig_wait_listening(waits, "unix /x", 0), -ETIMEDOUT, "last seen: ");
	refused(nsrig_wait_line(waits, NULL, 0), -EINVAL, "no pattern given");
	refused(nsrig_wait_line(waits, "(", 0), -EINVAL,
		"\"(\" is not an extended regular expression");
	refused(nsrig_wait_listening(waits, "tcp *:65536", 0), -EINVAL, "65536");
	refused(nsrig_wait_listening(waits, "icmp 10.0.0.1", 0), -EINVAL, "icmp");
	refused(nsrig_wait_listening(waits, "unix socket", 0), -EINVAL,
		"expected an absolute path, or @ and a name");
	refused(nsrig_wait_listening(waits, "unix @", 0), -EINVAL, "expected an absolute path");
	snprintf(path, sizeof(path), "unix ");
	path[5] = '/';
	refused(nsrig_wait_listening(waits, path, 0), -EINVAL, "bytes (up to 107)");
	refused(nsrig_wait_listening(waits, NULL, 0), -EINVAL, "NULL");
	refused(nsrig_signal(waits, 65), -EINVAL, "there is no signal 65");
	refused(nsrig_signal(waits, -1), -EINVAL, "there is no signal -1");
	assert_null(nsrig_program_path(waits, "x"));
	assert_null(nsrig_program_line(waits));
}

static void program_that_dies_at_once(void **state)
{
	struct nsrig_program *dies = nsrig_spawn(*state, "alone", "sh -c 'echo bye >&2; exit 9'");

	refused(nsrig_wait_ready(dies, NSRIG_WAIT_MS), -ECHILD,
		"waiting for READY=1: sh on \"alone\" exited with status 9; it "
		"printed: bye");
	refused(nsrig_stop(dies), -ECHILD,
		"ended before its time: sh on \"alone\" exited with status 9; it printed: bye");
}

static void program_that_ignores_sigterm(void **state)
{
	struct nsrig_program *stubborn = nsrig_spawn(
		*state, "alone", "sh -c 'trap \"\" TERM; echo no; " WAITS "'", .stop_ms = 20);
	int pid = nsrig_program_pid(stubborn);

	nsrig_assert_ok(nsrig_wait_line(stubborn, "no", NSRIG_WAIT_MS));
	refused(nsrig_stop(stubborn), -ECHILD,
		"did not end within 20 ms of SIGTERM, and was killed: sh on \"alone\" was killed "
		"by "
		"SIGKILL");
	assert_int_equal(kill(pid, 0), -1);
}

/* A daemon that fails once its parent has exited. */
static int fork_and_fail(void *unused)
{
	pid_t parent = getpid();

	(void)unused;
	if (fork())
		return 0;
	while (getppid() == parent)
		continue;
	printf("nothing to do\n");
	fflush(stdout);
	_exit(5);
}

static void daemon_that_ends_after_it_has_forked(void **state)
{
	struct nsrig_program *forks =
		nsrig_spawn(*state, "alone", .function = fork_and_fail, .forks = true);

	refused(nsrig_wait_line(forks, "never", NSRIG_WAIT_MS), -ECHILD,
		"function on \"alone\" exited with status 5; it printed: nothing to do");
	refused(nsrig_stop(forks), -ECHILD, "ended before its time");
}

/* Another process kills the supervisor, by its process id. */
static void keeper_that_is_killed(void **state)
{
	struct nsrig_program *waits = nsrig_spawn(*state, "alone", WAITS);
	int pid = nsrig_program_pid(waits), supervisor = 0;
	char path[64], line[256];
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	status = fopen(path, "r");
	assert_non_null(status);
	while (fgets(line, sizeof(line), status))
		sscanf(line, "PPid: %d", &supervisor);
	fclose(status);
	assert_true(supervisor > 1 && supervisor != getpid());
	assert_int_equal(kill(supervisor, SIGKILL), 0);
	nsrig_assert_ok(nsrig_wait_exit(waits, NULL, NSRIG_WAIT_MS));
	/* Its program is killed with it. */
	while (kill(pid, 0) == 0)
		continue;
	nsrig_assert_ok(nsrig_stop(waits));
}

static void no_handle_is_refused(void **state)
{
	static const char words[] = ": no program given (NULL)";

	(void)state;
	refused(nsrig_signal(NULL, SIGTERM), -EINVAL, words);
	refused(nsrig_stop(NULL), -EINVAL, words);
	refused(nsrig_program_pid(NULL), -EINVAL, words);
	refused(nsrig_program_fd(NULL), -EINVAL, words);
	refused(nsrig_wait_exit(NULL, NULL, 0), -EINVAL, words);
	refused(nsrig_wait_line(NULL, "", 0), -EINVAL, words);
	refused(nsrig_wait_ready(NULL, 0), -EINVAL, words);
	refused(nsrig_wait_listening(NULL, "tcp *:80", 0), -EINVAL, words);
	assert_null(nsrig_program_path(NULL, "/etc"));
	assert_string_equal(nsrig_error(), "nsrig_program_path: no program given (NULL)");
	assert_null(nsrig_program_out(NULL, NULL));
	assert_string_equal(nsrig_error(), "nsrig_program_out: no program given (NULL)");
	assert_null(nsrig_program_err(NULL, NULL));
	assert_string_equal(nsrig_error(), "nsrig_program_err: no program given (NULL)");
	assert_null(nsrig_program_line(NULL));
	assert_string_equal(nsrig_error(), "nsrig_program_line: no program given (NULL)");
	refused(nsrig_join(NULL, NULL, 0), -EINVAL, "nsrig_join: no thread given (NULL)");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(programs_that_are_none, &alone),
		nsrig_test(limits_and_words_that_are_wrong, &alone),
		nsrig_test(files_that_cannot_be_laid, &alone),
		nsrig_test(nothing_given, &alone),
		nsrig_test(commands_that_do_not_end, &alone),
		nsrig_test(commands_that_a_sanitizer_reports_of, &alone),
		nsrig_test(commands_that_print_more_than_is_kept, &alone),
		nsrig_test(waits_that_make_no_sense, &alone),
		nsrig_test(program_that_dies_at_once, &alone),
		nsrig_test(program_that_ignores_sigterm, &alone),
		nsrig_test(daemon_that_ends_after_it_has_forked, &alone),
		nsrig_test(keeper_that_is_killed, &alone),
		cmocka_unit_test(no_handle_is_refused),
	};

	return nsrig_main(argc, argv, tests);
}
