# SPDX-License-Identifier: Apache-2.0
#
# find_package(gatehouse_mcp CONFIG) gives gatehouse::mcp and what it is made of.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
find_dependency(Boost 1.81)  # headers only
find_dependency(simdjson)
find_dependency(OpenSSL)
find_dependency(spdlog)
find_dependency(CURL)
include("${CMAKE_CURRENT_LIST_DIR}/gatehouse_mcp-targets.cmake")
