// SPDX-License-Identifier: MIT
/*
 * Captures: start, stop, no lost packet that isn't reported, and the format of the files. packets.c
 * covers the assertions on packets; guilty-packets.c has the tests that fail.
 *
 *	left                                 right
 *	  a0 10.0.0.1/24 2001:db8::1/64 ==== b0 10.0.0.2/24 2001:db8::2/64
 */
#include "filters.h"
#include "fixture/capture/capture-private.h"
#include "frame.h"
#include "suites/lib/array.h"
#include "suites/lib/count.h"
#include "suites/lib/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef HAVE_PCAP
#include <pcap/pcap.h>
#endif

static const struct nsrig_topo cable = {
	.links = {NSRIG_VETH(
		"left:a0 10.0.0.1/24 2001:db8::1/64", "right:b0 10.0.0.2/24 2001:db8::2/64")},
};

/* An hour: a packet that never comes makes the test time out. */
#define HOUR_MS 3600000

/* Checked at once: when a send call returns, the packet has passed its own link. */
static void first_packet_is_captured(void **state)
{
	struct nsrig *rig = *state;
	int i;

	for (i = 0; i < 20; i++) {
		struct nsrig_capture *wire = nsrig_capture(rig, "left:a0");

		send_frames(rig, "left:a0", i, 1);
		assert_int_equal(nsrig_capture_count(wire, FRAME_FILTER), 1);
		nsrig_assert_ok(nsrig_capture_stop(wire));
	}
}

static void what_was_sent_before_is_counted(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER);
	int i;

	for (i = 1; i <= 300; i++) {
		send_frames(rig, "left:a0", i, 1);
		assert_int_equal(nsrig_capture_count(wire, NULL), i);
	}
}

static int follow(const struct nsrig_packet *packet, void *next)
{
	const struct frame *came = (const struct frame *)packet->data;

	assert_int_equal(packet->size, sizeof(*came));
	assert_int_equal(ntohl(came->number), (*(uint32_t *)next)++);
	return 0;
}

/* As fast as possible: by one socket, many packets per call. */
static void flood(struct nsrig *rig, const char *host, const char *link, uint32_t count)
{
	enum { batch = 100 };
	struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_protocol = htons(FRAME_TYPE)};
	struct mmsghdr messages[batch] = {0};
	struct iovec parts[batch];
	struct frame frames[batch];
	struct nsrig_link about;
	int fd, i, sent;
	uint32_t next;

	nsrig_assert_ok(nsrig_link_get(nsrig_host(rig, host), link, &about));
	to.sll_ifindex = about.index;
	fd = nsrig_assert_ok(nsrig_socket(nsrig_host(rig, host), AF_PACKET, SOCK_RAW, 0));
	for (i = 0; i < batch; i++) {
		parts[i] = (struct iovec){&frames[i], sizeof(frames[i])};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &to,
			.msg_namelen = sizeof(to),
			.msg_iov = &parts[i],
			.msg_iovlen = 1};
	}
	for (next = 0; next < count; next += sent) {
		for (i = 0; i < batch; i++)
			frames[i] = frame(next + i);
		sent = sendmmsg(fd, messages, batch, 0);
		assert_true(sent > 0);
	}
	close(fd);
}

/* Every packet once and in order, at both ends of the cable. */
static void nothing_is_lost(void **state)
{
	const uint32_t many = 100000;
	struct nsrig *rig = *state;
	struct nsrig_capture *out = nsrig_capture(rig, "left:a0", FRAME_FILTER);
	struct nsrig_capture *in = nsrig_capture(rig, "right:b0", FRAME_FILTER);
	uint32_t next = 0;

	flood(rig, "left", "a0", many);
	assert_int_equal(nsrig_capture_count(out, NULL), many);
	nsrig_assert_ok(nsrig_capture_each(out, NULL, 0, follow, &next));
	assert_int_equal(next, many);
	nsrig_assert_ok(nsrig_capture_wait(in, NULL, many, HOUR_MS));
	next = 0;
	nsrig_assert_ok(nsrig_capture_each(in, NULL, 0, follow, &next));
	assert_int_equal(next, many);
}

