// SPDX-License-Identifier: MIT
/*
 * The kernel's log while tests run: which lines are complaints, and which tests they are reported
 * for.
 *
 *	this test ---- writes ----> a log <---- reads ---- the runner's own reader, or guilty
 */
#include "fixture/runner/kmsg.h"
#include "fixture/runner/transcript.h"
#include "suites/lib/array.h"
#include "suites/lib/program.h"

#include <errno.h>
#include <fcntl.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define CUT "4,1,1000000,-;------------[ cut here ]------------\n"
#define WARNING "WARNING: CPU: 1 PID: 12 at net/core/dev.c:10 f+0x1/0x2 [veth]"
#define END "4,9,1000009,-;---[ end trace 0000000000000000 ]---\n"

/* Creates a log file, with a reader at its end. */
static int begin_log(const char *before)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	char path[64];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, before, strlen(before)), strlen(before));
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	assert_int_equal(nsrig_kmsg_begin(path), 0);
	return fd;
}

static void add(int fd, const char *records)
{
	assert_int_equal(write(fd, records, strlen(records)), strlen(records));
}

/* The complaint in these records; NULL if there is none. */
static const char *judge(const char *records, struct nsrig_oops *complaint)
{
	int fd = begin_log("");
	bool complains;

	add(fd, records);
	complains = nsrig_kmsg_look(complaint);
	nsrig_kmsg_end();
	close(fd);
	return complains ? complaint->what : NULL;
}

static void assert_complaint(const char *records, const char *what)
{
	struct nsrig_oops complaint;
	const char *found = judge(records, &complaint);

	if (!found || strcmp(found, what))
		nsrig_fail(
			"expected \"%s\", but found \"%s\" in: %s", what, found ?: "none", records);
	nsrig_oops_free(&complaint);
}

static void assert_none(const char *records)
{
	struct nsrig_oops complaint;
	const char *found = judge(records, &complaint);

	if (found)
		nsrig_fail("\"%s\" is no complaint", found);
	nsrig_oops_free(&complaint);
}

static void assert_quoted(const struct nsrig_oops *complaint, const char *const *lines)
{
	size_t i;

	for (i = 0; lines[i]; i++) {
		assert_true(i < complaint->lines.count);
		assert_string_equal(complaint->lines.words[i], lines[i]);
	}
	assert_int_equal(complaint->lines.count, i);
}

/* Complaints as various kernels print them. */
static void complaints_are_known(void **state)
{
	static const char *const lines[] = {
		WARNING,
		"WARNING: CPU: 0 PID: 1 at init+0x1/0x2",
		"WARNING: net/core/dev.c:10 at f+0x1/0x2, CPU#3: kworker/u8:1/77",
		"WARNING: at f+0x1/0x2, CPU#3: ip/77",
		"BUG: kernel NULL pointer dereference, address: 0000000000000008",
		"BUG: KASAN: slab-use-after-free in ip6_send_skb+0x2f5/0x330",
		"BUG: KCSAN: data-race in a / b",
		"BUG: KFENCE: use-after-free read in a+0x1/0x2",
		"BUG: sleeping function called from invalid context at mm/slab.h:10",
		"BUG: scheduling while atomic: ip/12/0x00000002",
		"watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [ip:12]",
		"[ BUG: Invalid wait context ]",
		"BUG skbuff_head_cache (Not tainted): Objects remaining on __kmem_cache_shutdown()",
		"BUG kmalloc-64 (Tainted: G        W         ): Poison overwritten",
		"kernel BUG at net/core/skbuff.c:100!",
		"Oops: general protection fault, probably for non-canonical address 0xdead: 0000 "
		"[#1] PREEMPT SMP",
		"general protection fault, probably for non-canonical address 0xdead: 0000 [#1] "
		"SMP",
		"divide error: 0000 [#2] PREEMPT SMP NOPTI",
		"Internal error: Oops: 0000000096000004 [#1] SMP",
		"Unable to handle kernel paging request at virtual address ffff000000000000",
		"Oops [#1]",
		"UBSAN: array-index-out-of-bounds in net/x.c:10:5",
		"WARNING: possible circular locking dependency detected",
		"WARNING: possible recursive locking detected",
		"WARNING: possible irq lock inversion dependency detected",
		"WARNING: SOFTIRQ-safe -> SOFTIRQ-unsafe lock order detected",
		"WARNING: inconsistent lock state",
		"WARNING: bad unlock balance detected!",
		"WARNING: Nested lock was not taken",
		"WARNING: held lock freed!",
		"WARNING: ip/12 still has locks held!",
		"WARNING: lock held when returning to user space!",
		"INFO: trying to register non-static key.",
		"WARNING: suspicious RCU usage",
		"rcu: INFO: rcu_preempt detected stalls on CPUs/tasks:",
		"rcu: INFO: rcu_sched self-detected stall on CPU",
		"INFO: task ip:12 blocked for more than 120 seconds.",
		"INFO: task ip:12 blocked in I/O wait for more than 120 seconds.",
		"watchdog: CPU3: Watchdog detected hard LOCKUP on cpu 3",
		"unregister_netdevice: waiting for lo to become free. Usage count = 2",
		"ref_tracker: netdev@000000001 has 1/1 users at",
		"ref_tracker: leaked reference.",
		"kmemleak: 2 new suspected memory leaks (see /sys/kernel/debug/kmemleak)",
	};
	char record[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		snprintf(record, sizeof(record), "4,1,1000000,-,caller=T1;%s\n", lines[i]);
		assert_complaint(record, lines[i]);
	}
}

