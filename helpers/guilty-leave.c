// SPDX-License-Identifier: MIT
/* Tests that leave something behind, or something changed. */
#include "guilty.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void leaves_processes(void **state)
{
	(void)state;
	if (fork() == 0) {
		setsid();
		if (fork() == 0)
			signal(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
}

/* What a process keeps for itself. */
static void changes_its_surroundings(void **state)
{
	sigset_t all;

	(void)state;
	assert_int_equal(chdir("/"), 0);
	umask(0777);
	setenv("GUILTY_CHANGED", "1", 1);
	unsetenv("PATH");
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	signal(SIGTERM, SIG_IGN);
}

static void finds_its_surroundings(void **state)
{
	sigset_t blocked;
	char path[4096];
	mode_t mask = umask(0);

	(void)state;
	assert_non_null(getcwd(path, sizeof(path)));
	assert_string_not_equal(path, "/");
	assert_int_not_equal(mask, 0777);
	assert_null(getenv("GUILTY_CHANGED"));
	assert_non_null(getenv("PATH"));
	sigprocmask(SIG_BLOCK, NULL, &blocked);
	assert_false(sigismember(&blocked, SIGTERM));
	assert_ptr_equal(signal(SIGTERM, SIG_DFL), SIG_DFL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(leaves_processes),
	cmocka_unit_test(changes_its_surroundings),
	cmocka_unit_test(finds_its_surroundings),
};

const struct guilty_tests guilty_leave = GUILTY_TESTS(tests);
