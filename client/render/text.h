#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace m1opt::client::render {

/// Columns that the text takes, counting a UTF-8 character as one and the
/// colour sequences of paint() as none.
std::size_t text_width(std::string_view text);

std::string pad_right(std::string_view text, std::size_t width);

/// Lines of at most `width` columns (0 = one line), broken at blanks; a word
/// that is longer stays whole.
std::vector<std::string> wrap(std::string_view text, std::size_t width);

/// `label` and then `text` in a column of its own beside it, wrapped; each line
/// ends with a line feed.
std::string labelled(std::string_view label, std::size_t label_width, std::string_view text,
                     std::size_t width);

/// The same without characters that a terminal acts on: names of processes and
/// messages come from outside and must not move the cursor.
std::string printable(std::string_view text);

/// Signs outside ASCII replaced by what they stand for; '?' for the rest.
std::string to_ascii(std::string_view text);

}  // namespace m1opt::client::render
