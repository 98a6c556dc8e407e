#pragma once

#include <boost/system/result.hpp>
#include <string>

/// One include for Catch2 v2 (Debian 12) and v3 (Homebrew).
#ifdef M1OPT_CATCH_V3
#include <catch2/catch_all.hpp>
#include <catch2/catch_approx.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif

/// A Result in a failed check says which it is; its own operator<< would need
/// one for every T and E.
template <class T, class E>
struct Catch::StringMaker<boost::system::result<T, E>> {
  static std::string convert(const boost::system::result<T, E>& result) {
    if (result.has_value()) return "a value";
    if constexpr (requires { result.error().what; }) return "error: " + result.error().what;
    return "an error";
  }
};
