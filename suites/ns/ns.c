// SPDX-License-Identifier: MIT
/*
 * Namespace handles: opened, created, named, compared, closed.
 *
 *	(the test's own namespace)      (temporary, empty namespaces)
 */
#include "suites/lib/count.h"

#include <errno.h>
#include <fcntl.h>
#include <nsrig.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static ino_t inode_of(const struct nsrig_ns *ns)
{
	struct stat st;

	assert_int_equal(fstat(nsrig_ns_fd(ns), &st), 0);
	return st.st_ino;
}

static ino_t own_inode(void)
{
	struct stat st;

	assert_int_equal(stat("/proc/thread-self/ns/net", &st), 0);
	return st.st_ino;
}

static void namespaces_have_different_inodes(void **state)
{
	struct nsrig_ns *a, *b;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&a));
	nsrig_assert_ok(nsrig_ns_temp(&b));
	assert_true(inode_of(a) != inode_of(b));
	assert_true(inode_of(a) != own_inode());
	assert_true(inode_of(b) != own_inode());
	nsrig_ns_free(a);
	nsrig_ns_free(b);
}

static void same_tells_namespaces_apart(void **state)
{
	struct nsrig_ns *a, *b, *again;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&a));
	nsrig_assert_ok(nsrig_ns_temp(&b));
	nsrig_assert_ok(nsrig_ns_open(nsrig_ns_path(a), &again));
	assert_int_equal(nsrig_ns_same(a, a), 1);
	assert_int_equal(nsrig_ns_same(a, again), 1);
	assert_int_equal(nsrig_ns_same(a, b), 0);
	nsrig_assert_ok(nsrig_ns_close(b));
	nsrig_assert_error(nsrig_ns_same(a, b), -EBADF);
	nsrig_assert_error(nsrig_ns_same(b, a), -EBADF);
	nsrig_ns_free(again);
	nsrig_ns_free(a);
	nsrig_ns_free(b);
}

static void current_is_the_callers(void **state)
{
	struct nsrig_ns *ns, *temp;

	(void)state;
	nsrig_assert_ok(nsrig_ns_current(&ns));
	assert_int_equal(inode_of(ns), own_inode());
	nsrig_ns_free(ns);

	nsrig_assert_ok(nsrig_ns_temp(&temp));
	nsrig_in(temp) {
		nsrig_assert_ok(nsrig_ns_current(&ns));
		assert_int_equal(nsrig_ns_same(ns, temp), 1);
		nsrig_ns_free(ns);
	}
	nsrig_ns_free(temp);
}

static void *current_in_thread(void *temp)
{
	struct nsrig_ns *ns = NULL;
	bool same;

	if (nsrig_ns_set(temp) < 0 || nsrig_ns_current(&ns) < 0)
		return NULL;
	same = nsrig_ns_same(ns, temp) == 1;
	nsrig_ns_free(ns);
	return same ? temp : NULL;
}

/*
 * current() is the calling thread's namespace, not the main thread's; and set() moves only one
 * thread.
 */
static void current_is_the_threads(void **state)
{
	struct nsrig_ns *temp;
	ino_t before = own_inode();
	pthread_t thread;
	void *result;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&temp));
	assert_int_equal(pthread_create(&thread, NULL, current_in_thread, temp), 0);
	pthread_join(thread, &result);
	assert_ptr_equal(result, temp);
	assert_int_equal(own_inode(), before);
	nsrig_ns_free(temp);
}

static void opens_by_path_pid_and_name(void **state)
{
	struct nsrig_ns *own, *named, *by_path, *by_pid, *by_name;

	(void)state;
	nsrig_assert_ok(nsrig_ns_current(&own));
	nsrig_assert_ok(nsrig_ns_open("/proc/self/ns/net", &by_path));
	assert_string_equal(nsrig_ns_path(by_path), "/proc/self/ns/net");
	assert_int_equal(nsrig_ns_same(own, by_path), 1);
	nsrig_assert_ok(nsrig_ns_open_pid(getpid(), &by_pid));
	assert_int_equal(nsrig_ns_same(own, by_pid), 1);

	nsrig_assert_ok(nsrig_ns_named("blue", &named));
	nsrig_assert_ok(nsrig_ns_open_name("blue", &by_name));
	assert_int_equal(nsrig_ns_same(named, by_name), 1);
	assert_int_equal(nsrig_ns_same(named, own), 0);

	nsrig_ns_free(own);
	nsrig_assert_ok(nsrig_ns_unmount(named));
	nsrig_ns_free(named);
	nsrig_ns_free(by_path);
	nsrig_ns_free(by_pid);
	nsrig_ns_free(by_name);
}

static void path_of_a_temporary_one_leads_to_it(void **state)
{
	struct nsrig_ns *temp, *again;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&temp));
	nsrig_assert_ok(nsrig_ns_check(nsrig_ns_path(temp)));
	nsrig_assert_ok(nsrig_ns_open(nsrig_ns_path(temp), &again));
	assert_int_equal(nsrig_ns_same(temp, again), 1);
	nsrig_ns_free(again);
	nsrig_ns_free(temp);
}

static void check_accepts_a_namespace(void **state)
{
	int before = count_descriptors();

	(void)state;
	nsrig_assert_ok(nsrig_ns_check("/proc/self/ns/net"));
	assert_int_equal(count_descriptors(), before);
}

