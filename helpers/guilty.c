// SPDX-License-Identifier: MIT
/*
 * A program whose tests fail on purpose, each in another way: for the suite of the runner, which
 * runs it and judges what the runner says. Its first argument names the test to run; the rest are
 * for the runner.
 *
 *	left:a0 10.1.0.1/24 ====== right:b0 10.1.0.2/24
 */
#include <errno.h>
#include <fcntl.h>
#include <nsrig.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

/* Longer than what is set aside for names anywhere. */
#define TEN "ten_bytes_"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define GUILTY_LONG_NAME HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH("left:a0 10.1.0.1/24", "right:b0 10.1.0.2/24")},
};
static const struct nsrig_topo misspelt = {
	.links = {NSRIG_VETH("left:a0 10.1.0.1/24", "right b0 10.1.0.2/24")},
};

static ino_t own_namespace(void)
{
	struct stat st;

	return stat("/proc/thread-self/ns/net", &st) < 0 ? 0 : st.st_ino;
}

static ino_t home;

static int remember_home(void **state)
{
	(void)state;
	home = own_namespace();
	return 0;
}

/* The suite looks for these words, as a second failure is told by none of its own. */
static int fail_unless_home(void **state)
{
	(void)state;
	if (own_namespace() != home)
		printf("away from home\n");
	return own_namespace() == home ? 0 : -1;
}

static void passes(void **state)
{
	(void)state;
}

static void prints(void **state)
{
	(void)state;
	printf("ok 1 - not the stream's\n");
	fprintf(stderr, "nor this\n");
}

static void prints_odd_things(void **state)
{
	(void)state;
	printf("word: after\nword : after\n a: b\n- list\n...\n---\n\"quoted\"\n\\\n\n\n'x'\n#\n");
	printf("nul \001 \033[1m \t tab\xff\xfe: x\n: \n:\n{\n[\n~\n|\n>\nno newline at the end");
	nsrig_fail("word: \"quoted\"\nsecond line: ...");
}

static void fails(void **state)
{
	(void)state;
	printf("before it failed\n");
	assert_string_equal("one", "two");
}

static int fail_there(struct nsrig_ns *host, void *arg)
{
	(void)host;
	(void)arg;
	assert_string_equal("here", "there");
	return 0;
}

static void fails_in_do(void **state)
{
	nsrig_do(nsrig_host(*state, "left"), fail_there, NULL);
}

/* Without a fixture of nsrig's: only the runner can bring this one home. */
static void fails_in_do_of_its_own(void **state)
{
	struct nsrig_ns *ns;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&ns));
	nsrig_do(ns, fail_there, NULL);
}

static void fails_in_block(void **state)
{
	nsrig_in(nsrig_host(*state, "left"))
		nsrig_assert_ping("10.1.0.99", .ms = 20);
}

static void enters_what_is_closed(void **state)
{
	struct nsrig_ns *ns;

	(void)state;
	nsrig_assert_ok(nsrig_ns_temp(&ns));
	nsrig_assert_ok(nsrig_ns_close(ns));
	nsrig_in(ns)
		abort();
}

static void names_unknown_host(void **state)
{
	nsrig_host(*state, "middle");
}

static void crashes(void **state)
{
	(void)state;
	raise(SIGSEGV);
}

static void aborts(void **state)
{
	(void)state;
	abort();
}

static void kills_itself(void **state)
{
	(void)state;
	raise(SIGKILL);
}

static void exits_0(void **state)
{
	(void)state;
	exit(0);
}

static void exits_3(void **state)
{
	(void)state;
	_exit(3);
}

static void exit_status_5_at_exit(void)
{
	_exit(5);
}

static void fails_at_exit(void **state)
{
	(void)state;
	atexit(exit_status_5_at_exit);
}

static void hangs(void **state)
{
	(void)state;
	for (;;)
		pause();
}

static void fails_in_child(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0)
		assert_string_equal("three", "four");
	waitpid(pid, &status, 0);
}

/* The grandchild has the same id as the test: each is the second in its pid namespace. */
static void grandchild_comes_back(void **state)
{
	pid_t pid;

	(void)state;
	if (unshare(CLONE_NEWPID) < 0)
		nsrig_skip("needs pid namespaces");
	pid = fork();
	if (pid == 0) {
		pid = fork();
		if (pid == 0)
			return;
		waitpid(pid, NULL, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	assert_string_equal("eleven", "twelve");
}

static void child_fails_with_all_closed(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0) {
		closefrom(0);
		assert_true(false);
	}
	waitpid(pid, NULL, 0);
}

static void skips_in_child(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid == 0)
		nsrig_skip("needs a parent");
	waitpid(pid, NULL, 0);
}

