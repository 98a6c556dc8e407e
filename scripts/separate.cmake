# The targets of M1OPT_SEPARATE compile each file for itself (scripts/build says when).
foreach(target IN LISTS M1OPT_SEPARATE)
  cmake_language(EVAL CODE "cmake_language(DEFER DIRECTORY [[${CMAKE_SOURCE_DIR}]]
    CALL set_target_properties ${target} PROPERTIES UNITY_BUILD OFF)")
endforeach()
