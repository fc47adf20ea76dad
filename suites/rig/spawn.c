// SPDX-License-Identifier: MIT
/*
 * Programs in the hosts of a rig: their environment, what is known about them, and how they end.
 *
 *	+-------------+       +-------------+
 *	| client      |       | server      |
 *	|        eth0 |=======| eth0        |
 *	| 10.0.0.1/24 |       | 10.0.0.2/24 |
 *	+-------------+       +-------------+
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <nsrig.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static const struct nsrig_topo pair = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24", "server:eth0 10.0.0.2/24")},
};

/* The output of a command. */
#define SAYS(rig, host, ...) nsrig_assert_run(rig, host, __VA_ARGS__)->out

/* A program that runs until it is stopped. */
#define WAITS "tail -f /dev/null"

/* ---- the environment of a program ------------------------------------------------------------ */

static void network_is_the_hosts(void **state)
{
	assert_non_null(strstr(SAYS(*state, "server", "ip -o addr show eth0"), "10.0.0.2/24"));
	assert_non_null(strstr(SAYS(*state, "client", "ip -o addr show eth0"), "10.0.0.1/24"));
}

static void sys_is_the_hosts(void **state)
{
	nsrig_assert_ok(nsrig_add(*state, "veth client:only -- server:there"));
	/* Some kernels create links of their own in every namespace. */
	nsrig_assert_run(
		*state, "client", "test -e /sys/class/net/only -a ! -e /sys/class/net/there");
	nsrig_assert_run(
		*state, "server", "test -e /sys/class/net/there -a ! -e /sys/class/net/only");
}

static void run_is_the_hosts(void **state)
{
	nsrig_assert_run(*state, "server", "touch /run/mark");
	nsrig_assert_run(*state, "server", "test -e /run/mark");
	nsrig_assert_run(*state, "client", "test ! -e /run/mark");
	assert_int_equal(access("/run/mark", F_OK), -1);
}

static void proc_shows_the_tests_processes(void **state)
{
	struct nsrig_program *waits = nsrig_spawn(*state, "server", WAITS);
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/comm", nsrig_program_pid(waits));
	assert_string_equal(
		SAYS(*state, "client", .argv = (const char *const[]){"cat", path, NULL}), "tail\n");
	assert_int_equal(kill(nsrig_program_pid(waits), 0), 0);
}

static void words_are_parted_and_kept(void **state)
{
	assert_string_equal(
		SAYS(*state, "client", "printf <%s>  a 'b  c' \"d \\\" \\x 'e'\" f\\ g h'i'j"),
		"<a><b  c><d \" \\x 'e'><f g><hij>");
	assert_string_equal(
		SAYS(*state, "client",
			.argv = (const char *const[]){"printf", "<%s>", "$HOME *", NULL}),
		"<$HOME *>");
	assert_string_equal(SAYS(*state, "client", "printf <%s> '' x \"\""), "<><x><>");
}

static void environment_is_changed(void **state)
{
	setenv("NSRIG_SUITE_A", "old", 1);
	setenv("NSRIG_SUITE_B", "old", 1);
	assert_string_equal(
		SAYS(*state, "client",
			"sh -c 'echo $NSRIG_SUITE_A $NSRIG_SUITE_B ${NSRIG_SUITE_C-none}'",
			.env = {"NSRIG_SUITE_A=new", "NSRIG_SUITE_C", "NSRIG_SUITE_D=x"}),
		"new old none\n");
	assert_string_equal(SAYS(*state, "client", "sh -c 'echo ${NSRIG_SUITE_B-none}'",
				    .env = {"NSRIG_SUITE_B"}),
		"none\n");
}

static void input_is_given_or_empty(void **state)
{
	assert_string_equal(SAYS(*state, "client", "cat", .input = "one\ntwo"), "one\ntwo");
	assert_string_equal(SAYS(*state, "client", "cat"), "");
}

static void directory_is_the_tests_or_given(void **state)
{
	char cwd[PATH_MAX];

	assert_non_null(getcwd(cwd, sizeof(cwd)));
	strcat(cwd, "\n");
	assert_string_equal(SAYS(*state, "client", "pwd"), cwd);
	assert_string_equal(SAYS(*state, "client", "pwd", .dir = "/usr"), "/usr\n");
}

