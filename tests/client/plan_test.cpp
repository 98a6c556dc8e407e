#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <atomic>
#include <boost/json.hpp>
#include <filesystem>
#include <fstream>
#include <thread>

#include "advise/gguf_bytes.h"
#include "client/documents.h"
#include "client/json_view.h"
#include "client/mac/system.h"
#include "client/run_client.h"
#include "support/catch.h"
#include "support/temp_dir.h"

using namespace m1opt;
using client::list_at;
using client::number_at;
using client::text_at;
using test::GgufBytes;
using test::has;
using test::Ran;
using test::run_client;

namespace {

boost::json::value json_of(const std::vector<std::string>& words, const std::vector<std::string>& environment = {}) {
  const Ran ran = run_client(words, environment);
  INFO(ran.err);
  REQUIRE(ran.status == 0);
  return boost::json::parse(ran.out);
}

std::string small_gguf() {
  GgufBytes bytes;
  bytes.text("general.architecture", "llama").u32("general.file_type", 1).u32("llama.block_count", 2);
  bytes.u32("llama.embedding_length", 64).u32("llama.context_length", 2048).u32("llama.attention.head_count", 4);
  bytes.u32("llama.attention.head_count_kv", 2).u32("llama.feed_forward_length", 128);
  bytes.tensor("token_embd.weight", {64, 320}, 1).tensor("output.weight", {64, 320}, 1).tensor("blk.0.ffn_up.weight", {64, 128}, 1);
  bytes.tensor("v.patch_embd.weight", {64, 32}, 0);
  return bytes.file();
}

void put(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path, std::ios::binary) << content;
}

const char* const kPlan =
    R"(llama3.1:8b
Model               llama, 8.03 B parameters, Q4_K_M, 4.89 bits a weight, not
                    here: by its shape
To be run with      context 65536 (trained with 131072), 1 slot, KV cache F16,
                    batch 2048

Weights                     ~ 4.58 GiB  8.03 B parameters at 4.894 bits
KV cache                      8.00 GiB  32 layers x 65536 cells x 8 KV heads x
                                        (128 + 128) x 2 bytes
Compute buffer              ~ 0.70 GiB  4 x 2048 x (4 x 4096 + 3 x 14336) + 2 x
                                        2048 x 65536 cells of masks
Output buffer                 0.00 GiB  4 x 1 slots x 128256 tokens of the
                                        vocabulary
Metal context               ~ 0.50 GiB  what Ollama reserves for it
Once loaded                  13.78 GiB
Prompt cache            up to 8.00 GiB  old prompts in RAM, 8 GiB unless
                                        LLAMA_ARG_CACHE_RAM says less (Ollama
                                        from 0.30 on)

Machine             Apple M1, 16.0 GiB of RAM, macOS
Metal's limit       10.67 to 11.84 GiB  seen on Macs with 16 GiB: it depends on
                                        the version of macOS
Fit margin                    1.00 GiB  taken off the limit: llama-server --fit
                                        leaves it free
Room for Metal       9.67 to 10.84 GiB
System and programs         ~ 2.40 GiB  a reserve and no reading: 15 % of RAM,
                                        at least 2 GiB
Room in RAM                ~ 13.60 GiB
Not known           what the system and other programs take there is not known

Verdict             fits with a KV cache of q8_0, if this macOS allows the upper
                    end of that range
To be set           num_ctx 65536, OLLAMA_KV_CACHE_TYPE=q8_0
Careful             the prompt cache may grow beyond the 3.57 GiB that are then
                    left: bound it with LLAMA_ARG_CACHE_RAM, in MiB
Largest context     32768 with F16, 60160 with Q8_0, 108288 with Q4_0
Speed               ~ 10 to 13 tokens/s with an empty context, 3.6 to 4.4 with a
                    full one; 15 at the very most, by the memory's bandwidth
                    from bandwidth: Apple's technical specifications; share that
                    generation reaches: llama.cpp discussion 4167 (7B Q4_0),
                    UNVERIFIED
)";

}  // namespace

TEST_CASE("a plan has every part with its formula, and the verdict that follows") {
  const Ran ran = run_client({"plan", "llama3.1:8b", "--ctx", "65536", "--ram", "16G", "--chip", "m1"}, {"COLUMNS=80"});
  CHECK(ran.status == 0);
  CHECK(ran.out == kPlan);
  CHECK(ran.err.empty());
}

