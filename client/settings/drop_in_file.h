#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/settings/keeping.h"

/// The text of a drop-in that others may have written in, too.
namespace m1opt::client::settings {

struct DropInText {
  std::vector<Variable> ours;  ///< that are still as they were written
  std::string rest;            ///< the lines of others, in their order; "" when there are none
};
/// Absent: it does not begin as drop_in_text() does, so somebody else wrote it.
std::optional<DropInText> parse_drop_in(const std::string& text);

/// `rest` with our lines before it; its own values of these variables are taken out, since the last one counts.
std::string drop_in_text(const std::vector<Variable>& variables, const std::string& rest = {});

/// What `rest` is as a file of its own.
std::string text_without_ours(const std::string& rest);

/// Of all lines Environment="NAME=value" of a text.
std::vector<Variable> variables_in(const std::string& text);

}  // namespace m1opt::client::settings
