/* SPDX-License-Identifier: MIT */
/* How suites assert that a call was refused, and that nothing was left behind. */
#ifndef COUNT_H
#define COUNT_H

#include <nsrig.h>
#include <string.h>

/* Asserts that a call fails with this error, and that the sentence contains these words. */
#define refused(call, error, words)                                                                \
	do {                                                                                       \
		nsrig_assert_error((call), (error));                                               \
		if (!strstr(nsrig_error(), (words)))                                               \
			nsrig_fail("\"%s\" does not say \"%s\"", nsrig_error(), (words));          \
	} while (0)

/*
 * Runs body in a child. body must return 0, or NO_USER_NAMESPACES if it can't create the user
 * namespace in which its changes are contained.
 */
#define NO_USER_NAMESPACES 100
void in_child(int (*body)(void));

/*
 * Moves this process, a child, into a new user namespace with a limit on network namespaces, and
 * into the first network namespace there, because do() can only return to one of its own user
 * namespace. Returns 0, or what body has to return.
 */
int enter_limited_namespaces(const char *net_namespaces);

/* Runs body in a child without capabilities. body must return 0. */
void in_child_without_privilege(int (*body)(void));

/* The open descriptors of this process. */
int count_descriptors(void);

/* The processes that this test can see (in its pid namespace), including itself and its init. */
int count_processes(void);

/* The mounts in this test's mount namespace. */
int count_mounts(void);

/* The links of a namespace, including lo, without the tunnels that are in every namespace. */
int count_links(struct nsrig_ns *ns);

#endif
