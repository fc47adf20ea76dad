// SPDX-License-Identifier: MIT
/* An event loop of epoll, signalfd and timerfd. */
#include "loop.h"

#include "helper.h"

#include <errno.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

static int epoll = -1;
static bool over;
static int result;

/* The signal isn't read: the first one ends the program. */
static void end_by_signal(struct watch *watch, uint32_t events)
{
	(void)watch;
	(void)events;
	helper_log("ended by a signal");
	loop_end(0);
}

int loop_begin(void)
{
	static struct watch signals = {-1, end_by_signal};
	sigset_t set;

	/* A broken connection is reported as EPIPE instead. */
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (epoll < 0 || signals.fd < 0)
		return nsrig_failed(errno, "epoll and signalfd");
	return loop_watch(&signals, EPOLLIN);
}

int loop_watch(struct watch *watch, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.ptr = watch};

	if (epoll_ctl(epoll, EPOLL_CTL_MOD, watch->fd, &event) == 0 ||
		(errno == ENOENT && epoll_ctl(epoll, EPOLL_CTL_ADD, watch->fd, &event) == 0))
		return 0;
	return nsrig_failed(errno, "epoll, descriptor %d", watch->fd);
}

void loop_forget(struct watch *watch)
{
	epoll_ctl(epoll, EPOLL_CTL_DEL, watch->fd, NULL);
}

int loop_run(void)
{
	struct epoll_event event;

	while (!over) {
		int n = epoll_wait(epoll, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			return nsrig_failed(errno, "epoll");
		if (n == 1) {
			struct watch *watch = event.data.ptr;

			watch->wake(watch, event.events);
		}
	}
	return result;
}

void loop_end(int rc)
{
	if (!over)
		result = rc;
	over = true;
}

uint64_t loop_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * UINT64_C(1000000000) + now.tv_nsec;
}

static void ring(struct watch *watch, uint32_t events)
{
	struct alarm *alarm = (struct alarm *)watch;
	uint64_t times;

	(void)events;
	/* EAGAIN: the alarm was set again after it expired. */
	if (read(watch->fd, &times, sizeof(times)) == sizeof(times))
		alarm->ring(alarm);
}

int alarm_begin(struct alarm *alarm, void (*call)(struct alarm *alarm))
{
	alarm->ring = call;
	alarm->watch.wake = ring;
	alarm->watch.fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (alarm->watch.fd < 0)
		return nsrig_failed(errno, "timerfd");
	return loop_watch(&alarm->watch, EPOLLIN);
}

void alarm_set(struct alarm *alarm, uint64_t at)
{
	struct itimerspec when = {
		.it_value = {.tv_sec = at / 1000000000, .tv_nsec = at % 1000000000}};

	/* Can't fail: both arguments are valid. */
	timerfd_settime(alarm->watch.fd, TFD_TIMER_ABSTIME, &when, NULL);
}
