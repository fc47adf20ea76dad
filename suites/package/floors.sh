#!/bin/sh
# SPDX-License-Identifier: MIT
# The order of the folders of fixture/: a file uses only its own folder and the folders before it.
# The order is that in which Makefile.am includes the fragments. Runs in the build folder and reads
# the objects, because includes do not show a prototype that is declared elsewhere. $srcdir is the
# folder of the sources.
sources=${srcdir:-$(dirname "$0")/../..}
# shellcheck source=suites/lib/shell.sh
. "$sources/suites/lib/shell.sh"
export LC_ALL=C
set -f

# The folders that may include cmocka's headers, and those that may print. Two files may print because
# they can return no error to anyone: a process that can't return to its namespace, and the child of a
# program that could not be executed.
knows_cmocka='cmocka rig verbs runner include'
prints='cmocka verbs runner'
prints_too='ns/do.c process/exec.c'
# These flush the streams before a fork, or replace them in a child; and one names families of sockets.
names_streams='process/program.c rig/spawn.c'
names_netlink='runner/audit-process.c'

echo "TAP version 13"
echo 1..6

# ---- files --------------------------------------------------------------------------------------

order=$(sed -n 's|^include fixture/\([a-z]*\)/sources.am$|\1|p' "$sources/Makefile.am")
(cd "$sources/fixture" && find . -name '*.[ch]') | sed 's|^\./||' | sort >"$work/files"
for folder in $order; do
  sed "s|%D%|$folder|g" "$sources/fixture/$folder/sources.am"
done | tr ' \t\\' '\n\n\n' | grep '\.[ch]$' | sort >"$work/listed"
comm -3 "$work/files" "$work/listed" | awk -F'\t' '
  $1 { folder = $1; sub("/.*", "", folder)
    print "fixture/" $1 ": is in no fragment (expected in fixture/" folder "/sources.am, and that in Makefile.am)" }
  $2 { print "fixture/" $2 ": is in a fragment, and not there" }' >"$work/wrong"
holds 'every file is in the fragment of its folder' "$work/wrong"

