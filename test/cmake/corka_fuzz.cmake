# Makes a libFuzzer program of one source with LLVMFuzzerTestOneInput.
#
#   corka_fuzz(<name> SOURCES x_fuzz.cpp USES <layers> [LINKS <targets>])
#
# Committed inputs lie beside the CMakeLists.txt: seeds in corpus/<name>/, and in crashes/<name>/ what has once found a bug.
#
# Where CORKA_FUZZ is on (in the preset asan, where the layers are instrumented for coverage, too) it gives fuzz_<name> and
# two ctest tests: "fuzz/<name>: old inputs" runs all of the committed ones; then "fuzz/<name>" looks for new ones, for
# CORKA_FUZZ_SECONDS. What it finds stays in build/<preset>/fuzz/<name>/: a file that begins with crash-, leak-, oom- or
# timeout- belongs into crashes/<name>/ once its bug is mended.
#
# Elsewhere corka_fuzz_inputs() makes one program of all targets, which runs the committed inputs: the test fuzz_inputs.

set(CORKA_FUZZ_SECONDS 60 CACHE STRING "How long each fuzz target looks for new inputs")
define_property(GLOBAL PROPERTY CORKA_FUZZ_TARGETS)
define_property(GLOBAL PROPERTY CORKA_FUZZ_SOURCES)
define_property(GLOBAL PROPERTY CORKA_FUZZ_USES)

function(corka_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;USES;LINKS")
  corka_missing_layers(missing ${arg_USES})
  if(missing)
    message(${corka_incomplete} "corka: fuzz target ${name} is left out, it uses layers that are not there: ${missing}")
    return()
  endif()
  if(NOT CORKA_FUZZ)
    set_source_files_properties(${arg_SOURCES} PROPERTIES COMPILE_DEFINITIONS LLVMFuzzerTestOneInput=corka_fuzz_${name})
    set_property(GLOBAL APPEND PROPERTY CORKA_FUZZ_TARGETS ${name})
    set_property(GLOBAL APPEND PROPERTY CORKA_FUZZ_SOURCES ${arg_SOURCES})
    set_property(GLOBAL APPEND PROPERTY CORKA_FUZZ_USES ${arg_USES})
    return()
  endif()
  set(target fuzz_${name})
  add_executable(${target} ${arg_SOURCES})
  add_dependencies(fuzz_tests ${target})
  target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/test ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(${target} PRIVATE corka_internal corka_config corka_asio ${arg_LINKS})
  target_link_options(${target} PRIVATE -fsanitize=fuzzer)
  foreach(used ${arg_USES})
    string(REPLACE "/" "_" used ${used})
    target_link_libraries(${target} PRIVATE corka_${used})
  endforeach()

  set(found ${PROJECT_BINARY_DIR}/fuzz/${name})
  file(MAKE_DIRECTORY ${found})
  set(committed)
  foreach(folder crashes corpus)
    if(IS_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${name})
      list(APPEND committed ${CMAKE_CURRENT_SOURCE_DIR}/${folder}/${name})
    endif()
  endforeach()
  set(how -timeout=20 -rss_limit_mb=2000 -artifact_prefix=${found}/)
  add_test(NAME "fuzz/${name}: old inputs" COMMAND ${target} -runs=0 ${how} ${committed})
  add_test(NAME fuzz/${name} COMMAND ${target} -max_total_time=${CORKA_FUZZ_SECONDS} ${how} ${found} ${committed})
  set_tests_properties("fuzz/${name}: old inputs" PROPERTIES FIXTURES_SETUP fuzz_${name})
  set_tests_properties(fuzz/${name} PROPERTIES FIXTURES_REQUIRED fuzz_${name})
  math(EXPR timeout "${CORKA_FUZZ_SECONDS} + 120")
  set_tests_properties("fuzz/${name}: old inputs" fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT ${timeout}
    ENVIRONMENT "${corka_test_environment}")
endfunction()

function(corka_fuzz_inputs)
  if(CORKA_FUZZ OR CORKA_SANITIZE)
    return()
  endif()
  get_property(targets GLOBAL PROPERTY CORKA_FUZZ_TARGETS)
  get_property(sources GLOBAL PROPERTY CORKA_FUZZ_SOURCES)
  get_property(uses GLOBAL PROPERTY CORKA_FUZZ_USES)
  list(REMOVE_DUPLICATES uses)
  list(TRANSFORM targets REPLACE "(.+)" "TARGET(\\1)\n")
  string(JOIN "" text ${targets})
  file(CONFIGURE OUTPUT fuzz_targets.inc CONTENT "${text}" @ONLY)
  corka_test(fuzz_inputs LABEL unit SOURCES inputs_test.cpp ${sources} USES ${uses})
  target_include_directories(test_fuzz_inputs PRIVATE ${CMAKE_CURRENT_BINARY_DIR})
  target_compile_definitions(test_fuzz_inputs PRIVATE FUZZ_INPUTS="${CMAKE_CURRENT_SOURCE_DIR}")
endfunction()
