/* SPDX-License-Identifier: MIT */
/* Starts the programs of helpers/ in a host, for the suites that test them. */
#ifndef HELPER_H
#define HELPER_H

#include <nsrig.h>
#include <signal.h>
#include <stddef.h>

/* Long enough for any machine that is not stuck. */
#define HELPER_PATIENCE_MS 30000

#define ECHO "../../helpers/echo"
#define SINK "../../helpers/sink"
#define SOURCE "../../helpers/source"
#define DNS "../../helpers/dns"
#define HTTP "../../helpers/http"

/*
 * Starts one in a host, and waits until it has said that it is ready. One that lacks something of
 * the kernel skips the test.
 */
struct nsrig_program *helper_start(struct nsrig *rig, const char *host, char *const argv[]);

/* The same, with files laid over its file system. */
struct nsrig_program *helper_start_with(
	struct nsrig *rig, const char *host, char *const argv[], const struct nsrig_file *file);

/* Ends it by a signal: with status 0, and without a word on stderr. What it wrote on stdout. */
const char *helper_stop_by(struct nsrig_program *helper, int signal);
#define helper_stop(helper) helper_stop_by((helper), SIGTERM)

/* Runs one in a host until it ends by itself, with this status. */
const struct nsrig_result *helper_run(
	struct nsrig *rig, const char *host, int status, char *const argv[]);

/* The same, with these words in the one line on stderr, and none on stdout. */
void helper_assert_refuses(
	struct nsrig *rig, const char *host, int status, const char *words, char *const argv[]);

/* And with a change to its environment. */
void helper_assert_refuses_with(struct nsrig *rig, const char *host, int status, const char *words,
	char *const argv[], const char *variable);

/* The number behind "key=" in a line of figures. */
double helper_figure(const char *line, const char *key);

/* All that is sent to a connection until its end, with a NUL behind; to be freed. */
char *helper_read_all(int fd, size_t *length);

#endif
