#!/bin/sh
# SPDX-License-Identifier: MIT
# The runner's streams as other harnesses read them: automake's drivers, meson, and prove with
# several programs in parallel. Runs in the build folder; $srcdir is the folder of the sources.
# shellcheck disable=SC2016 # $guilty is for the programs to find
# shellcheck source=suites/lib/shell.sh
. "${srcdir:-$(dirname "$0")/../..}/suites/lib/shell.sh"
begin 36
mkdir "$work/streams"

# stream NAME WHAT COMMAND: a program, and what every harness should report: one line per test, and
# one for the whole program.
streams=
stream() {
  streams="$streams $1"
  printf '#!/bin/sh\nexec %s\n' "$3" >"$work/streams/$1"
  chmod +x "$work/streams/$1"
  echo "$2" >"$work/$1.what"
  cat >"$work/$1.expected"
}

stream pass 'a pass' '"$guilty" passes,prints,ends_what_it_began' <<'E2'
PASS: 1 - passes
PASS: 2 - prints
PASS: 3 - ends_what_it_began
whole: PASS
E2
stream skip 'a skip, and its reason' '"$guilty" passes,skips,skips_in_setup' <<'E2'
PASS: 1 - passes
SKIP: 2 - skips # SKIP needs a larger machine
SKIP: 3 - skips_in_setup # SKIP needs more in its set-up
whole: PASS
E2
stream fail 'failed and broken' '"$guilty" fails,exits_0,crashes,is_misspelt,fails_in_setup,passes' <<'E2'
FAIL: 1 - fails
FAIL: 2 - exits_0
FAIL: 3 - crashes
FAIL: 4 - is_misspelt
FAIL: 5 - fails_in_setup
PASS: 6 - passes
whole: red
E2
stream tap 'output that looks like TAP' '"$guilty" says_the_plan,says_the_plan_and_fails,skips --verbose' <<'E2'
PASS: 1 - says_the_plan
FAIL: 2 - says_the_plan_and_fails
SKIP: 3 - skips # SKIP needs a larger machine
whole: red
E2
stream odd 'odd output, and much of it' '"$guilty" prints_odd_things,fails_with_a_long_line,passes' <<'E2'
FAIL: 1 - prints_odd_things
FAIL: 2 - fails_with_a_long_line
PASS: 3 - passes
whole: red
E2
stream skips 'nothing but skips' '"$guilty" skips' <<'E2'
SKIP: 1 - skips # SKIP needs a larger machine
whole: SKIP
E2
stream none 'no test in this shard' '"$guilty" passes --shard 2/2' <<'E2'
whole: SKIP
E2
# Not a runner's program; its one result and its exit status are good.
stream bail 'bail out' 'printf "TAP version 13\n1..1\nok 1 - first\nBail out! no network\n"' <<'E2'
PASS: 1 - first
whole: red
E2

# judge HARNESS STREAM: compares the harness's report with the expected one.
judge() {
  sed -E 's/^whole: (FAIL|ERROR)$/whole: red/' "$work/told" |
    diff "$work/$2.expected" - >"$work/difference"
  result $? "$1: $(cat "$work/$2.what")" "$work/difference"
}

# cannot HARNESS PACKAGE: skips the harness, which the package would provide.
cannot() {
  for stream in $streams; do
    skipped "$1: $(cat "$work/$stream.what")" "needs $2"
  done
}

# drive INTERPRETER DRIVER [OPTION]: calls the driver as automake's Makefile does.
drive() {
  interpreter=$1 driver=$2
  shift 2
  harness="$driver${1:+ $1}"
  folder=$(automake --print-libdir 2>/dev/null)
  if [ ! -e "$folder/$driver" ]; then
    cannot "$harness" "automake's $driver"
    return
  fi
  for stream in $streams; do
    rm -f "$work/trs"
    "$interpreter" "$folder/$driver" --test-name "$stream" --log-file "$work/log" \
      --trs-file "$work/trs" --color-tests no --enable-hard-errors yes --expect-failure no "$@" \
      -- "$work/streams/$stream" >"$work/said" 2>&1
    # The line for the whole covers a failed program's exit status, "Bail out!" and an empty plan.
    {
      sed -E "s/^([A-Z]+): $stream /\1: /
        /^ERROR: - exited with status 1$/d; /^ERROR: - Bail out! no network$/d; /^SKIP: - /d" "$work/said"
      sed -n 's/^:global-test-result: /whole: /p' "$work/trs"
    } >"$work/told"
    judge "$harness" "$stream"
  done
}

# meson reports on the whole program in one file, and on each test in another.
read_meson() {
  python3 - "$work/build/meson-logs" "$1" <<'E2'
import json, re, sys
from xml.etree import ElementTree

logs, stream = sys.argv[1:]
tests = f'.//testsuite[@name="streams.{stream}"]/testcase'
for case in ElementTree.parse(logs + '/testlog.junit.xml').iterfind(tests):
    # Newer versions leave out the dash.
    told = re.sub(r'^(\d+) (- )?', r'\1 - ', case.get('name'))
    for tag, result in ('error', 'ERROR'), ('failure', 'FAIL'), ('skipped', 'SKIP'):
        if case.find(tag) is not None:
            break
    else:
        result = 'PASS'
    if result == 'SKIP':
        told += ' # SKIP ' + (case.find('skipped').get('message') or case.findtext('system-out', ''))
    print(f'{result}: {told}')
for line in open(logs + '/testlog.json'):
    test = json.loads(line)
    if test['name'] == stream:
        print('whole:', {'OK': 'PASS'}.get(test['result'], test['result']))
E2
}

judge_meson() {
  known='meson: no line that it does not know'
  for need in meson ninja python3; do
    if ! has $need; then
      cannot meson $need
      skipped "$known" "needs $need"
      return
    fi
  done
  {
    echo "project('streams')"
    for stream in $streams; do
      echo "test('$stream', find_program('streams/$stream'), protocol: 'tap')"
    done
  } >"$work/meson.build"
  { meson setup "$work/build" "$work" && meson test -C "$work/build" --no-rebuild; } >"$work/said" 2>&1
  for stream in $streams; do
    read_meson "$stream" >"$work/told" 2>&1
    judge meson "$stream"
  done
  ! grep -E 'UNKNOWN|TAP parsing error' "$work/said" >"$work/unknown"
  result $? "$known" "$work/unknown"
}

drive sh tap-driver.sh
drive sh tap-driver.sh --merge
drive perl tap-driver.pl
judge_meson

# Two tests that wait for each other, so they have to run at the same time.
mkfifo "$work/fifo"
export GUILTY_PATH="$work/fifo"
stream waits - '"$guilty" waits_for_a_fifo --timeout 20' </dev/null
stream opens - '"$guilty" opens_the_fifo --timeout 20' </dev/null

# beside STATUS WHAT LINE PROGRAM...: the last line that prove -j4 prints for these programs
beside() {
  status=$1 what=$2 line=$3
  shift 3
  (cd "$work" && prove --norc -j4 --exec '' "$@" >"$work/said" 2>&1)
  [ $? -eq "$status" ] && grep -q "^$line" "$work/said"
  result $? "prove -j4: $what" "$work/said"
}

beside 0 'programs run side by side' 'Files=2, Tests=2, ' streams/waits streams/opens
beside 0 'green ones' 'Files=3, Tests=7, ' streams/pass streams/skip streams/skips
beside 1 'a red one among them' 'streams/fail  *(.* Tests: 6 Failed: 5)' streams/pass streams/fail streams/none
