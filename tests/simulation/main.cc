// simulation: runs seeds, and says which one to run again.

#include <signal.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstring>

#include "simulation/simulation.h"

namespace {

using namespace doorbuster::simulation;

struct Options {
  std::uint64_t from = 1, to = 500;
  std::uint64_t minutes = 0;
  bool endless = false, trace = false, twice = false;
  Profile profile = Profile::mixed;
};

// For a broken invariant of the engine's own, which ends the process.
char g_replay[160];

void on_abort(int) {
  // Only what a signal handler may call.
  [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, g_replay, std::strlen(g_replay));
}

std::string replay_command(std::uint64_t seed, Profile profile) {
  std::string command = "simulation --seed " + std::to_string(seed) + " --trace";
  if (profile != Profile::mixed) command += " --profile " + std::string(profile_name(profile));
  return command;
}

bool run_seed(std::uint64_t seed, const Options& options, Summary& sum) {
  const std::string replay = replay_command(seed, options.profile);
  fmt::format_to_n(g_replay, sizeof g_replay - 1, "seed {} ends in a broken invariant; replay: {}\n", seed,
                   replay);
  try {
    Trace trace(options.trace ? Trace::To::output : options.twice ? Trace::To::text : Trace::To::nobody);
    sum.add(Simulation(seed, options.profile, trace).run());
    if (!options.twice) return true;
    Trace again(Trace::To::text);
    Simulation(seed, options.profile, again).run();
    if (again.text() == trace.text()) return true;
    fmt::print("seed {}: two runs differ\n", seed);
  } catch (const Violation& violation) {
    fmt::print("seed {}: {}\n", seed, violation.what);
  }
  fmt::print("replay: {}\n", replay);
  std::fflush(stdout);
  return false;
}

void print(const char* head, std::uint64_t seeds, const Summary& sum) {
  fmt::print(
      "{}{} seeds: {} steps, {} lives, {} starts refused, {} journals failed, {} promises, {} orders, "
      "{} changes, {} segments, settled {} times\n",
      head, seeds, sum.steps, sum.lives, sum.refused_starts, sum.failed_journals, sum.promises, sum.orders,
      sum.changes, sum.rotations, sum.settled);
  std::fflush(stdout);
}

int run(const Options& options) {
  using Clock = std::chrono::steady_clock;
  const auto began = Clock::now();
  auto told = began;
  Summary sum;
  std::uint64_t seeds = 0, failed = 0;
  const bool timed = options.minutes != 0 || options.endless;
  for (std::uint64_t seed = options.from; timed || seed <= options.to; ++seed) {
    if (!run_seed(seed, options, sum)) ++failed;
    ++seeds;
    const auto now = Clock::now();
    if (timed && now - told >= std::chrono::minutes(1)) {
      told = now;
      print("so far ", seeds, sum);
    }
    if (options.minutes != 0 && now - began >= std::chrono::minutes(options.minutes)) break;
  }
  print(failed == 0 ? "ok: " : "", seeds, sum);
  if (failed != 0) fmt::print("{} of {} seeds failed\n", failed, seeds);
  return failed == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A sale engine, its clients, its operator and its disk on one thread, by the seed");
  app.footer("Example:\n  simulation --seeds 1-500\n  simulation --seed 17 --trace");
  Options options;
  std::string seeds, profile = "mixed";
  std::uint64_t seed = 0, count = 0;
  app.add_option("--seed", seed, "One seed");
  app.add_option("--seeds", seeds, "FROM-TO, both included; 1-500 when nothing is said");
  app.add_option("--count", count, "So many seeds, from --seed or 1 on");
  app.add_option("--minutes", options.minutes, "As many seeds as there is time for, from --seed or 1 on");
  app.add_flag("--endless", options.endless, "Until somebody stops it; says once a minute how far it is");
  app.add_option("--profile", profile, "What may go wrong: calm, crash, errors, damage, mixed");
  app.add_flag("--trace", options.trace, "One line a step");
  app.add_flag("--twice", options.twice, "Each seed two times: both must be the same, byte for byte");
  CLI11_PARSE(app, argc, argv);
  const auto known = profile_of(profile);
  const std::size_t dash = seeds.find('-');
  if (!known || (!seeds.empty() && dash == std::string::npos)) {
    fmt::print(stderr, "simulation: --profile is calm, crash, errors, damage or mixed; --seeds is FROM-TO\n");
    return 2;
  }
  options.profile = *known;
  if (seed != 0) options.from = options.to = seed;
  if (!seeds.empty()) {
    options.from = std::stoull(seeds.substr(0, dash));
    options.to = std::stoull(seeds.substr(dash + 1));
  }
  if (count != 0) options.to = options.from + count - 1;
  signal(SIGABRT, on_abort);
  if (options.trace) setvbuf(stdout, nullptr, _IOLBF, 0);
  return run(options);
}
