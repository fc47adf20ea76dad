// SPDX-License-Identifier: MIT
/* What the suites with daemons share; see the header. */
#include "needs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Where distributions put what only root is expected to start, and FRR its own. */
#define MORE_FOLDERS "/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/frr"

static bool is_there(const char *folders, const char *program)
{
	char path[4096];

	while (*folders) {
		int length = (int)strcspn(folders, ":");

		snprintf(path, sizeof(path), "%.*s/%s", length, folders, program);
		if (access(path, X_OK) == 0)
			return true;
		folders += length + (folders[length] == ':');
	}
	return false;
}

void needs_program(const char *program, const char *package)
{
	const char *folders = getenv("PATH");
	char all[8192];

	if (!folders || !strstr(folders, MORE_FOLDERS)) {
		snprintf(all, sizeof(all), "%s%s" MORE_FOLDERS, folders ? folders : "",
			folders && *folders ? ":" : "");
		setenv("PATH", all, true);
	}
	if (!is_there(getenv("PATH"), program))
		nsrig_skip("needs %s (Debian: %s)", program, package);
}

double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}
