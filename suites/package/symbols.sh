#!/bin/sh
# SPDX-License-Identifier: MIT
# The symbols that the library exports are those that its symbol file lists and that its headers
# declare, and hooks that other libraries call. Runs in the build folder; $srcdir is the folder of the sources.
library=.libs/libnsrig.so
fixture=${srcdir:-$(dirname "$0")/../..}/fixture
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
export LC_ALL=C

echo "TAP version 13"
if [ ! -e "$library" ]; then
  echo "1..0 # SKIP needs a shared library (configured with --disable-shared?)"
  exit
fi

nm -D --defined-only "$library" | sed -n 's/.* [TW] \([^@]*\).*/\1/p' | sort >"$work/exported"
sed -n 's/^\t\([a-z_]*[a-z0-9_]*\);$/\1/p' "$fixture/nsrig.sym" >"$work/listed"
sort -u "$work/listed" >"$work/sorted"
# Of cmocka and the sanitizers (fixture/cmocka/).
grep -vxE '_fail|_skip|__ubsan_on_report' "$work/listed" >"$work/public"
# The installed headers without comments and macros: the names that '(' follows.
for header in $(sed -n 's/^#include <nsrig\/\(.*\)>$/\1/p' "$fixture/include/nsrig.h"); do
  perl -0pe 's{/\*.*?\*/}{}gs; s/\\\n//g; s/^#.*$//mg' "$fixture/include/nsrig/$header"
done | grep -o '\bnsrig_[a-z0-9_]*(' | tr -d '(' | grep -vxE 'nsrig_(packet_)?fn' | sort -u >"$work/declared"

number=0
same() {
  number=$((number + 1))
  if diff "$work/$1" "$work/$2" >"$work/difference"; then
    echo "ok $number - $3"
  else
    echo "not ok $number - $3"
    sed 's/^/# /' "$work/difference" >&2
  fi
}

echo 1..3
same listed sorted "the list is in order, and names nothing twice"
same listed exported "what is listed is what is exported"
same public declared "what is listed, but for hooks, is what the headers declare"
