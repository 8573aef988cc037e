# SPDX-License-Identifier: Apache-2.0
#
# cmake -DBUILD=<build folder of pariter> -DWORK=<folder> -P check_install.cmake
# Installs into WORK/prefix and moves that to WORK/moved: whatever remembers its first place will not be found.

file(REMOVE_RECURSE ${WORK})
execute_process(COMMAND ${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/prefix COMMAND_ERROR_IS_FATAL ANY OUTPUT_QUIET)
file(RENAME ${WORK}/prefix ${WORK}/moved)

file(GLOB_RECURSE configs ${WORK}/moved/*.cmake)
if(NOT configs)
  message(FATAL_ERROR "nothing for find_package was installed")
endif()
foreach(config IN LISTS configs)
  file(READ ${config} text)
  foreach(place ${WORK} ${BUILD})
    string(FIND "${text}" "${place}" at)
    if(NOT at EQUAL -1)
      message(FATAL_ERROR "${config} names ${place}: it cannot be moved")
    endif()
  endforeach()
endforeach()
