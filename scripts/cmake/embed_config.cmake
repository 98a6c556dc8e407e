# Writes the text of INPUT as a C++ string into OUTPUT. In pieces, because
# compilers need only take literals of 65536 characters.
file(READ ${INPUT} text)
set(literals "")
string(LENGTH "${text}" length)
set(start 0)
while(start LESS length)
  string(SUBSTRING "${text}" ${start} 8000 piece)
  string(APPEND literals "\n    R\"m1opt(${piece})m1opt\"")
  math(EXPR start "${start} + 8000")
endwhile()
file(WRITE ${OUTPUT} "#include \"wire/default_config.h\"\n
namespace m1opt::wire {
const std::string_view kDefaultConfig =${literals};
}  // namespace m1opt::wire\n")