/*
 * More packets than the ring holds while the collector stands still: every query reports the loss,
 * and so does the test.
 */
static void lost_packets_are_told(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire =
		nsrig_capture(rig, "left:a0", FRAME_FILTER, .buffer = 512 << 10);
	char *text;

	assert_int_equal(kill(wire->worker.pid, SIGSTOP), 0);
	send_frames(rig, "left:a0", 0, 10000);
	assert_int_equal(kill(wire->worker.pid, SIGCONT), 0);
	refused(nsrig_capture_count(wire, NULL), -ENOBUFS,
		"capture on left:a0 \"" FRAME_FILTER "\": ");
	refused(nsrig_capture_wait(wire, NULL, 1, 0), -ENOBUFS,
		" of 10000 packets were lost, because there was no room for them");
	nsrig_assert_error(nsrig_capture_text(wire, NULL, &text), -ENOBUFS);
	nsrig_assert_error(nsrig_capture_save(wire, "/dev/null"), -ENOBUFS);
	nsrig_assert_error(nsrig_capture_mark(wire), -ENOBUFS);
	nsrig_assert_error(nsrig_capture_stop(wire), -ENOBUFS);
}

static void too_many_packets_are_told(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", NULL, .bytes = 64 << 10);

	send_frames(rig, "left:a0", 0, 100);
	assert_true(nsrig_capture_count(wire, NULL) >= 100);
	send_frames(rig, "left:a0", 0, 1000);
	refused(nsrig_capture_count(wire, NULL), -EFBIG,
		"there are more packets than the 65536 bytes that are kept");
}

static void killed_collector_is_told(void **state)
{
	struct nsrig_capture *wire = nsrig_capture(*state, "left:a0", NULL);

	assert_int_equal(kill(wire->worker.pid, SIGKILL), 0);
	refused(nsrig_capture_wait(wire, NULL, 1000, HOUR_MS), -EPIPE,
		"the process that collects packets has died");
	nsrig_assert_error(nsrig_capture_mark(wire), -EPIPE);
}

/* A loss also fails a test that doesn't look at its capture. */
static void loss_that_nobody_saw_fails_the_test(void **state)
{
	struct program guilty;

	(void)state;
	/* Nothing can be saved there, which is reported too. */
	setenv("TMPDIR", "/dev/null", 1);
	program_run(&guilty, (char *[]){GUILTY, "captures_too_much", NULL});
	assert_non_null(strstr(
		guilty.out_text, " packets, which could not be saved in /dev/null/nsrig-packets-"));
	assert_non_null(strstr(guilty.out_text, ": Not a directory"));
	assert_non_null(strstr(guilty.out_text, "outcome: failed"));
	assert_non_null(strstr(guilty.out_text, "there are more packets than the 65536 bytes"));
	program_assert_exit(&guilty, 1);
	program_free(&guilty);
}

static int copy_packet(const struct nsrig_packet *packet, void *copy)
{
	*(struct nsrig_packet *)copy = *packet;
	return 1;
}

static void snapshot_length_cuts_packets(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER, .snaplen = 17);
	struct nsrig_packet packet;

	send_frames(rig, "left:a0", 7, 1);
	assert_int_equal(nsrig_capture_each(wire, NULL, 0, copy_packet, &packet), 1);
	assert_int_equal(packet.size, 17);
	assert_int_equal(packet.length, 60);
	/* A filter on bytes that were cut off matches nothing. */
	assert_int_equal(nsrig_capture_count(wire, "ether[16] == 0"), 1);
	assert_int_equal(nsrig_capture_count(wire, "ether[17] == 7"), 0);
}

static void stopped_capture_stands_still(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER);

	send_frames(rig, "left:a0", 0, 2);
	nsrig_assert_ok(nsrig_capture_stop(wire));
	nsrig_assert_ok(nsrig_capture_stop(wire));
	send_frames(rig, "left:a0", 2, 2);
	assert_int_equal(nsrig_capture_count(wire, NULL), 2);
	refused(nsrig_capture_wait(wire, NULL, 3, HOUR_MS), -ECANCELED,
		"2 of 3 packets \"\" came within 3600000 ms; the capture was stopped; what came "
		"last: ");
}

