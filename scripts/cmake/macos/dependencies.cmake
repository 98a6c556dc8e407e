# What the cross build takes instead of installed packages: header-only libraries from build/tools,
# Boost.JSON compiled here, and a stub of the SQLite that macOS has in /usr/lib.
set(headers ${M1OPT_MACOS_TOOLS}/include)
set(Boost_INCLUDE_DIRS ${headers})
set(M1OPT_SPDLOG_HEADERS ${headers})
find_package(Threads REQUIRED)

function(m1opt_headers name)
  add_library(${name} INTERFACE IMPORTED)
  target_include_directories(${name} SYSTEM INTERFACE ${headers})
endfunction()
m1opt_headers(Boost::headers)
m1opt_headers(CLI11::CLI11)
m1opt_headers(Catch2::Catch2)
m1opt_headers(fmt::fmt-header-only)
target_compile_definitions(fmt::fmt-header-only INTERFACE FMT_HEADER_ONLY=1)

file(WRITE ${CMAKE_BINARY_DIR}/generated/boost_json.cpp "#include <boost/json/src.hpp>\n")
add_library(m1opt_boost_json STATIC ${CMAKE_BINARY_DIR}/generated/boost_json.cpp)
target_link_libraries(m1opt_boost_json PUBLIC Boost::headers)
add_library(Boost::json ALIAS m1opt_boost_json)

add_library(m1opt_sqlite INTERFACE)
target_include_directories(m1opt_sqlite SYSTEM INTERFACE ${headers})
target_link_libraries(m1opt_sqlite INTERFACE ${CMAKE_CURRENT_LIST_DIR}/libsqlite3.tbd)
