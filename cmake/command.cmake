# The `undis` command, built twice from the same sources: `undis` on the checked library, `undis-free` on
# the free one.  `undis run --free` executes the undis-free beside it.
file(GLOB UNDIS_COMMAND_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/cli/*.c)
# The explored engine exists in the checked build only, and so do its verbs.
set(UNDIS_FREE_COMMAND_SOURCES ${UNDIS_COMMAND_SOURCES})
list(FILTER UNDIS_FREE_COMMAND_SOURCES EXCLUDE REGEX "/src/cli/(explore[^/]*|replay[^/]*|merge[^/]*)\\.c$")

function(undis_command name library checked)
  add_executable(${name}-command ${ARGN})
  set_target_properties(${name}-command PROPERTIES OUTPUT_NAME ${name}
    BUILD_RPATH_USE_ORIGIN ON INSTALL_RPATH "$ORIGIN/../${CMAKE_INSTALL_LIBDIR};$ORIGIN/../../${CMAKE_INSTALL_LIBDIR}")
  target_compile_definitions(${name}-command PRIVATE UNDIS_CHECKED=${checked} UNDIS_VERSION="${PROJECT_VERSION}")
  target_link_libraries(${name}-command PRIVATE undis_flags ${library} PkgConfig::JANSSON)
endfunction()
undis_command(undis undis 1 ${UNDIS_COMMAND_SOURCES})
undis_command(undis-free undis-free 0 ${UNDIS_FREE_COMMAND_SOURCES})

# What the command looks for beside itself: the headers that `undis cc` hands to the compiler, and the pages
# that `undis rules` shows.
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/include ${CMAKE_BINARY_DIR}/include SYMBOLIC)
file(CREATE_LINK ${CMAKE_SOURCE_DIR}/docs ${CMAKE_BINARY_DIR}/docs SYMBOLIC)
