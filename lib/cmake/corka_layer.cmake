# Makes a part of corka out of the folder it is called in.
#
#   corka_layer(<name> SOURCES a.cpp b.cpp  USES <lower layers>  LINKS <external targets>  [NO_PCH])
#
# gives the static library corka_<name>. <name> is the folder below lib/ with _ for /: kafka_rdkafka is lib/kafka/rdkafka.
# Sources are explicit, USES names only layers below (the test `layering` compares it with the #includes).
# Headers of layers are included relative to lib/ ("kafka/ports.hpp"), public ones as <corka/...>.

define_property(GLOBAL PROPERTY CORKA_LAYERS)

# A part whose layers are not there is left out with a warning, so that the rest can be built; never in CI.
set(corka_incomplete WARNING)
if("$ENV{CI}" STREQUAL "true")
  set(corka_incomplete FATAL_ERROR)
endif()

function(corka_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "NO_PCH" "" "SOURCES;USES;LINKS")
  if(arg_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "corka_layer(${name}): unknown argument ${arg_UNPARSED_ARGUMENTS}")
  endif()
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR}/lib ${CMAKE_CURRENT_SOURCE_DIR})
  string(REPLACE "/" "_" expected ${folder})
  if(NOT name STREQUAL expected)
    message(FATAL_ERROR "corka_layer(${name}) is called in lib/${folder}: the name must be ${expected}")
  endif()
  corka_missing_layers(missing ${arg_USES})
  if(missing)
    message(${corka_incomplete} "corka: layer ${name} is left out, it uses layers that are not there: ${missing}")
    return()
  endif()

  set(scope PUBLIC)
  if(arg_SOURCES)
    add_library(corka_${name} STATIC ${arg_SOURCES})
    target_link_libraries(corka_${name} PRIVATE corka_internal)
    if(CORKA_PCH AND NOT arg_NO_PCH)
      target_precompile_headers(corka_${name} REUSE_FROM corka_pch)
    endif()
    set_property(GLOBAL APPEND PROPERTY CORKA_LAYERS corka_${name})
  else()
    add_library(corka_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(corka_${name} ${scope} ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/lib)
  target_link_libraries(corka_${name} ${scope} corka_config corka_asio)
  foreach(used ${arg_USES})
    string(REPLACE "/" "_" used ${used})
    target_link_libraries(corka_${name} ${scope} corka_${used})
  endforeach()
  if(arg_LINKS)
    target_link_libraries(corka_${name} ${scope} ${arg_LINKS})
    set_property(GLOBAL APPEND PROPERTY CORKA_LINKS ${arg_LINKS})
  endif()
endfunction()

# Those of the named layers that do not exist (yet).
function(corka_missing_layers out)
  set(missing)
  foreach(layer ${ARGN})
    string(REPLACE "/" "_" target ${layer})
    if(NOT TARGET corka_${target})
      list(APPEND missing ${layer})
    endif()
  endforeach()
  set(${out} "${missing}" PARENT_SCOPE)
endfunction()

# Adds every folder below `folder` that has a CMakeLists.txt.
function(corka_add_parts folder)
  file(GLOB parts CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/${folder}/*/CMakeLists.txt)
  foreach(part ${parts})
    get_filename_component(part ${part} DIRECTORY)
    add_subdirectory(${part})
  endforeach()
endfunction()

# A program on the whole library:  corka_app(<name> SOURCES main.cpp [LINKS <targets>])
function(corka_app name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE corka::corka corka_internal ${arg_LINKS})
endfunction()

# One precompiled header for all layers, built once.
if(CORKA_PCH)
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/pch.cpp CONTENT "// carries the precompiled header\n" @ONLY)
  add_library(corka_pch OBJECT ${PROJECT_BINARY_DIR}/pch.cpp)
  target_link_libraries(corka_pch PRIVATE corka_config corka_internal)
  target_precompile_headers(corka_pch PRIVATE ${CMAKE_CURRENT_LIST_DIR}/pch.hpp)
endif()
