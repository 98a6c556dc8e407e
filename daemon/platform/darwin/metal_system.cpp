// Never run on a Mac. Loaded at run time: who does not ask needs no graphics.
#include <dlfcn.h>

#include <cstdint>

#include "platform/metal.h"

namespace m1opt::platform {
namespace {

using Object = void*;
using Selector = void*;
using CreateDevice = Object (*)();
using RegisterName = Selector (*)(const char*);
using SendForNumber = std::uint64_t (*)(Object, Selector);
using Release = void (*)(Object);

template <class Function>
Function function_of(void* library, const char* name) {
  return reinterpret_cast<Function>(::dlsym(library, name));
}

}  // namespace

std::optional<base::Bytes> recommended_working_set() {
  // Without CoreGraphics in the process there is no default device for a command-line program.
  (void)::dlopen("/System/Library/Frameworks/CoreGraphics.framework/CoreGraphics", RTLD_LAZY);
  void* metal = ::dlopen("/System/Library/Frameworks/Metal.framework/Metal", RTLD_LAZY);
  void* runtime = ::dlopen("/usr/lib/libobjc.A.dylib", RTLD_LAZY);
  if (metal == nullptr || runtime == nullptr) return std::nullopt;
  const auto create = function_of<CreateDevice>(metal, "MTLCreateSystemDefaultDevice");
  const auto name = function_of<RegisterName>(runtime, "sel_registerName");
  const auto send = function_of<SendForNumber>(runtime, "objc_msgSend");
  const auto release = function_of<Release>(runtime, "objc_release");
  if (create == nullptr || name == nullptr || send == nullptr || release == nullptr) return std::nullopt;
  Object device = create();
  if (device == nullptr) return std::nullopt;
  const std::uint64_t bytes = send(device, name("recommendedMaxWorkingSetSize"));
  release(device);
  if (bytes == 0) return std::nullopt;
  return base::Bytes{static_cast<std::int64_t>(bytes)};
}

}  // namespace m1opt::platform
