// `doorbuster token`: an audience token as a shop's own server would make it.

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>

#include "doorbuster/app/commands.h"
#include "doorbuster/base/text.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/http/audience_token.h"
#include "doorbuster/platform/clock.h"

namespace doorbuster {
namespace {

struct TokenWish {
  std::string config_file, tenant = std::string(kDefaultTenantName), buyer, campaign, region, segment,
                           channel;
  std::int64_t seconds = 3'600;
};

Result<std::string> make_token(const TokenWish& wish) {
  const ParsedConfiguration parsed = read_configuration(wish.config_file);
  if (!parsed.configuration) {
    return fail(ErrorKind::configuration,
                "the configuration is refused, doorbuster check " + wish.config_file + " says why");
  }
  const Configuration& configuration = *parsed.configuration;
  const bool is_first = wish.tenant == kDefaultTenantName;
  const auto tenant = std::ranges::find(configuration.tenants, wish.tenant, &TenantConfiguration::id);
  if (!is_first && tenant == configuration.tenants.end()) {
    return fail(ErrorKind::configuration,
                wish.config_file + " has no tenant " + doorbuster::quoted(wish.tenant));
  }
  const AudienceTokenOptions& options =
      is_first ? configuration.server.audience_tokens : tenant->audience_tokens;
  if (options.secrets.empty()) {
    return fail(ErrorKind::configuration, wish.config_file + " has no " +
                                              (is_first ? "server." : "tenant " + wish.tenant + " with ") +
                                              "audience_tokens, so there is no secret to sign with");
  }
  auto tokens = AudienceTokens::make(options.secrets);
  if (!tokens) return tl::unexpected(tokens.error());
  return (*tokens)->sign({.expires_at_s = SystemClock().wall_now().ns / kNsPerSecond + wish.seconds,
                          .buyer = wish.buyer,
                          .campaign = wish.campaign,
                          .region = wish.region,
                          .segment = wish.segment,
                          .channel = wish.channel});
}

}  // namespace

void add_token_command(CLI::App& app, int& exit_code) {
  auto wish = std::make_shared<TokenWish>();
  CLI::App* command = app.add_subcommand("token", "Sign an audience token with the first secret of a file");
  command->footer(
      "Example:\n  doorbuster token --config shop.json --buyer b-829301 --region DE --segment gold "
      "--seconds 600\nA buy takes it as its member \"token\". What is not said is not in it: without a buyer "
      "it is good for any.");
  command->add_option("--config", wish->config_file, "Configuration file with server.audience_tokens")
      ->required();
  command->add_option("--tenant", wish->tenant, "Whose secrets to sign with")->capture_default_str();
  command->add_option("--buyer", wish->buyer, "The only buyer that it is good for");
  command->add_option("--campaign", wish->campaign, "The only campaign that it is good for");
  command->add_option("--region", wish->region, "The buyer's region");
  command->add_option("--segment", wish->segment, "The buyer's segment");
  command->add_option("--channel", wish->channel, "The channel that the buyer comes by");
  command->add_option("--seconds", wish->seconds, "How long it holds, from now on")
      ->check(CLI::Range(std::int64_t{1}, kAudienceTokenSecondsMax))
      ->capture_default_str();
  command->callback([wish, &exit_code] {
    const Result<std::string> token = make_token(*wish);
    if (!token) {
      std::cerr << "doorbuster: " << token.error().message << "\n";
      exit_code = exit_code_of(token.error().kind);
      return;
    }
    std::cout << *token << std::endl;
  });
}

}  // namespace doorbuster
