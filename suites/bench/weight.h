/* SPDX-License-Identifier: MIT */
/* Resources held by this process, and by the kernel for all processes. */
#ifndef WEIGHT_H
#define WEIGHT_H

struct weight {
	long descriptors;
	long resident_kb; /* this process */
	long kernel_kb;   /* of the machine: neither free nor used by processes or the page cache */
	/* of the machine, as the kernel counts them; -1 if it doesn't report them */
	long namespaces;
};

struct weight weight_now(void);

/* Prints one line. */
void weight_say(const char *when, const struct weight *weight);

#endif
