// SPDX-License-Identifier: MIT
/*
 * Parses a text as a topology, and asserts what must hold for any text: it is parsed or refused
 * with a sentence, in the same way each time; and a parsed topology can be drawn, within 100
 * columns.
 */
#include "feed.h"

#include <errno.h>
#include <nsrig.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS 100

/* Lines of printable characters, not too long, without trailing blanks, each ended by a newline. */
static const char *judge_drawing(const char *text)
{
	const char *line = text, *p;

	for (p = text; *p; p++) {
		if (*p == '\n') {
			if (p - line > COLUMNS)
				return "a line of the drawing is too long";
			if (p > line && p[-1] == ' ')
				return "a line of the drawing ends with a blank";
			line = p + 1;
		} else if (*p < ' ' || *p > '~') {
			return "the drawing has a letter that can't be printed";
		}
	}
	return *line ? "the drawing's last line does not end" : NULL;
}

/* Quotes are paired, and there are no control characters between them. */
static const char *judge_graph(const char *text)
{
	bool quoted = false;

	for (; *text; text++) {
		if (*text == '\\' && quoted && text[1])
			text++;
		else if (*text == '"')
			quoted = !quoted;
		else if (quoted && (*text < ' ' || *text > '~'))
			return "the graph has a letter that can't be printed";
	}
	return quoted ? "a quote of the graph does not end" : NULL;
}

static const char *judge(const struct nsrig_topo *topo)
{
	char *drawing = NULL, *graph = NULL;
	int rc = nsrig_topo_check(topo);
	const char *wrong = NULL;

	if (rc < 0 && rc != -EINVAL && rc != -EEXIST)
		return "an error that is neither EINVAL nor EEXIST";
	if (rc > 0)
		return "neither 0 nor an error";
	if (rc < 0 && !*nsrig_error())
		return "an error without a sentence";
	/* A text that is refused must be refused every time. */
	if (nsrig_topo_draw(topo, &drawing) != rc)
		wrong = "drawn, but not understood; or the other way round";
	else if (nsrig_topo_dot(topo, &graph) != rc)
		wrong = "a graph, but not understood; or the other way round";
	else if (rc == 0)
		wrong = judge_drawing(drawing) ?: judge_graph(graph);
	free(drawing);
	free(graph);
	return wrong;
}

const char *feed(const char *bytes, size_t size)
{
	struct nsrig_topo topo = {0};
	char *text = strndup(bytes, size);
	const char *wrong = NULL;

	topo.text = text;
	if (text)
		wrong = judge(&topo);
	free(text);
	return wrong;
}
