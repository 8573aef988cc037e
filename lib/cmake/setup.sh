# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
#
# What apps/run and tests/run share: find what a machine lacks and install it, configure, build.
#
#   need THING...             things from the table below; installs what is missing, or says what to install and ends
#   configure FOLDER ARG...   runs `cmake ARG... -B FOLDER` unless it was run with these arguments, or these and more, before
#   build FOLDER TARGET...    builds with as many jobs as cores and memory allow
#   app NAME...               all three for these applications, in build/release
#   llvm NAME                 what the program NAME of LLVM 19 or newer is called here
#
# A thing is looked for by what it gives (a header that the compiler finds, a program that runs), not by a package's name,
# so that this works on machines that got it another way. Messages go to stderr. Works in bash 3.2, which macOS has: there
# an empty array is an unset variable, hence ${array[@]+"${array[@]}"}.

unset CDPATH  # with it, cd prints where it goes
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)

say() { printf 'pariter: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

# thing      what proves it              Debian, Ubuntu          Fedora          Arch             brew           vcpkg
things='
compiler     compiler                    g++                     gcc-c++         gcc              gcc            -
cmake        cmake_3_25                  cmake                   cmake           cmake            cmake          -
ninja        program:ninja               ninja-build             ninja-build     ninja            ninja          -
tbb          header:tbb/version.h        libtbb-dev              tbb-devel       onetbb           tbb            tbb
boost        boost_1_81                  boost                   boost-devel     boost            boost          boost-asio
cli11        header:CLI/CLI.hpp          libcli11-dev            cli11-devel     cli11            cli11          cli11
json         header:nlohmann/json.hpp    nlohmann-json3-dev      json-devel      nlohmann-json    nlohmann-json  nlohmann-json
gtest        header:gtest/gtest.h        libgtest-dev            gtest-devel     gtest            googletest     gtest
gmock        header:gmock/gmock.h        libgmock-dev            gmock-devel     gtest            googletest     gtest
ccache       program:ccache              ccache                  ccache          ccache           ccache         -
relacy       header:relacy/relacy.hpp    relacy-dev              -               -                -              -
clang        llvm:clang++                clang-19                clang           clang            llvm           -
clang_rt     clang_tsan                  libclang-rt-19-dev      compiler-rt     compiler-rt      llvm           -
symbolizer   llvm:llvm-symbolizer        llvm-19                 llvm            llvm             llvm           -
clang_tidy   llvm:clang-tidy             clang-tidy-19           clang-tools-extra clang          llvm           -
dpkg_dev     program:dpkg-source         dpkg-dev                -               -                -              -
debootstrap  program:debootstrap         debootstrap             debootstrap     debootstrap      -              -
'

column() {  # column THING NUMBER
  awk -v thing="$1" -v n="$2" '$1 == thing { print $n }' <<<"$things"
}

# ---- what is there ----

# The first compiler that is new enough: $CXX, the system's, or one with its version in its name.
find_compiler() {
  local candidate
  for candidate in ${CXX:+"$CXX"} c++ g++ g++-15 g++-14 g++-13 g++-12 clang++ clang++-19 clang++-18; do
    if command -v "${candidate%% *}" >/dev/null && printf '%s\n' \
      '#if !((defined __clang__ && __clang_major__ >= 16) || (!defined __clang__ && __GNUC__ >= 12))' '#error too old' '#endif' |
      $candidate -x c++ -E - >/dev/null 2>&1; then
      printf '%s\n' "$candidate"
      return
    fi
  done
  return 1
}

# lines of the preprocessor: succeeds if they hold for the compiler at hand
preprocesses() {
  local compiler include=()
  compiler=$(find_compiler) || return 1
  if command -v brew >/dev/null; then include=(-isystem "$(brew --prefix)/include"); fi
  $compiler -std=c++20 ${include[@]+"${include[@]}"} -x c++ -E - >/dev/null 2>&1
}

# With the version in its name, as Debian has it, or without.
llvm() {
  local name
  for name in "$1-19" "$1"; do
    if at_least 19 "$("$name" --version 2>/dev/null | sed -n 's/.*version \([0-9][0-9.]*\).*/\1/p' | head -n 1)"; then
      printf '%s\n' "$name"
      return
    fi
  done
  return 1
}

is_there() {
  local thing=$1 proof
  proof=$(column "$thing" 2)
  case $proof in
    program:*) command -v "${proof#program:}" >/dev/null ;;
    llvm:*) llvm "${proof#llvm:}" >/dev/null ;;
    header:*) elsewhere || printf '#if !__has_include(<%s>)\n#error\n#endif\n' "${proof#header:}" | preprocesses ;;
    compiler) find_compiler >/dev/null ;;
    cmake_3_25) command -v cmake >/dev/null && at_least 3.25 "$(cmake --version | awk 'NR == 1 { print $3 }')" ;;
    boost_1_81)
      elsewhere || printf '%s\n' '#include <boost/version.hpp>' '#if BOOST_VERSION < 108100' '#error' '#endif' | preprocesses ;;
    clang_tsan) compgen -G "$("$(llvm clang++)" -print-resource-dir 2>/dev/null)/lib/*/libclang_rt.tsan*" >/dev/null ;;
    *) die "no proof for $thing" ;;
  esac
}

# With a toolchain file or a prefix of the user's, packages lie where only CMake finds them; it says what it lacks.
elsewhere() { [ -n "${CMAKE_TOOLCHAIN_FILE:-}${CMAKE_PREFIX_PATH:-}" ]; }

at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; }

