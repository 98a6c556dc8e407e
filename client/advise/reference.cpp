// Sources: the kernel of macOS 15 (xnu-11417), taskpolicy(8), launchctl(1), tmutil(8), mdutil(1)
// and caffeinate(8) of macOS, Ollama 0.32 and llama.cpp, and public reports of users where no
// source tells.
#include "client/advise/reference.h"

#include <array>

namespace m1opt::client::advise {
namespace {

constexpr std::array kClaims{
    // Memory
    Claim{
        "pressure-percent", "Memory",
        "Memory pressure is normal below 60 % of RAM, critical above 80 %", Verdict::wrong,
        "The kernel compares the pages it can still free with those it has compressed; a Mac that "
        "is 80 % full is healthy. kern.memorystatus_vm_pressure_level is 1, 2 or 4.",
        "The kernel's own level decides. 60 % is only reported, and 80 % alone suspends nothing."},
    Claim{"vm-memory-pressure", "Memory", "vm.memory_pressure is the pressure from 0 to 100",
          Verdict::wrong, "It counts pages that were reclaimed; it has no upper end.",
          "Does not read it."},
    Claim{
        "pressure-event", "Memory", "A memory-pressure notification tells in time", Verdict::wrong,
        "macOS passes over every process of less than 10 MB, and rests 25 s after a notification.",
        "Reads the level itself each second while a model works; an event only wakes it sooner."},
    Claim{"compressor-mode", "Memory", "vm.compressor_mode chooses between compression and swap",
          Verdict::wrong,
          "It can only be read; boot arguments set it. 4, with both, is the default.",
          "Leaves it alone."},
    Claim{"swap-percent", "Memory", "Avoid more than 20 % of swap in use", Verdict::partly,
          "The size of swap grows as it is used, so a share of it says nothing, and old swap that "
          "nobody reads is harmless. The rate of writing to it is what costs.",
          "20 MB/s of swap-out for 10 s suspends; used swap counts only while it still grows."},
    Claim{"purge", "Memory", "purge frees memory for the model", Verdict::wrong,
          "It drops cached files only. A model that is mapped from its file is a cached file.",
          "Never runs it."},
    Claim{
        "metal-75", "Memory", "Metal may use 75 % of RAM", Verdict::wrong,
        "It is no constant: 67 % was seen with 8 GB, 67 to 74 % with 16 GB, 81 % with 64 GB, 84 % "
        "with 128 GB. Only Metal's recommendedMaxWorkingSetSize tells.",
        "plan asks Metal itself; for another Mac it shows the range that was seen, never one share."},
    Claim{"wired-limit", "Memory", "Raise iogpu.wired_limit_mb to nearly all of RAM",
          Verdict::partly,
          "Metal follows it, after Ollama was restarted and until the next reboot. What is wired "
          "cannot be swapped: users report panics when the rest runs out.",
          "tune apply gpu-wired-limit, by name only, keeps 8 GiB or a quarter of RAM free, and only raises: "
          "where Metal gives as much by itself, or does not tell, nothing is set."},

    // System settings
    Claim{"transparency", "System settings",
          "defaults write com.apple.universalaccess reduceTransparency saves 200 to 500 MB",
          Verdict::wrong,
          "The write is refused without Full Disk Access, for root too, and nobody has shown the "
          "saving. System Settings, Accessibility, Display can switch it.",
          "tune apply reduce-transparency, by the profile aggressive too; says what is missing."},
    Claim{"animations", "System settings",
          "Without animations and with a hidden Dock 150 to 400 MB are saved", Verdict::unproven,
          "The settings exist and work; no measurement of the memory was found.",
          "tune sets them, reads them back, and undoes them exactly, absent keys included."},
    Claim{"mdutil-volume", "System settings", "sudo mdutil -i off / gives the machine to the LLM",
          Verdict::partly,
          "It stops indexing of a volume (yours is /System/Volumes/Data) and with it search; "
          "switched on again, the whole volume is read again.",
          "Puts mds and mds_stores into the background while a model works, and takes it back; tune "
          "apply spotlight-volume switches it off until it is undone."},
    Claim{"mdutil-directory", "System settings", "sudo mdutil -i off ~/.ollama excludes the models",
          Verdict::wrong, "mdutil takes mount points only: \"Error: invalid operation\".",
          "Does not call it. A directory whose name ends in .noindex is skipped: set OLLAMA_MODELS "
          "to one."},
    Claim{"metadata-never-index", "System settings",
          "A file .metadata_never_index keeps Spotlight out of a directory", Verdict::wrong,
          "It counts only in the top directory of a volume.", "Makes no such file."},
    Claim{"launchctl-disable", "System settings",
          "launchctl disable user/$UID/com.apple.photoanalysisd switches photo analysis off",
          Verdict::wrong,
          "The agent is in gui/$UID, disabling keeps a job from being loaded and does not end the "
          "one that runs, and Photos was seen to start it all the same.",
          "Holds the process instead, while a model works, and lets it go."},
    Claim{"killall-stop", "System settings", "killall -STOP photoanalysisd", Verdict::partly,
          "It was seen to work. But nothing continues it: what waits for it hangs, and a logout "
          "waits for a process that cannot hear it.",
          "Stops it for 10 minutes at most, only when background was not enough; a second process "
          "continues it if m1optd dies or hangs."},
    Claim{"stop-spotlight", "System settings", "Stop mds, mdworker and backupd in the same way",
          Verdict::wrong,
          "Every search and open panel waits for mds, mds replaces workers that do not answer, and "
          "a stopped backup keeps its snapshot and locks.",
          "mds, mds_stores and backupd: background only. mdworker: 60 s, and background only once "
          "two of them vanished."},
    Claim{"tmutil-disable", "System settings", "sudo tmutil disable during inference",
          Verdict::partly,
          "It needs Full Disk Access besides root, and is soon forgotten. sudo tmutil stopbackup "
          "ends a backup that runs, and the next one comes by itself.",
          "Puts backupd into the background; tune apply backup-automatic switches backups off until it "
          "is undone, and no profile contains it."},
    Claim{"app-nap", "System settings",
          "defaults write com.ollama.ollama NSAppSleepDisabled keeps App Nap away", Verdict::wrong,
          "The app is com.electron.ollama, and the key concerns its menu bar process; the work is "
          "done by llama-server, a child. That App Nap slows that one nobody has shown.",
          "tune apply app-nap-ollama writes the right one."},

    // Scheduling
    Claim{"taskpolicy-background", "Scheduling",
          "taskpolicy -B -p PID promotes a process to performance cores", Verdict::wrong,
          "It clears one bit, the one that taskpolicy -b sets. Where nobody had set it nothing "
          "happens.",
          "Clears that bit where it is set, and reads it back."},
    Claim{"taskpolicy-tier", "Scheduling",
          "taskpolicy -t 5 -p PID is the highest throughput and keeps off efficiency cores",
          Verdict::wrong,
          "It is the lowest of 0 to 5, and no tier moves a priority or a core. A tier that was set "
          "this way cannot be taken back while the process lives.",
          "Uses none by default. priority.throughput_tier and latency_tier have taskpolicy set one; "
          "status shows what was asked for, as nothing can read it."},
    Claim{"core-affinity", "Scheduling", "LLM inference needs affinity to performance cores",
          Verdict::wrong,
          "macOS has no call that pins a process to a kind of core. What can be done is to see to "
          "it that it is not in the background.",
          "Sees to that, and takes the cores away from others."},
    Claim{"qos", "Scheduling", "Inference needs the class User Initiated or higher",
          Verdict::partly,
          "A program gives a class to its own threads; nobody can from outside, and no daemon gets "
          "User Interactive.",
          "Claims no class."},
    Claim{"renice", "Scheduling", "sudo renice -n -10 -p PID makes the LLM faster", Verdict::partly,
          "Only threads without a class feel it, only on the CPU, and not at all while the process "
          "is in the background.",
          "Sets nice -10 while a request runs, reads it back, and puts the old value back."},
    Claim{"taskpolicy-over-nice", "Scheduling", "Prefer taskpolicy to nice on Apple Silicon",
          Verdict::wrong, "Nice can be read and taken back, a tier neither.",
          "Uses nice and the background bit; tiers only if the config asks for them."},
    Claim{"getpriority", "Scheduling",
          "getpriority(PRIO_DARWIN_PROCESS, pid) tells whether a process is in the background",
          Verdict::wrong, "It answers for the caller. The flags of proc_pidinfo tell.",
          "Believes only what the kernel shows of that very process."},
    Claim{"pgrep", "Scheduling", "OLLAMA_PID=$(pgrep ollama) finds the process to optimise",
          Verdict::wrong,
          "It finds the server and every client, and misses llama-server, its child, which has the "
          "model and does the work, and which is another one after each load.",
          "Follows executables and their descendants, every second."},

    // Sleep
    Claim{"caffeinate", "Sleep", "caffeinate -s ollama serve prevents all sleep", Verdict::wrong,
          "-s counts on mains power only, and nothing keeps a Mac awake whose lid is closed. -i is "
          "what a night's run needs; with -w PID it ends with that process.",
          "Prevents idle sleep (as -i does) while a workload is busy and 2 minutes after; on battery "
          "only if you choose so. The lid is left to you."},

    // Heat
    Claim{
        "xcpm", "Heat", "sysctl machdep.xcpm.cpu_thermal_level is the heat from 0 to 100",
        Verdict::wrong,
        "Apple Silicon has no such value. The system's thermal pressure goes from 0 nominal to 4; "
        "real slowing was seen from 2, heavy, on.",
        "Acts on that level."},
    Claim{"celsius", "Heat", "Throttling begins at 80, 90 and 100 degrees", Verdict::unproven,
          "Which sensor means what differs from chip to chip; two ways to read the same one were "
          "seen 20 degrees apart.",
          "Temperatures count only where they are known and plausible; the level goes first."},
    Claim{"fan-curve", "Heat", "A faster fan curve reduces throttling by 80 to 90 %",
          Verdict::unproven,
          "No measurement was found. Setting a fan takes the system's own control away: if the "
          "program dies the speed stays as it is.",
          "fans shows that curve beside the speeds and who holds them; m1opt never sets one."},
    Claim{"thermal-breaks", "Heat",
          "A fanless Mac needs 5 minutes' rest in 15; a cooling pad gives 30 %", Verdict::unproven,
          "No measurement was found.", "Off: the rule thermal_break does it between two requests."},

    // Ollama
    Claim{"setenv", "Ollama", "launchctl setenv configures Ollama", Verdict::partly,
          "For programs that the same session starts afterwards, until the next reboot: Ollama has "
          "to be started again. In root's session it is refused with 150.",
          "ollama env --apply sets them in the user's own session now and, by a job of his, at "
          "each login; ollama env --remove takes both back.",
          "Ollama docs/faq.mdx:81; ollama#3639, #11264"},
    Claim{"num-parallel", "Ollama", "OLLAMA_NUM_PARALLEL: 1 with 8 GB, 2 to 4 with 32 GB",
          Verdict::holds, "1 is the default; each more takes the memory of another whole context.",
          "ollama env recommends it for this RAM, and sets it with --apply.",
          "Ollama llm/llama_server.go:375, docs/faq.mdx:335"},
    Claim{"max-loaded", "Ollama", "OLLAMA_MAX_LOADED_MODELS must be 1 with 8 GB", Verdict::partly,
          "The default is 3, and only what fits is loaded together. 1 keeps two models from "
          "evicting each other by turns.",
          "ollama env recommends it for this RAM, and sets it with --apply.",
          "Ollama server/sched.go:86"},
    Claim{"keep-alive", "Ollama", "OLLAMA_KEEP_ALIVE=-1 for long sessions", Verdict::partly,
          "The variable takes it, and the memory is gone for good; in a request the text \"-1\" is "
          "an error, the number -1 is not. A bare number means seconds.",
          "ollama env recommends a time for this RAM, -1 from 64 GB on. An idle model makes m1opt "
          "hold nothing, unless the kernel asks for memory.",
          "Ollama envconfig/config.go:129, api/types.go:1243"},
    Claim{"max-queue", "Ollama", "OLLAMA_MAX_QUEUE=1 with 8 GB prevents exhaustion of memory",
          Verdict::wrong,
          "Requests for a loaded model never enter that queue. It holds those that wait for a "
          "model to load, and with 1 the third of them fails with 503. It saves no memory.",
          "ollama env leaves it at 512, and says why.",
          "Ollama server/sched.go:201, server/routes.go:3113"},
    Claim{"cache-ram", "Ollama", "The OLLAMA_ variables bound what Ollama takes", Verdict::wrong,
          "Since 0.30 each llama-server keeps up to 8 GiB of old prompts besides: on a small Mac "
          "LLAMA_ARG_CACHE_RAM matters most (MiB; 0 to 512 with 8 or 16 GB).",
          "ollama env puts it first, and sets it with --apply.",
          "llama.cpp tools/server/README.md, --cache-ram; ollama#18264"},
    Claim{"num-ctx", "Ollama", "num_ctx 1024 to 2048 with 8 GB, 4096 to 8192 with 32 GB",
          Verdict::partly,
          "Without it Ollama takes 4096 below 23 GiB for Metal, 32768 below 47 GiB and 262144 "
          "above: there it is worth setting. One value everywhere: another one reloads the model.",
          "ollama env recommends one value for all, ollama modelfile writes it; status shows that "
          "of each loaded model.",
          "Ollama server/routes.go:2048"},
    Claim{"num-thread", "Ollama", "num_thread 4 on M1, 6 to 8 on M1 Pro", Verdict::partly,
          "The default is the number of performance cores already, and with all layers on the GPU "
          "it hardly matters.",
          "ollama modelfile writes the number of performance cores.",
          "llama.cpp common/common.cpp:121"},
    Claim{"num-gpu", "Ollama", "num_gpu 1 switches the GPU on", Verdict::wrong,
          "It was a switch in 2023. Today it is the number of layers on the GPU: 1 leaves all but "
          "one to the CPU and loads the whole file into memory. The default is right.",
          "ollama modelfile leaves it out, and takes it back where the model sets it.",
          "Ollama cmd/interactive.go:113, server/sched.go:1168; commit f22163705"},

    // Models
    Claim{"kv-per-token", "Models", "The KV cache takes 2 bytes for each token", Verdict::wrong,
          "2 bytes are one number of it. f16 takes 56 KiB a token for qwen2.5:7b, 128 for "
          "llama3.1:8b, 512 for codellama:7b.",
          "plan shows it for your model, layer by layer.",
          "llama.cpp src/llama-kv-cache.cpp; shapes: litgpt/config.py"},
    Claim{"kv-formula", "Models", "KV cache = context x 2 bytes x layers x hidden size",
          Verdict::wrong,
          "Keys and values both count, and only for the KV heads: context x layers x KV heads x "
          "(key length + value length) x bytes of the cache type. Windowed layers hold less.",
          "plan reckons it like this: to the byte that llama-server logs.",
          "llama.cpp src/llama-kv-cache.cpp, src/llama-hparams.cpp; its own log"},
    Claim{"max-context", "Models", "1024 tokens take 0.5 MB (or 250 MB)", Verdict::wrong,
          "Neither fits a common model: f16 takes 56 MiB for qwen2.5:7b, 128 for llama3.1:8b, 512 "
          "for codellama:7b.",
          "plan finds the largest context that fits.",
          "llama.cpp src/llama-kv-cache.cpp; shapes: litgpt/config.py"},
    Claim{
        "quantisation", "Models", "Q4_K_M takes 0.5 bytes a parameter, Q5_K_M 0.625, Q8_0 1",
        Verdict::partly,
        "0.61, 0.71 and 1.06: the scales of the blocks count too, and some tensors are kept finer.",
        "models shows the real bits a weight of each model, models --quants of each mix.",
          "ggml src/ggml-common.h, llama.cpp src/llama-quant.cpp and tools/quantize/README.md"},
    Claim{"mixtral", "Models", "mixtral:8x7b in Q4_K_M fits 32 GB", Verdict::wrong,
          "It has 46.7 billion parameters, 26 to 28 GB; Metal was seen to give 21.3 GiB of 32.",
          "recommend --ram 32G says that it does not fit.",
          "litgpt/config.py:2009; ollama#434 for Metal"},
    Claim{"mistral-8gb", "Models", "mistral:7b in Q4_K_M is the largest for 8 GB", Verdict::partly,
          "4.4 GB, half a GiB of KV cache at 4096 tokens and the buffers are all of the 5.3 GiB "
          "that Metal gives. 3 to 4 billion parameters leave room for the system.",
          "recommend --ram 8G names what fits, with how much context.",
          "litgpt/config.py:2095; ollama#1150 for Metal"},
    Claim{"sizes", "Models", "A 7B model takes 4.1 GB in Q4_K_M, 5.0 in Q5_K_M, 7.7 in Q8_0",
          Verdict::partly,
          "These are of two models: mistral:7b has 7.25 billion and takes 4.37, 5.14 and 7.70 GB, Llama 2 7B "
          "6.74 and takes 4.08, 4.78 and 7.16.",
          "plan takes the file's own tensors; of a model that is not here its shape.",
          "llama.cpp src/llama-quant.cpp; shapes: litgpt/config.py:2095, :1396"},
    Claim{"model-lists", "Models", "8 GB: 3B models; 16 GB: 8B in Q5_K_M; 32 GB: 8B in Q8_0", Verdict::partly,
          "Those fit, but with 16 GB 12 to 14B in Q4_K_M do too, and with 32 GB 24 to 30B: a larger model "
          "in Q4_K_M is mostly better than a smaller one in Q8_0.",
          "recommend reckons each with a context to work with.",
          "shapes: litgpt/config.py; Metal: ollama#2370, llama.cpp#1870"},
    Claim{"speeds", "Models", "mistral:7b in Q4_K_M makes 18 to 22 tokens a second on an M1", Verdict::wrong,
          "Each token reads the weights once: 68.25 GB/s over 4.3 GB is 15.9 at the very most. llama3.1:8b in "
          "Q5_K_M at 25 to 30 would need more than twice an M1's bandwidth.",
          "plan gives a range that no speed of it exceeds; bench measures yours.",
          "Apple's technical specifications; the size from the file"},

    // Python, and figures
    Claim{"uv", "Python and figures",
          "uv installs 8 to 10 times faster than pip and saves disk space", Verdict::unproven,
          "Environments do share files by hard links, on one volume. No measurement was found for "
          "the figures.",
          "python setup makes environments with uv; python check tells whether files are shared."},
    Claim{"mps", "Python and figures", "PyTorch needs MPS; torch.backends.mps.is_available() tells",
          Verdict::holds,
          "It does. PyTorch may take 1.7 times what Metal recommends, and so swap "
          "(PYTORCH_MPS_HIGH_WATERMARK_RATIO). Ollama does not use PyTorch.",
          "python check multiplies two matrices on it."},
    Claim{
        "mlx", "Python and figures", "uv pip install mlx mlx-lm", Verdict::holds,
        "With a native Python of 3.10 or newer and macOS 14 or newer. While it generates it wires "
        "up to all that Metal recommends.",
        "python setup --mlx does it and computes with both; mlx_lm.server is a workload."},
    Claim{
        "gain", "Python and figures", "All this together gives 20 to 25 % and 90 % stability",
        Verdict::unproven,
        "No measurement was found. It depends on what else runs: beside busy programs a model can "
        "lose most of its speed, on a quiet machine there is nothing to win.",
        "Claims what it measured on your machine: make demo."},
};

}  // namespace

std::span<const Claim> reference() { return kClaims; }

const char* word_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds: return "true";
    case Verdict::partly: return "partly";
    case Verdict::wrong: return "false";
    case Verdict::unproven: return "unproven";
  }
  return "";
}

}  // namespace m1opt::client::advise
