// SPDX-License-Identifier: MIT
/*
 * The pool of namespaces made in advance. The test recognises a namespace of the pool by its
 * descriptors, which were open before.
 *
 *	(temporary namespaces, and hosts without links)
 */
#include "suites/lib/count.h"

#include <errno.h>
#include <nsrig.h>
#include <pthread.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MANY 3

static int close_all(void **state)
{
	(void)state;
	return nsrig_ns_pool(0) ?: nsrig_host_pool(0);
}

static ino_t inode_of(struct nsrig_ns *ns)
{
	struct stat st;

	assert_return_code(fstat(nsrig_assert_ok(nsrig_ns_fd(ns)), &st), errno);
	return st.st_ino;
}

static void temporary_namespaces_come_from_the_pool(void **state)
{
	struct nsrig_ns *ns[MANY + 1];
	int before = count_descriptors(), i, j;

	(void)state;
	nsrig_assert_ok(nsrig_ns_pool(MANY));
	assert_int_equal(count_descriptors(), before + MANY);
	for (i = 0; i <= MANY; i++) {
		nsrig_assert_ok(nsrig_ns_temp(&ns[i]));
		assert_int_equal(count_descriptors(), before + (i < MANY ? MANY : MANY + 1));
		for (j = 0; j < i; j++)
			assert_int_equal(nsrig_assert_ok(nsrig_ns_same(ns[i], ns[j])), 0);
	}
	for (i = 0; i <= MANY; i++) {
		assert_int_equal(count_links(ns[i]), 1);
		nsrig_ns_free(ns[i]);
	}
	assert_int_equal(count_descriptors(), before);
}

static void a_pool_is_filled_up_and_emptied(void **state)
{
	int before = count_descriptors();
	struct nsrig_ns *ns;

	(void)state;
	nsrig_assert_ok(nsrig_ns_pool(MANY));
	nsrig_assert_ok(nsrig_ns_temp(&ns));
	nsrig_ns_free(ns);
	assert_int_equal(count_descriptors(), before + MANY - 1);
	nsrig_assert_ok(nsrig_ns_pool(MANY));
	assert_int_equal(count_descriptors(), before + MANY);
	nsrig_assert_ok(nsrig_ns_pool(1));
	assert_int_equal(count_descriptors(), before + 1);
	nsrig_assert_ok(nsrig_ns_pool(0));
	assert_int_equal(count_descriptors(), before);
}

static void assert_sysctl_of(
	struct nsrig *rig, const char *host, const char *key, const char *value)
{
	nsrig_assert_sysctl(nsrig_host(rig, host), key, value);
}

/* The pool's namespaces are generic: what is special about a host is set when the host is built. */
static void hosts_come_from_the_pool(void **state)
{
	struct nsrig *rig = *state;
	int before = count_descriptors(), with_pool;

	nsrig_assert_ok(nsrig_host_pool(2));
	with_pool = count_descriptors();
	assert_true(with_pool > before);
	nsrig_assert_ok(nsrig_add(rig, "host a\nhost router forwarding"));
	assert_int_equal(count_descriptors(), with_pool);
	assert_sysctl_of(rig, "a", "net/ipv4/ip_forward", "0");
	assert_sysctl_of(rig, "router", "net/ipv4/ip_forward", "1");
	assert_sysctl_of(rig, "router", "net/ipv6/conf/all/forwarding", "1");
	assert_sysctl_of(rig, "a", "net/ipv6/conf/default/accept_dad", "0");
	nsrig_in(nsrig_host(rig, "a"))
		nsrig_assert_ping("127.0.0.1");
	/* The two kinds of namespaces are never mixed up. */
	nsrig_assert_ok(nsrig_ns_pool(1));
	nsrig_assert_ok(nsrig_add_host(rig, "b"));
	assert_sysctl_of(rig, "b", "net/ipv6/conf/default/accept_dad", "0");
}

static void switches_come_from_the_pool(void **state)
{
	struct nsrig *rig = *state;

	nsrig_assert_ok(nsrig_host_pool(3));
	nsrig_assert_ok(nsrig_add(rig, "star 2"));
	assert_sysctl_of(rig, "switch", "net/ipv6/conf/p1/addr_gen_mode", "1");
	assert_sysctl_of(rig, "h1", "net/ipv6/conf/eth0/addr_gen_mode", "0");
	nsrig_in(nsrig_host(rig, "h1"))
		nsrig_assert_ping("10.0.0.2");
}

/* Otherwise parent and child would both take the same namespace. */
static void a_child_takes_none_of_its_parents(void **state)
{
	struct nsrig_ns *ns;
	ino_t childs = 0;
	int channel[2], status;
	pid_t pid;

	(void)state;
	nsrig_assert_ok(nsrig_ns_pool(1));
	assert_return_code(pipe(channel), errno);
	pid = fork();
	if (pid == 0) {
		ino_t inode = nsrig_ns_temp(&ns) < 0 ? 0 : inode_of(ns);

		/* The child keeps the namespace until the parent has looked. */
		_exit(write(channel[1], &inode, sizeof(inode)) != sizeof(inode));
	}
	assert_int_equal(read(channel[0], &childs, sizeof(childs)), sizeof(childs));
	nsrig_assert_ok(nsrig_ns_temp(&ns));
	assert_true(childs && childs != inode_of(ns));
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	nsrig_ns_free(ns);
	close(channel[0]);
	close(channel[1]);
}

static void what_could_be_made_lies_ready(void **state)
{
	int before = count_descriptors();
	struct rlimit limit, low;
	int last, rc;

	(void)state;
	assert_return_code(getrlimit(RLIMIT_NOFILE, &limit), errno);
	last = dup(STDOUT_FILENO);
	assert_return_code(last, errno);
	close(last);
	/* Room for two namespaces, and for the descriptors needed to create one. */
	low = (struct rlimit){.rlim_cur = last + 4, .rlim_max = limit.rlim_max};
	assert_return_code(setrlimit(RLIMIT_NOFILE, &low), errno);
	rc = nsrig_ns_pool(20);
	setrlimit(RLIMIT_NOFILE, &limit);
	nsrig_assert_error(rc, -EMFILE);
	assert_in_range(count_descriptors(), before + 1, before + 4);
	nsrig_assert_ok(nsrig_ns_pool(20));
	assert_int_equal(count_descriptors(), before + 20);
}

static void *fill_pool(void *rc)
{
	*(int *)rc = nsrig_ns_pool(10 * MANY);
	return NULL;
}

/*
 * The thread that fills the pool holds its lock: a child would wait for a thread that it doesn't
 * have.
 */
static void a_child_does_not_wait_for_its_parents_threads(void **state)
{
	int before = count_descriptors(), status, rc;
	pthread_t thread;
	pid_t pid;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, fill_pool, &rc), 0);
	while (count_descriptors() == before)
		continue;
	pid = fork();
	if (pid == 0) {
		alarm(20);
		_exit(nsrig_ns_pool(0) != 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	nsrig_assert_ok(rc);
}

static const struct CMUnitTest tests[] = {
	nsrig_test(temporary_namespaces_come_from_the_pool),
	nsrig_test(a_pool_is_filled_up_and_emptied, .teardown = close_all),
	nsrig_test(hosts_come_from_the_pool),
	nsrig_test(switches_come_from_the_pool),
	nsrig_test(a_child_takes_none_of_its_parents),
	nsrig_test(a_child_does_not_wait_for_its_parents_threads, .teardown = close_all),
	nsrig_test(what_could_be_made_lies_ready),
};

int main(int argc, char **argv)
{
	return nsrig_main(argc, argv, tests);
}
