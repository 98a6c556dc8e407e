#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <set>
#include <thread>

#include "serve/fixture.h"
#include "serve/routes.h"
#include "support/catch.h"
#include "wire/encode.h"

using namespace m1opt;
using namespace m1opt::test;
using namespace std::chrono_literals;

namespace {

/// Every status that comes back until the server closes.
std::vector<int> statuses(ServerFixture& fixture, const std::string& bytes) {
  SocketClient client = fixture.connect();
  client.send(bytes);
  client.shutdown_send();
  std::vector<int> found;
  for (;;) {
    const std::string answer = client.read_answer();
    if (answer.empty()) return found;
    found.push_back(status_of(answer));
  }
}

/// What a proxy and this server could read differently: were it there, it would be answered too.
const std::string kHidden = "GET /v1/hidden HTTP/1.1\r\nHost: x\r\n\r\n";

std::string post(const std::string& headers, const std::string& body) {
  return "POST /v1/pause HTTP/1.1\r\nHost: x\r\n" + headers + "\r\n" + body;
}
std::string with_header(const std::string& line) {
  return "GET /v1/version HTTP/1.1\r\nHost: x\r\n" + line + "\r\n\r\n";
}
std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }
std::string zero() { return {'\0'}; }

struct Shape {
  std::string name;
  std::string bytes;
};

