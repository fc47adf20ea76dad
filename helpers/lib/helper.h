/* SPDX-License-Identifier: MIT */
/*
 * The common parts of the helpers: command line, error messages, readiness notification and exit
 * status.
 *
 * Functions of the helpers that can fail return a negative error number and store a message for
 * nsrig_error(), like those of the library. The helpers contain fixture/base/error.c and
 * fixture/text/units.c, and no other part of the library.
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

/* The exit status of a helper. */
enum helper_status {
	HELPER_DONE = 0,
	HELPER_FAILED = 1,
	HELPER_MISCALLED = 2, /* -EINVAL: a wrong option, address, or file of records */
	HELPER_LACKS = 77, /* the kernel lacks a protocol; automake's status for a skipped test */
};

/* The last parts of each --help. */
#define HELPER_HELP_COMMON                                                                         \
	"  --verbose           report events on stderr\n"                                          \
	"  --help              print this help\n"
#define HELPER_HELP_READY                                                                          \
	"When everything is bound and listening, READY=1 is sent to the unix socket in\n"          \
	"$NOTIFY_SOCKET (sd_notify(3)), and a newline is written to the descriptor in\n"           \
	"$READY_FD, which is then closed.\n"
#define HELPER_HELP_STATUS                                                                         \
	"Exit status: 0 success, or ended by SIGTERM or SIGINT; 1 failure; 2 usage error;\n"       \
	"77 the kernel lacks a requested protocol.\n"

/* The last entries of each table of options. */
enum { HELPER_OPTION_HELP = 256, HELPER_OPTION_VERBOSE };
/* clang-format off */
#define HELPER_OPTIONS                                                                             \
	{"verbose", no_argument, NULL, HELPER_OPTION_VERBOSE},                                     \
	{"help", no_argument, NULL, HELPER_OPTION_HELP},                                           \
	{NULL, 0, NULL, 0}
/* clang-format on */

/*
 * Returns the val of the next option, with its argument in optarg; -1 after the last option.
 * Handles --verbose, and --help, which prints the text and exits. -EINVAL for an unknown option.
 */
int helper_option(int argc, char **argv, const char *help, const struct option *options);

/* Prefixes the message about an invalid value with the option's name. Returns rc. */
int helper_refused(const char *option, int rc);

/* Prints a line on stderr if --verbose was given. */
void helper_log(const char *format, ...) NSRIG_PRINTF(1, 2);

/* Flushes stdout. helper_end() reports errors. */
void helper_flush(void);

/* Checks that $READY_FD, if it is set, is a descriptor that can be written to: 0 or -EINVAL. */
int helper_ready_check(void);

/* Sends the readiness notifications ($NOTIFY_SOCKET, $READY_FD). */
int helper_ready(void);

/* Ends the program: prints the message if rc is an error. Returns an enum helper_status. */
int helper_end(int rc);

#endif
