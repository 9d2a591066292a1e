# explored_table(PREFIX TABLE REPLAYS): one test for each row of a table of drivers and the verdicts that the explored
# engine must come to.  The columns are
#   driver, variant   the source DRIVER/VARIANT.c beside the table
#   flags             the compiler's, or -
#   expected          the rule that is found, or complete: searched to the end, nothing found
#   preemptions       of threads, in the shortest schedule that shows it, or -
#   options           of `undis explore`, or -
# What is found is replayed REPLAYS times.
set(EXPLORED_CHECK ${CMAKE_CURRENT_LIST_DIR}/check.cmake)

function(explored_row prefix replays driver variant flags expected preemptions options)
  set(source ${CMAKE_CURRENT_SOURCE_DIR}/${driver}/${variant}.c)
  cmake_path(GET driver FILENAME name)
  set(case ${name}-${variant})
  if(NOT flags STREQUAL "-")
    string(MAKE_C_IDENTIFIER "${flags}" suffix)
    string(APPEND case ${suffix})
  else()
    set(flags "")
  endif()
  set(image ${prefix}-${case})
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/drivers)
  if(NOT TARGET driver-${image})
    undis_driver(${image} ${source} OUTPUT_DIRECTORY ${directory} INSTRUMENT FLAGS ${flags} ${UNDIS_EXPLORED_FLAGS})
  endif()
  set(test ${prefix}.${case})
  if(options STREQUAL "-")
    set(options "")
  else()
    string(REGEX REPLACE "[^A-Za-z0-9]+" "-" suffix "${options}")
    string(APPEND test ${suffix})
  endif()
  add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -DUNDIS=$<TARGET_FILE:undis-command>
    -DDRIVER=${directory}/${image}.so -DEXPECTED=${expected} -DPREEMPTIONS=${preemptions} "-DOPTIONS=${options}"
    -DREPLAYS=${replays} -DSCHEDULE=${directory}/${test}.schedule -P ${EXPLORED_CHECK})
  set_tests_properties(${test} PROPERTIES TIMEOUT 120 LABELS ${prefix})
  if(UNDIS_SANITIZE MATCHES "undefined" AND test MATCHES "xdp-ec-cleanup-before|npcap-detach-event-before")
    set_tests_properties(${test} PROPERTIES DISABLED TRUE) # it stops the library that goes on with freed memory
  endif()
endfunction()

function(explored_table prefix table replays)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${table})
  file(STRINGS ${table} rows)
  list(POP_FRONT rows)
  foreach(row IN LISTS rows)
    string(REPLACE "\t" ";" cells "${row}")
    explored_row(${prefix} ${replays} ${cells})
  endforeach()
endfunction()
