// SPDX-License-Identifier: MIT
/* Tests during which the kernel's log shows a complaint: see GUILTY_LOG in guilty.c. */
#include "guilty.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CUT "4,100,7000000,-;------------[ cut here ]------------\n"
#define AT "net/core/dev.c:10 nsrig_was_here+0x1/0x2\n"
#define END "4,105,7000004,-;---[ end trace 0000000000000000 ]---\n"

/* A report by WARN(), between other lines of a log. */
static const char warning[] =
	"6,99,6999999,-;e1000: eth0 NIC Link is Up\n" CUT "4,101,7000001,-;it's \"odd\": 5\n"
	"4,102,7000002,-;WARNING: CPU: 0 PID: 1 at " AT "4,103,7000003,-;Call Trace:\n"
	"4,104,7000003,-; nsrig_was_here+0x1/0x2\n"
	" SUBSYSTEM=net\n" END "6,106,7000005,-;e1000: eth0 NIC Link is Down\n";

static const char warning_of_teardown[] = CUT "4,101,7000001,-;WARNING: CPU: 0 PID: 1 at " AT
					      "4,102,7000002,-;Workqueue: netns cleanup_net\n" END;

/* A line that a program may write into the log: its facility differs from the kernel's. */
static const char words_of_a_program[] = "12,100,7000000,-;WARNING: CPU: 0 PID: 1 at " AT;

/* The kernel's complaints about users' actions. */
static const char words_to_users[] =
	"4,100,7000000,-;WARNING: net.ipv4.tcp_tw_recycle is deprecated\n"
	"4,101,7000000,-;nf_conntrack: nf_conntrack: table full, dropping packet\n"
	"6,102,7000000,-;guilty[12]: segfault at 0 ip 0000000000401136 sp 0000000000000000 error "
	"6\n"
	"6,103,7000000,-;traps: guilty[12] general protection fault ip:401136 sp:0 error:0\n"
	"7,104,7000000,-;DEBUG: nothing\n";

static void have_logged(const char *records)
{
	const char *path = getenv("NSRIG_KMSG");
	int fd = guilty_log >= 0 ? dup(guilty_log) : open(path, O_WRONLY | O_APPEND | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, records, strlen(records)), strlen(records));
	close(fd);
}

static void kernel_complains(void **state)
{
	(void)state;
	have_logged(warning);
}

static void kernel_complains_of_a_teardown(void **state)
{
	(void)state;
	have_logged(warning_of_teardown);
}

static void kernel_complains_and_test_fails(void **state)
{
	(void)state;
	have_logged(warning);
	assert_string_equal("one", "two");
}

static void kernel_complains_and_test_skips(void **state)
{
	(void)state;
	have_logged(warning);
	nsrig_skip("needs a calmer kernel");
}

static void kernel_complains_and_test_is_killed(void **state)
{
	(void)state;
	have_logged(warning);
	kill(getpid(), SIGKILL);
}

static void program_complains_in_the_log(void **state)
{
	(void)state;
	have_logged(words_of_a_program);
}

static void kernel_speaks_to_users(void **state)
{
	(void)state;
	have_logged(words_to_users);
}

/* Waits until another process has opened the FIFO, reports, and closes it. */
static void kernel_complains_beside_another(void **state)
{
	int fd = open(getenv("GUILTY_PATH"), O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	have_logged(warning);
	close(fd);
}

static void taints_the_kernel(void **state)
{
	int fd = open(getenv("GUILTY_PATH"), O_WRONLY | O_TRUNC | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	/* A proprietary module (1) is no complaint; a warning (512) is. */
	assert_int_equal(write(fd, "513\n", 4), 4);
	close(fd);
}

static void loads_a_module(void **state)
{
	int fd = open(getenv("GUILTY_PATH"), O_WRONLY | O_TRUNC | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "4097\n", 5), 5);
	close(fd);
}

static void assert_not_open(const char *folder, const char *path)
{
	char link[PATH_MAX];
	struct dirent *entry;
	DIR *dir = opendir(folder);

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		ssize_t n = readlinkat(dirfd(dir), entry->d_name, link, sizeof(link) - 1);

		link[n < 0 ? 0 : n] = '\0';
		assert_string_not_equal(link, path);
		assert_string_not_equal(link, "/proc/sys/kernel/tainted");
	}
	closedir(dir);
}

/* Neither the test nor its init may have the log descriptors of the runner. */
static void looks_for_the_log(void **state)
{
	(void)state;
	assert_not_open("/proc/self/fd", getenv("NSRIG_KMSG"));
	assert_not_open("/proc/1/fd", getenv("NSRIG_KMSG"));
}

/* Descriptors with the numbers of the runner's log descriptors. */
static void leaks_two_descriptors(void **state)
{
	(void)state;
	assert_true(open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0);
	assert_true(open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(kernel_complains),
	cmocka_unit_test(kernel_complains_of_a_teardown),
	cmocka_unit_test(kernel_complains_and_test_fails),
	cmocka_unit_test(kernel_complains_and_test_skips),
	cmocka_unit_test(kernel_complains_and_test_is_killed),
	cmocka_unit_test(kernel_complains_beside_another),
	cmocka_unit_test(program_complains_in_the_log),
	cmocka_unit_test(kernel_speaks_to_users),
	cmocka_unit_test(taints_the_kernel),
	cmocka_unit_test(loads_a_module),
	cmocka_unit_test(looks_for_the_log),
	cmocka_unit_test(leaks_two_descriptors),
};

const struct guilty_tests guilty_kernel = GUILTY_TESTS(tests);
