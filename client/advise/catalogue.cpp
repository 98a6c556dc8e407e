#include "client/advise/catalogue.h"

#include <algorithm>

#include "client/advise/data.h"
#include "client/advise/table.h"
#include "client/advise/windows.h"

namespace m1opt::client::advise {
namespace {

Shape shape_of_row(const TableRow& row) {
  Shape shape;
  shape.architecture = row.text("family") == "gptoss" ? "gpt-oss" : row.text("family");
  shape.embedding = row.whole("embedding");
  shape.heads = row.whole("heads");
  shape.vocabulary = row.whole("vocabulary");
  shape.context_length = row.whole("context");
  shape.experts = row.whole("experts");
  shape.experts_used = row.whole("experts_used");
  shape.feed_forward = row.whole("feed_forward") * std::max<std::uint64_t>(1, shape.experts_used);
  shape.layers.assign(static_cast<std::size_t>(row.whole("layers")),
                      {row.whole("kv_heads"), row.whole("key_length"), row.whole("value_length"), false, 0});
  const gguf::Metadata window{{shape.architecture + ".attention.sliding_window", row.whole("window")}};
  const Windows windows = windows_of(shape.architecture, window, shape.layers.size());
  shape.window = windows.size;
  for (std::size_t i = 0; i < windows.windowed.size(); ++i) shape.layers[i].windowed = windows.windowed[i];
  return shape;
}

std::vector<KnownModel> read_models() {
  std::vector<KnownModel> models;
  for (const TableRow& row : read_table(data::models_csv)) {
    models.push_back({row.text("name"), row.text("family"), row.text("unverified"), row.text("use"), row.text("source"),
                      row.real("params_b"), row.whole("tied") != 0, shape_of_row(row)});
  }
  return models;
}

}  // namespace

std::span<const KnownModel> known_models() {
  static const std::vector<KnownModel> models = read_models();
  return models;
}

const KnownModel* find_known_model(std::string_view name) {
  if (name.ends_with(":latest")) name.remove_suffix(7);
  for (const KnownModel& model : known_models()) {
    if (model.name == name || model.name.substr(0, model.name.find(':')) == name) return &model;
  }
  return nullptr;
}

}  // namespace m1opt::client::advise
