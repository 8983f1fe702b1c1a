# Writes the source that has the files of web/, and the API's description, within the program: as they are, and compressed.
#
# The assembler copies the files: no build step writes megabytes of array literals, and the page stays a set of plain
# files. A file that comes, goes or changes is noticed by the next build.
function(corka_embed_files source)
  find_program(CORKA_GZIP gzip REQUIRED)
  set(web ${PROJECT_SOURCE_DIR}/web)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS RELATIVE ${web} ${web}/*)
  # Not what is written about them, and pictures of them.
  list(FILTER files EXCLUDE REGEX "\\.md$|^pictures/")
  list(SORT files)

  set(labels)
  set(table)
  set(used)
  set(number 0)
  foreach(file openapi.json ${files})
    set(path ${web}/${file})
    if(file STREQUAL "openapi.json")
      set(path ${CMAKE_CURRENT_SOURCE_DIR}/openapi.json)
    endif()
    set(small ${CMAKE_CURRENT_BINARY_DIR}/web/${file}.gz)
    get_filename_component(folder ${small} DIRECTORY)
    file(MAKE_DIRECTORY ${folder})
    add_custom_command(OUTPUT ${small} DEPENDS ${path} VERBATIM
      COMMAND sh -c "\"$1\" -9 -n -c <\"$2\" >\"$3\"" compress ${CORKA_GZIP} ${path} ${small})
    list(APPEND used ${path} ${small})
    string(APPEND labels "CORKA_EMBED(${number}, \"${path}\")\nCORKA_EMBED(${number}_gz, \"${small}\")\n")
    string(APPEND table "      file_of(\"${file}\", CORKA_EMBEDDED(${number}), CORKA_EMBEDDED(${number}_gz)),\n")
    math(EXPR number "${number} + 1")
  endforeach()
  set(CORKA_EMBEDDED_LABELS ${labels})
  set(CORKA_EMBEDDED_TABLE ${table})
  configure_file(embedded_files.cpp.in ${source} @ONLY)
  set_source_files_properties(${CMAKE_CURRENT_BINARY_DIR}/${source} PROPERTIES OBJECT_DEPENDS "${used}")
endfunction()
