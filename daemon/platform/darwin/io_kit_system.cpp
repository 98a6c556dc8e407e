#include "platform/darwin/io_kit_system.h"

#include <dispatch/dispatch.h>
#include <fcntl.h>
#include <mach/mach.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <string>

#include "platform/darwin/library.h"

namespace m1opt::platform::darwin::io_kit {

namespace {

// The headers of these frameworks are not everywhere, their ABI is: CoreFoundation
// objects are pointers, IOKit's are Mach port names.
using Reference = const void*;
using Port = mach_port_t;

constexpr const char* kIoKit = "/System/Library/Frameworks/IOKit.framework/IOKit";
constexpr const char* kFoundation =
    "/System/Library/Frameworks/CoreFoundation.framework/CoreFoundation";
constexpr std::uint32_t kUtf8 = 0x08000100;  // kCFStringEncodingUTF8
constexpr long kSigned64 = 4;                // kCFNumberSInt64Type
constexpr std::uint32_t kSmcSelector = 2;

struct SmcFunctions {
  Reference (*matching)(const char*){};
  kern_return_t (*services)(Port, Reference, Port*){};
  Port (*next)(Port){};
  kern_return_t (*name)(Port, char*){};
  kern_return_t (*open)(Port, Port, std::uint32_t, Port*){};
  kern_return_t (*release)(Port){};
  kern_return_t (*call)(Port, std::uint32_t, const void*, std::size_t, void*, std::size_t*){};

  Result<void> load() {
    Library library(kIoKit);
    library.find(matching, "IOServiceMatching");
    library.find(services, "IOServiceGetMatchingServices");
    library.find(next, "IOIteratorNext");
    library.find(name, "IORegistryEntryGetName");
    library.find(open, "IOServiceOpen");
    library.find(release, "IOObjectRelease");
    library.find(call, "IOConnectCallStructMethod");
    return library.complete();
  }
};

struct PowerFunctions {
  Reference (*info)(){};
  Reference (*list)(Reference){};
  Reference (*description)(Reference, Reference){};
  Reference (*providing)(Reference){};
  void (*release)(Reference){};
  long (*count)(Reference){};
  Reference (*item)(Reference, long){};
  Reference (*value)(Reference, Reference){};
  Reference (*make_text)(Reference, const char*, std::uint32_t){};
  unsigned char (*text)(Reference, char*, long, std::uint32_t){};
  unsigned char (*number)(Reference, long, void*){};
  unsigned long (*type)(Reference){};
  unsigned long (*text_type)(){};
  unsigned long (*number_type)(){};

  Result<void> load() {
    Library kit(kIoKit);
    kit.find(info, "IOPSCopyPowerSourcesInfo");
    kit.find(list, "IOPSCopyPowerSourcesList");
    kit.find(description, "IOPSGetPowerSourceDescription");
    kit.find(providing, "IOPSGetProvidingPowerSourceType");
    Library foundation(kFoundation);
    foundation.find(release, "CFRelease");
    foundation.find(count, "CFArrayGetCount");
    foundation.find(item, "CFArrayGetValueAtIndex");
    foundation.find(value, "CFDictionaryGetValue");
    foundation.find(make_text, "CFStringCreateWithCString");
    foundation.find(text, "CFStringGetCString");
    foundation.find(number, "CFNumberGetValue");
    foundation.find(type, "CFGetTypeID");
    foundation.find(text_type, "CFStringGetTypeID");
    foundation.find(number_type, "CFNumberGetTypeID");
    if (auto complete = kit.complete(); !complete) return complete;
    return foundation.complete();
  }

  [[nodiscard]] std::string text_of(Reference object) const {
    std::array<char, 128> buffer{};
    if (object == nullptr || type(object) != text_type()) return {};
    if (text(object, buffer.data(), buffer.size(), kUtf8) == 0) return {};
    return buffer.data();
  }
  [[nodiscard]] Reference get(Reference dictionary, const char* key) const {
    const Reference name = make_text(nullptr, key, kUtf8);
    if (name == nullptr) return nullptr;
    const Reference found = value(dictionary, name);
    release(name);
    return found;
  }
  [[nodiscard]] std::optional<std::int64_t> number_of(Reference object) const {
    std::int64_t out = 0;
    if (object == nullptr || type(object) != number_type()) return std::nullopt;
    if (number(object, kSigned64, &out) == 0) return std::nullopt;
    return out;
  }
};

struct SleepFunctions {
  using Callback = void(void*, Port, std::uint32_t, void*);
  Port (*subscribe)(void*, Reference*, Callback*, Port*){};
  void (*set_queue)(Reference, dispatch_queue_t){};
  kern_return_t (*allow)(Port, long){};

