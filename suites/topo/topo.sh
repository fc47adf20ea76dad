#!/bin/sh
# SPDX-License-Identifier: MIT
# helpers/topo as a command, and the networks in README.md and doc/network.md: each drawing is the
# one that helpers/topo prints. Runs in the build folder; $srcdir is the folder of the sources.
sources=${srcdir:-$(dirname "$0")/../..}
# shellcheck source=suites/lib/shell.sh
. "$sources/suites/lib/shell.sh"

# run STATUS ARGUMENT...: fails unless helpers/topo exits with this status
run() {
  expected=$1
  shift
  helpers/topo "$@" >"$work/out" 2>"$work/err"
  status=$?
  cat "$work/out" "$work/err" >"$work/said"
  [ "$status" -eq "$expected" ]
}

# quiet: nothing was printed on the wrong stream
draws() { [ -s "$work/out" ] && [ ! -s "$work/err" ] && grep -q '^+---' "$work/out"; }
complains() { [ ! -s "$work/out" ] && grep -qxF "$1" "$work/err"; }

cat >"$work/pair" <<'END'
# two hosts
veth client:eth0 10.0.0.1/24 -- server:eth0 10.0.0.2/24
END
printf 'host a\nvetth a:x -- b:y\n' >"$work/wrong"

echo "TAP version 13"
echo 1..15
run 0 "chain 3" && draws
result $? "a text is drawn"
run 0 --draw "host a" "host b" && draws && [ "$(grep -c '| [ab] |' "$work/out")" -eq 2 ]
result $? "each argument is a statement"
run 0 "$work/pair" && draws && cp "$work/out" "$work/drawn"
result $? "a file is drawn"
run 0 --draw - <"$work/pair" && cmp -s "$work/out" "$work/drawn"
result $? "the standard input is drawn, and is the same"
(cd "$work" && "$OLDPWD/helpers/topo" pair) >"$work/out" 2>"$work/said" && cmp -s "$work/out" "$work/drawn"
result $? "a file that is named like a shape is a file"
run 0 --check "$work/pair" && [ ! -s "$work/out" ] && [ ! -s "$work/err" ]
result $? "what is right is checked without a message"
run 2 --check "$work/wrong" && grep -q "^topo: $work/wrong:2:1: \"vetth\" is not understood (did you mean \"veth\"?)" "$work/err"
result $? "what is wrong is told with file, line and column"
run 2 /nowhere/nsrig.topo && complains 'topo: the topology "/nowhere/nsrig.topo": No such file or directory'
result $? "a file that is not there is told"
printf 'host a\0' >"$work/nul" && run 2 - <"$work/nul" && complains 'topo: the input has a NUL in it (expected text)'
result $? "an input that is no text is told"
run 2 && [ ! -s "$work/out" ] && grep -q '^usage: ' "$work/err"
result $? "without arguments it tells its usage"
run 2 --paint pair && [ ! -s "$work/out" ] && grep -q '^usage: ' "$work/err"
result $? "an option that is none is refused"
run 0 --help && grep -q '^usage: ' "$work/out"
result $? "--help is an answer"

# The network of the first test in README.md, and its drawing in the comment above.
sed -n '/^```c first\.c$/,/^```$/p' "$sources/README.md" >"$work/program"
sed -n 's/.*NSRIG_VETH("\([^"]*\)", "\([^"]*\)").*/veth \1 -- \2/p' "$work/program" >"$work/first"
sed -n 's/^ \*	//p' "$work/program" >"$work/shown"
run 0 "$work/first" && [ -s "$work/first" ] && diff "$work/out" "$work/shown" >"$work/said"
result $? "README.md shows the drawing of its first test"

if has dot; then
  run 0 --dot "star 3 delay 10ms" 'kind a"\b h1:k' && dot -Tplain <"$work/out" >"$work/plain" 2>"$work/said" &&
    [ "$(grep -c '^node' "$work/plain")" -eq 4 ] && [ "$(grep -c '^edge' "$work/plain")" -eq 3 ]
  result $? "Graphviz takes the graph"
else
  skipped "Graphviz takes the graph" "needs dot (Debian: graphviz)"
fi
sed -n '/^# clients on a switch/,/^```$/p' "$sources/doc/network.md" | sed '$d' >"$work/office"
run 0 --check "$work/office" && [ -s "$work/office" ]
result $? "the network in doc/network.md can be built"
