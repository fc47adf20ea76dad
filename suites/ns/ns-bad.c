// SPDX-License-Identifier: MIT
/*
 * Bad input to namespaces and do(): each call fails with an error and a specific sentence, changes
 * nothing, and leaves nothing behind.
 *
 *	(the test's own namespace, and objects that are no namespace)
 */
#include "suites/lib/array.h"
#include "suites/lib/count.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <nsrig.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

/* All files are in this folder, in the test's own /run. */
#define FOLDER "/run/bad"

static int make_folder(void **state)
{
	(void)state;
	return mkdir(FOLDER, 0755);
}

static int touch(struct nsrig_ns *host, void *arg)
{
	(void)host;
	*(bool *)arg = true;
	return 0;
}

/*
 * Every function that takes a path refuses it in the same way, and the sentence says what and why.
 */
static void refused_path(const char *path, int error, const char *word)
{
	int descriptors = count_descriptors();
	struct nsrig_ns *ns = (void *)0x1;
	bool ran = false;

	nsrig_assert_error(nsrig_ns_check(path), error);
	assert_non_null(strstr(nsrig_error(), word));
	if (path && *path && strlen(path) < PATH_MAX)
		assert_non_null(strstr(nsrig_error(), path));
	nsrig_assert_error(nsrig_ns_open(path, &ns), error);
	assert_non_null(strstr(nsrig_error(), word));
	assert_ptr_equal(ns, (void *)0x1);
	nsrig_assert_error(nsrig_do_path(path, touch, &ran), error);
	assert_non_null(strstr(nsrig_error(), word));
	assert_false(ran);
	assert_int_equal(count_descriptors(), descriptors);
}

static void regular_file_is_no_namespace(void **state)
{
	(void)state;
	close(open(FOLDER "/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	refused_path(FOLDER "/file", -NSRIG_ENOTNS, "magic 0x1021994"); /* tmpfs */
}

static void missing_path_does_not_exist(void **state)
{
	(void)state;
	refused_path(FOLDER "/nothing", -ENOENT, "No such file");
}

static void the_two_are_told_apart(void **state)
{
	int missing, other;

	(void)state;
	missing = nsrig_ns_check(FOLDER "/nothing");
	other = nsrig_ns_check(FOLDER);
	assert_int_equal(missing, -ENOENT);
	assert_int_equal(other, -NSRIG_ENOTNS);
	assert_true(NSRIG_ENOTNS > 4095); /* MAX_ERRNO */
}

static void empty_and_null_paths(void **state)
{
	(void)state;
	refused_path("", -EINVAL, "no path");
	refused_path(NULL, -EINVAL, "no path");
}

static void too_long_path(void **state)
{
	static char path[PATH_MAX + 1], name[NAME_MAX + 2];

	(void)state;
	memset(path, 'x', PATH_MAX);
	refused_path(path, -ENAMETOOLONG, "xxx");
	memset(name, 'x', NAME_MAX + 1);
	name[0] = '/';
	name[1] = 'y';
	snprintf(path, sizeof(path), FOLDER "%sx", name);
	refused_path(path, -ENAMETOOLONG, "too long");
}

static void dangling_link(void **state)
{
	(void)state;
	assert_int_equal(symlink("nowhere", FOLDER "/dangling"), 0);
	refused_path(FOLDER "/dangling", -ENOENT, "No such file");
}

static void folder_and_what_is_below_a_file(void **state)
{
	(void)state;
	refused_path(FOLDER, -NSRIG_ENOTNS, "not a namespace");
	close(open(FOLDER "/file", O_CREAT | O_WRONLY | O_CLOEXEC, 0644));
	refused_path(FOLDER "/file/below", -ENOTDIR, "Not a directory");
}

static void unix_socket(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX, .sun_path = FOLDER "/socket"};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof(at)), 0);
	refused_path(FOLDER "/socket", -NSRIG_ENOTNS, "not a namespace");
	close(fd);
}