  Result<void> load() {
    Library library(kIoKit);
    library.find(subscribe, "IORegisterForSystemPower");
    library.find(set_queue, "IONotificationPortSetDispatchQueue");
    library.find(allow, "IOAllowPowerChange");
    return library.complete();
  }
};

struct AssertionFunctions {
  int (*create)(Reference, Reference, Reference, Reference, Reference, double, Reference,
                std::uint32_t*){};
  int (*release)(std::uint32_t){};
  Reference (*make_text)(Reference, const char*, std::uint32_t){};
  void (*release_text)(Reference){};

  Result<void> load() {
    Library kit(kIoKit);
    kit.find(create, "IOPMAssertionCreateWithDescription");
    kit.find(release, "IOPMAssertionRelease");
    Library foundation(kFoundation);
    foundation.find(make_text, "CFStringCreateWithCString");
    foundation.find(release_text, "CFRelease");
    if (auto complete = kit.complete(); !complete) return complete;
    return foundation.complete();
  }
};

std::atomic<Port> smc_connection{0};
std::atomic<Port> power_root{0};
std::atomic<int> power_pipe{-1};

/// On Apple Silicon several services match; the one that answers keys is named.
Port choose_service(const SmcFunctions& kit, Port iterator) {
  Port chosen = 0;
  for (Port service = kit.next(iterator); service != 0; service = kit.next(iterator)) {
    std::array<char, 128> name{};
    (void)kit.name(service, name.data());
    const bool better = std::string(name.data()) == "AppleSMCKeysEndpoint";
    if (chosen != 0 && !better) {
      kit.release(service);
      continue;
    }
    if (chosen != 0) kit.release(chosen);
    chosen = service;
    if (better) break;
  }
  return chosen;
}

/// On a thread of libdispatch's own; the reader answers through
/// allow_power_change. The two questions that may be refused are allowed here.
void on_power_message(void*, Port, std::uint32_t kind, void* argument) {
  const PowerMessage message{kind, 0, reinterpret_cast<std::int64_t>(argument)};
  if (kind == kCanSystemSleep) {
    allow_power_change(message.notification);
    return;
  }
  const bool delivered = ::write(power_pipe, &message, sizeof(message)) == sizeof(message);
  // Nobody would answer: the machine must not wait half a minute for us.
  if (!delivered && kind == kSystemWillSleep) allow_power_change(message.notification);
}

}  // namespace

bool make_event_pipe(std::array<int, 2>& ends) {
  if (::pipe(ends.data()) != 0) return false;
  for (const int end : ends) {
    ::fcntl(end, F_SETFD, FD_CLOEXEC);
    ::fcntl(end, F_SETFL, O_NONBLOCK);
    ::fcntl(end, F_SETNOSIGPIPE, 1);
  }
  return true;
}

Result<void> smc_open() {
  const auto& kit = Loaded<SmcFunctions>::get();
  if (!kit.loaded) return kit.loaded;
  if (smc_connection != 0) return {};
  Port iterator = 0;
  const Reference matching = kit.functions.matching("AppleSMC");  // given away to the next call
  if (kit.functions.services(0, matching, &iterator) != KERN_SUCCESS) {
    return Error{Errc::unsupported, 0, "IOServiceGetMatchingServices finds no AppleSMC"};
  }
  const Port service = choose_service(kit.functions, iterator);
  kit.functions.release(iterator);
  if (service == 0) return Error{Errc::unsupported, 0, "this machine has no AppleSMC"};
  Port connection = 0;
  const kern_return_t code = kit.functions.open(service, mach_task_self(), 0, &connection);
  kit.functions.release(service);
  if (code == KERN_SUCCESS) {
    smc_connection = connection;
    return {};
  }
  return Error{Errc::unsupported, 0, "AppleSMC cannot be opened: " + std::to_string(code)};
}

int smc_call(std::span<const std::byte, kSmcBytes> in, std::span<std::byte, kSmcBytes> out) {
  const auto& kit = Loaded<SmcFunctions>::get();
  if (smc_connection == 0) return KERN_FAILURE;
  std::size_t length = out.size();
  const int code =
      kit.functions.call(smc_connection, kSmcSelector, in.data(), in.size(), out.data(), &length);
  return code == KERN_SUCCESS && length != out.size() ? KERN_FAILURE : code;
}

Result<PowerSources> power_sources() {
  const auto& kit = Loaded<PowerFunctions>::get();
  if (!kit.loaded) return kit.loaded.error();
  const PowerFunctions& f = kit.functions;
  const Reference info = f.info();
  if (info == nullptr) return Error{Errc::unsupported, 0, "IOPSCopyPowerSourcesInfo gives nothing"};
  PowerSources found;
  found.providing = f.text_of(f.providing(info));
  if (const Reference list = f.list(info)) {
    for (long i = 0; i < f.count(list); ++i) {
      const Reference source = f.description(info, f.item(list, i));
      if (source == nullptr) continue;
      found.sources.push_back({f.text_of(f.get(source, "Type")),
                               f.number_of(f.get(source, "Current Capacity")),
                               f.number_of(f.get(source, "Max Capacity"))});
    }
    f.release(list);
  }
  f.release(info);
  return found;
}

Result<std::uint32_t> create_assertion(const std::string& name, Duration timeout) {
  const auto& kit = Loaded<AssertionFunctions>::get();
  if (!kit.loaded) return kit.loaded.error();
  const auto& f = kit.functions;
  const std::array<Reference, 3> texts{f.make_text(nullptr, "PreventUserIdleSystemSleep", kUtf8),
                                       f.make_text(nullptr, name.c_str(), kUtf8),
                                       f.make_text(nullptr, "TimeoutActionRelease", kUtf8)};
  std::uint32_t id = 0;
  int code = KERN_FAILURE;
  if (texts[0] != nullptr && texts[1] != nullptr && texts[2] != nullptr) {
    code = f.create(texts[0], texts[1], nullptr, nullptr, nullptr, seconds_of(timeout), texts[2], &id);
  }
  for (const Reference text : texts) {
    if (text != nullptr) f.release_text(text);
  }
  if (code == KERN_SUCCESS) return id;
  return Error{Errc::io, 0, "IOPMAssertionCreateWithDescription: " + std::to_string(code)};
}

Result<void> release_assertion(std::uint32_t id) {
  const auto& kit = Loaded<AssertionFunctions>::get();
  if (!kit.loaded) return kit.loaded;
  const int code = kit.functions.release(id);
  if (code == KERN_SUCCESS) return {};
  return Error{Errc::io, 0, "IOPMAssertionRelease: " + std::to_string(code)};
}

/// Of its own, so that a machine without it can still be kept awake.
struct AssertionReading {
  Reference (*properties)(std::uint32_t){};
  void (*release)(Reference){};

