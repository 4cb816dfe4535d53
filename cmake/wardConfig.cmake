# SPDX-License-Identifier: MIT
#
# find_package(ward): the target ward::ward.
include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/wardTargets.cmake)
