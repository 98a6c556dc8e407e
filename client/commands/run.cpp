#include <fmt/format.h>

#include <optional>

#include "client/api.h"
#include "client/child.h"
#include "client/commands/all.h"
#include "client/lease.h"
#include "platform/platform.h"

namespace m1opt::client {

int run_run(Context& context, Arguments& arguments) {
  std::vector<std::string> words;
  arguments.command_line(words, "The command and its arguments");
  if (const auto status = arguments.parse(context)) return *status;
  if (words.empty()) {
    return report(context, {exit_code::kUsage, "run: no command given",
                            "Like: m1optctl run -- llama-server -m model.gguf"});
  }
  if (const auto connection = connect(context); !connection) {
    Failure failure = connection.error();
    failure.text += fmt::format("; {} runs without it", words.front());
    report(context, failure);
  }
  const auto child = start_child(words);
  if (!child) return report(context, child.error());
  std::optional<Lease> lease;
  const auto info = platform::make_process_table("")->stat(*child);
  if (info) lease.emplace(context, info->id);
  return wait_for_child(*child);
}

}  // namespace m1opt::client