/* The FIFO has no writer: an open() without O_NONBLOCK would block. */
static void fifo_does_not_block(void **state)
{
	(void)state;
	assert_int_equal(mkfifo(FOLDER "/fifo", 0644), 0);
	refused_path(FOLDER "/fifo", -NSRIG_ENOTNS, "not a namespace");
}

static void device(void **state)
{
	(void)state;
	refused_path("/dev/null", -NSRIG_ENOTNS, "not a namespace");
}

static void proc_file_is_no_namespace(void **state)
{
	(void)state;
	refused_path("/proc/self/status", -NSRIG_ENOTNS, "magic 0x9fa0");
}

static void other_namespaces_are_refused_by_name(void **state)
{
	(void)state;
	refused_path("/proc/self/ns/uts", -NSRIG_ENOTNS, "uts");
	refused_path("/proc/self/ns/mnt", -NSRIG_ENOTNS, "mount");
	refused_path("/proc/self/ns/pid", -NSRIG_ENOTNS, "pid");
	refused_path("/proc/self/ns/user", -NSRIG_ENOTNS, "user");
	refused_path("/proc/self/ns/ipc", -NSRIG_ENOTNS, "ipc");
}

static int try_unreadable(void)
{
	struct nsrig_ns *ns;

	if (nsrig_ns_check(FOLDER "/locked/ns") != -EACCES)
		return 1;
	if (!strstr(nsrig_error(), FOLDER "/locked/ns") ||
		!strstr(nsrig_error(), "Permission denied"))
		return 2;
	return nsrig_ns_open(FOLDER "/locked/ns", &ns) == -EACCES ? 0 : 3;
}

static void unreadable_path(void **state)
{
	(void)state;
	assert_int_equal(mkdir(FOLDER "/locked", 0), 0);
	in_child_without_privilege(try_unreadable);
}

static int try_unprivileged(void)
{
	struct stat before, after;
	struct nsrig_ns *ns = NULL, *own;
	bool ran = false;
	int descriptors = count_descriptors();

	stat("/proc/self/ns/net", &before);
	if (nsrig_ns_temp(&ns) != -EPERM || ns || !strstr(nsrig_error(), "not permitted"))
		return 1;
	if (nsrig_ns_named("red", &ns) != -EPERM || ns)
		return 2;
	if (nsrig_ns_current(&own) < 0)
		return 3;
	if (nsrig_do(own, touch, &ran) != -EPERM || ran || nsrig_depth())
		return 4;
	if (nsrig_ns_set(own) != -EPERM)
		return 5;
	if (nsrig_link_up(own, "lo") != -EPERM)
		return 6;
	if (nsrig_socket(own, AF_INET, SOCK_DGRAM, 0) != -EPERM)
		return 7;
	nsrig_ns_free(own);
	stat("/proc/self/ns/net", &after);
	if (before.st_ino != after.st_ino)
		return 8;
	return count_descriptors() == descriptors ? 0 : 9;
}

static void without_privilege(void **state)
{
	(void)state;
	in_child_without_privilege(try_unprivileged);
	nsrig_assert_error(nsrig_ns_check("/var/run/netns/red"), -ENOENT);
}

