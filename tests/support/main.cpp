// The one test main, compiled once: Catch2's own is slow to build.
#ifdef M1OPT_CATCH_V3
#include <catch2/catch_session.hpp>

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
#else
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
#endif