/* A link that comes up later, and a link that is deleted. */
static void link_may_come_up_later(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *left = nsrig_host(rig, "left");
	struct nsrig_capture *wire;

	nsrig_assert_ok(nsrig_link_down(left, "a0"));
	wire = nsrig_capture(rig, "left:a0", FRAME_FILTER);
	assert_int_equal(nsrig_capture_count(wire, NULL), 0);
	nsrig_assert_ok(nsrig_link_up(left, "a0"));
	nsrig_assert_ok(nsrig_wait_link(left, "a0", NSRIG_WAIT_MS));
	send_frames(rig, "left:a0", 0, 1);
	assert_int_equal(nsrig_capture_count(wire, NULL), 1);
}

static void link_that_goes_ends_the_wait(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER);

	send_frames(rig, "left:a0", 0, 1);
	nsrig_assert_ok(nsrig_remove(rig, "right:b0"));
	refused(nsrig_capture_wait(wire, NULL, 2, HOUR_MS), -ENODEV, "; the link is gone; ");
	assert_int_equal(nsrig_capture_count(wire, NULL), 1);
}

static int take_link_away(void *name)
{
	struct nsrig_ns *here;

	return nsrig_ns_current(&here) < 0 || nsrig_link_del(here, name) < 0;
}

static void link_that_goes_meanwhile_ends_the_wait(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER);
	struct nsrig_program *program =
		nsrig_spawn(rig, "right", .function = take_link_away, .arg = "b0");

	nsrig_assert_error(nsrig_capture_wait(wire, NULL, 1, HOUR_MS), -ENODEV);
	nsrig_assert_exit(program, 0);
}

static void host_that_goes_leaves_its_packets(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", FRAME_FILTER), *again;

	send_frames(rig, "left:a0", 0, 3);
	nsrig_assert_ok(nsrig_remove_host(rig, "left"));
	assert_true(wire->stopped);
	assert_int_equal(nsrig_capture_count(wire, NULL), 3);
	nsrig_assert_ok(nsrig_add(rig, "veth left:a0 -- right:c0"));
	again = nsrig_capture(rig, "left:a0", FRAME_FILTER);
	send_frames(rig, "left:a0", 0, 1);
	assert_int_equal(nsrig_capture_count(again, NULL), 1);
	assert_int_equal(nsrig_capture_count(wire, NULL), 3);
}

/* Above all the link must not become promiscuous: that would be an event, and reach the driver. */
static void link_stays_as_it_is(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_ns *left = nsrig_host(rig, "left");
	struct nsrig_snapshot *before = nsrig_snapshot(left);
	struct nsrig_events *events;
	char *text;

	nsrig_assert_ok(nsrig_events_listen(left, NSRIG_EVENTS_OF(NSRIG_LINKS), &events));
	nsrig_capture(rig, "left:a0", NULL);
	nsrig_assert_unchanged(left, before);
	nsrig_assert_ok(nsrig_events_text(events, &text));
	assert_string_equal(text, "");
	free(text);
	nsrig_events_free(events);
	nsrig_snapshot_free(before);
}

static void nothing_is_left(void **state)
{
	int descriptors = count_descriptors();
	struct nsrig_capture *wire;
	struct nsrig *rig;

	(void)state;
	nsrig_assert_ok(nsrig_new(&rig));
	nsrig_assert_ok(nsrig_add_veth(rig, "left:a0", "right:b0"));
	wire = nsrig_capture(rig, "left:a0", "arp");
	send_frames(rig, "left:a0", 0, 1);
	refused(nsrig_capture_start(
			rig, "left:a0", &(struct nsrig_capture_spec){.filter = "x y"}, &wire),
		-EINVAL, "");
	nsrig_free(rig);
	assert_int_equal(count_descriptors(), descriptors);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
}

static int start(struct nsrig *rig, const char *link, const struct nsrig_capture_spec *spec)
{
	struct nsrig_capture *capture;

	return nsrig_capture_start(rig, link, spec, &capture);
}

static int start_with(struct nsrig *rig, struct nsrig_capture_spec spec)
{
	return start(rig, "left:a0", &spec);
}

