# SPDX-License-Identifier: Apache-2.0
#
# cmake -DSOURCE=<project> -DBUILD=<folder> -DGENERATOR=<name> -DSETTINGS=<list> -P check_consumer.cmake
# Configures the project in a fresh folder, builds it and runs it.

file(REMOVE_RECURSE ${BUILD})
execute_process(COMMAND ${CMAKE_COMMAND} -S ${SOURCE} -B ${BUILD} -G ${GENERATOR} ${SETTINGS} RESULT_VARIABLE result
  OUTPUT_VARIABLE output ERROR_VARIABLE output)
if(result EQUAL 0)
  execute_process(COMMAND ${CMAKE_COMMAND} --build ${BUILD} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
endif()
if(result EQUAL 0)
  execute_process(COMMAND ${BUILD}/consumer WORKING_DIRECTORY ${BUILD} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
endif()
message(NOTICE "${output}")
if(NOT result EQUAL 0)
  message(FATAL_ERROR "the consumer failed")
endif()
