#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# cases.sh HOUSE CASE: what the scripts of HOUSE do on a machine that is made for one case: a copy of the house in "a house", a
# PATH of its own, and stub.sh in the place of cmake, ninja, ctest, apt-get and the like. Says what is not as it should be; 1 then.
set -uo pipefail
unset CDPATH
source_house=$1
case_name=$2

# ---- the machine ----

LAB=$(cd "$(mktemp -d)" && pwd -P) || exit 1
trap 'rm -rf "$LAB"' EXIT
house="$LAB/a house"
mkdir -p "$house/lib/cmake" "$house/apps/bench" "$house/apps/tour" "$house/apps/why" "$house/tests/lint" "$house/tests/cmake" \
  "$LAB/bin" "$LAB/away" "$LAB/resources/lib/linux" || exit 1
for file in CMakePresets.json lib/cmake/setup.sh apps/run apps/bench/run apps/tour/run apps/why/run tests/run tests/bare; do
  cp "$source_house/$file" "$house/$file" || exit 1
done
cp "$source_house/tests/scripts/stub.sh" "$LAB/stub.sh" || exit 1
ln -s "$LAB/stub.sh" "$house/tests/lint/tidy"
ln -s "$LAB/stub.sh" "$house/tests/cmake/tbb_for_tsan.sh"
touch "$LAB/resources/lib/linux/libclang_rt.tsan-x86_64.a"
: >"$LAB/lacks"
: >"$LAB/comes"
echo 0 >"$LAB/uid"
echo 0 >"$LAB/result"

for tool in awk basename bash cat chmod cksum cut dirname env grep head ln mkdir mktemp readlink rm sed sort tail tee touch tr uname; do
  path=$(type -P "$tool") || { echo "no $tool here"; exit 1; }
  ln -s "$path" "$LAB/bin/$tool"
done
has() { for program in "$@"; do ln -s "$LAB/stub.sh" "$LAB/bin/$program"; done; }
lacks_program() { for program in "$@"; do rm "$LAB/bin/$program"; done; }
lacks_header() { printf '%s\n' "$@" >"$LAB/lacks"; }
has c++ cmake ninja ctest apt-get apt-cache dpkg id

# ---- what is seen of it ----

environment=()
code=0
# run COMMAND...: from $LAB; its exit code in $code, what it printed in $LAB/out and $LAB/err, whom it called in $LAB/calls
run() {
  : >"$LAB/calls"
  code=0
  (cd "$LAB" && env -i PATH="$LAB/bin" HOME="$LAB" LAB="$LAB" ${environment[@]+"${environment[@]}"} "$@") \
    >"$LAB/out" 2>"$LAB/err" </dev/null || code=$?
}

wrong() {
  printf '%s: %s\n' "$case_name" "$*"
  for file in calls out err; do printf -- '---- %s (exit code %s)\n' "$file" "$code"; cat "$LAB/$file"; done
  exit 1
}
ended() { [ "$code" = "$1" ] || wrong "ended with $code, not with $1"; }
says() { grep -qF -e "$1" "$LAB/err" || wrong "does not say: $1"; }
silent_about() { ! grep -qF -e "$1" "$LAB/out" "$LAB/err" || wrong "says: $1"; }
prints() { grep -qF -e "$1" "$LAB/out" || wrong "does not print: $1"; }
called() {  # called LINE...: these, in this order, and nothing else
  [ "$(cat "$LAB/calls")" = "$(printf '%s\n' "$@")" ] || wrong "was to call: $(printf '\n%s' "$@")"
}
called_nothing() { [ ! -s "$LAB/calls" ] || wrong "calls something"; }
one_sentence() { [ "$(grep -c . "$LAB/err")" = 1 ] || wrong "is to say one sentence"; }

configures_release="cmake --preset release -B $house/build/release --fresh"

# ---- apps/run ----

case_run_works_in_any_folder_and_with_cdpath() {
  environment=(CDPATH="$LAB:$LAB/a house")
  run "a house/apps/run" "b c" --counts '*'
  ended 0
  prints '<b c><--counts><*>'
  called "$configures_release" 'ninja release: ptree'
  lacks_program readlink  # as in older macOS
  run "a house/apps/run" "b c"
  ended 0
  prints '<b c>'
  called 'ninja release: ptree'
}

case_run_works_through_a_symbolic_link() {
  ln -s "../a house/apps/run" "$LAB/away/statistics"
  ln -s "$LAB/away/statistics" "$LAB/stat"
  run ./stat b
  ended 0
  prints '<b>'
  ln -s "../a house/tests/run" "$LAB/away/test"
  run away/test
  ended 0
  prints '100% tests passed, 0 tests failed out of 6'
}

