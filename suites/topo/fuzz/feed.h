/* SPDX-License-Identifier: MIT */
/* The target of the fuzzer, which suites/topo/fuzz-corpus also runs on the corpus. */
#ifndef FEED_H
#define FEED_H

#include <stddef.h>

/*
 * Parses these bytes as the text of a topology, checks it, and draws it in both ways. Builds
 * nothing. Returns NULL, or a sentence about the failure.
 */
const char *feed(const char *bytes, size_t size);

#endif
