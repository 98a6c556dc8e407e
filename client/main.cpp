#include <cstdio>
#include <exception>

#include "client/commands.h"

int main(int argc, char** argv) {
  using namespace m1opt::client;
  try {
    const int status = run_program(make_context(argc > 0 ? argv[0] : "m1optctl"),
                                   {argv + (argc > 0 ? 1 : 0), argv + argc});
    // A full disk or a closed pipe must not look like success.
    if (std::fflush(stdout) != 0 && status == exit_code::kOk) {
      std::perror("m1optctl: standard output");
      return exit_code::kFailure;
    }
    return status;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "m1optctl: %s\n", error.what());
    return exit_code::kFailure;
  }
}
