# The static librdkafka of corka's own build as the target corka_rdkafka_dep. Also part of the installed package.
set(CORKA_RDKAFKA_SYSTEM_LIBS -lsasl2 -lssl -lcrypto -lzstd -llz4 -lz -lm -ldl)

function(corka_bundled_rdkafka archive include_dir)
  add_library(corka_rdkafka_dep STATIC IMPORTED GLOBAL)
  set_target_properties(corka_rdkafka_dep PROPERTIES
    IMPORTED_LOCATION ${archive}
    INTERFACE_LINK_LIBRARIES "${CORKA_RDKAFKA_SYSTEM_LIBS}")
  if(include_dir)
    set_target_properties(corka_rdkafka_dep PROPERTIES INTERFACE_INCLUDE_DIRECTORIES ${include_dir})
  endif()
endfunction()
