#!/bin/sh
# SPDX-License-Identifier: MIT
# ci/table --json, ci/features and the options of ci/smoke: the contents of reports on one kernel
# and on several.
# shellcheck source=suites/lib/shell.sh
. "${srcdir:-$(dirname "$0")/../..}/suites/lib/shell.sh"
mkdir "$work/smoke"
# As a pattern: the "+" of "+deb12" must be literal.
release=$(uname -r | sed 's/[^[:alnum:]]/[&]/g')
ci=$(cd "${srcdir:-$(dirname "$0")/../..}/ci" && pwd)
echo "TAP version 13"
echo 1..23

# program NAME STATUS: a program that prints the text on stdin, and exits with this status
program() {
  { echo '#!/bin/sh'; echo "sed '1,/^exit/d' \"\$0\""; echo "exit $2"; cat; } >"$work/smoke/$1"
  chmod +x "$work/smoke/$1"
}

# check WHAT STATUS COMMAND...: compares stdout and stderr of the command with stdin, except for blanks
# and for this machine's names.
check() {
  what=$1 expected=$2
  shift 2
  cat >"$work/expected"
  (cd "$work" && "$@") >"$work/said" 2>&1
  status=$?
  sed -E "s|$release|KERNEL|g; s|[^ ]*ci/|ci/|; s/ +/ /g; s/ \$//" "$work/said" | diff "$work/expected" - >"$work/difference" &&
    [ "$status" -eq "$expected" ] || echo "exit status $status, expected $expected" >>"$work/difference"
  [ ! -s "$work/difference" ]
  result $? "$what" "$work/difference"
}

program old 1 <<'E2'
TAP version 13
1..4
ok 1 - carries_packets
ok 2 - drops_packets # SKIP needs CONFIG_X and CONFIG_Y: Operation not supported
not ok 3 - loses_its_way
  ---
  outcome: failed
  message: "first\nsecond …"
  ...
ok 4 - comes_home
E2
program new 0 <<'E2'
TAP version 13
1..4
ok 1 - carries_packets
ok 2 - drops_packets
ok 3 - comes_home # SKIP needs a larger machine
ok 4 - is_new # SKIP that's how it is
E2

# shellcheck disable=SC2016 # those are perl's
check "report has each feature, and what it needs" 0 perl -MJSON::PP -e '
  open my $table, "-|", $ARGV[0], "--json", "old.json", "./smoke/old"; print <$table>; close $table; $? >> 8 == 1 or die;
  open my $in, "<", "old.json"; local $/; my $report = decode_json(<$in>);
  binmode STDOUT, ":utf8";
  print "$report->{format}: $report->{kernel}, works $report->{works}, fails $report->{fails}, skipped $report->{skipped}\n";
  print "root\n" if $report->{root} == ($> == 0);
  print join("|", @{$_}{qw(program name result why)}, @{$_->{needs}}), "\n" for @{$report->{features}};' "$ci/table" <<'E2'
old carries packets works
old drops packets skipped needs CONFIG_X and CONFIG_Y: Operation not supported
old loses its way FAILS first; second …
old comes home works

Linux KERNEL: 2 features work, 1 fail, 1 skipped
nsrig features 1: KERNEL, works 2, fails 1, skipped 1
root
old|carries_packets|works|
old|drops_packets|skipped|needs CONFIG_X and CONFIG_Y: Operation not supported|CONFIG_X|CONFIG_Y
old|loses_its_way|fails|first; second …
old|comes_home|works|
E2

"$ci/table" --json=- "$work/smoke/new" >"$work/raw.json"
sed 's/"program": "new"/"program": "old"/; s/"kernel": "[^"]*"/"kernel": "99.1-new"/' "$work/raw.json" >"$work/new.json"
check "report alone is nothing but that" 0 perl -MJSON::PP -e 'local $/; print decode_json(<>)->{kernel}, "\n"' raw.json <<'E2'
KERNEL
E2

check "comparison tells what was lost and what was won" 1 "$ci/features" --compare old.json new.json <<'E2'
KERNEL -> 99.1-new