case_run_shows_the_system_headers_if_asked_for_nothing() {
  run "a house/apps/run"
  ended 0
  grep -q '^</.*>$' "$LAB/out" || wrong "names no folder"
}

case_nothing_to_do_calls_only_ninja() {
  run "a house/apps/run" b
  run "a house/apps/run" b
  ended 0
  called 'ninja release: ptree'
}

case_a_failed_configuration_is_done_again() {
  run "a house/apps/run" b
  touch "$LAB/cmake_fails"
  run "a house/tests/run"
  ended 1
  says 'CMake Error: planted'
  called "cmake --preset release -DPARITER_TESTS=ON -B $house/build/release --fresh"
  run "a house/apps/run" b  # with the arguments of the last that was good
  ended 1
  called "$configures_release"
  rm "$LAB/cmake_fails"
  run "a house/apps/run" b
  ended 0
  called "$configures_release" 'ninja release: ptree'
}

case_a_configuration_with_more_arguments_is_enough() {
  run "a house/tests/run"
  run "a house/apps/run" b
  ended 0
  called 'ninja release: ptree'
}

case_a_folder_that_cannot_be_written_is_named() {
  touch "$house/build"
  run "a house/apps/run" b
  ended 1
  says "$house/build/release cannot be written"
  one_sentence
  called_nothing
  run "a house/tests/run"
  ended 1
  says "$house/build/release cannot be written"
  one_sentence
  called_nothing
}

case_run_tells_how_to_go_on() {
  for result in 0 1 2 130; do
    echo $result >"$LAB/result"
    run "a house/apps/run" b
    ended $result
    if [ $result -le 1 ]; then
      says apps/tour/run
      says apps/why/run
      says tests/run
    else
      silent_about apps/tour/run
    fi
  done
  echo 1 >"$LAB/result"
  for option in --help -h --json; do
    run "a house/apps/run" b $option
    ended 1
    prints "<b><$option>"
    silent_about apps/tour/run
  done
}

case_the_other_applications_have_a_command_each() {
  for app in bench tour why; do
    run "a house/apps/$app/run" --help 'a b'
    ended 0
    prints "<--help><a b>"
    tail -n 1 "$LAB/calls" | grep -q "^ninja release: $app" || wrong "does not build $app"
    echo 3 >"$LAB/result"
    run "a house/apps/$app/run"
    ended 3
    echo 0 >"$LAB/result"
  done
}

# ---- what is missing ----

case_root_installs() {
  lacks_header tbb/version.h boost/version.hpp
  lacks_program ninja
  echo ninja >"$LAB/comes"
  run "a house/apps/run" b
  ended 0
  prints '<b>'
  called 'apt-get -qq -o DPkg::Lock::Timeout=300 update' \
    'apt-get -qq -y -o DPkg::Lock::Timeout=300 --no-remove install --no-install-recommends ninja-build libtbb-dev libboost1.81-dev' \
    "$configures_release" 'ninja release: ptree'
}

case_who_is_not_root_asks_sudo() {
  echo 1000 >"$LAB/uid"
  has sudo
  lacks_header CLI/CLI.hpp
  run "a house/apps/run" b
  ended 0
  grep -q '^sudo -n .*apt-get .*install .*libcli11-dev' "$LAB/calls" || wrong "does not ask sudo"
}

case_without_root_and_sudo_the_packages_are_named() {
  echo 1000 >"$LAB/uid"
  lacks_header boost/version.hpp gtest/gtest.h
  run "a house/tests/run"
  ended 1
  says 'as root, run: apt-get install libboost1.81-dev libgtest-dev'
  called_nothing
}

case_without_apt_get_the_names_elsewhere_are_told() {
  lacks_program apt-get
  lacks_header tbb/version.h boost/version.hpp CLI/CLI.hpp
  run "a house/apps/run" b
  ended 1
  says 'missing: tbb boost cli11'
  says 'Fedora: sudo dnf install boost-devel cli11-devel tbb-devel'
  says 'Arch:   sudo pacman -S boost cli11 onetbb'
  says 'macOS:  brew install boost cli11 tbb'
  says 'vcpkg:  vcpkg install boost-asio cli11 tbb'
  silent_about 'after the installation'
  called_nothing
}

case_what_nobody_packages_is_told_by_how_it_is_found() {
  lacks_program apt-get
  has ccache
  lacks_header relacy/relacy.hpp
  run "a house/tests/run" --all release
  ended 1
  says 'looked for as header:relacy/relacy.hpp'
  silent_about 'dnf install'
}

case_what_the_installation_does_not_bring_is_named() {
  touch "$LAB/apt_brings_nothing"
  lacks_header nlohmann/json.hpp
  run "a house/apps/run" b
  ended 1
  says 'still missing after the installation: json'
}

