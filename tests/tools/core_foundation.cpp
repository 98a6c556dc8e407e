// The part of CoreFoundation that the client calls, made from libplist, as a library of its own: so
// that what runs on a Mac runs here too, on real property lists, XML and binary.
#include <plist/plist.h>

#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <set>
#include <string>

namespace {

struct Data {
  std::string bytes;
};
using Ref = const void*;

/// Lists that were created and not released yet.
std::set<Ref>& lists() {
  static std::set<Ref> all;
  return all;
}
plist_t node(Ref object) { return const_cast<void*>(object); }

enum : unsigned long { kOther = 1, kString, kNumber, kBoolean, kArray, kDictionary };

}  // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT Ref CFDataCreate(Ref, const std::uint8_t* bytes, long length) {
  return new Data{
      std::string(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length))};
}

EXPORT Ref CFPropertyListCreateWithData(Ref, Ref data, unsigned long, long*, Ref*) {
  const std::string& bytes = static_cast<const Data*>(data)->bytes;
  plist_t list = nullptr;
  plist_from_memory(bytes.data(), static_cast<std::uint32_t>(bytes.size()), &list);
  if (list != nullptr) lists().insert(list);
  return list;
}

EXPORT void CFRelease(Ref object) {
  if (lists().erase(object) != 0) {
    plist_free(node(object));
  } else {
    delete static_cast<const Data*>(object);
  }
}

EXPORT unsigned long CFGetTypeID(Ref object) {
  switch (plist_get_node_type(node(object))) {
    case PLIST_STRING:
    case PLIST_KEY: return kString;
    case PLIST_UINT:
    case PLIST_REAL: return kNumber;
    case PLIST_BOOLEAN: return kBoolean;
    case PLIST_ARRAY: return kArray;
    case PLIST_DICT: return kDictionary;
    default: return kOther;
  }
}
EXPORT unsigned long CFDictionaryGetTypeID() { return kDictionary; }
EXPORT unsigned long CFArrayGetTypeID() { return kArray; }
EXPORT unsigned long CFStringGetTypeID() { return kString; }
EXPORT unsigned long CFNumberGetTypeID() { return kNumber; }
EXPORT unsigned long CFBooleanGetTypeID() { return kBoolean; }

EXPORT long CFDictionaryGetCount(Ref dictionary) { return plist_dict_get_size(node(dictionary)); }
EXPORT void CFDictionaryGetKeysAndValues(Ref dictionary, Ref* keys, Ref* values) {
  plist_dict_iter iterator = nullptr;
  plist_dict_new_iter(node(dictionary), &iterator);
  for (long i = 0; i < CFDictionaryGetCount(dictionary); ++i) {
    plist_t value = nullptr;
    plist_dict_next_item(node(dictionary), iterator, nullptr, &value);
    keys[i] = plist_dict_item_get_key(value);
    values[i] = value;
  }
  std::free(iterator);
}
EXPORT long CFArrayGetCount(Ref array) { return plist_array_get_size(node(array)); }
EXPORT Ref CFArrayGetValueAtIndex(Ref array, long index) {
  return plist_array_get_item(node(array), static_cast<std::uint32_t>(index));
}

static std::string text_of(Ref string) {
  char* text = nullptr;
  if (plist_get_node_type(node(string)) == PLIST_KEY) {
    plist_get_key_val(node(string), &text);
  } else {
    plist_get_string_val(node(string), &text);
  }
  std::string copy(text == nullptr ? "" : text);
  std::free(text);
  return copy;
}
EXPORT long CFStringGetLength(Ref string) { return static_cast<long>(text_of(string).size()); }
EXPORT long CFStringGetMaximumSizeForEncoding(long length, std::uint32_t) { return length * 3; }
EXPORT unsigned char CFStringGetCString(Ref string, char* buffer, long size, std::uint32_t) {
  const std::string text = text_of(string);
  if (static_cast<long>(text.size()) >= size) return 0;
  std::memcpy(buffer, text.c_str(), text.size() + 1);
  return 1;
}

EXPORT unsigned char CFNumberIsFloatType(Ref number) {
  return plist_get_node_type(node(number)) == PLIST_REAL ? 1 : 0;
}
EXPORT unsigned char CFNumberGetValue(Ref number, long, void* value) {
  if (CFNumberIsFloatType(number) != 0) {
    plist_get_real_val(node(number), static_cast<double*>(value));
  } else {
    plist_get_uint_val(node(number), static_cast<std::uint64_t*>(value));
  }
  return 1;
}
EXPORT unsigned char CFBooleanGetValue(Ref boolean) {
  std::uint8_t value = 0;
  plist_get_bool_val(node(boolean), &value);
  return value;
}
