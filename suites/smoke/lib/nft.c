// SPDX-License-Identifier: MIT
/* Rulesets by libnftables: loaded and listed as nft(8) does. */
#include "nft.h"

#include "smoke.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef HAVE_NFTABLES
#include <nftables/libnftables.h>
#endif

#define TRIES 500

const struct nsrig_topo nft_routed = {
	.text = "host router forwarding\n"
		"veth client:eth0 10.0.0.1/24 2001:db8::1/64 -- router:eth0 10.0.0.254/24 "
		"2001:db8::fe/64\n"
		"veth router:eth1 10.0.1.254/24 2001:db8:1::fe/64 -- server:eth0 10.0.1.1/24 "
		"2001:db8:1::1/64\n"
		"routing\n",
};

#ifdef HAVE_NFTABLES
/* Runs a command. Returns whether it worked; words gets what nft would have printed. */
static bool run(struct nsrig_ns *ns, const char *command, char *words, size_t size)
{
	bool worked = false;

	nsrig_in(ns) {
		struct nft_ctx *nft = nft_ctx_new(NFT_CTX_DEFAULT);

		assert_non_null(nft);
		nft_ctx_buffer_output(nft);
		nft_ctx_buffer_error(nft);
		worked = nft_run_cmd_from_buffer(nft, command) == 0;
		snprintf(words, size, "%s",
			worked ? nft_ctx_get_output_buffer(nft) : nft_ctx_get_error_buffer(nft));
		nft_ctx_free(nft);
	}
	return worked;
}
#else
static bool run(struct nsrig_ns *ns, const char *command, char *words, size_t size)
{
	(void)ns, (void)command, (void)words, (void)size;
	nsrig_skip("needs libnftables at build time");
}
#endif

void nft_load_at(struct nsrig *rig, const char *host, const char *option, const char *file,
	int line, const char *format, ...)
{
	struct nsrig_ns *ns = nsrig_host(rig, host);
	char words[1024], *rules;
	va_list args;
	bool worked;
	int fd;

	/* Without such a socket, libnftables would end the process. */
	fd = nsrig_require(
		nsrig_socket(ns, AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER), "CONFIG_NF_TABLES");
	close(fd);
	/* The command is valid, so EINVAL means that the kernel has no nf_tables. */
	if (!run(ns, "list tables", words, sizeof(words)) && strstr(words, strerror(EINVAL)))
		nsrig_skip_at(file, line, "needs CONFIG_NF_TABLES");
	va_start(args, format);
	assert_true(vasprintf(&rules, format, args) >= 0);
	va_end(args);
	worked = run(ns, rules, words, sizeof(words));
	free(rules);
	if (worked)
		return;
	if (strstr(words, strerror(ENOENT)) || strstr(words, strerror(EOPNOTSUPP)))
		nsrig_skip_at(file, line, "needs %s", option);
	nsrig_fail_at(file, line, "nft: %s", words);
}

/*
 * Counters of packets on other CPUs may lag behind the packets, so the ruleset is listed
 * repeatedly.
 */
void nft_assert_lists(struct nsrig *rig, const char *host, const char *expected)
{
	char words[8192];
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		if (!run(nsrig_host(rig, host), "list ruleset", words, sizeof(words)))
			break;
		if (strstr(words, expected))
			return;
	}
	nsrig_fail("expected \"%s\" in: %s", expected, words);
}

int nft_count(struct nsrig *rig, const char *host, const char *words)
{
	char ruleset[8192];
	const char *at;

	assert_true(run(nsrig_host(rig, host), "list ruleset", ruleset, sizeof(ruleset)));
	at = strstr(ruleset, words);
	if (!at)
		nsrig_fail("expected \"%s\" in: %s", words, ruleset);
	return atoi(at + strlen(words));
}
