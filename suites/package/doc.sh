#!/bin/sh
# SPDX-License-Identifier: MIT
# The generated pages of doc/ are up to date (make doc).
doc=${srcdir:-$(dirname "$0")/../..}/doc

number=0
# generated PAGE WHAT COMMAND...: ok if the command prints this page
generated() {
  page=$1 what=$2
  shift 2
  number=$((number + 1))
  if "$@" | diff -u "$doc/$page" - >&2; then
    echo "ok $number - $page is $what"
  else
    echo "not ok $number - $page is $what"
  fi
}

echo "TAP version 13"
echo 1..2
generated options.md "the table of options" suites/package/options-page
generated verdicts.md "the truth table" suites/runner/truth --table
