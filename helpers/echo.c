// SPDX-License-Identifier: MIT
/*
 * An echo server (RFC 862) for TCP, UDP, SCTP and unix sockets, on any number of endpoints at once.
 * --help describes its use.
 */
#include "lib/helper.h"
#include "lib/service.h"

static const char help[] =
	"usage: echo [OPTION]... ENDPOINT...\n"
	"\n"
	"Sends back everything that it receives, until SIGTERM or SIGINT. Datagrams are answered\n"
	"from the address that they were sent to. When a client shuts down its side of a\n"
	"connection, it gets the rest of its data, and the connection is closed.\n"
	"\n"
	"ENDPOINT is an address to listen on:\n"
	"  tcp:PORT  udp:PORT  sctp:PORT          every address, IPv4 and IPv6\n"
	"  tcp:10.0.0.1:PORT  udp:[::1]:PORT ...  one address\n"
	"  unix:/PATH  unix-dgram:/PATH  unix-seqpacket:/PATH  (or @NAME: abstract)\n"
	"\n"
	"  --totals            print a line of figures at the end: connections= datagrams=\n"
	"                      answers= dropped= (answers that could not be sent)\n"
	"                      bytes_received= bytes_sent=\n"
	"  --json              print the figures as JSON\n" HELPER_HELP_COMMON "\n"
	"  echo tcp:7 udp:7 'tcp:[::1]:8' unix:/run/echo\n"
	"\n" HELPER_HELP_READY "\n" HELPER_HELP_STATUS;

static const struct option options[] = {
	{"totals", no_argument, NULL, 't'},
	{"json", no_argument, NULL, 'j'},
	HELPER_OPTIONS,
};

static void heard(struct connection *connection, char *data, size_t length)
{
	if (length)
		connection_send(connection, data, length);
	else
		connection_end(connection);
}

static void answer(struct datagram *datagram)
{
	datagram_answer(datagram, datagram->data, datagram->length);
}

static struct service service = {.heard = heard, .datagram = answer};

#define PROTOCOLS                                                                                  \
	(ENDPOINT_TCP | ENDPOINT_UDP | ENDPOINT_SCTP | ENDPOINT_UNIX | ENDPOINT_UNIX_DGRAM |       \
		ENDPOINT_UNIX_SEQPACKET)

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
	}
	if (rc < -1)
		return helper_end(rc);
	rc = service_begin(&service, argv + optind, PROTOCOLS);
	if (rc == 0)
		rc = loop_run();
	service_end(&service);
	if (rc == 0 && totals) {
		service_count(&service, &figures);
		figures_end(&figures);
	}
	return helper_end(rc);
}