std::vector<Shape> ambiguous() {
  return {
      {"both lengths", post("Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"both lengths, the other way round", post("Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", "0\r\n\r\n")},
      {"two lengths", post("Content-Length: 2\r\nContent-Length: 40\r\n", "{}")},
      {"two lengths that agree", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}")},
      {"a list of lengths", post("Content-Length: 2, 2\r\n", "{}")},
      {"a length with a plus", post("Content-Length: +2\r\n", "{}")},
      {"a length with a minus", post("Content-Length: -2\r\n", "{}")},
      {"a hexadecimal length", post("Content-Length: 0x2\r\n", "{}")},
      {"a length with a fraction", post("Content-Length: 2.0\r\n", "{}")},
      {"a length in two words", post("Content-Length: 2 2\r\n", "{}")},
      {"an empty length", post("Content-Length: \r\n", "{}")},
      {"a length above 64 bits", post("Content-Length: 18446744073709551618\r\n", "{}")},
      {"a space before the colon", post("Content-Length : 2\r\n", "{}")},
      {"two encodings", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n")},
      {"an encoding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n")},
      {"an encoding after chunked", post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n")},
      {"an encoding that is none", post("Transfer-Encoding: identity\r\n", "0\r\n\r\n")},
      {"an encoding that looks like chunked", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n")},
      {"an encoding with a tab", post("Transfer-Encoding:\tchunked\x0b\r\n", "0\r\n\r\n")},
      {"chunks in HTTP/1.0",
       "POST /v1/pause HTTP/1.0\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n0\r\n\r\n"},
      {"a chunk of g bytes", chunked("g\r\n{}\r\n0\r\n\r\n")},
      {"a chunk with a minus", chunked("-2\r\n{}\r\n0\r\n\r\n")},
      {"a chunk with a plus", chunked("+2\r\n{}\r\n0\r\n\r\n")},
      {"a chunk with 0x", chunked("0x2\r\n{}\r\n0\r\n\r\n")},
      {"a chunk with a space first", chunked(" 2\r\n{}\r\n0\r\n\r\n")},
      {"a chunk without a size", chunked("\r\n{}\r\n0\r\n\r\n")},
      {"a chunk above 64 bits", chunked("10000000000000002\r\n{}\r\n0\r\n\r\n")},
      {"a chunk that does not end", chunked("2\r\n{}0\r\n\r\n")},
      {"a chunk's size that ends in a line feed", chunked("2\n{}\r\n0\r\n\r\n")},
      {"line feeds alone", "GET /v1/version HTTP/1.1\nHost: x\n\n"},
      {"one line feed alone", with_header("X: a\nContent-Length: 40")},
      {"a carriage return alone", with_header("X: a\rContent-Length: 40")},
      {"a zero in a name", with_header("X" + zero() + ": a")},
      {"a zero in a value", with_header("X: a" + zero() + "b")},
      {"a zero in the path", "GET /v1/version" + zero() + " HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a header without a name", with_header(": a")},
      {"a header without a colon", with_header("Content-Length")},
      {"a header that begins with a space", "GET /v1/version HTTP/1.1\r\n Content-Length: 40\r\n\r\n"},
      {"two spaces before the path", "GET  /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a tab before the path", "GET\t/v1/version HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"no version", "GET /v1/version\r\nHost: x\r\n\r\n"},
      {"another version", "GET /v1/version HTTP/2.0\r\nHost: x\r\n\r\n"},
      {"a version with a word", "GET /v1/version HTTP/1.1x\r\nHost: x\r\n\r\n"},
      {"no method", " /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"TLS", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11) + "\r\n\r\n"},
      {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"},
  };
}

std::vector<Shape> plain() {
  return {
      {"a length with zeros first", post("Content-Length: 0002\r\n", "{}")},
      {"chunks", chunked("1\r\n{\r\n1\r\n}\r\n0\r\n\r\n")},
      {"chunks in another case", post("transfer-ENCODING: Chunked\r\n", "2\r\n{}\r\n0\r\n\r\n")},
      {"a chunk's size with zeros first", chunked("00000002\r\n{}\r\n0\r\n\r\n")},
      {"a chunk with an extension", chunked("2;name=\"value\"\r\n{}\r\n0;last\r\n\r\n")},
      {"a trailer", chunked("2\r\n{}\r\n0\r\nContent-Length: 400\r\nX: y\r\n\r\n")},
      {"a folded header", "GET /v1/version HTTP/1.1\r\nX: a\r\n Content-Length: 40\r\n\r\n"},
      {"empty lines first", "\r\n\r\nGET /v1/version HTTP/1.1\r\nHost: x\r\n\r\n"},
  };
}

}  // namespace

TEST_CASE("what two readers could take for different requests is refused, and nothing after it is read") {
  ServerFixture fixture;
  fixture.start();
  for (const Shape& shape : ambiguous()) {
    DYNAMIC_SECTION(shape.name) {
      CHECK(statuses(fixture, shape.bytes + kHidden) == std::vector<int>{400});
      CHECK(fixture.backend.posted().empty());
    }
  }
}

TEST_CASE("unusual but clear requests end where they say, and the next one is the next one") {
  ServerFixture fixture;
  fixture.start();
  for (const Shape& shape : plain()) {
    DYNAMIC_SECTION(shape.name) {
      const auto found = statuses(fixture, shape.bytes + kHidden);
      // Refused is as good as understood; anything else is not.
      CHECK((found == std::vector<int>{200, 404} || found == std::vector<int>{400}));
    }
  }
}

TEST_CASE("what never ends is given up at its limit, however it is sent") {
  ServerFixture fixture;
  fixture.start();
  const std::string mebibyte(1U << 20U, 'x');
  const Shape endless[] = {{"method", ""},
                           {"path", "GET /"},
                           {"version", "GET / HTTP/1."},
                           {"header's name", "GET / HTTP/1.1\r\n"},
                           {"header's value", "GET / HTTP/1.1\r\nX: "},
                           {"chunk's size", chunked("")},
                           {"chunk's extension", chunked("2;")},
                           {"last chunk's extension", chunked("0;")},
                           {"trailer's name", chunked("0\r\n")},
                           {"trailer's value", chunked("0\r\nX: ")},
                           {"length", "POST /v1/pause HTTP/1.1\r\nContent-Length: 1"}};
  for (const Shape& shape : endless) {
    DYNAMIC_SECTION(shape.name) {
      SocketClient client = fixture.connect();
      client.send(shape.bytes);
      // 64 MiB at the most; a server that kept it all would not have closed before.
      int sent = 0;
      while (sent < 64 && client.send(mebibyte)) ++sent;
      CHECK(sent < 8);
      const int status = status_of(client.read_answer());
      CHECK((status == 400 || status == 413 || status == 431));
    }
  }
}

TEST_CASE("a body of 64 MiB in one line or in a million chunks is a 413") {
  ServerFixture fixture;
  fixture.start();
  const std::string piece(65536, ' ');
  std::string many;
  for (int i = 0; i < 70000; ++i) many += "1\r\n \r\n";
  const Shape shapes[] = {{"one length", post("Content-Length: 67108864\r\n", piece)},
                          {"the largest length", post("Content-Length: 18446744073709551615\r\n", piece)},
                          {"the largest chunk", chunked("ffffffffffffffff\r\n" + piece)},
                          {"one chunk", chunked("4000000\r\n" + piece)},
                          {"chunk after chunk", chunked(many)}};
  for (const Shape& shape : shapes) {
    DYNAMIC_SECTION(shape.name) { CHECK(statuses(fixture, shape.bytes) == std::vector<int>{413}); }
  }
}

TEST_CASE("a path is compared byte by byte: nothing is decoded, folded or walked before") {
  ServerFixture fixture;
  fixture.start();
  for (const std::string& path :
       {"/v1/../v1/version", "//v1/version", "/v1//version", "/v1/version/", "/v1/version%00", "/v1/%76ersion",
        "/V1/version", "/v1/version;a", "http://m1opt/v1/version", "*", "/v1/\xff\xfe", "/v1/explain/rule/\xc3\x28",
        "/v1/explain/rule/%c3%28", "/v1/explain/rule/%ff", "/v1/explain/rule/..%2f..%2fetc%2fpasswd"}) {
    DYNAMIC_SECTION(path) {
      SocketClient client = fixture.connect();
      client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      const std::string answer = client.read_answer();
      CHECK((status_of(answer) == 404 || status_of(answer) == 400));
      // Whatever was sent, the answer is JSON that any reader takes.
      boost::system::error_code error;
      boost::json::parse(body_of(answer), error);
      CHECK_FALSE(error);
    }
  }
}

TEST_CASE("a body that is no good JSON is a 400 that says where, never a command") {
  ServerFixture fixture;
  fixture.start();
  const std::string deep(10'000, '[');
  std::string objects;
  for (int i = 0; i < 10'000; ++i) objects += "{\"a\":";
  const Shape bodies[] = {{"deep arrays", deep},
                          {"deep objects", objects},
                          {"deep and closed", deep + std::string(10'000, ']')},
                          {"a key twice", R"({"for_s":1,"for_s":600})"},
                          {"a key twice, once escaped", R"({"for_s":1,"\u0066or_s":600})"},
                          {"bad UTF-8 in a key", "{\"for_s\xff\":1}"},
                          {"bad UTF-8 in a value", "{\"until_unpause\":\"\xc0\xaf\"}"},
                          {"a lone surrogate", R"({"name":"\ud800"})"},
                          {"a number above every double", R"({"for_s":1e400})"},
                          {"NaN", R"({"for_s":NaN})"},
                          {"infinity", R"({"for_s":Infinity})"},
                          {"a thousand digits", "{\"for_s\":" + std::string(1000, '9') + "}"},
                          {"a comment", "{/**/}"},
                          {"a byte order mark", "\xef\xbb\xbf{}"},
                          {"two documents", "{}{}"},
                          {"an array", "[]"},
                          {"a string", "\"for_s\""},
                          {"a zero byte", "{}" + zero()},
                          {"a zero byte in a key", "{\"for_s\\u0000\":1}"}};
  for (const Shape& shape : bodies) {
    for (const char* path : {"/v1/pause", "/v1/targets/suspend", "/v1/targets/resume", "/v1/leases", "/v1/unpause",
                             "/v1/config/reload"}) {
      DYNAMIC_SECTION(shape.name << " to " << path) {
        const std::string answer = fixture.ask("POST", path, shape.bytes);
        CHECK((status_of(answer) == 400 || status_of(answer) == 422));
        boost::system::error_code error;
        boost::json::parse(body_of(answer), error);
        CHECK_FALSE(error);
        CHECK(fixture.backend.posted().empty());
      }
    }
  }
}

TEST_CASE("numbers at the ends of their range are refused or mean what they say") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.start();
  for (const char* body :
       {R"({"pid":2147483648,"start":1})", R"({"pid":-1,"start":1})", R"({"pid":0,"start":1})",
        R"({"pid":1.5,"start":1})", R"({"pid":"1","start":1})",
        R"({"pid":1,"start":18446744073709551616})", R"({"pid":1,"start":-1})",
        R"({"name":"indexer","for_s":1e308})", R"({"name":"indexer","for_s":-0.0})",
        R"({"name":"indexer","for_s":600.0000001})", R"({"name":"indexer","for_s":9223372036854775807})",
        R"({"name":"indexer","for_s":-9223372036854775808})"}) {
    DYNAMIC_SECTION(body) {
      const int status = status_of(fixture.ask("POST", "/v1/targets/suspend", body));
      CHECK((status == 400 || status == 422));
      CHECK(fixture.backend.posted().empty());
    }
  }
}

TEST_CASE("a thousand requests in one write are all answered, in their order") {
  ServerFixture fixture;
  fixture.start();
  SocketClient client = fixture.connect();
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    all += "GET /v1/explain/rule/" + std::to_string(i) + " HTTP/1.1\r\nHost: x\r\n\r\n";
  }
  std::thread writer([&] { client.send(all); });
  int in_order = 0;
  for (int i = 0; i < 1000; ++i) in_order += has(client.read_answer(), "\\\"" + std::to_string(i) + "\\\"");
  writer.join();
  CHECK(in_order == 1000);
}

TEST_CASE("a peer that pipelines and never reads is let go, and what it asked for is not kept") {
  ServerFixture fixture;
  fixture.options.write_deadline = 100ms;
  fixture.backend.change([](Snapshot& snapshot) { snapshot.status.headline.assign(1U << 20U, 'x'); });
  fixture.start();
  SocketClient client = fixture.connect();
  std::string all;
  for (int i = 0; i < 1000; ++i) all += "GET /v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
  client.send(all);
  // Nothing is read; the server gives up at its first answer, and others are served meanwhile.
  CHECK(status_of(fixture.ask("GET", "/v1/version")) == 200);
  CHECK(eventually([&] { return !client.send("GET "); }));
}

TEST_CASE("an event stream that is never read ends at the deadline for writing, and holds nothing more") {
  ServerFixture fixture;
  fixture.options.write_deadline = 100ms;
  fixture.options.stream_heartbeat = 1ms;
  fixture.start();
  SocketClient client = fixture.connect();
  client.send("GET /v1/events/stream HTTP/1.1\r\nHost: x\r\n\r\n");
  client.read_until(": m1optd");
  const std::size_t before = ServerFixture::open_descriptors();
  for (int i = 0; i < 4000; ++i) fixture.backend.add_event("1." + std::to_string(i));
  CHECK(eventually([&] { return ServerFixture::open_descriptors() == before - 1; }));
  CHECK(status_of(fixture.ask("GET", "/v1/version")) == 200);
}

TEST_CASE("descriptors that a peer sends along do not get in") {
  ServerFixture fixture;
  fixture.options.stream_heartbeat = 20ms;
  fixture.start();
  const std::string request = ServerFixture::request("GET", "/v1/version");
  SocketClient client = fixture.connect();
  client.send(request);
  client.read_answer();
  SocketClient stream = fixture.connect();
  stream.send("GET /v1/events/stream HTTP/1.1\r\nHost: x\r\n\r\n");
  stream.read_until(": m1optd");
  const std::size_t before = ServerFixture::open_descriptors();
  for (int i = 0; i < 20; ++i) {
    client.send_with_descriptors(request, 8);
    CHECK(status_of(client.read_answer()) == 200);
    stream.send_with_descriptors("\n", 8);
  }
  stream.read_until(":\n\n");
  CHECK(eventually([&] { return ServerFixture::open_descriptors() == before; }));
}

TEST_CASE("nothing in a request names a path or a command") {
  const auto document = serve::make_openapi(serve::routes());
  // Every word that a request may hold, however deep; a new one is looked at by whoever adds it.
  const std::set<std::string> known{"for_s", "until_unpause", "name", "pid", "start", "all",
                                    "after", "limit", "kind", "dry_run", "id", "metric", "since",
                                    "until", "step_s"};
  std::set<std::string> words;
  const std::function<void(const boost::json::value&)> collect = [&](const boost::json::value& schema) {
    if (const auto* list = schema.if_array()) {
      for (const auto& one : *list) collect(one);
    }
    const auto* object = schema.if_object();
    if (object == nullptr) return;
    for (const auto& [key, value] : *object) {
      if (key == "properties") {
        for (const auto& property : value.as_object()) words.insert(std::string(property.key()));
      }
      CHECK(key != "$ref");
      CHECK(key != "patternProperties");
      if (key == "type" && value == "object") {
        REQUIRE(object->contains("additionalProperties"));
        CHECK(object->at("additionalProperties") == false);
      }
      collect(value);
    }
  };
  for (const auto& [path, methods] : document.at("paths").as_object()) {
    for (const auto& [method, operation] : methods.as_object()) {
      if (const auto* parameters = operation.as_object().if_contains("parameters")) {
        for (const auto& parameter : parameters->as_array()) {
          words.insert(std::string(parameter.at("name").as_string()));
        }
      }
      if (const auto* body = operation.as_object().if_contains("requestBody")) {
        collect(body->at("content").at("application/json").at("schema"));
      }
    }
  }
  for (const std::string& word : words) {
    INFO(word);
    CHECK(known.contains(word));
  }
}

TEST_CASE("a request that brings a path or a command along is refused by every route") {
  ServerFixture fixture;
  fixture.add_targets();
  fixture.start();
  for (const serve::Route& route : serve::routes()) {
    if (route.request == nullptr) continue;
    for (const char* key : {"path", "config", "file", "exec", "command", "argv", "program", "executable", "sysroot",
                            "state_dir", "socket", "env", "signal", "nice", "uid"}) {
      DYNAMIC_SECTION(route.path << " with " << key) {
        auto body = boost::json::parse(route.example).as_object();
        body[key] = "/etc/passwd";
        const std::string method = wire::enum_word(route.method);
        const std::string answer = fixture.ask(method, route.path, boost::json::serialize(body));
        CHECK(status_of(answer) == 400);
        CHECK(has(answer, "\"code\":\"unknown_key\""));
        CHECK(fixture.backend.posted().empty());
        // Nor in the query.
        const std::string query = fixture.ask(method, route.path + "?" + key + "=/etc/passwd", "{}");
        CHECK(has(query, "\"code\":\"unknown_query\""));
      }
    }
  }
}