static int fork_in_setup(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid > 0)
		waitpid(pid, NULL, 0);
	return 0;
}

static int plain_skip_in_setup(void **state)
{
	(void)state;
	skip();
	return 0;
}

static void fails_with_a_message(void **state)
{
	(void)state;
	fail_msg("number %d is alive", 5);
}

/* Gives its output to a process outside, by the socket that the environment names, and hangs. */
static void hands_its_output_over(void **state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {.header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
	struct iovec one = {"", 1};
	struct msghdr msg = {.msg_name = &to,
		.msg_namelen = sizeof(to),
		.msg_iov = &one,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control)};
	int output = STDOUT_FILENO, fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	(void)state;
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", getenv("GUILTY_PATH"));
	memcpy(CMSG_DATA(&control.header), &output, sizeof(output));
	assert_int_equal(sendmsg(fd, &msg, 0), 1);
	for (;;)
		pause();
}

/* Waits until whoever holds the other end of the fifo that the environment names has closed it. */
static void waits_for_a_fifo(void **state)
{
	int fd = open(getenv("GUILTY_PATH"), O_RDONLY | O_CLOEXEC);
	char c;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(read(fd, &c, 1), 0);
	close(fd);
}

static void opens_the_fifo(void **state)
{
	int fd = open(getenv("GUILTY_PATH"), O_WRONLY | O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	close(fd);
}

static void child_comes_back(void **state)
{
	pid_t pid = fork();

	(void)state;
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void *fail_in_thread(void *arg)
{
	assert_true(arg == NULL);
	assert_string_equal("five", "six");
	return NULL;
}

static void fails_in_thread(void **state)
{
	pthread_t thread;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, fail_in_thread, NULL), 0);
	pthread_join(thread, NULL);
}

static void skips(void **state)
{
	(void)state;
	nsrig_skip("needs a %s machine", "larger");
}

static void skips_in_do(void **state)
{
	nsrig_in(nsrig_host(*state, "left"))
		nsrig_skip("needs #5 and a \\");
}

static void skips_without_reason(void **state)
{
	(void)state;
	skip();
}

/* So that cmocka's closing words are none that the runner asked for. */
static void skips_in_another_language(void **state)
{
	(void)state;
	cmocka_set_message_output(CM_OUTPUT_TAP);
	skip();
}

static int skip_in_setup(void **state)
{
	(void)state;
	nsrig_skip("needs more in its set-up");
}

static int fail_in_setup(void **state)
{
	(void)state;
	assert_string_equal("seven", "eight");
	return 0;
}

static int crash_in_setup(void **state)
{
	(void)state;
	return raise(SIGSEGV);
}

static int refuse_in_setup(void **state)
{
	(void)state;
	return -1;
}

static int fail_in_teardown(void **state)
{
	(void)state;
	assert_string_equal("nine", "ten");
	return 0;
}

static void leaves_processes(void **state)
{
	(void)state;
	if (fork() == 0) {
		setsid();
		if (fork() == 0)
			signal(SIGTERM, SIG_IGN);
		for (;;)
			pause();
	}
}

static void leaves_a_mock(void **state)
{
	(void)state;
	will_return(leaves_a_mock, 1);
}

static void leaks_memory(void **state)
{
	(void)state;
	assert_non_null(test_malloc(10));
}

static void passes_on_a_cable(void **state)
{
	nsrig_in(nsrig_host(*state, "left"))
		nsrig_assert_ping("10.1.0.2");
}

/* Tests that are decided before they would begin. */
#define never_begins(name)                                                                         \
	static void name(void **state)                                                             \
	{                                                                                          \
		(void)state;                                                                       \
		abort();                                                                           \
	}

never_begins(is_misspelt) never_begins(skips_in_setup) never_begins(fails_in_setup)
	never_begins(refuses_in_setup) never_begins(crashes_in_setup)
		never_begins(skips_plainly_in_setup)

			static void forks_in_setup(void **state)
{
	(void)state;
}

static void fails_in_teardown(void **state)
{
	(void)state;
}

/* Writes what it sees of the machine, for the suite to compare. */
static void looks_around(void **state)
{
	struct nsrig_ns *own;
	struct nsrig_link *links;
	size_t count;

	(void)state;
	nsrig_assert_ok(nsrig_ns_current(&own));
	nsrig_assert_ok(nsrig_link_list(own, &links, &count));
	printf("links %zu, first %s %s\n", count, links[0].name,
		links[0].flags & IFF_UP ? "up" : "down");
	printf("pid %d\n", getpid());
	printf("stdin %zd\n", read(STDIN_FILENO, &count, 1));
	printf("run is %s\n", access("/run/of-the-machine", F_OK) ? "empty" : "the machine's");
	assert_int_equal(close(open("/run/of-a-test", O_CREAT | O_WRONLY | O_CLOEXEC, 0644)), 0);
	free(links);
	nsrig_ns_free(own);
	nsrig_fail("to be seen");
}

