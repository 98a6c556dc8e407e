#include "client/reply.h"

#include <fmt/format.h>

#include "client/json_view.h"
#include "client/render/text.h"
#include "wire/text.h"

namespace m1opt::client {
namespace {

using boost::json::value;

std::string shown(const value* at) {
  if (at == nullptr) return "nothing";
  const boost::json::string* text = at->if_string();
  return render::printable(text != nullptr ? std::string_view(*text)
                                           : std::string_view(wire::to_text(*at)));
}

std::string changes_text(const value& reply) {
  std::string out;
  for (const value& entry : list_at(reply, "changes")) {
    out += fmt::format("{}: {} -> {}\n", render::printable(text_at(entry, "name")),
                       shown(find(entry, "old")), shown(find(entry, "new")));
  }
  return out;
}

}  // namespace

int change(const Context& context, const std::string& target, const boost::json::object& body,
           const std::string& method, bool json) {
  const std::string path = context.dry_run ? target + "?dry_run=true" : target;
  const auto reply = ask(context, {method, path, wire::to_text(body)});
  if (!reply) return report(context, reply.error());
  if (json) {
    print_document(*reply);
    return exit_code::kOk;
  }
  std::string text = changes_text(reply->value);
  const std::string sentence = render::printable(text_at(reply->value, "text"));
  if (!sentence.empty()) text += sentence + '\n';
  if (text.empty()) text = context.dry_run ? "nothing would change\n" : "done\n";
  print(context, text);
  return exit_code::kOk;
}

}  // namespace m1opt::client
