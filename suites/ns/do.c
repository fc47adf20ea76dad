// SPDX-License-Identifier: MIT
/*
 * do(): runs code in another namespace, and returns to the first one however the code is left.
 *
 *	home ---- do() ----> there ---- do() ----> further ... 64 deep
 *	  ^______ return, error, break, goto, longjmp ______________|
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <nsrig.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 200
#define DEEP 64

static ino_t here(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) < 0 ? 0 : st.st_ino;
}

static ino_t inode_of(const struct nsrig_ns *ns)
{
	struct stat st;

	return fstat(nsrig_ns_fd(ns), &st) < 0 ? 0 : st.st_ino;
}

/* What a callback has seen. */
struct seen {
	ino_t here, host;
	bool again; /* do() to the host works inside the callback */
};

static int see_again(struct nsrig_ns *host, void *arg)
{
	(void)host;
	*(ino_t *)arg = here();
	return 0;
}

static int see(struct nsrig_ns *host, void *arg)
{
	struct seen *seen = arg;
	ino_t there = 0;

	seen->here = here();
	seen->host = inode_of(host);
	seen->again = nsrig_do(host, see_again, &there) == 0 && there == seen->host;
	return 0;
}

static int fail_with_7(struct nsrig_ns *host, void *arg)
{
	(void)host;
	(void)arg;
	return -7;
}

static struct nsrig_ns *temp(void)
{
	struct nsrig_ns *ns;

	nsrig_assert_ok(nsrig_ns_temp(&ns));
	return ns;
}

static void callback_runs_in_the_target(void **state)
{
	struct nsrig_ns *ns = temp();
	struct seen seen = {0};

	(void)state;
	nsrig_assert_ok(nsrig_do(ns, see, &seen));
	assert_int_equal(seen.here, inode_of(ns));
	nsrig_ns_free(ns);
}

static void callback_is_given_the_original_namespace(void **state)
{
	struct nsrig_ns *ns = temp();
	struct seen seen = {0};
	ino_t home = here();

	(void)state;
	nsrig_assert_ok(nsrig_do(ns, see, &seen));
	assert_int_equal(seen.host, home);
	assert_true(seen.again);
	nsrig_ns_free(ns);
}

static struct {
	struct nsrig_ns *ns[2];
	pthread_barrier_t barrier;
} crowd;

/* Each thread starts in one namespace and enters the other, when all threads are ready. */
static void *one_of_many(void *arg)
{
	size_t number = (size_t)arg;
	struct nsrig_ns *home = crowd.ns[number % 2], *there = crowd.ns[1 - number % 2];
	struct seen seen = {0};

	bool at_home = nsrig_ns_set(home) == 0;

	pthread_barrier_wait(&crowd.barrier);
	if (!at_home || nsrig_do(there, see, &seen) < 0 || seen.here != inode_of(there) ||
		seen.host != inode_of(home) || !seen.again || here() != inode_of(home))
		return NULL;
	return &crowd;
}

static void many_threads_at_once(void **state)
{
	pthread_t threads[THREADS];
	size_t i, right = 0;
	void *result;
	ino_t home = here();

	(void)state;
	crowd.ns[0] = temp();
	crowd.ns[1] = temp();
	pthread_barrier_init(&crowd.barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, one_of_many, (void *)i), 0);
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], &result);
		right += result != NULL;
	}
	assert_int_equal(right, THREADS);
	assert_int_equal(here(), home);
	nsrig_ns_free(crowd.ns[0]);
	nsrig_ns_free(crowd.ns[1]);
}

static void comes_home_after_the_callback_failed(void **state)
{
	struct nsrig_ns *ns = temp();
	ino_t home = here();

	(void)state;
	assert_int_equal(nsrig_do(ns, fail_with_7, NULL), -7);
	assert_int_equal(here(), home);
	assert_int_equal(nsrig_depth(), 0);
	nsrig_ns_free(ns);
}

static int return_arg(struct nsrig_ns *host, void *arg)
{
	(void)host;
	return *(int *)arg;
}

