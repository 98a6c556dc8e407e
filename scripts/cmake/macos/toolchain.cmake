# Builds for macOS on another system; scripts/cmake/macos/tools makes what is named here.
# M1OPT_MACOS_ARCH is aarch64 (shipped) or x86_64 (a check of the same code).
set(CMAKE_SYSTEM_NAME Darwin)
set(CMAKE_SYSTEM_PROCESSOR ${M1OPT_MACOS_ARCH})
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES M1OPT_MACOS_ARCH)

set(M1OPT_MACOS_TOOLS ${CMAKE_CURRENT_LIST_DIR}/../../../build/tools)
get_filename_component(M1OPT_MACOS_TOOLS ${M1OPT_MACOS_TOOLS} ABSOLUTE)
set(CMAKE_C_COMPILER ${M1OPT_MACOS_TOOLS}/bin/${M1OPT_MACOS_ARCH}-macos-clang)
set(CMAKE_CXX_COMPILER ${M1OPT_MACOS_TOOLS}/bin/${M1OPT_MACOS_ARCH}-macos-clang++)
set(CMAKE_AR ${M1OPT_MACOS_TOOLS}/bin/ar CACHE FILEPATH "")
set(CMAKE_RANLIB ${M1OPT_MACOS_TOOLS}/bin/ranlib CACHE FILEPATH "")

# The wrapper names the target and the oldest system; there is no SDK, and nothing to install.
set(CMAKE_OSX_SYSROOT "" CACHE STRING "")
set(CMAKE_OSX_ARCHITECTURES "" CACHE STRING "")
set(CMAKE_OSX_DEPLOYMENT_TARGET "" CACHE STRING "")
set(CMAKE_INSTALL_NAME_TOOL true CACHE FILEPATH "")
set(CMAKE_SKIP_RPATH ON)
# Zig turns this on for whatever is not optimised.
set(CMAKE_CXX_FLAGS_INIT -fno-sanitize=undefined)

set(CMAKE_FIND_ROOT_PATH ${M1OPT_MACOS_TOOLS})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
