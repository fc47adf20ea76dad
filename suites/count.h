/* SPDX-License-Identifier: MIT */
/* What a test counts to see that nothing was left. */
#ifndef COUNT_H
#define COUNT_H

#include <nsrig/ns.h>

/* Open descriptors of this process. */
int count_descriptors(void);

/* Processes that this test can see (its own pid namespace), itself and its init among them. */
int count_processes(void);

/* Mounts in this test's mount namespace. */
int count_mounts(void);

/* Links of a namespace, lo among them. */
int count_links(struct nsrig_ns *ns);

#endif