static void ordinary_warnings_are_none(void **state)
{
	static const char *const lines[] = {
		"WARNING: the mand mount option is being deprecated",
		"WARNING: workqueue cpumask: online intersect > possible intersect",
		"warning: `ip' uses wireless extensions",
		"ip[12]: segfault at 0 ip 0000000000401136 sp 00007ffe error 6 in ip[401000+1000]",
		"traps: ip[12] general protection fault ip:401136 sp:7ffe error:0 in "
		"ip[401000+1000]",
		"traps: ip[12] trap divide error ip:401136 sp:7ffe error:0 in ip[401000+1000]",
		"BUGS: none",
		"e1000: DEBUG: nothing",
		"this kernel BUG at home",
		"nf_conntrack: nf_conntrack: table full, dropping packet",
		"TCP: request_sock_TCP: Possible SYN flooding on port 80. Sending cookies.",
		"INFO: NMI handler took too long to run: 1.2 msecs",
		"INFO: task queue was flushed",
		"rcu: \tRCU event tracing is enabled.",
		"workqueue: f hogged CPU for >10000us 4 times, consider switching to WQ_UNBOUND",
		"ref_tracker: memory allocation failure, unreliable refcount tracker.",
		"kmemleak: Automatic memory scanning thread started",
		"ip: page allocation failure: order:4, mode:0x40cc0(GFP_KERNEL|__GFP_COMP)",
		"netlink: 'ip': attribute type 15 has an invalid length.",
		"Call Trace:",
		"---[ end trace 0000000000000000 ]---",
	};
	char record[512];
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(lines); i++) {
		snprintf(record, sizeof(record), "4,1,1000000,-;%s\n", lines[i]);
		assert_none(record);
	}
}

static void report_is_quoted_whole(void **state)
{
	static const char *const lines[] = {"------------[ cut here ]------------",
		"refcount_t: underflow; use-after-free.", WARNING, "Call Trace:", " <TASK>",
		" f+0x1/0x2", "---[ end trace 0000000000000000 ]---", NULL};
	struct nsrig_oops complaint;

	(void)state;
	/* The most specific line is the headline; lines around the report don't belong to it. */
	assert_string_equal(judge("6,0,1000000,-;veth0: entered promiscuous mode\n" CUT
				  "4,2,1000002,-;refcount_t: underflow; use-after-free.\n"
				  "4,3,1000003,-;" WARNING "\n"
				  "4,4,1000004,-;Call Trace:\n SUBSYSTEM=net\n DEVICE=n2\n"
				  "4,5,1000005,-; <TASK>\n"
				  "4,6,1000006,-; f+0x1/0x2\n" END
				  "6,10,1000010,-;veth0: left promiscuous mode\n",
				    &complaint),
		WARNING);
	assert_quoted(&complaint, lines);
	nsrig_oops_free(&complaint);
}

