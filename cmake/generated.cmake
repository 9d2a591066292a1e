# Sources that are written at build time: appended to UNDIS_GENERATED_SOURCES, compiled into both libraries.
set(UNDIS_GENERATED_SOURCES "")
set(UNDIS_GENERATED_DIRECTORY ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${UNDIS_GENERATED_DIRECTORY})
include_directories(${UNDIS_GENERATED_DIRECTORY})

# status_names.inc: the name of each status that the headers define (src/scenario/status.c).
# A value with two names gets that of ntstatus.h.
set(status_headers ${CMAKE_SOURCE_DIR}/include/wdk/ntstatus.h ${CMAKE_SOURCE_DIR}/include/wdk/ndis/status.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${status_headers})
set(rows "")
foreach(header IN LISTS status_headers)
  file(STRINGS ${header} lines REGEX "^#define +(NDIS_)?STATUS_[A-Z0-9_]+ +\\(\\((NTSTATUS|NDIS_STATUS)\\)")
  foreach(line IN LISTS lines)
    string(REGEX REPLACE "^#define +([A-Z0-9_]+) .*" "{\\1, \"\\1\"},\n" row "${line}")
    string(APPEND rows "${row}")
  endforeach()
endforeach()
file(CONFIGURE OUTPUT ${UNDIS_GENERATED_DIRECTORY}/status_names.inc CONTENT "${rows}" @ONLY)

# rules.c: the rule table (src/report/finding.h), from src/verifier/rules.tsv.
find_program(AWK NAMES awk REQUIRED)
add_custom_command(OUTPUT ${UNDIS_GENERATED_DIRECTORY}/rules.c
  COMMAND ${AWK} -f ${CMAKE_SOURCE_DIR}/src/verifier/rules.awk ${CMAKE_SOURCE_DIR}/src/verifier/rules.tsv
    > ${UNDIS_GENERATED_DIRECTORY}/rules.c
  DEPENDS ${CMAKE_SOURCE_DIR}/src/verifier/rules.awk ${CMAKE_SOURCE_DIR}/src/verifier/rules.tsv VERBATIM)
list(APPEND UNDIS_GENERATED_SOURCES ${UNDIS_GENERATED_DIRECTORY}/rules.c)

# ddi_levels.h, ddi_table.c: at which IRQL each function of the DDI is called (src/ke/ddi.h), from share/ddi/*.tsv.
# Written when cmake runs, and again when a table changes: everything includes the header.
set(ddi_tables "")
foreach(table irql irql-kernel irql-codes irql-special)
  list(APPEND ddi_tables ${CMAKE_SOURCE_DIR}/share/ddi/${table}.tsv)
endforeach()
set(ddi_awk ${CMAKE_SOURCE_DIR}/share/ddi/ddi.awk)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${ddi_tables} ${ddi_awk})
foreach(written header:ddi_levels.h table:ddi_table.c)
  string(REPLACE ":" ";" written ${written})
  list(GET written 0 what)
  list(GET written 1 file)
  execute_process(COMMAND ${AWK} -v write=${what} -f ${ddi_awk} ${ddi_tables}
    OUTPUT_VARIABLE text COMMAND_ERROR_IS_FATAL ANY)
  file(CONFIGURE OUTPUT ${UNDIS_GENERATED_DIRECTORY}/${file} CONTENT "${text}" @ONLY)
endforeach()
list(APPEND UNDIS_GENERATED_SOURCES ${UNDIS_GENERATED_DIRECTORY}/ddi_table.c)
