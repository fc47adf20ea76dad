/* SPDX-License-Identifier: MIT */
/* Rulesets, for the netfilter smoke suites. These are test verbs: they succeed, or end the test. */
#ifndef NFT_H
#define NFT_H

#include <nsrig.h>

/*
 *	client                  router                     server
 *	  eth0 10.0.0.1/24 ------ eth0 10.0.0.254/24
 *	  2001:db8::1/64          2001:db8::fe/64
 *	                          eth1 10.0.1.254/24 ------- eth0 10.0.1.1/24
 *	                          2001:db8:1::fe/64          2001:db8:1::1/64
 */
extern const struct nsrig_topo nft_routed;

/*
 * Loads a ruleset in nft(8)'s syntax on a host. Skips the test with "needs <option>" if the kernel
 * lacks one of its features.
 */
#define nft_load(rig, host, option, ...)                                                           \
	nft_load_at((rig), (host), (option), __FILE__, __LINE__, __VA_ARGS__)
void nft_load_at(struct nsrig *rig, const char *host, const char *option, const char *file,
	int line, const char *format, ...) NSRIG_PRINTF(6, 7);

/* Waits until the host's ruleset, as nft(8) lists it, contains these words. */
void nft_assert_lists(struct nsrig *rig, const char *host, const char *words);

/* The number after these words in the ruleset. */
int nft_count(struct nsrig *rig, const char *host, const char *words);

#endif