/* The text of BUG() on other architectures isn't known; its "cut here" line is. */
static void unknown_reports_are_cut_out(void **state)
{
	(void)state;
	assert_complaint(
		CUT "4,2,1000002,-;something new\n4,3,1000003,-;and more\n" END, "something new");
	assert_complaint(CUT, "------------[ cut here ]------------");
}

static void second_report_is_quoted_too(void **state)
{
	static const char *const lines[] = {"BUG: one", "BUG: two", "its stack", NULL};
	struct nsrig_oops complaint;

	(void)state;
	/* A line more than half a second after the last one doesn't belong to the report. */
	assert_string_equal(judge("4,1,1000000,-;BUG: one\n4,2,1500001,-;something else\n"
				  "4,3,2000000,-;BUG: two\n4,3,2499999,-;its stack\n",
				    &complaint),
		"BUG: one");
	assert_quoted(&complaint, lines);
	nsrig_oops_free(&complaint);
}

static void long_reports_are_cut_short(void **state)
{
	struct nsrig_oops complaint;
	char records[8192] = "4,1,1000000,-;BUG: long\n";
	size_t i, used = strlen(records);

	(void)state;
	for (i = 0; i < 99; i++)
		used += snprintf(records + used, sizeof(records) - used,
			"4,%zu,1000001,-;line %zu\n", i + 2, i);
	assert_string_equal(judge(records, &complaint), "BUG: long");
	assert_int_equal(complaint.lines.count, NSRIG_OOPS_LINES);
	assert_int_equal(complaint.left_out, 100 - NSRIG_OOPS_LINES);
	nsrig_oops_free(&complaint);
}

/* The limit also holds for several complaints during one test. */
static void lines_of_a_test_have_a_limit(void **state)
{
	struct nsrig_transcript seen = {.saved = -1};
	struct nsrig_oops complaint = {.open = false};
	int i;

	(void)state;
	for (i = 0; i < NSRIG_OOPS_LINES * 2 / 3; i++)
		nsrig_oops_add(&complaint, "BUG: nothing is left");
	nsrig_transcript_oops(&seen, &complaint, 0);
	assert_int_equal(seen.kernel.count, NSRIG_OOPS_LINES * 2 / 3);
	nsrig_transcript_oops(&seen, &complaint, 0);
	nsrig_transcript_oops(&seen, &complaint, 0);
	assert_int_equal(seen.kernel.count, NSRIG_OOPS_LINES + 1);
	assert_string_equal(seen.kernel.words[NSRIG_OOPS_LINES], " (20 more lines)");
	nsrig_oops_free(&complaint);
	nsrig_transcript_free(&seen);
}

/*
 * Facility 1 is a user's, 3 a daemon's. The kernel doesn't let programs write with its own
 * facility, 0.
 */
static void programs_do_not_complain(void **state)
{
	(void)state;
	assert_none("12,1,1000000,-;" WARNING "\n");
	assert_none("28,1,1000000,-;BUG: of a daemon\n");
	assert_complaint("12,1,1000000,-;BUG: of a program\n4,1,1000000,-;BUG: of the kernel\n",
		"BUG: of the kernel");
}

static void records_are_unescaped(void **state)
{
	static const char *const lines[] = {
		"BUG: \"a\\b\"\t\xc3\xa9", "\\x00 \\xzz \\", "its second line", NULL};
	struct nsrig_oops complaint;

	(void)state;
	assert_string_equal(judge("4,1,1000000,-;BUG: \"a\\x5cb\"\\x09\\xc3\\xa9\\x0a"
				  "\\x00 \\xzz \\\\x0aits second line\n",
				    &complaint),
		lines[0]);
	assert_quoted(&complaint, lines);
	nsrig_oops_free(&complaint);
}

