// SPDX-License-Identifier: MIT
/*
 * What the programs of helpers/ have in common: how they report that they are ready, how they exit,
 * and how they reject wrong usage.
 *
 *	host lo 127.0.0.1 ::1
 */
#include "helper.h"
#include "suites/lib/array.h"
#include "suites/lib/program.h"
#include "suites/smoke/lib/smoke.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct nsrig_topo alone = {.hosts = {"host"}};

#define ARGS(...) ((char *const[]){__VA_ARGS__, NULL})

/* Each server with one socket of every kind that it supports, and an option for its exit. */
static char *const *const servers[] = {
	ARGS(ECHO, "tcp:7", "udp:7", "unix:/run/echo"),
	ARGS(SINK, "--totals", "tcp:9", "udp:9"),
	ARGS(DNS, "--delay", "1s", "tcp:53", "udp:53"),
	ARGS(HTTP, "tcp:80", "unix:/run/http"),
};
#define SERVERS COUNT(servers)

static void ends_by_sigterm_and_sigint(void **state)
{
	size_t i;

	for (i = 0; i < SERVERS; i++) {
		helper_stop_by(helper_start(*state, "host", servers[i]), SIGTERM);
		helper_stop_by(helper_start(*state, "host", servers[i]), SIGINT);
	}
}

/* The helper was started without nsrig_spawn(), so its exit is checked here. */
static void stop(struct program *helper)
{
	assert_return_code(kill(helper->pid, SIGTERM), errno);
	program_end(helper, HELPER_PATIENCE_MS);
	program_assert_exit(helper, 0);
	assert_string_equal(helper->err_text, "");
	program_free(helper);
}

/*
 * s6's protocol: a newline, then the descriptor is closed. After we close ours, only the helper has
 * it open.
 */
static void says_that_it_is_ready_by_descriptor(void **state)
{
	struct program helper;
	char number[16], said[8];
	int fds[2];
	size_t i;

	for (i = 0; i < SERVERS; i++) {
		assert_return_code(pipe(fds), errno);
		fcntl(fds[0], F_SETFD, FD_CLOEXEC);
		snprintf(number, sizeof(number), "%d", fds[1]);
		setenv("READY_FD", number, 1);
		nsrig_in(nsrig_host(*state, "host"))
			program_start(&helper, servers[i]);
		unsetenv("READY_FD");
		close(fds[1]);
		assert_true(smoke_readable(fds[0], HELPER_PATIENCE_MS));
		assert_int_equal(read(fds[0], said, sizeof(said)), 1);
		assert_int_equal(said[0], '\n');
		assert_true(smoke_readable(fds[0], HELPER_PATIENCE_MS));
		assert_int_equal(read(fds[0], said, sizeof(said)), 0);
		close(fds[0]);
		stop(&helper);
	}
}

static void says_that_it_is_ready_to_an_abstract_name(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "\0ready"};
	int notify =
		nsrig_assert_ok(nsrig_socket(nsrig_host(*state, "host"), AF_UNIX, SOCK_DGRAM, 0));
	struct program helper;
	char said[64] = "";

	assert_return_code(
		bind(notify, (struct sockaddr *)&at, sizeof(sa_family_t) + sizeof("\0ready") - 1),
		errno);
	setenv("NOTIFY_SOCKET", "@ready", 1);
	nsrig_in(nsrig_host(*state, "host"))
		program_start(&helper, servers[0]);
	unsetenv("NOTIFY_SOCKET");
	assert_true(smoke_readable(notify, HELPER_PATIENCE_MS));
	assert_return_code(recv(notify, said, sizeof(said) - 1, 0), errno);
	assert_string_equal(said, "READY=1");
	close(notify);
	stop(&helper);
}

/*
 * The first endpoint is bound, but the second can't be: the helper must not report that it is
 * ready.
 */
static void is_not_ready_before_everything_is_bound(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = "\0ready"};
	int notify =
		nsrig_assert_ok(nsrig_socket(nsrig_host(*state, "host"), AF_UNIX, SOCK_DGRAM, 0));

	assert_return_code(
		bind(notify, (struct sockaddr *)&at, sizeof(sa_family_t) + sizeof("\0ready") - 1),
		errno);
	helper_assert_refuses_with(*state, "host", 1,
		"\"tcp:192.0.2.1:7\": Cannot assign requested address",
		ARGS(ECHO, "unix:/run/first", "tcp:192.0.2.1:7"), "NOTIFY_SOCKET=@ready");
	assert_false(smoke_readable(notify, 0));
	close(notify);
	/* It removes the socket that it has created. */
	assert_string_equal(
		nsrig_assert_run(*state, "host", .line = "find /run -name first")->out, "");
}

