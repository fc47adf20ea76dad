// SPDX-License-Identifier: MIT
/*
 * Shows or checks a topology without building it: for people who write one.
 *
 *	helpers/topo [--draw | --dot | --check] FILE | - | STATEMENT...
 *
 * FILE contains statements (<nsrig/topo.h>); "-" reads them from standard input. If there is no
 * such file, each argument is a statement: helpers/topo --draw "chain 3". The exit status is 2 if
 * the topology can't be built.
 */
#include <nsrig.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: helpers/topo [--draw | --dot | --check] FILE | - | STATEMENT...\n"
	"\n"
	"  --draw   print a drawing in plain text (default)\n"
	"  --dot    print a graph for Graphviz: helpers/topo --dot FILE | dot -Tsvg >network.svg\n"
	"  --check  only check whether it can be built\n"
	"\n"
	"  helpers/topo --draw \"chain 3\"\n"
	"  helpers/topo \"veth client:eth0 10.0.0.1/24 -- server:eth0 10.0.0.2/24\"\n";

static int complain(const char *sentence)
{
	fprintf(stderr, "topo: %s\n", sentence);
	return 2;
}

/* Reads standard input to its end, and adds a NUL. NULL with errno set. */
static char *read_input(size_t *length)
{
	char *text = NULL, part[4096];
	FILE *out = open_memstream(&text, length);
	size_t n;
	int failed;

	if (!out)
		return NULL;
	while ((n = fread(part, 1, sizeof(part), stdin)) > 0)
		fwrite(part, 1, n, out);
	failed = ferror(stdin) || ferror(out);
	if (fclose(out) != 0 || failed) {
		free(text);
		return NULL;
	}
	return text;
}

static char *join(char **statements)
{
	char *text = NULL;
	size_t length;
	FILE *out = open_memstream(&text, &length);

	for (; out && *statements; statements++)
		fprintf(out, "%s\n", *statements);
	if (!out || fclose(out) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

int main(int argc, char **argv)
{
	int (*show)(const struct nsrig_topo *topo, char **text) = nsrig_topo_draw;
	char *text = NULL, *shown = NULL;
	struct nsrig_topo topo = {0};
	size_t length = 0;
	int rc;

	for (argv++; argc > 1 && !strncmp(*argv, "--", 2); argv++, argc--) {
		if (!strcmp(*argv, "--help")) {
			fputs(usage, stdout);
			return 0;
		}
		if (!strcmp(*argv, "--draw")) {
			show = nsrig_topo_draw;
		} else if (!strcmp(*argv, "--dot")) {
			show = nsrig_topo_dot;
		} else if (!strcmp(*argv, "--check")) {
			show = NULL;
		} else {
			fputs(usage, stderr);
			return 2;
		}
	}
	if (argc < 2) {
		fputs(usage, stderr);
		return 2;
	}
	if (argc == 2 && !strcmp(*argv, "-")) {
		text = read_input(&length);
		if (text && memchr(text, '\0', length)) {
			free(text);
			return complain("the input has a NUL in it (expected text)");
		}
	} else if (argc == 2 &&
		   (strchr(*argv, '/') ? !strpbrk(*argv, " \t\n") : access(*argv, F_OK) == 0)) {
		topo.file = *argv;
	} else {
		text = join(argv);
	}
	if (!text && !topo.file)
		return complain(strerror(errno));
	topo.text = text;
	rc = show ? show(&topo, &shown) : nsrig_topo_check(&topo);
	free(text);
	if (rc < 0)
		return complain(nsrig_error());
	if (shown)
		fputs(shown, stdout);
	free(shown);
	return fflush(stdout) == 0 ? 0 : complain(strerror(errno));
}