missing_of() {
  local thing
  for thing in "$@"; do is_there "$thing" || printf '%s\n' "$thing"; done
}

# ---- what is not ----

need() {
  local missing
  missing=$(missing_of "$@")
  if [ -n "$missing" ]; then
    # shellcheck disable=SC2086
    if command -v apt-get >/dev/null; then install_debian $missing; else explain_elsewhere $missing; fi
    missing=$(missing_of "$@")
    [ -z "$missing" ] || die "still missing after the installation: ${missing//$'\n'/ }" \
      "(needed: g++ 12 or clang 16, CMake 3.25, Boost 1.81, or newer)"
  fi
  [[ " $* " == *' compiler '* ]] || return 0
  local asked=${CXX:-}
  CXX=$(find_compiler) || die "no compiler found"
  [ -z "$asked" ] || [ "$asked" = "$CXX" ] || say "CXX=$asked is no compiler that is new enough; taking $CXX"
  export CXX
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

install_debian() {
  local thing name packages=() keep=--no-remove
  for thing in "$@"; do
    name=$(column "$thing" 3)
    [ "$name" = - ] || packages+=("$name")
  done
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    say "missing: $*"
    die "neither root nor sudo; as root, run: apt-get install ${packages[*]/#boost/$(boost_package)}"
  fi
  say "missing: $*; bringing the package lists up to date"
  as_root apt-get -qq -o DPkg::Lock::Timeout=300 update </dev/null >&2 ||
    say "apt-get update failed; going on with the package lists that are there"
  packages=("${packages[@]/#boost/$(boost_package)}")
  say "installing with apt-get: ${packages[*]}"
  if [ "${CI:-}" = true ]; then keep=; fi
  as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get -qq -y -o DPkg::Lock::Timeout=300 ${keep:+"$keep"} \
    install --no-install-recommends "${packages[@]}" </dev/null >&2 ||
    die "apt-get could not install: ${packages[*]}" \
      "(if it would have to remove packages, it was kept from that; install them by hand where that is meant)"
}

# Debian 12 has Boost 1.74 under the plain name, and 1.81 beside it.
boost_package() {
  local name version
  for name in libboost-dev libboost1.81-dev libboost1.83-dev; do
    version=$(apt-cache policy "$name" | awk '$1 == "Candidate:" { print $2 }')
    if [ -n "$version" ] && [ "$version" != "(none)" ] && dpkg --compare-versions "$version" ge 1.81; then
      printf '%s\n' "$name"
      return
    fi
  done
  printf 'libboost1.81-dev\n'
}

explain_elsewhere() {
  local n names system thing proofs=
  say "missing: $*"
  say "this machine has no apt-get; install what is missing yourself, and run this again:"
  n=3
  for system in 'Fedora: sudo dnf install' 'Arch:   sudo pacman -S' 'macOS:  brew install' 'vcpkg:  vcpkg install'; do
    n=$((n + 1))
    names=$(for thing in "$@"; do column "$thing" "$n"; done | grep -vx -e - | sort -u | tr '\n' ' ')
    [ -z "$names" ] || printf '    %s %s\n' "$system" "$names" >&2
  done
  for thing in "$@"; do
    [ "$(for n in 4 5 6 7; do column "$thing" "$n"; done | sort -u)" != - ] || proofs+=" $(column "$thing" 2)"
  done
  [ -z "$proofs" ] || say "not packaged by any of these, and looked for as$proofs"
  say "with vcpkg, set CMAKE_TOOLCHAIN_FILE to its scripts/buildsystems/vcpkg.cmake"
  exit 1
}

# ---- configure and build ----

configure() {
  local folder=$1 line log
  shift
  line="$root $CXX $(cksum <"$root/CMakePresets.json") $*"  # with other presets, anew
  if [ -e "$folder/build.ninja" ] && [[ "$(cat "$folder/.configured" 2>/dev/null) " == "$line "* ]]; then return; fi
  log=$folder/configure.log
  # whatever becomes of this, what was there is there no longer
  { mkdir -p "$folder" && rm -f "$folder/.configured" && : >"$log"; } 2>/dev/null || { say "$folder cannot be written"; return 1; }
  say "configuring ${folder#"$root"/} (cmake $*)"
  if ! (cd "$root" && cmake "$@" -B "$folder" --fresh) >"$log" 2>&1; then
    cat "$log" >&2
    say "the configuration failed"
    return 1
  fi
  grep -e 'left out' "$log" >&2 || true
  printf '%s\n' "$line" >"$folder/.configured"
}

jobs_here() {
  local cores memory
  cores=$(nproc 2>/dev/null || sysctl -n hw.ncpu 2>/dev/null || echo 1)
  memory=$(awk '/^MemAvailable:/ { print int($2 / 1300000) }' /proc/meminfo 2>/dev/null || true)  # one job may take 1.3 GB
  if [ -n "$memory" ] && [ "$memory" -lt "$cores" ]; then cores=$((memory > 0 ? memory : 1)); fi
  printf '%s\n' "$cores"
}

build() {
  local folder=$1
  shift
  # ninja says so when there is nothing to do; we do not
  ninja -C "$folder" -j "$(jobs_here)" -k 0 "$@" 2>&1 |
    { grep --line-buffered -v -e '^ninja: Entering directory' -e '^ninja: no work to do' -e '^\[0/[0-9]*\] Re-checking globbed' || true; } >&2
  return "${PIPESTATUS[0]}"
}

app() {
  need compiler cmake ninja tbb boost cli11 json
  configure "$root/build/release" --preset release || exit 1
  build "$root/build/release" "$@" || exit 1
}
