# SPDX-License-Identifier: Apache-2.0
#
# pariter_gtest_files(<kind> <glob> [TIMEOUT s] [PROCESSORS n] [WITH regex]): one executable per file, every TEST one test of
# ctest. All of them link every component of this build, and share one precompiled header. WITH: only files that have a matching line.

get_property(PARITER_COMPONENTS GLOBAL PROPERTY PARITER_COMPONENTS)

# Rooms that this build lacks, as one regular expression of include lines; empty when it lacks none.
set(absent)
foreach(component parallel async runtime io)
  if(NOT TARGET pariter::${component})
    list(APPEND absent "pariter/${component}/")
  endif()
endforeach()
if(NOT TARGET pariter::parallel)
  list(APPEND absent "tbb/" "oneapi/")
endif()
if(NOT TARGET pariter::async)
  list(APPEND absent "boost/")
endif()
list(JOIN absent "|" absent)
if(absent)
  set(absent "^[ \t]*#[ \t]*include[ \t]*[<\"](${absent})")
endif()

# pariter_absent(<file> <variable>): what <file>, or a file of tests/support/ that it includes, needs and this build lacks.
function(pariter_absent file variable)
  set(${variable} "" PARENT_SCOPE)
  if(NOT absent)
    return()
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
  set(look ${file})
  set(seen)
  while(look)
    list(POP_FRONT look one)
    if(one IN_LIST seen OR NOT EXISTS ${one})
      continue()
    endif()
    list(APPEND seen ${one})
    file(STRINGS ${one} lines REGEX "^[ \t]*#[ \t]*include")
    foreach(line IN LISTS lines)
      if(line MATCHES "${absent}")
        set(${variable} "${CMAKE_MATCH_1}" PARENT_SCOPE)
        return()
      endif()
      if(line MATCHES "support/([a-z0-9_/.]+)")
        list(APPEND look ${PROJECT_SOURCE_DIR}/tests/support/${CMAKE_MATCH_1})
      endif()
    endforeach()
  endwhile()
endfunction()

add_library(pariter_for_tests INTERFACE)
list(TRANSFORM PARITER_COMPONENTS PREPEND pariter:: OUTPUT_VARIABLE targets)
target_link_libraries(pariter_for_tests INTERFACE ${targets} GTest::gtest GTest::gtest_main pariter_own_code)
if(TARGET GTest::gmock)
  target_link_libraries(pariter_for_tests INTERFACE GTest::gmock)
endif()
target_include_directories(pariter_for_tests INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/tests)
if(PARITER_SANITIZE AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_link_options(pariter_for_tests INTERFACE LINKER:--allow-multiple-definition)  # a test's own operator new goes before the sanitizer's
endif()
# -O3 makes the tests no better, and their compilation a third longer.
target_compile_options(pariter_for_tests INTERFACE $<$<CONFIG:Release>:-O2>)
# What ccache needs to see through a precompiled header.
target_compile_options(pariter_for_tests INTERFACE
  $<$<CXX_COMPILER_ID:GNU>:-fpch-preprocess> "$<$<CXX_COMPILER_ID:Clang>:SHELL:-Xclang -fno-pch-timestamp>")

add_library(pariter_tests_pch OBJECT ${CMAKE_CURRENT_LIST_DIR}/precompiled.cpp)
target_link_libraries(pariter_tests_pch PRIVATE pariter_for_tests)
target_precompile_headers(pariter_tests_pch PRIVATE
  <gtest/gtest.h> <algorithm> <array> <atomic> <barrier> <chrono> <concepts> <deque> <exception> <functional> <list> <map>
  <memory> <mutex> <numeric> <optional> <random> <ranges> <set> <span> <stdexcept> <string> <string_view> <thread>
  <tuple> <utility> <vector>)

function(pariter_gtest_files kind glob)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT;PROCESSORS;WITH" "")
  set(properties LABELS ${kind} TIMEOUT ${arg_TIMEOUT} ENVIRONMENT PARITER_APPS=${PROJECT_BINARY_DIR}/apps
    ENVIRONMENT_MODIFICATION PARITER_HOUSE=set:${PROJECT_SOURCE_DIR})
  if(arg_PROCESSORS)
    list(APPEND properties PROCESSORS ${arg_PROCESSORS})
  endif()

  add_custom_target(pariter_${kind}_tests)
  file(GLOB files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${glob})
  foreach(file IN LISTS files)
    cmake_path(GET file STEM name)
    if(arg_WITH)
      set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${file})
      file(STRINGS ${file} lines REGEX "${arg_WITH}" LIMIT_COUNT 1)
      if(NOT lines)
        continue()
      endif()
    endif()
    pariter_absent(${file} lacking)
    if(lacking)
      message(STATUS "${kind} test ${name} is left out: it includes ${lacking}, which is not built")
      continue()
    endif()
    set(programs)
    if(kind STREQUAL "app")  # apps/ptree_errors_test.cpp tests the programs of apps/ptree/
      get_property(apps GLOBAL PROPERTY PARITER_APPS)
      string(REGEX REPLACE "_.*" "" app ${name})
      if(NOT app IN_LIST apps)
        message(STATUS "app test ${name} is left out: ${app} is not built")
        continue()
      endif()
      get_property(programs GLOBAL PROPERTY PARITER_APP_${app})
      string(PREPEND name "app_")
    endif()
    add_executable(${name} ${file})
    target_link_libraries(${name} PRIVATE pariter_for_tests)
    target_precompile_headers(${name} REUSE_FROM pariter_tests_pch)
    gtest_discover_tests(${name} TEST_PREFIX "${kind}." NO_PRETTY_TYPES NO_PRETTY_VALUES DISCOVERY_TIMEOUT 60
      PROPERTIES ${properties})
    add_dependencies(pariter_${kind}_tests ${name} ${programs})
  endforeach()
endfunction()
