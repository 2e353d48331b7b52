#include "load/prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "doorbuster/base/tick.h"
#include "doorbuster/platform/clock.h"

namespace doorbuster::load {
namespace {

constexpr double kPlainRate = 1000;
constexpr double kPlainSeconds = 10;

Result<Scenario> scenario_for(const LoadOptions& options) {
  Scenario scenario;
  if (!options.scenario_file.empty()) {
    Result<Scenario> read = read_scenario(options.scenario_file);
    if (!read) return read;
    scenario = std::move(*read);
  }
  if (options.rate || options.duration_s || scenario.stages.empty()) {
    double seconds = 0;
    for (const Stage& stage : scenario.stages) seconds += stage.seconds;
    if (seconds == 0) seconds = kPlainSeconds;
    scenario.stages = {
        {StageShape::hold, options.duration_s.value_or(seconds), options.rate.value_or(kPlainRate)}};
    const double visitors = expected_visitors(scenario.stages);
    if (visitors > static_cast<double>(kVisitorsMax) || visitors < 1) {
      return fail(ErrorKind::usage,
                  fmt::format("--rate and --duration come to {:.0f} visitors; one run has 1 to {}", visitors,
                              kVisitorsMax));
    }
  }
  if (options.connections) scenario.connections = *options.connections;
  if (options.pipeline) scenario.pipeline = *options.pipeline;
  if (options.seed) scenario.seed = *options.seed;
  if (!options.campaign.empty()) scenario.campaign = options.campaign;
  return scenario;
}

Result<SkuChoice> choose_skus(const Scenario& scenario, const CampaignView& campaign) {
  const auto missing = [&](const std::string& sku) {
    return fail(ErrorKind::usage, fmt::format("the scenario wants SKU {}, which campaign {} does not have",
                                              sku, scenario.campaign));
  };
  SkuChoice choice;
  for (const OfferView& offer : campaign.offers) {
    const auto& only = scenario.skus.only;
    if (!only.empty() && std::find(only.begin(), only.end(), offer.sku) == only.end()) continue;
    if (offer.sku == scenario.skus.hot) choice.hot = choice.skus.size();
    choice.skus.push_back({offer.sku, offer.price});
  }
  for (const std::string& sku : scenario.skus.only) {
    const auto same = [&](const SkuTerms& terms) { return terms.sku == sku; };
    if (std::none_of(choice.skus.begin(), choice.skus.end(), same)) return missing(sku);
  }
  if (!scenario.skus.hot.empty() && !choice.hot) return missing(scenario.skus.hot);
  if (choice.skus.size() > kScenarioSkusMax) {
    return fail(ErrorKind::usage,
                fmt::format("the campaign has {} SKUs, one load takes at most {}: name some in `only`",
                            choice.skus.size(), kScenarioSkusMax));
  }
  return choice;
}

}  // namespace

Status open_clients(const LoadOptions& options, Target& target, std::unique_ptr<HttpClient>& api,
                    std::unique_ptr<HttpClient>& admin) {
  const Result<Target> parsed = parse_target(options.target, "--target");
  if (!parsed) return tl::unexpected(parsed.error());
  target = *parsed;
  target.api_key = options.api_key;
  api = std::make_unique<HttpClient>(target);
  if (options.admin.empty()) return {};
  Result<Target> admin_target = parse_target(options.admin, "--admin");
  if (!admin_target) return tl::unexpected(admin_target.error());
  admin_target->api_key = options.api_key;
  admin = std::make_unique<HttpClient>(*admin_target);
  return {};
}

Result<Prepared> prepare(const LoadOptions& options) {
  Prepared p;
  Result<Scenario> scenario = scenario_for(options);
  if (!scenario) return tl::unexpected(scenario.error());
  p.scenario = std::move(*scenario);
  if (const Status opened = open_clients(options, p.target, p.api, p.admin); !opened) {
    return tl::unexpected(opened.error());
  }
  if (p.scenario.campaign.empty()) {
    const Result<std::string> first = first_active_campaign(*p.api);
    if (!first) return tl::unexpected(first.error());
    p.scenario.campaign = *first;
  }
  Result<CampaignView> campaign = read_campaign(*p.api, p.scenario.campaign);
  if (!campaign) return tl::unexpected(campaign.error());
  p.campaign = std::move(*campaign);
  Result<SkuChoice> choice = choose_skus(p.scenario, p.campaign);
  if (!choice) return tl::unexpected(choice.error());
  p.choice = std::move(*choice);
  p.limits.per_buyer = p.campaign.limit_per_buyer;
  if (p.admin) {
    const Result<StockReading> stock = read_stock(*p.admin, p.scenario.campaign);
    if (!stock) return tl::unexpected(stock.error());
    p.baseline = stock->offers;
    if (!p.limits.per_buyer) p.limits.per_buyer = stock->limit_per_buyer;
    p.limits.per_buyer_total = stock->limit_per_buyer_total;
    p.hold_max_seconds = stock->hold_max_seconds;
  }
  if (p.scenario.limit_per_buyer) p.limits.per_buyer = p.scenario.limit_per_buyer;
  if (p.scenario.limit_per_buyer_total) p.limits.per_buyer_total = p.scenario.limit_per_buyer_total;
  p.run = !options.run_name.empty() ? options.run_name
                                    : fmt::format("{:x}", SystemClock().wall_now().ns / kNsPerMicrosecond);
  return p;
}

}  // namespace doorbuster::load