static void refuses_to_be_ready_for_nobody(void **state)
{
	static const char *const fds[] = {
		"READY_FD=x", "READY_FD=1", "READY_FD=999", "READY_FD=-1"};
	size_t i;

	for (i = 0; i < 4; i++) {
		helper_assert_refuses_with(*state, "host", 2,
			"(expected a descriptor from 3 that is open for writing)", servers[0],
			fds[i]);
		helper_assert_refuses_with(*state, "host", 2, "READY_FD is ",
			ARGS(SOURCE, "--count", "1", "udp:127.0.0.1:9"), fds[i]);
	}
	helper_assert_refuses_with(*state, "host", 1, "\"/run/nobody\": No such file or directory",
		servers[0], "NOTIFY_SOCKET=/run/nobody");
	helper_assert_refuses_with(*state, "host", 2, "NOTIFY_SOCKET is \"vsock:2:1\" (expected ",
		servers[0], "NOTIFY_SOCKET=vsock:2:1");
}

/* The descriptors that the helper has open, seen from outside, except for the first three. */
static void keeps_its_descriptors_to_itself(void **state)
{
	struct nsrig_program *helper;
	size_t i;

	for (i = 0; i < SERVERS; i++) {
		char path[512], line[256];
		struct dirent *entry;
		int found = 0;
		DIR *dir;

		helper = helper_start(*state, "host", servers[i]);
		snprintf(path, sizeof(path), "/proc/%d/fdinfo", nsrig_program_pid(helper));
		dir = opendir(path);
		assert_non_null(dir);
		while ((entry = readdir(dir))) {
			unsigned flags = 0;
			FILE *file;

			/* Skip descriptors that it has inherited from this process. */
			if (atoi(entry->d_name) < 3 || fcntl(atoi(entry->d_name), F_GETFD) == 0)
				continue;
			snprintf(path, sizeof(path), "/proc/%d/fdinfo/%s",
				nsrig_program_pid(helper), entry->d_name);
			file = fopen(path, "re");
			/* The helper closes the descriptor for readiness after use. */
			if (!file && errno == ENOENT)
				continue;
			assert_non_null(file);
			while (fgets(line, sizeof(line), file)) {
				if (sscanf(line, "flags: %o", &flags) == 1)
					break;
			}
			fclose(file);
			assert_true(flags & O_CLOEXEC);
			found++;
		}
		closedir(dir);
		/* The event loop, the signals, and the endpoints. */
		assert_true(found >= 4);
		helper_stop(helper);
	}
}

static void helps(void **state)
{
	static char *const programs[] = {ECHO, SINK, SOURCE, DNS, HTTP};
	static const char *const words[] = {"usage: ", "--verbose", "--help", "--json",
		"NOTIFY_SOCKET", "READY_FD", "Exit status"};
	size_t i, w;

	for (i = 0; i < 5; i++) {
		const struct nsrig_result *help =
			helper_run(*state, "host", 0, ARGS(programs[i], "--help"));

		assert_string_equal(help->err, "");
		for (w = 0; w < COUNT(words); w++)
			assert_non_null(strstr(help->out, words[w]));
	}
}

static void tells_what_happens_only_if_it_is_asked(void **state)
{
	struct nsrig_program *helper =
		helper_start(*state, "host", ARGS(ECHO, "--verbose", "tcp:7"));

	nsrig_assert_ok(nsrig_signal(helper, SIGTERM));
	nsrig_assert_exit(helper, 0);
	assert_string_equal(
		nsrig_program_err(helper, NULL), "echo: ready\necho: ended by a signal\n");
}

/* A line of figures that can't be written is lost, which is a failure. */
static void tells_that_its_figures_are_lost(void **state)
{
	char path[PATH_MAX], command[PATH_MAX + 128];

	program_path(SOURCE, path);
	snprintf(command, sizeof(command),
		"exec %s --count 1 --no-report udp:127.0.0.1:9 >/dev/full", path);
	helper_assert_refuses(*state, "host", 1, "source: stdout: No space left on device",
		ARGS("sh", "-c", command));
}

