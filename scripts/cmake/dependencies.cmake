# Third-party code is header-only or linked statically: a root daemon must not
# load libraries at run time from a place that somebody else can write to.
if(M1OPT_MACOS_TOOLS)
  include(${CMAKE_CURRENT_LIST_DIR}/macos/dependencies.cmake)
else()
  include(${CMAKE_CURRENT_LIST_DIR}/installed.cmake)
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
