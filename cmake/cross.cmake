# SPDX-License-Identifier: Apache-2.0
#
# The toolchain of the presets release-arm64 and release-amd64: clang, with Debian's packages of that architecture, which
# `script/bootstrap build ARCHITECTURE` installs. GATEHOUSE_ARCHITECTURE is the architecture as Debian and Docker name it.

list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES GATEHOUSE_ARCHITECTURE)
if(GATEHOUSE_ARCHITECTURE STREQUAL "arm64")
  set(CMAKE_SYSTEM_PROCESSOR aarch64)
elseif(GATEHOUSE_ARCHITECTURE STREQUAL "amd64")
  set(CMAKE_SYSTEM_PROCESSOR x86_64)
else()
  message(FATAL_ERROR "GATEHOUSE_ARCHITECTURE is arm64 or amd64, not '${GATEHOUSE_ARCHITECTURE}'.")
endif()
set(CMAKE_SYSTEM_NAME Linux)
set(triple "${CMAKE_SYSTEM_PROCESSOR}-linux-gnu")

set(CMAKE_CXX_COMPILER clang++-14)
set(CMAKE_CXX_COMPILER_TARGET "${triple}")
# The machine's own linker and archiver know its own architecture only.
set(CMAKE_AR llvm-ar-14)
set(CMAKE_RANLIB llvm-ranlib-14)
set(CMAKE_EXE_LINKER_FLAGS_INIT -fuse-ld=lld-14)
set(CMAKE_SHARED_LINKER_FLAGS_INIT -fuse-ld=lld-14)
set(ENV{PKG_CONFIG_LIBDIR} "/usr/lib/${triple}/pkgconfig:/usr/share/pkgconfig")
