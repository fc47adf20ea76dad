// SPDX-License-Identifier: MIT
/* The rows of the truth table: see truth.c. */
#include "truth.h"

#include "suites/lib/array.h"

#include <signal.h>

#define PASSED .outcome = "passed", .message = "", .prove = "All tests successful."
#define SKIPPED(reason) .outcome = "skipped", .message = (reason), .prove = "All tests successful."
#define NOT_OK(what, words)                                                                        \
	.outcome = (what), .message = (words), .prove = "Failed 1/2 subtests", .exit_status = 1
#define FAILED(words) NOT_OK("failed", words)
#define BROKEN(words) NOT_OK("broken", words)
#define CRASHED(words) NOT_OK("crashed", words)
#define LEAKED(what) NOT_OK("leaked", "left behind: " what)
#define TIMED_OUT                                                                                  \
	.options = "--timeout=1", NOT_OK("timed out", "timed out in the test, after 1.000 s")

/* clang-format off */
const struct truth truth_rows[] = {
	{"does nothing", "passes", .alone = true, PASSED},
	{"reaches a host", "passes_on_a_cable", PASSED},

	/* Assertions. */
	{"fails an assertion", "fails", FAILED("\"one\" != \"two\"")},
	{"calls fail_msg()", "fails_with_a_message", FAILED("number 5 is alive")},
	{"fails an assertion in its set-up", "fails_in_setup", BROKEN("\"seven\" != \"eight\"*")},
	{"returns an error from its set-up", "refuses_in_setup", BROKEN("Test setup failed")},
	{"has a network that can't be built", "is_misspelt", BROKEN("*, column 1: \"right\" is not the end of a link *")},
	{"fails an assertion in its teardown", "fails_in_teardown", FAILED("\"nine\" != \"ten\"*")},
	{"fails two assertions, in the test and in its teardown", "fails_twice", FAILED("\"seventeen\" != \"eighteen\"*")},
	{"fails an assertion in do()", "fails_in_do", FAILED("\"here\" != \"there\"")},
	{"fails an assertion 5 deep in do()", "fails_5_deep", FAILED("\"five\" != \"six\"")},
	{"fails an assertion in do(), without a fixture", "fails_in_do_of_its_own", FAILED("\"here\" != \"there\"")},
	{"fails a verb in nsrig_in()", "fails_in_block", FAILED("ping 10.1.0.99: no answer within 20 ms")},
	{"enters a namespace that is closed", "enters_what_is_closed", FAILED("nsrig_in: the namespace \"/proc/self/fd/*\" has been closed")},
	{"names a host that is not there", "names_unknown_host", FAILED("nsrig_host: no host \"middle\" in this rig (there are: left, right)")},
	{"fails an assertion in a forked child", "fails_in_child", FAILED("failed in a child process: \"three\" != \"four\"")},
	{"fails an assertion in a grandchild", "fails_in_grandchild", FAILED("failed in a child process: \"thirteen\" != \"fourteen\"")},
	{"lets a child come back from the test function", "child_comes_back", FAILED("failed in a child process: a child process that the test forked came back from the test function")},
	{"lets a grandchild with the test's own process id come back", "grandchild_comes_back", FAILED("*came back from the test function*")},
	{"lets a child come back from its set-up", "forks_in_setup", BROKEN("*a child process that the set-up forked came back from it")},
	{"fails an assertion in a child that has closed everything", "child_fails_with_all_closed", CRASHED("crashed in the test: SIGABRT (Aborted)")},
	{"fails an assertion in a second thread", "fails_in_thread", FAILED("a second thread called exit(), as a failing assertion of cmocka's does there; its words are lost *")},
	{"calls nsrig_fail() in a second thread", "fails_in_thread_with_words", FAILED("number 2 is a thread")},
	{"fails an assertion in an atexit() handler", "asserts_at_exit", FAILED("exited with status * after it was over")},
	{"fails an assertion in a signal handler", "fails_in_signal_handler", FAILED("\"a signal\" != \"silence\"")},
	{"leaves a value that a mock was to return", "leaves_a_mock", FAILED("*remaining item*")},
	{"leaks memory of test_malloc()", "leaks_memory", FAILED("*leaked*")},

	/* Ends, and none. */
	{"crashes", "crashes", CRASHED("crashed in the test: SIGSEGV (Segmentation fault)")},
	{"crashes in its set-up", "crashes_in_setup", BROKEN("crashed in its set-up: SIGSEGV (Segmentation fault)")},
	{"calls abort()", "aborts", CRASHED("crashed in the test: SIGABRT (Aborted)")},
	{"kills itself", "kills_itself", CRASHED("crashed in the test: SIGKILL (Killed)")},
	{"overflows its stack", "overflows_its_stack", CRASHED("crashed in the test: SIGSEGV (Segmentation fault)")},
	{"calls exit(0)", "exits_0", FAILED("exited with status 0 in the test, before it was over")},
	{"calls _exit(0)", "exits_0_at_once", FAILED("exited with status 0 in the test, before it was over")},
	{"calls exit(3)", "exits_3", FAILED("exited with status 3 in the test, before it was over")},
	{"exits with another status in an atexit() handler", "fails_at_exit", FAILED("exited with status 5 after it was over")},
	{"calls _exit(0) in an atexit() handler", "exits_0_at_exit", FAILED("called _exit() after it was over, and could not be audited")},
	{"sleeps for ever", "hangs", TIMED_OUT},
	{"loops for ever", "loops", TIMED_OUT},
	{"stops itself (SIGSTOP)", "stops_itself", TIMED_OUT},
	{"waits for a child that ignores SIGTERM and holds the output open", "waits_for_a_stubborn_child", TIMED_OUT},
	{"runs out of memory", "runs_out_of_memory", FAILED("no memory for a block")},
	{"runs out of descriptors", "runs_out_of_descriptors", FAILED("-errno: *")},
	{"closes all descriptors", "closes_all_descriptors", FAILED("finished, but could not report it: it had closed descriptors that it did not open")},

	/* Words. */
	{"prints what looks like TAP, and no newline at the end", "says_the_plan", PASSED},
	{"prints what looks like TAP, and fails", "says_the_plan_and_fails", FAILED("ok 1\\\\nnot ok 2\\\\nBail out!")},
	{"prints 10 MB on stdout and as much on stderr", "floods", PASSED},
	{"prints as much, and fails", "floods_and_fails", FAILED("\"after\" != \"the flood\"")},
	{"prints quotes, colons, dashes and escapes", "prints_odd_things", FAILED("word: \"quoted\"\\\\nsecond line: ...")},
	{"prints NUL and invalid UTF-8", "says_bytes_and_fails", FAILED("\"one\" != \"two\"")},
	{"fails with a sentence of 10,000 bytes", "fails_at_length", FAILED("beginxxx*xxxend")},
	{"fails with a sentence of 300,000 bytes", "fails_beyond_measure", FAILED("€€€*€€€ ... (* bytes left out) ... €€€*€€€.")},
	{"fails with a sentence that its socket has no room for", "fails_by_a_small_socket", FAILED("beginxxx*xxx ... (* bytes left out) ... xxx*xxxend")},
	{"skips, and gives a reason of 10,000 bytes", "skips_at_length", SKIPPED("beginxxx*xxxend")},
	{"has a name with #, \\\\, a newline and blanks", "a # TODO name\nof \\ two lines  ", "odd_name", FAILED("\"one\" != \"two\"")},

	/* Skips. */
	{"skips", "skips", SKIPPED("needs a larger machine")},
	{"skips in its set-up", "skips_in_setup", SKIPPED("needs more in its set-up")},
	{"skips in do()", "skips_in_do", SKIPPED("needs \\\\#5 and a \\\\\\\\")},
	{"skips by cmocka's skip()", "skips_without_reason", SKIPPED("skip() gave no reason")},
	{"skips by cmocka's skip() in its set-up", "skips_plainly_in_setup", SKIPPED("skip() gave no reason")},
	{"skips in a child process", "skips_in_child", FAILED("skipped in a child process: needs a parent")},
	{"skips after an assertion has failed in a child", "skips_after_a_failure", FAILED("failed in a child process: \"five\" != \"six\"")},
	{"skips where --require is given", "skips", "required_skip", "--require", FAILED("skipped, where no skip is allowed: needs a larger machine")},
	{"requires a kind of link that the kernel does not know", "requires_a_kind_of_link", SKIPPED("needs link kind nonesuch: links of the kind nonesuch are unknown")},
	{"requires a queueing discipline that the kernel does not know", "requires_a_kind_of_qdisc", SKIPPED("needs CONFIG_NET_SCH_NONESUCH: queueing disciplines of the kind nonesuch are unknown")},
	{"requires a newer kernel", "requires_a_kernel", SKIPPED("needs Linux 99.1: this is *")},
	{"requires a sysctl that there is not", "requires_a_sysctl", SKIPPED("needs sysctl net.ipv4.ip_backward")},
	{"requires an option that the kernel was not built with", "requires_an_option", SKIPPED("needs CONFIG_NONESUCH: *")},
	{"requires a program that is not installed", "requires_a_program", SKIPPED("needs program nonesuch")},
	{"requires one, and says where to get it", "requires_a_program_from_somewhere", SKIPPED("needs program nonesuch: the moon")},
	{"requires a module that is not loaded", "requires_a_module", SKIPPED("needs module nonesuch")},
	{"requires a capability that it has given up", "requires_what_it_gave_up", SKIPPED("needs CAP_NET_RAW")},
	{"requires what a request says is lacking", "requires_what_is_refused", SKIPPED("needs CONFIG_NONESUCH and CONFIG_OTHER")},
	{"requires what fails for another reason", "requires_what_fails", FAILED("trying CONFIG_NONESUCH: No such device (*)")},
	{"requires nothing", "requires_nothing_at_all", FAILED("no kind of link given")},
	{"requires an option by half of its name", "requires_no_option", FAILED("\"VETH\" is not a kernel option (expected CONFIG_...)")},
	{"ends without a verdict of cmocka's", "skips_in_another_language", FAILED("left the test without a verdict")},

	/* The kernel. */
	{"makes the kernel warn", "kernel_complains", .environment = "GUILTY_LOG=own", FAILED("the kernel complained while it ran: \"WARNING: CPU: 0 PID: 1 at net/core/dev.c:10 *\"")},
	{"runs when the kernel warns in taking down a namespace", "kernel_complains_of_a_teardown", .environment = "GUILTY_LOG=own", FAILED("the kernel complained while it ran, taking down a namespace (maybe of a test before it): \"WARNING: *\"")},
	{"makes the kernel warn, and fails an assertion", "kernel_complains_and_test_fails", .environment = "GUILTY_LOG=own", FAILED("\"one\" != \"two\"")},
	{"makes the kernel warn, and skips", "kernel_complains_and_test_skips", .environment = "GUILTY_LOG=own", FAILED("the kernel complained while it ran: \"WARNING: *\"; it was skipped: needs a calmer kernel")},
	{"makes the kernel warn, and is killed", "kernel_complains_and_test_is_killed", .environment = "GUILTY_LOG=own", CRASHED("crashed in the test: SIGKILL (Killed)")},
	{"makes the kernel warn, where --no-kmsg is given", "kernel_complains", "kernel_is_not_heard", "--no-kmsg", "GUILTY_LOG=own", PASSED},
	{"writes what looks like a warning into the kernel's log", "program_complains_in_the_log", .environment = "GUILTY_LOG=own", PASSED},
	{"makes the kernel warn its users", "kernel_speaks_to_users", .environment = "GUILTY_LOG=own", PASSED},

	/* Groups. */
	{"is one of a group whose set-up fails", "passes,prints", "group_fails", .environment = "GUILTY_GROUP=fails", .alone = true,
		.outcome = "broken", .message = "\"a group\" != \"a crowd\"*", .prove = "Failed 2/2 subtests", .exit_status = 1},
	{"is one of a group whose set-up returns an error", "passes,prints", "group_refuses", .environment = "GUILTY_GROUP=refuses", .alone = true,
		.outcome = "broken", .message = "Test setup failed", .prove = "Failed 2/2 subtests", .exit_status = 1},
	{"is one of a group whose teardown fails", "passes,prints", "group_fails_after", .environment = "GUILTY_GROUP=fails after", .alone = true,
		.outcome = "failed", .message = "\"a group\" != \"a crowd\"*", .prove = "Failed 2/2 subtests", .exit_status = 1},
	{"skips in its set-up, in a group whose teardown fails", "skips_in_setup,passes", "group_fails_after_skip", .environment = "GUILTY_GROUP=fails after", .alone = true,
		.outcome = "broken", .message = "the group's teardown failed", .prove = "Failed 2/2 subtests", .exit_status = 1},
	{"uses what its group shares", "finds_what_is_shared", .environment = "GUILTY_GROUP=shares", PASSED},
	{"has a network, and uses what its group shares", "finds_a_rig_and_what_is_shared", .environment = "GUILTY_GROUP=shares", PASSED},

	/* What is left, or changed. */
	{"leaves a descriptor open", "leaks_a_descriptor", LEAKED("descriptor 77: /dev/null")},
	{"leaves a socket open", "leaks_a_socket", LEAKED("descriptor *: socket, inet6 dgram")},
	{"leaves a handle of a namespace open", "leaks_a_namespace", LEAKED("descriptor *: network namespace net:\\[*")},
	{"leaves all descriptors open that it may have", "leaks_all_descriptors", LEAKED("descriptor *: /dev/null (and * more)")},
	{"leaves a child process", "leaks_a_child", LEAKED("process *: *guilty leaks_a_child *")},
	{"leaves a daemonised grandchild", "leaks_a_daemon", LEAKED("process *: *guilty leaks_a_daemon *")},
	{"leaves a daemon, which nsrig_may_leave() allows", "leaks_a_daemon_and_may", PASSED},
	{"leaves a daemon, where something else is allowed", "leaks_a_daemon_and_may_not", LEAKED("process *: *")},
	{"leaves a child that has ended, unwaited for", "leaks_a_zombie", LEAKED("process *: a child that ended, and that nobody waited for")},
	{"leaves a thread", "leaks_a_thread", LEAKED("thread *: sleeper")},
	{"leaves a mount", "leaks_a_mount", LEAKED("mount /run/a place: tmpfs")},
	{"leaves a named namespace", "leaks_a_name", LEAKED("named namespace /run/netns/blue")},
	{"leaves a link in its own namespace", "leaks_a_link", LEAKED("link br7, in the test's own namespace")},
	{"calls setns() or unshare() itself, and stays away", "wanders_off", LEAKED("namespace: the test's main thread has stayed in net:\\[*")},
	{"cleans up in an atexit() handler", "leaks_until_exit", PASSED},
	{"cleans up in a destructor", "leaks_until_the_end", PASSED},
	{"leaves a daemon whose first thread has ended", "leaks_a_headless_daemon", LEAKED("process *: guilty")},
	{"leaves a thread and a daemon that are about to end", "lets_go", PASSED},
	{"makes the kernel keep a thread for io_uring", "uses_io_uring", PASSED},
	{"joins its threads, and kills its processes", "ends_what_it_began", PASSED},
	{"changes directory, umask, environment and signal mask", "changes_its_surroundings", PASSED},
	{"looks at what another one changed", "changes_its_surroundings,finds_its_surroundings", .alone = true, PASSED},

	/* Programs and threads of hosts. */
	{"starts a program that exits by itself, and does not ask for that", "program_ends_by_itself", FAILED("ended before its time: sh on \"left\" exited with status 2; it printed: no configuration")},
	{"starts a program that crashes, and waits for something", "program_crashes", FAILED("* route \"10.99.0.0/16\" in \"left\" was not there: sh on \"left\" was killed by SIGSEGV; it printed: about to")},
	{"starts a program that exits, and waits for an answer", "program_ends_while_it_is_pinged", FAILED("waiting for icmp 10.1.0.3 from \"left\": sh on \"left\" exited with status 3; it printed: about to")},
	{"starts a program that exits, and waits for all hosts", "program_ends_while_all_are_pinged", FAILED("waiting until all hosts are reached: sh on \"left\" exited with status 3; it printed: about to")},
	{"starts a program that crashes when it is told to end", "program_crashes_at_the_end", FAILED("crashed when it was stopped: sh on \"left\" was killed by SIGSEGV; it printed: serving")},
	{"starts a program that ignores SIGTERM", "program_ignores_the_end", FAILED("did not end within 50 ms of SIGTERM, and was killed: sh on \"left\" was killed by SIGKILL; it printed: serving")},
	{"starts a program that goes into the background, unexpectedly", "program_goes_into_the_background", FAILED("ended before its time: sh on \"left\" exited with status 0, and left 1 running (.forks is *)")},
	{"starts a program in which a sanitizer finds an error", "program_is_reported_of", FAILED("a sanitizer reported an error in sh on \"left\": x.c:1:2: runtime error: left shift of negative value")},
	{"stops a program that has exited by itself", "program_is_stopped_and_complained_of", FAILED("*nsrig_stop(program): ended before its time: sh on \"left\" exited with status 3; it printed: serving")},
	{"waits in vain until a program is ready", "program_is_awaited_in_vain", FAILED("*waited 50 ms for READY=1: sh on \"left\" is running; it printed: serving")},
	{"crashes beside a program", "test_crashes_beside_a_program", CRASHED("crashed in the test: SIGABRT (Aborted)")},
	{"waits for ever beside a program", "test_hangs_beside_a_program", TIMED_OUT},
	{"fails an assertion beside a program", "test_fails_beside_a_program", FAILED("\"one\" != \"two\"")},
	{"fails an assertion in a function that is a program", "function_fails", FAILED("failed in a child process: \"one thing\" != \"another thing\"")},
	{"calls fail_msg() in a function that is a program", "function_fails_with_message", FAILED("failed in a child process: number 6 is a function")},
	{"fails a verb in a function that is a program", "function_fails_by_verb", FAILED("failed in a child process: ping 10.1.0.99: no answer within 20 ms")},
	{"skips in a function that is a program", "function_skips", FAILED("skipped in a child process: needs a reason")},
	{"fails an assertion in a thread of nsrig's", "thread_fails", FAILED("\"one thing\" != \"another thing\"")},
	{"calls fail_msg() in a thread of nsrig's", "thread_fails_with_message", FAILED("number 6 is a function")},
	{"fails a verb in a thread of nsrig's", "thread_fails_by_verb", FAILED("ping 10.1.0.99: no answer within 20 ms")},
	{"fails an assertion in a thread of nsrig's, and does not join it", "thread_fails_unasked", FAILED("\"one thing\" != \"another thing\"")},
	{"leaves a thread of nsrig's running", "thread_goes_on", FAILED("a thread in \"left\" did not end within 2000 ms")},

	/* The runner itself. */
	{"is one of none", "none at all", .alone = true, .outcome = "", .message = "", .prove = "No subtests run", .exit_status = 2},
	{"runs when the runner gets SIGTERM", "waits_for_a_signal", "sigterm", .environment = "GUILTY_SIGNAL=15", .alone = true,
		.outcome = "interrupted", .message = "interrupted by SIGTERM in the test", .prove = "Bailout called.  Further testing stopped:  SIGTERM", .exit_status = -SIGTERM},
	{"runs when the runner gets SIGINT", "waits_for_a_signal", "sigint", .environment = "GUILTY_SIGNAL=2", .alone = true,
		.outcome = "interrupted", .message = "interrupted by SIGINT in the test", .prove = "Bailout called.  Further testing stopped:  SIGINT", .exit_status = -SIGINT},
	{"runs when the runner gets SIGKILL", "waits_for_a_signal", "sigkill", .environment = "GUILTY_SIGNAL=9", .alone = true,
		.outcome = "", .message = "", .prove = "Non-zero wait status: 9", .exit_status = -SIGKILL},
	{"passes, where stdout is on a full disk", "prints", "full_disk", .environment = "GUILTY_STDOUT=full",
		.outcome = "", .message = "", .prove = "No plan found in TAP output", .exit_status = 1},
	{"passes, where nobody reads stdout", "prints", "closed_pipe", .environment = "GUILTY_STDOUT=closed",
		.outcome = "", .message = "", .prove = "No plan found in TAP output", .exit_status = 1},
};
/* clang-format on */

const size_t truth_count = COUNT(truth_rows);
