#include "doorbuster/load/command.h"

#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <initializer_list>
#include <iostream>
#include <map>
#include <memory>

#include "doorbuster/base/text.h"
#include "doorbuster/load/load.h"
#include "doorbuster/load/scenario.h"

namespace doorbuster::load {
namespace {

constexpr const char* kAbout =
    "Drives a doorbuster server as a crowd would, and judges it: plans every visitor before it sends the "
    "first request "
    "(open loop), measures from the plan, and at the end audits the server against its own record.";

constexpr const char* kExamples =
    "Examples:\n"
    "  doorbuster load --target http://127.0.0.1:8080 --rate 5000 --duration 10\n"
    "  doorbuster load --target http://127.0.0.1:8080 --admin http://127.0.0.1:9090 \\\n"
    "      --scenario config/scenarios/flash-crowd.json --json result.json --hgrm response.hgrm\n"
    "  doorbuster load --target http://127.0.0.1:8080 --admin http://127.0.0.1:9090 --audit-record "
    "orders.jsonl\n"
    "\n"
    "Exit code: 0 verdict PASS, 1 verdict FAIL, 2 usage.";

}  // namespace

void add_load_command(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<LoadOptions>();
  CLI::App* load = app.add_subcommand("load", kAbout);
  load->footer(kExamples);

  load->add_option("--target", options->target, "The server to drive, http://HOST:PORT")->required();
  load->add_option("--admin", options->admin,
                   "Its admin listener, http://HOST:PORT; without it, stock is not judged");
  auto* scenario =
      load->add_option("--scenario", options->scenario_file,
                       "What the crowd does (config/scenarios/README.md); without it, plain shoppers on "
                       "the first active campaign");
  auto* campaign =
      load->add_option("--campaign", options->campaign, "The campaign to buy from; wins over the scenario")
          ->check([](const std::string& id) {
            return is_identifier(id) ? "" : "must be 1 to 64 of A-Z a-z 0-9 . _ : @ -";
          });
  auto* rate = load->add_option("--rate", options->rate,
                                "Visitors per second; replaces the scenario's stages by one steady one")
                   ->check(CLI::Range(0.001, kRateMax));
  auto* duration =
      load->add_option("--duration", options->duration_s, "Seconds, for the same one steady stage")
          ->check(CLI::Range(0.001, kSecondsMax));
  auto* connections =
      load->add_option("--connections", options->connections, "Keep-alive connections, over all threads")
          ->check(CLI::Range(1U, kLoadConnectionsMax));
  auto* pipeline = load->add_option("--pipeline", options->pipeline, "Requests in flight on one connection")
                       ->check(CLI::Range(1U, kLoadPipelineMax));
  auto* threads = load->add_option("--threads", options->threads, "Generator threads")
                      ->capture_default_str()
                      ->check(CLI::Range(1U, kGeneratorThreadsMax));
  auto* seed = load->add_option("--seed", options->seed, "Of the plan; wins over the scenario");
  load->add_option("--json", options->json_file, "Writes the whole result to this file");
  auto* hgrm = load->add_option("--hgrm", options->hgrm_file,
                                "Writes the response times in ms to this file, for HdrHistogram's plotter");
  auto* record =
      load->add_option("--record", options->record_file,
                       "Writes every acknowledged order to this file while the load runs, one JSON object a "
                       "line");
  auto* audit_record =
      load->add_option("--audit-record", options->audit_record_file,
                       "Sends no load: audits the server against a file that --record wrote");
  auto* no_audit = load->add_flag_callback(
      "--no-audit", [options] { options->audit = false; },
      "Judges by the replies alone and asks the server nothing afterwards");
  load->add_option("--progress", options->progress,
                   "auto: redraws on a terminal; plain: a line a second; off")
      ->transform(CLI::CheckedTransformer(std::map<std::string, ProgressMode>{
          {"auto", ProgressMode::automatic}, {"plain", ProgressMode::plain}, {"off", ProgressMode::off}}));
  for (CLI::Option* other :
       std::initializer_list<CLI::Option*>{scenario, campaign, rate, duration, connections, pipeline, threads,
                                           seed, hgrm, record, no_audit}) {
    audit_record->excludes(other);
  }

  load->callback([options, &exit_code] {
    const char* no_color = std::getenv("NO_COLOR");
    const char* terminal = std::getenv("TERM");
    options->terminal =
        isatty(STDERR_FILENO) == 1 && !(terminal != nullptr && std::string_view(terminal) == "dumb");
    options->color = no_color == nullptr || *no_color == '\0';
    exit_code = run_load(*options, std::cout, std::cerr);
  });
}

}  // namespace doorbuster::load