static void null_handles(void **state)
{
	struct nsrig_ns *ns;
	bool ran = false;

	(void)state;
	nsrig_assert_error(nsrig_do(NULL, touch, &ran), -EINVAL);
	assert_false(ran);
	nsrig_assert_error(nsrig_enter(NULL), -EINVAL);
	nsrig_assert_error(nsrig_ns_set(NULL), -EINVAL);
	nsrig_assert_error(nsrig_ns_close(NULL), -EINVAL);
	nsrig_assert_error(nsrig_ns_fd(NULL), -EINVAL);
	nsrig_assert_error(nsrig_ns_same(NULL, NULL), -EINVAL);
	nsrig_assert_error(nsrig_ns_unmount(NULL), -EINVAL);
	nsrig_assert_error(nsrig_socket(NULL, AF_INET, SOCK_DGRAM, 0), -EINVAL);
	nsrig_assert_error(nsrig_ns_current(NULL), -EINVAL);
	nsrig_assert_error(nsrig_ns_temp(NULL), -EINVAL);
	nsrig_assert_error(nsrig_ns_named("x", NULL), -EINVAL);
	nsrig_assert_error(nsrig_ns_open("/proc/self/ns/net", NULL), -EINVAL);
	assert_null(nsrig_ns_path(NULL));
	nsrig_assert_ok(nsrig_ns_current(&ns));
	nsrig_assert_error(nsrig_do(ns, NULL, NULL), -EINVAL);
	nsrig_assert_error(nsrig_do_path("/proc/self/ns/net", NULL, NULL), -EINVAL);
	nsrig_ns_free(ns);
}

static void bad_names(void **state)
{
	static const char *const names[] = {"", ".", "..", "a/b", "/a"};
	char name[NAME_MAX + 2];
	struct nsrig_ns *ns = NULL;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(names); i++) {
		nsrig_assert_error(nsrig_ns_named(names[i], &ns), -EINVAL);
		nsrig_assert_error(nsrig_ns_open_name(names[i], &ns), -EINVAL);
	}
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	nsrig_assert_error(nsrig_ns_named(name, &ns), -EINVAL);
	assert_non_null(strstr(nsrig_error(), "256 bytes"));
	nsrig_assert_error(nsrig_ns_open_name(NULL, &ns), -EINVAL);
	nsrig_assert_error(nsrig_ns_open_name("unknown", &ns), -ENOENT);
	assert_null(ns);
}

static void bad_pids(void **state)
{
	struct nsrig_ns *ns = NULL;

	(void)state;
	nsrig_assert_error(nsrig_ns_open_pid(0, &ns), -EINVAL);
	nsrig_assert_error(nsrig_ns_open_pid(-1, &ns), -EINVAL);
	nsrig_assert_error(nsrig_ns_open_pid(INT_MAX, &ns), -ESRCH);
	assert_non_null(strstr(nsrig_error(), "2147483647"));
	assert_null(ns);
}

