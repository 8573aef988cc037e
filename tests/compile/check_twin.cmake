# SPDX-License-Identifier: Apache-2.0
#
# cmake -DCOMPILER=<command> -DPASS=<file> -DFAIL=<file> -P check_twin.cmake

function(refuse sentence)  # message(FATAL_ERROR) alone would wrap what the compiler says
  message(NOTICE "${sentence}")
  message(FATAL_ERROR "refused")
endfunction()

foreach(file ${PASS} ${FAIL})
  if(NOT EXISTS ${file})
    refuse("the file has no twin: ${file} is missing")
  endif()
endforeach()

file(STRINGS ${FAIL} expected REGEX "^// expect: ")
list(TRANSFORM expected REPLACE "^// expect: +" "")
if(NOT expected)
  refuse("${FAIL} says no // expect: line")
endif()

execute_process(COMMAND ${COMPILER} ${PASS} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(NOT result EQUAL 0)
  refuse("${PASS} does not compile:\n${output}")
endif()

execute_process(COMMAND ${COMPILER} ${FAIL} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  refuse("${FAIL} must not compile, but it compiled")
endif()
foreach(sentence IN LISTS expected)
  string(FIND "${output}" "${sentence}" at)
  if(at EQUAL -1)
    refuse("${FAIL} fails for another reason. Expected: ${sentence}\nThe compiler says:\n${output}")
  endif()
endforeach()
