// SPDX-License-Identifier: MIT
/*
 * Many threads at once, each doing what the headers allow: they share the namespaces of one rig,
 * build rigs of their own, and query both. ThreadSanitizer (ci/tsan) finds the data races that the
 * assertions don't show.
 *
 *	left                  right
 *	  a0 10.1.0.1/24 ====== b0 10.1.0.2/24
 *
 *	eight threads of this test; each that builds a rig has such a cable of its own
 */
#include "suites/lib/program.h"

#include <errno.h>
#include <nsrig.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 8

/*
 * This many threads start processes at once. With AddressSanitizer and ThreadSanitizer (gcc 12)
 * only one does: their allocators have locks that stay locked in a child that is forked while
 * another thread allocates.
 */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FORKING_THREADS 1
#else
#define FORKING_THREADS THREADS
#endif

/* An hour: an event that never comes makes the test time out. */
#define HOUR_MS 3600000

/* The sanitizers need larger frames, and a signal stack of their own. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SMALL_STACK (1 << 20)
#else
#define SMALL_STACK (64 << 10)
#endif

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH("left:a0 10.1.0.1/24", "right:b0 10.1.0.2/24")},
};

/* What one thread does, and its result. */
struct job {
	struct nsrig_ns *left, *right;
	pthread_barrier_t *begin;
	int (*run)(const struct job *job);
	int number, rounds, rc;
	char error[1024];
};

static void *do_job(void *arg)
{
	struct job *job = arg;
	int i;

	pthread_barrier_wait(job->begin);
	for (i = 0; i < job->rounds && job->rc >= 0; i++)
		job->rc = job->run(job);
	if (job->rc < 0)
		snprintf(job->error, sizeof(job->error), "%s", nsrig_error());
	return NULL;
}

/* The number of threads (default THREADS), and what this thread does meanwhile, if anything. */
struct plan {
	int threads, rounds;
	size_t stack;
	void (*meanwhile)(struct nsrig *rig);
};

