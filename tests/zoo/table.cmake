# Tests from tables of drivers and the verdicts that they deserve; one test for each row.
#
#   explored_table(PREFIX TABLE REPLAYS)   all rows are for `undis explore`
#   judged_table(PREFIX TABLE REPLAYS)     rows say which command judges
#
# The columns are
#   driver, variant   the source DRIVER/VARIANT.c beside the table
#   flags             the compiler's, or -
#   command           run or explore (judged_table only)
#   expected          the rule that is found; or nothing: `complete`, searched to the end, of explore, `clean` of run
#   preemptions       of threads, in the shortest schedule that shows it, or -
#   options           of the command, or -
# What is found by exploring is replayed REPLAYS times.
set(EXPLORED_CHECK ${CMAKE_CURRENT_LIST_DIR}/check.cmake)
set(RUN_CHECK ${CMAKE_CURRENT_LIST_DIR}/check_run.cmake)

# Builds the driver of a row, once for all rows that want the same: image = its path, case = its name.
function(table_driver prefix driver variant flags)
  cmake_path(GET driver FILENAME name)
  set(case ${name}-${variant})
  if(flags STREQUAL "-")
    set(flags "")
  else()
    string(MAKE_C_IDENTIFIER "${flags}" suffix)
    string(APPEND case ${suffix})
  endif()
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/drivers)
  if(NOT TARGET driver-${prefix}-${case})
    undis_driver(${prefix}-${case} ${CMAKE_CURRENT_SOURCE_DIR}/${driver}/${variant}.c
      OUTPUT_DIRECTORY ${directory} INSTRUMENT FLAGS ${flags} ${UNDIS_EXPLORED_FLAGS})
  endif()
  set(case ${case} PARENT_SCOPE)
  set(image ${directory}/${prefix}-${case}.so PARENT_SCOPE)
endfunction()

function(table_test test check)
  add_test(NAME ${test} COMMAND ${CMAKE_COMMAND} -DUNDIS=$<TARGET_FILE:undis-command> ${ARGN} -P ${check})
  set_tests_properties(${test} PROPERTIES TIMEOUT 300 LABELS ${prefix})
  if(UNDIS_SANITIZE MATCHES "undefined" AND test MATCHES "xdp-ec-cleanup-before|npcap-detach-event-before")
    set_tests_properties(${test} PROPERTIES DISABLED TRUE) # it stops the library that goes on with freed memory
  endif()
endfunction()

function(judged_row prefix replays driver variant flags command expected preemptions options)
  table_driver(${prefix} ${driver} ${variant} "${flags}")
  set(test ${prefix}.${case})
  if(command STREQUAL "run")
    string(APPEND test -run)
  endif()
  if(options STREQUAL "-")
    set(options "")
  else()
    string(REGEX REPLACE "[^A-Za-z0-9]+" "-" suffix "${options}")
    string(APPEND test ${suffix})
  endif()
  if(command STREQUAL "run")
    table_test(${test} ${RUN_CHECK} -DDRIVER=${image} -DEXPECTED=${expected} "-DOPTIONS=${options}")
  else()
    cmake_path(GET image PARENT_PATH directory)
    table_test(${test} ${EXPLORED_CHECK} -DDRIVER=${image} -DEXPECTED=${expected} -DPREEMPTIONS=${preemptions}
      "-DOPTIONS=${options}" -DREPLAYS=${replays} -DSCHEDULE=${directory}/${test}.schedule)
  endif()
endfunction()

function(explored_row prefix replays driver variant flags expected preemptions options)
  judged_row(${prefix} ${replays} ${driver} ${variant} "${flags}" explore ${expected} ${preemptions} "${options}")
endfunction()

function(table_rows function prefix table replays)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${table})
  file(STRINGS ${table} rows)
  list(POP_FRONT rows)
  foreach(row IN LISTS rows)
    string(REPLACE "\t" ";" cells "${row}")
    cmake_language(CALL ${function} ${prefix} ${replays} ${cells})
  endforeach()
endfunction()

function(explored_table prefix table replays)
  table_rows(explored_row ${prefix} ${table} ${replays})
endfunction()

function(judged_table prefix table replays)
  table_rows(judged_row ${prefix} ${table} ${replays})
endfunction()
