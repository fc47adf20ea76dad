/* SPDX-License-Identifier: MIT */
/*
 * What the helpers have in common as programs: how they are called, what they complain of, how they
 * say that they are ready, and with which status they end.
 *
 * Functions of the helpers that can fail return a negative error number and leave a sentence in
 * nsrig_error(), as the library's own do: fixture/base/error.c and fixture/text/units.c are compiled into them,
 * and nothing else of the library is.
 */
#ifndef HELPER_H
#define HELPER_H

#include "fixture/base/array.h"
#include "fixture/base/error-private.h"
#include "fixture/text/units.h"

#include <getopt.h>
#include <nsrig/error.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a helper ends with. */
enum helper_status {
	HELPER_DONE = 0,
	HELPER_FAILED = 1,
	HELPER_MISCALLED = 2, /* an option, an address, a file of records: -EINVAL */
	HELPER_LACKS = 77,    /* the kernel lacks a protocol: automake's status of a skip */
};

/* The last part of each --help. */
#define HELPER_HELP_COMMON                                                                         \
	"  --verbose           tell on stderr what happens\n"                                      \
	"  --help              this\n"
#define HELPER_HELP_READY                                                                          \
	"When everything is bound and listening, READY=1 is sent to the unix socket that\n"        \
	"$NOTIFY_SOCKET names (sd_notify(3)), and a newline to the descriptor that $READY_FD\n"    \
	"names, which is closed then.\n"
#define HELPER_HELP_STATUS                                                                         \
	"Exit status: 0 done, or killed by SIGTERM or SIGINT; 1 failed; 2 called wrongly;\n"       \
	"77 the kernel lacks a protocol that was asked for.\n"

/* For the end of each table of options. */
enum { HELPER_OPTION_HELP = 256, HELPER_OPTION_VERBOSE };
/* clang-format off */
#define HELPER_OPTIONS                                                                             \
	{"verbose", no_argument, NULL, HELPER_OPTION_VERBOSE},                                     \
	{"help", no_argument, NULL, HELPER_OPTION_HELP},                                           \
	{NULL, 0, NULL, 0}
/* clang-format on */

/*
 * The next option's val, with its argument in optarg; -1 when there is none left. Looks after --help
 * (prints the text, and ends the program) and --verbose. -EINVAL for an option that is none.
 */
int helper_option(int argc, char **argv, const char *help, const struct option *options);

/* Puts the option's name before the sentence of a value that was refused, and returns rc. */
int helper_refused(const char *option, int rc);

/* A line on stderr where --verbose was given. */
void helper_log(const char *format, ...) NSRIG_PRINTF(1, 2);

/* Sends what was written to stdout; that it can't be is told by helper_end(). */
void helper_flush(void);

/* Whether $READY_FD, if there is one, is a descriptor that can be written to: -EINVAL if not. */
int helper_ready_check(void);

/* Says that it is ready, to whom it may concern. */
int helper_ready(void);

/* The program's end: the sentence on stderr if rc is an error; an enum helper_status. */
int helper_end(int rc);

#endif
