#pragma once

#include <string>

#include "base/result.h"
#include "model/reading.h"

namespace m1opt::platform::darwin {

using namespace m1opt::base;
using namespace m1opt::model;

/// Like error_from_errno; ENOTSUP, which macOS tells apart from EOPNOTSUPP, and
/// EINVAL (a flavour or name the kernel does not know) are `unsupported` too.
Error error_of(const std::string& call, int os_errno);

/// For a sysctl: a name that does not exist is `unsupported`, not `gone`.
Error sysctl_error(const std::string& name, int os_errno);

/// "host_statistics64: KERN_INVALID_ARGUMENT".
Error kernel_error(const std::string& call, int kern_return);

/// "memory.wired", error -> Problem.
Problem problem_of(const std::string& reader, const Error& error);
Problem problem_of(const std::string& reader, Errc code, std::string text);

}  // namespace m1opt::platform::darwin
