// Arguments to commands, and results to exit codes. The only file that no test links.

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <string>

#include "doorbuster/app/commands.h"
#include "doorbuster/load/command.h"

namespace {

// Standard output belongs to what a command says; logs go to standard error.
void log_to_stderr() {
  auto logger = spdlog::stderr_logger_st("doorbuster");
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
  doorbuster::add_key_command(app, exit_code);
  doorbuster::add_token_command(app, exit_code);
  doorbuster::add_journal_command(app, exit_code);
  doorbuster::add_version_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  return exit_code;
}
