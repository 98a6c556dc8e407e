#pragma once

#include <span>

/// What is widely recommended for LLMs on Apple Silicon, what is true of it, and what m1opt does.
namespace m1opt::client::advise {

/// unproven: neither a source nor a measurement was found for it, or against it.
enum class Verdict { holds, partly, wrong, unproven };
const char* word_of(Verdict verdict);

struct Claim {
  const char* id;  ///< stable, for scripts
  const char* topic;
  const char* claim;
  Verdict verdict;
  const char* truth;
  const char* m1opt;
  const char* source{""};  ///< of claims on models and Ollama's settings; the others rest on what the file names
};

/// In the order of topics; README.md has the same as a table (tests/meta/reference_test.py).
std::span<const Claim> reference();

}  // namespace m1opt::client::advise
