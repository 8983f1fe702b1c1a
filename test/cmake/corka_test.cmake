# Makes one doctest executable and registers its test cases with ctest.
#
#   corka_test(<name> LABEL unit|contract|scenario|system|browser  SOURCES a_test.cpp …
#              [USES <layers>] [LINKS <targets>] [TIMEOUT <seconds>] [TOGETHER] [NO_PCH])
#
# Every TEST_CASE becomes the ctest test "<name>/<case>" with the label, in a process of its own; with TOGETHER the whole
# executable is one ctest test (for cases that share something dear, such as a broker). Exit code 77 means skipped.
# Headers of the tests themselves are included relative to test/ ("support/….hpp"). Without USES the whole library is linked.

set(corka_timeout_unit 60)
set(corka_timeout_contract 120)
set(corka_timeout_scenario 180)
set(corka_timeout_system 900)
set(corka_timeout_browser 300)

function(corka_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "TOGETHER;NO_PCH" "LABEL;TIMEOUT" "SOURCES;USES;LINKS")
  if(arg_UNPARSED_ARGUMENTS OR NOT DEFINED corka_timeout_${arg_LABEL})
    message(FATAL_ERROR "corka_test(${name}): unknown argument or LABEL: ${arg_UNPARSED_ARGUMENTS} ${arg_LABEL}")
  endif()
  corka_missing_layers(missing ${arg_USES})
  if(missing)
    message(${corka_incomplete} "corka: test ${name} is left out, it uses layers that are not there: ${missing}")
    return()
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT ${corka_timeout_${arg_LABEL}})
  endif()
  if(CORKA_SANITIZE)
    math(EXPR arg_TIMEOUT "${arg_TIMEOUT} * 3")
  endif()

  set(target test_${name})
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE corka_doctest corka_internal ${arg_LINKS})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/test ${PROJECT_SOURCE_DIR}/lib)
  foreach(used ${arg_USES})
    string(REPLACE "/" "_" used ${used})
    target_link_libraries(${target} PRIVATE corka_${used})
  endforeach()
  if(NOT arg_USES)
    target_link_libraries(${target} PRIVATE corka::corka)
  endif()
  if(CORKA_PCH AND NOT arg_NO_PCH)
    target_precompile_headers(${target} REUSE_FROM corka_test_pch)
    if(CMAKE_POSITION_INDEPENDENT_CODE)  # -fPIC as in the precompiled header, not an executable's -fPIE
      set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
      target_compile_options(${target} PRIVATE -fPIC)
    endif()
  endif()

  if(arg_LABEL MATCHES "^(unit|contract|scenario)$")
    add_dependencies(fast_tests ${target})
  endif()

  set(registry ${CMAKE_CURRENT_BINARY_DIR}/${target}.ctest.cmake)
  set(include ${CMAKE_CURRENT_BINARY_DIR}/${target}.include.cmake)
  file(WRITE ${include} "if(EXISTS [==[${registry}]==])\n  include([==[${registry}]==])\n"
    "else()\n  add_test([==[${name}/NOT_BUILT]==] NOT_BUILT)\n"
    "  set_tests_properties([==[${name}/NOT_BUILT]==] PROPERTIES LABELS ${arg_LABEL})\nendif()\n")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${include})
  set(discover ${PROJECT_SOURCE_DIR}/test/cmake/discover.py)
  add_custom_command(TARGET ${target} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -E env ${corka_test_environment}
      ${Python3_EXECUTABLE} ${discover} --out ${registry} --name ${name} --label ${arg_LABEL} --timeout ${arg_TIMEOUT}
      $<$<BOOL:${arg_TOGETHER}>:--together> $<TARGET_FILE:${target}> ${corka_test_environment}
    VERBATIM COMMAND_EXPAND_LISTS)
endfunction()

# All executables of unit, contract and scenario tests, and all fuzz targets: what the sanitizers' builds need.
add_custom_target(fast_tests)
add_custom_target(fuzz_tests)

# What a test process finds in its environment.
set(corka_test_environment CORKA_SOURCE_DIR=${PROJECT_SOURCE_DIR} CORKA_BUILD_DIR=${PROJECT_BINARY_DIR})
if(CORKA_SANITIZE)
  find_program(CORKA_SYMBOLIZER NAMES llvm-symbolizer-19 llvm-symbolizer)
  list(APPEND corka_test_environment ASAN_SYMBOLIZER_PATH=${CORKA_SYMBOLIZER}
    "ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1"
    "UBSAN_OPTIONS=print_stacktrace=1"
    "TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1:external_symbolizer_path=${CORKA_SYMBOLIZER}:suppressions=${PROJECT_SOURCE_DIR}/test/support/tsan.supp")
endif()

# doctest with its main, compiled once; and the header that tests share, precompiled.
add_library(corka_doctest STATIC ${PROJECT_SOURCE_DIR}/test/support/doctest_main.cpp)
target_link_libraries(corka_doctest PUBLIC corka_config corka_asio doctest::doctest)
target_include_directories(corka_doctest PUBLIC ${PROJECT_SOURCE_DIR}/include)
if(CORKA_PCH)
  add_library(corka_test_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cpp)
  target_link_libraries(corka_test_pch PRIVATE corka_doctest corka_internal)
  target_precompile_headers(corka_test_pch PRIVATE ${PROJECT_SOURCE_DIR}/test/support/pch.hpp)
endif()
