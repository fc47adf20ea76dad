/* SPDX-License-Identifier: MIT */
/*
 * Results, for programs to read: a line on stdout, "key=value key=value", or an object of JSON. Keys
 * and values are words without white space or quotes; what was not measured is "-", and null.
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

/* Ends the line; whoever reads it has it then. */
void figures_end(struct figures *figures);

#endif
