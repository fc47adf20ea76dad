// SPDX-License-Identifier: MIT
#include "count.h"

#include "suites/lib/array.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <nsrig.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int count_entries(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	int count = 0;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		count += isdigit((unsigned char)entry->d_name[0]) != 0;
	closedir(dir);
	return count;
}

int count_descriptors(void)
{
	return count_entries("/proc/self/fd") - 1; /* except for the folder's own */
}

int count_processes(void)
{
	return count_entries("/proc");
}

int count_mounts(void)
{
	FILE *file = fopen("/proc/self/mountinfo", "re");
	int c, lines = 0;

	assert_non_null(file);
	while ((c = getc(file)) != EOF)
		lines += c == '\n';
	fclose(file);
	return lines;
}

/* If a tunnel's module is loaded, the kernel creates one of these links in every namespace. */
static bool is_everywhere(const char *name)
{
	static const char *const names[] = {"tunl0", "gre0", "gretap0", "erspan0", "ip_vti0",
		"ip6_vti0", "sit0", "ip6tnl0", "ip6gre0"};
	size_t i;

	for (i = 0; i < COUNT(names); i++) {
		if (!strcmp(name, names[i]))
			return true;
	}
	return false;
}

int count_links(struct nsrig_ns *ns)
{
	struct nsrig_link *links;
	size_t listed, i;
	int count = 0;

	nsrig_assert_ok(nsrig_link_list(ns, &links, &listed));
	for (i = 0; i < listed; i++)
		count += !is_everywhere(links[i].name);
	free(links);
	return count;
}

static int write_to(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : (int)write(fd, text, strlen(text));

	close(fd);
	return rc;
}

int enter_limited_namespaces(const char *net_namespaces)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %d 1", getuid());
	if (unshare(CLONE_NEWUSER) < 0)
		return NO_USER_NAMESPACES;
	write_to("/proc/self/setgroups", "deny");
	if (write_to("/proc/self/uid_map", map) < 0)
		return 101;
	if (unshare(CLONE_NEWNET) < 0 ||
		write_to("/proc/sys/user/max_net_namespaces", net_namespaces) < 0)
		return 102;
	return 0;
}

/* The exit status of a child, which must exit by itself. */
static int status_of(pid_t pid)
{
	int status;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

void in_child_without_privilege(int (*body)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		struct {
			uint32_t version;
			int pid;
		} header = {0x20080522, 0};
		uint32_t none[6] = {0};

		if (syscall(SYS_capset, &header, none) < 0)
			_exit(100);
		_exit(body());
	}
	assert_int_equal(status_of(pid), 0);
}

void in_child(int (*body)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0)
		_exit(body());
	status = status_of(pid);
	if (status == NO_USER_NAMESPACES)
		nsrig_skip("needs user namespaces");
	assert_int_equal(status, 0);
}
