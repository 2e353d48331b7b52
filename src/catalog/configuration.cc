#include "doorbuster/catalog/configuration.h"

#include <boost/unordered/unordered_flat_map.hpp>
#include <utility>

#include "catalog/currency.h"
#include "doorbuster/base/endpoint.h"
#include "doorbuster/base/json_reader.h"
#include "doorbuster/base/text.h"
#include "doorbuster/base/text_file.h"

namespace doorbuster {
namespace {

constexpr std::size_t kPathBytesMax = 4096;
constexpr std::int64_t kCoresMax = 64;
constexpr std::int64_t kBodyBytesMin = 512;
constexpr std::int64_t kTimeoutMsMin = 100;
constexpr std::int64_t kTimeoutMsMax = 3'600'000;
constexpr std::int64_t kHoldSecondsMax = 86'400;
constexpr std::int64_t kLimitPerBuyerMax = 1'000'000'000;

constexpr std::pair<std::string_view, Acknowledge> kAcknowledgements[] = {{"durable", Acknowledge::durable},
                                                                          {"decided", Acknowledge::decided}};
constexpr std::pair<std::string_view, Wiring> kWirings[] = {
    {"automatic", Wiring::automatic}, {"shared", Wiring::shared}, {"dedicated", Wiring::dedicated}};

// --- server
// ---------------------------------------------------------------------------------------------------

template <std::string ServerOptions::*Field>
void read_endpoint(JsonReader& reader, const JsonNode& node, ServerOptions& options) {
  if (!reader.expect(node, JsonType::string)) return;
  const Result<Endpoint> endpoint = parse_endpoint(node.string());
  if (!endpoint) return reader.error(node, quoted(node.string()) + ' ' + endpoint.error().message);
  options.*Field = node.string();
}

template <auto Field, std::int64_t Min, std::int64_t Max>
void read_integer(JsonReader& reader, const JsonNode& node, ServerOptions& options) {
  reader.integer(node, {Min, Max}, options.*Field);
}

template <std::uint32_t ServerOptions::*Field>
void read_timeout(JsonReader& reader, const JsonNode& node, ServerOptions& options) {
  reader.integer(node, {kTimeoutMsMin, kTimeoutMsMax, "milliseconds"}, options.*Field);
}

constexpr JsonMember<ServerOptions> kServerMembers[] = {
    {"listen", Presence::optional, read_endpoint<&ServerOptions::listen>},
    {"admin", Presence::optional, read_endpoint<&ServerOptions::admin>},
    {"data_dir", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ServerOptions& o) {
       r.string(n, {1, kPathBytesMax}, o.data_dir);
     }},
    {"cores", Presence::optional, read_integer<&ServerOptions::cores, 0, kCoresMax>},
    {"acknowledge", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ServerOptions& o) {
       r.choice(n, kAcknowledgements, o.acknowledge);
     }},
    {"wiring", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ServerOptions& o) { r.choice(n, kWirings, o.wiring); }},
    {"max_body_bytes", Presence::optional,
     read_integer<&ServerOptions::max_body_bytes, kBodyBytesMin, kBodyBytesMax>},
    {"max_connections", Presence::optional,
     read_integer<&ServerOptions::max_connections, 1, kConnectionsMax>},
    {"max_pipeline", Presence::optional, read_integer<&ServerOptions::max_pipeline, 1, kPipelineDepthMax>},
    {"max_orders", Presence::optional, read_integer<&ServerOptions::max_orders, 0, kOrdersMax>},
    {"segment_bytes", Presence::optional,
     read_integer<&ServerOptions::segment_bytes, kSegmentBytesMin, kSegmentBytesMax>},
    {"header_timeout_ms", Presence::optional, read_timeout<&ServerOptions::header_timeout_ms>},
    {"body_timeout_ms", Presence::optional, read_timeout<&ServerOptions::body_timeout_ms>},
    {"idle_timeout_ms", Presence::optional, read_timeout<&ServerOptions::idle_timeout_ms>},
    {"write_timeout_ms", Presence::optional, read_timeout<&ServerOptions::write_timeout_ms>},
    {"stock_metrics", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ServerOptions& o) { r.boolean(n, o.stock_metrics); }},
};

void read_server(JsonReader& reader, const JsonNode& node, Configuration& configuration) {
  ServerOptions& server = configuration.server;
  reader.object(node, kServerMembers, server);
  const JsonNode* listen = node.find("listen");
  const JsonNode* admin = node.find("admin");
  const bool judged = (listen == nullptr || reader.sound(node, "listen") != nullptr) &&
                      (admin == nullptr || reader.sound(node, "admin") != nullptr);
  const JsonNode* place = admin != nullptr ? admin : listen;
  if (place == nullptr || !judged || server.listen != server.admin) return;
  if (parse_endpoint(server.admin)->port == 0) return;  // two free ports
  reader.error(*place, "listen and admin are both " + server.admin + ": give each its own port");
}

// --- campaigns
// ------------------------------------------------------------------------------------------------

