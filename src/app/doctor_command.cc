// `doorbuster doctor`: whether this machine is fit for a sale.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>

#include "doorbuster/app/commands.h"
#include "doorbuster/app/doctor.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {
namespace {

struct DoctorWish {
  std::string config_file, data_dir;
  bool json = false;
};

Result<ServerOptions> options_of(const DoctorWish& wish) {
  ServerOptions options;
  if (!wish.config_file.empty()) {
    const ParsedConfiguration parsed = read_configuration(wish.config_file);
    if (!parsed.configuration) {
      return fail(ErrorKind::configuration,
                  "the configuration is refused, doorbuster check " + wish.config_file + " says why");
    }
    options = parsed.configuration->server;
  }
  if (!wish.data_dir.empty()) options.data_dir = wish.data_dir;
  return options;
}

int examine_machine(const DoctorWish& wish) {
  const Result<ServerOptions> options = options_of(wish);
  if (!options) {
    std::cerr << "doorbuster: " << options.error().message << "\n";
    return exit_code_of(options.error().kind);
  }
  const std::vector<Finding> findings = examine(gather_facts(wish.config_file, *options), *options);
  std::cout << (wish.json ? findings_json(findings) + "\n" : findings_text(findings)) << std::flush;
  const bool sick = std::any_of(findings.begin(), findings.end(),
                                [](const Finding& finding) { return finding.verdict == Verdict::failure; });
  return sick ? kExitRuntime : kExitOk;
}

}  // namespace

void add_doctor_command(CLI::App& app, int& exit_code) {
  auto wish = std::make_shared<DoctorWish>();
  CLI::App* command =
      app.add_subcommand("doctor", "Say whether this machine is fit for a sale, and what to change");
  command->footer(
      "Example:\n  doorbuster doctor --config /etc/doorbuster/config.json --data /var/lib/doorbuster\n"
      "Run it as the user that runs the server. Times 64 small syncs in the data folder; changes nothing.\n"
      "Exits 1 when there is a failure; warnings are advice.");
  command->add_option("--config", wish->config_file, "Configuration file (JSON); else the defaults");
  command->add_option("--data", wish->data_dir, "Data folder; else the configuration's");
  command->add_flag("--json", wish->json, "One JSON object, for machines");
  command->callback([wish, &exit_code] { exit_code = examine_machine(*wish); });
}

}  // namespace doorbuster
