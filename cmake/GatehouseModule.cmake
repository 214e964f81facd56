# SPDX-License-Identifier: Apache-2.0
#
# gatehouse_module(NAME LAYER n [DEPENDS module...] SOURCES file... [TESTS file...]
#                  [TEST_DEPENDS module...] [LIBRARIES target...])
#
# Makes the static library gatehouse_NAME and, with TESTS, the program gatehouse_NAME_test.
#
# The layers hold because of how headers are found: every module has an include directory of its own that shows nothing but
# its own headers, so `#include "gatehouse/vault/bearer.h"` compiles only in modules that name `vault` in DEPENDS, directly
# or through a module they name. Configuring fails when a dependency does not lie in a lower layer.
# LIBRARIES are third-party targets; they stay private to the module.

set(GATEHOUSE_INCLUDE_ROOT "${CMAKE_BINARY_DIR}/include")

function(gatehouse_module NAME)
  cmake_parse_arguments(ARG "" "LAYER" "DEPENDS;SOURCES;TESTS;TEST_DEPENDS;LIBRARIES" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "gatehouse_module(${NAME}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set_property(GLOBAL PROPERTY GATEHOUSE_LAYER_${NAME} "${ARG_LAYER}")
  set(visible "${GATEHOUSE_INCLUDE_ROOT}/${NAME}")
  file(MAKE_DIRECTORY "${visible}/gatehouse")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${visible}/gatehouse/${NAME}" SYMBOLIC)

  add_library(gatehouse_${NAME} STATIC ${ARG_SOURCES})
  target_include_directories(gatehouse_${NAME} PUBLIC "${visible}")
  target_link_libraries(gatehouse_${NAME} PUBLIC gatehouse_build_flags PRIVATE ${ARG_LIBRARIES})
  foreach(dependency IN LISTS ARG_DEPENDS)
    get_property(layer GLOBAL PROPERTY GATEHOUSE_LAYER_${dependency})
    if("${layer}" STREQUAL "" OR NOT layer LESS ARG_LAYER)
      message(FATAL_ERROR "Module ${NAME} (layer ${ARG_LAYER}) may not use ${dependency} (layer ${layer}): "
        "arrows point down only. See ARCHITECTURE.md.")
    endif()
    target_link_libraries(gatehouse_${NAME} PUBLIC gatehouse_${dependency})
  endforeach()

  if(BUILD_TESTING AND ARG_TESTS)
    find_package(GTest REQUIRED)
    add_executable(gatehouse_${NAME}_test ${ARG_TESTS})
    target_link_libraries(gatehouse_${NAME}_test PRIVATE gatehouse_${NAME} GTest::gmock GTest::gtest_main ${ARG_LIBRARIES})
    foreach(dependency IN LISTS ARG_TEST_DEPENDS)
      target_link_libraries(gatehouse_${NAME}_test PRIVATE gatehouse_${dependency})
    endforeach()
    add_test(NAME ${NAME} COMMAND gatehouse_${NAME}_test)
    set_tests_properties(${NAME} PROPERTIES TIMEOUT 300 LABELS unit
      ENVIRONMENT "GATEHOUSE_SOURCE_DIR=${CMAKE_SOURCE_DIR}")
  endif()
endfunction()

# gatehouse_executable(TARGET DEPENDS module...)
function(gatehouse_executable TARGET)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${TARGET} PRIVATE gatehouse_${dependency})
  endforeach()
endfunction()
