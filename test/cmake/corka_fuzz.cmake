# Makes a libFuzzer program of one source with LLVMFuzzerTestOneInput.
#
#   corka_fuzz(<name> SOURCES x_fuzz.cpp USES <layers> [LINKS <targets>] [SECONDS <n>])
#
# gives fuzz_<name> and the ctest test "fuzz/<name>", which runs it for n seconds (15) on top of the committed inputs in
# corpus/<name>/ beside its CMakeLists.txt. What it finds stays in build/<preset>/fuzz/<name>/. Built where CORKA_FUZZ
# is on: in the preset asan, where the layers are instrumented for coverage, too.

function(corka_fuzz name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "SECONDS" "SOURCES;USES;LINKS")
  if(NOT CORKA_FUZZ)
    return()
  endif()
  corka_missing_layers(missing ${arg_USES})
  if(missing)
    message(${corka_incomplete} "corka: fuzz target ${name} is left out, it uses layers that are not there: ${missing}")
    return()
  endif()
  if(NOT arg_SECONDS)
    set(arg_SECONDS 15)
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
  if(NOT arg_USES)
    target_link_libraries(${target} PRIVATE corka::corka)
  endif()

  set(found ${PROJECT_BINARY_DIR}/fuzz/${name})
  file(MAKE_DIRECTORY ${found})
  set(corpus ${CMAKE_CURRENT_SOURCE_DIR}/corpus/${name})
  if(NOT IS_DIRECTORY ${corpus})
    set(corpus)
  endif()
  add_test(NAME fuzz/${name} COMMAND ${target} -max_total_time=${arg_SECONDS} -timeout=10 -rss_limit_mb=2000
    -artifact_prefix=${found}/ ${found} ${corpus})
  math(EXPR timeout "${arg_SECONDS} + 120")
  set_tests_properties(fuzz/${name} PROPERTIES LABELS fuzz TIMEOUT ${timeout} ENVIRONMENT "${corka_test_environment}")
endfunction()