/* A named namespace is one that `ip netns` would list; it is gone once it is unmounted. */
static void named_is_a_mount_until_unmounted(void **state)
{
	struct nsrig_ns *ns, *again;
	int mounts;

	(void)state;
	/* The first name creates the folder and mounts it. */
	nsrig_assert_ok(nsrig_ns_named(NULL, &ns));
	nsrig_assert_ok(nsrig_ns_unmount(ns));
	nsrig_ns_free(ns);

	mounts = count_mounts();
	nsrig_assert_ok(nsrig_ns_named("green", &ns));
	assert_string_equal(nsrig_ns_path(ns), "/var/run/netns/green");
	assert_int_equal(count_mounts(), mounts + 1);
	nsrig_assert_ok(nsrig_ns_check("/var/run/netns/green"));
	nsrig_assert_error(nsrig_ns_named("green", &again), -EEXIST);
	assert_non_null(strstr(nsrig_error(), "\"green\""));

	/* The namespace outlives its handle, and the handle outlives the name. */
	nsrig_assert_ok(nsrig_ns_close(ns));
	nsrig_assert_ok(nsrig_ns_open_name("green", &again));
	nsrig_assert_ok(nsrig_ns_unmount(ns));
	nsrig_assert_error(nsrig_ns_check("/var/run/netns/green"), -ENOENT);
	assert_int_equal(count_mounts(), mounts);
	nsrig_assert_error(nsrig_ns_unmount(ns), -EINVAL);
	assert_true(nsrig_ns_fd(again) >= 0);
	nsrig_ns_free(again);
	nsrig_ns_free(ns);
}

static void names_are_random_unless_given(void **state)
{
	struct nsrig_ns *a, *b;

	(void)state;
	nsrig_assert_ok(nsrig_ns_named(NULL, &a));
	nsrig_assert_ok(nsrig_ns_named(NULL, &b));
	assert_memory_equal(
		nsrig_ns_path(a), "/var/run/netns/nsrig-", strlen("/var/run/netns/nsrig-"));
	assert_string_not_equal(nsrig_ns_path(a), nsrig_ns_path(b));
	nsrig_assert_ok(nsrig_ns_unmount(a));
	nsrig_assert_ok(nsrig_ns_unmount(b));
	nsrig_ns_free(a);
	nsrig_ns_free(b);
}

static void closed_handle_refuses(void **state)
{
	struct nsrig_ns *ns;
	ino_t before = own_inode();

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&ns));
	nsrig_assert_ok(nsrig_ns_close(ns));
	nsrig_assert_error(nsrig_ns_set(ns), -EBADF);
	assert_non_null(strstr(nsrig_error(), "closed"));
	nsrig_assert_error(nsrig_ns_fd(ns), -EBADF);
	nsrig_assert_error(nsrig_ns_close(ns), -EBADF);
	nsrig_assert_error(nsrig_socket(ns, AF_INET, SOCK_DGRAM, 0), -EBADF);
	nsrig_assert_error(nsrig_link_up(ns, "lo"), -EBADF);
	assert_int_equal(own_inode(), before);
	nsrig_ns_free(ns);
}

/*
 * When its last descriptor is closed, the namespace goes, and so does the link between it and
 * another.
 */
static void closed_namespace_is_gone(void **state)
{
	const struct nsrig_link_spec a = {.name = "a"}, b = {.name = "b"};
	struct nsrig_ns *stays, *goes;
	struct nsrig_link link;
	int ms;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&stays));
	nsrig_assert_ok(nsrig_ns_temp(&goes));
	nsrig_assert_ok(nsrig_veth_add(stays, &a, goes, &b));
	nsrig_assert_ok(nsrig_link_get(stays, "a", &link));
	nsrig_assert_ok(nsrig_ns_close(goes));
	/* The kernel frees it asynchronously. */
	for (ms = 1; nsrig_link_get(stays, "a", &link) == 0 && ms <= 4096; ms *= 2)
		poll(NULL, 0, ms);
	nsrig_assert_error(nsrig_link_get(stays, "a", &link), -ENODEV);
	nsrig_ns_free(stays);
	nsrig_ns_free(goes);
}

static void descriptors_are_close_on_exec(void **state)
{
	struct nsrig_ns *temp, *own, *opened;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&temp));
	nsrig_assert_ok(nsrig_ns_current(&own));
	nsrig_assert_ok(nsrig_ns_open("/proc/self/ns/net", &opened));
	assert_true(fcntl(nsrig_ns_fd(temp), F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(nsrig_ns_fd(own), F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(nsrig_ns_fd(opened), F_GETFD) & FD_CLOEXEC);
	nsrig_ns_free(temp);
	nsrig_ns_free(own);
	nsrig_ns_free(opened);
}

static void handles_leave_no_descriptor(void **state)
{
	int before = count_descriptors(), i;
	struct nsrig_ns *ns;

	(void)state;
	for (i = 0; i < 20; i++) {
		nsrig_assert_ok(nsrig_ns_temp(&ns));
		nsrig_assert_ok(nsrig_link_up(ns, "lo"));
		nsrig_ns_free(ns);
	}
	assert_int_equal(count_descriptors(), before);
	nsrig_ns_free(NULL);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(namespaces_have_different_inodes),
		nsrig_test(same_tells_namespaces_apart),
		nsrig_test(current_is_the_callers),
		nsrig_test(current_is_the_threads),
		nsrig_test(opens_by_path_pid_and_name),
		nsrig_test(path_of_a_temporary_one_leads_to_it),
		nsrig_test(check_accepts_a_namespace),
		nsrig_test(named_is_a_mount_until_unmounted),
		nsrig_test(names_are_random_unless_given),
		nsrig_test(closed_handle_refuses),
		nsrig_test(closed_namespace_is_gone),
		nsrig_test(descriptors_are_close_on_exec),
		nsrig_test(handles_leave_no_descriptor),
	};

	return nsrig_main(argc, argv, tests);
}
