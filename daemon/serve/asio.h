#pragma once

/// The parts of Asio that serve/ uses; costs seconds in every file that
/// includes it, so only the files that do input and output may.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

namespace m1opt::serve {

namespace asio = boost::asio;
using Socket = asio::local::stream_protocol::socket;
using ErrorCode = boost::system::error_code;

template <class T = void>
using Task = asio::awaitable<T>;

/// Completion by error code instead of an exception.
inline auto into(ErrorCode& error) { return asio::redirect_error(asio::use_awaitable, error); }

}  // namespace m1opt::serve