/* With every number of free descriptors, from none to enough. */
static void out_of_descriptors(void **state)
{
	struct nsrig_ns *ns = NULL, *target, *named = NULL;
	struct rlimit limit, tight;
	struct stat before, after;
	int descriptors, left, refusals = 0, rc;
	bool ran;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&target));
	assert_int_equal(stat("/proc/self/ns/net", &before), 0);
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
	descriptors = count_descriptors();
	for (left = 0; left < 4; left++) {
		int first_free = dup(STDIN_FILENO);

		close(first_free);
		tight = (struct rlimit){.rlim_cur = first_free + left, .rlim_max = limit.rlim_max};
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
		ran = false;
		rc = nsrig_do(target, touch, &ran);
		assert_true(rc == (ran ? 0 : -EMFILE));
		rc = nsrig_ns_temp(&ns);
		assert_true(rc == 0 || rc == -EMFILE);
		if (rc == -EMFILE) {
			assert_non_null(strstr(nsrig_error(), strerror(EMFILE)));
			refusals++;
		}
		nsrig_ns_free(ns);
		ns = NULL;
		rc = nsrig_link_up(target, "lo");
		assert_true(rc == 0 || rc == -EMFILE);
		rc = nsrig_ns_named("tight", &named);
		assert_true(rc == 0 || rc == -EMFILE);
		if (rc == 0)
			nsrig_assert_ok(nsrig_ns_unmount(named));
		nsrig_ns_free(named);
		named = NULL;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		nsrig_assert_error(nsrig_ns_check("/var/run/netns/tight"), -ENOENT);
	}
	assert_int_equal(stat("/proc/self/ns/net", &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
	assert_true(refusals > 0);
	nsrig_ns_free(target);
	/* Except for the socket of the handle, which was closed with it. */
	assert_int_equal(count_descriptors(), descriptors - 1);
}

/*
 * A new user namespace has a limit of its own. Three namespaces fit; the fourth is refused, and
 * nothing changes. After one is closed, one fits again, as soon as the kernel has freed it.
 */
static int try_limit(void)
{
	struct nsrig_ns *ns[3], *more = NULL;
	int i, tries, descriptors, rc = enter_limited_namespaces("4");

	if (rc)
		return rc;
	for (i = 0; i < 3; i++) {
		if (nsrig_ns_temp(&ns[i]) < 0)
			return 1;
	}
	descriptors = count_descriptors();
	if (nsrig_ns_temp(&more) != -ENOSPC || more)
		return 2;
	if (!strstr(nsrig_error(), "user.max_net_namespaces"))
		return 3;
	if (nsrig_depth() || count_descriptors() != descriptors)
		return 4;
	/* A closed namespace makes room as soon as the kernel has freed it. */
	for (i = 0; i < 20; i++) {
		nsrig_ns_free(ns[i % 3]);
		for (tries = 0; nsrig_ns_temp(&ns[i % 3]) < 0; tries++) {
			if (tries == 20)
				return 5;
		}
	}
	for (i = 0; i < 3; i++)
		nsrig_ns_free(ns[i]);
	return 0;
}

/* In a new user namespace, but in the network namespace of the old one: there is no way back. */
static int try_foreign_home(void)
{
	struct nsrig_ns *ns = NULL;
	int descriptors;

	/* It was possible a moment ago. */
	if (nsrig_ns_temp(&ns) < 0)
		return 4;
	nsrig_ns_free(ns);
	ns = NULL;
	descriptors = count_descriptors();
	if (unshare(CLONE_NEWUSER) < 0)
		return NO_USER_NAMESPACES;
	if (nsrig_ns_temp(&ns) != -EPERM || ns || nsrig_depth())
		return 1;
	if (!strstr(nsrig_error(), "come home"))
		return 2;
	return count_descriptors() == descriptors ? 0 : 3;
}

static void home_that_could_not_be_come_back_to(void **state)
{
	(void)state;
	in_child(try_foreign_home);
}

static void out_of_namespaces(void **state)
{
	(void)state;
	in_child(try_limit);
}

static void *error_of_a_thread(void *arg)
{
	bool empty = *nsrig_error() == '\0';

	nsrig_ns_check("/of/the/thread");
	return empty && strstr(nsrig_error(), "/of/the/thread") ? arg : NULL;
}

static void errors_are_a_threads_own(void **state)
{
	pthread_t thread;
	void *result;

	nsrig_assert_error(nsrig_ns_check("/of/the/test"), -ENOENT);
	assert_int_equal(pthread_create(&thread, NULL, error_of_a_thread, state), 0);
	pthread_join(thread, &result);
	assert_ptr_equal(result, state);
	assert_non_null(strstr(nsrig_error(), "/of/the/test"));
}

#define bad(test) nsrig_test(test, .setup = make_folder)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		bad(regular_file_is_no_namespace),
		bad(missing_path_does_not_exist),
		bad(the_two_are_told_apart),
		bad(empty_and_null_paths),
		bad(too_long_path),
		bad(dangling_link),
		bad(folder_and_what_is_below_a_file),
		bad(unix_socket),
		bad(fifo_does_not_block),
		bad(device),
		bad(proc_file_is_no_namespace),
		bad(other_namespaces_are_refused_by_name),
		bad(unreadable_path),
		bad(without_privilege),
		bad(null_handles),
		bad(bad_names),
		bad(bad_pids),
		bad(out_of_descriptors),
		bad(home_that_could_not_be_come_back_to),
		bad(out_of_namespaces),
		bad(errors_are_a_threads_own),
	};

	return nsrig_main(argc, argv, tests);
}
