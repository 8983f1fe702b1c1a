# corka_lmdb_dep: the system's LMDB. Also part of the installed package, where corkaConfig.cmake includes it.
find_path(CORKA_LMDB_INCLUDE_DIR lmdb.h)
find_library(CORKA_LMDB_LIBRARY lmdb)
mark_as_advanced(CORKA_LMDB_INCLUDE_DIR CORKA_LMDB_LIBRARY)
if(CORKA_LMDB_INCLUDE_DIR AND CORKA_LMDB_LIBRARY AND NOT TARGET corka_lmdb_dep)
  add_library(corka_lmdb_dep INTERFACE IMPORTED GLOBAL)
  set_target_properties(corka_lmdb_dep PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES ${CORKA_LMDB_INCLUDE_DIR} INTERFACE_LINK_LIBRARIES ${CORKA_LMDB_LIBRARY})
elseif(NOT TARGET corka_lmdb_dep)
  message(FATAL_ERROR "corka: LMDB was not found: install liblmdb-dev")
endif()
