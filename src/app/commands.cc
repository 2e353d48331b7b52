#include "doorbuster/app/commands.h"

#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cinttypes>
#include <cstdio>
#include <iostream>
#include <memory>
#include <string>

#include "app/replay.h"
#include "doorbuster/app/server.h"
#include "doorbuster/app/version.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/journal/inspect.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/storage.h"
#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {
namespace {

// The state that the journal replays to, as the running engine had it: the same hash or something is wrong.
int print_replayed_state(Storage& storage) {
  const auto state = replay_journal(storage);
  if (!state) {
    std::cerr << "doorbuster: " << state.error().message << "\n";
    return kExitRuntime;
  }
  std::printf("replayed_orders %" PRIu64 "\nstate_hash %016" PRIx64 "\n", (*state)->orders(),
              (*state)->state_hash());
  for (const StateFault& fault : (*state)->state_faults()) std::cerr << "doorbuster: " << fault.text << "\n";
  return (*state)->state_faults().empty() ? kExitOk : kExitRuntime;
}

// After its bytes: whether every checkpoint makes the state that it was made from.
int verify_states(Storage& storage) {
  const auto checkpoints = list_checkpoints(storage);
  if (!checkpoints) {
    std::cerr << "doorbuster: " << checkpoints.error().message << "\n";
    return kExitRuntime;
  }
  int exit_code = kExitOk;
  for (const std::uint64_t sequence : *checkpoints) {
    if (const Status fine = verify_checkpoint(storage, sequence); !fine) {
      std::cout << "damaged: " << fine.error().message << std::endl;
      exit_code = kExitRuntime;
    }
  }
  return exit_code;
}

int check(const std::string& file, bool json) {
  const ParsedConfiguration parsed = read_configuration(file);
  const Tick now = SystemClock().wall_now();
  const int exit_code = parsed.configuration ? kExitOk : kExitConfiguration;
  if (json) {
    std::cout << describe_configuration_json(parsed, now) << std::endl;
    return exit_code;
  }
  if (parsed.configuration) {
    std::cout << describe_configuration(*parsed.configuration, now);
    return exit_code;
  }
  for (const Diagnostic& diagnostic : parsed.diagnostics)
    std::cout << format_diagnostic(file, diagnostic) << "\n";
  std::cout << parsed.diagnostics.size() << (parsed.diagnostics.size() == 1 ? " error" : " errors")
            << std::endl;
  return exit_code;
}

}  // namespace

int exit_code_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::runtime:
      return kExitRuntime;
    case ErrorKind::usage:
      return kExitUsage;
    case ErrorKind::configuration:
      return kExitConfiguration;
  }
  return kExitRuntime;
}

void add_serve_command(CLI::App& app, int& exit_code) {
  auto overrides = std::make_shared<ServeOverrides>();
  CLI::App* command = app.add_subcommand("serve", "Run the engine");
  command->footer(
      "Example:\n  doorbuster serve --config config/demo.json --data data --listen 127.0.0.1:8080");
  command->add_option("--config", overrides->config_file, "Configuration file (JSON)")->required();
  command->add_option("--data", overrides->data_dir, "Data folder; made when it is missing");
  command->add_option("--listen", overrides->listen, "HOST:PORT for buyers; port 0 picks a free one");
  command->add_option("--admin", overrides->admin, "HOST:PORT for operators; port 0 picks a free one");
  command->add_option("--cores", overrides->cores, "Threads that decide; 0: one for each processor")
      ->check(CLI::Range(0, static_cast<int>(kShardsMax)));
  auto log_level = std::make_shared<std::string>("info");
  command->add_option("--log-level", *log_level, "The least that is logged")
      ->check(CLI::IsMember({"error", "warning", "info"}))
      ->capture_default_str();
  command->callback([overrides, log_level, &exit_code] {
    spdlog::set_level(spdlog::level::from_str(*log_level));
    if (const Status status = serve(*overrides); !status) {
      spdlog::error("{}", status.error().message);
      exit_code = exit_code_of(status.error().kind);
    }
  });
}

void add_check_command(CLI::App& app, int& exit_code) {
  auto file = std::make_shared<std::string>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("check", "Validate a configuration and say what it would do");
  command->footer(
      "Example:\n  doorbuster check config/demo.json\nExits 0 when it is valid, 78 when it is refused.");
  command->add_option("FILE", *file, "Configuration file (JSON)")->required();
  command->add_flag("--json", *json, "One JSON object, for machines");
  command->callback([file, json, &exit_code] { exit_code = check(*file, *json); });
}

void add_journal_command(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("journal", "Read a journal without changing it");
  command->footer("Example:\n  doorbuster journal dump data | head\n  doorbuster journal verify data");
  command->require_subcommand(1);
  auto folder = std::make_shared<std::string>();
  const auto add = [&](const char* name, const char* help, auto run) {
    CLI::App* sub = command->add_subcommand(name, help);
    sub->add_option("DIR", *folder, "Data folder")->required();
    sub->footer(std::string("Example:\n  doorbuster journal ") + name + " data");
    sub->callback([folder, run, &exit_code] {
      auto storage = open_posix_storage(*folder, false);
      if (!storage) {
        std::cerr << "doorbuster: " << storage.error().message << "\n";
        exit_code = kExitRuntime;
        return;
      }
      exit_code = run(**storage);
    });
  };
  add("dump", "One JSON object a line for each record",
      [](Storage& storage) { return dump_journal(storage, std::cout, std::cerr); });
  add("verify", "Check every byte; exit 1 and name the first bad range", [](Storage& storage) {
    const int bytes = verify_journal(storage, std::cout, std::cerr);
    return bytes == 0 ? verify_states(storage) : bytes;
  });
  add("stats", "Counts, sizes and the state that the journal replays to", [](Storage& storage) {
    const int counted = stats_journal(storage, std::cout, std::cerr);
    std::cout.flush();
    return counted == 0 ? print_replayed_state(storage) : counted;
  });
}

void add_version_command(CLI::App& app, int& exit_code) {
  auto json = std::make_shared<bool>(false);
  CLI::App* command =
      app.add_subcommand("version", "Version, build type, compiler, libraries, allocator in force");
  command->footer("Example:\n  doorbuster version --json");
  command->add_flag("--json", *json, "One JSON object, for machines");
  command->callback([json, &exit_code] {
    std::cout << (*json ? version_json() : version_text()) << std::flush;
    exit_code = kExitOk;
  });
}

}  // namespace doorbuster
