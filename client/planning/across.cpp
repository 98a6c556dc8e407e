#include "client/planning/across.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "client/amount.h"
#include "client/planning/machines.h"
#include "client/shell_words.h"

namespace m1opt::client::planning {
namespace {

using advise::Node;

constexpr std::size_t kMostMachines = 16;  // as many devices as llama.cpp takes
constexpr int kPort = 50052;

std::vector<std::string> split_list(const std::string& list) {
  std::vector<std::string> words(1);
  for (const char letter : list) {
    if (letter == ',') {
      words.emplace_back();
    } else {
      words.back() += letter;
    }
  }
  return words;
}

Failure wrong_word(const std::string& word) {
  return {exit_code::kUsage, fmt::format("--across \"{}\" is no machine", word), "Like: --across mini16,mini16,studio64:m1-max@10.0.0.2"};
}

bool is_safe(const std::string& word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](unsigned char letter) {
    return std::isalnum(letter) != 0 || letter == '-' || letter == '.' || letter == '_';
  });
}

/// NAME and its trailing GiB.
Expected<Node> node_of(const std::string& word, const std::string& system, std::string& address) {
  const std::size_t at = word.find('@');
  const std::string machine = word.substr(0, at);
  const std::size_t colon = machine.find(':');
  const std::string name = machine.substr(0, colon);
  const std::size_t digits = name.find_last_not_of("0123456789") + 1;
  address = at == std::string::npos ? name : word.substr(at + 1);
  if (!is_safe(name) || !is_safe(address) || digits == name.size()) return wrong_word(word);
  const auto other = other_machine(name.substr(digits), system, colon == std::string::npos ? "" : machine.substr(colon + 1));
  if (!other) return other.error();
  return Node{name, *other};
}

/// Two of the same name get numbers.
void number_names(AcrossPlan& plan) {
  for (std::size_t i = 0; i < plan.nodes.size(); ++i) {
    const std::string name = plan.nodes[i].name;
    int number = 1;
    for (std::size_t j = i + 1; j < plan.nodes.size(); ++j) {
      if (plan.nodes[j].name != name) continue;
      ++number;
      const std::string numbered = fmt::format("{}-{}", name, number);
      if (plan.addresses[j] == name) plan.addresses[j] = numbered;
      plan.nodes[j].name = numbered;
    }
    if (number > 1) {
      if (plan.addresses[i] == name) plan.addresses[i] = name + "-1";
      plan.nodes[i].name = name + "-1";
    }
  }
}

std::string cache_type_text(const advise::Use& use) {
  std::string type = use.cache_type->name;
  std::transform(type.begin(), type.end(), type.begin(), [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return type;
}

}  // namespace

Expected<AcrossPlan> plan_across(const Subject& subject, const advise::Use& use, const std::string& list, const std::string& system,
                                 const std::string& link) {
  AcrossPlan plan;
  plan.subject = subject;
  plan.use = use;
  for (const std::string& word : split_list(list)) {
    std::string address;
    auto node = node_of(word, system, address);
    if (!node) return node.error();
    plan.nodes.push_back(std::move(*node));
    plan.addresses.push_back(address);
  }
  if (plan.nodes.size() < 2 || plan.nodes.size() > kMostMachines) {
    return Failure{exit_code::kUsage, fmt::format("--across takes 2 to {} machines", kMostMachines), "Like: --across mini16,studio64"};
  }
  number_names(plan);
  if (!link.empty()) {
    plan.link_gbit = parse_decimal(link).value_or(0);
    if (!(plan.link_gbit > 0) || plan.link_gbit > 1000) {
      return Failure{exit_code::kUsage, fmt::format("--link \"{}\" is no number of gigabits a second", link), "Like: --link 10"};
    }
  }
  auto split = advise::split_across(subject.shape, subject.weights, use, plan.nodes);
  if (!split) return Failure{exit_code::kFailure, split.error().what, ""};
  plan.split = std::move(*split);
  plan.bound = advise::bound_across(plan.split, subject.weights, plan.nodes, plan.link_gbit * 1e9 / 8);
  return plan;
}

std::vector<Step> steps_of(const AcrossPlan& plan) {
  std::vector<Step> steps;
  std::string servers;
  std::string parts;
  for (const auto& share : plan.split.shares) {
    parts += fmt::format("{}{}", parts.empty() ? "" : ",", share.layers);
    if (share.node == 0) continue;
    servers += fmt::format("{}{}:{}", servers.empty() ? "" : ",", plan.addresses[share.node], kPort);
    steps.push_back({plan.nodes[share.node].name, fmt::format("rpc-server -H {} -p {}", plan.addresses[share.node], kPort)});
  }
  const std::string model = plan.subject.path.empty() ? "MODEL.gguf" : quoted(plan.subject.path);
  steps.push_back({plan.nodes.front().name,
                   fmt::format("llama-server -m {} --rpc {} --tensor-split {} -ngl 999 -c {} -np {} -ctk {} -ctv {} -ub {} -fit off", model, servers, parts,
                               plan.use.context * plan.use.parallel, plan.use.parallel, cache_type_text(plan.use), cache_type_text(plan.use),
                               advise::batch_of(plan.use))});
  return steps;
}

}  // namespace m1opt::client::planning
