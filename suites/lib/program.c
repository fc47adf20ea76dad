// SPDX-License-Identifier: MIT
#include "program.h"

#include "suites/lib/array.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <nsrig.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000

/* The time scale of this machine: for this suite, but not for the programs that it runs. */
static double patience = 1;

int program_clear_environment(void **state)
{
	static const char *const names[] = {"CI_NODE_INDEX", "CI_NODE_TOTAL",
		"JOB_COMPLETION_INDEX", "JOB_COMPLETION_COUNT", "TEST_SHARD_INDEX",
		"TEST_TOTAL_SHARDS", "TEST_SHARD_STATUS_FILE", "HARNESS_OPTIONS",
		"PERL_TEST_HARNESS_DUMP_TAP"};
	char **variable = environ, name[64];
	const char *stretched = getenv("NSRIG_TIMEOUT_SCALE");
	size_t i;

	(void)state;
	if (stretched && atof(stretched) > 0)
		patience = atof(stretched);
	for (i = 0; i < COUNT(names); i++)
		unsetenv(names[i]);
	while (*variable) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*variable, "="), *variable);
		/* unsetenv() moves the next entry to this position. */
		if (strncmp(name, "NSRIG_", strlen("NSRIG_")) || unsetenv(name) < 0)
			variable++;
	}
	return 0;
}

void program_path(const char *name, char path[PATH_MAX])
{
	ssize_t length;
	char *slash;

	if (strncmp(name, "../", 3)) {
		snprintf(path, PATH_MAX, "%s", name);
		return;
	}
	length = readlink("/proc/self/exe", path, PATH_MAX - 1);
	assert_true(length > 0);
	path[length] = '\0';
	slash = strrchr(path, '/');
	assert_true(slash + strlen(name) < path + PATH_MAX);
	strcpy(slash + 1, name);
}

void program_start(struct program *program, char *const argv[])
{
	char path[PATH_MAX];
	int out[2], err[2];

	memset(program, 0, sizeof(*program));
	program_path(argv[0], path);
	assert_int_equal(pipe2(out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(err, O_CLOEXEC), 0);
	program->pid = fork();
	assert_true(program->pid >= 0);
	if (program->pid == 0) {
		/* A shell that runs us in the background ignores SIGINT. */
		signal(SIGINT, SIG_DFL);
		signal(SIGQUIT, SIG_DFL);
		/* Endless input, to expose a program that reads stdin. */
		dup2(open("/dev/zero", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		execvp(path, argv);
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	program->out = out[0];
	program->err = err[0];
}

struct stream {
	int fd;
	char *text;
	size_t size;
};

/* Returns whether there may be more. */
static bool take(struct stream *stream)
{
	char buffer[8192];
	ssize_t n = read(stream->fd, buffer, sizeof(buffer));

	if (n <= 0)
		return n < 0 && errno == EINTR;
	stream->text = realloc(stream->text, stream->size + n + 1);
	assert_non_null(stream->text);
	memcpy(stream->text + stream->size, buffer, n);
	stream->size += n;
	stream->text[stream->size] = '\0';
	return true;
}

static long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void program_end(struct program *program, int ms)
{
	struct stream streams[] = {
		{program->out, calloc(1, 1), 0},
		{program->err, calloc(1, 1), 0},
	};
	struct pollfd fds[] = {
		{.fd = program->out, .events = POLLIN},
		{.fd = program->err, .events = POLLIN},
	};
	long deadline = now_ms() + ms * patience;
	int i;

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		long left = deadline - now_ms();

		if (left <= 0)
			nsrig_fail("the program did not end within %d ms", ms);
		poll(fds, 2, left);
		for (i = 0; i < 2; i++) {
			if (fds[i].revents && !take(&streams[i]))
				fds[i].fd = -1;
		}
	}
	close(program->out);
	close(program->err);
	program->out_text = streams[0].text;
	program->err_text = streams[1].text;
	assert_int_equal(waitpid(program->pid, &program->status, 0), program->pid);
}

/* Whether a line of the stream has a duration, which differs in each run. */
static bool is_time(const char *line)
{
	return !strncmp(line, "  duration_ms: ", strlen("  duration_ms: "));
}

void program_forget_times(struct program *program)
{
	char *from = program->out_text, *to = from;

	while (*from) {
		size_t length = strcspn(from, "\n");

		length += from[length] == '\n';
		if (!is_time(from)) {
			memmove(to, from, length);
			to += length;
		}
		from += length;
	}
	*to = '\0';
}

void program_run(struct program *program, char *const argv[])
{
	program_start(program, argv);
	program_end(program, PATIENCE_MS);
}

void program_free(struct program *program)
{
	free(program->out_text);
	free(program->err_text);
}

void program_assert_fails(const char *test, const char *file, const char *said)
{
	struct program guilty;
	char at[64];

	snprintf(at, sizeof(at), "%s:", file);
	program_run(&guilty, (char *[]){GUILTY, (char *)test, NULL});
	if (!strstr(guilty.out_text, "outcome: failed\n") || !strstr(guilty.out_text, at) ||
		!strstr(guilty.out_text, said))
		nsrig_fail("\"%s\" is not in: %s", said, guilty.out_text);
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}