static void bad_input_is_refused(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", NULL);

	refused(start(NULL, "left:a0", NULL), -EINVAL, "is not a link of a rig");
	refused(start(rig, NULL, NULL), -EINVAL, "expected HOST:LINK");
	refused(start(rig, "left", NULL), -EINVAL, "\"left\" is not a link of a rig");
	refused(start(rig, "lift:a0", NULL), -ENOENT,
		"no host \"lift\" in this rig (did you mean \"left\"?)");
	refused(start(rig, "left:b0", NULL), -ENODEV,
		"no link \"b0\" in \"left\" (there are: lo, ");
	refused(start(rig, "left:any", NULL), -ENODEV, "no link \"any\"");
	refused(start(rig, "left:", NULL), -ENODEV, "no link \"\"");
	refused(start(rig, "left:a_name_that_is_long", NULL), -ENODEV, "no link \"a_name");
	refused(nsrig_capture_start(rig, "left:a0", NULL, NULL), -EINVAL, "nowhere to put");
	refused(start_with(rig, (struct nsrig_capture_spec){.filter = "icmp or or"}), -EINVAL,
		"filter \"icmp or or\": can't parse filter expression: syntax error");
	refused(start_with(rig, (struct nsrig_capture_spec){.filter = "ifindex 2"}), -EINVAL,
		"filter \"ifindex 2\"");
	refused(start_with(rig, (struct nsrig_capture_spec){.snaplen = 262145}), -EINVAL,
		"snapshot length 262145 is out of range (1 to 262144 bytes)");
	refused(start_with(rig, (struct nsrig_capture_spec){.buffer = 1}), -EINVAL,
		"buffer of 1 is out of range (524288 to 1073741824 bytes)");
	refused(start_with(rig, (struct nsrig_capture_spec){.buffer = (1 << 30) + 1}), -EINVAL,
		"buffer of 1073741825");
	refused(start_with(rig, (struct nsrig_capture_spec){.bytes = 1}), -EINVAL,
		"1 bytes to be kept are out of range (65536 to 4294967296 bytes)");
	refused(nsrig_capture_stop(NULL), -EINVAL, "NULL");
	refused(nsrig_capture_save(NULL, "x"), -EINVAL, "no capture given");
	refused(nsrig_capture_save(wire, NULL), -EINVAL, "no path given");
	refused(nsrig_capture_save(wire, "/nowhere/x"), -ENOENT, "/nowhere/x: No such file");
	refused(nsrig_capture_text(wire, NULL, NULL), -EINVAL, "nowhere to put");
}

#ifdef HAVE_PCAP

/* libpcap's own reader opens captures with filters of each kind, and finds the same packets. */
static void file_is_read_by_libpcap(void **state)
{
	struct nsrig *rig = *state;
	struct nsrig_capture *wire = nsrig_capture(rig, "left:a0", "ether proto 0x88b5 or icmp");
	char error[PCAP_ERRBUF_SIZE], path[] = "/tmp/nsrig-capture-XXXXXX";
	struct pcap_pkthdr *header;
	const unsigned char *data;
	int fd = mkstemp(path), i, rc;
	pcap_t *file;

	assert_true(fd >= 0);
	close(fd);
	send_frames(rig, "left:a0", 0, 50);
	nsrig_in(nsrig_host(rig, "left"))
		nsrig_assert_ping("10.0.0.2", .size = 301);
	nsrig_assert_ok(nsrig_capture_wait(wire, "icmp[icmptype] == icmp-echoreply", 1, HOUR_MS));
	nsrig_assert_ok(nsrig_capture_save(wire, path));
	file = pcap_open_offline_with_tstamp_precision(path, PCAP_TSTAMP_PRECISION_NANO, error);
	if (!file)
		nsrig_fail("%s", error);
	unlink(path);
	assert_int_equal(pcap_datalink(file), DLT_EN10MB);
	for (i = 0; (rc = pcap_next_ex(file, &header, &data)) == 1; i++) {
		int64_t ns = header->ts.tv_sec * INT64_C(1000000000) + header->ts.tv_usec;

		assert_int_equal(header->caplen, header->len);
		assert_in_range(ns - wire->begun_ns, 0, HOUR_MS * INT64_C(1000000));
		if (i < 50)
			assert_int_equal(ntohl(((const struct frame *)data)->number), i);
		else
			assert_int_equal(header->len, 14 + 20 + 8 + 301);
	}
	assert_int_equal(rc, PCAP_ERROR_BREAK);
	/* On a slow machine a ping is repeated. */
	assert_true(i >= 52);
	pcap_close(file);
}

