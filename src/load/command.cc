#include "doorbuster/load/command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/text.h"
#include "doorbuster/load/load.h"
#include "doorbuster/load/scenario.h"

namespace doorbuster::load {
namespace {

constexpr const char* kAbout =
    "Drives a doorbuster server as a crowd would, and judges it: plans every visitor before it sends\n"
    "the first request (open loop), measures from the plan, and at the end audits the server against\n"
    "its own record.";

constexpr const char* kExamples =
    "Examples:\n"
    "  doorbuster load --target http://127.0.0.1:8080 --rate 5000 --duration 10\n"
    "  doorbuster load --target http://127.0.0.1:8080 --admin http://127.0.0.1:9090 \\\n"
    "      --scenario config/scenarios/flash-crowd.json --json result.json --hgrm response.hgrm\n"
    "  doorbuster load --target http://127.0.0.1:8080 --admin http://127.0.0.1:9090 \\\n"
    "      --audit-record orders.jsonl\n"
    "\n"
    "Exit code: 0 verdict PASS, 1 verdict FAIL, 2 usage.";

// What the options are parsed into before the load gets them.
struct Parsed {
  LoadOptions load;
  std::string progress = "auto";
  bool no_audit = false;
  std::vector<CLI::Option*> of_a_load;  // make no sense where no load is sent
  CLI::Option* audit_record = nullptr;
};

template <typename Number>
CLI::Validator between(Number min, Number max) {
  return CLI::Range(min, max, fmt::format("{} to {}", min, max));
}

void add_crowd_options(CLI::App& load, Parsed& parsed) {
  LoadOptions& options = parsed.load;
  parsed.of_a_load = {
      load.add_option("--scenario", options.scenario_file,
                      "What the crowd does (config/scenarios/README.md); without it, plain shoppers come to "
                      "the first "
                      "active campaign")
          ->type_name("FILE"),
      load.add_option("--campaign", options.campaign, "The campaign to buy from; wins over the scenario")
          ->type_name("ID")
          ->check([](const std::string& id) {
            return is_identifier(id) ? "" : "must be 1 to 64 of A-Z a-z 0-9 . _ : @ -";
          }),
      load.add_option("--rate", options.rate,
                      "Visitors per second; replaces the scenario's stages by one steady one")
          ->type_name("N")
          ->check(between(0.001, kRateMax)),
      load.add_option("--duration", options.duration_s, "How long, for the same one steady stage")
          ->type_name("SECONDS")
          ->check(between(0.001, kSecondsMax)),
      load.add_option("--connections", options.connections, "Keep-alive connections, over all threads")
          ->type_name("N")
          ->check(between(1U, kLoadConnectionsMax)),
      load.add_option("--pipeline", options.pipeline, "Requests in flight on one connection")
          ->type_name("N")
          ->check(between(1U, kLoadPipelineMax)),
      load.add_option("--threads", options.threads, "Generator threads (default 1)")
          ->type_name("N")
          ->check(between(1U, kGeneratorThreadsMax)),
      load.add_option("--seed", options.seed, "Of the plan; wins over the scenario")->type_name("N"),
  };
}

void add_result_options(CLI::App& load, Parsed& parsed) {
  LoadOptions& options = parsed.load;
  load.add_option("--json", options.json_file, "Writes the whole result to this file")->type_name("FILE");
  parsed.of_a_load.push_back(
      load.add_option("--hgrm", options.hgrm_file,
                      "Writes the response times, in ms, to this file, for HdrHistogram's plotter")
          ->type_name("FILE"));
  parsed.of_a_load.push_back(
      load.add_option(
              "--record", options.record_file,
              "Writes every acknowledged order to this file while the load runs, one JSON object a line")
          ->type_name("FILE"));
  parsed.audit_record = load.add_option("--audit-record", options.audit_record_file,
                                        "Sends no load: audits the server against a file that --record wrote")
                            ->type_name("FILE");
  parsed.of_a_load.push_back(load.add_flag(
      "--no-audit", parsed.no_audit, "Judges by the replies alone and asks the server nothing afterwards"));
  load.add_option("--progress", parsed.progress,
                  "auto redraws on a terminal, plain prints a line a second, off nothing (default auto)")
      ->type_name("HOW")
      ->check(CLI::IsMember({"auto", "plain", "off"}));
}

LoadOptions finish(const Parsed& parsed) {
  if (parsed.audit_record->count() > 0) {
    for (const CLI::Option* option : parsed.of_a_load) {
      if (option->count() == 0) continue;
      throw CLI::ValidationError(option->get_name(),
                                 "makes no sense with --audit-record, which sends no load");
    }
  }
  LoadOptions options = parsed.load;
  options.audit = !parsed.no_audit;
  options.progress = parsed.progress == "auto"    ? ProgressMode::automatic
                     : parsed.progress == "plain" ? ProgressMode::plain
                                                  : ProgressMode::off;
  const char* no_color = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal != nullptr && std::string_view(terminal) == "dumb";
  options.terminal = isatty(STDERR_FILENO) == 1 && !dumb;
  options.color = no_color == nullptr || *no_color == '\0';
  return options;
}

}  // namespace

void add_load_command(CLI::App& app, int& exit_code) {
  const auto parsed = std::make_shared<Parsed>();
  CLI::App* load = app.add_subcommand("load", kAbout);
  load->footer(kExamples);
  load->add_option("--target", parsed->load.target, "The server to drive, http://HOST:PORT")
      ->type_name("URL")
      ->required();
  load->add_option("--admin", parsed->load.admin,
                   "Its admin listener, http://HOST:PORT; without it, stock is not judged")
      ->type_name("URL");
  load->add_option("--api-key", parsed->load.api_key,
                   "Sent on both listeners; the environment variable keeps it out of the list of processes")
      ->type_name("KEY")
      ->envname("DOORBUSTER_API_KEY")
      ->check([](const std::string& key) {
        const bool fits =
            !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return c > ' ' && c <= '~'; });
        return fits ? "" : "must be a key as `doorbuster key` prints it";
      });
  add_crowd_options(*load, *parsed);
  add_result_options(*load, *parsed);
  load->callback([parsed, &exit_code] { exit_code = run_load(finish(*parsed), std::cout, std::cerr); });
}

}  // namespace doorbuster::load
