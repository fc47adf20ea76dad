// SPDX-License-Identifier: MIT
/*
 * It is notifications that wake a wait, and not the clock, which stands still here.
 *
 *	left:a0 10.0.0.1/24 ====== right:b0 10.0.0.2/24
 */
#include "fixture/wait-private.h"

#include <nsrig.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH("left:a0 10.0.0.1/24", "right:b0 10.0.0.2/24")},
};

/* An hour: a wait that is not woken ends with its test's own time. */
#define HOUR_MS 3600000

static int stop_clock(void **state)
{
	(void)state;
	nsrig_wait_again_ms = HOUR_MS;
	return 0;
}

static pid_t waiting_thread;

/* Until the test's thread sleeps in its wait; then does what it waits for. */
static void when_it_sleeps(void)
{
	char path[64], state = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", waiting_thread);
	while (state != 'S') {
		poll(NULL, 0, 1);
		file = fopen(path, "re");
		if (!file || fscanf(file, "%*d (%*[^)]) %c", &state) != 1)
			state = 0;
		if (file)
			fclose(file);
	}
}

static void *bring_up(void *left)
{
	when_it_sleeps();
	return nsrig_link_up(left, "a0") == 0 ? left : NULL;
}

static void *add_addr(void *left)
{
	when_it_sleeps();
	return nsrig_addr_add(left, "a0", "10.0.0.77/24") == 0 ? left : NULL;
}

static void woken_by_a_link(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	pthread_t thread;
	void *result;

	waiting_thread = gettid();
	nsrig_assert_ok(nsrig_link_down(left, "a0"));
	assert_int_equal(pthread_create(&thread, NULL, bring_up, left), 0);
	nsrig_assert_ok(nsrig_wait_link(left, "a0", HOUR_MS));
	pthread_join(thread, &result);
	assert_ptr_equal(result, left);
}

static void woken_by_an_address(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	pthread_t thread;
	void *result;

	waiting_thread = gettid();
	assert_int_equal(pthread_create(&thread, NULL, add_addr, left), 0);
	nsrig_assert_ok(nsrig_wait_addr(left, "10.0.0.77", HOUR_MS));
	pthread_join(thread, &result);
	assert_ptr_equal(result, left);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(woken_by_a_link, &cable, .setup = stop_clock),
		nsrig_test(woken_by_an_address, &cable, .setup = stop_clock),
	};

	return nsrig_main(argc, argv, tests);
}
