# The libraries that this system has installed.
set(Boost_USE_STATIC_LIBS ON)
if(POLICY CMP0167)
  cmake_policy(SET CMP0167 NEW)
endif()
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
# Only the headers: the target would bring the shared libfmt.
get_target_property(M1OPT_SPDLOG_HEADERS spdlog::spdlog_header_only INTERFACE_INCLUDE_DIRECTORIES)

if(APPLE)
  # The system's, which the compiler finds in the SDK.
  add_library(m1opt_sqlite INTERFACE)
  target_link_libraries(m1opt_sqlite INTERFACE sqlite3)
  return()
endif()
find_path(SQLITE3_INCLUDE_DIR sqlite3.h REQUIRED)
find_library(SQLITE3_STATIC_LIBRARY NAMES libsqlite3.a REQUIRED)
add_library(m1opt_sqlite INTERFACE)
target_include_directories(m1opt_sqlite SYSTEM INTERFACE ${SQLITE3_INCLUDE_DIR})
target_link_libraries(m1opt_sqlite INTERFACE ${SQLITE3_STATIC_LIBRARY} Threads::Threads ${CMAKE_DL_LIBS} m)
