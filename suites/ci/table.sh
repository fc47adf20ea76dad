#!/bin/sh
# SPDX-License-Identifier: MIT
# ci/table: one row per test of a TAP program, and an exit status that never reports success by
# mistake.
table=${srcdir:-$(dirname "$0")/../..}/ci/table
unset PERL_TEST_HARNESS_DUMP_TAP
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
mkdir "$work/smoke"

# A program that prints its own text after the second line, and exits with the status in its name.
program() {
  { echo '#!/bin/sh'; echo "sed '1,/^exit/d' \"\$0\""; echo "exit $2"; cat; } >"$work/smoke/$1"
  chmod +x "$work/smoke/$1"
}

program good 0 <<'E2'
TAP version 13
1..2
ok 1 - carries_packets
ok 2 - drops_packets # SKIP needs CONFIG_X
E2
program bad 1 <<'E2'
TAP version 13
1..2
not ok 1 - loses_its_way
  ---
  outcome: failed
  message: "first\nsecond"
  ...
ok 2 - comes_home
E2
program wide 1 <<'E2'
TAP version 13
1..1
not ok 1 - is_far_…_away
  ---
  message: "beyond the … sea"
  ...
E2
program short 0 <<'E2'
TAP version 13
1..2
ok 1 - is_alone
E2
program liar 3 <<'E2'
TAP version 13
1..1
ok 1 - is_fine
E2

number=0
# expect STATUS LINE PROGRAM...: each line of the table, without the blanks that align it
expect() {
  number=$((number + 1))
  status=$1 line=$2
  shift 2
  "$table" "$@" >"$work/out" 2>"$work/err"
  if [ $? -eq "$status" ] && [ ! -s "$work/err" ] && tr -s ' ' <"$work/out" | grep -qx "$line"; then
    echo "ok $number - $line"
  else
    echo "not ok $number - $line"
    sed 's/^/# /' "$work/out" "$work/err" >&2
  fi
}

{ echo '#!/bin/sh'; echo 'printf "1..1\nok 1 - is_fine\n"; kill -9 $$'; } >"$work/smoke/killed"
{ echo '#!/bin/sh'; echo 'echo "1..0 # SKIP needs more"'; } >"$work/smoke/all"
{ echo '#!/bin/sh'; echo 'echo 1..0'; } >"$work/smoke/none"
chmod +x "$work"/smoke/*

echo "TAP version 13"
echo 1..12
expect 0 'good carries packets works' "$work/smoke/good"
expect 0 'good drops packets skipped needs CONFIG_X' "$work/smoke/good"
expect 0 'Linux .*: 1 features work, 0 fail, 1 skipped' "$work/smoke/good"
expect 1 'bad loses its way FAILS first; second' "$work/smoke/bad"
expect 1 'Linux .*: 2 features work, 1 fail, 1 skipped' "$work/smoke/good" "$work/smoke/bad"
expect 1 'wide is far … away FAILS beyond the … sea' "$work/smoke/wide"
expect 1 'short (the program itself) FAILS Bad plan. You planned 2 tests but ran 1.' "$work/smoke/short"
expect 1 'liar (the program itself) FAILS exit status 3' "$work/smoke/liar"
expect 1 'missing (the program itself) FAILS No plan found in TAP output' "$work/smoke/missing"
expect 1 'killed (the program itself) FAILS killed by signal 9' "$work/smoke/killed"
expect 0 'all (all of it) skipped needs more' "$work/smoke/all"
expect 0 'none (all of it) skipped (no reason given)' "$work/smoke/none"
