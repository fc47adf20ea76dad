/* SPDX-License-Identifier: MIT */
/* Skips capture suites where the library was built without libpcap. */
#ifndef FILTERS_H
#define FILTERS_H

#include "fixture/capture/filter.h"

#include <nsrig.h>

/* The set-up of a group. */
static inline int filters_needed(void **state)
{
	struct nsrig_filter *filter = NULL;
	int rc = nsrig_filter_new("arp", false, &filter);

	(void)state;
	nsrig_filter_free(filter);
	if (rc == -NSRIG_ELACKS)
		nsrig_skip("%s", nsrig_error());
	return rc;
}

#endif
