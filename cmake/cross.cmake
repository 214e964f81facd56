# SPDX-License-Identifier: Apache-2.0
#
# The toolchain of the presets release-arm64 and release-amd64: a compiler for that architecture and Debian's packages of it, which
# `script/bootstrap build ARCHITECTURE` installs. GATEHOUSE_ARCHITECTURE is the architecture as Debian and Docker name it.

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES GATEHOUSE_ARCHITECTURE)
set(CMAKE_SYSTEM_NAME Linux)
if(GATEHOUSE_ARCHITECTURE STREQUAL "arm64")
  # For arm64, clang keeps addresses on the stack across suspensions of a coroutine (llvm-project issue 149604).
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
  set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
elseif(GATEHOUSE_ARCHITECTURE STREQUAL "amd64")
  set(CMAKE_SYSTEM_PROCESSOR x86_64)
  set(CMAKE_CXX_COMPILER clang++-14)
  set(CMAKE_CXX_COMPILER_TARGET x86_64-linux-gnu)
  # The machine's own linker and archiver know its own architecture only.
  set(CMAKE_AR llvm-ar-14)
  set(CMAKE_RANLIB llvm-ranlib-14)
  set(CMAKE_EXE_LINKER_FLAGS_INIT -fuse-ld=lld-14)
  set(CMAKE_SHARED_LINKER_FLAGS_INIT -fuse-ld=lld-14)
else()
  message(FATAL_ERROR "GATEHOUSE_ARCHITECTURE is arm64 or amd64, not '${GATEHOUSE_ARCHITECTURE}'.")
endif()
set(ENV{PKG_CONFIG_LIBDIR} "/usr/lib/${CMAKE_SYSTEM_PROCESSOR}-linux-gnu/pkgconfig:/usr/share/pkgconfig")
