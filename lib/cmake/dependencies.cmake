# Everything corka links. Layers name these targets in LINKS; nothing else looks for libraries.
#
#   corka_config        what every layer and every user gets: C++20, Boost headers, JSON, threads
#   corka_internal      what every layer gets and no user sees: fmt, warnings
#   corka_lmdb_dep      LMDB            (lib/store/lmdb only)
#   corka_rdkafka_dep   librdkafka      (lib/kafka/rdkafka only)
#   OpenSSL::SSL, OpenSSL::Crypto       (lib/http only)
#   spdlog::spdlog, CLI11::CLI11        (lib/app only)

find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(fmt 9 REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(OpenSSL 3.0 REQUIRED)
include(${CMAKE_CURRENT_LIST_DIR}/lmdb.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/rdkafka.cmake)

add_library(corka_config INTERFACE)
target_compile_features(corka_config INTERFACE cxx_std_20)
target_link_libraries(corka_config INTERFACE Boost::headers nlohmann_json::nlohmann_json Threads::Threads)
# Asio's and Beast's non-template code is compiled once, in lib/async/asio_src.cpp and lib/http/beast_src.cpp; users get the
# same definitions with the exported target, as all of a program must agree on them.
target_compile_definitions(corka_config INTERFACE
  BOOST_ASIO_SEPARATE_COMPILATION BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)

add_library(corka_internal INTERFACE)
target_link_libraries(corka_internal INTERFACE fmt::fmt)
target_compile_options(corka_internal INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion $<$<BOOL:${CORKA_WERROR}>:-Werror>)
