# SPDX-License-Identifier: Apache-2.0
#
# One interface target carries every compiler and linker flag. Those that a user of the installed package needs too are
# base's (src/gatehouse/base/CMakeLists.txt).

option(GATEHOUSE_WERROR "Treat warnings as errors" OFF)
option(GATEHOUSE_HARDEN "Release hardening flags" OFF)
option(GATEHOUSE_LTO "Optimise across files when linking" OFF)
option(GATEHOUSE_FUZZ "Count coverage for libFuzzer and link the targets of fuzz/ with it; clang only" OFF)
set(GATEHOUSE_SANITIZE "" CACHE STRING "Sanitizers, comma separated: address,undefined or thread")

add_library(gatehouse_build_flags INTERFACE)

# Assertions stay on in every build: a broken invariant ends the process instead of serving somebody else's mail.
target_compile_definitions(gatehouse_build_flags INTERFACE GATEHOUSE_VERSION="${PROJECT_VERSION}")
target_compile_options(gatehouse_build_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual -Wconversion -Wno-sign-conversion
  -Wunused-result -fno-omit-frame-pointer)
if(GATEHOUSE_WERROR)
  target_compile_options(gatehouse_build_flags INTERFACE -Werror)
endif()

if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  # What asks whether a char is negative is right on both.
  target_compile_options(gatehouse_build_flags INTERFACE -Wno-type-limits)
endif()
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64" AND CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND CMAKE_BUILD_TYPE STREQUAL "Release")
  message(FATAL_ERROR "For arm64 clang compiles coroutines wrongly when it optimizes (llvm-project issue 149604): use the preset release-arm64.")
endif()

if(GATEHOUSE_HARDEN)
  set(guards -fstack-clash-protection -fstack-protector-strong -fcf-protection=full)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
    set(guards -fstack-clash-protection -fstack-protector-strong -mbranch-protection=standard)
  endif()
  target_compile_definitions(gatehouse_build_flags INTERFACE _FORTIFY_SOURCE=2 _GLIBCXX_ASSERTIONS)
  target_compile_options(gatehouse_build_flags INTERFACE
    ${guards} -fPIE -fno-plt -ffunction-sections -fdata-sections)
  target_link_options(gatehouse_build_flags INTERFACE
    -pie LINKER:-z,relro LINKER:-z,now LINKER:-z,noexecstack LINKER:-z,separate-code LINKER:--as-needed
    LINKER:--gc-sections)
endif()

# Functions of one module are inlined into another: a tenth of what a request costs. Needs archives that know bitcode.
if(GATEHOUSE_LTO)
  include(CheckIPOSupported)
  check_ipo_supported(LANGUAGES CXX)
  set(CMAKE_INTERPROCEDURAL_OPTIMIZATION ON)
  # A request runs through a handful of nested coroutines; Asio keeps two frames for the next one unless told otherwise.
  target_compile_definitions(gatehouse_build_flags INTERFACE BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=8)
endif()

if(GATEHOUSE_SANITIZE)
  target_compile_options(gatehouse_build_flags INTERFACE -fsanitize=${GATEHOUSE_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(gatehouse_build_flags INTERFACE -fsanitize=${GATEHOUSE_SANITIZE})
  # Recycled coroutine frames would hide a use after free from AddressSanitizer.
  target_compile_definitions(gatehouse_build_flags INTERFACE BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    target_compile_options(gatehouse_build_flags INTERFACE -fno-sanitize=function)
  endif()
endif()

if(GATEHOUSE_FUZZ)
  target_compile_options(gatehouse_build_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()

find_program(GATEHOUSE_CCACHE ccache)
if(GATEHOUSE_CCACHE)
  # Paths count relative to the checkout, so that a fresh clone finds what another one has compiled.
  set(CMAKE_CXX_COMPILER_LAUNCHER "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}" CCACHE_NOHASHDIR=1
    "${GATEHOUSE_CCACHE}")
endif()
find_program(GATEHOUSE_LLD NAMES ld.lld-14 ld.lld)
if(GATEHOUSE_LLD)
  target_link_options(gatehouse_build_flags INTERFACE $<$<CXX_COMPILER_ID:Clang>:-fuse-ld=lld-14>)
  if(GATEHOUSE_HARDEN)
    # Functions with the same code are kept once, unless somebody may compare their addresses.
    target_link_options(gatehouse_build_flags INTERFACE $<$<CXX_COMPILER_ID:Clang>:LINKER:--icf=safe>)
  endif()
endif()
