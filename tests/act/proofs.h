#pragma once

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "act/actions.h"

namespace m1opt::test {

/// What the tests of crashes, reused numbers, threads and children, and lost rights know of a kind
/// of action. They all go through this table, so a kind without a row here does not compile, and
/// one with a row is in each of them.
struct Proof {
  model::ActionKind kind;
  /// Has each thread what is set for itself, so that threads and children born later inherit it?
  bool per_thread;
  /// Is it out of reach without CAP_SYS_NICE?
  bool needs_priorities;
};

inline constexpr std::array kProofs{
    Proof{model::ActionKind::background, true, true},
    Proof{model::ActionKind::suspend, false, false},
    Proof{model::ActionKind::raise, true, true},
    Proof{model::ActionKind::pause_workload, false, false},
};

namespace detail {
using Kinds = boost::describe::describe_enumerators<model::ActionKind>;

constexpr bool has_proof(model::ActionKind kind) {
  for (const Proof& proof : kProofs) {
    if (proof.kind == kind) return true;
  }
  return false;
}
template <class List>
struct AllProven;
template <template <class...> class List, class... Kind>
struct AllProven<List<Kind...>> {
  static constexpr bool value = (has_proof(Kind::value) && ...);
};
}  // namespace detail

static_assert(kProofs.size() == boost::mp11::mp_size<detail::Kinds>::value &&
                  detail::AllProven<detail::Kinds>::value,
              "each kind of action needs a row in kProofs (tests/act/proofs.h)");

}  // namespace m1opt::test