static void result_of_the_callback_is_returned(void **state)
{
	static const int results[] = {0, 1, 42, -1, -EBADF, INT32_MAX, INT32_MIN};
	struct nsrig_ns *ns = temp();
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(results); i++)
		assert_int_equal(nsrig_do(ns, return_arg, (void *)&results[i]), results[i]);
	nsrig_ns_free(ns);
}

/* No thread of the process is left in a closed namespace. */
static void closed_namespace_is_on_no_thread(void **state)
{
	struct nsrig_ns *ns = temp();
	ino_t inode = inode_of(ns);
	struct dirent *entry;
	char path[300];
	struct stat st;
	DIR *tasks;
	int seen = 0;

	(void)state;
	assert_int_equal(nsrig_do(ns, fail_with_7, NULL), -7);
	nsrig_ns_free(ns);
	tasks = opendir("/proc/self/task");
	assert_non_null(tasks);
	while ((entry = readdir(tasks))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "/proc/self/task/%s/ns/net", entry->d_name);
		assert_int_equal(stat(path, &st), 0);
		assert_true(st.st_ino != inode);
		seen++;
	}
	closedir(tasks);
	assert_true(seen > 0);
}

static void closed_handle_refuses_do(void **state)
{
	struct nsrig_ns *ns = temp();
	struct seen seen = {0};

	(void)state;
	nsrig_assert_ok(nsrig_ns_close(ns));
	nsrig_assert_error(nsrig_do(ns, see, &seen), -EBADF);
	assert_int_equal(seen.here, 0);
	assert_int_equal(nsrig_depth(), 0);
	nsrig_ns_free(ns);
}

static void do_path_runs_at_a_path(void **state)
{
	struct nsrig_ns *ns = temp();
	struct seen seen = {0};
	int before = count_descriptors();

	(void)state;
	nsrig_assert_ok(nsrig_do_path(nsrig_ns_path(ns), see, &seen));
	assert_int_equal(seen.here, inode_of(ns));
	assert_int_equal(nsrig_do_path(nsrig_ns_path(ns), fail_with_7, NULL), -7);
	nsrig_assert_error(nsrig_do_path("/nowhere", see, &seen), -ENOENT);
	nsrig_assert_error(nsrig_do_path("/proc/self/status", see, &seen), -NSRIG_ENOTNS);
	assert_int_equal(count_descriptors(), before);
	nsrig_ns_free(ns);
}

/* Enters two namespaces alternately, and counts the calls that were in the right one. */
struct nest {
	struct nsrig_ns *ns[2];
	ino_t inode[3]; /* of both, and of the test's own namespace */
	int depth, right, deepest;
	jmp_buf *out;
};

static int go_deeper(struct nsrig_ns *host, void *arg)
{
	struct nest *nest = arg;
	int depth = nest->depth++;
	ino_t expected = depth ? nest->inode[(depth - 1) % 2] : nest->inode[2];

	nest->right += here() == nest->inode[depth % 2] && inode_of(host) == expected;
	nest->deepest = nsrig_depth();
	if (depth + 1 < DEEP)
		nsrig_do(nest->ns[(depth + 1) % 2], go_deeper, nest);
	else if (nest->out)
		longjmp(*nest->out, 1);
	nest->right += here() == nest->inode[depth % 2];
	return 0;
}

static struct nest make_nest(void)
{
	struct nest nest = {.ns = {temp(), temp()}};

	nest.inode[0] = inode_of(nest.ns[0]);
	nest.inode[1] = inode_of(nest.ns[1]);
	nest.inode[2] = here();
	return nest;
}

static void nests_64_deep(void **state)
{
	struct nest nest = make_nest();
	ino_t home = here();
	int before = count_descriptors();

	(void)state;
	nsrig_assert_ok(nsrig_do(nest.ns[0], go_deeper, &nest));
	assert_int_equal(nest.deepest, DEEP);
	assert_int_equal(nest.right, 2 * DEEP);
	assert_int_equal(here(), home);
	assert_int_equal(nsrig_depth(), 0);
	assert_int_equal(count_descriptors(), before);
	nsrig_ns_free(nest.ns[0]);
	nsrig_ns_free(nest.ns[1]);
}