static void what_is_no_record_is_passed_over(void **state)
{
	static const char *const odd[] = {"\n", ";\n", "4;BUG: a\n", "4,1;BUG: a\n",
		"x,1,2,-;BUG: a\n", ",1,2,-;BUG: a\n", " 4,1,2,-;BUG: a\n", "-4,1,2,-;BUG: a\n",
		"BUG: a\n", "[    1.0] BUG: a\n", "4,1,2,-\n"};
	size_t size = 40000, i;
	char *line = malloc(size);

	(void)state;
	for (i = 0; i < COUNT(odd); i++)
		assert_none(odd[i]);
	/* Longer than any record. */
	assert_non_null(line);
	memset(line, 'x', size);
	strcpy(line + size - 100, "\n4,1,1000000,-;BUG: behind it\n");
	assert_complaint(line, "BUG: behind it");
	free(line);
}

static void only_what_is_new_counts(void **state)
{
	int fd = begin_log("4,1,1000000,-;BUG: before\n");
	struct nsrig_oops complaint;

	(void)state;
	assert_false(nsrig_kmsg_look(&complaint));
	nsrig_oops_free(&complaint);
	add(fd, "4,2,1000000,-;BUG: then\n");
	assert_true(nsrig_kmsg_look(&complaint));
	assert_string_equal(complaint.what, "BUG: then");
	nsrig_oops_free(&complaint);
	assert_false(nsrig_kmsg_look(&complaint));
	nsrig_oops_free(&complaint);
	/* A complaint right after another one is separate. */
	add(fd, "4,3,1000001,-;BUG: at last\n");
	assert_true(nsrig_kmsg_look(&complaint));
	assert_string_equal(complaint.what, "BUG: at last");
	nsrig_oops_free(&complaint);
	nsrig_kmsg_end();
	close(fd);
}

/* A FIFO with a reader at its end; returns the other end. */
static int begin_fifo(char folder[])
{
	char path[64];
	int fd;

	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof(path), "%s/fifo", folder);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(nsrig_kmsg_begin(path), 0);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	unlink(path);
	rmdir(folder);
	return fd;
}

static void records_may_come_in_pieces(void **state)
{
	char folder[] = "/tmp/nsrig-kmsg-XXXXXX";
	struct nsrig_oops complaint;
	int fd = begin_fifo(folder);

	(void)state;
	add(fd, "4,1,1000000,-;BUG: in ");
	assert_false(nsrig_kmsg_look(&complaint));
	nsrig_oops_free(&complaint);
	add(fd, "pieces\n4,2,");
	assert_true(nsrig_kmsg_look(&complaint));
	assert_string_equal(complaint.what, "BUG: in pieces");
	nsrig_oops_free(&complaint);
	nsrig_kmsg_end();
	close(fd);
}

/* The CPU that reports may be slow: here the report continues after its beginning was read. */
static void rest_of_a_report_is_awaited(void **state)
{
	static const char *const lines[] = {"------------[ cut here ]------------", WARNING,
		"---[ end trace 0000000000000000 ]---", NULL};
	char folder[] = "/tmp/nsrig-kmsg-XXXXXX";
	struct nsrig_oops complaint;
	int fd = begin_fifo(folder), size = fcntl(fd, F_SETPIPE_SZ, 4096);
	char *full = malloc(size);
	pid_t pid;

	(void)state;
	/* More time than this test has. */
	setenv("NSRIG_TIMEOUT_SCALE", "100", 1);
	/* Nothing fits into the FIFO until it is read. */
	assert_non_null(full);
	memset(full, '\n', size);
	memcpy(full + size - strlen(CUT), CUT, strlen(CUT));
	assert_int_equal(write(fd, full, size), size);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		add(fd, "4,2,1000002,-;" WARNING "\n" END);
		_exit(0);
	}
	assert_true(nsrig_kmsg_look(&complaint));
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	assert_string_equal(complaint.what, WARNING);
	assert_quoted(&complaint, lines);
	nsrig_oops_free(&complaint);
	nsrig_kmsg_end();
	free(full);
	close(fd);
}

