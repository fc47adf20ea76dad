#!/bin/sh
# SPDX-License-Identifier: MIT
# The links, files, functions and variables that README.md and the pages of doc/ name exist. doc.sh
# checks the generated pages. $srcdir is the folder of the sources.
generated='verdicts|options'
cd "${srcdir:-$(dirname "$0")/../..}" || exit
# shellcheck source=suites/lib/shell.sh
. suites/lib/shell.sh
export LC_ALL=C

# page:text for each match in all pages
named() { grep -oE "$1" README.md doc/*.md; }

echo "TAP version 13"
echo 1..5

named '\]\([^)]*\)' | sed -E 's/\]\((.*)\)/\1/; s/#.*//' | grep -vE ":(https?:.*|($generated)\.md)?\$" >"$work/links"
while IFS=: read -r page target; do
  [ -e "$(dirname "$page")/$target" ] || echo "$page: a link leads to $target, which is not there"
done <"$work/links" >"$work/wrong"
[ -s "$work/links" ] || echo "no page has a link: nothing was looked into" >>"$work/wrong"
holds 'every link leads to a file' "$work/wrong"

for page in doc/*.md; do
  grep -qF "]($page)" README.md || echo "$page"
done | grep -vxE "doc/($generated)\.md" | sed 's/$/: README.md has no link to it/' >"$work/wrong"
holds 'README.md has a link to every page' "$work/wrong"

sed -n '/^dist_[a-z]*_DATA/,/[^\\]$/p' Makefile.am | tr -s ' \t\\' '\n' >"$work/released"
for page in README.md doc/*.md; do
  grep -qxF "$page" "$work/released" || echo "$page: no dist_..._DATA of Makefile.am has it"
done >"$work/wrong"
holds 'every page is released' "$work/wrong"

# In doc/architecture.md paths are relative to fixture/; programs are named without ".c".
named '`[a-z]+/[a-z0-9_./-]*[a-z]`' | tr -d '`' | while IFS=: read -r page path; do
  case $path in build/*) continue ;; esac
  [ -d "${path%%/*}" ] || [ -d "fixture/${path%%/*}" ] || continue
  [ -e "$path" ] || [ -e "$path.c" ] || [ -e "fixture/$path" ] || echo "$page: $path is not there"
done >"$work/wrong"
holds 'every file that is named is there' "$work/wrong"

cat fixture/*/*.[ch] fixture/include/nsrig/*.h >"$work/code"
named '\<(nsrig_[a-z0-9_]*[a-z0-9]|NSRIG_[A-Z0-9_]*[A-Z0-9])\>' | sort -u | while IFS=: read -r page name; do
  grep -qw "$name" "$work/code" || echo "$page: $name is in no file of fixture/"
done >"$work/wrong"
holds 'every function and variable that is named is there' "$work/wrong"
