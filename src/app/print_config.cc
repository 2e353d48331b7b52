// What is in force, as a configuration file: of a data folder, or of a file alone.

#include <CLI/CLI.hpp>
#include <iostream>
#include <memory>
#include <string>

#include "app/replay.h"
#include "doorbuster/app/commands.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/catalog/definition.h"

namespace doorbuster {
namespace {

struct Sources {
  std::string config_file;  // empty: the options of "server" are the defaults
  std::string data_dir;     // empty: the campaigns are the file's
};

int refuse(const Error& error) {
  std::cerr << "doorbuster: " << error.message << "\n";
  return kExitRuntime;
}

int print(const Configuration& configuration, const Catalog& catalog) {
  std::cout << configuration_json(configuration, catalog) << std::flush;
  if (!std::cout) return refuse({ErrorKind::runtime, "cannot write to standard output"});
  for (const std::string& sentence : not_in_configuration(catalog)) {
    std::cerr << "doorbuster: " << sentence << ", which no configuration can say\n";
  }
  const auto tell_of_secrets = [](const AudienceTokenOptions& options, const std::string& where) {
    if (options.secrets.empty()) return;
    std::cerr << "doorbuster: " << where << ".audience_tokens is left out: it has secrets\n";
  };
  tell_of_secrets(configuration.server.audience_tokens, "server");
  for (const TenantConfiguration& tenant : configuration.tenants) {
    tell_of_secrets(tenant.audience_tokens, "tenant " + tenant.id);
  }
  if (!configuration.sinks.empty()) std::cerr << "doorbuster: sinks are left out: they have secrets\n";
  return kExitOk;
}

// The configuration's campaigns, as a fresh data folder would have them.
Result<CatalogPointer> catalog_of(const Configuration& configuration) {
  const Result<CatalogChangeSet> change = plan_change(Catalog(), {}, configuration, kOrdersMax);
  if (!change) return tl::unexpected(change.error());
  return apply_change(Catalog(), *change);
}

int print_config(const Sources& sources) {
  Configuration configuration;
  if (!sources.config_file.empty()) {
    ParsedConfiguration parsed = read_configuration(sources.config_file);
    for (const Diagnostic& diagnostic : parsed.diagnostics) {
      std::cerr << format_diagnostic(sources.config_file, diagnostic) << "\n";
    }
    if (!parsed.configuration) return kExitConfiguration;
    configuration = *std::move(parsed.configuration);
  }
  if (sources.data_dir.empty()) {
    const Result<CatalogPointer> catalog = catalog_of(configuration);
    return catalog ? print(configuration, **catalog) : refuse(catalog.error());
  }
  const auto storage = open_posix_storage(sources.data_dir, false);
  if (!storage) return refuse(storage.error());
  const auto state = replay_journal(**storage);
  if (!state) return refuse(state.error());
  configuration.server.data_dir = sources.data_dir;
  return print(configuration, *(*state)->catalog());
}

}  // namespace

void add_print_config_command(CLI::App& app, int& exit_code) {
  auto sources = std::make_shared<Sources>();
  CLI::App* command = app.add_subcommand("print-config", "Print what is in force as a configuration file");
  command->description(
      "Print what is in force as a configuration file: with --data the campaigns of the data folder, which "
      "is "
      "only\nread, also beside a running server; else those of the file. The options of \"server\" are the "
      "file's.\nWhat is the default is left out.");
  command->footer(
      "Example:\n  doorbuster print-config --config config/demo.json --data data > config/in-force.json\n"
      "  doorbuster print-config --config config/demo.json");
  command->add_option("--config", sources->config_file, "Configuration file (JSON)");
  command->add_option("--data", sources->data_dir, "Data folder");
  command->require_option(1, 2);
  command->callback([sources, &exit_code] { exit_code = print_config(*sources); });
}

}  // namespace doorbuster