TEST_CASE("the parts of a plan's document sum up to what it says is loaded") {
  const auto plan = json_of({"plan", "gemma3:12b", "--parallel", "2", "--kv", "q8_0", "--ram", "32", "--json"});
  CHECK(text_at(plan, "schema") == "m1opt.plan/1");
  double loaded = 0;
  double later = 0;
  for (const auto& term : list_at(plan, "memory.terms")) {
    (text_at(term, "certainty") == "limit" ? later : loaded) += number_at(term, "bytes").value();
    CHECK_FALSE(text_at(term, "formula").empty());
  }
  CHECK(number_at(plan, "memory.loaded_bytes") == loaded);
  CHECK(number_at(plan, "memory.later_bytes") == later);
  CHECK(text_at(plan, "verdict.fit") == "fits");
  CHECK(client::find(plan, "speed") == nullptr);
}

TEST_CASE("a model that nobody knows is an error with the nearest name") {
  const Ran ran = run_client({"plan", "lama3.1:8b", "--ram", "16G"});
  CHECK(ran.status == 1);
  CHECK(has(ran.err, "\"lama3.1:8b\" is no file, not in Ollama's store, no running Ollama has it and its shape is not known"));
  CHECK(has(ran.err, "Did you mean: llama3.1:8b"));
}

TEST_CASE("a file that is no model says what it is instead") {
  const test::TempDir directory;
  put(directory / "x.gguf", "GGML and more");
  const Ran ran = run_client({"plan", directory / "x.gguf"});
  CHECK(ran.status == 1);
  CHECK(has(ran.err, "x.gguf: this is no GGUF file: it does not begin with \"GGUF\""));
  CHECK(has(run_client({"plan", directory / "missing.gguf"}).err, "missing.gguf: "));
}

TEST_CASE("a file's own numbers count, its vision tensors as a projector") {
  const test::TempDir directory;
  put(directory / "small.gguf", small_gguf());
  const auto plan = json_of({"plan", directory / "small.gguf", "--ctx", "300", "--json"});
  CHECK(text_at(plan, "model.source") == "file");
  CHECK(text_at(plan, "model.quantisation") == "F16");
  CHECK(number_at(plan, "model.bytes") == 2 * 64 * (320 + 320 + 128));
  CHECK(number_at(plan, "model.bytes_per_token") == 2 * 64 * (320 + 128 + 1));
  const auto& terms = list_at(plan, "memory.terms");
  CHECK(number_at(terms.at(1), "bytes") == 2 * 512 * 2 * 32 * 2);
  CHECK(text_at(terms.at(4), "id") == "projector");
  CHECK(number_at(terms.at(4), "bytes") == 64 * 32 * 4);
}

TEST_CASE("of the embeddings that some models have for each layer only a token's row is read") {
  const test::TempDir directory;
  const auto bytes_for_token = [&](bool embeddings) {
    GgufBytes bytes;
    bytes.text("general.architecture", "gemma3n").u32("gemma3n.block_count", 2).u32("gemma3n.embedding_length", 64);
    bytes.u32("gemma3n.attention.head_count", 4).tensor("token_embd.weight", {64, 320}, 1).tensor("blk.0.ffn_up.weight", {64, 128}, 1);
    if (embeddings) bytes.tensor("per_layer_token_embd.weight", {512, 320}, 1);
    put(directory / "e.gguf", bytes.file());
    return number_at(json_of({"plan", directory / "e.gguf", "--json"}), "model.bytes_per_token").value();
  };
  CHECK(bytes_for_token(true) == bytes_for_token(false) + 2 * 512);
}

