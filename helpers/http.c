// SPDX-License-Identifier: MIT
/*
 * An HTTP server for a single page (RFC 9110, 9112), without persistent connections. --help
 * describes its use.
 */
#include "lib/helper.h"
#include "lib/service.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
	"usage: http [OPTION]... ENDPOINT...\n"
	"\n"
	"Answers every GET and HEAD with the same page, whatever the path, and closes the\n"
	"connection. Runs until SIGTERM or SIGINT.\n"
	"\n"
	"ENDPOINT is tcp:PORT (every address, IPv4 and IPv6), tcp:10.0.0.1:PORT, tcp:[::1]:PORT,\n"
	"unix:/PATH or unix:@NAME.\n"
	"\n"
	"  --status N          status code, from 200 to 599 (default: 200)\n"
	"  --body TEXT         content of the page (default: \"hello\\n\")\n"
	"  --file FILE         content of the page, read once at the start\n"
	"  --type TYPE         content type (default: text/plain)\n"
	"  --header LINE       add a header, such as \"Location: http://10.0.0.1/\"; can be\n"
	"                      repeated\n"
	"  --totals            print a line of figures at the end: requests= refused= (with 400,\n"
	"                      405, 431) connections= datagrams= answers= dropped=\n"
	"                      bytes_received= bytes_sent=\n"
	"  --json              print the figures as JSON\n" HELPER_HELP_COMMON "\n"
	"  http --body 'it works' tcp:80\n"
	"  http --status 302 --header 'Location: /there' 'tcp:[::1]:8080'\n"
	"\n" HELPER_HELP_READY "\n" HELPER_HELP_STATUS;

static const struct option options[] = {
	{"status", required_argument, NULL, 's'},
	{"body", required_argument, NULL, 'b'},
	{"file", required_argument, NULL, 'f'},
	{"type", required_argument, NULL, 'y'},
	{"header", required_argument, NULL, 'a'},
	{"totals", no_argument, NULL, 't'},
	{"json", no_argument, NULL, 'j'},
	HELPER_OPTIONS,
};

/* The largest request: its first line and its headers. */
#define REQUEST_MOST 16384

static uint64_t status = 200;
static const char *body = "hello\n", *type = "text/plain";
static char *from_file;
static size_t body_length = sizeof("hello\n") - 1;
static char headers[4096];
static uint64_t requests, refused;

struct request {
	char text[REQUEST_MOST + 1];
	size_t length;
};

/* RFC 9110, section 15: clients ignore the phrase. */
static const char *phrase(int code)
{
	static const struct {
		int code;
		const char *phrase;
	} phrases[] = {
		{200, "OK"},
		{201, "Created"},
		{204, "No Content"},
		{301, "Moved Permanently"},
		{302, "Found"},
		{304, "Not Modified"},
		{400, "Bad Request"},
		{401, "Unauthorized"},
		{403, "Forbidden"},
		{404, "Not Found"},
		{405, "Method Not Allowed"},
		{431, "Request Header Fields Too Large"},
		{500, "Internal Server Error"},
		{502, "Bad Gateway"},
		{503, "Service Unavailable"},
		{504, "Gateway Timeout"},
	};
	size_t i;

	for (i = 0; i < NSRIG_COUNT(phrases); i++) {
		if (phrases[i].code == code)
			return phrases[i].phrase;
	}
	return "Status";
}

static void respond(struct connection *connection, int code, const char *more, const char *media,
	const char *page, size_t length, bool with_page)
{
	char head[sizeof(headers) + 1024];
	size_t size = snprintf(head, sizeof(head), "HTTP/1.1 %d %s\r\nConnection: close\r\n%s",
		code, phrase(code), more);

	/* RFC 9110, section 8.6: a 204 has no Content-Length. */
	if (code != 204)
		size += snprintf(head + size, sizeof(head) - size,
			"Content-Type: %s\r\nContent-Length: %zu\r\n", media, length);
	size += snprintf(head + size, sizeof(head) - size, "\r\n");
	connection_send(connection, head, size);
	if (with_page && code != 204 && code != 304)
		connection_send(connection, page, length);
	connection_end(connection);
}

static void refuse(struct connection *connection, int code, const char *more)
{
	char page[128];
	int length = snprintf(page, sizeof(page), "%d %s\n", code, phrase(code));

	refused++;
	respond(connection, code, more, "text/plain", page, length, true);
}

/* Parses "METHOD TARGET HTTP/1.x". Returns the end of the method, or NULL. */
static const char *read_line(const char *line, size_t length)
{
	const char *method_end = memchr(line, ' ', length), *target_end;

	if (!method_end || method_end == line)
		return NULL;
	target_end = memchr(method_end + 1, ' ', line + length - method_end - 1);
	if (!target_end || target_end == method_end + 1 ||
		line + length - target_end != sizeof(" HTTP/1.1") - 1 ||
		strncmp(target_end, " HTTP/1.", strlen(" HTTP/1.")))
		return NULL;
	return method_end;
}

