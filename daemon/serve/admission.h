#pragma once

#include <cstdint>
#include <map>

namespace m1opt::serve {

/// Counts connections. Streams count like any other.
class Admission {
 public:
  struct Limits {
    int total{256};
    int per_user{64};
    int reserved{8};  ///< of total, for the privileged alone
  };

  void configure(Limits limits);

  /// False: refuse it, and do not call leave().
  [[nodiscard]] bool enter(std::uint32_t uid, bool privileged);
  void leave(std::uint32_t uid);

  [[nodiscard]] int count() const { return count_; }

 private:
  Limits limits_;
  int count_{0};
  std::map<std::uint32_t, int> per_user_;
};

}  // namespace m1opt::serve
