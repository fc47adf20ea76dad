// SPDX-License-Identifier: MIT
/*
 * The time that other tools take for the pair, if they are installed: `ip -batch`, which is started
 * three times (it can't change its namespace); and pyroute2 and Go's netlink package, in processes
 * that were started before. All of them create both ends of the veth in place with one request.
 * They verify less than the floor does, and leave duplicate address detection on for link-local
 * addresses.
 *
 * The names of the namespaces are created in a private /run.
 */
#include "bench.h"
#include "floor.h"
#include "work.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

/* Printed on stderr. A tool that isn't installed is no failure. */
static void leave_out(const char *tool)
{
	fprintf(stderr, "left out: %s (not installed, or does not work here)\n", tool);
}

static bool run(const char *const argv[])
{
	pid_t pid = fork();
	int status, null;

	if (pid == 0) {
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

/* ---- ip -batch ------------------------------------------------------------------------------- */

static void write_batch(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	floor_must(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text), path);
	close(fd);
}

static bool ip_build(void)
{
	const char *const make[] = {"ip", "-batch", "/run/make", NULL};
	const char *const a[] = {"ip", "-n", "a", "-batch", "/run/a", NULL};
	const char *const b[] = {"ip", "-n", "b", "-batch", "/run/b", NULL};

	return run(make) && run(a) && run(b);
}

static bool ip_close(void)
{
	const char *const close[] = {"ip", "-batch", "/run/close", NULL};

	return run(close);
}

static void by_ip(int count)
{
	(void)count;
	floor_must(ip_build(), "ip -batch");
	bench_stop();
	floor_must(ip_close(), "ip -batch");
	floor_settle();
}

static void measure_ip(void)
{
	write_batch("/run/make",
		"netns add a\n"
		"netns add b\n"
		"link add eth0 index 1001 address 02:00:00:00:00:01 numtxqueues 1 numrxqueues 1 "
		"netns a type veth peer eth0 index 1002 address 02:00:00:00:00:02 numtxqueues 1 "
		"numrxqueues 1 netns b\n");
	write_batch("/run/a", "link set lo up\n"
			      "link set eth0 up\n"
			      "address add 10.0.0.1/8 dev eth0\n"
			      "address add 2001:db8::1/64 dev eth0 nodad\n");
	write_batch("/run/b", "link set lo up\n"
			      "link set eth0 up\n"
			      "address add 10.0.0.2/8 dev eth0\n"
			      "address add 2001:db8::2/64 dev eth0 nodad\n");
	write_batch("/run/close", "netns del a\n"
				  "netns del b\n");
	if (ip_build() && ip_close())
		bench_peer("pair: ip -batch", by_ip, work_build_floor, 1, 10);
	else
		leave_out("ip -batch");
}

/* ---- programs that read commands ------------------------------------------------------------- */

static struct tool {
	pid_t pid;
	FILE *to, *from;
} tool;

static bool tool_ask(const char *word)
{
	char line[64];

	fprintf(tool.to, "%s\n", word);
	fflush(tool.to);
	return fgets(line, sizeof(line), tool.from) && !strcmp(line, "done\n");
}

static void tool_start(const char *const argv[])
{
	int to[2], from[2];

	floor_must(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0, "pipe");
	tool.pid = fork();
	if (tool.pid == 0) {
		dup2(to[0], STDIN_FILENO);
		dup2(from[1], STDOUT_FILENO);
		execvp(argv[0], (char *const *)argv);
		_exit(127);
	}
	close(to[0]);
	close(from[1]);
	tool.to = fdopen(to[1], "w");
	tool.from = fdopen(from[0], "r");
}

static void tool_end(void)
{
	fclose(tool.to);
	fclose(tool.from);
	waitpid(tool.pid, NULL, 0);
}

static void by_tool(int count)
{
	(void)count;
	floor_must(tool_ask("build"), "another tool");
	bench_stop();
	floor_must(tool_ask("close"), "another tool");
	floor_settle();
}

static void measure_tool(const char *name, const char *const argv[])
{
	char text[64];

	snprintf(text, sizeof(text), "pair: %s", name);
	tool_start(argv);
	if (tool_ask("build") && tool_ask("close"))
		bench_peer(text, by_tool, work_build_floor, 1, 10);
	else
		leave_out(name);
	tool_end();
}

static void measure_python(void)
{
	/*
	 * Debian's packages belong to /usr/bin/python3; otherwise take the first python3 in $PATH.
	 */
	const char *const has[] = {"/usr/bin/python3", "-c", "import pyroute2", NULL};
	const char *const has_too[] = {"python3", "-c", "import pyroute2", NULL};
	const char *const pair[] = {
		run(has) ? "/usr/bin/python3" : "python3", BENCH_DIR "/pair.py", NULL};

	if (run(has) || run(has_too))
		measure_tool("pyroute2", pair);
	else
		leave_out("pyroute2");
}

static void measure_go(void)
{
	const char *const build[] = {"env", "GO111MODULE=off", "GOPATH=/usr/share/gocode",
		"GOCACHE=/run/go", "HOME=/run", "go", "build", "-o", "/run/pair",
		BENCH_DIR "/pair.go", NULL};
	const char *const pair[] = {"/run/pair", NULL};

	if (run(build))
		measure_tool("Go", pair);
	else
		leave_out("Go");
}

int main(void)
{
	work_begin();
	signal(SIGPIPE, SIG_IGN);
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", "none", MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=0755") < 0) {
		leave_out("other tools");
		return 0;
	}
	bench_between(work_put_away, 10);
	measure_ip();
	measure_python();
	measure_go();
	return 0;
}
