# SPDX-License-Identifier: Apache-2.0
#
# Installation: one export file per component, so that who asks for pariter::core alone needs neither oneTBB nor Boost.

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/pariter)

get_property(components GLOBAL PROPERTY PARITER_COMPONENTS)
foreach(component IN LISTS components)
  install(TARGETS pariter_${component} EXPORT pariter-${component} FILE_SET HEADERS)
  install(EXPORT pariter-${component} NAMESPACE pariter:: DESTINATION ${package_dir})
endforeach()

configure_package_config_file(cmake/pariterConfig.cmake.in ${CMAKE_CURRENT_BINARY_DIR}/pariterConfig.cmake
  INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/pariterConfigVersion.cmake
  VERSION ${PROJECT_VERSION} COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/pariterConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/pariterConfigVersion.cmake
  DESTINATION ${package_dir})
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