static const struct {
	char *const *argv;
	const char *words;
} bad[] = {
	{ARGS(ECHO), "no endpoint (expected such as tcp:7; see --help)"},
	{ARGS(ECHO, "--loud"), "\"--loud\" is no option (expected one of --totals, "},
	{ARGS(ECHO, "-v"), "\"-v\" is no option (expected one of --totals, "},
	{ARGS(ECHO, "--totals=1", "tcp:7"), "--totals takes no value"},
	{ARGS(ECHO, "7"), "\"7\" is no endpoint (expected one that begins with tcp:, udp:, sctp:"},
	{ARGS(ECHO, "tcp"), "\"tcp\" is no endpoint"},
	{ARGS(ECHO, "tcp:"), "a port is a number from 1 to 65535"},
	{ARGS(ECHO, "tcp:0"), "a port is a number from 1 to 65535"},
	{ARGS(ECHO, "udp:65536"), "\"udp:65536\": a port is a number from 1 to 65535"},
	{ARGS(ECHO, "tcp:7x"), "a port is a number from 1 to 65535"},
	{ARGS(ECHO, "tcp:-7"), "a port is a number from 1 to 65535"},
	{ARGS(ECHO, "tcp:7", "tcp:10.0.0.300:7"),
		"this is no IPv4 address; names are not looked up"},
	{ARGS(ECHO, "tcp:localhost:7"), "this is no IPv4 address; names are not looked up"},
	{ARGS(ECHO, "tcp:::1:7"), "an IPv6 address stands in brackets, as in [::1]:7"},
	{ARGS(ECHO, "tcp:[::1]"), "\"]:\" and a port were expected behind an IPv6 address"},
	{ARGS(ECHO, "tcp:[::1"), "\"]:\" and a port were expected behind an IPv6 address"},
	{ARGS(ECHO, "tcp:[::g]:7"), "this is no IPv6 address"},
	{ARGS(ECHO, "tcp:[127.0.0.1]:7"), "this is no IPv6 address"},
	{ARGS(ECHO, "udp:[fe80::1]:7"),
		"a link-local address needs its link (expected such as [fe80::1%"},
	{ARGS(ECHO, "udp:[fe80::1%eth9]:7"), "there is no such link here"},
	{ARGS(ECHO, "unix:"), "a unix socket has a path from \"/\""},
	{ARGS(ECHO, "unix:run/echo"), "a unix socket has a path from \"/\""},
	{ARGS(ECHO, "unix:/01234567890123456789012345678901234567890123456789012345678901234567890"
		    "1234567890123456789012345678901234567890"),
		"has at most 107 bytes"},
	{ARGS(SINK, "sctp:9"),
		"\"sctp:9\" is no endpoint (expected one that begins with tcp: or udp:)"},
	{ARGS(SINK, "--flows"), "--flows needs a value (see --help)"},
	{ARGS(SINK, "--flows", "0", "udp:9"),
		"--flows: \"0\" is not understood (expected a number from 1"},
	{ARGS(SINK, "--settle", "5", "udp:9"),
		"--settle: \"5\" is not understood (expected a time"},
	{ARGS(SOURCE), "no endpoint (expected such as udp:10.0.0.2:9; see --help)"},
	{ARGS(SOURCE, "--count", "1", "udp:9"),
		"the address is missing (expected such as udp:10.0.0.1:9)"},
	{ARGS(SOURCE, "--count", "1", "udp:127.0.0.1:9", "tcp:127.0.0.1:9"),
		"(expected only one endpoint)"},
	{ARGS(SOURCE, "udp:127.0.0.1:9"),
		"no end (expected --count, --bytes or --duration; see --help)"},
	{ARGS(SOURCE, "--count", "many", "udp:127.0.0.1:9"), "--count: \"many\" is not understood"},
	{ARGS(SOURCE, "--bytes", "31", "udp:127.0.0.1:9"),
		"--bytes: 31 is too little (expected 32"},
	{ARGS(SOURCE, "--size", "31", "--count", "1", "udp:127.0.0.1:9"),
		"--size: \"31\" is not understood"},
	{ARGS(SOURCE, "--rate", "10", "--count", "1", "udp:127.0.0.1:9"),
		"--rate: \"10\" is not understood"},
	{ARGS(SOURCE, "--duration", "1h", "udp:127.0.0.1:9"),
		"--duration: \"1h\" is not understood"},
	{ARGS(SOURCE, "--bind", "udp:[::1]:9", "--count", "1", "udp:127.0.0.1:9"),
		"(expected the same protocol and family)"},
	{ARGS(DNS, "--record", "www"),
		"--record: \"www\": no type (expected NAME [TTL] [IN] TYPE DATA)"},
	{ARGS(DNS, "--record", ""), "an empty record (expected NAME [TTL] [IN] TYPE DATA)"},
	{ARGS(DNS, "--record", "www AA 10.0.0.1"), "\"AA\" is no type (expected A, AAAA, "},
	{ARGS(DNS, "--record", "www A 10.0.0"),
		"\"10.0.0\" is no IPv4 address (expected A 10.0.0.1)"},
	{ARGS(DNS, "--record", "www AAAA 10.0.0.1"), "\"10.0.0.1\" is no IPv6 address"},
	{ARGS(DNS, "--record", "www A"), "A with 0 words behind it (expected A 10.0.0.1)"},
	{ARGS(DNS, "--record", "www 99999999999 A 10.0.0.1"), "\"99999999999\" is not understood"},
	{ARGS(DNS, "--record", "a..b A 10.0.0.1"),
		"\"a..b\" is no name (expected labels of at most 63"},
	{ARGS(DNS, "--record", "w MX mail 10"), "\"mail\" is not understood (expected a number"},
	{ARGS(DNS, "--record", "w TXT \"open"), "a quote is not closed (expected another \")"},
	{ARGS(DNS, "--records", "/nowhere"), "--records: \"/nowhere\": No such file or directory"},
	{ARGS(DNS, "--records", "/run"), "--records: \"/run\": Is a directory"},
	{ARGS(DNS, "--drop", "some"), "--drop: \"some\" is not understood"},
	{ARGS(DNS, "--rcode", "BAD"), "--rcode: \"BAD\" is no rcode (expected NOERROR, "},
	{ARGS(DNS, "unix:/run/dns"), "(expected one that begins with tcp: or udp:)"},
	{ARGS(HTTP, "udp:80"), "(expected one that begins with tcp: or unix:)"},
	{ARGS(HTTP, "--status", "100", "tcp:80"),
		"--status: \"100\" is not understood (expected a number"},
	{ARGS(HTTP, "--header", "Location", "tcp:80"), "--header: \"Location\" is not a header"},
	{ARGS(HTTP, "--header", "A: b\r\nC: d", "tcp:80"), "is not a header"},
	{ARGS(HTTP, "--type", "", "tcp:80"), "--type: expected one such as text/html"},
	{ARGS(HTTP, "--file", "/nowhere", "tcp:80"),
		"--file: \"/nowhere\": No such file or directory"},
};

