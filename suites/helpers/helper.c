// SPDX-License-Identifier: MIT
#include "helper.h"

#include "suites/lib/program.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define WORDS_MOST 32

/* Exit status if the kernel lacks a protocol: see helpers/lib/helper.h. */
#define LACKS 77

/*
 * Finds the program relative to the suite's folder. The result is valid while the command is being
 * started.
 */
static struct nsrig_command command_of(char *const argv[], const char **words)
{
	static char path[PATH_MAX];
	int i;

	program_path(argv[0], path);
	words[0] = path;
	for (i = 1; argv[i]; i++) {
		assert_true(i < WORDS_MOST);
		words[i] = argv[i];
	}
	words[i] = NULL;
	return (struct nsrig_command){.argv = words, .ms = HELPER_PATIENCE_MS};
}

static void fail_early(struct nsrig_program *helper)
{
	const char *err = nsrig_program_err(helper, NULL), *needs = strstr(err, "needs ");
	int status = 0;

	if (nsrig_wait_exit(helper, &status, HELPER_PATIENCE_MS) == 0 && WIFEXITED(status) &&
		WEXITSTATUS(status) == LACKS && needs)
		nsrig_skip("%.*s", (int)strcspn(needs, "\n"), needs);
	nsrig_fail("not ready (status 0x%x): %s", status, err);
}

struct nsrig_program *helper_start_with(
	struct nsrig *rig, const char *host, char *const argv[], const struct nsrig_file *file)
{
	const char *words[WORDS_MOST + 1];
	struct nsrig_command command = command_of(argv, words);
	struct nsrig_program *helper;

	if (file)
		command.files[0] = *file;
	nsrig_assert_ok(nsrig_start(rig, host, &command, &helper));
	if (nsrig_wait_ready(helper, HELPER_PATIENCE_MS) < 0)
		fail_early(helper);
	return helper;
}

struct nsrig_program *helper_start(struct nsrig *rig, const char *host, char *const argv[])
{
	return helper_start_with(rig, host, argv, NULL);
}

const char *helper_stop_by(struct nsrig_program *helper, int signal)
{
	nsrig_assert_ok(nsrig_signal(helper, signal));
	nsrig_assert_exit(helper, 0);
	assert_string_equal(nsrig_program_err(helper, NULL), "");
	return nsrig_program_out(helper, NULL);
}

static const struct nsrig_result *run(
	struct nsrig *rig, const char *host, int status, char *const argv[], const char *variable)
{
	const char *words[WORDS_MOST + 1];
	struct nsrig_command command = command_of(argv, words);
	const struct nsrig_result *result;

	command.env[0] = variable;
	nsrig_assert_ok(nsrig_run(rig, host, &command, &result));
	if (!WIFEXITED(result->status) || WEXITSTATUS(result->status) != status)
		nsrig_fail("%s: expected exit status %d, but found 0x%x after: %s", argv[0], status,
			result->status, result->err);
	return result;
}

const struct nsrig_result *helper_run(
	struct nsrig *rig, const char *host, int status, char *const argv[])
{
	return run(rig, host, status, argv, NULL);
}

void helper_assert_refuses_with(struct nsrig *rig, const char *host, int status, const char *words,
	char *const argv[], const char *variable)
{
	const struct nsrig_result *result = run(rig, host, status, argv, variable);
	const char *end = strchr(result->err, '\n');

	if (!strstr(result->err, words) || !end || end[1])
		nsrig_fail("%s: \"%s\" is not the one line: %s", argv[0], words, result->err);
	assert_string_equal(result->out, "");
}

void helper_assert_refuses(
	struct nsrig *rig, const char *host, int status, const char *words, char *const argv[])
{
	helper_assert_refuses_with(rig, host, status, words, argv, NULL);
}

double helper_figure(const char *line, const char *key)
{
	size_t length = strlen(key);
	const char *at = line;
	char *end;
	double number;

	while ((at = strstr(at, key)) &&
		((at > line && !isspace((unsigned char)at[-1])) || at[length] != '='))
		at++;
	if (!at)
		nsrig_fail("there is no %s= in: %s", key, line);
	number = strtod(at + length + 1, &end);
	if (end == at + length + 1)
		nsrig_fail("%s= is not a number in: %s", key, line);
	return number;
}

char *helper_read_all(int fd, size_t *length)
{
	char *text = calloc(1, 1), part[65536];
	ssize_t n;

	*length = 0;
	for (;;) {
		struct pollfd readable = {.fd = fd, .events = POLLIN};

		assert_int_equal(poll(&readable, 1, HELPER_PATIENCE_MS), 1);
		n = recv(fd, part, sizeof(part), 0);
		assert_return_code(n, errno);
		if (n == 0)
			return text;
		text = realloc(text, *length + n + 1);
		assert_non_null(text);
		memcpy(text + *length, part, n);
		*length += n;
		text[*length] = '\0';
	}
}
