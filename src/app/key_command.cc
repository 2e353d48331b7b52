// `doorbuster key`: a new API key, and what a configuration has of it.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "doorbuster/app/commands.h"
#include "doorbuster/base/text.h"
#include "doorbuster/http/api_key.h"

namespace doorbuster {
namespace {

struct KeyWish {
  std::string id = "key-1", tenant = std::string(kDefaultTenantName);
  std::vector<std::string> scopes = {"buy", "read"};
};

Status print_key(const KeyWish& wish) {
  ApiKeyConfiguration configured = {.id = wish.id, .tenant = wish.tenant, .scopes = {}};
  for (const auto& [name, scope] : kScopes) {
    if (std::find(wish.scopes.begin(), wish.scopes.end(), name) != wish.scopes.end()) {
      configured.scopes.add(scope);
    }
  }
  const auto key = make_api_key();
  if (!key) return tl::unexpected(key.error());
  const auto hasher = ApiKeyHasher::make();
  if (!hasher) return tl::unexpected(hasher.error());
  if (!(*hasher)->hash(*key, configured.sha256)) {
    return fail(ErrorKind::runtime, "the cryptographic library has failed");
  }
  std::cout << *key << "\n" << api_key_json(configured) << std::endl;
  return {};
}

std::string check_identifier(const std::string& text) {
  return is_identifier(text) ? "" : "must be 1 to 64 of A-Z a-z 0-9 . _ : @ -";
}

}  // namespace

void add_key_command(CLI::App& app, int& exit_code) {
  auto wish = std::make_shared<KeyWish>();
  CLI::App* command = app.add_subcommand("key", "Make an API key");
  command->footer(
      "Example:\n  doorbuster key --tenant acme --scopes buy,read --id acme-web\nThe first line is the key: "
      "it "
      "is shown once and is nowhere else. The second line is for \"api_keys\" in\nthe configuration, which "
      "has "
      "only its hash.");
  command->add_option("--id", wish->id, "What the key is called in the configuration and the audit trail")
      ->check(check_identifier)
      ->capture_default_str();
  command->add_option("--tenant", wish->tenant, "Whose key it is")
      ->check(check_identifier)
      ->capture_default_str();
  command->add_option("--scopes", wish->scopes, "What it may do: buy, read, operate, admin")
      ->delimiter(',')
      ->check(CLI::IsMember({"buy", "read", "operate", "admin"}))
      ->capture_default_str();
  command->callback([wish, &exit_code] {
    if (const Status printed = print_key(*wish); !printed) {
      std::cerr << "doorbuster: " << printed.error().message << "\n";
      exit_code = exit_code_of(printed.error().kind);
    }
  });
}

}  // namespace doorbuster
