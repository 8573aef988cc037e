# SPDX-License-Identifier: Apache-2.0
#
# Compilers known not to work are refused with a sentence, before they say the same in a thousand lines.

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 12)
  message(FATAL_ERROR "pariter needs g++ 12 or newer; this is g++ ${CMAKE_CXX_COMPILER_VERSION}. "
    "Choose another compiler with -DCMAKE_CXX_COMPILER=g++-12.")
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  message(FATAL_ERROR "pariter needs clang 16 or newer (older ones do not compile its coroutines and concepts correctly); "
    "this is clang ${CMAKE_CXX_COMPILER_VERSION}. Choose another compiler with -DCMAKE_CXX_COMPILER=clang++-19.")
endif()