void read_time(JsonReader& reader, const JsonNode& node, Tick& out) {
  if (!reader.expect(node, JsonType::string)) return;
  if (const std::optional<Tick> tick = parse_rfc3339(node.string())) {
    out = *tick;
  } else if (parse_rfc3339(std::string(node.string()) + 'Z')) {
    reader.error(node,
                 quoted(node.string()) + " has no time zone: add Z for UTC or an offset such as +01:00");
  } else {
    reader.error(node, quoted(node.string()) +
                           " is no RFC 3339 time of the years 1970 to 2261: write one such as "
                           "2026-11-27T08:00:00Z or 2026-11-27T09:00:00+01:00");
  }
}

void read_currency(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  if (!reader.expect(node, JsonType::string)) return;
  if (!currency_digits(node.string())) {
    return reader.error(node, quoted(node.string()) +
                                  " is no ISO 4217 code of a currency in use: write three capital "
                                  "letters such as EUR");
  }
  campaign.currency = node.string();
}

void read_hold_seconds(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  if (!reader.integer(node, {0, kHoldSecondsMax, "seconds"}, campaign.hold_seconds)) return;
  if (campaign.hold_seconds != 0) reader.error(node, "holds are not supported yet: set hold_seconds to 0");
}

constexpr JsonMember<OfferConfiguration> kOfferMembers[] = {
    {"sku", Presence::required,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) { r.identifier(n, o.sku); }},
    {"stock", Presence::required,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) {
       r.integer(n, {0, kStockMax, "units"}, o.stock);
     }},
    {"list_price", Presence::optional,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) {
       r.integer(n, {0, kPriceMax, "minor units"}, o.list_price);
     }},
    {"price", Presence::required,
     [](JsonReader& r, const JsonNode& n, OfferConfiguration& o) {
       r.integer(n, {0, kPriceMax, "minor units"}, o.price);
     }},
};

void read_offer(JsonReader& reader, const JsonNode& node, OfferConfiguration& offer) {
  reader.object(node, kOfferMembers, offer);
  if (node.find("list_price") == nullptr) offer.list_price = offer.price;
  const JsonNode* list_price = reader.sound(node, "list_price");
  if (list_price != nullptr && reader.sound(node, "price") != nullptr && offer.list_price < offer.price) {
    reader.error(*list_price, "list_price " + std::to_string(offer.list_price) + " is below price " +
                                  std::to_string(offer.price) + ": it must be at least the price");
  }
}

// Names that stand twice among an array's objects. Each is told where it stood first.
void refuse_repeated(JsonReader& reader, const JsonNode& array, std::string_view key, std::string_view what) {
  boost::unordered_flat_map<std::string_view, const JsonNode*> first;
  for (const JsonNode& element : array.children()) {
    const JsonNode* name = reader.sound(element, key);
    if (name == nullptr) continue;
    const auto [seen, fresh] = first.emplace(name->string(), name);
    if (fresh) continue;
    reader.error(*name, quoted(name->string()) + " is the " + std::string(what) + " of line " +
                            std::to_string(reader.position(seen->second->offset()).line) + " already");
  }
}

void read_offers(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  reader.array(node, {1, kOffersMax},
               [&](const JsonNode& offer) { read_offer(reader, offer, campaign.offers.emplace_back()); });
  refuse_repeated(reader, node, "sku", "SKU");
}

constexpr JsonMember<CampaignConfiguration> kCampaignMembers[] = {
    {"id", Presence::required,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) { r.identifier(n, c.id); }},
    {"name", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       r.string(n, {1, kNameBytesMax}, c.name);
     }},
    {"currency", Presence::required, read_currency},
    {"starts_at", Presence::required,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) { read_time(r, n, c.starts_at); }},
    {"ends_at", Presence::required,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) { read_time(r, n, c.ends_at); }},
    {"hold_seconds", Presence::optional, read_hold_seconds},
    {"limit_per_buyer", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) {
       r.integer(n, {0, kLimitPerBuyerMax, "units"}, c.limit_per_buyer);
     }},
    {"show_remaining", Presence::optional,
     [](JsonReader& r, const JsonNode& n, CampaignConfiguration& c) { r.boolean(n, c.show_remaining); }},
    {"offers", Presence::required, read_offers},
};

void read_campaign(JsonReader& reader, const JsonNode& node, CampaignConfiguration& campaign) {
  reader.object(node, kCampaignMembers, campaign);
  if (node.find("name") == nullptr) campaign.name = campaign.id;
  const JsonNode* ends_at = reader.sound(node, "ends_at");
  if (ends_at != nullptr && reader.sound(node, "starts_at") != nullptr &&
      campaign.ends_at <= campaign.starts_at) {
    reader.error(*ends_at, "ends_at " + format_rfc3339(campaign.ends_at) + " is not after starts_at " +
                               format_rfc3339(campaign.starts_at));
  }
}

