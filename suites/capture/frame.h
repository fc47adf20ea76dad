/* SPDX-License-Identifier: MIT */
/* Hand-made frames that no host answers. */
#ifndef FRAME_H
#define FRAME_H

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <nsrig.h>
#include <string.h>

/* An unassigned ethertype (IEEE 802, Local Experimental 1), and its filter. */
#define FRAME_TYPE 0x88b5
#define FRAME_FILTER "ether proto 0x88b5"

#define FRAME_SIZE 60

struct frame {
	struct ether_header header;
	uint32_t number;
	uint8_t rest[FRAME_SIZE - sizeof(struct ether_header) - sizeof(uint32_t)];
} __attribute__((packed));

/* A broadcast frame with a number. */
static inline struct frame frame(uint32_t number)
{
	struct frame made = {
		.header = {.ether_dhost = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
			.ether_shost = {2, 0, 0, 0, 0, 1},
			.ether_type = htons(FRAME_TYPE)},
		.number = htonl(number),
	};

	return made;
}

/* Sends count frames, numbered from first on. */
static inline void send_frames(struct nsrig *rig, const char *link, uint32_t first, uint32_t count)
{
	uint32_t i;

	for (i = first; i < first + count; i++) {
		struct frame one = frame(i);

		nsrig_assert_ok(nsrig_send_frame(rig, link, &one, sizeof(one)));
	}
}

#endif
