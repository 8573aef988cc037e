#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Stands for the program by whose name it is called. What would change something is written to $LAB/calls. The files in $LAB say how
# the machine is: lacks (headers, one a line), comes (programs that an installation brings), uid, result (of an application),
# cmake_fails, apt_brings_nothing.
set -u

called() { printf '%s\n' "$*" >>"$LAB/calls"; }

# the argument behind $1 among the others
value_of() {
  local option=$1 previous=
  shift
  for argument in "$@"; do
    [ "$previous" != "$option" ] || printf '%s\n' "$argument"
    previous=$argument
  done
}

name=${0##*/}
case $name in
  c++)
    text=$(cat)
    while read -r header; do
      [[ $text != *"<$header>"* ]] || exit 1
    done <"$LAB/lacks" ;;
  cmake)
    if [ "$*" = --version ]; then echo 'cmake version 3.25.1'; exit; fi
    folder=$(value_of -B "$@")
    called cmake "$@"
    [ ! -e "$folder/.configured" ] || called cmake beside .configured  # if it is interrupted now, the next run takes it for configured
    rm -rf "$folder/CMakeFiles"
    if [ -e "$LAB/cmake_fails" ]; then echo 'CMake Error: planted'; exit 1; fi
    mkdir -p "$folder/CMakeFiles"
    touch "$folder/build.ninja" ;;
  ninja)
    folder=$(value_of -C "$@")
    [ -e "$folder/CMakeFiles" ] || { echo "ninja: error: $folder is not configured"; exit 1; }
    called ninja "${folder##*/}:" "${@:7}"  # -C FOLDER -j N -k 0
    for app in bench ptree tour why; do
      [[ " $* " != *" $app "* ]] || { mkdir -p "$folder/apps/$app" && ln -sf "$LAB/stub.sh" "$folder/apps/$app/$app"; }
    done
    echo 'ninja: no work to do.' ;;
  ctest)
    called ctest "$(printf '<%s>' "${@:3}")"  # --test-dir FOLDER
    case " $* " in
      *' Nothing -N '*) echo 'Total Tests: 0' ;;
      *' -N '*) printf '  Test #1: one\n\nTotal Tests: 1\n' ;;
      *' Nothing '*) echo 'No tests were found!!!' ;;
      *) echo '100% tests passed, 0 tests failed out of 3' ;;
    esac ;;
  bench | ptree | tour | why)
    printf '<%s>' "$@"
    exit "$(cat "$LAB/result")" ;;
  apt-get)
    called apt-get "$@"
    if [[ " $* " == *' install '* ]] && [ ! -e "$LAB/apt_brings_nothing" ]; then
      : >"$LAB/lacks"
      while read -r program; do ln -s "$LAB/stub.sh" "$LAB/bin/$program"; done <"$LAB/comes"
    fi ;;
  apt-cache)  # as in Debian 12
    case $2 in
      libboost-dev) echo '  Candidate: 1.74.0.3' ;;
      libboost1.81-dev) echo '  Candidate: 1.81.0-5+deb12u1' ;;
    esac ;;
  dpkg) [ "$(printf '%s\n%s\n' "$4" "$2" | sort -V | head -n 1)" = "$4" ] ;;
  id) cat "$LAB/uid" ;;
  sudo)
    called sudo "$@"
    [ "$1" != -n ] || shift
    exec "$@" ;;
  clang++ | clang-tidy | llvm-symbolizer) echo "stub version $(cat "$LAB/llvm")" ;;
  clang++-19)
    case $1 in
      -print-resource-dir) printf '%s\n' "$LAB/resources" ;;
      *) echo 'stub version 19.1.7' ;;
    esac ;;
  clang-tidy-19 | llvm-symbolizer-19) echo 'stub version 19.1.7' ;;
  ccache | dpkg-source | debootstrap) ;;
  tidy | tbb_for_tsan.sh) called "$name" ;;
  *) echo "$name: no stub for this" >&2; exit 127 ;;
esac