#else

static void file_is_read_by_libpcap(void **state)
{
	(void)state;
	nsrig_skip("needs libpcap: this libnsrig was built without");
}

#endif

enum { STATISTICS = 5, PACKET = 6 };

/*
 * All blocks are whole, at least 12 are packets, and a statistics block with the number of drops
 * follows them.
 */
static void assert_complete(const char *path)
{
	FILE *file = fopen(path, "re");
	uint32_t head[2], last = 0;
	int packets = 0;

	assert_non_null(file);
	while (fread(head, sizeof(head), 1, file) == 1) {
		char rest[4096];

		assert_in_range(head[1], 12, sizeof(rest));
		assert_int_equal(fread(rest, head[1] - sizeof(head), 1, file), 1);
		assert_memory_equal(rest + head[1] - 12, &head[1], sizeof(head[1]));
		packets += head[0] == PACKET;
		last = head[0];
	}
	assert_true(feof(file));
	fclose(file);
	assert_true(packets >= 12);
	assert_int_equal(last, STATISTICS);
}

/* A folder for the artifacts of programs that the test runs with this $TMPDIR. */
struct folder {
	char path[64];
	char found[PATH_MAX]; /* a file in it or in a subfolder */
	int files;
};

static int look_into(struct folder *folder, const char *path)
{
	char inner[PATH_MAX];
	struct dirent *entry;
	struct stat st;
	DIR *dir = opendir(path);
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		snprintf(inner, sizeof(inner), "%s/%s", path, entry->d_name);
		if (!strcmp(entry->d_name, ".program"))
			unlink(inner);
		if (entry->d_name[0] == '.')
			continue;
		assert_int_equal(lstat(inner, &st), 0);
		if (S_ISDIR(st.st_mode)) {
			count += look_into(folder, inner);
			assert_int_equal(rmdir(inner), 0);
			continue;
		}
		count++;
		if (strstr(inner, ".pcapng"))
			assert_complete(inner);
		snprintf(folder->found, sizeof(folder->found), "%s", inner);
		assert_int_equal(unlink(inner), 0);
	}
	closedir(dir);
	return count;
}

/* Runs a guilty test, and finds the file that it left below $TMPDIR. */
static struct folder run_guilty(const char *test, const char *outcome, const char *said)
{
	struct folder folder = {.path = "/tmp/nsrig-capture-XXXXXX"};
	struct program guilty;

	assert_non_null(mkdtemp(folder.path));
	setenv("TMPDIR", folder.path, 1);
	program_run(
		&guilty, (char *[]){GUILTY, (char *)test,
				 strstr(test, "for_ever") ? "--timeout=2" : "--timeout=60", NULL});
	unsetenv("TMPDIR");
	folder.files = look_into(&folder, folder.path);
	assert_int_equal(rmdir(folder.path), 0);
	if (!strstr(guilty.out_text, outcome) || !strstr(guilty.out_text, said))
		nsrig_fail("\"%s\" or \"%s\" is not in: %s", outcome, said, guilty.out_text);
	if (folder.files && !strstr(guilty.out_text, folder.found))
		nsrig_fail("\"%s\" is not in: %s", folder.found, guilty.out_text);
	program_free(&guilty);
	return folder;
}

static void assert_saved(const char *test, const char *outcome, const char *said)
{
	struct folder folder = run_guilty(test, outcome, said);

	assert_int_equal(folder.files, 1);
	if (!strstr(folder.found, "/left.a0.pcapng"))
		nsrig_fail("%s was saved as \"%s\"", test, folder.found);
}

