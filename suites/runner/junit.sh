#!/bin/sh
# SPDX-License-Identifier: MIT
# ci/junit: the conversion of a TAP stream to JUnit's XML loses nothing, and a failed run fails
# there too. Runs in the build folder; $srcdir is the folder of the sources.
# shellcheck source=suites/lib/shell.sh
. "${srcdir:-$(dirname "$0")/../..}/suites/lib/shell.sh"
junit=${srcdir:-$(dirname "$0")/../..}/ci/junit
begin 14

# What an XML parser finds in a file: the counts, and each test with its result.
read_xml() {
  PYTHONIOENCODING=utf-8 python3 - "$1" <<'E2'
import sys
from xml.etree import ElementTree

def counts(element):
    keys = [key for key in ('tests', 'failures', 'errors', 'skipped') if key in element.keys()]
    return ', '.join(f'{element.get(key)} {key}' for key in keys)

root = ElementTree.parse(sys.argv[1]).getroot()
print(f'{root.tag}: {counts(root)}')
for suite in root:
    print(f'{suite.get("name")}: {counts(suite)}')
    for case in suite.iterfind('testcase'):
        if not len(case):
            print(f'- {case.get("name")}')
        for child in case:
            print(f'- {case.get("name")}: {child.tag}: {child.get("message")}')
            print(child.text)
E2
}

# compare WHAT: compares the file and the exit status with the expected ones.
compare() {
  { read_xml "$work/xml" && echo "exit status $status"; } 2>&1 |
    sed -E "s|$work/||; s|was not run: .*No such file.*|was not run: No such file|
      s|[^ \"]*guilty-[a-z]*\.c:[0-9]+|guilty.c:N|; s|(duration_ms:) .*|\1 N|" | diff "$work/expected" - >"$work/difference"
  result $? "$1" "$work/difference"
}

# judge WHAT PROGRAM [ARGUMENT]...: converts the program's stream, then compares
judge() {
  what=$1
  shift
  cat >"$work/expected"
  if ! has python3; then
    skipped "$what" "needs python3"
    return
  fi
  "$junit" "$work/xml" "$@" >/dev/null 2>&1
  status=$?
  compare "$what"
}

# program NAME: writes a program with the commands on stdin
program() {
  { printf '#!/bin/sh\necho TAP version 13\n'; cat; } >"$work/$1"
  chmod +x "$work/$1"
}

judge "a green run" suites/guilty/guilty passes,prints <<'E2'
testsuites: 2 tests, 0 failures, 0 errors
suites/guilty/guilty: 2 tests, 0 failures, 0 errors, 0 skipped
- passes
- prints
exit status 0
E2
judge "a skip says why" suites/guilty/guilty passes,skips,skips_in_do <<'E2'
testsuites: 3 tests, 0 failures, 0 errors
suites/guilty/guilty: 3 tests, 0 failures, 0 errors, 2 skipped
- passes
- skips: skipped: needs a larger machine
needs a larger machine
- skips_in_do: skipped: needs #5 and a \
needs #5 and a \
exit status 0
E2
judge "a failure says what, where and after which words" suites/guilty/guilty fails,crashes,passes <<'E2'
testsuites: 3 tests, 2 failures, 0 errors
suites/guilty/guilty: 3 tests, 2 failures, 0 errors, 0 skipped
- fails: failure: "one" != "two"
"one" != "two"
guilty.c:N

output:
before it failed
- crashes: failure: crashed in the test: SIGSEGV (Segmentation fault)
crashed in the test: SIGSEGV (Segmentation fault)
- passes
exit status 1
E2
judge "a leak says of what, and a failure in which namespace" suites/guilty/guilty leaks_a_mount,fails_in_block <<'E2'
testsuites: 2 tests, 2 failures, 0 errors
suites/guilty/guilty: 2 tests, 2 failures, 0 errors, 0 skipped
- leaks_a_mount: failure: left behind: mount /run/a place: tmpfs
left behind: mount /run/a place: tmpfs

leaked:
mount /run/a place: tmpfs
- fails_in_block: failure: ping 10.1.0.99: no answer within 20 ms
ping 10.1.0.99: no answer within 20 ms
guilty.c:N
in left
exit status 1
E2
judge "what is broken is an error" suites/guilty/guilty is_misspelt,passes,fails_in_setup <<'E2'
testsuites: 3 tests, 0 failures, 2 errors
suites/guilty/guilty: 3 tests, 0 failures, 2 errors, 0 skipped
- is_misspelt: error: .links[0].peer, column 1: "right" is not the end of a link (expected HOST:LINK [ADDRESS ...])
.links[0].peer, column 1: "right" is not the end of a link (expected HOST:LINK [ADDRESS ...])
- passes
- fails_in_setup: error: "seven" != "eight"
"seven" != "eight"
guilty.c:N
exit status 1
E2
judge "output of any kind" suites/guilty/guilty prints_odd_things <<'E2'
testsuites: 1 tests, 1 failures, 0 errors
suites/guilty/guilty: 1 tests, 1 failures, 0 errors, 0 skipped
- prints_odd_things: failure: word: "quoted"
second line: ...
word: "quoted"
second line: ...
guilty.c:N

output:
word: after
word : after
 a: b
- list
...
---
"quoted"
\


'x'
#
nul \x01 \x1b[1m 	 tabÿþ: x
: 
:
{
[
~
|
>
no newline at the end
exit status 1
E2
program markup <<'E2'
printf '1..2\nok 1 - <a> & "b" # SKIP <c> & "d"\n'
printf 'not ok 2 - e\n  ---\n  message: "]]> \342\202\254 \357\277\277 \302\205"\n  ...\n# f\n'
E2
judge "what means something in XML" "$work/markup" <<'E2'
testsuites: 2 tests, 1 failures, 0 errors
markup: 2 tests, 1 failures, 0 errors, 1 skipped
- <a> & "b": skipped: <c> & "d"
<c> & "d"
- e: failure: ]]> € \xffff \x85
]]> € \xffff \x85
f
exit status 1
E2
program all <<'E2'
echo "1..0 # SKIP needs more"
E2
judge "a program that is skipped" "$work/all" <<'E2'
testsuites: 1 tests, 0 failures, 0 errors
all: 1 tests, 0 failures, 0 errors, 1 skipped
- (all of it): skipped: needs more
needs more
exit status 0
E2

