#pragma once

namespace m1opt::test {

/// Whether this program is built with a sanitizer. Then it takes ten times as long, and what the sanitizer looks for
/// shows as well in a part of the rounds that the property itself is tried with.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kSanitised = true;
#else
constexpr bool kSanitised = false;
#endif

}  // namespace m1opt::test