void read_campaigns(JsonReader& reader, const JsonNode& node, Configuration& configuration) {
  reader.array(node, {0, kCampaignsMax}, [&](const JsonNode& campaign) {
    read_campaign(reader, campaign, configuration.campaigns.emplace_back());
  });
  refuse_repeated(reader, node, "id", "id of the campaign");
  std::size_t offers = 0;
  for (const CampaignConfiguration& campaign : configuration.campaigns) offers += campaign.offers.size();
  if (offers > kOffersMax) {
    reader.error(node, "there are " + std::to_string(offers) + " offers in all campaigns together, at most " +
                           std::to_string(kOffersMax) + " are possible");
  }
}

constexpr JsonMember<Configuration> kConfigurationMembers[] = {
    {"server", Presence::optional, read_server},
    {"campaigns", Presence::required, read_campaigns},
};

// Every unit may become an order of its own, and each needs its place in the tables.
void check_orders(JsonReader& reader, const JsonNode& root, const Configuration& configuration) {
  const std::uint64_t possible = orders_possible(configuration.campaigns);
  const std::string units = "the stocks add up to " + std::to_string(possible) + " units, so as many orders";
  if (possible > kOrdersMax) {
    return reader.error(*root.find("campaigns"), units + " are possible, and " + std::to_string(kOrdersMax) +
                                                     " is the most that can be kept: lower the stocks");
  }
  const std::uint64_t max_orders = configuration.server.max_orders;
  if (max_orders == 0 || possible <= max_orders) return;
  reader.error(*root.find("server")->find("max_orders"), units + " are possible: raise max_orders from " +
                                                             std::to_string(max_orders) + " to at least " +
                                                             std::to_string(possible) +
                                                             ", or set it to 0 to have it follow the stock");
}

template <typename T, std::size_t N>
void add_keys(std::string_view under, const JsonMember<T> (&members)[N], std::vector<std::string>& keys) {
  for (const JsonMember<T>& member : members)
    keys.push_back(std::string(under) + '/' + std::string(member.key));
}

}  // namespace

std::vector<std::string> configuration_keys() {
  std::vector<std::string> keys;
  add_keys("", kConfigurationMembers, keys);
  add_keys("/server", kServerMembers, keys);
  add_keys("/campaigns/*", kCampaignMembers, keys);
  add_keys("/campaigns/*/offers/*", kOfferMembers, keys);
  return keys;
}

std::vector<std::string_view> changed_server_keys(const ServerOptions& running, const ServerOptions& wanted) {
  std::vector<std::string_view> keys;
  const auto compare = [&](std::string_view key, const auto& a, const auto& b) {
    if (a != b) keys.push_back(key);
  };
  compare("listen", running.listen, wanted.listen);
  compare("admin", running.admin, wanted.admin);
  compare("data_dir", running.data_dir, wanted.data_dir);
  compare("cores", running.cores, wanted.cores);
  compare("acknowledge", running.acknowledge, wanted.acknowledge);
  compare("wiring", running.wiring, wanted.wiring);
  compare("max_body_bytes", running.max_body_bytes, wanted.max_body_bytes);
  compare("max_connections", running.max_connections, wanted.max_connections);
  compare("max_pipeline", running.max_pipeline, wanted.max_pipeline);
  compare("max_orders", running.max_orders, wanted.max_orders);
  compare("segment_bytes", running.segment_bytes, wanted.segment_bytes);
  compare("header_timeout_ms", running.header_timeout_ms, wanted.header_timeout_ms);
  compare("body_timeout_ms", running.body_timeout_ms, wanted.body_timeout_ms);
  compare("idle_timeout_ms", running.idle_timeout_ms, wanted.idle_timeout_ms);
  compare("write_timeout_ms", running.write_timeout_ms, wanted.write_timeout_ms);
  compare("stock_metrics", running.stock_metrics, wanted.stock_metrics);
  return keys;
}

std::uint64_t orders_possible(const std::vector<CampaignConfiguration>& campaigns) {
  std::uint64_t units = 0;
  for (const CampaignConfiguration& campaign : campaigns) {
    for (const OfferConfiguration& offer : campaign.offers) units += static_cast<std::uint64_t>(offer.stock);
  }
  return units;
}

ParsedConfiguration parse_configuration(std::string_view text) {
  ParsedConfiguration parsed;
  const tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(text);
  if (!document) {
    parsed.diagnostics.push_back(document.error());
    return parsed;
  }
  JsonReader reader(*document);
  Configuration configuration;
  reader.object(document->root(), kConfigurationMembers, configuration);
  check_orders(reader, document->root(), configuration);
  parsed.diagnostics = reader.take_diagnostics();
  if (parsed.diagnostics.empty()) parsed.configuration = std::move(configuration);
  return parsed;
}

ParsedConfiguration read_configuration(const std::string& file) {
  const Result<std::string> text = read_text_file(file, kConfigurationBytesMax);
  if (text) return parse_configuration(*text);
  ParsedConfiguration unread;
  unread.diagnostics.push_back({"", 1, 1, text.error().message});
  return unread;
}

}  // namespace doorbuster