static void answer(struct connection *connection, const char *text)
{
	size_t length = strcspn(text, "\r\n");
	const char *method_end = read_line(text, length);
	bool head = method_end && !strncmp(text, "HEAD ", 5);

	requests++;
	helper_log("%s: %.*s", endpoint_name(&connection->from, connection->from_length).text,
		(int)length, text);
	if (!method_end)
		refuse(connection, 400, "");
	else if (!head && strncmp(text, "GET ", 4))
		refuse(connection, 405, "Allow: GET, HEAD\r\n");
	else
		respond(connection, status, headers, type, body, body_length, !head);
}

static void heard(struct connection *connection, char *data, size_t length)
{
	struct request *request = connection->own;
	size_t room;

	if (!request)
		request = connection->own = calloc(1, sizeof(*request));
	/* Without the end of its headers, the request is incomplete. */
	if (!request || !length) {
		connection_end(connection);
		return;
	}
	room = REQUEST_MOST - request->length;
	if (length < room)
		room = length;
	memcpy(request->text + request->length, data, room);
	request->length += room;
	request->text[request->length] = '\0';
	/*
	 * strstr() stops at a NUL. A request that contains one never ends, and finally is too
	 * large.
	 */
	if (strstr(request->text, "\r\n\r\n") || strstr(request->text, "\n\n"))
		answer(connection, request->text);
	else if (request->length == REQUEST_MOST)
		refuse(connection, 431, "");
}

static void closed(struct connection *connection)
{
	free(connection->own);
}

static struct service service = {.heard = heard, .closed = closed};

static int read_file(const char *path)
{
	FILE *file = fopen(path, "re"), *out = open_memstream(&from_file, &body_length);
	char part[65536];
	size_t n;
	int err = file ? 0 : errno;

	while (file && out && (n = fread(part, 1, sizeof(part), file)) > 0)
		fwrite(part, 1, n, out);
	if (file && (!out || ferror(file)))
		err = errno;
	if (out && fclose(out) != 0)
		err = errno;
	if (file)
		fclose(file);
	body = from_file;
	/* Always -EINVAL: a file that can't be read is an error in the command line. */
	return err ? nsrig_refused(EINVAL, "\"%s\": %s (expected a file that can be read)", path,
			     strerror(err))
		   : 0;
}

/* A line break would end the header and begin another. */
static bool is_one_line(const char *text)
{
	return *text && !text[strcspn(text, "\r\n")];
}

static int add_header(const char *line)
{
	size_t length = strlen(headers);

	if (!is_one_line(line) || strcspn(line, ":") == 0 || !strchr(line, ':') ||
		strcspn(line, " \t") < strcspn(line, ":"))
		return nsrig_refused(EINVAL,
			"\"%s\" is not a header (expected one such as \"Location: /there\")", line);
	if (length + strlen(line) + 3 > sizeof(headers))
		return nsrig_refused(
			EINVAL, "all headers together have at most %zu bytes", sizeof(headers) - 1);
	sprintf(headers + length, "%s\r\n", line);
	return 0;
}

static int read_option(int option)
{
	switch (option) {
	case 's':
		return helper_refused("status", nsrig_read_number(optarg, 200, 599, &status));
	case 'b':
		body = optarg;
		body_length = strlen(body);
		return 0;
	case 'f':
		free(from_file);
		return helper_refused("file", read_file(optarg));
	case 'a':
		return helper_refused("header", add_header(optarg));
	default:
		type = optarg;
		if (is_one_line(type) && strlen(type) < 512)
			return 0;
		return nsrig_refused(EINVAL, "--type: expected one such as text/html");
	}
}

int main(int argc, char **argv)
{
	struct figures figures = {0};
	bool totals = false;
	int rc;

	while ((rc = helper_option(argc, argv, help, options)) > 0) {
		if (rc == 't')
			totals = true;
		else if (rc == 'j')
			figures.json = true;
		else if ((rc = read_option(rc)) < 0)
			break;
	}
	if (rc == -1)
		rc = service_begin(&service, argv + optind, ENDPOINT_TCP | ENDPOINT_UNIX);
	if (rc == 0)
		rc = loop_run();
	service_end(&service);
	free(from_file);
	if (rc == 0 && totals) {
		figures_number(&figures, "requests", requests);
		figures_number(&figures, "refused", refused);
		service_count(&service, &figures);
		figures_end(&figures);
	}
	return helper_end(rc);
}
