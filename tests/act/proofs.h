#pragma once

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>

#include "act/actions.h"

namespace m1opt::test {

/// What the tests of crashes, reused numbers, threads and children, and lost rights know of a kind
/// of action: how its hold shows on the target, past the code under test. They all go through this
/// table, so a kind without a row here does not compile, and one with a row is in each of them.
struct Proof {
  model::ActionKind kind;
  /// A value of every thread of the target while it is held.
  model::Attribute shows;
  /// Is that value of each thread its own, so that threads and children inherit it?
  bool per_thread;
  /// Is it out of reach without CAP_SYS_NICE?
  bool needs_priorities;
};

inline constexpr std::array kProofs{
    Proof{model::ActionKind::background, model::Attribute::policy, true, true},
    Proof{model::ActionKind::suspend, model::Attribute::run_state, false, false},
    Proof{model::ActionKind::raise, model::Attribute::nice, true, true},
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
