#!/bin/sh
# SPDX-License-Identifier: MIT
# The pages of doc/ that are generated are what would be generated now (make doc).
page=${srcdir:-$(dirname "$0")/../..}/doc/verdicts.md

echo "TAP version 13"
echo 1..1
if suites/runner/truth --table | diff -u "$page" - >&2; then
  echo "ok 1 - verdicts.md is the truth table"
else
  echo "not ok 1 - verdicts.md is the truth table"
fi
