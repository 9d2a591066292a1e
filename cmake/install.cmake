# `cmake --install`: the command, both libraries, the headers, the drivers and captures, undis.pc and
# what find_package(undis) reads.
include(CMakePackageConfigHelpers)
set(UNDIS_CMAKE_DIRECTORY ${CMAKE_INSTALL_LIBDIR}/cmake/undis)

set_target_properties(undis undis-free PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR})
foreach(library undis undis-free)
  target_include_directories(${library} INTERFACE
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}/undis/wdk>)
  target_compile_options(${library} INTERFACE $<INSTALL_INTERFACE:-fshort-wchar> $<INSTALL_INTERFACE:-fms-extensions>)
endforeach()

install(TARGETS undis undis-free EXPORT undis-targets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS undis-command RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS undis-free-command RUNTIME DESTINATION ${CMAKE_INSTALL_LIBEXECDIR}/undis)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/undis DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/wdk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/undis FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${CMAKE_SOURCE_DIR}/share/ DESTINATION ${CMAKE_INSTALL_DATADIR}/undis OPTIONAL)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/undis FILES_MATCHING PATTERN "*.md")
install(DIRECTORY ${CMAKE_BINARY_DIR}/drivers DESTINATION ${CMAKE_INSTALL_LIBDIR}/undis OPTIONAL
  FILES_MATCHING PATTERN "*.so")

configure_file(${CMAKE_SOURCE_DIR}/cmake/undis.pc.in undis.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/undis.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

install(EXPORT undis-targets NAMESPACE undis:: DESTINATION ${UNDIS_CMAKE_DIRECTORY})
configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/undis-config.cmake.in undis-config.cmake
  INSTALL_DESTINATION ${UNDIS_CMAKE_DIRECTORY} PATH_VARS CMAKE_INSTALL_BINDIR)
write_basic_package_version_file(undis-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/undis-config.cmake ${CMAKE_BINARY_DIR}/undis-config-version.cmake
  DESTINATION ${UNDIS_CMAKE_DIRECTORY})
