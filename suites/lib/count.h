/* SPDX-License-Identifier: MIT */
/* How suites assert that a call was refused, and that nothing was left behind. */
#ifndef COUNT_H
#define COUNT_H

#include <nsrig.h>
#include <string.h>

/* A call fails with this error, and the sentence about it has these words in it. */
#define refused(call, error, words)                                                                \
	do {                                                                                       \
		nsrig_assert_error((call), (error));                                               \
		if (!strstr(nsrig_error(), (words)))                                               \
			nsrig_fail("\"%s\" does not say \"%s\"", nsrig_error(), (words));          \
	} while (0)

/*
 * Runs body in a child; it has to return 0, or NO_USER_NAMESPACES where there are none that it
 * could spoil.
 */
#define NO_USER_NAMESPACES 100
void in_child(int (*body)(void));

/*
 * Takes this process, a child, into a user namespace of its own, where there may be so many network
 * namespaces,
 * and into the first of them: do() comes back to one of this user namespace only. 0, or what the
 * body has to return.
 */
int enter_limited_namespaces(const char *net_namespaces);

/* Runs body in a child that has given up its capabilities; it has to return 0. */
void in_child_without_privilege(int (*body)(void));

/* Open descriptors of this process. */
int count_descriptors(void);

/* Processes that this test can see (its own pid namespace), itself and its init among them. */
int count_processes(void);

/* Mounts in this test's mount namespace. */
int count_mounts(void);

/* Links of a namespace, lo among them, but not the tunnels that are in every namespace. */
int count_links(struct nsrig_ns *ns);

#endif
