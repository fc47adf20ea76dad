#!/bin/sh
# SPDX-License-Identifier: MIT
# ci/style: the sources obey the style; and ci/style finds those that do not. $srcdir is the folder
# of the sources.
sources=${srcdir:-$(dirname "$0")/../..}
# shellcheck source=suites/lib/shell.sh
. "$sources/suites/lib/shell.sh"

# sees WHAT SAID TEXT: ci/style reports a file with that text
sees() {
  printf '%s\n' "$3" >"$work/tree/fixture/wounded.c"
  "$sources/ci/style" "$work/tree" >"$work/said" 2>&1
  [ $? -eq 1 ] && grep -q "^fixture/wounded.c:$2" "$work/said"
  result $? "$1 is seen"
}

echo "TAP version 13"
echo 1..6
"$sources/ci/style" "$sources" >"$work/said" 2>&1
result $? "the sources have their form"
mkdir -p "$work/tree/fixture" "$work/tree/helpers" "$work/tree/suites"
cp "$sources/.clang-format" "$work/tree"
sees 'a line that is too wide' '1: 101 columns (at the most 100)' "/* $(printf '%095d' 0) */"
sees 'a blank at the end of a line' '1: a blank at the end of the line' 'int one; '
sees 'a name that stands for anything' '1: "check" is static in many files' 'static int check(void)'
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
  sees "what clang-format has otherwise" '1: is not as clang-format has it' 'int  one;'
else
  skipped 'what clang-format has otherwise is seen' 'needs program clang-format of version 14'
fi
"$sources/ci/style" "$work" >"$work/said" 2>&1
[ $? -gt 1 ] && grep -q '^ci/style: there is no fixture in .* (expected the sources of nsrig)' "$work/said"
result $? "a folder without the sources is told"