# file:line: text, without comments; string literals stay.
(cd "$sources/fixture" && xargs awk '
  FNR == 1 { inside = 0 }
  { text = $0
    while (1) {
      if (inside) {
        if (!(end = index(text, "*/"))) { text = ""; break }
        text = substr(text, end + 2); inside = 0
      }
      if (!match(text, /\/[*\/]/)) { kept = kept text; break }
      kept = kept substr(text, 1, RSTART - 1)
      if (substr(text, RSTART, 2) == "//") break
      text = substr(text, RSTART + 2); inside = 1
    }
    if (kept != "") print FILENAME ":" FNR ": " kept
    kept = "" }') <"$work/files" >"$work/code"

# ---- includes -----------------------------------------------------------------------------------

# Installed headers belong to no floor: every file may include them.
awk -v order="$order" '
  BEGIN { n = split(order, folders); for (i = 1; i <= n; i++) floor[folders[i]] = i }
  match($0, /#[ \t]*include[ \t]*"[^"]*"/) {
    from = $1; sub("/.*", "", from)
    what = substr($0, RSTART, RLENGTH - 1); sub(/^[^"]*"/, "", what)
    to = what; sub("/.*", "", to)
    if (!(to in floor) || what ~ /[.][.]/)
      print "fixture/" $1 " includes \"" what "\", which is in none of the folders (expected \"FOLDER/FILE.h\")"
    else if (from == "include" || floor[to] > floor[from])
      print "fixture/" $1 " includes \"" what "\": " from " comes before " to
  }' "$work/code" >"$work/wrong"
holds 'no include points against the order' "$work/wrong"

# ---- symbols ------------------------------------------------------------------------------------

# file symbol: the symbols defined (T) and needed (U)
while read -r file; do
  case $file in *.h) continue ;; esac
  folder=${file%/*} stem=${file##*/}
  object=fixture/$folder/.libs/libnsrig_private_la-${stem%.c}.o
  static=fixture/$folder/libnsrig_private_la-${stem%.c}.o
  # A folder that was configured anew may have objects of an older build beside its own.
  # shellcheck disable=SC3013 # dash and busybox have -nt
  if [ ! -f "$object" ] || [ "$static" -nt "$object" ]; then object=$static; fi
  nm -P "$object" 2>/dev/null | awk -v file="$file" '$2 ~ /^[A-TV-Z]$/ { print "T", file, $1 } $2 == "U" { print "U", file, $1 }
    END { if (!NR) print "0", file }'
done <"$work/files" >"$work/symbols"
sed -n 's|^0 \(.*\)|fixture/\1: no object was found in the build folder (expected that make has run)|p' "$work/symbols" >"$work/wrong"
# needs: file of, symbol
awk '$1 == "T" { owner[$3] = $2 } $1 == "U" { needs[++n] = $2 " " $3 }
  END { for (i = 1; i <= n; i++) { split(needs[i], need); if (owner[need[2]] && owner[need[2]] != need[1])
    print need[1], owner[need[2]], need[2] } }' "$work/symbols" >"$work/needs"
[ -s "$work/needs" ] || echo "no object needs another: nothing was looked into" >>"$work/wrong"
awk -v order="$order" '
  BEGIN { n = split(order, folders); for (i = 1; i <= n; i++) floor[folders[i]] = i }
  { from = $1; sub("/.*", "", from); to = $2; sub("/.*", "", to) }
  floor[to] > floor[from] { print "fixture/" $1 " uses " $3 " of fixture/" $2 ": " from " comes before " to }' "$work/needs" >>"$work/wrong"
holds 'no symbol is used against the order' "$work/wrong"

# Repeatedly removes the files that need no remaining file, or that no remaining file needs: they are in no
# circle. Of the rest, those in a circle are those that can be reached from themselves.
awk '
  function comes_back(file, goal,   i) {
    if (file == goal) return 1
    seen[file]
    for (i = 1; i <= NR; i++)
      if (from[i] == file && to[i] in left && !(to[i] in seen) && comes_back(to[i], goal)) return 1
    return 0
  }
  { from[NR] = $1; to[NR] = $2; what[NR] = $3; left[$1]; left[$2] }
  END {
    do {
      gone = 0
      split("", needs); split("", needed)
      for (i = 1; i <= NR; i++)
        if (from[i] in left && to[i] in left) { needs[from[i]]++; needed[to[i]]++ }
      for (file in left)
        if (!(file in needs) || !(file in needed)) { delete left[file]; gone = 1 }
    } while (gone)
    for (j = 1; j <= NR; j++) {
      split("", seen)
      if (from[j] in left && to[j] in left && comes_back(to[j], from[j]))
        print "fixture/" from[j] " uses " what[j] " of fixture/" to[j] ", which comes back to it"
    }
  }' "$work/needs" >"$work/wrong"
holds 'no two files need each other' "$work/wrong"

# ---- who may do what ----------------------------------------------------------------------------

# in_text FOLDERS PATTERN WHAT [FILE]...: no line outside of these folders and files matches the
# pattern. It has [(] for \(, as some awks drop the backslash of an argument.
in_text() {
  awk -v folders=" $1 " -v pattern="$2" -v what="$3" -v files=" ${4-} " '
    { file = $1; sub(":.*", "", file); folder = file; sub("/.*", "", folder)
      if (index(folders, " " folder " ") || index(files, " " file " ")) next
      text = substr($0, length($1) + 2)
      if (text ~ pattern) print "fixture/" $1 " " what ": " text }' "$work/code" ||
    echo "awk failed with the pattern $2"
}
# in_symbols FOLDERS PATTERN WHAT [FILE]...: no object outside of these folders and files needs such a symbol
in_symbols() {
  awk -v folders=" $1 " -v pattern="$2" -v what="$3" -v files=" ${4-} " '
    $1 == "U" && $3 ~ pattern {
      folder = $2; sub("/.*", "", folder)
      if (!index(folders, " " folder " ") && !index(files, " " $2 " ")) print "fixture/" $2 " " what ": " $3
    }' "$work/symbols" || echo "awk failed with the pattern $2"
}
{
  in_text "$knows_cmocka" '#[ \t]*include[ \t]*<(nsrig/)?cmocka.h>' 'knows cmocka'
  in_symbols "$knows_cmocka" '^(_assert_|_fail$|_skip$|_expect_|_will_|_mock|_check_expected|_?cmocka_|_test_|v?print_(message|error)$)' \
    'uses cmocka'
  in_text netlink '[AP]F_NETLINK' 'opens a netlink socket' "$names_netlink"
  in_symbols netlink '^(nl_socket_alloc|nl_connect|genl_connect)' 'opens a netlink socket'
} >"$work/wrong"
holds 'cmocka and netlink sockets are known where they may be' "$work/wrong"
{
  in_symbols "$prints" '^(__)?(v?printf|puts|putchar|perror|psignal|v?warnx?|v?errx?|v?print_message|v?print_error)(_chk)?$' \
    'prints' "$prints_too"
  in_symbols "$prints" '^(stdout|stderr)$' 'prints' "$prints_too $names_streams"
  in_text "$prints" '(^|[^a-z_])(d|vd)?(printf|write|writev) *[(] *(1|2|STDOUT_FILENO|STDERR_FILENO) *,' 'prints' "$prints_too"
} >"$work/wrong"
holds 'nothing before the verbs prints' "$work/wrong"