static void unwinds_a_longjmp_out_of_64(void **state)
{
	static struct nest nest;
	static ino_t home;
	static int before;
	jmp_buf out;

	(void)state;
	nest = make_nest();
	nest.out = &out;
	home = here();
	before = count_descriptors();
	if (!setjmp(out)) {
		nsrig_do(nest.ns[0], go_deeper, &nest);
		nsrig_fail("came back without the jump");
	}
	assert_int_equal(nsrig_depth(), DEEP);
	assert_true(here() != home);
	nsrig_unwind(0);
	assert_int_equal(here(), home);
	assert_int_equal(nsrig_depth(), 0);
	assert_int_equal(count_descriptors(), before);
	nsrig_ns_free(nest.ns[0]);
	nsrig_ns_free(nest.ns[1]);
}

/* A longjmp() that lands half way: in the third of five levels. */
static void unwinds_to_where_the_jump_landed(void **state)
{
	struct nsrig_ns *a = temp(), *b = temp();
	jmp_buf out;

	(void)state;
	nsrig_in(a) {
		nsrig_in(b) {
			int depth = nsrig_depth();

			if (!setjmp(out)) {
				nsrig_assert_ok(nsrig_enter(a));
				nsrig_assert_ok(nsrig_enter(a));
				longjmp(out, 1);
			}
			nsrig_unwind(depth);
			assert_int_equal(nsrig_depth(), 2);
			assert_int_equal(here(), inode_of(b));
		}
		assert_int_equal(here(), inode_of(a));
	}
	nsrig_ns_free(a);
	nsrig_ns_free(b);
}

static int leave_by_return(struct nsrig_ns *ns)
{
	nsrig_in(ns)
		return 1;
	return 0;
}

static void block_comes_home_from_everywhere(void **state)
{
	struct nsrig_ns *ns = temp();
	ino_t home = here();
	volatile int rounds = 0, i;

	(void)state;
	nsrig_in(ns) {
		assert_int_equal(here(), inode_of(ns));
		rounds++;
	}
	assert_int_equal(rounds, 1);
	assert_int_equal(here(), home);

	nsrig_in(ns)
		break;
	assert_int_equal(here(), home);

	nsrig_in(ns) {
		rounds++;
		continue;
	}
	assert_int_equal(rounds, 2);
	assert_int_equal(here(), home);

	assert_int_equal(leave_by_return(ns), 1);
	assert_int_equal(here(), home);

	nsrig_in(ns) {
		nsrig_in(ns)
			goto out;
	}
	nsrig_fail("goto went nowhere");
out:
	assert_int_equal(here(), home);

	/* break leaves the block, not the loop around it */
	for (i = 0; i < 3; i++) {
		nsrig_in(ns)
			break;
	}
	assert_int_equal(i, 3);
	assert_int_equal(nsrig_depth(), 0);
	nsrig_ns_free(ns);
}

static void block_comes_home_from_longjmp(void **state)
{
	struct nsrig_ns *ns = temp();
	int depth = nsrig_depth();
	ino_t home = here();
	jmp_buf out;

	(void)state;
	if (!setjmp(out)) {
		nsrig_in(ns)
			longjmp(out, 1);
	}
	nsrig_unwind(depth);
	assert_int_equal(here(), home);
	nsrig_ns_free(ns);
}

/* The callback may change the namespace itself: do() still returns to the first one. */
static int wander_off(struct nsrig_ns *host, void *arg)
{
	(void)host;
	nsrig_ns_set(arg);
	nsrig_enter(arg);
	return 5;
}

static void comes_home_from_a_callback_that_wandered(void **state)
{
	struct nsrig_ns *ns = temp(), *other = temp();
	ino_t home = here();

	(void)state;
	assert_int_equal(nsrig_do(ns, wander_off, other), 5);
	assert_int_equal(here(), home);
	assert_int_equal(nsrig_depth(), 0);
	nsrig_ns_free(ns);
	nsrig_ns_free(other);
}

