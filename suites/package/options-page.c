// SPDX-License-Identifier: MIT
/* Writes doc/options.md (make doc) from the runner's own table of options. */
#include "fixture/runner/options.h"
#include "fixture/runner/shard.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define CELL_MAX 64

/* A '|' would end the table's cell. */
static void put_text(const char *text)
{
	for (; *text; text++)
		printf(*text == '|' ? "\\%c" : "%c", *text);
}

static void put_code(const char *code)
{
	if (!*code)
		return;
	fputs("`", stdout);
	put_text(code);
	fputs("`", stdout);
}

/* The summary of --help, as a sentence. */
static void put_sentence(const char *text)
{
	putchar(toupper((unsigned char)*text));
	put_text(text + 1);
	putchar('.');
}

static void put_option(const struct nsrig_option *option)
{
	char usage[CELL_MAX], setting[CELL_MAX], letter[] = {'-', option->letter, '\0'};

	nsrig_option_usage(option, usage, sizeof(usage));
	nsrig_option_setting(option, setting, sizeof(setting));
	fputs("| ", stdout);
	if (option->letter) {
		put_code(letter);
		fputs(", ", stdout);
	}
	put_code(usage);
	fputs(" | ", stdout);
	put_code(setting);
	fputs(" | ", stdout);
	put_sentence(option->summary);
	if (option->details) {
		putchar(' ');
		put_text(option->details);
	}
	fputs(" |\n", stdout);
}

static void put_options(void)
{
	const struct nsrig_option *option;

	printf("| option | environment variable | what it does |\n"
	       "|---|---|---|\n");
	for (option = nsrig_option_table; option->read; option++)
		put_option(option);
}

static void put_engines(void)
{
	const struct nsrig_shard_engine *engine;

	printf("| system | index | counts from | number of shards |\n"
	       "|---|---|---|---|\n");
	for (engine = nsrig_shard_engines; engine->name; engine++)
		printf("| %s | `%s` | %d | `%s` |\n", engine->name, engine->index, engine->first,
			engine->total);
}

int main(void)
{
	printf("# Options of a test program\n\n"
	       "Every program that calls `nsrig_main()` takes these options. Each option except\n"
	       "`--help` has an environment variable, for programs that a harness starts:\n"
	       "`NSRIG_JOBS=4 make check`. The command line takes precedence over the "
	       "environment.\n"
	       "An empty variable counts as unset. If an option takes no argument, or an optional\n"
	       "one, its variable can be 1 (on) or 0 (off).\n\n"
	       "(`make doc` writes this page from the table in `fixture/runner/options.c`.)\n\n");
	put_options();
	printf("\n## Shards of CI systems\n\n"
	       "Systems that start a program several times in parallel set an index and a total,\n"
	       "but often for other purposes, too. With `--shard auto` or `NSRIG_SHARD=auto` the\n"
	       "program runs the share that they number; without them, all tests. The stream says\n"
	       "so: `# shard 1 of 3, by CI_NODE_INDEX and CI_NODE_TOTAL`.\n\n");
	put_engines();
	printf("\nKubernetes sets the index only: set `JOB_COMPLETION_COUNT` in the Job's "
	       "manifest.\n"
	       "GitLab sets both for `parallel: matrix`, too, where they number no shares.\n"
	       "Bazel asks for shards by `TEST_SHARD_STATUS_FILE`: if it is set, the program\n"
	       "creates that file and runs its share without `auto`.\n\n"
	       "## Exit status\n\n"
	       "| status | meaning |\n"
	       "|---|---|\n"
	       "| 0 | every test passed or was skipped |\n"
	       "| 1 | a test did not pass, or the results could not be written or kept |\n"
	       "| 2 | an option or a variable is invalid, or the tests can't be run; a message on "
	       "stderr says why |\n");
	return fflush(stdout) ? 1 : 0;
}