static void in_threads(struct nsrig *rig, int (*run)(const struct job *job), struct plan plan)
{
	int count = plan.threads ?: THREADS, i;
	struct job jobs[THREADS];
	pthread_t threads[THREADS];
	pthread_barrier_t begin;
	pthread_attr_t attr;

	assert_int_equal(pthread_barrier_init(&begin, NULL, count + 1), 0);
	assert_int_equal(pthread_attr_init(&attr), 0);
	if (plan.stack)
		assert_int_equal(pthread_attr_setstacksize(&attr, plan.stack), 0);
	for (i = 0; i < count; i++) {
		jobs[i] = (struct job){.left = nsrig_host(rig, "left"),
			.right = nsrig_host(rig, "right"),
			.begin = &begin,
			.run = run,
			.number = i,
			.rounds = plan.rounds};
		assert_int_equal(pthread_create(&threads[i], &attr, do_job, &jobs[i]), 0);
	}
	pthread_barrier_wait(&begin);
	if (plan.meanwhile)
		plan.meanwhile(rig);
	for (i = 0; i < count; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	pthread_attr_destroy(&attr);
	pthread_barrier_destroy(&begin);
	for (i = 0; i < count; i++) {
		if (jobs[i].rc < 0)
			nsrig_fail("thread %d: %s", i, jobs[i].error);
	}
}

/* ---- namespaces of one rig ------------------------------------------------------------------- */

static int is_here(struct nsrig_ns *home, void *expected)
{
	struct nsrig_ns *here;
	int rc = nsrig_ns_current(&here);

	(void)home;
	if (rc < 0)
		return rc;
	rc = nsrig_ns_same(here, expected);
	nsrig_ns_free(here);
	return rc == 1 ? 0 : rc < 0 ? rc : -EXDEV;
}

static int is_there_and_back(struct nsrig_ns *home, void *host)
{
	int rc = is_here(home, host);

	return rc < 0 ? rc : nsrig_do(home, is_here, home);
}

static int visit_hosts(const struct job *job)
{
	struct nsrig_ns *first = job->number % 2 ? job->left : job->right;
	struct nsrig_ns *second = job->number % 2 ? job->right : job->left;
	int rc = nsrig_do(first, is_there_and_back, first);

	return rc < 0 ? rc : nsrig_do(second, is_there_and_back, second);
}

static void threads_go_to_hosts(void **state)
{
	in_threads(*state, visit_hosts, (struct plan){.rounds = 20});
}

/* A link of this thread, in a namespace that all threads use. */
static int change_links(const struct job *job)
{
	char name[16], peer[16], words[64], *text;
	const struct nsrig_link_spec own = {.name = name, .up = true};
	const struct nsrig_link_spec other = {.name = peer, .up = true};
	int rc;

	snprintf(name, sizeof(name), "t%d", job->number);
	snprintf(peer, sizeof(peer), "p%d", job->number);
	snprintf(words, sizeof(words), "10.2.%d.1/24", job->number);
	rc = nsrig_veth_add(job->left, &own, job->right, &other);
	if (rc == 0)
		rc = nsrig_addr_add(job->left, name, words);
	if (rc == 0)
		rc = nsrig_wait_link(job->left, name, HOUR_MS);
	if (rc == 0)
		rc = nsrig_state(job->left, NSRIG_ADDRS, &text);
	if (rc < 0)
		return rc;
	rc = strstr(text, words) ? 0 : -ENOENT;
	free(text);
	return rc < 0 ? rc : nsrig_link_del(job->left, name);
}

static void threads_change_one_host(void **state)
{
	in_threads(*state, change_links, (struct plan){.rounds = 2});
}

/* Traffic and netlink requests of this thread, with a small stack. */
static int work_with_little_room(const struct job *job)
{
	struct nsrig_traffic stream = {.size = 200000, .ms = HOUR_MS};
	char target[64];
	int rc;

	snprintf(target, sizeof(target), "tcp 10.1.0.2:%d", 2000 + job->number);
	rc = nsrig_reach(job->left, target, job->right, &stream);
	if (rc == 0)
		rc = nsrig_wait_addr(job->left, "10.1.0.1", HOUR_MS);
	return rc < 0 ? rc : change_links(job);
}

static void threads_have_small_stacks(void **state)
{
	in_threads(*state, work_with_little_room, (struct plan){.rounds = 1, .stack = SMALL_STACK});
}

static int await_changes(const struct job *job)
{
	char link[16], addr[32], words[32];
	int rc;

	snprintf(link, sizeof(link), "w%d", job->number);
	snprintf(addr, sizeof(addr), "10.3.%d.1", job->number);
	snprintf(words, sizeof(words), "10.4.%d.0/24", job->number);
	rc = nsrig_wait_state(job->left, NSRIG_LINKS, link, HOUR_MS);
	if (rc == 0)
		rc = nsrig_wait_link(job->left, link, HOUR_MS);
	if (rc == 0)
		rc = nsrig_wait_addr(job->left, addr, HOUR_MS);
	return rc < 0 ? rc : nsrig_wait_state(job->left, NSRIG_ADDRS, words, HOUR_MS);
}

static void make_changes(struct nsrig *rig)
{
	struct nsrig_ns *left = nsrig_host(rig, "left");
	char link[16], peer[16], words[32];
	const struct nsrig_link_spec own = {.name = link, .up = true};
	const struct nsrig_link_spec other = {.name = peer, .up = true};
	int i;

	for (i = 0; i < THREADS; i++) {
		snprintf(link, sizeof(link), "w%d", i);
		snprintf(peer, sizeof(peer), "v%d", i);
		snprintf(words, sizeof(words), "10.3.%d.1/24", i);
		nsrig_assert_ok(nsrig_veth_add(left, &own, nsrig_host(rig, "right"), &other));
		nsrig_assert_ok(nsrig_addr_add(left, link, words));
		snprintf(words, sizeof(words), "10.4.%d.0/24", i);
		nsrig_assert_ok(nsrig_addr_add(left, link, words));
	}
}

static void threads_wait_in_one_host(void **state)
{
	in_threads(*state, await_changes, (struct plan){.rounds = 1, .meanwhile = make_changes});
}

static int take_temporary(const struct job *job)
{
	struct nsrig_ns *ns;
	int rc = nsrig_ns_temp(&ns);

	(void)job;
	if (rc < 0)
		return rc;
	rc = nsrig_do(ns, is_here, ns);
	nsrig_ns_free(ns);
	return rc;
}

static void fill_pool(struct nsrig *rig)
{
	int i;

	(void)rig;
	for (i = 0; i < 4; i++)
		nsrig_assert_ok(nsrig_ns_pool(THREADS));
	nsrig_assert_ok(nsrig_ns_pool(0));
}

static void threads_take_from_one_pool(void **state)
{
	in_threads(*state, take_temporary, (struct plan){.rounds = 4, .meanwhile = fill_pool});
}

static int probe_all(const struct job *job)
{
	int has = nsrig_probe_link("veth");

	(void)job;
	if (has < 0)
		return has;
	/* Any answer will do, also that the kernel lacks the feature. */
	if (nsrig_probe_link("dummy") > 0 || nsrig_probe_qdisc("netem") > 0 ||
		nsrig_probe_sysctl("net.ipv4.ip_forward") > 0 ||
		nsrig_probe_config("CONFIG_NET") > 0 || nsrig_probe_program("sh") > 0)
		return -EBADMSG;
	return nsrig_probe_kernel(2, 6);
}

static void threads_probe_one_kernel(void **state)
{
	in_threads(*state, probe_all, (struct plan){.rounds = 4});
}

/* ---- one rig per thread ---------------------------------------------------------------------- */

static int ping_right(struct nsrig_ns *home, void *unused)
{
	(void)home;
	(void)unused;
	return nsrig_ping(&(struct nsrig_echo){.dst = "10.1.0.2"});
}

/* Builds a network, calls use(), and frees the network. */
static int with_rig(int (*use)(struct nsrig *rig))
{
	struct nsrig *rig;
	int rc = nsrig_new(&rig);

	if (rc < 0)
		return rc;
	rc = nsrig_build(rig, &cable);
	if (rc == 0)
		rc = use(rig);
	nsrig_free(rig);
	return rc;
}

static int use_ping(struct nsrig *rig)
{
	return nsrig_do(nsrig_find_host(rig, "left"), ping_right, NULL);
}

static int build_own(const struct job *job)
{
	(void)job;
	return with_rig(use_ping);
}

static void threads_build_rigs(void **state)
{
	in_threads(*state, build_own, (struct plan){.rounds = 2});
}

static int use_capture(struct nsrig *rig)
{
	struct nsrig_capture *capture;
	int rc = nsrig_capture_start(rig, "right:b0", NULL, &capture);

	if (rc == 0)
		rc = use_ping(rig);
	if (rc == 0)
		rc = nsrig_capture_wait(capture, NULL, 2, HOUR_MS);
	return rc < 0 ? rc : nsrig_capture_stop(capture);
}

static int capture_own(const struct job *job)
{
	(void)job;
	return with_rig(use_capture);
}

static void threads_capture(void **state)
{
	in_threads(*state, capture_own, (struct plan){.threads = FORKING_THREADS, .rounds = 1});
}

static int use_commands(struct nsrig *rig)
{
	const struct nsrig_result *result;
	int rc = nsrig_run(
		rig, "left", &(struct nsrig_command){.line = "sh -c 'echo 7; exit 3'"}, &result);

	if (rc < 0)
		return rc;
	return WEXITSTATUS(result->status) == 3 && !strcmp(result->out, "7\n") ? 0 : -EBADMSG;
}

static int use_program(struct nsrig *rig)
{
	const struct nsrig_command command = {
		.line = "sh -c 'trap \"exit 3\" TERM; tail -f /dev/null & echo ready; wait'"};
	struct nsrig_program *program;
	int rc = use_commands(rig), status;

	if (rc == 0)
		rc = nsrig_start(rig, "right", &command, &program);
	if (rc == 0)
		rc = nsrig_wait_line(program, "ready", HOUR_MS);
	if (rc == 0)
		rc = nsrig_signal(program, SIGTERM);
	return rc < 0 ? rc : nsrig_wait_exit(program, &status, HOUR_MS);
}

static int run_own(const struct job *job)
{
	(void)job;
	return with_rig(use_program);
}

static void threads_run_programs(void **state)
{
	in_threads(*state, run_own, (struct plan){.threads = FORKING_THREADS, .rounds = 2});
}

/*
 * Each caller gets the exit status of its own command, whatever other threads wait for meanwhile.
 */
static int run_what_fails(const struct job *job)
{
	const struct nsrig_link_spec own = {.name = "w0"}, other = {.name = "v0"};
	int i, rc = 0;

	if (job->number)
		return nsrig_wait_state(job->left, NSRIG_LINKS, "w0", HOUR_MS);
	for (i = 0; i < 5 && rc == 0; i++)
		rc = with_rig(use_program);
	return rc < 0 ? rc : nsrig_veth_add(job->left, &own, job->right, &other);
}

static void exit_that_is_awaited_ends_no_wait(void **state)
{
	in_threads(*state, run_what_fails, (struct plan){.rounds = 1});
}

/* ---- processes and threads in each rig ------------------------------------------------------- */

static int pass(void *unused)
{
	(void)unused;
	assert_int_equal(nsrig_ns_pool(0), 0);
	return 7;
}

static int use_functions(struct nsrig *rig)
{
	const struct nsrig_command command = {.function = pass};
	const struct nsrig_result *result;
	struct nsrig_thread *thread;
	int rc = nsrig_start_thread(rig, "left", pass, NULL, &thread), value = 0;

	if (rc == 0)
		rc = nsrig_run(rig, "right", &command, &result);
	if (rc == 0)
		rc = nsrig_join(thread, &value, HOUR_MS);
	return rc < 0 ? rc : WEXITSTATUS(result->status) == 7 && value == 7 ? 0 : -EBADMSG;
}

static int run_own_functions(const struct job *job)
{
	(void)job;
	return with_rig(use_functions);
}

static void threads_run_functions(void **state)
{
	if (FORKING_THREADS == 1)
		nsrig_skip("needs processes that are forked while threads allocate, which the "
			   "sanitizer that this is built with can't do");
	in_threads(*state, run_own_functions, (struct plan){.rounds = 20});
}

static void *sleep_on(void *unused)
{
	pause();
	return unused;
}

static void start_sleeper(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, sleep_on, NULL) == 0)
		pthread_detach(thread);
}

