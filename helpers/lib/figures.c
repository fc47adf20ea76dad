// SPDX-License-Identifier: MIT
/* Writes the figures that the helpers report. */
#include "figures.h"

#include "helper.h"

#include <inttypes.h>
#include <stdio.h>

static void write_key(struct figures *figures, const char *key)
{
	if (figures->json)
		printf("%s\"%s\": ", figures->begun ? ", " : "{", key);
	else
		printf("%s%s=", figures->begun ? " " : "", key);
	figures->begun = true;
}

void figures_text(struct figures *figures, const char *key, const char *text)
{
	write_key(figures, key);
	printf(figures->json ? "\"%s\"" : "%s", text);
}

void figures_number(struct figures *figures, const char *key, uint64_t number)
{
	write_key(figures, key);
	printf("%" PRIu64, number);
}

void figures_decimal(struct figures *figures, const char *key, double number)
{
	write_key(figures, key);
	printf("%.3f", number);
}

void figures_none(struct figures *figures, const char *key)
{
	write_key(figures, key);
	fputs(figures->json ? "null" : "-", stdout);
}

void figures_end(struct figures *figures)
{
	puts(figures->json ? "}" : "");
	helper_flush();
	figures->begun = false;
}