static int close_host(struct nsrig_ns *host, void *arg)
{
	nsrig_ns_free(host); /* has no effect */
	*(int *)arg = nsrig_ns_close(host);
	return inode_of(host) != 0;
}

static void host_handle_is_not_the_callbacks_to_close(void **state)
{
	struct nsrig_ns *ns = temp();
	ino_t home = here();
	int rc = 0;

	(void)state;
	assert_int_equal(nsrig_do(ns, close_host, &rc), 1);
	assert_int_equal(rc, -EBUSY);
	assert_int_equal(here(), home);
	nsrig_ns_free(ns);
}

static int close_target(struct nsrig_ns *host, void *arg)
{
	(void)host;
	return nsrig_ns_close(arg);
}

static void target_may_be_closed_on_the_way(void **state)
{
	struct nsrig_ns *ns = temp();
	ino_t home = here();

	(void)state;
	nsrig_assert_ok(nsrig_do(ns, close_target, ns));
	assert_int_equal(here(), home);
	nsrig_ns_free(ns);
}

/*
 * Closes the descriptor of the home namespace behind do()'s back; with put_other, replaces it by
 * another namespace.
 */
static int lose_way(struct nsrig_ns *host, void *put_other)
{
	int fd = nsrig_ns_fd(host);

	close(fd);
	if (put_other)
		dup2(nsrig_ns_fd(put_other), fd);
	return 0;
}

static int lose_way_in_child(struct nsrig_ns *ns, struct nsrig_ns *put_other)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		int null = open("/dev/null", O_WRONLY | O_CLOEXEC);

		dup2(null, STDERR_FILENO);
		nsrig_do(ns, lose_way, put_other);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* A process that can't return to its namespace must not continue. */
static void aborts_when_home_is_lost(void **state)
{
	struct nsrig_ns *ns = temp(), *other = temp();
	int status;

	(void)state;
	nsrig_may_crash();
	status = lose_way_in_child(ns, NULL);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	status = lose_way_in_child(ns, other);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	nsrig_ns_free(ns);
	nsrig_ns_free(other);
}

static int exit_thread(struct nsrig_ns *host, void *arg)
{
	(void)host;
	(void)arg;
	pthread_exit(NULL);
}

static void *die_in_do(void *arg)
{
	nsrig_do(arg, exit_thread, NULL);
	return arg;
}

static void thread_that_ends_in_do_leaves_nothing(void **state)
{
	struct nsrig_ns *ns = temp();
	int before = count_descriptors();
	pthread_t thread;
	void *result;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, die_in_do, ns), 0);
	pthread_join(thread, &result);
	assert_null(result);
	assert_int_equal(count_descriptors(), before);
	nsrig_ns_free(ns);
}

static pthread_key_t late_key;

/* Runs when its thread ends, after the library's own destructor. */
static void go_once_more(void *arg)
{
	struct nest *nest = arg;
	struct seen seen = {0};

	nest->right = nsrig_do(nest->ns[0], see, &seen) == 0 && seen.here == nest->inode[0] &&
		      nsrig_depth() == 0;
}

static void *end_with_a_destructor(void *arg)
{
	struct nest *nest = arg;

	if (nsrig_do(nest->ns[0], fail_with_7, NULL) == -7)
		pthread_setspecific(late_key, nest);
	return NULL;
}

static void destructors_of_a_thread_may_use_it(void **state)
{
	struct nest nest = make_nest();
	int before;
	pthread_t thread;

	(void)state;
	/* The library creates its key first, so that our destructor runs after the library's. */
	assert_int_equal(nsrig_do(nest.ns[0], fail_with_7, NULL), -7);
	assert_int_equal(pthread_key_create(&late_key, go_once_more), 0);
	before = count_descriptors();
	assert_int_equal(pthread_create(&thread, NULL, end_with_a_destructor, &nest), 0);
	pthread_join(thread, NULL);
	assert_int_equal(nest.right, 1);
	assert_int_equal(count_descriptors(), before);
	pthread_key_delete(late_key);
	nsrig_ns_free(nest.ns[0]);
	nsrig_ns_free(nest.ns[1]);
}

