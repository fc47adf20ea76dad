// SPDX-License-Identifier: MIT
/* Traffic control requests, built attribute by attribute. Source: linux/rtnetlink.h, pkt_cls.h. */
#include "tc.h"

#include <arpa/inet.h>
#include <linux/rtnetlink.h>

/* TCA_OPTIONS is the last attribute of each request, and stays open until the request is sent. */
static struct nl_msg *begin(int type, const struct tcmsg *tc, const char *kind, uint32_t chain)
{
	struct nl_msg *msg = nlmsg_alloc_simple(type, NLM_F_CREATE | NLM_F_EXCL);

	assert_non_null(msg);
	assert_int_equal(nlmsg_append(msg, (void *)tc, sizeof(*tc), NLMSG_ALIGNTO), 0);
	assert_int_equal(nla_put_string(msg, TCA_KIND, kind), 0);
	if (chain)
		assert_int_equal(nla_put_u32(msg, TCA_CHAIN, chain), 0);
	assert_non_null(nla_nest_start(msg, TCA_OPTIONS));
	return msg;
}

struct nl_msg *tc_qdisc(const char *kind, int link, uint32_t parent, uint32_t handle)
{
	const struct tcmsg tc = {.tcm_ifindex = link, .tcm_parent = parent, .tcm_handle = handle};

	return begin(RTM_NEWQDISC, &tc, kind, 0);
}

struct nl_msg *tc_class(const char *kind, int link, uint32_t parent, uint32_t handle)
{
	const struct tcmsg tc = {.tcm_ifindex = link, .tcm_parent = parent, .tcm_handle = handle};

	return begin(RTM_NEWTCLASS, &tc, kind, 0);
}

struct nl_msg *tc_filter(const char *kind, int link, uint32_t parent, int protocol, uint32_t chain)
{
	const struct tcmsg tc = {.tcm_ifindex = link,
		.tcm_parent = parent,
		.tcm_info = TC_H_MAKE(1 << 16, htons(protocol))};

	return begin(RTM_NEWTFILTER, &tc, kind, chain);
}

static void begin_action(struct nl_msg *msg, struct tc_action *action, int n, const char *kind)
{
	action->one = nla_nest_start(msg, n);
	assert_int_equal(nla_put_string(msg, TCA_ACT_KIND, kind), 0);
	action->options = nla_nest_start(msg, TCA_ACT_OPTIONS | NLA_F_NESTED);
	assert_non_null(action->options);
}

struct tc_action tc_action(struct nl_msg *msg, int attribute, const char *kind)
{
	struct tc_action action = {.list = nla_nest_start(msg, attribute)};

	begin_action(msg, &action, 1, kind);
	return action;
}

static void end_one(struct nl_msg *msg, struct tc_action *action)
{
	nla_nest_end(msg, action->options);
	nla_nest_end(msg, action->one);
}

void tc_action_next(struct nl_msg *msg, struct tc_action *action, int n, const char *kind)
{
	end_one(msg, action);
	begin_action(msg, action, n, kind);
}

void tc_action_end(struct nl_msg *msg, struct tc_action *action)
{
	end_one(msg, action);
	nla_nest_end(msg, action->list);
}

int tc_send(struct nsrig_ns *ns, struct nl_msg *msg)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct nlattr *options = nlmsg_find_attr(hdr, sizeof(struct tcmsg), TCA_OPTIONS);
	int rc;

	options->nla_len = (char *)nlmsg_tail(hdr) - (char *)options;
	rc = nsrig_request(ns, msg);
	nlmsg_free(msg);
	return rc;
}

void tc_clsact(struct nsrig_ns *ns, int link)
{
	struct nl_msg *msg = tc_qdisc("clsact", link, TC_H_CLSACT, TC_H_MAKE(TC_H_CLSACT, 0));

	nsrig_require(tc_send(ns, msg), "CONFIG_NET_SCH_INGRESS");
}
