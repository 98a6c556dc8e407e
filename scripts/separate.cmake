# The targets of M1OPT_SEPARATE compile each file for itself (scripts/build says when), and the files of
# M1OPT_SEPARATE_FILES, of daemon/, are compiled alone (scripts/mutants edits them).
function(m1opt_compile_separately target)
  if(TARGET ${target}) # a build folder remembers names of targets that are no more
    set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  endif()
endfunction()
list(REMOVE_ITEM M1OPT_SEPARATE "")
foreach(target IN LISTS M1OPT_SEPARATE)
  cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]]
    CALL m1opt_compile_separately ${target})")
endforeach()
foreach(file IN LISTS M1OPT_SEPARATE_FILES)
  cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]]
    CALL set_source_files_properties [[${CMAKE_SOURCE_DIR}/${file}]] DIRECTORY [[${CMAKE_SOURCE_DIR}/daemon]]
    PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)")
endforeach()
