# SPDX-License-Identifier: Apache-2.0
#
# cmake -DCOMPILER=<command> -DFILE=<file> -P check_stands_alone.cmake: FILE compiles, and reaches neither oneTBB nor Boost.

function(refuse sentence)  # message(FATAL_ERROR) alone would wrap what the compiler says
  message(NOTICE "${sentence}")
  message(FATAL_ERROR "refused")
endfunction()

execute_process(COMMAND ${COMPILER} -H ${FILE} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if("\n${output}" MATCHES "\n\\.+ ([^\n]*/(tbb|oneapi|boost)/[^\n]*)")  # -H names every file that is included
  refuse("it reaches ${CMAKE_MATCH_1}")
endif()
if(NOT result EQUAL 0)
  refuse("it does not compile:\n${output}")
endif()
if(NOT output MATCHES "\\. ")
  refuse("the compiler listed no headers; this check is blind")
endif()
