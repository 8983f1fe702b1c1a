# The compiler and what is said to it: checks, warnings, sanitizers, linker, compiler cache.

set(corka_cure "install clang-19 and configure with a preset: cmake --preset dev")
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR "corka: g++ ${CMAKE_CXX_COMPILER_VERSION} miscompiles ordinary coroutine code (double frees, "
    "overwritten frames) without a warning; g++ >= 13 or clang >= 16 is needed: ${corka_cure}")
elseif(CMAKE_CXX_COMPILER_ID MATCHES "Clang" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 16)
  message(FATAL_ERROR "corka: clang ${CMAKE_CXX_COMPILER_VERSION} lacks parts of C++20 that corka uses; "
    "clang >= 16 or g++ >= 13 is needed: ${corka_cure}")
endif()

if(NOT PROJECT_IS_TOP_LEVEL)
  # The rest is for corka's own builds: a surrounding project decides for itself.
  return()
endif()

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "" FORCE)
endif()
set(CMAKE_CXX_EXTENSIONS OFF)
set_property(GLOBAL PROPERTY USE_FOLDERS ON)

if(CORKA_SANITIZE)
  add_compile_options(-fsanitize=${CORKA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${CORKA_SANITIZE})
endif()
if(CORKA_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
  add_link_options(-fsanitize=fuzzer-no-link)
endif()

if(CMAKE_CXX_COMPILER_ID MATCHES "Clang")
  find_program(CORKA_LLD NAMES ld.lld-19 ld.lld)
  if(CORKA_LLD)
    add_link_options(--ld-path=${CORKA_LLD})
  endif()
  # A precompiled header must have the same bytes for the same contents, or ccache never hits.
  add_compile_options("$<$<COMPILE_LANGUAGE:CXX>:SHELL:-Xclang -fno-pch-timestamp>" -fcolor-diagnostics)
endif()

find_program(CORKA_CCACHE ccache)
if(CORKA_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(corka_launcher ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CORKA_CCACHE})
  set(CMAKE_C_COMPILER_LAUNCHER ${corka_launcher})
  set(CMAKE_CXX_COMPILER_LAUNCHER ${corka_launcher})
endif()
