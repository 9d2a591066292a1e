# final_states(STRATEGY STATUS OPTION ...) explores PROGRAM, which prints its final states, to the end; in the caller
# `states` is their set and `json` the report.  Another exit status than STATUS is an error, and a search that is not complete.
function(final_states strategy expected)
  execute_process(COMMAND ${UNDIS} explore ${PROGRAM} --strategy ${strategy} --prints --format json ${ARGN}
    RESULT_VARIABLE status OUTPUT_VARIABLE json ERROR_VARIABLE text)
  string(JSON complete ERROR_VARIABLE broken GET "${json}" complete)
  if(NOT status EQUAL expected OR NOT complete)
    message(FATAL_ERROR "${strategy}: exit status ${status}\n${text}\n${json}")
  endif()
  string(REGEX MATCHALL "state: [0-9a-f ]+" found "${text}")
  list(REMOVE_DUPLICATES found)
  list(SORT found)
  set(states "${found}" PARENT_SCOPE)
  set(json "${json}" PARENT_SCOPE)
endfunction()