/* ThreadSanitizer starts a thread in each forked process; any library may do that. */
static void programs_start_beside_a_thread_of_the_fork(void **state)
{
	int i;

	assert_int_equal(pthread_atfork(NULL, NULL, start_sleeper), 0);
	for (i = 0; i < 3; i++)
		assert_string_equal(nsrig_assert_run(*state, "left", "echo 7")->out, "7\n");
}

/* ---- assertions ------------------------------------------------------------------------------ */

static int print_and_pass(void *arg)
{
	printf("in a thread\n");
	assert_non_null(arg);
	return 0;
}

/* cmocka installs signal handlers while it runs a test, and here it runs several tests at once. */
static void handlers_are_the_tests_again(void **state)
{
	struct nsrig_thread *threads[THREADS];
	struct sigaction before, after;
	int i, round;

	assert_int_equal(sigaction(SIGSEGV, NULL, &before), 0);
	for (round = 0; round < 100; round++) {
		for (i = 0; i < THREADS; i++)
			threads[i] = nsrig_spawn_thread(
				*state, i % 2 ? "left" : "right", print_and_pass, *state);
		for (i = 0; i < THREADS; i++)
			assert_int_equal(nsrig_assert_join(threads[i]), 0);
		assert_int_equal(sigaction(SIGSEGV, NULL, &after), 0);
		assert_ptr_equal(after.sa_handler, before.sa_handler);
	}
}

