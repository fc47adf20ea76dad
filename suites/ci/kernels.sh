#!/bin/sh
# SPDX-License-Identifier: MIT
# ci/kernels: which suites it runs on which kernel, which results it keeps, and that it never
# reports success by mistake. The tests run in a tree where scripts replace the suites and the
# kernels. $srcdir is the folder of the sources.
sources=$(cd "${srcdir:-$(dirname "$0")/../..}" && pwd)
# shellcheck source=suites/lib/shell.sh
. "$sources/suites/lib/shell.sh"
mkdir -p "$work/tree/ci" "$work/tree/build/suites/rig" "$work/tree/build/suites/smoke" "$work/a tmp"
cd "$work/tree" || exit
# This tree has a build folder of its own, independent of the build that runs the suite.
unset BUILD CONFIGURE_FLAGS
export TMPDIR="$work/a tmp" room="$work"
cp "$sources/ci/kernels" "$sources/ci/list" "$sources/ci/table" "$sources/ci/features" ci
cat >build/Makefile <<'EOF'
list-suites: ; @echo suites/rig/good suites/rig/odd ../suites/ci/shell.sh suites/smoke/x >$(LIST)
list-smoke: ; @echo suites/smoke/x >$(LIST)
EOF

# script FILE: writes a script with the commands on stdin
script() {
  { echo '#!/bin/sh' && cat; } >"$1"
  chmod +x "$1"
}
script ci/prepare </dev/null
# The file of a kernel contains its name.
script ci/kernel <<'EOF'
while [ "$1" != -- ]; do kernel=$1; shift; done
shift
export kernel
case $kernel in
missing) echo "ci/kernel: no such kernel" >&2; exit 2 ;;
mute) exit 0 ;;
endless) echo $$ >"$room/pid"; echo begun >"$room/begun"; exec tail -f /dev/null ;;
esac
exec "$@"
EOF
script build/suites/rig/good <<'EOF'
printf '1..1\nok 1 - is good on %s\n' "${kernel-running}"
EOF
script build/suites/rig/odd <<'EOF'
[ "$kernel" = poor ] && { printf '1..1\nnot ok 1 - is odd\n'; exit 1; } || printf '1..1\nok 1 - is odd\n'
EOF
mkdir -p suites/ci
script suites/ci/shell.sh <<'EOF'
printf '1..1\nok 1 - has its sources in %s\n' "$srcdir"
EOF
script build/suites/smoke/x <<'EOF'
[ "$kernel" = lame ] && { printf '1..1\nnot ok 1 - carries\n'; exit 1; } || printf '1..1\nok 1 - carries\n'
EOF

# run WHAT STATUS ARGUMENT...: exits with this status, and leaves nothing behind
run() {
  what=$1 expected=$2
  shift 2
  ci/kernels "$@" >"$work/out" 2>"$work/err"
  { [ $? -eq "$expected" ] && [ -z "$(ls "$work/a tmp")" ]; } || echo "status is not $expected, or left: $(ls "$work/a tmp")" >>"$work/err"
  cat "$work/err" >>"$work/out"
  ! grep -q '^status is not' "$work/err"
  result $? "$what" "$work/out"
}
# so WHAT COMMAND...: ok if the command succeeds
so() {
  what=$1
  shift
  "$@" >>"$work/out" 2>&1
  result $? "$what" "$work/out"
}

echo "TAP version 13"
[ ! -e /dev/port-control ] || { echo "1..0 # SKIP needs a machine that is no guest of ci/kernel"; exit; }
echo 1..26
run 'an option that there is not' 2 --no-such
so 'is told' grep -q '^ci/kernels: --no-such: no such option' "$work/err"
run 'an option without its value' 2 --but
run 'a kernel without a name' 2 ''
so 'is told' grep -q '^ci/kernels: "": no such kernel' "$work/err"
run 'a number that is none' 2 --jobs 0
so 'is told' grep -q 'jobs: "0" is not understood, expected a number above 0' "$work/err"

run 'everything passes on two kernels' 0 running other
so 'and it is told of each' test "$(grep -c '^[a-z]*: passed: ' "$work/out")" -eq 2
so 'with a table of features' grep -q 'carries.*works.*works' "$work/out"
so 'the stream of each suite is kept' grep -qx 'ok 1 - is good on other' build/kernels/other/rig/good.tap
so 'that of one in shell, which finds its sources' grep -qx 'ok 1 - has its sources in ..' build/kernels/other/ci/shell.sh.tap
so 'and that of a smoke suite' grep -qx 'ok 1 - carries' build/kernels/other/smoke/x.tap
run 'a suite that fails on one' 1 poor other
so 'is told' grep -q '^  Failed 1/1 subtests' "$work/out"
# As if a verbose make had started it: "w" is --print-directory.
export MAKEFLAGS=w MAKELEVEL=1
run "what make says of folders is no suite" 0 other
unset MAKEFLAGS MAKELEVEL
run 'a feature that fails on one' 1 --smoke lame other
so 'is told' grep -q '^  .*carries.*FAILS' "$work/out"
run 'a suite that is left out' 0 --but 'rig/o*' poor
mkdir build/elsewhere
(cd build && exec ../ci/kernels --smoke ./elsewhere) >"$work/out" 2>&1
so 'folders are looked for where one is' grep -qx 'ok 1 - carries' "build/kernels/$(pwd | tr / _)_build_elsewhere/smoke/x.tap"
run 'a kernel that is not run' 2 other missing
so 'is told' grep -q '^  ci/kernel: no such kernel' "$work/out"
run 'a kernel of which nothing comes' 2 mute
so 'is told' grep -q '^mute: did not come to the end: ' "$work/out"

mkfifo "$work/begun"
ci/kernels endless >"$work/out" 2>&1 &
timeout 30 grep -q begun "$work/begun" && kill $! && wait $!
[ $? -eq 143 ] && for moment in 0.1 1 2 4 8; do
  readlink "/proc/$(cat "$work/pid")/exe" >/dev/null || break
  timeout "$moment" tail -f /dev/null
done && ! readlink "/proc/$(cat "$work/pid")/exe" >>"$work/out"
result $? 'whatever ends it ends its kernels' "$work/out"

# A kernel that hangs in its first suite.
script build/suites/rig/good <<'EOF'
echo begun >"$room/begun"; exec tail -f /dev/null
EOF
ci/kernels running >"$work/out" 2>&1 &
timeout 30 grep -q begun "$work/begun" && kill $! && wait $!
[ $? -eq 143 ] && for moment in 0.1 1 2 4 8 0.1; do
  [ -n "$(ls "$work/a tmp")" ] || break
  timeout "$moment" tail -f /dev/null
done && [ -z "$(ls "$work/a tmp")" ]
result $? 'and leaves no folder of theirs' "$work/out"
