# Writes the text of INPUT, and of each file of PROFILES, as C++ strings into OUTPUT.
include(${CMAKE_CURRENT_LIST_DIR}/literals.cmake)

read_literals(${INPUT} default)
set(rows "")
file(GLOB profiles ${PROFILES}/*.json)
foreach(profile ${profiles})
  get_filename_component(name ${profile} NAME_WE)
  read_literals(${profile} literals)
  string(APPEND rows "\n  {\"${name}\",${literals}},")
endforeach()
list(LENGTH profiles count)
file(WRITE ${OUTPUT} "#include <array>\n
#include \"wire/default_config.h\"
#include \"wire/profiles.h\"\n
namespace m1opt::wire {
const std::string_view kDefaultConfig =${default};
namespace {
const std::array<Profile, ${count}> kProfiles{{${rows}
}};
}  // namespace
std::span<const Profile> profiles() { return kProfiles; }
}  // namespace m1opt::wire\n")
