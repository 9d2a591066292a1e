# libundis (the checked build) and libundis-free: the same sources, compiled twice.  The verifier exists
# in the checked build only.
file(GLOB UNDIS_CORE_SOURCES CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/src/host/*.[cS] ${CMAKE_SOURCE_DIR}/src/ke/*.c ${CMAKE_SOURCE_DIR}/src/ex/*.c
  ${CMAKE_SOURCE_DIR}/src/mm/*.c ${CMAKE_SOURCE_DIR}/src/ob/*.c ${CMAKE_SOURCE_DIR}/src/ps/*.c
  ${CMAKE_SOURCE_DIR}/src/io/*.c ${CMAKE_SOURCE_DIR}/src/rtl/*.c ${CMAKE_SOURCE_DIR}/src/ndis/*.c
  ${CMAKE_SOURCE_DIR}/src/dev/*.c ${CMAKE_SOURCE_DIR}/src/engine/*.c ${CMAKE_SOURCE_DIR}/src/report/*.c
  ${CMAKE_SOURCE_DIR}/src/scenario/*.c ${CMAKE_SOURCE_DIR}/src/undis/*.c)
file(GLOB UNDIS_VERIFIER_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/verifier/*.c)
file(GLOB_RECURSE UNDIS_EXPLORE_SOURCES CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/src/engine/explore/*.c)
list(APPEND UNDIS_CORE_SOURCES ${UNDIS_GENERATED_SOURCES})
enable_language(ASM)

function(undis_library name checked)
  add_library(${name} SHARED ${UNDIS_CORE_SOURCES} ${ARGN})
  target_compile_definitions(${name} PRIVATE UNDIS_CHECKED=${checked})
  target_compile_options(${name} PRIVATE $<$<COMPILE_LANGUAGE:C>:-fno-builtin-printf>
    $<$<COMPILE_LANGUAGE:C>:-fno-semantic-interposition>)
  target_link_libraries(${name} PRIVATE undis_flags PkgConfig::PCAP PkgConfig::JANSSON PkgConfig::DW
    PkgConfig::ELF Threads::Threads ${CMAKE_DL_LIBS})
  # Bound at load: a lazy binding could be preempted and go on, on another host thread, inside the loader.
  target_link_options(${name} PRIVATE -Wl,-z,now -Wl,-Bsymbolic-functions)
  if(NOT (UNDIS_SANITIZE AND CMAKE_C_COMPILER_ID STREQUAL "Clang"))
    # clang leaves the sanitizers' functions for the executable to bring
    target_link_options(${name} PRIVATE -Wl,-z,defs)
  endif()
endfunction()
undis_library(undis 1 ${UNDIS_VERIFIER_SOURCES} ${UNDIS_EXPLORE_SOURCES})
undis_library(undis-free 0)
# A function that ended in a jump to another one of the DDI would lend it its own caller (src/ke/ddi.h).
target_compile_options(undis PRIVATE $<$<COMPILE_LANGUAGE:C>:-fno-optimize-sibling-calls>)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
  # A step of the explored engine goes through a dozen small functions in as many files.
  set_target_properties(undis PROPERTIES INTERPROCEDURAL_OPTIMIZATION_RELEASE ON)
  # ddi_enter's labels and what names them (src/ke/ddi.h) must stay in one partition.
  target_link_options(undis PRIVATE $<$<CONFIG:Release>:-flto-partition=one>)
endif()

# It defines the functions that a sanitizer's builtins stand for.
set_source_files_properties(${CMAKE_SOURCE_DIR}/src/rtl/tsan.c PROPERTIES
  COMPILE_OPTIONS "-fno-sanitize=all;$<$<C_COMPILER_ID:GNU>:-Wno-builtin-declaration-mismatch>")
