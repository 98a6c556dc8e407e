# Writes the text of each file of DATA, a folder of tables, as a C++ string into OUTPUT.
include(${CMAKE_CURRENT_LIST_DIR}/literals.cmake)

set(definitions "")
file(GLOB tables ${DATA}/*.csv)
foreach(table ${tables})
  get_filename_component(name ${table} NAME_WE)
  read_literals(${table} literals)
  string(APPEND definitions "const std::string_view ${name}_csv =${literals};\n")
endforeach()
file(WRITE ${OUTPUT} "#include \"client/advise/data.h\"\n
namespace m1opt::client::advise::data {
${definitions}}  // namespace m1opt::client::advise::data\n")
