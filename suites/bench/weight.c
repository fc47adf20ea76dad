// SPDX-License-Identifier: MIT
#include "weight.h"

#include <dirent.h>
#include <stdio.h>
#include <string.h>

/* The first number after a keyword at the beginning of a line; -1 if there is none. */
static long number_of(const char *path, const char *word)
{
	FILE *file = fopen(path, "re");
	char line[512];
	long number = -1;

	while (file && number < 0 && fgets(line, sizeof(line), file)) {
		if (!strncmp(line, word, strlen(word)))
			sscanf(line + strlen(word), "%ld", &number);
	}
	if (file)
		fclose(file);
	return number;
}

static long count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	long count = 0;

	/* Don't count ".", ".." and the folder itself. */
	while (dir && readdir(dir))
		count++;
	if (dir)
		closedir(dir);
	return count - 3;
}

struct weight weight_now(void)
{
	static const char meminfo[] = "/proc/meminfo";

	return (struct weight){
		.descriptors = count_descriptors(),
		.resident_kb = number_of("/proc/self/status", "VmRSS:"),
		.kernel_kb = number_of(meminfo, "Slab:") + number_of(meminfo, "Percpu:") +
			     number_of(meminfo, "KernelStack:") + number_of(meminfo, "PageTables:"),
		.namespaces = number_of("/proc/slabinfo", "net_namespace "),
	};
}

void weight_say(const char *when, const struct weight *weight)
{
	printf("%-24s %7ld descriptors %9ld KB resident %9ld KB of the kernel's %6ld namespaces\n",
		when, weight->descriptors, weight->resident_kb, weight->kernel_kb,
		weight->namespaces);
	fflush(stdout);
}
