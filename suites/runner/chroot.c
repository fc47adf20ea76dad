// SPDX-License-Identifier: MIT
/*
 * A test program in a chroot: all of its tests and programs run inside, and files bound over other
 * files are not written outside. The outside is a tmpfs, so no file of the machine can be changed.
 *
 *	this test (its own mounts, /run/outside is a tmpfs)
 *	 +-- this program again: / is that tmpfs, and then, by chroot(2), its folder "inside"
 *	      +-- test -- host a -- programs
 *
 *	/run/outside          etc/group: "outside"; run/; inside/
 *	/run/outside/inside   etc/group: "inside"; run/; the machine's folders
 */
#include "suites/lib/array.h"
#include "suites/lib/program.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <nsrig.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define OUTSIDE "/run/outside"

/* ---- inside ---------------------------------------------------------------------------------- */

static const struct nsrig_topo alone = {.text = "host a"};

/* What a program finds there. Its bind files are not written through to the files below them. */
static void look(struct nsrig *rig)
{
	const struct nsrig_result *result = nsrig_assert_run(rig, "a", "cat /etc/group");

	assert_string_equal(result->out, "inside\n");
	result = nsrig_assert_run(rig, "a", "cat /etc/group /run/new /run/folder/new",
		.files = {{"/etc/group", .text = "laid\n"}, {"/run/new", .text = "made\n"},
			{"/run/folder/new", .text = "made\n"}});
	assert_string_equal(result->out, "laid\nmade\nmade\n");
	assert_int_equal(access("/inside", F_OK), -1);
}

static void programs_stay_inside(void **state)
{
	look(*state);
	look(*state);
}

static void next_test_stays_inside(void **state)
{
	look(*state);
}

static void working_directory_stays(void **state)
{
	char cwd[PATH_MAX];

	(void)state;
	assert_string_equal(getcwd(cwd, sizeof(cwd)), "/usr");
}

static void test_that_changes_its_root_is_refused(void **state)
{
	const struct nsrig_command command = {.line = "true"};
	struct nsrig *rig = *state;
	const struct nsrig_result *result;
	int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);

	nsrig_assert_run(rig, "a", "true");
	assert_int_equal(chroot("/usr"), 0);
	nsrig_assert_error(nsrig_run(rig, "a", &command, &result), -EXDEV);
	assert_non_null(
		strstr(nsrig_error(), "its root directory would be another than the test's"));
	/* The audit needs the former root. */
	assert_int_equal(fchdir(root), 0);
	assert_int_equal(chroot("."), 0);
	close(root);
}

static int run_inside(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(programs_stay_inside, &alone),
		nsrig_test(next_test_stays_inside, &alone),
		cmocka_unit_test(working_directory_stays),
		nsrig_test(test_that_changes_its_root_is_refused, &alone),
	};

	return nsrig_main(argc, argv, tests);
}

/* ---- covered --------------------------------------------------------------------------------- */

static void program_runs(void **state)
{
	/* In the directory in which the runner was started; /run covers its path now. */
	assert_int_equal(access("started-here", F_OK), 0);
	nsrig_assert_run(*state, "a", "true");
}

static int run_covered(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(program_runs, &alone),
	};

	return nsrig_main(argc, argv, tests);
}

/* ---- the way in ------------------------------------------------------------------------------ */

static int give_up(const char *what)
{
	perror(what);
	return EXIT_FAILURE;
}

/*
 * Makes OUTSIDE the root of a mount namespace, and its folder "inside" the root of this process.
 * Does not return.
 */
static int enter(char **argv)
{
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (length < 0 || unshare(CLONE_NEWNS) < 0)
		return give_up("unshare");
	self[length] = '\0';
	if (chdir(OUTSIDE) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
		umount2(".", MNT_DETACH) < 0)
		return give_up("pivot_root");
	if (chroot("inside") < 0 || chdir("/usr") < 0)
		return give_up("chroot");
	setenv("CHROOT_INSIDE", "1", 1);
	execv(self, argv);
	return give_up(self);
}

/* ---- outside --------------------------------------------------------------------------------- */

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static void assert_file(const char *path, const char *text)
{
	char found[64] = "";
	FILE *file = fopen(path, "re");

	assert_non_null(file);
	assert_non_null(fgets(found, sizeof(found), file));
	fclose(file);
	assert_string_equal(found, text);
}

/* Mounts a folder of the machine, with everything that is mounted below it. */
static void show_inside(const char *name)
{
	char from[PATH_MAX], to[PATH_MAX], target[PATH_MAX];
	struct stat st;
	ssize_t length;

	snprintf(from, sizeof(from), "/%s", name);
	snprintf(to, sizeof(to), OUTSIDE "/inside/%s", name);
	assert_int_equal(lstat(from, &st), 0);
	if (S_ISLNK(st.st_mode)) {
		length = readlink(from, target, sizeof(target) - 1);
		assert_true(length > 0);
		target[length] = '\0';
		assert_int_equal(symlink(target, to), 0);
	} else if (S_ISDIR(st.st_mode)) {
		assert_int_equal(mkdir(to, 0755), 0);
		assert_int_equal(mount(from, to, NULL, MS_BIND | MS_REC, NULL), 0);
	}
}

