// SPDX-License-Identifier: MIT
/*
 * Two hosts and a cable: made, closed, and used once. The namespaces of the last round have gone
 * before the next is measured.
 */
#include "bench.h"
#include "work.h"

int main(void)
{
	work_begin();
	bench_pair("pair", work_build_ours, work_build_floor, 10, 15, 1.10);
	bench_pair_us("pair: its teardown", work_close_ours, work_close_floor, 10, 8, 25);
	bench_pair(
		"pair and a datagram there and back", work_trip_ours, work_trip_floor, 10, 15, 1.10);
	return 0;
}
