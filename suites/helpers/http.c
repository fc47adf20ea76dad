// SPDX-License-Identifier: MIT
/*
 * helpers/http: it serves its one page to every kind of request.
 *
 *	client eth0 10.0.0.1/24    ====== 10.0.0.2/24    eth0 server
 *	            2001:db8::1/64        2001:db8::2/64
 */
#include "helper.h"
#include "suites/lib/array.h"
#include "suites/lib/program.h"
#include "suites/smoke/lib/smoke.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const struct nsrig_topo pair = {
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24 2001:db8::1/64",
		"server:eth0 10.0.0.2/24 2001:db8::2/64")},
};

#define GET "GET /any/path?at=all HTTP/1.1\r\nHost: server\r\n\r\n"
#define HELLO                                                                                      \
	"HTTP/1.1 200 OK\r\nConnection: close\r\n"                                                 \
	"Content-Type: text/plain\r\nContent-Length: 6\r\n\r\nhello\n"

/* Sends a request, and compares the whole response, up to the end of the connection. */
static void assert_answers(int fd, const char *request, const char *response)
{
	size_t length;
	char *said;

	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, request, strlen(request), MSG_NOSIGNAL), strlen(request));
	said = helper_read_all(fd, &length);
	assert_string_equal(said, response);
	free(said);
	close(fd);
}

static int connect_to(void **state, const char *addr)
{
	return smoke_connect(nsrig_host(*state, "client"), SOCK_STREAM, addr, 80);
}

static void the_page_is_everywhere(void **state)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct nsrig_program *http;
	const char *out;

	http = helper_start(
		*state, "server", (char *[]){HTTP, "--totals", "tcp:80", "unix:/run/http", NULL});
	assert_answers(connect_to(state, "10.0.0.2"), GET, HELLO);
	assert_answers(connect_to(state, "2001:db8::2"), GET, HELLO);
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", nsrig_program_path(http, "/run/http"));
	assert_return_code(connect(fd, (struct sockaddr *)&to, sizeof(to)), errno);
	assert_answers(fd, "GET / HTTP/1.0\n\n", HELLO);
	assert_answers(connect_to(state, "10.0.0.2"), "HEAD / HTTP/1.1\r\n\r\n",
		"HTTP/1.1 200 OK\r\nConnection: close\r\n"
		"Content-Type: text/plain\r\nContent-Length: 6\r\n\r\n");
	/* A request that is sent byte by byte. */
	fd = connect_to(state, "10.0.0.2");
	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, "GE", 2, 0), 2);
	assert_false(smoke_readable(fd, 20));
	assert_int_equal(send(fd, "T / HTTP/1.1\r\n\r", 15, 0), 15);
	assert_false(smoke_readable(fd, 20));
	assert_answers(fd, "\n", HELLO);
	out = helper_stop(http);
	assert_int_equal(helper_figure(out, "requests"), 5);
	assert_int_equal(helper_figure(out, "refused"), 0);
}

static void the_page_is_what_it_is_told_to_be(void **state)
{
	static char page[16 << 20];
	char path[PATH_MAX];
	FILE *file;
	struct nsrig_program *http;
	size_t length, size;
	char *said, *body;
	int fd;

	http = helper_start(*state, "server",
		(char *[]){HTTP, "--status", "302", "--header", "Location: /there", "--header",
			"X-More: 1", "--body", "gone", "--type", "text/html", "tcp:80", NULL});
	assert_answers(connect_to(state, "10.0.0.2"), GET,
		"HTTP/1.1 302 Found\r\nConnection: close\r\nLocation: /there\r\nX-More: 1\r\n"
		"Content-Type: text/html\r\nContent-Length: 4\r\n\r\ngone");
	helper_stop(http);

	http = helper_start(*state, "server", (char *[]){HTTP, "--status", "204", "tcp:80", NULL});
	assert_answers(connect_to(state, "10.0.0.2"), GET,
		"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
	helper_stop(http);

	/* A file with NUL bytes: the program itself. */
	program_path(HTTP, path);
	file = fopen(path, "re");
	assert_non_null(file);
	size = fread(page, 1, sizeof(page), file);
	assert_int_equal(fclose(file), 0);
	http = helper_start(*state, "server",
		(char *[]){HTTP, "--file", path, "--type", "x/x", "tcp:80", NULL});
	fd = connect_to(state, "10.0.0.2");
	assert_return_code(fd, -fd);
	assert_int_equal(send(fd, GET, strlen(GET), 0), strlen(GET));
	said = helper_read_all(fd, &length);
	close(fd);
	body = strstr(said, "\r\n\r\n");
	assert_non_null(body);
	assert_int_equal(said + length - (body + 4), size);
	assert_memory_equal(body + 4, page, size);
	free(said);
	helper_stop(http);
}

static void bad_requests_are_refused(void **state)
{
	static const char *const bad[] = {"\r\n\r\n", "GET\r\n\r\n", "GET /\r\n\r\n",
		"GET  HTTP/1.1\r\n\r\n", " / HTTP/1.1\r\n\r\n", "GET / HTTP/2.0\r\n\r\n",
		"GET / HTTP/1.1 \r\n\r\n"};
	static char endless[16384 + 1];
	struct nsrig_program *http;
	const char *out;
	size_t i, length;
	char *said;
	int fd;

	http = helper_start(*state, "server", (char *[]){HTTP, "--totals", "tcp:80", NULL});
	for (i = 0; i < COUNT(bad); i++)
		assert_answers(connect_to(state, "10.0.0.2"), bad[i],
			"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n"
			"Content-Type: text/plain\r\nContent-Length: 16\r\n\r\n400 Bad Request\n");
	assert_answers(connect_to(state, "10.0.0.2"),
		"POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nbody",
		"HTTP/1.1 405 Method Not Allowed\r\nConnection: close\r\nAllow: GET, HEAD\r\n"
		"Content-Type: text/plain\r\nContent-Length: 23\r\n\r\n405 Method Not Allowed\n");
	memset(endless, 'x', sizeof(endless) - 1);
	assert_answers(connect_to(state, "10.0.0.2"), endless,
		"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\n"
		"Content-Type: text/plain\r\nContent-Length: 36\r\n\r\n"
		"431 Request Header Fields Too Large\n");
	/* The client closes the connection without a request. */
	fd = connect_to(state, "10.0.0.2");
	assert_return_code(fd, -fd);
	shutdown(fd, SHUT_WR);
	said = helper_read_all(fd, &length);
	assert_int_equal(length, 0);
	free(said);
	close(fd);
	assert_answers(connect_to(state, "10.0.0.2"), GET, HELLO);
	out = helper_stop(http);
	assert_int_equal(helper_figure(out, "requests"), i + 2);
	assert_int_equal(helper_figure(out, "refused"), i + 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		nsrig_test(the_page_is_everywhere, &pair),
		nsrig_test(the_page_is_what_it_is_told_to_be, &pair),
		nsrig_test(bad_requests_are_refused, &pair),
	};

	return nsrig_main(argc, argv, tests);
}