/* One failure is the first; every thread that fails gets an error. */
static void failures_of_many_threads_are_told(void **state)
{
	struct program guilty;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "threads_fail_at_once,passes", NULL});
	assert_non_null(strstr(guilty.out_text, "\nnot ok 1 - threads_fail_at_once\n"));
	assert_non_null(strstr(guilty.out_text, "\n  outcome: failed\n  message: \"\\\"thread "));
	assert_non_null(strstr(guilty.out_text, "\n    - \"8 have failed\"\n"));
	assert_null(strstr(guilty.out_text, "ThreadSanitizer"));
	assert_non_null(strstr(guilty.out_text, "\nok 2 - passes\n"));
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(threads_go_to_hosts, &cable),
		nsrig_test(threads_change_one_host, &cable),
		nsrig_test(threads_have_small_stacks, &cable),
		nsrig_test(threads_wait_in_one_host, &cable),
		nsrig_test(threads_take_from_one_pool, &cable),
		nsrig_test(threads_probe_one_kernel, &cable),
		nsrig_test(threads_build_rigs, &cable),
		nsrig_test(threads_capture, &cable),
		nsrig_test(threads_run_programs, &cable),
		nsrig_test(exit_that_is_awaited_ends_no_wait, &cable),
		nsrig_test(threads_run_functions, &cable),
		nsrig_test(programs_start_beside_a_thread_of_the_fork, &cable),
		nsrig_test(handlers_are_the_tests_again, &cable),
		cmocka_unit_test_setup(
			failures_of_many_threads_are_told, program_clear_environment),
	};

	return nsrig_main(argc, argv, tests);
}
