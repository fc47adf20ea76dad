// SPDX-License-Identifier: MIT
#include "count.h"

#include <ctype.h>
#include <dirent.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(dir);
	return count;
}

int count_descriptors(void)
{
	return count_entries("/proc/self/fd") - 1; /* but the folder's own */
}

int count_processes(void)
{
	return count_entries("/proc");
}

int count_mounts(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int c, lines = 0;

	assert_non_null(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

int count_links(struct nsrig_ns *ns)
{
	struct nsrig_link *links;
	size_t count;

	nsrig_assert_ok(nsrig_link_list(ns, &links, &count));
	free(links);
	return (int)count;
}