/* Copies the tests that a comma-separated list names, in its order. */
static size_t pick(
	const struct CMUnitTest *all, size_t count, char *names, struct CMUnitTest *picked)
{
	char *name = strtok(names, ",");
	size_t i, n = 0;

	for (; name; name = strtok(NULL, ",")) {
		for (i = 0; i < count && strcmp(all[i].name, name); i++)
			;
		if (i == count) {
			fprintf(stderr, "no test \"%s\"\n", name);
			exit(2);
		}
		picked[n++] = all[i];
	}
	return n;
}

static int run_100000(int argc, char **argv)
{
	enum { COUNT = 100000 };
	static struct CMUnitTest tests[COUNT];
	static char names[COUNT][16];
	int i;

	for (i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "test_%d", i);
		tests[i].name = names[i];
		tests[i].test_func = passes;
	}
	return nsrig_run(argc, argv, tests, COUNT);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest all[] = {
		cmocka_unit_test(passes),
		nsrig_test(passes_on_a_cable, &cable),
		cmocka_unit_test(prints),
		cmocka_unit_test(prints_odd_things),
		cmocka_unit_test(fails),
		nsrig_test(
			fails_in_do, &cable, .setup = remember_home, .teardown = fail_unless_home),
		cmocka_unit_test_setup_teardown(
			fails_in_do_of_its_own, remember_home, fail_unless_home),
		nsrig_test(fails_in_block, &cable, .setup = remember_home,
			.teardown = fail_unless_home),
		cmocka_unit_test(enters_what_is_closed),
		nsrig_test(names_unknown_host, &cable),
		nsrig_test(is_misspelt, &misspelt),
		cmocka_unit_test(crashes),
		cmocka_unit_test(aborts),
		cmocka_unit_test(kills_itself),
		cmocka_unit_test(exits_0),
		cmocka_unit_test(exits_3),
		cmocka_unit_test(fails_at_exit),
		cmocka_unit_test(hangs),
		cmocka_unit_test(fails_in_child),
		cmocka_unit_test(child_comes_back),
		cmocka_unit_test(grandchild_comes_back),
		cmocka_unit_test(child_fails_with_all_closed),
		cmocka_unit_test(skips_in_child),
		nsrig_test(forks_in_setup, .setup = fork_in_setup),
		nsrig_test(skips_plainly_in_setup, .setup = plain_skip_in_setup),
		cmocka_unit_test(fails_with_a_message),
		cmocka_unit_test(hands_its_output_over),
		cmocka_unit_test(waits_for_a_fifo),
		cmocka_unit_test(opens_the_fifo),
		{.name = GUILTY_LONG_NAME, .test_func = fails},
		cmocka_unit_test(fails_in_thread),
		cmocka_unit_test(skips),
		nsrig_test(skips_in_do, &cable),
		cmocka_unit_test(skips_without_reason),
		cmocka_unit_test(skips_in_another_language),
		nsrig_test(skips_in_setup, .setup = skip_in_setup),
		nsrig_test(fails_in_setup, &cable, .setup = fail_in_setup),
		nsrig_test(refuses_in_setup, .setup = refuse_in_setup),
		nsrig_test(crashes_in_setup, .setup = crash_in_setup),
		nsrig_test(fails_in_teardown, &cable, .teardown = fail_in_teardown),
		cmocka_unit_test(leaves_processes),
		cmocka_unit_test(leaves_a_mock),
		cmocka_unit_test(leaks_memory),
		cmocka_unit_test(looks_around),
		{.name = "nothing to run"},
	};
	struct CMUnitTest picked[64];
	size_t count;

	if (argc < 2) {
		fprintf(stderr, "usage: %s TEST[,TEST]... [OPTION]...\n", argv[0]);
		return 2;
	}
	/* A program may have asked cmocka for this, and the runner must not. */
	cmocka_set_test_filter("none of these");
	if (!strcmp(argv[1], "none at all"))
		return nsrig_run(argc - 1, argv + 1, NULL, 0);
	if (!strcmp(argv[1], "100000 of them"))
		return run_100000(argc - 1, argv + 1);
	count = pick(all, sizeof(all) / sizeof(*all), argv[1], picked);
	argv[1] = argv[0];
	return nsrig_run(argc - 1, argv + 1, picked, count);
}
