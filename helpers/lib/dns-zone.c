// SPDX-License-Identifier: MIT
/* Parses and finds records. DNS messages are in dns-response.c. */
#include "dns-zone.h"

#include "helper.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>
#include <ctype.h>
#include <errno.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TTL 300
#define WORDS_MOST 64
#define DATA_MOST 4096

/*
 * The format of each type's data, one letter for each word. a: an IPv4 address; 6: an IPv6 address;
 * n: a name; 2 and 4: a number of that many bytes; t: any number of texts.
 */
static const struct type {
	const char *name;
	int number;
	const char *words;
	const char *example;
} types[] = {
	{"A", ns_t_a, "a", "10.0.0.1"},
	{"AAAA", ns_t_aaaa, "6", "2001:db8::1"},
	{"CNAME", ns_t_cname, "n", "www.example.test"},
	{"PTR", ns_t_ptr, "n", "www.example.test"},
	{"NS", ns_t_ns, "n", "ns.example.test"},
	{"TXT", ns_t_txt, "t", "\"some words\""},
	{"MX", ns_t_mx, "2n", "10 mail.example.test"},
	{"SRV", ns_t_srv, "222n", "0 5 80 www.example.test"},
	{"SOA", ns_t_soa, "nn44444", "ns.example.test admin.example.test 1 3600 600 86400 60"},
};

const char *zone_type(int number)
{
	static char text[16];
	size_t i;

	for (i = 0; i < NSRIG_COUNT(types); i++) {
		if (types[i].number == number)
			return types[i].name;
	}
	snprintf(text, sizeof(text), "TYPE%d", number);
	return text;
}

/* ---- names ----------------------------------------------------------------------------------- */

int zone_read_name(const char *text, struct zone_name *name)
{
	size_t i;
	int length = dn_comp(text, name->bytes, sizeof(name->bytes), NULL, NULL);

	/* dn_comp() accepts empty labels, but only the root "." may have one. */
	if (length < 0 || !*text || strstr(text, "..") || (*text == '.' && text[1]))
		return nsrig_refused(EINVAL,
			"\"%s\" is no name (expected labels of at most 63 bytes, 255 in all)",
			text);
	name->length = length;
	/* A label's length is at most 63, so tolower() doesn't change it. */
	for (i = 0; i < name->length; i++)
		name->bytes[i] = tolower(name->bytes[i]);
	return 0;
}

/* Whether a name is this domain, or in it. */
static bool is_in(const struct zone_name *name, const struct zone_name *domain)
{
	size_t at = 0;

	while (name->length - at > domain->length)
		at += name->bytes[at] + 1;
	return name->length - at == domain->length &&
	       !memcmp(name->bytes + at, domain->bytes, domain->length);
}

/* The name of an address in in-addr.arpa or ip6.arpa; false if it isn't an address. */
static bool reverse(const char *text, char out[ZONE_NAME_MOST])
{
	unsigned char b[16];
	int i, length = 0;

	if (inet_pton(AF_INET, text, b) == 1) {
		snprintf(out, ZONE_NAME_MOST, "%d.%d.%d.%d.in-addr.arpa", b[3], b[2], b[1], b[0]);
		return true;
	}
	if (inet_pton(AF_INET6, text, b) != 1)
		return false;
	for (i = 15; i >= 0; i--)
		length += snprintf(
			out + length, ZONE_NAME_MOST - length, "%x.%x.", b[i] & 15, b[i] >> 4);
	snprintf(out + length, ZONE_NAME_MOST - length, "ip6.arpa");
	return true;
}

/* ---- records --------------------------------------------------------------------------------- */

struct words {
	char *words[WORDS_MOST];
	size_t count;
};

/* Splits a line into words. A quoted string is one word; a backslash in it quotes the next byte. */
static int cut(char *line, struct words *words)
{
	char *to = line;
	bool quoted;

	words->count = 0;
	for (;;) {
		line += strspn(line, " \t\r\n");
		if (!*line || *line == ';' || *line == '#')
			return 0;
		if (words->count == WORDS_MOST)
			return nsrig_refused(
				EINVAL, "too many words (expected at most %d)", WORDS_MOST);
		words->words[words->count++] = to;
		quoted = *line == '"';
		for (line += quoted; *line && (quoted ? *line != '"' : !strchr(" \t\r\n", *line));
			line++) {
			/* Outside quotes, dn_comp() interprets the backslash. */
			if (quoted && *line == '\\' && line[1])
				line++;
			*to++ = *line;
		}
		if (quoted && *line != '"')
			return nsrig_refused(EINVAL, "a quote is not closed (expected another \")");
		/* The NUL may overwrite the delimiter, so skips that first. */
		if (*line)
			line++;
		*to++ = '\0';
	}
}

