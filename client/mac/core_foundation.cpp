#include "client/mac/core_foundation.h"

#include <dlfcn.h>
#include <fmt/format.h>

#include <vector>

namespace m1opt::client::mac {
namespace {

// The types of CFBase.h, CFString.h and CFNumber.h.
using Ref = const void*;
using Index = long;
using TypeId = unsigned long;
using Boolean = unsigned char;

constexpr std::uint32_t kUtf8 = 0x08000100;
constexpr Index kInt64 = 4;
constexpr Index kFloat64 = 6;
/// A property list that says anything about a job is flatter by far.
constexpr int kDeepest = 32;

/// The functions used, by the names they are exported under.
struct Library {
  Ref (*CFDataCreate)(Ref allocator, const std::uint8_t* bytes, Index length);
  Ref (*CFPropertyListCreateWithData)(Ref allocator, Ref data, unsigned long options, Index* format,
                                      Ref* error);
  void (*CFRelease)(Ref object);
  TypeId (*CFGetTypeID)(Ref object);
  TypeId (*CFDictionaryGetTypeID)();
  TypeId (*CFArrayGetTypeID)();
  TypeId (*CFStringGetTypeID)();
  TypeId (*CFNumberGetTypeID)();
  TypeId (*CFBooleanGetTypeID)();
  Index (*CFDictionaryGetCount)(Ref dictionary);
  void (*CFDictionaryGetKeysAndValues)(Ref dictionary, Ref* keys, Ref* values);
  Index (*CFArrayGetCount)(Ref array);
  Ref (*CFArrayGetValueAtIndex)(Ref array, Index index);
  Index (*CFStringGetLength)(Ref string);
  Index (*CFStringGetMaximumSizeForEncoding)(Index length, std::uint32_t encoding);
  Boolean (*CFStringGetCString)(Ref string, char* buffer, Index size, std::uint32_t encoding);
  Boolean (*CFNumberIsFloatType)(Ref number);
  Boolean (*CFNumberGetValue)(Ref number, Index type, void* value);
  Boolean (*CFBooleanGetValue)(Ref boolean);
};

/// Fills one member; false when the library has no such function.
template <class Function>
bool resolve(void* handle, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(handle, name));
  return function != nullptr;
}

/// The first function that the library has not got; null when it has all.
const char* load(void* handle, Library& cf) {
#define M1OPT_RESOLVE(name) \
  if (!resolve(handle, #name, cf.name)) return #name
  M1OPT_RESOLVE(CFDataCreate);
  M1OPT_RESOLVE(CFPropertyListCreateWithData);
  M1OPT_RESOLVE(CFRelease);
  M1OPT_RESOLVE(CFGetTypeID);
  M1OPT_RESOLVE(CFDictionaryGetTypeID);
  M1OPT_RESOLVE(CFArrayGetTypeID);
  M1OPT_RESOLVE(CFStringGetTypeID);
  M1OPT_RESOLVE(CFNumberGetTypeID);
  M1OPT_RESOLVE(CFBooleanGetTypeID);
  M1OPT_RESOLVE(CFDictionaryGetCount);
  M1OPT_RESOLVE(CFDictionaryGetKeysAndValues);
  M1OPT_RESOLVE(CFArrayGetCount);
  M1OPT_RESOLVE(CFArrayGetValueAtIndex);
  M1OPT_RESOLVE(CFStringGetLength);
  M1OPT_RESOLVE(CFStringGetMaximumSizeForEncoding);
  M1OPT_RESOLVE(CFStringGetCString);
  M1OPT_RESOLVE(CFNumberIsFloatType);
  M1OPT_RESOLVE(CFNumberGetValue);
  M1OPT_RESOLVE(CFBooleanGetValue);
#undef M1OPT_RESOLVE
  return nullptr;
}

std::string text_of(const Library& cf, Ref string) {
  const Index size = cf.CFStringGetMaximumSizeForEncoding(cf.CFStringGetLength(string), kUtf8) + 1;
  std::string text(static_cast<std::size_t>(size), '\0');
  if (cf.CFStringGetCString(string, text.data(), size, kUtf8) == 0) return {};
  text.resize(std::char_traits<char>::length(text.c_str()));
  return text;
}

boost::json::value number_of(const Library& cf, Ref number) {
  if (cf.CFNumberIsFloatType(number) != 0) {
    double real = 0;
    cf.CFNumberGetValue(number, kFloat64, &real);
    return real;
  }
  std::int64_t whole = 0;
  if (cf.CFNumberGetValue(number, kInt64, &whole) == 0) return nullptr;
  return whole;
}

boost::json::value value_of(const Library& cf, Ref object, int depth) {
  const TypeId type = depth > kDeepest ? 0 : cf.CFGetTypeID(object);
  if (type == cf.CFStringGetTypeID()) return boost::json::string(text_of(cf, object));
  if (type == cf.CFBooleanGetTypeID()) return cf.CFBooleanGetValue(object) != 0;
  if (type == cf.CFNumberGetTypeID()) return number_of(cf, object);
  if (type == cf.CFArrayGetTypeID()) {
    boost::json::array array;
    for (Index i = 0; i < cf.CFArrayGetCount(object); ++i) {
      array.push_back(value_of(cf, cf.CFArrayGetValueAtIndex(object, i), depth + 1));
    }
    return array;
  }
  if (type == cf.CFDictionaryGetTypeID()) {
    const auto count = static_cast<std::size_t>(cf.CFDictionaryGetCount(object));
    std::vector<Ref> keys(count);
    std::vector<Ref> values(count);
    cf.CFDictionaryGetKeysAndValues(object, keys.data(), values.data());
    boost::json::object members;
    for (std::size_t i = 0; i < count; ++i) {
      members[text_of(cf, keys[i])] = value_of(cf, values[i], depth + 1);
    }
    return members;
  }
  return nullptr;
}

Expected<boost::json::value> decode(const Library& cf, std::string_view bytes) {
  const Ref data = cf.CFDataCreate(nullptr, reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                   static_cast<Index>(bytes.size()));
  if (data == nullptr) return Failure{exit_code::kFailure, "no memory for a property list", ""};
  const Ref list = cf.CFPropertyListCreateWithData(nullptr, data, 0, nullptr, nullptr);
  cf.CFRelease(data);
  if (list == nullptr) return Failure{exit_code::kFailure, "it is no property list", ""};
  boost::json::value value = value_of(cf, list, 0);
  cf.CFRelease(list);
  return value;
}

}  // namespace

Expected<DecodePlist> open_core_foundation(const std::string& path) {
  const std::shared_ptr<void> handle(::dlopen(path.c_str(), RTLD_LAZY | RTLD_LOCAL),
                                     [](void* open) {
                                       if (open != nullptr) ::dlclose(open);
                                     });
  if (!handle) {
    return Failure{exit_code::kFailure, fmt::format("{} cannot be opened", path), ""};
  }
  Library cf{};
  if (const char* missing = load(handle.get(), cf); missing != nullptr) {
    return Failure{exit_code::kFailure, fmt::format("{} has no {}", path, missing), ""};
  }
  return DecodePlist([handle, cf](std::string_view bytes) { return decode(cf, bytes); });
}

}  // namespace m1opt::client::mac