static void nothing_of_the_test_is_inherited(void **state)
{
	/*
	 * The kernel's own struct sigaction, whose first member is the handler; signal() refuses
	 * this signal.
	 */
	const unsigned long ignored[4] = {(unsigned long)SIG_IGN};
	/* Without close-on-exec. */
	int fd = open("/dev/null", O_RDONLY);
	const char *signals;

	assert_true(fd >= 0);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGUSR1, SIG_IGN);
	syscall(SYS_rt_sigaction, SIGRTMIN - 1, ignored, NULL, _NSIG / CHAR_BIT);
	/* 0 to 2, the descriptor of READY_FD, and the one by which ls reads the folder. */
	assert_string_equal(SAYS(*state, "client", "ls /proc/self/fd"), "0\n1\n2\n3\n4\n");
	signals = SAYS(*state, "client", "grep Sig /proc/self/status");
	if (!strstr(signals, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n"))
		nsrig_fail("%s", signals);
	close(fd);
}

/* ---- bind files ------------------------------------------------------------------------------ */

static void files_are_laid_over(void **state)
{
	struct stat before, after;

	assert_int_equal(stat("/etc/hosts", &before), 0);
	assert_string_equal(SAYS(*state, "client", "cat /etc/hosts /etc/passwd",
				    .files = {{"/etc/hosts", "one\n"}, {"/etc/passwd", "two\n"}}),
		"one\ntwo\n");
	assert_int_equal(stat("/etc/hosts", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_string_not_equal(SAYS(*state, "client", "cat /etc/hosts"), "one\n");
}

static void folders_are_laid_over(void **state)
{
	assert_string_equal(SAYS(*state, "client", "find /var/lib -mindepth 1",
				    .files = {{"/var/lib"}, {"/var/lib/a/b", ""}}),
		"/var/lib/a\n/var/lib/a/b\n");
	assert_int_equal(access("/var/lib/a", F_OK), -1);
}

static void files_of_the_machine_are_laid_elsewhere(void **state)
{
	assert_string_equal(SAYS(*state, "client", "ls /run/there/class",
				    .files = {{"/run/there", .from = "/sys"}}),
		SAYS(*state, "client", "ls /sys/class"));
	assert_string_equal(SAYS(*state, "client", "cat /run/b",
				    .files = {{"/run/b", .from = "/proc/version"}}),
		SAYS(*state, "client", "cat /proc/version"));
}

static void assert_readonly(struct nsrig *rig, const char *folder, const char *command)
{
	const struct nsrig_result *result;

	nsrig_assert_ok(nsrig_run(rig, "client",
		&(struct nsrig_command){.line = command, .files = {{"/run/x", .from = folder}}},
		&result));
	assert_int_equal(WEXITSTATUS(result->status), 1);
	assert_non_null(strstr(result->err, "Read-only file system"));
}

/*
 * A read-only bind mount covers the folder and, if the kernel can do that (since Linux 5.12), the
 * mounts below it.
 */
static void files_of_the_machine_are_not_written_to(void **state)
{
	char folder[] = "/tmp/nsrig-from-XXXXXX", inner[64];

	assert_non_null(mkdtemp(folder));
	snprintf(inner, sizeof(inner), "%s/inner", folder);
	assert_int_equal(mkdir(inner, 0755), 0);
	assert_int_equal(mount("tmpfs", inner, "tmpfs", 0, NULL), 0);
	assert_readonly(*state, folder, "touch /run/x/new");
	if (syscall(SYS_mount_setattr, -1, "", 0, NULL, 0) == 0 || errno != ENOSYS)
		assert_readonly(*state, folder, "touch /run/x/inner/new");
	assert_int_equal(umount(inner), 0);
	assert_int_equal(rmdir(inner), 0);
	assert_int_equal(rmdir(folder), 0);
}

/* On many machines /etc/resolv.conf is such a link. */
static void links_into_run_are_followed(void **state)
{
	static const char *const targets[] = {"/run/nsrig-nowhere/a", "../../run/nsrig-nowhere/b"};
	char folder[] = "/tmp/nsrig-link-XXXXXX", link[64], command[128];
	size_t i;

	assert_non_null(mkdtemp(folder));
	snprintf(link, sizeof(link), "%s/link", folder);
	snprintf(command, sizeof(command), "cat %s", link);
	for (i = 0; i < 2; i++) {
		assert_int_equal(symlink(targets[i], link), 0);
		assert_string_equal(
			nsrig_assert_run(*state, "client", command, .files = {{link, "one\n"}})
				->out,
			"one\n");
		assert_int_equal(access("/run/nsrig-nowhere", F_OK), -1);
		unlink(link);
	}
	rmdir(folder);
}

static void files_in_run_are_seen_by_the_host(void **state)
{
	nsrig_assert_run(
		*state, "server", "true", .files = {{"/run/conf.d/x", "text", .mode = 0600}});
	assert_string_equal(SAYS(*state, "server", "stat -c %a /run/conf.d/x"), "600\n");
	assert_string_equal(SAYS(*state, "server", "cat /run/conf.d/x"), "text");
	/* A second program gets the file with its new contents. */
	assert_string_equal(
		SAYS(*state, "server", "cat /run/conf.d/x", .files = {{"/run/conf.d/x", "t"}}),
		"t");
	nsrig_assert_run(*state, "client", "test ! -e /run/conf.d");
}

static void modes_are_as_they_are_given(void **state)
{
	umask(077);
	assert_string_equal(SAYS(*state, "client", "stat -c %a /etc/hosts /var/lib /run/x",
				    .files = {{"/etc/hosts", "", .mode = 0640},
					    {"/var/lib", .mode = 01777}, {"/run/x", ""}}),
		"640\n1777\n644\n");
}

static void test_reads_what_a_program_writes(void **state)
{
	struct nsrig_program *writes = nsrig_spawn(*state, "server",
		"sh -c 'echo text >/var/lib/x; echo; exec " WAITS "'", .files = {{"/var/lib"}});
	char text[16] = "";
	FILE *file;

	nsrig_assert_ok(nsrig_wait_line(writes, "", NSRIG_WAIT_MS));
	file = fopen(nsrig_program_path(writes, "/var/lib/x"), "r");
	assert_non_null(file);
	assert_non_null(fgets(text, sizeof(text), file));
	fclose(file);
	assert_string_equal(text, "text\n");
	assert_null(nsrig_program_path(writes, "var/lib/x"));
}

/* ---- output ---------------------------------------------------------------------------------- */

static void streams_are_kept_apart(void **state)
{
	const struct nsrig_result *result =
		nsrig_assert_run(*state, "client", "sh -c 'echo out; echo err >&2; printf more'");

	assert_string_equal(result->out, "out\nmore");
	assert_int_equal(result->out_size, strlen("out\nmore"));
	assert_string_equal(result->err, "err\n");
	assert_int_equal(result->err_size, strlen("err\n"));
}

static void statuses_are_told(void **state)
{
	const struct nsrig_result *result;

	nsrig_assert_ok(nsrig_run(
		*state, "client", &(struct nsrig_command){.line = "sh -c 'exit 7'"}, &result));
	assert_true(WIFEXITED(result->status) && WEXITSTATUS(result->status) == 7);
	nsrig_assert_ok(nsrig_run(*state, "client",
		&(struct nsrig_command){.line = "sh -c 'kill -KILL $$'"}, &result));
	assert_true(WIFSIGNALED(result->status) && WTERMSIG(result->status) == SIGKILL);
}

#define MUCH 100000000
#define TEN "0123456789"
#define LINE TEN TEN TEN TEN TEN TEN TEN TEN TEN "012345678"

static void hundred_megabytes_are_kept(void **state)
{
	struct nsrig_program *prints = nsrig_spawn(
		*state, "client", "sh -c 'yes " LINE " | head -c 100000000; echo the end >&2'");
	const char *text;
	size_t size;

	nsrig_assert_ok(nsrig_wait_exit(prints, NULL, 4 * NSRIG_WAIT_MS));
	text = nsrig_program_out(prints, &size);
	assert_int_equal(size, MUCH);
	assert_int_equal(strlen(text), MUCH);
	assert_memory_equal(text, LINE "\n" LINE "\n", 2 * sizeof(LINE));
	assert_memory_equal(text + MUCH - sizeof(LINE), LINE "\n", sizeof(LINE));
	assert_string_equal(nsrig_program_err(prints, NULL), "the end\n");
	nsrig_assert_ok(nsrig_wait_line(prints, "^" LINE "$", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_wait_line(prints, "the end", 4 * NSRIG_WAIT_MS));
}

static void lines_are_found_one_by_one(void **state)
{
	struct nsrig_program *prints = nsrig_spawn(
		*state, "client", "sh -c 'echo a 1; echo b; echo a 2; echo c >&2; exec " WAITS "'");

	nsrig_assert_ok(nsrig_wait_line(prints, "^a [0-9]$", NSRIG_WAIT_MS));
	assert_string_equal(nsrig_program_line(prints), "a 1");
	nsrig_assert_ok(nsrig_wait_line(prints, "^a [0-9]$", NSRIG_WAIT_MS));
	assert_string_equal(nsrig_program_line(prints), "a 2");
	nsrig_assert_error(nsrig_wait_line(prints, "^(a|b)", 0), -ETIMEDOUT);
	/* The position in the other stream is separate. */
	nsrig_assert_ok(nsrig_wait_line(prints, "c", NSRIG_WAIT_MS));
}

static void prompt_is_a_line(void **state)
{
	struct nsrig_program *asks =
		nsrig_spawn(*state, "client", "sh -c 'printf \"login: \"; exec " WAITS "'");

	nsrig_assert_ok(nsrig_wait_line(asks, "^login: $", NSRIG_WAIT_MS));
	assert_string_equal(nsrig_program_line(asks), "login: ");
}

static void line_without_end_is_several(void **state)
{
	struct nsrig_program *prints = nsrig_spawn(
		*state, "client", "sh -c 'head -c 1000000 /dev/zero | tr \"\\000\" x; echo end'");

	nsrig_assert_ok(nsrig_wait_line(prints, "xend$", NSRIG_WAIT_MS));
	assert_true(strlen(nsrig_program_line(prints)) < 65536);
	nsrig_assert_exit(prints, 0);
}

static void nul_is_a_character(void **state)
{
	struct nsrig_program *prints = nsrig_spawn(*state, "client", "printf 'a\\000b\\n'");

	nsrig_assert_ok(nsrig_wait_line(prints, "b$", NSRIG_WAIT_MS));
	nsrig_assert_exit(prints, 0);
}

/* ---- readiness ------------------------------------------------------------------------------- */

/* sd_notify(3), in a C function. */
static int notify(void *text)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	snprintf(to.sun_path, sizeof(to.sun_path), "%s", getenv("NOTIFY_SOCKET"));
	assert_int_equal(sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to, sizeof(to)),
		strlen(text));
	return pause();
}

static void readiness_is_notified(void **state)
{
	struct nsrig_program *ready = nsrig_spawn(
		*state, "server", .function = notify, .arg = "STATUS=all is well\nREADY=1\n");
	struct nsrig_program *not =
		nsrig_spawn(*state, "server", .function = notify, .arg = "STATUS=still at it\n");

	nsrig_assert_ok(nsrig_wait_ready(ready, NSRIG_WAIT_MS));
	/* The exit status arrives some time later. */
	do {
		nsrig_assert_error(nsrig_wait_ready(not, 10), -ETIMEDOUT);
	} while (!strstr(nsrig_error(), "its status is \"still at it\""));
}

static void readiness_is_a_newline(void **state)
{
	struct nsrig_program *ready =
		nsrig_spawn(*state, "server", "sh -c 'eval \"echo >&$READY_FD\"; exec " WAITS "'");

	nsrig_assert_ok(nsrig_wait_ready(ready, NSRIG_WAIT_MS));
}

static void readiness_is_going_into_the_background(void **state)
{
	struct nsrig_program *forks =
		nsrig_spawn(*state, "server", "sh -c '" WAITS " & exit 0'", .forks = true);

	nsrig_assert_ok(nsrig_wait_ready(forks, NSRIG_WAIT_MS));
	nsrig_assert_error(nsrig_wait_exit(forks, NULL, 0), -ETIMEDOUT);
	/* What is left running is the program. */
	nsrig_assert_ok(nsrig_signal(forks, SIGTERM));
	nsrig_assert_ok(nsrig_wait_exit(forks, NULL, NSRIG_WAIT_MS));
}

/* Listens on the given address, and then waits. */
static int listen_there(void *words)
{
	const char *path = words;
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons(80)};
	int fd = socket(path ? AF_UNIX : AF_INET, SOCK_STREAM, 0);

	if (path) {
		snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
		if (*path == '@')
			name.sun_path[0] = '\0';
		assert_int_equal(
			bind(fd, (struct sockaddr *)&name, sizeof(sa_family_t) + strlen(path)), 0);
	} else {
		assert_int_equal(bind(fd, (struct sockaddr *)&in, sizeof(in)), 0);
	}
	assert_int_equal(listen(fd, 1), 0);
	return pause();
}

static void listening_sockets_are_awaited(void **state)
{
	struct nsrig_program *tcp = nsrig_spawn(*state, "server", .function = listen_there);
	struct nsrig_program *path =
		nsrig_spawn(*state, "server", .function = listen_there, .arg = "/run/socket");
	struct nsrig_program *abstract =
		nsrig_spawn(*state, "server", .function = listen_there, .arg = "@name");
	struct nsrig_program *other = nsrig_spawn(*state, "client", WAITS);

	nsrig_assert_ok(nsrig_wait_listening(tcp, "tcp 0.0.0.0:80", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_wait_listening(path, "unix /run/socket", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_wait_listening(abstract, "unix @name", NSRIG_WAIT_MS));
	nsrig_assert_error(nsrig_wait_listening(tcp, "tcp 0.0.0.0:81", 30), -ETIMEDOUT);
	assert_non_null(strstr(nsrig_error(), "0.0.0.0:80"));
	nsrig_assert_error(nsrig_wait_listening(path, "unix /run/other", 30), -ETIMEDOUT);
	assert_non_null(strstr(nsrig_error(), "/run/socket"));
	nsrig_assert_error(nsrig_wait_listening(other, "unix /run/socket", 0), -ETIMEDOUT);
	nsrig_assert_error(nsrig_wait_listening(other, "tcp 0.0.0.0:80", 0), -ETIMEDOUT);
}

/* ---- how a program's end affects waits ------------------------------------------------------- */

static void assert_dead(int rc)
{
	nsrig_assert_error(rc, -ECHILD);
	if (!strstr(nsrig_error(), "sh on \"server\" exited with status 4; it printed: oh no"))
		nsrig_fail("%s", nsrig_error());
}

/* These tests pass, because the test asks for the exit status. */
static void death_ends_waits(void **state)
{
	struct nsrig_program *dies =
		nsrig_spawn(*state, "server", "sh -c 'read x; echo oh no; exit 4'", .input = "\n");
	struct nsrig_ns *server = nsrig_host(*state, "server");
	struct nsrig_program *lives = nsrig_spawn(*state, "client", WAITS);
	struct nsrig_events *events;

	nsrig_assert_ok(nsrig_events_listen(server, NSRIG_EVENTS_OF(NSRIG_LINKS), &events));
	assert_dead(nsrig_wait_ready(dies, NSRIG_WAIT_MS));
	assert_dead(nsrig_wait_line(dies, "never", NSRIG_WAIT_MS));
	assert_dead(nsrig_wait_listening(dies, "tcp 0.0.0.0:80", NSRIG_WAIT_MS));
	assert_dead(nsrig_wait_listening(dies, "unix /run/x", NSRIG_WAIT_MS));
	assert_dead(nsrig_wait_route(server, "10.99.0.0/16", NSRIG_WAIT_MS));
	assert_dead(nsrig_wait_ready(lives, NSRIG_WAIT_MS));
	assert_dead(nsrig_wait_listening(lives, "tcp 0.0.0.0:80", NSRIG_WAIT_MS));
	assert_dead(nsrig_events_wait(events, "link eth0 down", NSRIG_WAIT_MS));
	nsrig_events_free(events);
	nsrig_assert_exit(dies, 4);
}

static int fall_silent(void *unused)
{
	(void)unused;
	printf("so long\n");
	fflush(stdout);
	close(STDOUT_FILENO);
	close(STDERR_FILENO);
	return pause();
}

static void closed_output_ends_the_wait_for_a_line(void **state)
{
	struct nsrig_program *closes = nsrig_spawn(*state, "server", .function = fall_silent);

	nsrig_assert_error(nsrig_wait_line(closes, "never", NSRIG_WAIT_MS), -EPIPE);
	assert_non_null(strstr(nsrig_error(), "has closed its output"));
}

/* ---- exit and stop --------------------------------------------------------------------------- */

static void exit_that_was_awaited_is_no_fault(void **state)
{
	int status;

	nsrig_assert_ok(nsrig_wait_exit(
		nsrig_spawn(*state, "client", "sh -c 'kill -SEGV $$'"), &status, NSRIG_WAIT_MS));
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	nsrig_assert_exit(nsrig_spawn(*state, "client", "false"), 1);
}

static void signals_arrive(void **state)
{
	struct nsrig_program *hears = nsrig_spawn(*state, "client",
		"sh -c 'trap \"echo again\" HUP; echo ready; tail -f /dev/null & while :; do wait; "
		"done'");

	nsrig_assert_ok(nsrig_wait_line(hears, "ready", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_signal(hears, SIGHUP));
	nsrig_assert_ok(nsrig_wait_line(hears, "again", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_signal(hears, SIGKILL));
	nsrig_assert_ok(nsrig_wait_exit(hears, NULL, NSRIG_WAIT_MS));
	nsrig_assert_error(nsrig_signal(hears, SIGTERM), -ESRCH);
}

static void signal_may_be_its_end(void **state)
{
	const int signals[] = {SIGUSR1, SIGRTMAX};
	size_t i;

	for (i = 0; i < COUNT(signals); i++) {
		struct nsrig_program *waits = nsrig_spawn(*state, "client", WAITS);
		struct pollfd pfd = {.fd = nsrig_program_fd(waits), .events = POLLIN};

		nsrig_assert_ok(nsrig_signal(waits, signals[i]));
		assert_int_equal(poll(&pfd, 1, -1), 1);
		nsrig_assert_ok(nsrig_stop(waits));
	}
}

/* As if the signal had been lost on the way to a child that was just being started. */
static void signal_that_is_lost_is_sent_again(void **state)
{
	struct nsrig_program *parent = nsrig_spawn(*state, "client",
		"sh -c '(trap \"trap - TERM\" TERM; echo serving; "
		"while :; do tail -f /dev/null & wait; done) & exec tail -f /dev/null'");

	nsrig_assert_ok(nsrig_wait_line(parent, "serving", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_stop(parent));
}

static void program_that_is_stopped_has_gone(void **state)
{
	struct nsrig_program *waits = nsrig_spawn(*state, "client", WAITS);
	int pid = nsrig_program_pid(waits);

	nsrig_assert_ok(nsrig_stop(waits));
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(errno, ESRCH);
	nsrig_assert_ok(nsrig_stop(waits));
}

/* The grandchild is in a session of its own, and has no parent. */
static void daemonised_grandchildren_go_too(void **state)
{
	struct nsrig_program *forks = nsrig_spawn(*state, "client",
		"sh -c 'setsid sh -c \"echo \\$\\$; exec " WAITS "\" & exec " WAITS "'");
	int pid;

	nsrig_assert_ok(nsrig_wait_line(forks, "[0-9]+", NSRIG_WAIT_MS));
	pid = atoi(nsrig_program_line(forks));
	assert_int_equal(kill(pid, 0), 0);
	nsrig_assert_ok(nsrig_stop(forks));
	assert_int_equal(kill(pid, 0), -1);
}

static bool is_frozen(const struct nsrig_program *program)
{
	char path[64], state = '?';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", nsrig_program_pid(program));
	file = fopen(path, "re");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%*d (%*[^)]) %c", &state), 1);
	fclose(file);
	return state == 'T';
}

static void frozen_program_ends(void **state)
{
	struct nsrig_program *waits = nsrig_spawn(*state, "client", WAITS);

	nsrig_assert_ok(nsrig_signal(waits, SIGSTOP));
	while (!is_frozen(waits))
		continue;
	nsrig_assert_ok(nsrig_stop(waits));
}

/* Stopping one program by SIGTERM doesn't end the waits for others. */
static void waits_go_on_when_a_program_was_stopped(void **state)
{
	struct nsrig_program *stopped = nsrig_spawn(*state, "client", WAITS), *speaks;

	nsrig_assert_ok(nsrig_stop(stopped));
	speaks = nsrig_spawn(*state, "client", "sh -c 'read x </run/x; echo late; exec " WAITS "'",
		.files = {{"/run/x", "\n"}});
	nsrig_assert_ok(nsrig_wait_line(speaks, "late", NSRIG_WAIT_MS));
	nsrig_assert_error(nsrig_wait_ready(speaks, 0), -ETIMEDOUT);
	nsrig_assert_error(nsrig_wait_ready(speaks, 20), -ETIMEDOUT);
}

static void stop_signal_is_the_commands(void **state)
{
	struct nsrig_program *ends = nsrig_spawn(*state, "client",
		"sh -c 'trap \"\" TERM; trap \"echo bye; exit 0\" INT; echo hi; while :; do read x "
		"</run/x; done'",
		.stop_signal = SIGINT);

	nsrig_assert_ok(nsrig_wait_line(ends, "hi", NSRIG_WAIT_MS));
	nsrig_assert_ok(nsrig_stop(ends));
	assert_string_equal(nsrig_program_out(ends, NULL), "hi\nbye\n");
}

static void programs_go_with_their_host(void **state)
{
	struct nsrig *rig = *state;
	int pid = nsrig_program_pid(nsrig_spawn(rig, "client", WAITS));
	int other = nsrig_program_pid(nsrig_spawn(rig, "server", WAITS));

	nsrig_assert_ok(nsrig_remove_host(rig, "client"));
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(kill(other, 0), 0);
}

static void nothing_is_left_of_a_rig(void **state)
{
	struct nsrig *rig;
	int pid, fds, processes;

	(void)state;
	fds = count_descriptors();
	nsrig_assert_ok(nsrig_new(&rig));
	nsrig_assert_ok(nsrig_add_host(rig, "alone"));
	pid = nsrig_program_pid(
		nsrig_spawn(rig, "alone", WAITS, .files = {{"/etc/hosts", ""}, {"/var/lib"}}));
	nsrig_assert_run(rig, "alone", "true");
	processes = kill(pid, 0);
	assert_int_equal(processes, 0);
	nsrig_free(rig);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(count_descriptors(), fds);
}

static void children_of_the_test_are_its_own(void **state)
{
	pid_t child;

	nsrig_spawn(*state, "client", WAITS);
	child = fork();
	if (child == 0)
		_exit(3);
	assert_int_equal(wait(NULL), child);
	/*
	 * In the runner's own process (--no-fork) orphans are reparented to the test, but don't
	 * exit here.
	 */
	assert_true(waitpid(-1, NULL, WNOHANG) <= 0);
}

/* ---- functions ------------------------------------------------------------------------------- */

static int count_up(void *arg)
{
	int *number = arg;

	printf("it was %d\n", *number);
	nsrig_assert_ping("10.0.0.2");
	return ++*number;
}

static void function_is_a_program(void **state)
{
	int number = 41;
	struct nsrig_program *counts = nsrig_spawn(
		*state, "client", .function = count_up, .arg = &number, .name = "counts");

	nsrig_assert_exit(counts, 42);
	assert_string_equal(nsrig_program_out(counts, NULL), "it was 41\n");
	assert_int_equal(number, 41);
}

static int answer(void *fd)
{
	char byte;

	assert_int_equal(read(*(int *)fd, &byte, 1), 1);
	assert_int_equal(write(*(int *)fd, &byte, 1), 1);
	return 0;
}

static void function_has_the_tests_descriptors(void **state)
{
	struct nsrig_program *answers;
	int ends[2];
	char byte = 'x';

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	answers = nsrig_spawn(*state, "client", .function = answer, .arg = &ends[1]);
	close(ends[1]);
	assert_int_equal(write(ends[0], &byte, 1), 1);
	byte = 'y';
	assert_int_equal(read(ends[0], &byte, 1), 1);
	assert_int_equal(byte, 'x');
	/* Its socket was closed with it. */
	nsrig_assert_exit(answers, 0);
	assert_int_equal(read(ends[0], &byte, 1), 0);
	close(ends[0]);
}

static void thread_is_in_its_host(void **state)
{
	int number = 41;
	struct nsrig_thread *counts = nsrig_spawn_thread(*state, "client", count_up, &number);

	assert_int_equal(nsrig_assert_join(counts), 42);
	assert_int_equal(number, 42);
	assert_int_equal(nsrig_assert_join(counts), 42);
	assert_int_equal(nsrig_depth(), 0);
}

static int read_byte(void *fd)
{
	char byte;

	return read(*(int *)fd, &byte, 1);
}

static void thread_is_awaited(void **state)
{
	struct nsrig_thread *thread;
	int ends[2];

	assert_int_equal(pipe(ends), 0);
	thread = nsrig_spawn_thread(*state, "client", read_byte, &ends[0]);
	nsrig_assert_error(nsrig_join(thread, NULL, 20), -ETIMEDOUT);
	assert_int_equal(write(ends[1], "", 1), 1);
	assert_int_equal(nsrig_assert_join(thread), 1);
	close(ends[0]);
	close(ends[1]);
}

/* Many functions at once print, and fail to disturb each other. */
static int print_much(void *name)
{
	int i;

	for (i = 0; i < 1000; i++)
		printf("%s\n", (char *)name);
	return 0;
}

static void threads_run_side_by_side(void **state)
{
	struct nsrig_thread *threads[8];
	int i;

	for (i = 0; i < 8; i++)
		threads[i] =
			nsrig_spawn_thread(*state, i % 2 ? "client" : "server", print_much, "word");
	print_much("main");
	for (i = 0; i < 8; i++)
		assert_int_equal(nsrig_assert_join(threads[i]), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(network_is_the_hosts, &pair),
		nsrig_test(sys_is_the_hosts, &pair),
		nsrig_test(run_is_the_hosts, &pair),
		nsrig_test(proc_shows_the_tests_processes, &pair),
		nsrig_test(words_are_parted_and_kept, &pair),
		nsrig_test(environment_is_changed, &pair),
		nsrig_test(input_is_given_or_empty, &pair),
		nsrig_test(directory_is_the_tests_or_given, &pair),
		nsrig_test(nothing_of_the_test_is_inherited, &pair),
		nsrig_test(files_are_laid_over, &pair),
		nsrig_test(folders_are_laid_over, &pair),
		nsrig_test(files_of_the_machine_are_laid_elsewhere, &pair),
		nsrig_test(files_of_the_machine_are_not_written_to, &pair),
		nsrig_test(links_into_run_are_followed, &pair),
		nsrig_test(files_in_run_are_seen_by_the_host, &pair),
		nsrig_test(modes_are_as_they_are_given, &pair),
		nsrig_test(test_reads_what_a_program_writes, &pair),
		nsrig_test(streams_are_kept_apart, &pair),
		nsrig_test(statuses_are_told, &pair),
		nsrig_test(hundred_megabytes_are_kept, &pair),
		nsrig_test(lines_are_found_one_by_one, &pair),
		nsrig_test(prompt_is_a_line, &pair),
		nsrig_test(line_without_end_is_several, &pair),
		nsrig_test(nul_is_a_character, &pair),
		nsrig_test(readiness_is_notified, &pair),
		nsrig_test(readiness_is_a_newline, &pair),
		nsrig_test(readiness_is_going_into_the_background, &pair),
		nsrig_test(listening_sockets_are_awaited, &pair),
		nsrig_test(death_ends_waits, &pair),
		nsrig_test(closed_output_ends_the_wait_for_a_line, &pair),
		nsrig_test(exit_that_was_awaited_is_no_fault, &pair),
		nsrig_test(signals_arrive, &pair),
		nsrig_test(signal_may_be_its_end, &pair),
		nsrig_test(signal_that_is_lost_is_sent_again, &pair),
		nsrig_test(program_that_is_stopped_has_gone, &pair),
		nsrig_test(daemonised_grandchildren_go_too, &pair),
		nsrig_test(frozen_program_ends, &pair),
		nsrig_test(waits_go_on_when_a_program_was_stopped, &pair),
		nsrig_test(stop_signal_is_the_commands, &pair),
		nsrig_test(programs_go_with_their_host, &pair),
		nsrig_test(nothing_is_left_of_a_rig, &pair),
		nsrig_test(children_of_the_test_are_its_own, &pair),
		nsrig_test(function_is_a_program, &pair),
		nsrig_test(function_has_the_tests_descriptors, &pair),
		nsrig_test(thread_is_in_its_host, &pair),
		nsrig_test(thread_is_awaited, &pair),
		nsrig_test(threads_run_side_by_side, &pair),
	};

	return nsrig_main(argc, argv, tests);
}
