/* SPDX-License-Identifier: MIT */
/* Resources held by this process, and by the kernel for all processes. */
#ifndef WEIGHT_H
#define WEIGHT_H

struct weight {
	long descriptors;
	long resident_kb; /* this process */
	long kernel_kb;   /* of the machine: not free, neither process nor page cache */
	/* of the machine, the kernel's count of its own; -1 where it is not told */
	long namespaces;
};

struct weight weight_now(void);

/* A line of them. */
void weight_say(const char *when, const struct weight *weight);

#endif
