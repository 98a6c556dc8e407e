#pragma once

/// One include for Catch2 v2 (Debian 12) and v3 (Homebrew).
#ifdef M1OPT_CATCH_V3
#include <catch2/catch_all.hpp>
#include <catch2/catch_approx.hpp>
using Catch::Approx;
#else
#include <catch2/catch.hpp>
#endif