TEST_CASE("models are listed from Ollama's store and from a directory, and what cannot be used with its reason") {
  const test::TempDir directory;
  const std::string digest(64, 'a');
  const std::string manifest = R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" + digest + R"(","size":)" +
                               std::to_string(small_gguf().size()) + "}]}";
  put(directory / ("blobs/sha256-" + digest), small_gguf());
  put(directory / "manifests/hf.co/someone/Small-GGUF/F16", manifest);
  put(directory / "manifests/registry.ollama.ai/library/broken/latest", "{}");
  const auto store = json_of({"models", "--json"}, {"OLLAMA_MODELS=" + directory.path()});
  REQUIRE(list_at(store, "models").size() == 1);
  CHECK(text_at(list_at(store, "models").at(0), "name") == "hf.co/someone/Small-GGUF:F16");
  CHECK(number_at(list_at(store, "models").at(0), "largest_context_f16") == 2048);
  CHECK(text_at(list_at(store, "problems").at(0), "why") == "the manifest has no list of layers");
  CHECK(text_at(json_of({"plan", "hf.co/someone/small-gguf:f16", "--json"}, {"OLLAMA_MODELS=" + directory.path()}), "model.source") == "store");

  const test::TempDir files;
  put(files / "a.gguf", small_gguf());
  put(files / "b-00002-of-00002.gguf", "a further part");
  put(files / "c.gguf", "nothing");
  const Ran listed = run_client({"models", files.path()}, {"COLUMNS=100"});
  CHECK(has(listed.out, "MODEL      SIZE  QUANT   BITS  CTX F16  CTX Q8_0  TOK/S"));
  CHECK(has(listed.out, "a.gguf  0.00 GB    F16  16.00     2048      2048      ?"));
  CHECK(has(listed.out, "c.gguf"));
  CHECK_FALSE(has(listed.out, "a further part"));
  CHECK(has(run_client({"models"}).out, "Ollama keeps no models here"));
  CHECK(run_client({"models", "/nonexistent"}).status == 1);
}

TEST_CASE("mixes are shown with the bits that they really take") {
  const Ran ran = run_client({"models", "--quants"}, {"COLUMNS=100"});
  CHECK(has(ran.out, "Q4_K_M           4.89              4      4.91 GB     4.37 GB"));
  const auto document = json_of({"models", "--quants", "--json"});
  CHECK(list_at(document, "mixes").size() == 12);
  CHECK(list_at(document, "types").size() == 35);
}

TEST_CASE("what is recommended fits for sure, and the largest comes first") {
  for (const std::string ram : {"8G", "16G", "24G", "64G"}) {
    const auto document = json_of({"recommend", "--ram", ram, "--json"});
    double before = 1e15;
    std::size_t checked = 0;
    for (const auto& row : list_at(document, "models")) {
      CHECK(number_at(row, "parameters").value() <= before);
      before = number_at(row, "parameters").value();
      if (checked++ >= 4) continue;
      const std::string context = std::to_string(static_cast<int>(number_at(row, "largest_context_q8_0").value()));
      const std::string mix = text_at(row, "quantisation") == "MXFP4" ? "Q8_0" : text_at(row, "quantisation");
      const auto plan = json_of({"plan", text_at(row, "name"), "--quant", mix, "--ctx", context, "--kv", "q8_0", "--ram", ram, "--json"});
      INFO(ram << " " << text_at(row, "name") << " " << context);
      CHECK(text_at(plan, "verdict.fit") == "fits");
      CHECK(client::flag_at(plan, "verdict.certain"));
    }
    CHECK(checked > 3);
  }
}

TEST_CASE("what is recommended for Linux leaves the system its reserve") {
  for (const std::string ram : {"8G", "16G", "32G"}) {
    const auto document = json_of({"recommend", "--ram", ram, "--os", "linux", "--json"});
    const double room = number_at(document, "ram_bytes").value() - number_at(document, "reserve_bytes").value();
    CHECK(number_at(document, "reserve_bytes").value() >= 2.0 * 1024 * 1024 * 1024);
    CHECK(list_at(document, "models").size() > 3);
    for (const auto& row : list_at(document, "models")) {
      CHECK(number_at(row, "bytes").value() < room);
      const std::string context = std::to_string(static_cast<int>(number_at(row, "largest_context_q8_0").value()));
      const std::string mix = text_at(row, "quantisation") == "MXFP4" ? "Q8_0" : text_at(row, "quantisation");
      const auto plan = json_of({"plan", text_at(row, "name"), "--quant", mix, "--ctx", context, "--kv", "q8_0", "--ram", ram, "--os", "linux", "--json"});
      INFO(ram << " " << text_at(row, "name") << " " << context);
      CHECK(number_at(plan, "memory.loaded_bytes").value() <= room);
      CHECK(text_at(plan, "verdict.fit") == "fits");
      CHECK_FALSE(client::flag_at(plan, "verdict.certain"));
    }
  }
  CHECK(has(run_client({"recommend", "--ram", "16G", "--os", "linux"}, {"COLUMNS=200"}).out,
            "16.0 GiB of RAM, of which ~ 2.40 GiB are left to the system and programs: a reserve and no reading"));
}

TEST_CASE("models that are commonly named are put right") {
  const Ran eight = run_client({"recommend", "--ram", "8G"}, {"COLUMNS=200"});
  CHECK(has(eight.out, "  mistral:7b Q4_K_M     4.37 GB (said to be 4.1 GB): does not fit"));
  const Ran large = run_client({"recommend", "--ram", "32G"}, {"COLUMNS=200"});
  CHECK(has(large.out, "  mixtral:8x7b Q4_K_M   28.45 GB (said to be 26.0 GB): does not fit"));
  CHECK(has(run_client({"recommend", "--ram", "16G", "--use", "vision"}).out, "gemma3:12b"));
}

TEST_CASE("a model that is too big is laid over several machines, with what to type on each") {
  const Ran ran = run_client({"plan", "llama3.3:70b", "--ctx", "8192", "--kv", "q8_0", "--across", "studio64:m1-max,mini16,mini16:m4@10.0.0.3"}, {"COLUMNS=100"});
  CHECK(ran.status == 0);
  CHECK(has(ran.out, "Verdict   fits for sure, by these layers"));
  CHECK(has(ran.out, "  on mini16-1: rpc-server -H mini16-1 -p 50052\n"));
  CHECK(has(ran.out, "  on mini16-2: rpc-server -H 10.0.0.3 -p 50052\n"));
  CHECK(has(ran.out, "  on studio64: llama-server -m MODEL.gguf --rpc mini16-1:50052,10.0.0.3:50052 --tensor-split "));
  CHECK(has(ran.out, " -ngl 999 -c 8192 -np 1 -ctk q8_0 -ctv q8_0 -ub 1024 -fit off\n"));
  const auto document = json_of({"plan", "llama3.3:70b", "--across", "mini16,mini16", "--json"});
  CHECK_FALSE(client::flag_at(document, "fits"));
  CHECK(list_at(document, "steps").size() == 2);
}

namespace {

/// A home with one small model in Ollama's store, and benches.
struct Home {
  test::TempDir directory;
  std::vector<std::string> environment{"OLLAMA_MODELS=" + (directory / "models"), "HOME=" + directory.path(), "XDG_DATA_HOME=" + (directory / "data")};

  Home() {
    const std::string digest(64, 'a');
    put(directory / ("models/blobs/sha256-" + digest), small_gguf());
    put(directory / "models/manifests/registry.ollama.ai/library/small/latest",
        R"({"layers":[{"mediaType":"application/vnd.ollama.image.model","digest":"sha256:)" + digest + R"(","size":)" +
            std::to_string(small_gguf().size()) + "}]}");
  }
  void keep(const std::string& file, const std::string& model, int tokens_per_s, bool hot) const {
    const std::string chip = text_at(json_of({"plan", "llama3.2:3b", "--json"}, environment), "machine.chip");
    const std::string place = client::mac::is_mac() ? directory / "Library/Application Support/m1opt" : directory / "data/m1opt";
    put(place + "/benches/" + file + ".json",
        fmt::format(R"({{"schema":"m1opt.bench/1","machine":{{"chip":"{}"}},"model":{{"name":"{}"}},"runs":[{{"hot":false}},{{"hot":{}}}],)"
                    R"("generation":{{"active_tokens_per_s":{{"value":{}}}}}}})", chip, model, hot, tokens_per_s));
  }
};

/// A server that says nothing, and counts who comes.
class SilentServer {
 public:
  SilentServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    address_.sin_family = AF_INET;
    address_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address_;
    REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address_), size) == 0);
    REQUIRE(::listen(socket_.get(), 64) == 0);
    REQUIRE(::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address_), &size) == 0);
    thread_ = std::thread([this] {
      while (!done_) {
        const base::Fd caller(::accept(socket_.get(), nullptr, nullptr));
        ++calls_;
      }
    });
  }
  ~SilentServer() {
    done_ = true;
    const base::Fd last(::socket(AF_INET, SOCK_STREAM, 0));
    (void)::connect(last.get(), reinterpret_cast<const sockaddr*>(&address_), sizeof address_);
    thread_.join();
  }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  [[nodiscard]] std::string place() const { return fmt::format("OLLAMA_HOST=127.0.0.1:{}", ntohs(address_.sin_port)); }
  int take_calls() { return calls_.exchange(0); }

 private:
  base::Fd socket_;
  sockaddr_in address_{};
  std::atomic<bool> done_{false};
  std::atomic<int> calls_{0};
  std::thread thread_;
};

}  // namespace

