/* SPDX-License-Identifier: MIT */
/*
 * Hand-made traffic control requests, for the smoke suites: libnl supports only some kinds. The
 * test puts the kind's own attributes into the request, between begin and end.
 *
 *	struct nl_msg *msg = tc_qdisc("fq", link, TC_H_ROOT, 0);
 *
 *	nla_put_u32(msg, TCA_FQ_PLIMIT, 10);
 *	nsrig_require(tc_send(ns, msg), "CONFIG_NET_SCH_FQ");
 */
#ifndef TC_H
#define TC_H

#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <netlink/attr.h>
#include <netlink/msg.h>
#include <nsrig.h>

/* The parents of filters for packets that a link receives, and that it sends. */
#define TC_INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define TC_EGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)

/* A qdisc, and a class of a qdisc, with TCA_OPTIONS open. */
struct nl_msg *tc_qdisc(const char *kind, int link, uint32_t parent, uint32_t handle);
struct nl_msg *tc_class(const char *kind, int link, uint32_t parent, uint32_t handle);

/* A filter of priority 1 in a chain, with TCA_OPTIONS open; protocol is ETH_P_... */
struct nl_msg *tc_filter(const char *kind, int link, uint32_t parent, int protocol, uint32_t chain);

/* The n-th action of a filter (from 1), with its options open until tc_action_end(). */
struct tc_action {
	struct nlattr *list, *one, *options;
};
struct tc_action tc_action(struct nl_msg *msg, int attribute, const char *kind);
void tc_action_next(struct nl_msg *msg, struct tc_action *action, int n, const char *kind);
void tc_action_end(struct nl_msg *msg, struct tc_action *action);

/* Closes what is open, sends the request, and frees it. */
int tc_send(struct nsrig_ns *ns, struct nl_msg *msg);

/* Adds a clsact qdisc to a link, for filters; skips the test if the kernel lacks it. */
void tc_clsact(struct nsrig_ns *ns, int link);

#endif
