// SPDX-License-Identifier: MIT
/*
 * Host names in the test's own /etc/hosts.
 *
 *	client eth0 10.0.0.1/24 2001:db8::1/64 ---- 10.0.0.2/24 2001:db8::2/64 eth0 server (www)
 */
#include "fixture/ns/ns-private.h"

#include "suites/lib/count.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <nsrig.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static const struct nsrig_topo named = {
	.hosts = {"server names www.example.org,www"},
	.links = {NSRIG_VETH("client:eth0 10.0.0.1/24 2001:db8::1/64",
		"server:eth0 10.0.0.2/24 2001:db8::2/64")},
};

static void assert_name(const char *name, int family, const char *expected)
{
	const struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found;
	char text[INET6_ADDRSTRLEN];
	int rc = getaddrinfo(name, NULL, &hints, &found);

	if (rc)
		nsrig_fail("%s: %s", name, gai_strerror(rc));
	assert_int_equal(getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof(text), NULL, 0,
				 NI_NUMERICHOST),
		0);
	assert_string_equal(text, expected);
	freeaddrinfo(found);
}

static void hosts_are_known_by_name(void **state)
{
	nsrig_in(nsrig_host(*state, "client")) {
		assert_name("server", AF_INET, "10.0.0.2");
		assert_name("www.example.org", AF_INET, "10.0.0.2");
		assert_name("www.example.org", AF_INET6, "2001:db8::2");
		assert_name("www", AF_INET6, "2001:db8::2");
		assert_name("client", AF_INET, "10.0.0.1");
		assert_name("localhost", AF_INET, "127.0.0.1");
		nsrig_assert_ping("10.0.0.2");
	}
}

static void hosts_that_come_later_are_known(void **state)
{
	nsrig_assert_ok(nsrig_add(*state, "veth client:eth1 10.1.0.1/24 -- mail:eth0 10.1.0.2/24"));
	assert_name("mail", AF_INET, "10.1.0.2");
	assert_name("www", AF_INET, "10.0.0.2");
	/* A host has the address of its first link. */
	assert_name("client", AF_INET, "10.0.0.1");
}

static bool is_listed(const char *words)
{
	FILE *file = fopen("/etc/hosts", "re");
	char line[256];
	bool found = false;

	assert_non_null(file);
	while (!found && fgets(line, sizeof(line), file))
		found = strstr(line, words);
	fclose(file);
	return found;
}

static void names_go_with_their_hosts(void **state)
{
	nsrig_assert_ok(nsrig_add(*state, "veth client:eth1 10.1.0.1/24 -- mail:eth0 10.1.0.2/24"));
	assert_true(is_listed("10.1.0.2 mail"));
	nsrig_assert_ok(nsrig_remove_host(*state, "mail"));
	assert_false(is_listed("mail"));
	assert_true(is_listed("10.0.0.2 server www.example.org www"));
	nsrig_assert_ok(nsrig_remove(*state, "server:eth0"));
	assert_false(is_listed("server"));
	assert_true(is_listed("localhost"));
}

/* For a host that could not be removed, the file lists the addresses that are left. */
static void names_go_with_their_links(void **state)
{
	struct nsrig_ns *mail;
	int fd;

	nsrig_assert_ok(nsrig_add(*state, "veth server:eth1 10.1.0.1/24 -- mail:eth0 10.1.0.2/24"));
	assert_true(is_listed("10.0.0.2 server www.example.org www"));
	mail = nsrig_host(*state, "mail");
	fd = mail->fd;
	mail->fd = -1;
	nsrig_assert_error(nsrig_remove_host(*state, "server"), -EBADF);
	mail->fd = fd;
	assert_false(is_listed("10.0.0.2 server www.example.org www"));
	assert_true(is_listed("10.1.0.1 server www.example.org www"));
	nsrig_assert_ok(nsrig_remove_host(*state, "server"));
	assert_false(is_listed("10.1.0.1 server www.example.org www"));
}

static void names_end_with_the_rig(void **state)
{
	struct stat before, during, after;
	int mounts = count_mounts();
	struct nsrig *rig;

	(void)state;
	assert_return_code(stat("/etc/hosts", &before), errno);
	nsrig_assert_ok(nsrig_new(&rig));
	nsrig_assert_ok(nsrig_build(rig, &named));
	assert_return_code(stat("/etc/hosts", &during), errno);
	assert_true(before.st_ino != during.st_ino || before.st_dev != during.st_dev);
	nsrig_free(rig);
	assert_return_code(stat("/etc/hosts", &after), errno);
	assert_true(before.st_ino == after.st_ino && before.st_dev == after.st_dev);
	assert_int_equal(count_mounts(), mounts);
}

/*
 * The names of one network must not appear in the file of another, nor disappear with the first
 * one.
 */
static void a_second_rig_has_no_names(void **state)
{
	int mounts = count_mounts();
	struct nsrig *other;

	nsrig_assert_ok(nsrig_new(&other));
	refused(nsrig_add(other, "host x names y\nveth x:eth0 10.5.0.1/24 -- z:eth0 10.5.0.2/24"),
		-EBUSY, "another network of this process");
	assert_null(nsrig_find_host(other, "x"));
	nsrig_assert_ok(nsrig_add(other, "veth x:eth0 10.5.0.1/24 -- z:eth0 10.5.0.2/24"));
	nsrig_free(other);
	assert_int_equal(count_mounts(), mounts);
	assert_true(is_listed("10.0.0.2 server www.example.org www"));
	nsrig_assert_ok(nsrig_add(*state, "veth client:eth1 10.1.0.1/24 -- mail:eth0 10.1.0.2/24"));
	assert_true(is_listed("10.1.0.2 mail"));
}

static void an_addition_that_fails_adds_no_name(void **state)
{
	struct nsrig *rig = *state;
	struct stat st;
	ino_t inode;

	assert_return_code(stat("/etc/hosts", &st), errno);
	inode = st.st_ino;
	refused(nsrig_add(rig, "host x names y\n"
			       "veth x:eth0 10.0.0.1/24 -- z:eth0 10.0.0.2/24\n"
			       "route x 10.9.0.0/16 via 10.0.0.2\n"
			       "route x 10.9.0.0/16 via 10.0.0.2"),
		-EEXIST, "line 4");
	assert_return_code(stat("/etc/hosts", &st), errno);
	assert_int_equal(st.st_ino, inode);
}

static const struct CMUnitTest tests[] = {
	nsrig_test(hosts_are_known_by_name, &named),
	nsrig_test(hosts_that_come_later_are_known, &named),
	nsrig_test(names_go_with_their_hosts, &named),
	nsrig_test(names_go_with_their_links, &named),
	nsrig_test(names_end_with_the_rig),
	nsrig_test(a_second_rig_has_no_names, &named),
	nsrig_test(an_addition_that_fails_adds_no_name),
};

int main(int argc, char **argv)
{
	return nsrig_main(argc, argv, tests);
}