# Whatever the results of its tests.
program killed <<'E2'
printf '1..1\nok 1 - first\n'
kill -9 $$
E2
judge "a program that is killed" "$work/killed" <<'E2'
testsuites: 2 tests, 0 failures, 1 errors
killed: 2 tests, 0 failures, 1 errors, 0 skipped
- first
- (the program itself): error: killed by signal 9
killed by signal 9
exit status 1
E2
program planless <<'E2'
echo "ok 1 - first"
exit 3
E2
judge "a program without a plan" "$work/planless" <<'E2'
testsuites: 2 tests, 0 failures, 1 errors
planless: 2 tests, 0 failures, 1 errors, 0 skipped
- first
- (the program itself): error: No plan found in TAP output; exit status 3
No plan found in TAP output; exit status 3
exit status 1
E2
program bail <<'E2'
printf '1..1\nok 1 - first\nBail out! no network\n'
E2
judge "a program that bails out" "$work/bail" <<'E2'
testsuites: 2 tests, 0 failures, 1 errors
bail: 2 tests, 0 failures, 1 errors, 0 skipped
- first
- (the program itself): error: Bail out! no network
Bail out! no network
exit status 255
E2
judge "a program that is not there" "$work/missing" <<'E2'
testsuites: 1 tests, 0 failures, 1 errors
missing: 1 tests, 0 failures, 1 errors, 0 skipped
- (the program itself): error: was not run: No such file
was not run: No such file
exit status 255
E2

program marks <<'E2'
echo 1..0
: >"${0%/*}/has-run"
E2
"$junit" "$work/no-folder/xml" "$work/marks" >"$work/said" 2>&1
[ $? -eq 2 ] && grep -q 'no-folder/xml: No such file' "$work/said" && [ ! -e "$work/has-run" ]
result $? "a file that can't be written is told before anything runs" "$work/said"

# The formatter that doc/ci.md names for users who have only that.
what="TAP::Formatter::JUnit: failures are told"
cat >"$work/expected" <<'E2'
testsuites: 
suites_guilty_guilty: 2 tests, 1 failures, 1 errors
- 1 - passes
- 2 - fails: failure: not ok 2 - fails
not ok 2 - fails
  ---
  outcome: failed
  message: "\"one\" != \"two\""
  at: "guilty.c:N"
  duration_ms: N
  output:
    - "before it failed"
  ...
exit status 1
E2
if ! has python3 || ! perl -MTAP::Formatter::JUnit -e 1 2>/dev/null; then
  skipped "$what" "needs python3 and TAP::Formatter::JUnit"
else
  prove --norc --exec '' --formatter TAP::Formatter::JUnit suites/guilty/guilty :: passes,fails \
    >"$work/xml" 2>/dev/null
  status=$?
  compare "$what"
fi
