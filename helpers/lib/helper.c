// SPDX-License-Identifier: MIT
/* The common parts of the helpers: options, error messages, readiness notification. */
#include "helper.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static bool verbose;
static int write_error;

/* Prints one line, even if the message contains line breaks. */
static void print_error(const char *sentence)
{
	char line[PATH_MAX + 1024];
	size_t i;

	snprintf(line, sizeof(line), "%s: %s", program_invocation_short_name, sentence);
	for (i = 0; line[i]; i++) {
		if (iscntrl((unsigned char)line[i]))
			line[i] = '?';
	}
	fprintf(stderr, "%s\n", line);
}

/* "--size, --rate, --help" */
static const char *list(const struct option *options)
{
	static char text[512];
	size_t length = 0;

	for (; options->name && length < sizeof(text); options++)
		length += snprintf(text + length, sizeof(text) - length, "%s--%s",
			length ? ", " : "", options->name);
	return text;
}

static const struct option *find(const struct option *options, int val)
{
	while (options->name && options->val != val)
		options++;
	return options->name ? options : NULL;
}

/* There are no short options, so an option that getopt_long() rejects is a whole argument. */
static int refuse(char **argv, const struct option *options, int found)
{
	const struct option *meant = optopt ? find(options, optopt) : NULL;

	if (meant && found == ':')
		return nsrig_refused(EINVAL, "--%s needs a value (see --help)", meant->name);
	if (meant)
		return nsrig_refused(EINVAL, "--%s takes no value", meant->name);
	if (optopt)
		return nsrig_refused(
			EINVAL, "\"-%c\" is no option (expected one of %s)", optopt, list(options));
	return nsrig_refused(EINVAL, "\"%s\" is no option (expected one of %s)", argv[optind - 1],
		list(options));
}

int helper_option(int argc, char **argv, const char *help, const struct option *options)
{
	int found;

	opterr = 0;
	optopt = 0;
	while ((found = getopt_long(argc, argv, ":", options, NULL)) == HELPER_OPTION_VERBOSE)
		verbose = true;
	if (found == HELPER_OPTION_HELP)
		exit(fputs(help, stdout) < 0 || fflush(stdout) ? HELPER_FAILED : HELPER_DONE);
	return found == '?' || found == ':' ? refuse(argv, options, found) : found;
}

int helper_refused(const char *option, int rc)
{
	return rc < 0 ? nsrig_refused(-rc, "--%s: %s", option, nsrig_error()) : rc;
}

void helper_log(const char *format, ...)
{
	char line[1024];
	va_list args;

	if (!verbose)
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	print_error(line);
}

/* The descriptor in $READY_FD; -1 if it isn't set. *rc: -EINVAL if it isn't usable. */
static int ready_descriptor(int *rc)
{
	const char *text = getenv("READY_FD");
	uint64_t fd;

	*rc = 0;
	if (!text || !*text)
		return -1;
	/* 0 to 2 are the program's own, and must stay open. */
	if (nsrig_read_number(text, 3, INT32_MAX, &fd) < 0 || fcntl(fd, F_GETFD) < 0 ||
		(fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY) {
		*rc = nsrig_refused(EINVAL,
			"READY_FD is \"%s\" (expected a descriptor from 3 that is open for "
			"writing)",
			text);
		return -1;
	}
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	return fd;
}

int helper_ready_check(void)
{
	int rc;

	ready_descriptor(&rc);
	return rc;
}

/* sd_notify(3): the path of a socket, or "@" and an abstract name. */
static int notify(const char *path)
{
	static const char word[] = "READY=1";
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t length = strlen(path);
	ssize_t sent;
	int fd;

	if ((*path != '/' && *path != '@') || length < 2 || length >= sizeof(to.sun_path))
		return nsrig_refused(EINVAL,
			"NOTIFY_SOCKET is \"%s\" (expected a path of at most %zu bytes from \"/\", "
			"or an abstract name behind \"@\")",
			path, sizeof(to.sun_path) - 1);
	memcpy(to.sun_path, path, length);
	if (*path == '@')
		to.sun_path[0] = '\0';
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return nsrig_failed(errno, "a socket for NOTIFY_SOCKET");
	sent = sendto(fd, word, strlen(word), MSG_NOSIGNAL, (struct sockaddr *)&to,
		offsetof(struct sockaddr_un, sun_path) + length);
	if (sent < 0) {
		int err = errno;

		close(fd);
		return nsrig_failed(err, "NOTIFY_SOCKET \"%s\"", path);
	}
	close(fd);
	return 0;
}

int helper_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	int rc, fd = ready_descriptor(&rc);

	if (rc == 0 && path && *path)
		rc = notify(path);
	if (rc == 0 && fd >= 0) {
		if (write(fd, "\n", 1) != 1)
			rc = nsrig_failed(errno, "READY_FD %d", fd);
		close(fd);
	}
	helper_log("ready");
	return rc;
}

void helper_flush(void)
{
	if (fflush(stdout) && !write_error)
		write_error = errno;
}

int helper_end(int rc)
{
	helper_flush();
	if (rc >= 0 && !write_error)
		return HELPER_DONE;
	if (rc >= 0)
		rc = nsrig_failed(write_error, "stdout");
	print_error(nsrig_error());
	switch (rc) {
	case -EINVAL:
		return HELPER_MISCALLED;
	case -NSRIG_ELACKS:
		return HELPER_LACKS;
	default:
		return HELPER_FAILED;
	}
}
