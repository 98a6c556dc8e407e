# Third-party code is header-only or linked statically: a root daemon must not
# load libraries at run time from a place that somebody else can write to.
set(Boost_USE_STATIC_LIBS ON)
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)
endif()
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)

find_path(SQLITE3_INCLUDE_DIR sqlite3.h REQUIRED)
find_library(SQLITE3_STATIC_LIBRARY NAMES libsqlite3.a REQUIRED)
add_library(m1opt_sqlite INTERFACE)
target_include_directories(m1opt_sqlite SYSTEM INTERFACE ${SQLITE3_INCLUDE_DIR})
target_link_libraries(m1opt_sqlite INTERFACE ${SQLITE3_STATIC_LIBRARY} Threads::Threads ${CMAKE_DL_LIBS})
if(NOT APPLE)
  target_link_libraries(m1opt_sqlite INTERFACE m)
endif()

# Asio and Beast are compiled once, here, instead of in every file that uses them.
# file(CONFIGURE) leaves an unchanged file alone, so a new configuration does not compile it again.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/generated/asio_beast.cpp
  CONTENT "#include <boost/asio/impl/src.hpp>\n#include <boost/beast/src.hpp>\n")
add_library(m1opt_asio STATIC ${CMAKE_BINARY_DIR}/generated/asio_beast.cpp)
target_compile_definitions(m1opt_asio PUBLIC BOOST_ASIO_SEPARATE_COMPILATION
  BOOST_BEAST_SEPARATE_COMPILATION BOOST_ASIO_NO_DEPRECATED)
target_link_libraries(m1opt_asio PUBLIC Boost::headers Threads::Threads)
target_include_directories(m1opt_asio SYSTEM PUBLIC ${Boost_INCLUDE_DIRS})
