# Drivers, built with the `undis cc` of this build, as a user would.
#
#   undis_driver(NAME SOURCE ... [INSTRUMENT] [OUTPUT_DIRECTORY DIR] [FLAGS compiler flags])
#
# makes DIR/NAME.so (default: drivers/NAME.so in the build directory) and a target driver-NAME; with INSTRUMENT
# its memory accesses are reported.
#
# A build with sanitizers may take the drivers that are built without one from another build directory
# (UNDIS_PLAIN_DRIVERS): they are the same there.
set(UNDIS_PLAIN_DRIVERS "" CACHE PATH "Build directory to take drivers without sanitizers from, or empty")
set(UNDIS_DRIVER_FLAGS "")
if(UNDIS_SANITIZE)
  set(UNDIS_DRIVER_FLAGS -fsanitize=${UNDIS_SANITIZE} -fno-sanitize=null)
endif()
file(GLOB_RECURSE UNDIS_WDK_HEADERS CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/include/*.h)
# What test drivers of several directories share.
set(UNDIS_TESTS ${CMAKE_SOURCE_DIR}/tests)
set(UNDIS_SHARED_DRIVER_HEADERS "")
foreach(place "" rules/ zoo/ explored/)
  file(GLOB found CONFIGURE_DEPENDS ${UNDIS_TESTS}/${place}*.h)
  list(APPEND UNDIS_SHARED_DRIVER_HEADERS ${found})
endforeach()

function(undis_driver name)
  cmake_parse_arguments(ARG "INSTRUMENT" "OUTPUT_DIRECTORY" "FLAGS" ${ARGN})
  if(NOT ARG_OUTPUT_DIRECTORY)
    set(ARG_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/drivers)
  endif()
  set(sources "")
  set(headers "")
  foreach(source IN LISTS ARG_UNPARSED_ARGUMENTS)
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR})
    cmake_path(GET source PARENT_PATH directory)
    file(GLOB own_headers CONFIGURE_DEPENDS ${directory}/*.h)
    list(APPEND sources ${source})
    list(APPEND headers ${own_headers})
    cmake_path(IS_PREFIX UNDIS_TESTS ${source} is_test)
    if(is_test)
      list(APPEND headers ${UNDIS_SHARED_DRIVER_HEADERS})
    endif()
  endforeach()
  list(REMOVE_DUPLICATES headers)
  set(output ${ARG_OUTPUT_DIRECTORY}/${name}.so)
  file(MAKE_DIRECTORY ${ARG_OUTPUT_DIRECTORY})
  if(UNDIS_PLAIN_DRIVERS AND (ARG_INSTRUMENT OR "-fno-sanitize=all" IN_LIST ARG_FLAGS))
    cmake_path(RELATIVE_PATH output BASE_DIRECTORY ${CMAKE_BINARY_DIR} OUTPUT_VARIABLE place)
    file(CREATE_LINK ${UNDIS_PLAIN_DRIVERS}/${place} ${output} SYMBOLIC)
    add_custom_target(driver-${name})
    return()
  endif()
  set(instrument "")
  set(flags ${UNDIS_DRIVER_FLAGS} ${ARG_FLAGS})
  if(ARG_INSTRUMENT)
    set(instrument --instrument)
    set(flags ${ARG_FLAGS}) # no sanitizer can be joined with it
    list(REMOVE_ITEM flags -fno-sanitize=all) # which would undo it
  endif()
  if(flags)
    list(PREPEND flags --)
  endif()
  add_custom_command(OUTPUT ${output}
    COMMAND ${CMAKE_COMMAND} -E env CC=${CMAKE_C_COMPILER} ASAN_OPTIONS=detect_leaks=0
      $<TARGET_FILE:undis-command> cc ${instrument} -o ${output} ${sources} ${flags}
    DEPENDS undis-command ${sources} ${headers} ${UNDIS_WDK_HEADERS}
    COMMENT "undis cc ${name}.so" VERBATIM)
  add_custom_target(driver-${name} ALL DEPENDS ${output})
endfunction()

# drivers/NAME.c and drivers/NAME/*.c each make one driver.
file(GLOB entries CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/drivers/*)
foreach(entry IN LISTS entries)
  cmake_path(GET entry STEM name)
  if(IS_DIRECTORY ${entry})
    file(GLOB sources CONFIGURE_DEPENDS ${entry}/*.c)
  elseif(entry MATCHES "\\.c$")
    set(sources ${entry})
  else()
    set(sources "")
  endif()
  if(sources)
    undis_driver(${name} ${sources})
  endif()
endforeach()