/* Any failure saves the packets; the report prints the last ones as text. */
static void failed_test_saves_its_packets(void **state)
{
	(void)state;
	assert_saved("captures_and_fails", "outcome: failed",
		"  packets:\n    - \"left:a0 \\\"ether proto 0x88b5\\\": 12 packets, in ");
	assert_saved("captures_and_fails", "0xc != 0xd",
		"/left.a0.pcapng; the last of them:\"\n    - \"  0.");
	assert_saved("captures_and_fails_a_verb", "outcome: failed", "packets:");
	assert_saved("captures_and_crashes", "outcome: crashed", "12 packets, in ");
	assert_saved("captures_and_exits", "outcome: failed", "12 packets, in ");
	assert_saved("captures_for_ever", "outcome: timed out", "12 packets, in ");
	assert_saved("captures_in_setup_and_fails", "outcome: broken", "12 packets, in ");
	assert_saved("captures_and_fails_in_teardown", "outcome: failed", "12 packets, in ");
}

static void wait_of_a_test_without_time_is_told(void **state)
{
	(void)state;
	assert_saved("captures_for_ever", "outcome: timed out",
		"waits for packets on left:a0 \\\"ether proto 0x88b5\\\"");
}

static void passed_test_saves_nothing(void **state)
{
	(void)state;
	assert_int_equal(run_guilty("captures_and_passes", "\nok 1 -", "").files, 0);
	assert_int_equal(run_guilty("captures_and_skips", "\nok 1 -", "# SKIP").files, 0);
}

static void empty_captures_are_told(void **state)
{
	(void)state;
	assert_int_equal(
		run_guilty("captures_nothing", "outcome: failed", "left:a0 \\\"arp\\\": no packets")
			.files,
		0);
}

/* Several captures of the same link get separate files, all in one folder. */
static void captures_share_a_folder(void **state)
{
	struct folder folder;

	(void)state;
	folder = run_guilty("captures_twice", "left.a0.pcapng", "left.a0.2.pcapng");
	assert_int_equal(folder.files, 2);
}

static void run_and_fail(const char *said)
{
	struct program guilty;

	program_run(&guilty, (char *[]){GUILTY, "captures_and_fails", NULL});
	if (!strstr(guilty.out_text, said))
		nsrig_fail("\"%s\" is not in: %s", said, guilty.out_text);
	program_free(&guilty);
}

static void packets_of_three_runs_stay(void **state)
{
	struct folder folder = {.path = "/tmp/nsrig-capture-XXXXXX"};
	int i;

	(void)state;
	assert_non_null(mkdtemp(folder.path));
	setenv("TMPDIR", folder.path, 1);
	for (i = 0; i < 5; i++)
		run_and_fail("12 packets, in ");
	unsetenv("TMPDIR");
	assert_int_equal(look_into(&folder, folder.path), 3);
	assert_int_equal(rmdir(folder.path), 0);
}

/* Nothing is written through a link that somebody else made. */
static void folder_that_is_a_link_is_refused(void **state)
{
	struct folder folder = {.path = "/tmp/nsrig-capture-XXXXXX"};
	char link[PATH_MAX];
	struct dirent *entry;
	DIR *dir;

	(void)state;
	assert_non_null(mkdtemp(folder.path));
	setenv("TMPDIR", folder.path, 1);
	run_and_fail("12 packets, in ");
	/* A link takes the place of the one folder in there. */
	dir = opendir(folder.path);
	assert_non_null(dir);
	do {
		entry = readdir(dir);
		assert_non_null(entry);
	} while (entry->d_name[0] == '.');
	snprintf(link, sizeof(link), "%s/%s", folder.path, entry->d_name);
	closedir(dir);
	assert_int_equal(look_into(&folder, folder.path), 1);
	assert_int_equal(symlink("/run", link), 0);
	run_and_fail("12 packets, which could not be saved in ");
	unsetenv("TMPDIR");
	assert_int_equal(unlink(link), 0);
	assert_int_equal(rmdir(folder.path), 0);
}