TEST_CASE("a bench that was kept of this machine goes before what is known of its chip, for models that read about as much") {
  const Home home;
  home.keep("hot", "small", 50, true);
  CHECK(client::find(json_of({"plan", "small", "--json"}, home.environment), "speed.source") == nullptr);
  home.keep("one", "small", 100, false);
  const auto after = json_of({"plan", "small", "--json"}, home.environment);
  CHECK(text_at(after, "speed.source") == "1 bench kept of this machine with a model that reads about as much for a token, give or take a tenth");
  CHECK(number_at(after, "speed.empty_context.low_tokens_per_s").value() == Approx(90));
  CHECK(number_at(after, "speed.empty_context.high_tokens_per_s").value() == Approx(110));
  CHECK(client::find(after, "speed.empty_context.bound_tokens_per_s") == nullptr);
  CHECK(client::find(json_of({"plan", "llama3.2:3b", "--json"}, home.environment), "speed.source") == nullptr);
  CHECK(client::find(json_of({"plan", "small", "--ram", "16G", "--json"}, home.environment), "speed") == nullptr);
}

TEST_CASE("benches of models that are gone cost no request") {
  const Home home;
  put(home.directory / "file.gguf", small_gguf());
  SilentServer server;
  auto environment = home.environment;
  environment.push_back(server.place());
  const auto calls = [&] {
    json_of({"plan", home.directory / "file.gguf", "--json"}, environment);
    return server.take_calls();
  };
  const int without = calls();
  CHECK(without > 0);
  for (const char* file : {"a", "b", "c", "d", "e"}) home.keep(file, "deleted:7b", 10, false);
  CHECK(calls() == without);
}

