/* SPDX-License-Identifier: MIT */
/*
 * Figures in machine-readable form: a line of "key=value key=value" on stdout, or a JSON object.
 * Keys and values are words without white space or quotes. A value that wasn't measured is "-", in
 * JSON null.
 */
#ifndef FIGURES_H
#define FIGURES_H

#include <stdbool.h>
#include <stdint.h>

struct figures {
	bool json;
	bool begun;
};

void figures_text(struct figures *figures, const char *key, const char *text);
void figures_number(struct figures *figures, const char *key, uint64_t number);
void figures_decimal(struct figures *figures, const char *key, double number);
void figures_none(struct figures *figures, const char *key);

/* Ends the line and flushes stdout. */
void figures_end(struct figures *figures);

#endif
