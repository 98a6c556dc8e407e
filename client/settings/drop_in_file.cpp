#include "client/settings/drop_in_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "client/settings/ollama_variables.h"

namespace m1opt::client::settings {
namespace {

constexpr std::string_view kHeader =
    "# Written by m1optctl ollama env --apply; m1optctl ollama env --remove deletes it.\n";
/// Then what is ours, NAME=value with spaces between: what is not so any more was changed by somebody else.
constexpr std::string_view kRecord = "# Ours:";
constexpr std::string_view kSection = "[Service]";
constexpr std::string_view kKey = "Environment=\"";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::optional<Variable> variable_of(std::string_view line) {
  if (!line.starts_with(kKey) || !line.ends_with('"')) return std::nullopt;
  const std::string_view word = line.substr(kKey.size(), line.size() - kKey.size() - 1);
  const auto equals = word.find('=');
  if (equals == std::string_view::npos) return std::nullopt;
  return Variable{std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))};
}

/// "Environment=\"NAME=value\"" for each word.
std::vector<std::string> recorded_lines(const std::string& record) {
  std::vector<std::string> lines;
  std::istringstream in(record.substr(kRecord.size()));
  for (std::string word; in >> word;) {
    std::string line = fmt::format("{}{}\"", kKey, word);
    if (variable_of(line)) lines.push_back(std::move(line));
  }
  return lines;
}

/// Of a text without a record: each of a variable that is recommended.
std::vector<std::string> guessed_lines(const std::vector<std::string>& lines) {
  const auto known = variable_names();
  std::vector<std::string> ours;
  for (const std::string& line : lines) {
    const auto variable = variable_of(line);
    if (variable && std::find(known.begin(), known.end(), variable->name) != known.end()) ours.push_back(line);
  }
  return ours;
}

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

}  // namespace

std::optional<DropInText> parse_drop_in(const std::string& text) {
  if (!text.starts_with(kHeader)) return std::nullopt;
  auto lines = lines_of(text.substr(kHeader.size()));
  const auto record = std::find_if(lines.begin(), lines.end(), [](const auto& line) { return line.starts_with(kRecord); });
  auto ours = record == lines.end() ? guessed_lines(lines) : recorded_lines(*record);
  if (record != lines.end()) lines.erase(record);
  const auto section = std::find(lines.begin(), lines.end(), kSection);
  if (section != lines.end()) lines.erase(section);
  DropInText parsed;
  for (const std::string& line : lines) {
    const auto mine = std::find(ours.begin(), ours.end(), line);
    if (mine == ours.end()) {
      parsed.rest += line + '\n';
      continue;
    }
    parsed.ours.push_back(*variable_of(line));
    ours.erase(mine);
  }
  if (is_blank(parsed.rest)) parsed.rest.clear();
  return parsed;
}

std::string drop_in_text(const std::vector<Variable>& variables, const std::string& rest) {
  std::string text{kHeader};
  text += kRecord;
  for (const Variable& variable : variables) text += fmt::format(" {}={}", variable.name, variable.value);
  text += fmt::format("\n{}\n", kSection);
  for (const Variable& variable : variables) {
    text += fmt::format("{}{}={}\"\n", kKey, variable.name, variable.value);
  }
  for (const std::string& line : lines_of(rest)) {
    const auto other = variable_of(line);
    const bool replaced = other && std::any_of(variables.begin(), variables.end(),
                                               [&](const Variable& each) { return each.name == other->name; });
    if (!replaced) text += line + '\n';
  }
  return text;
}

std::string text_without_ours(const std::string& rest) {
  const auto lines = lines_of(rest);
  const auto first = std::find_if(lines.begin(), lines.end(), [](const std::string& line) {
    return !is_blank(line) && !line.starts_with('#') && !line.starts_with(';');
  });
  const bool has_section = first != lines.end() && first->starts_with('[');
  return has_section ? rest : fmt::format("{}\n{}", kSection, rest);
}

std::vector<Variable> variables_in(const std::string& text) {
  std::vector<Variable> variables;
  for (const std::string& line : lines_of(text)) {
    if (auto variable = variable_of(line)) variables.push_back(std::move(*variable));
  }
  return variables;
}

}  // namespace m1opt::client::settings
