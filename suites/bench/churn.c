// SPDX-License-Identifier: MIT
/*
 * Builds and frees a fixture of two hosts many times in one process, and compares the resources
 * held before and after. Usage: "churn [TIMES]", default 10,000.
 */
#include "floor.h"
#include "weight.h"
#include "work.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	int times = argc > 1 ? atoi(argv[1]) : 10000;
	struct weight before, after;
	double begun;

	work_begin();
	/* By then all libraries are loaded, and the heap has its full size. */
	work_churn_ours(100);
	floor_settle();
	before = weight_now();
	weight_say("before", &before);
	begun = now();
	work_churn_ours(times);
	printf("%d fixtures of two hosts in %.1f s\n", times, now() - begun);
	floor_settle();
	after = weight_now();
	weight_say("after", &after);
	if (after.descriptors != before.descriptors) {
		fprintf(stderr, "descriptors were left behind\n");
		return 1;
	}
	return 0;
}
