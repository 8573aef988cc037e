#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
#
# parity.sh PAGE TESTS: every row 1-120 and 148-158 stands on PAGE exactly once, and every test that a row names as
# `Suite.name` is a TEST below the folder TESTS. Says what is missing; 1 if something is.

page=$1
tests=$2
[ -f "$page" ] && [ -d "$tests" ] || { echo "usage: parity.sh PAGE TESTS" >&2; exit 2; }

find "$tests" -name '*.cpp' -exec cat {} + |
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
      for (row = 1; row <= 158; ++row)
        if ((row <= 120 || row >= 148) && !rows[row]) { print "row " row " is missing"; bad = 1 }
      if (named < 100) { print "only " named + 0 " tests are named"; bad = 1 }
      exit bad
    }'
