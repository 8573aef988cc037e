# SPDX-License-Identifier: Apache-2.0
#
# What holds only where pariter is the project being built, and must not reach a project that embeds it:
# ccache, the sanitizer of the whole build, the warnings of our own code.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()

# ccache where it is installed. The sloppiness is what its manual asks for with precompiled headers; with the base directory,
# two checkouts at different places share what was compiled.
find_program(PARITER_CCACHE ccache)
mark_as_advanced(PARITER_CCACHE)
if(PARITER_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env
    "CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime"
    "CCACHE_BASEDIR=${PROJECT_SOURCE_DIR}" "CCACHE_NOHASHDIR=1" "${PARITER_CCACHE}")
endif()

if(PARITER_SANITIZE)
  add_compile_options(-fsanitize=${PARITER_SANITIZE} -fno-omit-frame-pointer -g1)  # lines are what a report needs
  add_link_options(-fsanitize=${PARITER_SANITIZE})
  if(PARITER_SANITIZE MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=all)
  endif()
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ documents that its sanitizers make it report what is not so: the instrumented code hides what was initialised where.
    add_compile_options(-Wno-maybe-uninitialized -Wno-mismatched-new-delete)
  endif()
  if(PARITER_SANITIZE MATCHES "thread" AND CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # g++ warns at every fence; those inside Boost.Asio are harmless to its results, and ours has none (tests/lint).
    add_compile_options(-Wno-tsan)
  endif()
endif()

# pariter_own_code: linked privately by our sources, tests and applications; never exported.
add_library(pariter_own_code INTERFACE)
target_compile_options(pariter_own_code INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
  $<$<BOOL:${PARITER_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  target_compile_options(pariter_own_code INTERFACE -Wno-restrict)  # g++ 12 reports std::string's own operator+
endif()
target_compile_definitions(pariter_own_code INTERFACE BOOST_ASIO_NO_DEPRECATED)
