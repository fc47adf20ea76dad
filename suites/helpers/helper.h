/* SPDX-License-Identifier: MIT */
/* Starts the programs of helpers/ in a host, for the suites that test them. */
#ifndef HELPER_H
#define HELPER_H

#include <nsrig.h>
#include <signal.h>
#include <stddef.h>

/* Long enough for any working machine. */
#define HELPER_PATIENCE_MS 30000

#define ECHO "../../helpers/echo"
#define SINK "../../helpers/sink"
#define SOURCE "../../helpers/source"
#define DNS "../../helpers/dns"
#define HTTP "../../helpers/http"

/*
 * Starts a helper in a host, and waits until it reports that it is ready. Skips the test if the
 * helper needs something that the kernel lacks.
 */
struct nsrig_program *helper_start(struct nsrig *rig, const char *host, char *const argv[]);

/* The same, with bind files. */
struct nsrig_program *helper_start_with(
	struct nsrig *rig, const char *host, char *const argv[], const struct nsrig_file *file);

/*
 * Stops a helper by a signal. It must exit with status 0 and print nothing on stderr. Returns its
 * stdout.
 */
const char *helper_stop_by(struct nsrig_program *helper, int signal);
#define helper_stop(helper) helper_stop_by((helper), SIGTERM)

/* Runs a helper in a host until it exits by itself with this status. */
const struct nsrig_result *helper_run(
	struct nsrig *rig, const char *host, int status, char *const argv[]);

/* The same. It must print one line on stderr that contains these words, and nothing on stdout. */
void helper_assert_refuses(
	struct nsrig *rig, const char *host, int status, const char *words, char *const argv[]);

/* The same with a change to its environment. */
void helper_assert_refuses_with(struct nsrig *rig, const char *host, int status, const char *words,
	char *const argv[], const char *variable);

/* The number after "key=" in a line of figures. */
double helper_figure(const char *line, const char *key);

/* Reads a connection to its end. The result ends with a NUL; the caller frees it. */
char *helper_read_all(int fd, size_t *length);

#endif