static int put_number(const char *text, uint64_t most, int size, unsigned char *data)
{
	uint64_t number;
	int rc = nsrig_read_number(text, 0, most, &number);

	if (rc == 0 && size == 2)
		ns_put16(number, data);
	else if (rc == 0)
		ns_put32(number, data);
	return rc < 0 ? rc : size;
}

/* Writes the data of a word. Returns its length; -EINVAL with a message. */
static int put_word(char kind, const char *word, unsigned char *data)
{
	struct zone_name name;
	size_t length = strlen(word);

	switch (kind) {
	case 'a':
		return inet_pton(AF_INET, word, data) == 1
			       ? 4
			       : nsrig_refused(EINVAL, "\"%s\" is no IPv4 address", word);
	case '6':
		return inet_pton(AF_INET6, word, data) == 1
			       ? 16
			       : nsrig_refused(EINVAL, "\"%s\" is no IPv6 address", word);
	case '2':
		return put_number(word, UINT16_MAX, 2, data);
	case '4':
		return put_number(word, UINT32_MAX, 4, data);
	case 't':
		if (length > 255)
			return nsrig_refused(
				EINVAL, "a text of %zu bytes (expected at most 255)", length);
		*data = length;
		memcpy(data + 1, word, length);
		return length + 1;
	default:
		if (zone_read_name(word, &name) < 0)
			return -EINVAL;
		/* Not name.bytes, which is in lower case. */
		return dn_comp(word, data, ZONE_NAME_MOST, NULL, NULL);
	}
}

static int put_data(const struct type *type, char **words, size_t count, unsigned char *data)
{
	size_t i, length = 0, expected = strlen(type->words);
	bool texts = *type->words == 't';
	int n;

	if (texts ? !count : count != expected)
		return nsrig_refused(EINVAL, "%s with %zu words behind it (expected %s %s)",
			type->name, count, type->name, type->example);
	for (i = 0; i < count; i++) {
		if (length > DATA_MOST - 256)
			return nsrig_refused(EINVAL, "more than %d bytes of data", DATA_MOST);
		n = put_word(texts ? 't' : type->words[i], words[i], data + length);
		if (n < 0)
			return nsrig_refused(EINVAL, "%s (expected %s %s)", nsrig_error(),
				type->name, type->example);
		length += n;
	}
	return length;
}

static const struct type *find_type(const char *name)
{
	size_t i;

	for (i = 0; i < NSRIG_COUNT(types); i++) {
		if (!strcasecmp(types[i].name, name))
			return &types[i];
	}
	return NULL;
}

static int append(struct zone *zone, const struct zone_record *record, const char *text,
	const unsigned char *data)
{
	struct zone_record *kept = malloc(sizeof(*kept));

	if (!kept)
		return nsrig_failed(ENOMEM, "a record");
	*kept = *record;
	kept->next = NULL;
	kept->text = strdup(text);
	kept->data = malloc(record->length);
	if (!kept->text || !kept->data) {
		free(kept->text);
		free(kept->data);
		free(kept);
		return nsrig_failed(ENOMEM, "a record");
	}
	memcpy(kept->data, data, record->length);
	if (!zone->last)
		zone->last = &zone->records;
	*zone->last = kept;
	zone->last = &kept->next;
	return 0;
}

