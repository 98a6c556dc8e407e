#pragma once

#include <dlfcn.h>

#include <string>

#include "base/result.h"

namespace m1opt::platform::darwin {

/// Collects functions of one library; the first that is missing is named.
class Library {
 public:
  explicit Library(const char* path) : path_(path), handle_(::dlopen(path, RTLD_LAZY | RTLD_LOCAL)) {
    if (handle_ == nullptr) missing_ = "this system has no " + path_;
  }
  template <class Function>
  void find(Function*& function, const char* name) {
    if (handle_ != nullptr) function = reinterpret_cast<Function*>(::dlsym(handle_, name));
    if (function == nullptr && missing_.empty()) missing_ = path_ + " has no " + name;
  }
  [[nodiscard]] Result<void> complete() const {
    if (missing_.empty()) return {};
    return Error{Errc::unsupported, 0, missing_};
  }

 private:
  std::string path_;
  void* handle_;
  std::string missing_;
};

/// Loaded once; `loaded` keeps why it could not be.
template <class Functions>
struct Loaded {
  Functions functions;
  Result<void> loaded{functions.load()};

  static const Loaded& get() {
    static const Loaded instance;
    return instance;
  }
};

}  // namespace m1opt::platform::darwin
