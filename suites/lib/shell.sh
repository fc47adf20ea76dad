# SPDX-License-Identifier: MIT
# Shared by the shell suites. Sourced with '.'; the suites that use $guilty do so in the build folder.
# shellcheck shell=sh
work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
guilty=$PWD/suites/guilty/guilty
export guilty
# Crashes have to be crashes also in a build with sanitizers.
export ASAN_OPTIONS=handle_segv=0

# Variables that a CI system may have set for the suite itself.
unset CI_NODE_INDEX CI_NODE_TOTAL JOB_COMPLETION_INDEX JOB_COMPLETION_COUNT TEST_SHARD_INDEX \
  TEST_TOTAL_SHARDS TEST_SHARD_STATUS_FILE HARNESS_OPTIONS PERL_TEST_HARNESS_DUMP_TAP
for variable in $(env | sed -n 's/^\(NSRIG_[A-Z_]*\)=.*/\1/p'); do
  [ "$variable" = NSRIG_TIMEOUT_SCALE ] || unset "$variable"
done

# begin COUNT: prints the plan; or skips all, if nsrig can run no test on this machine.
begin() {
  echo "TAP version 13"
  obstacle=$("$guilty" passes | sed -n 's/^ok 1 - passes # SKIP //p')
  if [ -n "$obstacle" ]; then
    echo "1..0 # SKIP $obstacle"
    exit
  fi
  echo "1..$1"
}

number=0
# result STATUS WHAT [FILE]: ok if the status is 0. Otherwise prints the file (default $work/said) to
# the stream, and to stderr for users who see only prove's summary.
result() {
  number=$((number + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $number - $2"
  else
    echo "not ok $number - $2"
    sed 's/^/# /' "${3-$work/said}" && sed 's/^/# /' "${3-$work/said}" >&2
  fi
}

# holds WHAT FILE: ok if the file is empty; otherwise each of its lines is an error
holds() {
  number=$((number + 1))
  if [ ! -s "$2" ]; then
    echo "ok $number - $1"
  else
    echo "not ok $number - $1"
    sed 's/^/# /' "$2" | tee /dev/stderr
  fi
}

# skipped WHAT REASON
skipped() {
  number=$((number + 1))
  echo "ok $number - $1 # SKIP $2"
}

has() {
  command -v "$1" >/dev/null
}