/* A console, for example, would lose what was typed there. */
static void what_is_no_log_is_not_read(void **state)
{
	char path[] = "/tmp/nsrig-kmsg-XXXXXX";
	struct nsrig_oops complaint;
	int fd = mkostemp(path, O_CLOEXEC);

	(void)state;
	if (mount(path, "/dev/kmsg", NULL, MS_BIND, NULL) < 0)
		nsrig_skip("needs a /dev/kmsg to lie in the place of (%s)", strerror(errno));
	assert_int_equal(nsrig_kmsg_begin(NULL), 0);
	add(fd, "4,1,1000000,-;BUG: not of the kernel\n");
	assert_false(nsrig_kmsg_look(&complaint));
	nsrig_oops_free(&complaint);
	nsrig_kmsg_end();
	assert_int_equal(umount("/dev/kmsg"), 0);
	close(fd);
	unlink(path);
}

static void files_that_are_none_are_refused(void **state)
{
	(void)state;
	assert_int_equal(nsrig_kmsg_begin("/nonesuch"), -ENOENT);
	assert_string_equal(nsrig_error(), "\"/nonesuch\": No such file or directory");
	assert_int_equal(nsrig_kmsg_begin("/tmp"), -EISDIR);
	assert_string_equal(nsrig_error(), "\"/tmp\": Is a directory");
}

/* A file that replaces the kernel's taint. Fills in its path; the caller unlinks it. */
static int make_taint(char path[])
{
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	add(fd, "4097\n");
	assert_return_code(mount(path, "/proc/sys/kernel/tainted", NULL, MS_BIND, NULL), errno);
	return fd;
}

static void remove_taint(int fd, const char *path)
{
	assert_int_equal(umount("/proc/sys/kernel/tainted"), 0);
	close(fd);
	unlink(path);
}

static void set_taint(int fd, const char *marks)
{
	assert_int_equal(ftruncate(fd, 0), 0);
	assert_int_equal(pwrite(fd, marks, strlen(marks), 0), strlen(marks));
}

/*
 * Adds records, sets the taint, and asserts the complaint that the reader finds. NULL: it must find
 * none.
 */
static void assert_found(
	int log, const char *records, int taint, const char *marks, const char *const *lines)
{
	struct nsrig_oops complaint;

	add(log, records);
	set_taint(taint, marks);
	assert_int_equal(nsrig_kmsg_look(&complaint), lines != NULL);
	if (lines) {
		assert_string_equal(complaint.what, lines[0]);
		assert_quoted(&complaint, lines);
	}
	nsrig_oops_free(&complaint);
}

#define W "tainted: W (a warning)"

static void new_taint_is_a_complaint(void **state)
{
	static const char *const warned[] = {W, NULL};
	static const char *const reported[] = {"BUG: one", NULL};
	static const char *const both[] = {"BUG: two", "tainted: B (a bad page of memory)", NULL};
	static const char *const several[] = {
		"tainted: M (a machine check: a processor reported an error), L (a soft lockup)",
		NULL};
	char path[] = "/tmp/nsrig-kmsg-XXXXXX";
	int taint = make_taint(path), log = begin_log("");

	(void)state;
	assert_found(log, "", taint, "4097\n", NULL);
	assert_found(log, "", taint, "4609\n", warned);
	/* The taint is reported once. */
	assert_found(log, "", taint, "4609\n", NULL);
	/*
	 * Proprietary and staging modules, live patches, kernel tests, and users are no complaint.
	 */
	assert_found(log, "", taint, "832079\n", NULL);
	/*
	 * The kernel first reports and then sets the taint, which may become visible a moment
	 * later.
	 */
	assert_found(log, "4,1,1000000,-;BUG: one\n", taint, "832079\n", reported);
	assert_found(log, "", taint, "832207\n", NULL);
	assert_found(log, "", taint, "848607\n", several);
	assert_found(log, "4,1,1000000,-;BUG: two\n", taint, "848639\n", both);
	nsrig_kmsg_end();
	close(log);
	remove_taint(taint, path);
}

