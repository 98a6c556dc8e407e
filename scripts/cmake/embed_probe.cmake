# Writes the text of INPUT, a program that an interpreter is given, as a C++ string into OUTPUT.
include(${CMAKE_CURRENT_LIST_DIR}/literals.cmake)

read_literals(${INPUT} program)
file(WRITE ${OUTPUT} "#include \"client/python/probe.h\"\n
namespace m1opt::client::python {
const std::string_view kProbeProgram =${program};
}  // namespace m1opt::client::python\n")