static bool is_made_here(const char *name)
{
	static const char *const own[] = {".", "..", "etc", "run"};
	size_t i;

	for (i = 0; i < COUNT(own) && strcmp(own[i], name); i++)
		;
	return i < COUNT(own);
}

static int make_outside(void **state)
{
	static const char *const folders[] = {
		"", "/etc", "/run", "/inside", "/inside/etc", "/inside/run"};
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *dir;
	size_t i;

	program_clear_environment(state);
	for (i = 0; i < COUNT(folders); i++) {
		snprintf(path, sizeof(path), OUTSIDE "%s", folders[i]);
		assert_int_equal(mkdir(path, 0755), 0);
		if (i == 0)
			assert_int_equal(mount("tmpfs", path, "tmpfs", 0, NULL), 0);
	}
	write_file(OUTSIDE "/etc/group", "outside\n");
	write_file(OUTSIDE "/inside/etc/group", "inside\n");
	dir = opendir("/");
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!is_made_here(entry->d_name))
			show_inside(entry->d_name);
	}
	closedir(dir);
	return 0;
}

static int remove_outside(void **state)
{
	(void)state;
	return umount2(OUTSIDE, MNT_DETACH) < 0 || rmdir(OUTSIDE) < 0 ? -1 : 0;
}

static bool is_empty(const char *path)
{
	/* "." and ".." */
	struct dirent **entries;
	int i, count = scandir(path, &entries, NULL, NULL);

	for (i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	return count == 2;
}

static void passes(char *const argv[])
{
	struct program program;

	program_run(&program, argv);
	if (!WIFEXITED(program.status) || WEXITSTATUS(program.status) ||
		strstr(program.out_text, "# SKIP"))
		nsrig_fail("inside: %s%s", program.out_text, program.err_text);
	program_free(&program);
}

static void passes_inside(const char *option)
{
	passes((char *[]){"../runner/chroot", "--enter", (char *)option, NULL});
	assert_file(OUTSIDE "/etc/group", "outside\n");
	assert_file(OUTSIDE "/inside/etc/group", "inside\n");
	assert_true(is_empty(OUTSIDE "/run"));
	assert_true(is_empty(OUTSIDE "/inside/run"));
}

static void folder_is_the_root(void **state)
{
	(void)state;
	passes_inside(NULL);
}

static void folder_is_the_root_of_a_process_that_runs_all(void **state)
{
	(void)state;
	passes_inside("--no-fork");
}

static void mount_over_itself(void)
{
	assert_int_equal(
		mount(OUTSIDE "/inside", OUTSIDE "/inside", NULL, MS_BIND | MS_REC, NULL), 0);
}

static void mount_is_the_root(void **state)
{
	(void)state;
	mount_over_itself();
	passes_inside(NULL);
}

static void mount_is_the_root_of_a_process_that_runs_all(void **state)
{
	(void)state;
	mount_over_itself();
	passes_inside("--no-fork");
}

/* Each test has a /run of its own, which covers that of its runner with the working directory. */
static void covered_directory_is_no_obstacle(void **state)
{
	(void)state;
	assert_int_equal(mkdir("/run/here", 0755), 0);
	assert_int_equal(chdir("/run/here"), 0);
	close(creat("started-here", 0600));
	setenv("CHROOT_COVERED", "1", 1);
	passes((char *[]){"../runner/chroot", NULL});
	passes((char *[]){"../runner/chroot", "--no-fork", NULL});
	assert_int_equal(unlink("started-here"), 0);
	assert_int_equal(chdir("/"), 0);
	assert_int_equal(rmdir("/run/here"), 0);
}

#define outside_test(function)                                                                     \
	cmocka_unit_test_setup_teardown(function, make_outside, remove_outside)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		outside_test(folder_is_the_root),
		outside_test(folder_is_the_root_of_a_process_that_runs_all),
		outside_test(mount_is_the_root),
		outside_test(mount_is_the_root_of_a_process_that_runs_all),
		cmocka_unit_test_setup(covered_directory_is_no_obstacle, program_clear_environment),
	};

	if (getenv("CHROOT_INSIDE"))
		return run_inside(argc, argv);
	if (getenv("CHROOT_COVERED"))
		return run_covered(argc, argv);
	if (argc > 1 && !strcmp(argv[1], "--enter")) {
		argv[1] = argv[0];
		return enter(argv + 1);
	}
	return nsrig_main(argc, argv, tests);
}
