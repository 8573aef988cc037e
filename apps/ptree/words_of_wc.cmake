# SPDX-License-Identifier: Apache-2.0
# Defines PTREE_WC_WANTS_PRINTABLE (kernels.hpp) for the targets of the including folder: 1 if the wc of this machine takes a run
# without white-space for a word only if there is a printable ASCII character in it.
if(NOT DEFINED PTREE_WC_WANTS_PRINTABLE)
  set(words 1)
  if(NOT CMAKE_CROSSCOMPILING)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C sh -c "printf '\\001' | wc -w"
      OUTPUT_VARIABLE words OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  string(STRIP "${words}" words)
  if(words STREQUAL "0")
    set(PTREE_WC_WANTS_PRINTABLE 1 CACHE BOOL "ptree counts a word only if it has a printable ASCII character, as older GNU wc does")
  else()
    set(PTREE_WC_WANTS_PRINTABLE 0 CACHE BOOL "ptree counts a word only if it has a printable ASCII character, as older GNU wc does")
  endif()
endif()
add_compile_definitions(PTREE_WC_WANTS_PRINTABLE=$<BOOL:${PTREE_WC_WANTS_PRINTABLE}>)