TEST_CASE("--ram means the same to every verb") {
  const test::TempDir directory;
  const std::vector<std::vector<std::string>> verbs{{"plan", "llama3.1:8b", "--json"}, {"recommend", "--json"}, {"models", directory.path(), "--json"}, {"ollama", "env", "--json"}};
  struct Word {
    const char* word;
    double gib;  ///< 0: refused
  };
  for (const Word& row : {Word{"64", 64}, Word{"64G", 64}, Word{"65536M", 64}, Word{"16.5", 16.5}, Word{"16.5GiB", 16.5}, Word{"0", 0}, Word{"64B", 0}, Word{"100M", 0}, Word{"16x", 0}}) {
    for (auto words : verbs) {
      const std::string verb = words.front();
      words.insert(words.end(), {"--ram", row.word});
      const Ran ran = run_client(words);
      INFO(verb << " --ram " << row.word << ": " << ran.err);
      if (row.gib == 0) {
        CHECK(ran.status == 2);
        CHECK(has(ran.err, fmt::format("\"{}\" is no amount of RAM", row.word)));
        CHECK(has(ran.err, "16 or 16G"));
        continue;
      }
      REQUIRE(ran.status == 0);
      if (verb == "models") continue;
      const auto document = boost::json::parse(ran.out);
      CHECK(number_at(document, verb == "plan" ? "machine.ram_bytes" : "ram_bytes") == row.gib * 1024 * 1024 * 1024);
    }
  }
}

TEST_CASE("a link between machines is a number and nothing else") {
  CHECK(run_client({"plan", "llama3.3:70b", "--across", "mini16,mini16", "--link", "2.5"}).status == 0);
  for (const std::string link : {"10foo", "0", "-1", "1e1"}) {
    const Ran ran = run_client({"plan", "llama3.3:70b", "--across", "mini16,mini16", "--link=" + link});
    INFO(link);
    CHECK(ran.status == 2);
    CHECK(has(ran.err, "--link \"" + link + "\" is no number of gigabits a second"));
  }
  CHECK(run_client({"plan", "llama3.3:70b", "--across", "mini0,mini16"}).status == 2);
}
