# SPDX-License-Identifier: Apache-2.0
#
# gatehouse_module(NAME LAYER n [DEPENDS module...] SOURCES file... [TESTS file...]
#                  [TEST_DEPENDS module...] [LIBRARIES target...] [INSTALL [HEADERS file...]])
#
# Makes the static library gatehouse_NAME and, with TESTS, the program gatehouse_NAME_test.
#
# The layers hold because of how headers are found: every module has an include directory of its own that shows nothing but
# its own headers, so `#include "gatehouse/vault/bearer.h"` compiles only in modules that name `vault` in DEPENDS, directly
# or through a module they name. Configuring fails when a dependency does not lie in a lower layer.
# LIBRARIES are third-party targets; they stay private to the module.
#
# INSTALL makes the module part of the CMake package gatehouse_mcp, as gatehouse::NAME, with those HEADERS and no others.
# What it depends on must be part of it too, and third-party targets must be found by cmake/gatehouse_mcp-config.cmake.

include(GNUInstallDirs)
set(GATEHOUSE_INCLUDE_ROOT "${CMAKE_BINARY_DIR}/include")

function(gatehouse_module NAME)
  cmake_parse_arguments(ARG "INSTALL" "LAYER" "DEPENDS;SOURCES;TESTS;TEST_DEPENDS;LIBRARIES;HEADERS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "gatehouse_module(${NAME}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set_property(GLOBAL PROPERTY GATEHOUSE_LAYER_${NAME} "${ARG_LAYER}")
  set(visible "${GATEHOUSE_INCLUDE_ROOT}/${NAME}")
  file(MAKE_DIRECTORY "${visible}/gatehouse")
  file(CREATE_LINK "${CMAKE_CURRENT_SOURCE_DIR}" "${visible}/gatehouse/${NAME}" SYMBOLIC)

  add_library(gatehouse_${NAME} STATIC ${ARG_SOURCES})
  target_include_directories(gatehouse_${NAME} PUBLIC "$<BUILD_INTERFACE:${visible}>")
  target_link_libraries(gatehouse_${NAME} PUBLIC $<BUILD_INTERFACE:gatehouse_build_flags> PRIVATE ${ARG_LIBRARIES})
  foreach(dependency IN LISTS ARG_DEPENDS)
    get_property(layer GLOBAL PROPERTY GATEHOUSE_LAYER_${dependency})
    if("${layer}" STREQUAL "" OR NOT layer LESS ARG_LAYER)
      message(FATAL_ERROR "Module ${NAME} (layer ${ARG_LAYER}) may not use ${dependency} (layer ${layer}): "
        "arrows point down only. See ARCHITECTURE.md.")
    endif()
    target_link_libraries(gatehouse_${NAME} PUBLIC gatehouse_${dependency})
  endforeach()

  # What was built with sanitizers runs only in programs that have them.
  if(ARG_INSTALL AND NOT GATEHOUSE_SANITIZE)
    set_target_properties(gatehouse_${NAME} PROPERTIES EXPORT_NAME ${NAME})
    target_compile_features(gatehouse_${NAME} INTERFACE cxx_std_20)
    install(TARGETS gatehouse_${NAME} EXPORT gatehouse_mcp COMPONENT mcp INCLUDES DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}")
    install(FILES ${ARG_HEADERS} DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/gatehouse/${NAME}" COMPONENT mcp)
  endif()

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

# gatehouse_package(): what find_package(gatehouse_mcp CONFIG) reads. `cmake --install build/library --component mcp` installs all.
function(gatehouse_package)
  if(GATEHOUSE_SANITIZE)
    return()
  endif()
  include(CMakePackageConfigHelpers)
  set(version_file "${CMAKE_BINARY_DIR}/gatehouse_mcp-config-version.cmake")
  write_basic_package_version_file("${version_file}" COMPATIBILITY SameMinorVersion)
  set(destination "${CMAKE_INSTALL_LIBDIR}/cmake/gatehouse_mcp")
  install(FILES "${CMAKE_SOURCE_DIR}/cmake/gatehouse_mcp-config.cmake" "${version_file}" DESTINATION "${destination}" COMPONENT mcp)
  install(EXPORT gatehouse_mcp FILE gatehouse_mcp-targets.cmake NAMESPACE gatehouse:: DESTINATION "${destination}" COMPONENT mcp)
endfunction()

# gatehouse_executable(TARGET DEPENDS module...)
function(gatehouse_executable TARGET)
  cmake_parse_arguments(ARG "" "" "DEPENDS" ${ARGN})
  foreach(dependency IN LISTS ARG_DEPENDS)
    target_link_libraries(${TARGET} PRIVATE gatehouse_${dependency})
  endforeach()
endfunction()