static void artifacts_have_packets_of_all_tests(void **state)
{
	static const char *const files[] = {"captures_and_passes/left.a0.pcapng",
		"captures_and_crashes/left.a0.pcapng", "captures_twice/left.a0.pcapng",
		"captures_twice/left.a0.2.pcapng"};
	struct folder folder = {.path = "/tmp/nsrig-capture-XXXXXX"};
	char path[PATH_MAX];
	struct program guilty;
	struct stat st;
	size_t i;

	(void)state;
	assert_non_null(mkdtemp(folder.path));
	program_run(&guilty,
		(char *[]){GUILTY, "captures_and_passes,captures_and_crashes,captures_twice",
			"--artifacts", folder.path, NULL});
	assert_non_null(strstr(guilty.out_text, "12 packets, in the artifacts; the last of them:"));
	for (i = 0; i < COUNT(files); i++) {
		snprintf(path, sizeof(path), "%s/guilty/%s", folder.path, files[i]);
		if (stat(path, &st) < 0)
			nsrig_fail("%s: %s", path, strerror(errno));
	}
	look_into(&folder, folder.path);
	assert_int_equal(rmdir(folder.path), 0);
	program_free(&guilty);
}

/* ---- without memory -------------------------------------------------------------------------- */

/* How many blocks calloc() still returns; -1: as many as it has. */
static int blocks = -1;

#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define CAN_FAIL_CALLOC 1
void *__libc_calloc(size_t count, size_t size);

/* The library's too. */
void *calloc(size_t count, size_t size)
{
	if (blocks == 0) {
		errno = ENOMEM;
		return NULL;
	}
	if (blocks > 0)
		blocks--;
	return __libc_calloc(count, size);
}
#else
#define CAN_FAIL_CALLOC 0
#endif

/* What wasn't opened is not closed, and no process is killed. */
static void capture_without_memory_is_refused(void **state)
{
	struct nsrig_ns *left = nsrig_host(*state, "left");
	struct nsrig_capture *capture;
	int i, rc = -ENOMEM;

	if (!CAN_FAIL_CALLOC)
		nsrig_skip("needs glibc's allocator");
	for (i = 0; i < 20 && rc < 0; i++) {
		blocks = i;
		rc = nsrig_capture_new(left, "left", "a0", NULL, &capture);
		blocks = -1;
		if (rc < 0)
			assert_int_equal(rc, -ENOMEM);
		assert_return_code(fcntl(STDIN_FILENO, F_GETFD), errno);
	}
	assert_true(i > 2);
	assert_int_equal(rc, 0);
	assert_int_equal(nsrig_capture_free(capture, false), 0);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(first_packet_is_captured, &cable),
		nsrig_test(what_was_sent_before_is_counted, &cable),
		nsrig_test(nothing_is_lost, &cable),
		nsrig_test(lost_packets_are_told, &cable),
		nsrig_test(too_many_packets_are_told, &cable),
		nsrig_test(killed_collector_is_told, &cable),
		cmocka_unit_test_setup(
			loss_that_nobody_saw_fails_the_test, program_clear_environment),
		nsrig_test(snapshot_length_cuts_packets, &cable),
		nsrig_test(stopped_capture_stands_still, &cable),
		nsrig_test(link_may_come_up_later, &cable),
		nsrig_test(link_that_goes_ends_the_wait, &cable),
		nsrig_test(link_that_goes_meanwhile_ends_the_wait, &cable),
		nsrig_test(host_that_goes_leaves_its_packets, &cable),
		nsrig_test(link_stays_as_it_is, &cable),
		cmocka_unit_test(nothing_is_left),
		nsrig_test(bad_input_is_refused, &cable),
		nsrig_test(file_is_read_by_libpcap, &cable),
		cmocka_unit_test_setup(failed_test_saves_its_packets, program_clear_environment),
		cmocka_unit_test_setup(
			wait_of_a_test_without_time_is_told, program_clear_environment),
		cmocka_unit_test_setup(passed_test_saves_nothing, program_clear_environment),
		cmocka_unit_test_setup(empty_captures_are_told, program_clear_environment),
		cmocka_unit_test_setup(captures_share_a_folder, program_clear_environment),
		cmocka_unit_test_setup(packets_of_three_runs_stay, program_clear_environment),
		cmocka_unit_test_setup(folder_that_is_a_link_is_refused, program_clear_environment),
		cmocka_unit_test_setup(
			artifacts_have_packets_of_all_tests, program_clear_environment),
		nsrig_test(capture_without_memory_is_refused, &cable),
	};

	return nsrig_main_group(argc, argv, tests, filters_needed, NULL);
}
