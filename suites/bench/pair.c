// SPDX-License-Identifier: MIT
/*
 * Two hosts and a cable: created, closed, and used once. No namespace is freed while the creation
 * of another is measured.
 */
#include "bench.h"
#include "work.h"

int main(void)
{
	work_begin();
	/* Each round keeps two pairs of each kind. */
	bench_between(work_put_away, 20);
	bench_pair("pair", work_build_ours, work_build_floor, 1, 300, 1.10);
	bench_pair("pair, its hosts from the pool", work_pool_ours, work_build_floor, 1, 300, 0.55);
	bench_pair_us("pair: its teardown", work_close_ours, work_close_floor, 1, 100, 25);
	bench_pair("pair and a datagram there and back", work_trip_ours, work_trip_floor, 1, 400,
		1.10);
	return 0;
}
