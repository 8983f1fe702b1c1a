# What `cmake --install` lays down: the archive, the headers, a CMake package, a pkg-config file; and the Debian package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/corka)
set_target_properties(corka_config PROPERTIES EXPORT_NAME config)
install(TARGETS corka corka_config EXPORT corkaTargets
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
  FILE_SET HEADERS DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT corkaTargets NAMESPACE corka:: DESTINATION ${package_dir})

# Before 1.0 a new minor version may break.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/corkaConfigVersion.cmake COMPATIBILITY SameMinorVersion)
configure_package_config_file(${PROJECT_SOURCE_DIR}/lib/cmake/corkaConfig.cmake.in ${PROJECT_BINARY_DIR}/corkaConfig.cmake
  INSTALL_DESTINATION ${package_dir} PATH_VARS CMAKE_INSTALL_LIBDIR)
install(FILES ${PROJECT_BINARY_DIR}/corkaConfig.cmake ${PROJECT_BINARY_DIR}/corkaConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/lib/cmake/lmdb.cmake DESTINATION ${package_dir})

set(pc_libs "-lcorka")
set(pc_requires "fmt spdlog lmdb openssl")
if(CORKA_RDKAFKA_KIND STREQUAL bundled)
  install(FILES ${CORKA_RDKAFKA_DIR}/lib/librdkafka.a DESTINATION ${CMAKE_INSTALL_LIBDIR}/corka)
  install(FILES ${CORKA_RDKAFKA_DIR}/LICENSES.txt DESTINATION ${CMAKE_INSTALL_DOCDIR} RENAME LICENSES.librdkafka.txt)
  install(FILES ${PROJECT_SOURCE_DIR}/lib/cmake/rdkafka_bundled.cmake DESTINATION ${package_dir})
  list(JOIN CORKA_RDKAFKA_SYSTEM_LIBS " " pc_rdkafka)
  string(APPEND pc_libs " \${libdir}/corka/librdkafka.a ${pc_rdkafka}")
else()
  string(APPEND pc_requires " rdkafka")
endif()
get_target_property(definitions corka_config INTERFACE_COMPILE_DEFINITIONS)
list(TRANSFORM definitions PREPEND "-D" OUTPUT_VARIABLE pc_definitions)
list(JOIN pc_definitions " " pc_definitions)
# Relative, so that the package may be moved.
file(RELATIVE_PATH pc_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
configure_file(${PROJECT_SOURCE_DIR}/lib/cmake/corka.pc.in ${PROJECT_BINARY_DIR}/corka.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/corka.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

if(PROJECT_IS_TOP_LEVEL)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_NAME libcorka-dev)
  set(CPACK_PACKAGE_VENDOR corka)
  set(CPACK_PACKAGE_CONTACT "the corka maintainers <corka@example.org>")
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
  set(CPACK_RESOURCE_FILE_LICENSE ${PROJECT_SOURCE_DIR}/LICENSE)
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES OFF)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
  set(CPACK_DEBIAN_PACKAGE_DEPENDS
    "libboost1.81-dev | libboost-dev (>= 1.81), nlohmann-json3-dev (>= 3.11), libfmt-dev, libspdlog-dev, liblmdb-dev, libssl-dev (>= 3.0)")
  if(CORKA_RDKAFKA_KIND STREQUAL bundled)
    string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", libsasl2-dev, zlib1g-dev, libzstd-dev, liblz4-dev")
  else()
    string(APPEND CPACK_DEBIAN_PACKAGE_DEPENDS ", librdkafka-dev (>= ${corka_rdkafka_minimum})")
  endif()
  include(CPack)
endif()
