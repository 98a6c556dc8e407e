# One interface target that every target of ours links.
add_library(m1opt_options INTERFACE)
target_include_directories(m1opt_options INTERFACE ${PROJECT_SOURCE_DIR}/daemon)
target_include_directories(m1opt_options SYSTEM INTERFACE ${Boost_INCLUDE_DIRS})
target_link_libraries(m1opt_options INTERFACE fmt::fmt-header-only)
target_compile_definitions(m1opt_options INTERFACE SPDLOG_FMT_EXTERNAL
  M1OPT_VERSION="${PROJECT_VERSION}")
target_compile_options(m1opt_options INTERFACE -Wall -Wextra -Wpedantic -Wshadow
  -Wnon-virtual-dtor -Woverloaded-virtual -fvisibility=hidden)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # gcc 12 warns falsely about std::string copies and optionals in optimised code
  # (GCC bugs 105329, 105651, 80635); clang's own checks stay on.
  target_compile_options(m1opt_options INTERFACE -Wno-restrict -Wno-maybe-uninitialized
    -Wno-array-bounds -Wno-stringop-overflow)
endif()
if(APPLE)
  add_link_options(-Wl,-dead_strip)
endif()
if(M1OPT_SANITIZE)
  string(REPLACE ";" "," M1OPT_SANITIZE_FLAG "${M1OPT_SANITIZE}")
  add_compile_options(-fsanitize=${M1OPT_SANITIZE_FLAG} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${M1OPT_SANITIZE_FLAG})
  if(M1OPT_SANITIZE_FLAG MATCHES "undefined")
    add_compile_options(-fno-sanitize-recover=undefined)
  endif()
elseif(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_link_options(-static-libstdc++ -static-libgcc)
endif()
# gcc's TSan warns about fences inside Asio (-Wtsan), so that build has no -Werror.
if(M1OPT_WERROR AND NOT M1OPT_SANITIZE MATCHES "thread")
  target_compile_options(m1opt_options INTERFACE -Werror)
endif()

# A static library from every .cpp of the folders: adding a file needs no edit here.
function(m1opt_library name folders)
  set(sources)
  foreach(folder IN LISTS folders)
    file(GLOB found CONFIGURE_DEPENDS ${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE m1opt_options ${ARGN})
    return()
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC m1opt_options ${ARGN})
endfunction()
