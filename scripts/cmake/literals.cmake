# The text of a file as a C++ string. In pieces, because compilers need only take literals of 65536
# characters.
function(read_literals file into)
  file(READ ${file} text)
  set(literals "")
  string(LENGTH "${text}" length)
  set(start 0)
  while(start LESS length)
    string(SUBSTRING "${text}" ${start} 8000 piece)
    string(APPEND literals "\n    R\"m1opt(${piece})m1opt\"")
    math(EXPR start "${start} + 8000")
  endwhile()
  set(${into} "${literals}" PARENT_SCOPE)
endfunction()