/* Everyone may read the taint, also processes that may not read the log. */
static void taint_alone_is_a_complaint(void **state)
{
	static const char *const warned[] = {W, "(its log can't be read here)", NULL};
	char path[] = "/tmp/nsrig-kmsg-XXXXXX";
	int taint = make_taint(path), null = open("/dev/null", O_WRONLY | O_CLOEXEC);

	(void)state;
	if (access("/dev/kmsg", F_OK) == 0)
		assert_int_equal(mount("/dev/null", "/dev/kmsg", NULL, MS_BIND, NULL), 0);
	assert_int_equal(nsrig_kmsg_begin(NULL), 0);
	assert_found(null, "", taint, "4609\n", warned);
	nsrig_kmsg_end();
	if (access("/dev/kmsg", F_OK) == 0)
		assert_int_equal(umount("/dev/kmsg"), 0);
	close(null);
	remove_taint(taint, path);
}

/* Asserts only these words; runner.c covers the rest of the stream. */

static void assert_said(const char *text, const char *words)
{
	if (!strstr(text, words))
		nsrig_fail("\"%s\" is not in: %s", words, text);
}

/* Creates a log for guilty, and opens it. */
static int name_log(char path[])
{
	int fd = mkostemp(path, O_CLOEXEC);

	assert_true(fd >= 0);
	setenv("NSRIG_KMSG", path, 1);
	return fd;
}

static void drop_log(int fd, const char *path)
{
	close(fd);
	unlink(path);
}

#define AT "WARNING: CPU: 0 PID: 1 at net/core/dev.c:10 nsrig_was_here+0x1/0x2"

static void complaint_is_quoted_below_its_test(void **state)
{
	char path[] = "/tmp/nsrig-kmsg-XXXXXX";
	int fd = name_log(path);
	struct program guilty;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "passes,kernel_complains,prints", NULL});
	program_forget_times(&guilty);
	assert_string_equal(guilty.out_text,
		"TAP version 13\n1..3\nok 1 - passes\nnot ok 2 - kernel_complains\n  ---\n"
		"  outcome: failed\n"
		"  message: \"the kernel complained while it ran: \\\"" AT "\\\"\"\n"
		"  kernel:\n"
		"    - \" ------------[ cut here ]------------\"\n"
		"    - \" it's \\\"odd\\\": 5\"\n"
		"    - \" " AT "\"\n"
		"    - \" Call Trace:\"\n"
		"    - \"  nsrig_was_here+0x1/0x2\"\n"
		"    - \" ---[ end trace 0000000000000000 ]---\"\n"
		"  ...\nok 3 - prints\n");
	assert_said(guilty.err_text,
		"# failed: 2 - kernel_complains: the kernel complained while it ran: \"" AT "\"\n");
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
	drop_log(fd, path);
}

/* Any other failure comes first, and the complaint follows. */
static void complaint_is_quoted_below_any_failure(void **state)
{
	static const char *const rows[][2] = {
		{"kernel_complains_and_test_fails", "  message: \"\\\"one\\\" != \\\"two\\\"\"\n"},
		{"kernel_complains_and_test_is_killed",
			"  message: \"crashed in the test: SIGKILL (Killed)\"\n"},
	};
	char path[] = "/tmp/nsrig-kmsg-XXXXXX";
	int fd = name_log(path);
	struct program guilty;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		program_run(&guilty, (char *[]){GUILTY, (char *)rows[i][0], NULL});
		assert_said(guilty.out_text, rows[i][1]);
		assert_said(guilty.out_text, "\n    - \" " AT "\"\n");
		program_free(&guilty);
	}
	drop_log(fd, path);
}