/* Parses NAME [TTL] [IN] TYPE DATA... */
static int add_words(struct zone *zone, char **words, size_t count)
{
	unsigned char data[DATA_MOST];
	struct zone_record record = {.ttl = TTL};
	char arpa[ZONE_NAME_MOST];
	const struct type *type;
	uint64_t ttl;
	size_t at = 1;
	int rc;

	if (at < count && isdigit((unsigned char)*words[at])) {
		rc = nsrig_read_number(words[at++], 0, INT32_MAX, &ttl);
		if (rc < 0)
			return rc;
		record.ttl = ttl;
	}
	if (at < count && !strcasecmp(words[at], "IN"))
		at++;
	if (at >= count)
		return nsrig_refused(EINVAL, "no type (expected NAME [TTL] [IN] TYPE DATA)");
	type = find_type(words[at]);
	if (!type)
		return nsrig_refused(EINVAL,
			"\"%s\" is no type (expected A, AAAA, CNAME, PTR, NS, TXT, MX, SRV or SOA)",
			words[at]);
	record.type = type->number;
	if (reverse(words[0], arpa))
		words[0] = arpa;
	rc = zone_read_name(words[0], &record.name);
	if (rc == 0)
		rc = put_data(type, words + at + 1, count - at - 1, data);
	if (rc < 0)
		return rc;
	record.length = rc;
	return append(zone, &record, words[0], data);
}

/*
 * Adds the record of a line; a line without words is skipped. found: receives the number of words.
 */
static int add_line(struct zone *zone, const char *line, size_t *found)
{
	char *copy = malloc(strlen(line) + 2);
	struct words words;
	int rc;

	if (!copy)
		return nsrig_failed(ENOMEM, "a record");
	strcpy(copy, line);
	rc = cut(copy, &words);
	*found = words.count;
	if (rc == 0 && words.count)
		rc = add_words(zone, words.words, words.count);
	free(copy);
	return rc;
}

int zone_add(struct zone *zone, const char *line)
{
	size_t found;
	int rc = add_line(zone, line, &found);

	if (rc == 0 && !found)
		return nsrig_refused(
			EINVAL, "an empty record (expected NAME [TTL] [IN] TYPE DATA)");
	return rc < 0 ? nsrig_refused(-rc, "\"%s\": %s", line, nsrig_error()) : 0;
}

int zone_read(struct zone *zone, const char *path)
{
	FILE *file = fopen(path, "re");
	char *line = NULL;
	size_t size = 0, number = 0, found;
	ssize_t length;
	int rc = 0;

	while (file && rc == 0 && (length = getline(&line, &size, file)) >= 0) {
		number++;
		if (strlen(line) == (size_t)length)
			rc = add_line(zone, line, &found);
		else
			rc = nsrig_refused(EINVAL, "a NUL in the line (expected text)");
		if (rc < 0)
			rc = nsrig_refused(-rc, "%s:%zu: %s", path, number, nsrig_error());
	}
	/*
	 * fopen(3) succeeds for a directory, but getline(3) doesn't. Always -EINVAL: a file that
	 * can't be read is an error in the command line.
	 */
	if (!file || (rc == 0 && ferror(file)))
		rc = nsrig_refused(EINVAL, "\"%s\": %s (expected a file that can be read)", path,
			strerror(errno));
	free(line);
	if (file)
		fclose(file);
	return rc;
}

void zone_free(struct zone *zone)
{
	struct zone_record *record, *next;

	for (record = zone->records; record; record = next) {
		next = record->next;
		free(record->text);
		free(record->data);
		free(record);
	}
	zone->records = NULL;
	zone->last = NULL;
}

/* ---- looking up ------------------------------------------------------------------------------ */

const struct zone_record *zone_find(const struct zone *zone, const struct zone_record *after,
	const struct zone_name *name, int type)
{
	const struct zone_record *record = after ? after->next : zone->records;

	for (; record; record = record->next) {
		if (record->name.length == name->length &&
			!memcmp(record->name.bytes, name->bytes, name->length) &&
			(type == ns_t_any || record->type == type))
			break;
	}
	return record;
}

bool zone_has(const struct zone *zone, const struct zone_name *name)
{
	const struct zone_record *record;

	for (record = zone->records; record; record = record->next) {
		if (is_in(&record->name, name))
			return true;
	}
	return false;
}

const struct zone_record *zone_soa(const struct zone *zone, const struct zone_name *name)
{
	const struct zone_record *record, *soa = NULL;

	/* The closest enclosing zone is the one with the longest name. */
	for (record = zone->records; record; record = record->next) {
		if (record->type == ns_t_soa && is_in(name, &record->name) &&
			(!soa || record->name.length > soa->name.length))
			soa = record;
	}
	return soa;
}
