#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# parity.sh PAGE TESTS             every row 1-120 and 148-198 stands on PAGE exactly once and has an answer, and every test that a row names
#                                  as `Suite.name` is a TEST below the folder TESTS
# parity.sh PAGE run PROGRAM...    runs every named test, in whichever of the test programs has it, and asks that each one passed, none was
#                                  skipped, and none is disabled or in no program
#
# Says what is wrong; 1 if something is.
set -u

page=$1
[ -f "$page" ] && [ $# -ge 2 ] || { echo "usage: parity.sh PAGE (TESTS | run PROGRAM...)" >&2; exit 2; }

if [ "$2" != run ]; then
  find "$2" -name '*.cpp' -exec cat {} + |
    sed -n 's/^ *\(TYPED_\)\{0,1\}TEST\(_F\|_P\)\{0,1\}(\([A-Za-z0-9]*\), *\([A-Za-z0-9_]*\)).*/have \3.\4/p' |
    cat - "$page" |
    awk '
      /^have / { exists[$2] = 1; next }
      /^\| *[0-9]+ *\|/ {
        split($0, cell, "|")
        row = cell[2] + 0
        if (++rows[row] == 2) { print "row " row " stands here twice"; bad = 1 }
        if (cell[4] ~ /^ *$/) { print "row " row " has no answer"; bad = 1 }
        text = $0
        while (match(text, /`[A-Z][A-Za-z0-9]*\.[a-z][a-z0-9_]*`/)) {
          name = substr(text, RSTART + 1, RLENGTH - 2)
          text = substr(text, RSTART + RLENGTH)
          ++named
          if (!(name in exists)) { print "row " row " names " name ", and there is no such test"; bad = 1 }
        }
      }
      END {
        for (row = 1; row <= 198; ++row)
          if ((row <= 120 || row >= 148) && !rows[row]) { print "row " row " is missing"; bad = 1 }
        if (named < 100) { print "only " named + 0 " tests are named"; bad = 1 }
        exit bad
      }'
  exit
fi
shift 2

# The filter that finds a test Suite.name, plain, typed or with parameters: Suite.name:Suite/*.name:Suite.name/*
names=$(grep -E '^\| *[0-9]+ *\|' "$page" | grep -oE '`[A-Z][A-Za-z0-9]*\.[a-z][a-z0-9_]*`' | tr -d '`' | sort -u)
filter=$(sed 's/\(.*\)\.\(.*\)/\1.\2:\1\/*.\2:\1.\2\/*/' <<<"$names" | paste -sd: -)
results=$(mktemp)
trap 'rm -f "$results"' EXIT
for program in "$@"; do
  [ -x "$program" ] || { echo "$program is not built" >&2; exit 2; }
  "$program" --gtest_list_tests --gtest_filter="$filter" 2>/dev/null | grep -q '^  ' || continue
  "$program" --gtest_filter="$filter" --gtest_color=no >>"$results" 2>&1 || echo "failed: $program --gtest_filter=..." >>"$results"
done

# [       OK ] Suite/3.name (0 ms), or Suite.name/of_what (0 ms)
{ sed 's/^/named /' <<<"$names"; cat "$results"; } |
  awk '
    /^named / { named[$2] = 1; next }
    /^failed: / { print; bad = 1 }
    /^\[ +(OK|SKIPPED|FAILED) +\] [A-Z][A-Za-z0-9]*(\/[0-9]+)?\.[a-z0-9_]+.* \([0-9]+ ms\)/ {
      result = $0
      sub(/^\[ +/, "", result)
      sub(/ .*/, "", result)
      name = $0
      sub(/^[^\]]*\] /, "", name)
      sub(/[ ,].*/, "", name)
      sub(/\/[0-9]+\./, ".", name)
      sub(/\/.*/, "", name)
      ++ran
      if (result == "OK") passed[name] = 1
      else { print name " is named and was " tolower(result); bad = 1 }
    }
    END {
      for (name in named) if (!(name in passed)) { print name " is named and did not pass: disabled, skipped, or in none of the programs"; bad = 1 }
      print ran + 0 " tests ran"
      exit bad
    }'