case_a_compiler_is_looked_for_where_one_is_needed() {
  lacks_program c++
  has debootstrap
  run "a house/tests/bare" bookworm
  ended 1
  says 'no Debian mirror'
  silent_about compiler
  lacks_program apt-get
  run "a house/apps/run" b
  ended 1
  says 'missing: compiler'
}

case_a_compiler_that_is_not_taken_is_told() {
  environment=(CXX=nothing++)
  run "a house/apps/run" b
  ended 0
  says 'CXX=nothing++ is no compiler that is new enough; taking c++'
}

# ---- tests/run ----

case_options_go_to_ctest() {
  run "a house/tests/run" -R 'a b' --repeat until-fail:2 -V
  ended 0
  grep -qF '<--output-on-failure><-R><a b><--repeat><until-fail:2><-V>' "$LAB/calls" || wrong "does not pass the options on"
  [ "$(grep -c ^ctest "$LAB/calls")" = 2 ] || wrong "runs ctest not twice"
  prints '100% tests passed, 0 tests failed out of 6'
  run "a house/tests/run"
  ended 0
  grep -q '<--output-on-failure>$' "$LAB/calls" || wrong "invents options"
}

case_what_matches_nothing_is_told() {
  run "a house/tests/run" -R Nothing
  ended 1
  says 'no test matches: -R Nothing'
  run "a house/tests/run" -R Nothing -N
  ended 1
  says 'no test matches: -R Nothing -N'
}

case_tests_are_listed() {
  run "a house/tests/run" -N
  ended 0
  prints 'Test #1: one'
  silent_about 'no test matches'
  silent_about 'tests passed'
}

case_words_that_mean_nothing_are_refused() {
  has ccache
  for arguments in '--all realease' 'realease --all' '--all -V realease' '--all tidy realease'; do
    # shellcheck disable=SC2086
    run "a house/tests/run" $arguments
    ended 1
    says 'realease is no leg of --all; these are: release clang tidy asan tsan tsan-clang'
    one_sentence
    called_nothing
  done
  run "a house/tests/run" Generator
  ended 1
  says 'tests/run -R Generator'
  one_sentence
  called_nothing
  run "a house/tests/run" --all -R realease release
  ended 0
  grep -qF '<-R><realease>' "$LAB/calls" || wrong "does not pass the value on"
}

case_legs_are_run_in_whatever_place_they_stand() {
  has ccache clang++-19 clang-tidy-19
  for arguments in 'tidy --all release' '--all tidy release'; do
    rm -rf "$house/build"
    # shellcheck disable=SC2086
    run "a house/tests/run" $arguments
    ended 0
    [ "$(grep -v ^ctest "$LAB/calls")" = "$(printf '%s\n' \
      "cmake --preset clang -DPARITER_WERROR=ON -B $house/build/all/clang --fresh" tidy \
      "cmake --preset release -DPARITER_TESTS=ON -DPARITER_WERROR=ON -B $house/build/all/release --fresh" 'ninja release: all')" ] ||
      wrong "does not run tidy, then release"
  done
}

case_all_runs_every_leg() {
  has ccache clang++-19 clang-tidy-19 llvm-symbolizer-19 dpkg-source
  run "a house/tests/run" --all
  ended 0
  [ "$(sed -n 's/^cmake --preset \([a-z-]*\) .*/\1/p' "$LAB/calls" | tr '\n' ' ')" = 'release clang asan tsan tsan-clang ' ] ||
    wrong "does not configure every leg once"
  grep -q '^tidy' "$LAB/calls" || wrong "does not run tidy"
  prints '100% tests passed, 0 tests failed out of 16'
  touch "$LAB/cmake_fails"
  rm -rf "$house/build/all/asan"
  run "a house/tests/run" --all
  ended 1
  prints 'FAILED: asan'
}

case_clang_is_taken_without_a_version_in_its_name() {
  has ccache clang++ clang-tidy
  for version in 19.1.7 21.0.0; do
    echo $version >"$LAB/llvm"
    rm -rf "$house/build"
    run "a house/tests/run" --all tidy
    ended 0
    called "cmake --preset clang -DPARITER_WERROR=ON -DCMAKE_CXX_COMPILER=clang++ -B $house/build/all/clang --fresh" tidy
  done
  echo 18.1.8 >"$LAB/llvm"
  lacks_program apt-get
  run "a house/tests/run" --all tidy
  ended 1
  says 'missing: clang clang_tidy'
}

case_help_is_shown() {
  for option in --help -h; do
    run "a house/tests/run" $option
    ended 0
    prints 'tests/run --all LEG'
    called_nothing
  done
  run "a house/tests/bare"
  ended 1
  says 'usage: tests/bare bookworm|trixie'
}

declare -F "case_$case_name" >/dev/null || { echo "there is no case $case_name"; exit 2; }
"case_$case_name"