static void prove_takes_the_quote(void **state)
{
	char path[] = "/tmp/nsrig-kmsg-XXXXXX", program[PATH_MAX];
	int fd = name_log(path);
	struct program prove;

	(void)state;
	program_path(GUILTY, program);
	program_run(&prove,
		(char *[]){"prove", "--exec", "", program, "::", "kernel_complains,passes", NULL});
	assert_said(prove.out_text, "Failed test:  1\n");
	assert_null(strstr(prove.out_text, "Parse errors"));
	program_free(&prove);
	drop_log(fd, path);
}

static void no_fork_says_the_same(void **state)
{
	char path[] = "/tmp/nsrig-kmsg-XXXXXX", tests[] = "kernel_complains,passes";
	int fd = name_log(path);
	struct program apart, here;

	(void)state;
	program_run(&apart, (char *[]){GUILTY, tests, NULL});
	program_run(&here, (char *[]){GUILTY, tests, "--no-fork", NULL});
	program_forget_times(&apart);
	program_forget_times(&here);
	assert_said(here.out_text, "the kernel complained");
	assert_string_equal(here.out_text, apart.out_text);
	program_free(&apart);
	program_free(&here);
	drop_log(fd, path);
}

/* The culprit isn't known: every test that ran at that time is blamed, and no other. */
static void complaint_is_told_to_all_that_ran(void **state)
{
	char path[] = "/tmp/nsrig-kmsg-XXXXXX", folder[] = "/tmp/nsrig-kmsg-XXXXXX", fifo[64];
	int fd = name_log(path);
	struct program guilty;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(fifo, sizeof(fifo), "%s/fifo", folder);
	assert_int_equal(mkfifo(fifo, 0600), 0);
	setenv("GUILTY_PATH", fifo, 1);
	program_run(&guilty,
		(char *[]){GUILTY, "waits_for_a_fifo,kernel_complains_beside_another,passes",
			"--jobs=2", NULL});
	unlink(fifo);
	rmdir(folder);
	assert_said(guilty.out_text,
		"not ok 1 - waits_for_a_fifo\n  ---\n  outcome: failed\n"
		"  message: \"the kernel complained while it and 1 other ran: \\\"" AT "\\\"\"\n");
	assert_said(guilty.out_text,
		"not ok 2 - kernel_complains_beside_another\n  ---\n  outcome: failed\n"
		"  message: \"the kernel complained while it and 1 other ran: \\\"" AT "\\\"\"\n");
	assert_said(guilty.out_text, "\nok 3 - passes\n");
	program_free(&guilty);
	drop_log(fd, path);
}

/*
 * Runs several tests. The first prints more than a pipe holds, so the runner blocks after it has
 * judged the test, until this test reads. The kernel complains meanwhile.
 */
static void complain_behind_floods(struct program *guilty, char *tests)
{
	char path[] = "/tmp/nsrig-kmsg-XXXXXX", line[64] = "";
	int fd = name_log(path);
	size_t i = 0;

	program_start(guilty, (char *[]){GUILTY, tests, "--verbose", NULL});
	fcntl(guilty->out, F_SETPIPE_SZ, 4096);
	while (strcmp(line, "ok 1 - floods")) {
		assert_true(i < sizeof(line) - 1);
		assert_int_equal(read(guilty->out, &line[i], 1), 1);
		i = line[i] == '\n' ? 0 : i + 1;
		line[i] = '\0';
	}
	add(fd, CUT "4,2,1000002,-;" WARNING "\n" END);
	program_end(guilty, 60000);
	drop_log(fd, path);
}

static void between_tests_it_is_the_next_ones(void **state)
{
	struct program guilty;

	(void)state;
	complain_behind_floods(&guilty, "floods,passes,prints");
	assert_said(guilty.out_text,
		"\nnot ok 2 - passes\n  ---\n  outcome: failed\n"
		"  message: \"the kernel complained while it ran: \\\"" WARNING "\\\"\"\n");
	assert_said(guilty.out_text, "\nok 3 - prints\n");
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}

