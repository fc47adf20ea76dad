// SPDX-License-Identifier: MIT
/* Measures flows. Sockets are in service.c. */
#include "flow.h"

#include "helper.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* How far a number may be ahead of the highest so far. */
#define FAR (1 << 24)

static int make_room(struct flow *flow, uint64_t number)
{
	size_t size = flow->met_size ? flow->met_size : 1024;
	unsigned char *met;

	if (number >= flow->next + FAR)
		return nsrig_refused(EINVAL, "a datagram's number is far beyond the others");
	while (number / 8 >= size)
		size *= 2;
	if (size == flow->met_size)
		return 0;
	met = realloc(flow->met, size);
	if (!met)
		return nsrig_failed(ENOMEM, "a flow's numbers");
	memset(met + flow->met_size, 0, size - flow->met_size);
	flow->met = met;
	flow->met_size = size;
	return 0;
}

static void take_time(struct flow *flow, uint64_t sent, uint64_t arrived)
{
	struct flow_seen *seen = &flow->seen;
	/* If the source runs in another time namespace, its clock may be ahead. */
	uint64_t delay = arrived > sent ? arrived - sent : 0;
	int64_t transit = delay, change = transit - flow->transit;

	if (!seen->packets || delay < seen->delay_least)
		seen->delay_least = delay;
	if (delay > seen->delay_most)
		seen->delay_most = delay;
	seen->delay_sum += delay;
	if (seen->packets)
		seen->jitter += ((double)(change < 0 ? -change : change) - seen->jitter) / 16;
	flow->transit = transit;
}

int flow_take(struct flow *flow, const struct flow_head *head, size_t length, uint64_t arrived)
{
	int rc = make_room(flow, head->number);
	unsigned char *byte, bit = 1 << head->number % 8;

	if (rc < 0)
		return rc;
	byte = &flow->met[head->number / 8];
	if (*byte & bit) {
		flow->seen.duplicated++;
		return 0;
	}
	*byte |= bit;
	take_time(flow, head->sent, arrived);
	flow->seen.packets++;
	/* RFC 4737: it arrived after a packet that was sent later. */
	if (head->number < flow->next)
		flow->seen.reordered++;
	else
		flow->next = head->number + 1;
	flow_take_bytes(&flow->seen, length, arrived);
	return 0;
}

uint64_t flow_missing(const struct flow *flow)
{
	uint64_t total = flow->total > flow->next ? flow->total : flow->next;

	return total - flow->seen.packets;
}

void flow_free(struct flow *flow)
{
	free(flow->met);
	flow->met = NULL;
}

void flow_take_bytes(struct flow_seen *seen, size_t length, uint64_t arrived)
{
	if (!seen->bytes) {
		seen->first = arrived;
		seen->first_bytes = length;
	}
	if (arrived > seen->last)
		seen->last = arrived;
	seen->bytes += length;
}

static void write_delays(struct figures *figures, const struct flow_seen *seen)
{
	static const char *const keys[] = {
		"delay_min_us", "delay_mean_us", "delay_max_us", "jitter_us"};
	size_t i;

	if (seen && seen->packets) {
		figures_decimal(figures, keys[0], seen->delay_least / 1e3);
		figures_decimal(figures, keys[1], seen->delay_sum / 1e3 / seen->packets);
		figures_decimal(figures, keys[2], seen->delay_most / 1e3);
		figures_decimal(figures, keys[3], seen->jitter / 1e3);
		return;
	}
	for (i = 0; i < NSRIG_COUNT(keys); i++)
		figures_none(figures, keys[i]);
}

static void write_number(
	struct figures *figures, const char *key, const struct flow_seen *seen, uint64_t number)
{
	if (seen)
		figures_number(figures, key, number);
	else
		figures_none(figures, key);
}

void flow_write(struct figures *figures, const struct flow_seen *seen, bool datagrams)
{
	const struct flow_seen *packets = datagrams ? seen : NULL, none = {0};
	const struct flow_seen *from = seen ? seen : &none;

	write_number(figures, "bytes_received", seen, from->bytes);
	/* The first read is excluded: when its bytes were sent isn't known. */
	if (from->last > from->first)
		figures_number(figures, "throughput_bps",
			(from->bytes - from->first_bytes) * 8e9 / (from->last - from->first));
	else
		figures_none(figures, "throughput_bps");
	write_number(figures, "packets_received", packets, from->packets);
	write_number(figures, "lost", packets, from->lost);
	write_number(figures, "reordered", packets, from->reordered);
	write_number(figures, "duplicated", packets, from->duplicated);
	write_number(figures, "overflowed", packets, from->overflowed);
	write_delays(figures, packets);
}
