#!/bin/sh
# SPDX-License-Identifier: MIT
# ci/no-sleep: the sources wait for events and never sleep; and ci/no-sleep finds those that do.
# $srcdir is the folder of the sources.
# shellcheck disable=SC2016 # what is no shell's to expand
sources=${srcdir:-$(dirname "$0")/../..}
# shellcheck source=suites/lib/shell.sh
. "$sources/suites/lib/shell.sh"

# sees FILE WHAT LINE: ci/no-sleep reports this line, the third of a file
sees() {
  printf 'one\n/* two */\n%s\n' "$3" >"$work/tree/$1"
  "$sources/ci/no-sleep" "$work/tree" >"$work/said" 2>&1
  [ $? -eq 1 ] && grep -q "^$1:3: " "$work/said"
  result $? "$2 is seen"
  rm "$work/tree/$1"
}

# overlooks FILE WHAT: ci/no-sleep does not report the text on stdin
overlooks() {
  cat >"$work/tree/$1"
  "$sources/ci/no-sleep" "$work/tree" >"$work/said" 2>&1
  ! grep -q "^$1:" "$work/said"
  result $? "$2 is none"
  rm "$work/tree/$1"
}

echo "TAP version 13"
echo 1..17
"$sources/ci/no-sleep" "$sources" >"$work/said" 2>&1
result $? "nothing in the sources sleeps that is not allowed to"

mkdir "$work/tree" && cp -R "$sources/fixture" "$sources/helpers" "$sources/suites" "$work/tree"
"$sources/ci/no-sleep" "$work/tree" >"$work/said" 2>&1
result $? "and it is the same in a copy"
sees fixture/wounded.c "sleep()" '	sleep(1);'
sees suites/wounded.c "usleep()" '	usleep (100);'
sees helpers/wounded.h "nanosleep()" '	if (nanosleep(&moment, NULL) < 0)'
sees fixture/wounded.c "clock_nanosleep()" '	clock_nanosleep(CLOCK_MONOTONIC, 0, &moment, NULL);'
sees suites/wounded.cc "system()" '	assert_int_equal(system("ip link"), 0);'
sees fixture/wounded.c "a poll of nothing" '	poll(NULL, 0, 20);'
sees fixture/wounded.c "a select of nothing" '	select(0, NULL, NULL, NULL, &moment);'
sees suites/wounded.sh "a shell's sleep" 'while ! grep -q up "$state"; do sleep 0.1; done'
sees suites/bench/wounded.c "a sleep in a command" '	sh("while ! test -e x; do sleep 1; done");'
sees suites/wounded.c "the program" '	program_run(&slept, (char *[]){"sleep", "1", NULL});'
overlooks fixture/wounded.c "what stands in a comment" <<'END'
/*
 * It does not sleep(1), nor system("sleep 1").
 */
int a; // usleep(1)
END
overlooks suites/wounded.sh "a comment of a shell's" <<'END'
true # sleep 1
# sleep 2
END
overlooks suites/wounded.c "what only sounds like it" <<'END'
	asleep(1); no_system(2); poll(&fds, 1, 20); may_leave("process *: sleep *"); oversleep = 1;
END
sed '/nanosleep(&pause/d' "$sources/fixture/ns/create.c" >"$work/tree/fixture/ns/create.c"
"$sources/ci/no-sleep" "$work/tree" >"$work/said" 2>&1
[ $? -eq 1 ] && grep -q '^fixture/ns/create.c: no longer has what ci/no-sleep allows it: ' "$work/said"
result $? "a reason for what is gone is told"
"$sources/ci/no-sleep" "$work" >"$work/said" 2>&1
[ $? -gt 1 ] && grep -q '^ci/no-sleep: there is no fixture in .* (expected the sources of nsrig)' "$work/said"
result $? "a folder without the sources is told"
