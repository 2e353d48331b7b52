#include "doorbuster/load/scenario.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/json_reader.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"
#include "doorbuster/base/text_file.h"

namespace doorbuster::load {
namespace {

constexpr std::array<std::string_view, kActorCount> kActorNames = {
    "shopper",      "no_key",        "double_clicker",  "lost_reply",    "key_reuser",
    "limit_pusher", "price_checker", "refused_late",    "payer",         "abandoner",
    "canceller",    "late_payer",    "extender",        "partial_payer", "payment_failer",
    "returner",     "waiter",        "identity_sharer", "basket_buyer"};

constexpr std::pair<std::string_view, Arrivals> kArrivalWords[] = {
    {"uniform", Arrivals::uniform}, {"poisson", Arrivals::poisson}, {"burst", Arrivals::burst}};

constexpr std::pair<std::string_view, StageShape> kShapeWords[] = {
    {"ramp", StageShape::ramp}, {"hold", StageShape::hold}, {"spike", StageShape::spike}};

constexpr double kShareTolerance = 1e-6;

constexpr JsonMember<Stage> kStageMembers[] = {
    {"shape", Presence::required,
     [](JsonReader& r, const JsonNode& n, Stage& s) { r.choice(n, kShapeWords, s.shape); }},
    {"seconds", Presence::required,
     [](JsonReader& r, const JsonNode& n, Stage& s) {
       r.real(n, {0.001, kSecondsMax, "seconds"}, s.seconds);
     }},
    {"rate", Presence::required,
     [](JsonReader& r, const JsonNode& n, Stage& s) {
       r.real(n, {0, kRateMax, "visitors per second"}, s.rate);
     }},
};

void read_only(JsonReader& r, const JsonNode& node, SkuMix& mix) {
  r.array(node, {1, kScenarioSkusMax}, [&](const JsonNode& element) {
    std::string sku;
    if (!r.identifier(element, sku)) return;
    if (std::find(mix.only.begin(), mix.only.end(), sku) != mix.only.end()) {
      r.error(element, fmt::format("{} is in the list already", quoted(sku)));
    }
    mix.only.push_back(std::move(sku));
  });
}

constexpr JsonMember<SkuMix> kSkuMembers[] = {
    {"hot", Presence::optional, [](JsonReader& r, const JsonNode& n, SkuMix& m) { r.identifier(n, m.hot); }},
    {"hot_share", Presence::optional,
     [](JsonReader& r, const JsonNode& n, SkuMix& m) {
       r.real(n, {0, 1, ""}, m.hot_share);
     }},
    {"zipf", Presence::optional,
     [](JsonReader& r, const JsonNode& n, SkuMix& m) {
       r.real(n, {0, 10, ""}, m.zipf);
     }},
    {"only", Presence::optional, read_only},
};

void read_skus(JsonReader& r, const JsonNode& node, Scenario& scenario) {
  if (!r.object(node, kSkuMembers, scenario.skus)) return;
  const SkuMix& mix = scenario.skus;
  if (mix.hot.empty() != (mix.hot_share == 0)) {
    r.error(node, "`hot` and a `hot_share` above 0 go together: give both or neither");
  }
  if (!mix.hot.empty() && !mix.only.empty() &&
      std::find(mix.only.begin(), mix.only.end(), mix.hot) == mix.only.end()) {
    r.error(node, fmt::format("the hot SKU {} is not in `only`: add it there", quoted(mix.hot)));
  }
}

template <std::size_t kActor>
void read_share(JsonReader& r, const JsonNode& node, std::array<double, kActorCount>& shares) {
  r.real(node, {0, 1, ""}, shares[kActor]);
}

constexpr JsonMember<std::array<double, kActorCount>> kShareMembers[] = {
    {kActorNames[0], Presence::optional, read_share<0>},
    {kActorNames[1], Presence::optional, read_share<1>},
    {kActorNames[2], Presence::optional, read_share<2>},
    {kActorNames[3], Presence::optional, read_share<3>},
    {kActorNames[4], Presence::optional, read_share<4>},
    {kActorNames[5], Presence::optional, read_share<5>},
    {kActorNames[6], Presence::optional, read_share<6>},
    {kActorNames[7], Presence::optional, read_share<7>},
    {kActorNames[8], Presence::optional, read_share<8>},
    {kActorNames[9], Presence::optional, read_share<9>},
    {kActorNames[10], Presence::optional, read_share<10>},
    {kActorNames[11], Presence::optional, read_share<11>},
    {kActorNames[12], Presence::optional, read_share<12>},
    {kActorNames[13], Presence::optional, read_share<13>},
    {kActorNames[14], Presence::optional, read_share<14>},
    {kActorNames[15], Presence::optional, read_share<15>},
    {kActorNames[16], Presence::optional, read_share<16>},
    {kActorNames[17], Presence::optional, read_share<17>},
    {kActorNames[18], Presence::optional, read_share<18>},
};
static_assert(std::size(kShareMembers) == kActorCount);

void read_actors(JsonReader& r, const JsonNode& node, Scenario& scenario) {
  scenario.actors = {};
  if (!r.object(node, kShareMembers, scenario.actors)) return;
  double sum = 0;
  for (const double share : scenario.actors) sum += share;
  if (std::abs(sum - 1) > kShareTolerance) {
    r.error(node, fmt::format("the shares sum to {:g}; they must sum to 1", sum));
  }
}

void read_stages(JsonReader& r, const JsonNode& node, Scenario& scenario) {
  const bool sound = r.array(node, {1, 1000}, [&](const JsonNode& element) {
    r.object(element, kStageMembers, scenario.stages.emplace_back());
  });
  if (!sound) return;
  const double visitors = expected_visitors(scenario.stages);
  if (visitors > static_cast<double>(kVisitorsMax)) {
    r.error(node, fmt::format("the stages come to {:.0f} visitors; at most {} fit into one run", visitors,
                              kVisitorsMax));
  } else if (visitors < 1) {
    r.error(node, "the stages come to no visitor at all: raise a rate or a length");
  }
}

constexpr JsonMember<Scenario> kScenarioMembers[] = {
    {"name", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) {
       r.string(n, {1, kNameBytesMax}, s.name);
     }},
    {"seed", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) {
       r.integer(n, {0, std::numeric_limits<std::int64_t>::max(), ""}, s.seed);
     }},
    {"campaign", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) { r.identifier(n, s.campaign); }},
    {"arrivals", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) { r.choice(n, kArrivalWords, s.arrivals); }},
    {"stages", Presence::required, read_stages},
    {"connections", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) {
       r.integer(n, {1, kLoadConnectionsMax, ""}, s.connections);
     }},
    {"pipeline", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) {
       r.integer(n, {1, kLoadPipelineMax, ""}, s.pipeline);
     }},
    {"buyers", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) {
       r.integer(n, {1, kBuyersMax, ""}, s.buyers);
     }},
    {"quantity", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) {
       // One below the contract's bound: a key_reuser asks for one more.
       r.integer(n, {1, kQuantityMax - 1, "units"}, s.quantity);
     }},
    {"retries", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) {
       r.integer(n, {0, kRetriesMax, ""}, s.retries);
     }},
    {"limit_per_buyer", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) {
       std::uint32_t limit = 0;
       if (r.integer(n, {0, std::numeric_limits<std::uint32_t>::max(), "units"}, limit))
         s.limit_per_buyer = limit;
     }},
    {"limit_per_buyer_total", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Scenario& s) {
       std::uint32_t limit = 0;
       if (r.integer(n, {0, std::numeric_limits<std::uint32_t>::max(), "units"}, limit))
         s.limit_per_buyer_total = limit;
     }},
    {"skus", Presence::optional, read_skus},
    {"actors", Presence::optional, read_actors},
};