static void refuses_to_be_called_wrongly(void **state)
{
	size_t i;

	for (i = 0; i < COUNT(bad); i++)
		helper_assert_refuses(*state, "host", 2, bad[i].words, bad[i].argv);
}

static void tells_where_a_file_of_records_is_wrong(void **state)
{
	FILE *file = fopen("/run/records", "we");
	struct program helper;

	assert_non_null(file);
	fputs("; a comment\n\nwww A 10.0.0.1 # another\nmail A ten\n", file);
	fclose(file);
	nsrig_in(nsrig_host(*state, "host"))
		program_start(&helper, ARGS(DNS, "--records", "/run/records"));
	program_end(&helper, HELPER_PATIENCE_MS);
	program_assert_exit(&helper, 2);
	assert_string_equal(helper.err_text, "dns: --records: /run/records:4: \"ten\" is no IPv4 "
					     "address (expected A 10.0.0.1)\n");
	program_free(&helper);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(ends_by_sigterm_and_sigint, &alone),
		nsrig_test(says_that_it_is_ready_by_descriptor, &alone),
		nsrig_test(says_that_it_is_ready_to_an_abstract_name, &alone),
		nsrig_test(is_not_ready_before_everything_is_bound, &alone),
		nsrig_test(refuses_to_be_ready_for_nobody, &alone),
		nsrig_test(keeps_its_descriptors_to_itself, &alone),
		nsrig_test(helps, &alone),
		nsrig_test(tells_what_happens_only_if_it_is_asked, &alone),
		nsrig_test(tells_that_its_figures_are_lost, &alone),
		nsrig_test(refuses_to_be_called_wrongly, &alone),
		nsrig_test(tells_where_a_file_of_records_is_wrong, &alone),
	};

	return nsrig_main(argc, argv, tests);
}