/* The last of the 256 levels can be left again; the next one is refused, and changes nothing. */
static void too_deep_is_refused(void **state)
{
	struct nsrig_ns *ns = temp();
	int i;

	(void)state;
	for (i = 0; i < NSRIG_DEPTH_MAX; i++)
		nsrig_assert_ok(nsrig_enter(ns));
	nsrig_assert_error(nsrig_enter(ns), -ELOOP);
	assert_int_equal(nsrig_depth(), NSRIG_DEPTH_MAX);
	nsrig_unwind(-1); /* like 0 */
	nsrig_leave();    /* at home: no effect */
	assert_int_equal(nsrig_depth(), 0);
	nsrig_ns_free(ns);
}

static void socket_belongs_to_the_other_namespace(void **state)
{
	struct nsrig_ns *ns = temp();
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	ino_t home = here();
	int fd, own;

	(void)state;
	/* lo is up here and down in ns, so only the socket of this namespace can connect. */
	at.sin_port = htons(9);
	fd = nsrig_assert_ok(nsrig_socket(ns, AF_INET, SOCK_DGRAM, 0));
	assert_int_equal(here(), home);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	own = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(own, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&at, sizeof(at)), -1);
	assert_int_equal(errno, ENETUNREACH);
	nsrig_assert_error(nsrig_socket(ns, AF_INET, SOCK_STREAM, IPPROTO_UDP), -EPROTONOSUPPORT);
	close(own);
	close(fd);
	nsrig_ns_free(ns);
}

static void without_proc_it_works_as_well(void **state)
{
	struct nsrig_ns *ns;
	int fd, pidfd;

	(void)state;
	if (umount2("/proc", MNT_DETACH) < 0)
		nsrig_skip("needs a /proc that can be unmounted (%s)", strerror(errno));
	/* Kernels before 6.11 report a thread's namespace only in /proc. */
	pidfd = syscall(SYS_pidfd_open, getpid(), 0);
	fd = ioctl(pidfd, _IO(0xFF, 4), 0);
	if (fd < 0)
		nsrig_skip("needs Linux 6.11 (PIDFD_GET_NET_NAMESPACE)");
	close(fd);
	close(pidfd);
	nsrig_assert_ok(nsrig_ns_temp(&ns));
	assert_int_equal(nsrig_do(ns, fail_with_7, NULL), -7);
	nsrig_ns_free(ns);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(callback_runs_in_the_target),
		nsrig_test(callback_is_given_the_original_namespace),
		nsrig_test(many_threads_at_once),
		nsrig_test(comes_home_after_the_callback_failed),
		nsrig_test(result_of_the_callback_is_returned),
		nsrig_test(closed_namespace_is_on_no_thread),
		nsrig_test(closed_handle_refuses_do),
		nsrig_test(do_path_runs_at_a_path),
		nsrig_test(nests_64_deep),
		nsrig_test(unwinds_a_longjmp_out_of_64),
		nsrig_test(unwinds_to_where_the_jump_landed),
		nsrig_test(block_comes_home_from_everywhere),
		nsrig_test(block_comes_home_from_longjmp),
		nsrig_test(comes_home_from_a_callback_that_wandered),
		nsrig_test(host_handle_is_not_the_callbacks_to_close),
		nsrig_test(target_may_be_closed_on_the_way),
		nsrig_test(aborts_when_home_is_lost),
		nsrig_test(thread_that_ends_in_do_leaves_nothing),
		nsrig_test(destructors_of_a_thread_may_use_it),
		nsrig_test(too_deep_is_refused),
		nsrig_test(socket_belongs_to_the_other_namespace),
		nsrig_test(without_proc_it_works_as_well),
	};

	return nsrig_main(argc, argv, tests);
}
