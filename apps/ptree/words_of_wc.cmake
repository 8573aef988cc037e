# SPDX-License-Identifier: Apache-2.0
# Defines PTREE_WORDS_OF_WC for the targets of the including folder: by which word_rule (kernels.hpp) the wc of this machine separates
# words in the C locale. Found by two questions: is a lone byte 01 a word, and are there two words in "a", byte A0, "b".
if(NOT DEFINED PTREE_WORDS_OF_WC)
  set(answers "")
  if(NOT CMAKE_CROSSCOMPILING)
    execute_process(COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C sh -c "printf '\\001' | wc -w; printf 'a\\240b' | wc -w"
      OUTPUT_VARIABLE answers OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
  if(answers MATCHES "^ *0[ \n]")
    set(rule printable)
  elseif(answers MATCHES "2$")
    set(rule nbsp)
  else()
    set(rule any)
  endif()
  set(PTREE_WORDS_OF_WC ${rule} CACHE STRING "What ptree takes for a word: any, nbsp or printable; by default as the wc of this machine does")
endif()
add_compile_definitions(PTREE_WORDS_OF_WC=${PTREE_WORDS_OF_WC})
