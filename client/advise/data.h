#pragma once

#include <string_view>

/// The tables of client/advise/data/, compiled in; each row has its source.
namespace m1opt::client::advise::data {

extern const std::string_view models_csv;  ///< shapes of models that are often pulled
extern const std::string_view metal_csv;   ///< what Metal was seen to recommend, by RAM
extern const std::string_view chips_csv;   ///< memory bandwidth, and how much of it generating reaches
extern const std::string_view quants_csv;  ///< bits per weight as published, and as widely claimed
extern const std::string_view common_csv;  ///< which models are widely named for how much RAM

}  // namespace m1opt::client::advise::data
