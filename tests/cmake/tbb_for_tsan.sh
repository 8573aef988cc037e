#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# tbb_for_tsan.sh [COMPILER]: makes a oneTBB that ThreadSanitizer understands, and prints its TBB_DIR.
#
# The packaged library is not instrumented: it gives false reports, and every suppression that silences them hides true ones.
# So the distribution's own source package is built with -fsanitize=thread, by the same compiler as the program (mixing two
# does not work), and kept in ${XDG_CACHE_HOME:-~/.cache}/pariter. PARITER_TBB_SOURCE=DIR builds that source tree instead.
set -euo pipefail
self=$(readlink -f "${BASH_SOURCE[0]}" 2>/dev/null) || self=${BASH_SOURCE[0]}
# shellcheck source=lib/cmake/setup.sh
source "$(dirname "$self")/../../lib/cmake/setup.sh"

cxx=${1:-$(llvm clang++)} || die "there is no clang 19 or newer here"
version=$(dpkg-query -W -f '${source:Version}' libtbb-dev 2>/dev/null || echo unknown)
key="$(basename "$cxx")-$("$cxx" -dumpfullversion -dumpversion | head -n 1)-onetbb-$version-$(uname -m)"
[ -z "${PARITER_TBB_SOURCE:-}" ] || key+="-$(printf '%s' "$PARITER_TBB_SOURCE" | cksum | cut -d ' ' -f 1)"
kept=${XDG_CACHE_HOME:-${HOME:-$root/build}/.cache}/pariter/tbb-tsan/$key

if [ ! -e "$kept/done" ]; then
  mkdir -p "$(dirname "$kept")"
  work=$(mktemp -d "$kept.XXXXXX")
  trap 'rm -rf "$work"' EXIT
  say "building oneTBB $version for ThreadSanitizer with $cxx (once; kept in $kept)"

  if [ -n "${PARITER_TBB_SOURCE:-}" ]; then
    source=$PARITER_TBB_SOURCE
  else
    # The source package, from the mirrors that this machine is configured for; the system's own lists stay untouched.
    mkdir -p "$work/lists/partial" "$work/archives/partial" "$work/sources"
    apt-get indextargets --format '$(REPO_URI) $(CODENAME) $(COMPONENT) $(ORIGIN)' 'Created-By: Packages' | sort -u |
      while read -r uri suite component origin; do
        case $origin in
          Debian) keys=(/usr/share/keyrings/debian-archive-keyring.*) ;;
          Ubuntu) keys=(/usr/share/keyrings/ubuntu-archive-keyring.*) ;;
          *) continue ;;
        esac
        signed=
        [ ! -e "${keys[0]}" ] || signed="[signed-by=${keys[0]}] "
        printf 'deb-src %s%s %s %s\n' "$signed" "$uri" "$suite" "$component"
      done >"$work/sources/source.list"
    options=(-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts="$work/sources" -o Dir::State::lists="$work/lists"
      -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" -o APT::Sandbox::User=)
    (
      cd "$work"
      apt-get -qq "${options[@]}" update </dev/null
      apt-get -qq "${options[@]}" source --download-only "onetbb=$version" </dev/null
      dpkg-source --no-check -x onetbb_*.dsc source
    ) >"$work/log" 2>&1 || { cat "$work/log" >&2; die "the source package of oneTBB $version could not be had; set PARITER_TBB_SOURCE to a source tree of it"; }
    source=$work/source
  fi

  {
    cmake -S "$source" -B "$work/build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_COMPILER="$cxx" \
      -DTBB_TEST=OFF -DTBB_STRICT=OFF -DTBBMALLOC_BUILD=OFF -DTBB_SANITIZE=thread -DCMAKE_INSTALL_LIBDIR=lib \
      -DCMAKE_INSTALL_PREFIX="$kept" &&
      ninja -C "$work/build" -j "$(jobs_here)" &&
      cmake --install "$work/build"
  } >"$work/log" 2>&1 || { cat "$work/log" >&2; die "oneTBB could not be built for ThreadSanitizer"; }
  touch "$kept/done"
fi
printf '%s\n' "$kept/lib/cmake/TBB"
