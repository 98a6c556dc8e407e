#include "base/result.h"

#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace m1opt::base {

const char* to_string(Errc code) {
  switch (code) {
    case Errc::gone: return "gone";
    case Errc::not_permitted: return "not_permitted";
    case Errc::unsupported: return "unsupported";
    case Errc::changed: return "changed";
    case Errc::busy: return "busy";
    case Errc::parse: return "parse";
    case Errc::io: return "io";
    case Errc::unready: return "unready";
  }
  return "io";
}

Error error_from_errno(const std::string& context, int os_errno) {
  Errc code = Errc::io;
  switch (os_errno) {
    case ESRCH:
    case ENOENT: code = Errc::gone; break;
    case EPERM:
    case EACCES: code = Errc::not_permitted; break;
    case ENOSYS:
    case EOPNOTSUPP: code = Errc::unsupported; break;
    case EAGAIN:
    case EBUSY: code = Errc::busy; break;
    default: break;
  }
  return {code, os_errno, context + ": " + std::strerror(os_errno)};
}

void throw_exception_from_error(const Error& error, const boost::source_location&) {
  throw std::runtime_error(error.what);
}

}  // namespace m1opt::base
