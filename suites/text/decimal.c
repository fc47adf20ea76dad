// SPDX-License-Identifier: MIT
/*
 * Decimal numbers in a program whose locale has a decimal comma: they are still read and written
 * with a point. No network: the test calls the functions that read and write them directly.
 */
#include "fixture/base/decimal.h"
#include "fixture/base/deadline.h"
#include "fixture/runner/options.h"
#include "fixture/runner/tap.h"
#include "fixture/text/units.h"
#include "fixture/text/value.h"
#include "suites/lib/array.h"
#include "suites/lib/program.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <locale.h>
#include <nsrig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int remove_entry(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* A locale that differs from C only in the decimal point, named "comma", in this folder. */
static void make_locale(const char *folder)
{
	static const char source[] = "LC_NUMERIC\ndecimal_point \",\"\nthousands_sep \".\"\n"
				     "grouping 3;3\nEND LC_NUMERIC\n";
	char from[64], to[64];
	struct program localedef;
	int fd;

	snprintf(from, sizeof(from), "%s/source", folder);
	snprintf(to, sizeof(to), "%s/comma", folder);
	fd = open(from, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, source, strlen(source)), strlen(source));
	close(fd);
	/*
	 * localedef exits with 1 because categories are missing; whether the locale works is
	 * checked below.
	 */
	program_run(&localedef,
		(char *[]){"localedef", "-c", "-i", from, "-f", "ANSI_X3.4-1968", to, NULL});
	program_free(&localedef);
}

/* As a program does to use its user's language. */
static void speak_comma(void)
{
	char folder[] = "/tmp/nsrig-decimal-XXXXXX";
	const char *set;

	assert_non_null(mkdtemp(folder));
	make_locale(folder);
	setenv("LOCPATH", folder, 1);
	setenv("LC_ALL", "comma", 1);
	set = setlocale(LC_ALL, "");
	assert_int_equal(nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS), 0);
	if (!set)
		nsrig_skip("needs localedef and its character maps (Debian: locales)");
	assert_string_equal(localeconv()->decimal_point, ",");
}

static void of_the_command_line(void **state)
{
	struct nsrig_options options;

	(void)state;
	speak_comma();
	unsetenv("NSRIG_TIMEOUT_SCALE");
	assert_int_equal(
		nsrig_options_read(4,
			(char *[]){"test", "--timeout", "0.5", "--timeout-scale=2.5", NULL},
			&options),
		0);
	assert_int_equal(options.timeout_ms, 500);
	nsrig_options_free(&options);
	assert_int_equal(nsrig_scaled(100), 250);
	/* A number with a comma is invalid in every locale. */
	assert_int_equal(
		nsrig_options_read(3, (char *[]){"test", "--timeout", "0,5", NULL}, &options),
		-EINVAL);
	nsrig_options_free(&options);
}

static void of_tap(void **state)
{
	const struct nsrig_verdict verdict = {
		.outcome = NSRIG_FAILED, .why = "", .took_ns = 1234567};
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	speak_comma();
	nsrig_tap_result(out, 1, "test", 0, &verdict);
	fclose(out);
	if (!strstr(text, "\n  duration_ms: 1.235\n"))
		nsrig_fail("no duration of 1.235 in:\n%s", text);
	free(text);
}

static void of_expectations(void **state)
{
	static const struct {
		enum nsrig_value kind;
		const char *word, *value;
	} rows[] = {
		{NSRIG_VALUE_RATE, "0.5mbit", "500000"},
		{NSRIG_VALUE_SIZE, "1.5k", "1536"},
		{NSRIG_VALUE_TIME, "2.5ms", "2500"},
		{NSRIG_VALUE_TIME, "0.5us", "0.5"},
		{NSRIG_VALUE_PERCENT, "0.5%", "0.5000"},
	};
	char value[NSRIG_VALUE_SIZE_MAX];
	size_t i;

	(void)state;
	speak_comma();
	for (i = 0; i < COUNT(rows); i++) {
		assert_true(nsrig_value_read(rows[i].kind, rows[i].word, value));
		assert_string_equal(value, rows[i].value);
	}
	assert_false(nsrig_value_read(NSRIG_VALUE_PERCENT, "0,5%", value));
}

static void of_topologies(void **state)
{
	struct nsrig_topo topo = {.text = "pair delay 1.5ms loss 0.5%"};
	char *text;

	(void)state;
	speak_comma();
	nsrig_assert_ok(nsrig_topo_dot(&topo, &text));
	if (!strstr(text, "1.5ms") || !strstr(text, "0.5%"))
		nsrig_fail("no 1.5ms and 0.5%% in:\n%s", text);
	free(text);
}

static void of_quantities(void **state)
{
	static const struct nsrig_unit units[] = {{"bit", 1}, {"kbit", 1e3}, {"mbit", 1e6}};
	static const struct {
		double quantity;
		const char *largest, *whole;
	} rows[] = {{0, "0bit", "0bit"}, {999, "999bit", "999bit"}, {1500, "1.5kbit", "1500bit"},
		{2000, "2kbit", "2kbit"}, {1500000, "1.5mbit", "1500kbit"},
		{3e9, "3000mbit", "3000mbit"}};
	size_t size, i;
	char *text;
	FILE *out;

	(void)state;
	speak_comma();
	for (i = 0; i < COUNT(rows); i++) {
		out = open_memstream(&text, &size);
		nsrig_write_quantity(out, rows[i].quantity, units, COUNT(units), false);
		fputc(' ', out);
		nsrig_write_quantity(out, rows[i].quantity, units, COUNT(units), true);
		fclose(out);
		if (strncmp(text, rows[i].largest, strlen(rows[i].largest)) ||
			strcmp(strchr(text, ' ') + 1, rows[i].whole))
			nsrig_fail("%s, and not %s %s", text, rows[i].largest, rows[i].whole);
		free(text);
	}
}

/* The locale of the program itself doesn't change. */
static void locale_stays(void **state)
{
	char *end, text[16];

	(void)state;
	speak_comma();
	assert_true(nsrig_decimal_read("0.5ms", &end) == 0.5);
	assert_string_equal(end, "ms");
	nsrig_decimal_put(text, sizeof(text), "%.1f", 0.5);
	assert_string_equal(text, "0.5");
	assert_true(strtod("0,5", NULL) == 0.5);
	snprintf(text, sizeof(text), "%.1f", 0.5);
	assert_string_equal(text, "0,5");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(of_the_command_line),
		cmocka_unit_test(of_tap),
		cmocka_unit_test(of_expectations),
		cmocka_unit_test(of_topologies),
		cmocka_unit_test(of_quantities),
		cmocka_unit_test(locale_stays),
	};

	return nsrig_main(argc, argv, tests);
}
