#include "doorbuster/catalog/configuration.h"

#include <algorithm>
#include <utility>

#include "catalog/access_reader.h"
#include "catalog/campaign_reader.h"
#include "catalog/item_reader.h"
#include "catalog/offer_rule_reader.h"
#include "catalog/pool_reader.h"
#include "catalog/sink_reader.h"
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
    {"order_retention_seconds", Presence::optional,
     read_integer<&ServerOptions::order_retention_seconds, kOrderRetentionSecondsMin,
                  kOrderRetentionSecondsMax>},
    {"segment_bytes", Presence::optional,
     read_integer<&ServerOptions::segment_bytes, kSegmentBytesMin, kSegmentBytesMax>},
    {"checkpoint_segments", Presence::optional,
     read_integer<&ServerOptions::checkpoint_segments, 0, kCheckpointSegmentsMax>},
    {"journal_retention_seconds", Presence::optional,
     read_integer<&ServerOptions::journal_retention_seconds, 0, kJournalRetentionSecondsMax>},
    {"header_timeout_ms", Presence::optional, read_timeout<&ServerOptions::header_timeout_ms>},
    {"body_timeout_ms", Presence::optional, read_timeout<&ServerOptions::body_timeout_ms>},
    {"idle_timeout_ms", Presence::optional, read_timeout<&ServerOptions::idle_timeout_ms>},
    {"write_timeout_ms", Presence::optional, read_timeout<&ServerOptions::write_timeout_ms>},
    {"stock_metrics", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ServerOptions& o) { r.boolean(n, o.stock_metrics); }},
    {"audience_tokens", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ServerOptions& o) {
       read_audience_tokens(r, n, o.audience_tokens);
     }},
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

constexpr JsonMember<Configuration> kConfigurationMembers[] = {
    {"server", Presence::optional, read_server},
    {"catalog", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Configuration& c) { read_items(r, n, c.items); }},
    {"campaigns", Presence::required,
     [](JsonReader& r, const JsonNode& n, Configuration& c) { read_campaigns(r, n, c.campaigns); }},
    {"tenants", Presence::optional, read_tenants},
    {"api_keys", Presence::optional, read_api_keys},
    {"sinks", Presence::optional, read_sinks},
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

}  // namespace

std::string_view acknowledge_name(Acknowledge acknowledge) {
  return kAcknowledgements[static_cast<std::size_t>(acknowledge)].first;
}

std::string_view wiring_name(Wiring wiring) {
  return kWirings[static_cast<std::size_t>(wiring)].first;
}

std::vector<std::string> configuration_keys() {
  std::vector<std::string> keys;
  add_keys("", kConfigurationMembers, keys);
  add_keys("/server", kServerMembers, keys);
  add_audience_token_keys("/server/audience_tokens", keys);
  add_item_keys("/catalog/*", keys);
  add_campaign_keys("/campaigns/*", keys);
  add_access_keys(keys);
  add_sink_keys(keys);
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
  compare("order_retention_seconds", running.order_retention_seconds, wanted.order_retention_seconds);
  compare("segment_bytes", running.segment_bytes, wanted.segment_bytes);
  compare("checkpoint_segments", running.checkpoint_segments, wanted.checkpoint_segments);
  compare("journal_retention_seconds", running.journal_retention_seconds, wanted.journal_retention_seconds);
  compare("header_timeout_ms", running.header_timeout_ms, wanted.header_timeout_ms);
  compare("body_timeout_ms", running.body_timeout_ms, wanted.body_timeout_ms);
  compare("idle_timeout_ms", running.idle_timeout_ms, wanted.idle_timeout_ms);
  compare("write_timeout_ms", running.write_timeout_ms, wanted.write_timeout_ms);
  compare("stock_metrics", running.stock_metrics, wanted.stock_metrics);
  compare("audience_tokens", running.audience_tokens, wanted.audience_tokens);
  return keys;
}

std::uint64_t orders_possible(const std::vector<CampaignConfiguration>& campaigns) {
  std::uint64_t units = 0;
  for (const CampaignConfiguration& campaign : campaigns) {
    for (const OfferConfiguration& offer : campaign.offers) units += static_cast<std::uint64_t>(offer.stock);
  }
  return units;
}

std::span<const ItemPut> items_of(const Configuration& configuration, std::string_view tenant) {
  if (tenant == kDefaultTenantName) return configuration.items;
  const auto found = std::ranges::find(configuration.tenants, tenant, &TenantConfiguration::id);
  return found == configuration.tenants.end() ? std::span<const ItemPut>() : std::span(found->items);
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
  expand_offer_rules(reader, document->root(), configuration);
  check_pool_items(reader, document->root(), configuration);
  check_orders(reader, document->root(), configuration);
  check_tenants(reader, document->root(), configuration);
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