static void behind_the_last_test_it_is_nobodys(void **state)
{
	struct program guilty;

	(void)state;
	complain_behind_floods(&guilty, "floods");
	assert_said(guilty.out_text, "\n# the kernel complained after the last test: " WARNING "\n"
				     "#   ------------[ cut here ]------------\n#   " WARNING "\n"
				     "#   ---[ end trace 0000000000000000 ]---\n");
	assert_string_equal(
		guilty.err_text, "# the kernel complained after the last test: " WARNING "\n");
	/* The run must fail as well. */
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}

/* Otherwise tests could take records away from the runner. */
static void tests_do_not_hold_the_log(void **state)
{
	char path[] = "/tmp/nsrig-kmsg-XXXXXX";
	int fd = name_log(path);
	struct program guilty;

	(void)state;
	program_run(&guilty, (char *[]){GUILTY, "looks_for_the_log", NULL});
	assert_string_equal(guilty.out_text, "TAP version 13\n1..1\nok 1 - looks_for_the_log\n");
	program_free(&guilty);
	/* A test's own descriptors with the same numbers are reported as leaks. */
	program_run(&guilty, (char *[]){GUILTY, "leaks_two_descriptors", NULL});
	assert_said(guilty.out_text, ": /dev/null (and 1 more)\"\n");
	program_free(&guilty);
	drop_log(fd, path);
}

static void taint_fails_its_test(void **state)
{
	char path[] = "/tmp/nsrig-kmsg-XXXXXX";
	int taint = make_taint(path);
	struct program guilty;

	(void)state;
	set_taint(taint, "0\n");
	setenv("GUILTY_PATH", path, 1);
	setenv("GUILTY_LOG", "own", 1);
	program_run(&guilty, (char *[]){GUILTY, "loads_a_module,taints_the_kernel,passes", NULL});
	assert_said(guilty.out_text, "\nok 1 - loads_a_module\nnot ok 2 - taints_the_kernel\n");
	assert_said(guilty.out_text,
		"\n  message: \"the kernel complained while it ran: \\\"" W "\\\"\"\n");
	assert_said(guilty.out_text, "\nok 3 - passes\n");
	program_free(&guilty);
	/* With --no-kmsg the runner ignores the taint. */
	set_taint(taint, "0\n");
	program_run(&guilty, (char *[]){GUILTY, "taints_the_kernel", "--no-kmsg", NULL});
	assert_string_equal(guilty.out_text, "TAP version 13\n1..1\nok 1 - taints_the_kernel\n");
	program_free(&guilty);
	unsetenv("GUILTY_LOG");
	remove_taint(taint, path);
}

#define judged(test) nsrig_test(test, .setup = program_clear_environment)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		judged(complaints_are_known),
		judged(ordinary_warnings_are_none),
		judged(report_is_quoted_whole),
		judged(unknown_reports_are_cut_out),
		judged(second_report_is_quoted_too),
		judged(long_reports_are_cut_short),
		judged(lines_of_a_test_have_a_limit),
		judged(programs_do_not_complain),
		judged(records_are_unescaped),
		judged(what_is_no_record_is_passed_over),
		judged(only_what_is_new_counts),
		judged(records_may_come_in_pieces),
		judged(rest_of_a_report_is_awaited),
		judged(what_is_no_log_is_not_read),
		judged(files_that_are_none_are_refused),
		judged(new_taint_is_a_complaint),
		judged(taint_alone_is_a_complaint),
		judged(complaint_is_quoted_below_its_test),
		judged(complaint_is_quoted_below_any_failure),
		judged(prove_takes_the_quote),
		judged(no_fork_says_the_same),
		judged(complaint_is_told_to_all_that_ran),
		judged(between_tests_it_is_the_next_ones),
		judged(behind_the_last_test_it_is_nobodys),
		judged(tests_do_not_hold_the_log),
		judged(taint_fails_its_test),
	};

	return nsrig_main(argc, argv, tests);
}
