// Sources: the block structures of ggml (src/ggml-common.h), the numbers of ggml (include/ggml.h)
// and of llama.cpp's file types (include/llama.h).
#include "client/advise/gguf/tensor_type.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <limits>
#include <utility>

namespace m1opt::client::advise::gguf {
namespace {

constexpr std::array kTypes{
    TensorType{0, "F32", 1, 4},        TensorType{1, "F16", 1, 2},
    TensorType{2, "Q4_0", 32, 18},     TensorType{3, "Q4_1", 32, 20},
    TensorType{6, "Q5_0", 32, 22},     TensorType{7, "Q5_1", 32, 24},
    TensorType{8, "Q8_0", 32, 34},     TensorType{9, "Q8_1", 32, 36},
    TensorType{10, "Q2_K", 256, 84},   TensorType{11, "Q3_K", 256, 110},
    TensorType{12, "Q4_K", 256, 144},  TensorType{13, "Q5_K", 256, 176},
    TensorType{14, "Q6_K", 256, 210},  TensorType{15, "Q8_K", 256, 292},
    TensorType{16, "IQ2_XXS", 256, 66}, TensorType{17, "IQ2_XS", 256, 74},
    TensorType{18, "IQ3_XXS", 256, 98}, TensorType{19, "IQ1_S", 256, 50},
    TensorType{20, "IQ4_NL", 32, 18},  TensorType{21, "IQ3_S", 256, 110},
    TensorType{22, "IQ2_S", 256, 82},  TensorType{23, "IQ4_XS", 256, 136},
    TensorType{24, "I8", 1, 1},        TensorType{25, "I16", 1, 2},
    TensorType{26, "I32", 1, 4},       TensorType{27, "I64", 1, 8},
    TensorType{28, "F64", 1, 8},       TensorType{29, "IQ1_M", 256, 56},
    TensorType{30, "BF16", 1, 2},      TensorType{34, "TQ1_0", 256, 54},
    TensorType{35, "TQ2_0", 256, 66},  TensorType{39, "MXFP4", 32, 17},
    TensorType{40, "NVFP4", 64, 36},   TensorType{41, "Q1_0", 128, 18},
    TensorType{42, "Q2_0", 64, 18},
};

constexpr std::array kFileTypes{
    std::pair{0, "F32"},      std::pair{1, "F16"},      std::pair{2, "Q4_0"},
    std::pair{3, "Q4_1"},     std::pair{7, "Q8_0"},     std::pair{8, "Q5_0"},
    std::pair{9, "Q5_1"},     std::pair{10, "Q2_K"},    std::pair{11, "Q3_K_S"},
    std::pair{12, "Q3_K_M"},  std::pair{13, "Q3_K_L"},  std::pair{14, "Q4_K_S"},
    std::pair{15, "Q4_K_M"},  std::pair{16, "Q5_K_S"},  std::pair{17, "Q5_K_M"},
    std::pair{18, "Q6_K"},    std::pair{19, "IQ2_XXS"}, std::pair{20, "IQ2_XS"},
    std::pair{21, "Q2_K_S"},  std::pair{22, "IQ3_XS"},  std::pair{23, "IQ3_XXS"},
    std::pair{24, "IQ1_S"},   std::pair{25, "IQ4_NL"},  std::pair{26, "IQ3_S"},
    std::pair{27, "IQ3_M"},   std::pair{28, "IQ2_S"},   std::pair{29, "IQ2_M"},
    std::pair{30, "IQ4_XS"},  std::pair{31, "IQ1_M"},   std::pair{32, "BF16"},
    std::pair{36, "TQ1_0"},   std::pair{37, "TQ2_0"},   std::pair{38, "MXFP4"},
};

bool same_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char left, char right) {
    return std::toupper(static_cast<unsigned char>(left)) ==
           std::toupper(static_cast<unsigned char>(right));
  });
}

}  // namespace

std::span<const TensorType> tensor_types() { return kTypes; }

const TensorType* find_tensor_type(std::uint32_t id) {
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(), [id](const TensorType& type) { return type.id == id; });
  return found == kTypes.end() ? nullptr : found;
}

const TensorType* find_tensor_type(std::string_view name) {
  const auto* const found = std::find_if(kTypes.begin(), kTypes.end(), [name](const TensorType& type) { return same_letters(type.name, name); });
  return found == kTypes.end() ? nullptr : found;
}

std::optional<std::uint64_t> packed_bytes(const TensorType& type, std::uint64_t count) {
  if (count % type.block != 0) return std::nullopt;
  const std::uint64_t blocks = count / type.block;
  constexpr auto kLargest = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (blocks > kLargest / type.bytes) return std::nullopt;
  return blocks * type.bytes;
}

bool is_repacked_on_cpus(const TensorType& type) {
  const std::string_view name = type.name;
  return name == "Q4_0" || name == "Q4_K" || name == "IQ4_NL";
}

std::string_view file_type_name(std::uint64_t file_type) {
  for (const auto& [number, name] : kFileTypes) {
    if (static_cast<std::uint64_t>(number) == file_type) return name;
  }
  return {};
}

}  // namespace m1opt::client::advise::gguf
