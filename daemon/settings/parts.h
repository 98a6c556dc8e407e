#pragma once

#include <map>
#include <string>
#include <string_view>

#include "settings/setting.h"

/// One setting that several files keep, each processor's for one: where they differ it reads as
/// "policy0=powersave policy4=performance".
namespace m1opt::settings {

using Parts = std::map<std::string, std::string, std::less<>>;

/// Empty where all have the same.
Parts parts_of(std::string_view text);
/// Names and values of each, also where all have the same.
std::string text_of(const Parts& parts);

/// What is there now.
struct Look {
  Reading reading{};
  Parts parts{};  ///< each that is there, also where all have the same; empty where one place keeps it
};

/// How what is there stands to a change. Parts go each by itself: one that has come since, and one that
/// is not there, say nothing about the others. A value before that has no names is each part's.
struct Standing {
  bool as_before{false};
  bool as_set{false};
  Parts ours{};    ///< still as set: the value before of each
  Parts others{};  ///< neither as set nor as before: the value now of each
  Parts absent{};  ///< not there now: the value before of each
};
Standing standing_of(const Look& now, const Reading& before, const Reading& set);

/// Has each of `wanted` that is there its value?
bool agree(const Parts& there, const Parts& wanted);

/// What a user should know about parts that were not put back; empty: all were.
std::string left_over(const Standing& standing, const Reading& set);

}  // namespace m1opt::settings