  Result<void> load() {
    Library kit(kIoKit);
    kit.find(properties, "IOPMAssertionCopyProperties");
    Library foundation(kFoundation);
    foundation.find(release, "CFRelease");
    if (auto complete = kit.complete(); !complete) return complete;
    return foundation.complete();
  }
};

Result<bool> has_assertion(std::uint32_t id) {
  const auto& kit = Loaded<AssertionReading>::get();
  if (!kit.loaded) return kit.loaded.error();
  const Reference properties = kit.functions.properties(id);
  if (properties == nullptr) return false;
  kit.functions.release(properties);
  return true;
}

Result<int> open_power_messages() {
  const auto& kit = Loaded<SleepFunctions>::get();
  if (!kit.loaded) return kit.loaded.error();
  if (power_root != 0) return Error{Errc::busy, 0, "system power is watched already"};
  std::array<int, 2> ends{};
  if (!make_event_pipe(ends)) return error_from_errno("pipe", errno);
  power_pipe = ends[1];
  Reference port = nullptr;
  Port notifier = 0;
  power_root = kit.functions.subscribe(nullptr, &port, on_power_message, &notifier);
  if (power_root == 0) {
    ::close(ends[0]);
    ::close(ends[1]);
    return Error{Errc::io, 0, "IORegisterForSystemPower refuses"};
  }
  kit.functions.set_queue(port, dispatch_queue_create("com.level33.m1optd.power", nullptr));
  return ends[0];
}

void allow_power_change(std::int64_t notification) {
  const auto& kit = Loaded<SleepFunctions>::get();
  if (kit.loaded && power_root != 0) kit.functions.allow(power_root, static_cast<long>(notification));
}

}  // namespace m1opt::platform::darwin::io_kit
