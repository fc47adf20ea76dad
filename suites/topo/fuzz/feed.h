/* SPDX-License-Identifier: MIT */
/* The target of the fuzzer, which suites/topo/fuzz-corpus also runs on the corpus. */
#ifndef FEED_H
#define FEED_H

#include <stddef.h>

/*
 * Takes bytes for the text of a topology: checks it, and draws it in both ways. Builds nothing.
 * NULL if all is as it should be, or a sentence.
 */
const char *feed(const char *bytes, size_t size);

#endif