old drops packets skipped (needs CONFIG_X and CONFIG_Y: Operation not supported) -> works
old loses its way fails (first; second …) -> is not there
old comes home works -> skipped (needs a larger machine)
old is new is not there -> skipped (that's how it is)

4 changed, 1 of them worked before; 1 as they were
E2

check "what has not changed is said in words" 0 "$ci/features" --compare new.json new.json <<'E2'
99.1-new -> 99.1-new

0 changed, 0 of them worked before; 4 as they were
E2

sed 's/"result": "works"/"result": "skipped"/' "$work/new.json" >"$work/worse.json"
check "what is won is no loss" 0 "$ci/smoke" --compare worse.json new.json <<'E2'
99.1-new -> 99.1-new

old carries packets skipped -> works
old drops packets skipped -> works

2 changed, 0 of them worked before; 2 as they were
E2

check "matrix has a column for each kernel" 1 "$ci/features" --matrix old.json new.json <<'E2'
 KERNEL 99.1-new
old carries packets works works
old drops packets - works needs CONFIG_X and CONFIG_Y: Operation not supported
old loses its way FAILS first; second …
old comes home works - needs a larger machine
old is new - that's how it is

Linux KERNEL: 2 features work, 1 fail, 1 skipped
Linux 99.1-new: 2 features work, 0 fail, 2 skipped
E2

check "matrix in which nothing fails is a success" 0 "$ci/smoke" --matrix new.json <<'E2'
 99.1-new
old carries packets works
old drops packets works
old comes home - needs a larger machine
old is new - that's how it is

Linux 99.1-new: 2 features work, 0 fail, 2 skipped
E2

head -c 100 "$work/new.json" >"$work/half.json"
echo '{"format": "nsrig features 7"}' >"$work/later.json"
echo '[1, 2]' >"$work/other.json"
: >"$work/empty.json"
for file in half other empty; do
  check "$file file is no report" 2 "$ci/features" --matrix new.json $file.json <<E2
ci/features: "$file.json" is no report (expected what ci/smoke --json writes)
E2
done
# bad WHAT CHANGE COMPLAINT: the report with that change is refused with this complaint
bad() {
  sed "$2" "$work/new.json" >"$work/bad.json"
  check "$1" 2 "$ci/features" --matrix new.json bad.json <<E2
ci/features: "bad.json"$3
E2
}
bad "feature without a result is none" '0,/"result"/s/"result"/"outcome"/' \
  ' has a feature that is none (expected a program, a name, a result and why)'
bad "result that is none is told" '0,/"works"/s/"works"/"walks"/' \
  ': carries_packets: "walks" is no result (expected works, fails or skipped)'
bad "report without a count is refused" 's/"fails": 0/"fails": null/' ' does not say of how many features it is that: fails'
bad "report without its kernel is refused" 's/"kernel"/"engine"/' ' does not say of which kernel it is'
check "report of another version is refused" 2 "$ci/features" --compare new.json later.json <<'E2'
ci/features: "later.json" is a report of another version: nsrig features 7 (expected nsrig features 1)
E2
check "missing report is named" 2 "$ci/features" --compare new.json nonesuch.json <<'E2'
ci/features: "nonesuch.json": No such file or directory
E2
check "comparison takes two" 2 "$ci/features" --compare new.json <<'E2'
ci/features: usage: ci/features --compare A.json B.json | --matrix REPORT.json...
E2
check "report that can't be written runs nothing" 2 "$ci/table" --json none/such.json ./smoke/old <<'E2'
ci/table: --json "none/such.json": No such file or directory
E2
check "option that is none is told" 2 "$ci/smoke" --jsno x <<'E2'
ci/smoke: "--jsno" is not understood (see --help)
E2
check "option wants a file" 2 "$ci/smoke" --json <<'E2'
ci/smoke: --json: expected a file
E2
check "a file without a name is none" 2 "$ci/smoke" --json '' <<'E2'
ci/smoke: --json: expected a file
E2
check "nor is - for JUnit" 2 "$ci/smoke" --junit - <<'E2'
ci/smoke: --junit: expected a file
E2
check "table wants a program" 2 "$ci/table" --json new2.json <<'E2'
usage: ci/table [--json FILE] PROGRAM...
E2
