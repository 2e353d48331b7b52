// Arguments to commands, and results to exit codes. The only file that no test links.

#include <spdlog/sinks/dup_filter_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>

#include "doorbuster/app/commands.h"
#include "doorbuster/load/command.h"

namespace {

// The same line again and again is written once in so long, and then how often it was left out.
constexpr std::chrono::seconds kSameLineInterval{5};

// Standard output belongs to what a command says; logs go to standard error.
void log_to_stderr() {
  auto once = std::make_shared<spdlog::sinks::dup_filter_sink_mt>(kSameLineInterval);
  once->add_sink(std::make_shared<spdlog::sinks::stderr_sink_mt>());
  auto logger = std::make_shared<spdlog::logger>("doorbuster", std::move(once));
  logger->flush_on(spdlog::level::trace);
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace

int main(int argc, char** argv) {
  log_to_stderr();
  CLI::App app{
      "doorbuster: a flash-sale engine. One atomic decision for each buy, durable before it is answered.",
      "doorbuster"};
  app.require_subcommand(1);
  int exit_code = 0;
  doorbuster::add_serve_command(app, exit_code);
  doorbuster::add_check_command(app, exit_code);
  doorbuster::add_print_config_command(app, exit_code);
  doorbuster::load::add_load_command(app, exit_code);
  doorbuster::add_doctor_command(app, exit_code);
  doorbuster::add_key_command(app, exit_code);
  doorbuster::add_token_command(app, exit_code);
  doorbuster::add_journal_command(app, exit_code);
  doorbuster::add_checkpoint_command(app, exit_code);
  doorbuster::add_backup_command(app, exit_code);
  doorbuster::add_restore_command(app, exit_code);
  doorbuster::add_version_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
