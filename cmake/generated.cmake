# Sources that are written at build time: appended to UNDIS_GENERATED_SOURCES, compiled into both libraries.
set(UNDIS_GENERATED_SOURCES "")
set(UNDIS_GENERATED_DIRECTORY ${CMAKE_BINARY_DIR}/generated)
file(MAKE_DIRECTORY ${UNDIS_GENERATED_DIRECTORY})