std::string all_messages(const std::string& file, const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!text.empty()) text += '\n';
    text += format_diagnostic(file, diagnostic);
  }
  return text;
}

}  // namespace

std::string_view actor_name(Actor actor) {
  return kActorNames[static_cast<std::size_t>(actor)];
}

double expected_visitors(const std::vector<Stage>& stages) {
  double visitors = 0;
  double rate_before = 0;
  for (const Stage& stage : stages) {
    const double from = stage.shape == StageShape::ramp ? rate_before : stage.rate;
    visitors += (from + stage.rate) / 2 * stage.seconds;
    rate_before = stage.rate;
  }
  return visitors;
}

Result<Scenario> parse_scenario(std::string_view text, const std::string& file) {
  const auto document = JsonDocument::parse(text);
  if (!document) return fail(ErrorKind::usage, format_diagnostic(file, document.error()));
  JsonReader reader(*document);
  Scenario scenario;
  reader.object(document->root(), kScenarioMembers, scenario);
  const std::vector<Diagnostic> diagnostics = reader.take_diagnostics();
  if (!diagnostics.empty()) return fail(ErrorKind::usage, all_messages(file, diagnostics));
  return scenario;
}

Result<Scenario> read_scenario(const std::string& file) {
  const Result<std::string> text = read_text_file(file, kScenarioBytesMax);
  if (!text) return fail(ErrorKind::usage, fmt::format("{}: {}", file, text.error().message));
  return parse_scenario(*text, file);
}

}  // namespace doorbuster::load
