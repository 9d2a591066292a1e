# How undis itself is compiled.  -fshort-wchar and -fms-extensions are the WDK's dialect (16-bit WCHAR,
# anonymous structures); frame pointers are what stack walks at any IRQL live on.
add_library(undis_flags INTERFACE)
target_compile_options(undis_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wno-multichar -Wno-unknown-pragmas
  -fshort-wchar -fms-extensions -fno-strict-aliasing
  -fno-omit-frame-pointer -fno-optimize-sibling-calls)
if(CMAKE_C_COMPILER_ID STREQUAL "Clang")
  target_compile_options(undis_flags INTERFACE -Wno-microsoft-anon-tag)
endif()
if(UNDIS_WERROR)
  target_compile_options(undis_flags INTERFACE -Werror)
endif()
if(UNDIS_SANITIZE)
  target_compile_options(undis_flags INTERFACE -fsanitize=${UNDIS_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(undis_flags INTERFACE -fsanitize=${UNDIS_SANITIZE})
  if(UNDIS_SANITIZE MATCHES "undefined")
    # A null pointer from a driver is to become a MemoryFault, as on the host's processor.
    target_compile_options(undis_flags INTERFACE -fno-sanitize=null)
  endif()
endif()
target_include_directories(undis_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_include_directories(undis_flags SYSTEM INTERFACE ${CMAKE_SOURCE_DIR}/include/wdk)
target_include_directories(undis_flags INTERFACE ${CMAKE_SOURCE_DIR}/include)
target_compile_definitions(undis_flags INTERFACE _GNU_SOURCE)
