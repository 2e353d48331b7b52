#pragma once
// The configuration file: JSON text to typed values, with every error at once and each at its place.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/result.h"
#include "doorbuster/catalog/access.h"
#include "doorbuster/catalog/catalog.h"
#include "doorbuster/catalog/sinks.h"

namespace doorbuster {

enum class Acknowledge { durable, decided };
enum class Wiring { automatic, shared, dedicated };  // who runs where: docs/ARCHITECTURE.md, "Wiring"
// "durable" for Acknowledge::durable, and so on: the word of the configuration.
std::string_view acknowledge_name(Acknowledge acknowledge);
std::string_view wiring_name(Wiring wiring);

struct ServerOptions {
  std::string listen = "127.0.0.1:8080";
  std::string admin = "127.0.0.1:9090";
  std::string data_dir = "data";
  std::uint32_t cores = 0;  // 0: one per processor that the process may use
  Acknowledge acknowledge = Acknowledge::durable;
  Wiring wiring = Wiring::automatic;
  std::size_t max_body_bytes = kBodyBytesDefault;
  std::uint32_t max_connections = kConnectionsDefault;
  std::uint32_t max_pipeline = kPipelineDepthMax;
  std::uint32_t order_retention_seconds = kOrderRetentionSecondsDefault;  // after they are over
  std::uint64_t max_orders = 0;  // 0: from the stock of all campaigns, at least kOrdersDefault
  std::size_t segment_bytes = kSegmentBytesDefault;
  std::uint32_t checkpoint_segments = kCheckpointSegmentsDefault;             // 0: none is made by itself
  std::uint32_t journal_retention_seconds = kJournalRetentionSecondsDefault;  // for a restore to a time
  std::uint32_t header_timeout_ms = 10'000;  // first byte of a request to the end of its header
  std::uint32_t body_timeout_ms = 10'000;    // end of the header to the end of the body
  std::uint32_t idle_timeout_ms = 75'000;    // between requests
  std::uint32_t write_timeout_ms = 10'000;   // a reply that makes no progress
  bool stock_metrics = false;                // stock gauges per SKU in /metrics
  AudienceTokenOptions audience_tokens = {};
};

struct OfferConfiguration {
  std::string sku;
  std::int64_t stock = 0, list_price = 0, price = 0;
  OfferPlan plan = {};
  std::uint16_t rule = 0;  // made by this rule of its campaign, 1 is the first; 0: it is the file's own
  friend bool operator==(const OfferConfiguration&, const OfferConfiguration&) = default;
};

struct CampaignConfiguration {
  std::string id, name, currency;
  Tick starts_at, ends_at;
  std::uint32_t hold_seconds = 0;      // 0: a buy is final at once, and nothing below is about holds
  std::uint32_t hold_max_seconds = 0;  // at least hold_seconds
  std::uint32_t limit_per_buyer = 0;
  std::uint32_t limit_per_buyer_total = 0;
  PaymentFailure on_payment_failed = PaymentFailure::release;
  std::uint32_t grace_seconds = 0;  // above 0 with PaymentFailure::grace only
  bool waitlist = false;
  std::uint32_t offer_seconds = 0;  // hold_seconds where the file does not say
  bool show_remaining = false;
  bool from_pool = false;         // its offers' stock comes out of the catalog's pool when it is armed
  std::uint32_t arm_seconds = 0;  // so long before the first window; with from_pool only
  CampaignPlan plan = {};
  bool schedule_is_cut = false;  // its rule goes on behind the last window
  std::string tenant = std::string(kDefaultTenantName);
  std::vector<OfferConfiguration> offers;  // and behind them those that plan.offer_rules make
  friend bool operator==(const CampaignConfiguration&, const CampaignConfiguration&) = default;
};

// The campaign as the catalog has it, without an index, its tenant and the offers.
CampaignPut campaign_put_of(const CampaignConfiguration& configured);

struct Configuration {
  ServerOptions server;
  std::vector<ItemPut> items;  // "catalog"; without indexes
  std::vector<CampaignConfiguration> campaigns;
  std::vector<TenantConfiguration> tenants = {};
  std::vector<ApiKeyConfiguration> api_keys = {};
  std::vector<SinkConfiguration> sinks = {};
};

// The catalog of a tenant. REQUIRES: it is the first, or among the configuration's.
std::span<const ItemPut> items_of(const Configuration& configuration, std::string_view tenant);

// A whole configuration, or all that is wrong with it (then `configuration` is empty).
struct ParsedConfiguration {
  std::optional<Configuration> configuration;
  std::vector<Diagnostic> diagnostics;
};
ParsedConfiguration parse_configuration(std::string_view text);

// Every key that a configuration may have, as JSON Pointers with * for the elements of an array:
// "/server/listen", "/campaigns/*/offers/*/sku". The documentation and the published schema are tested
// against it.
std::vector<std::string> configuration_keys();

// The keys of "server" in which the two differ. None of them is taken by a reload: a restart is.
std::vector<std::string_view> changed_server_keys(const ServerOptions& running, const ServerOptions& wanted);

// Reads and parses; a file that cannot be read is one diagnostic too.
ParsedConfiguration read_configuration(const std::string& file);

// What `doorbuster check` prints for a valid file, relative to `now`: next starts and ends in UTC and local
// time, lowest price reachable, stock backing, overlaps. Local is the machine's time zone (TZ or
// /etc/localtime).
std::string describe_configuration(const Configuration& configuration, Tick now);
// The same and the diagnostics for machines: one JSON object.
std::string describe_configuration_json(const ParsedConfiguration& parsed, Tick now);

// What has to change so that `catalog` becomes what the configuration says. `committed[offer.value]` are the
// units sold or held of each offer. Refused (ErrorKind::configuration, all reasons in one message) when a
// stock is below what is committed, when a currency changes under existing orders, or when a bound would be
// passed. Empty: nothing to do. `orders_reserved` is how many orders the running tables have room for. What
// left the configuration is no longer `listed`, a campaign's offers with it; what comes back gets its old
// index. What an operator did since the file was last applied stands: a pause; an early end, unless the file
// brings another window; a campaign that was changed or withdrawn by hand, unless the file says something
// new about it; what no file has; and that a campaign is armed and what it has given back, unless it is to
// sell longer than it was: then it takes its whole stock again. Refused is also what the pool does not back.
// A tenant that left is no longer `listed`, and nothing of its is. Offers by rule follow the items in the
// same change, those of campaigns that stand otherwise included.
// REQUIRES: `configuration` is what a parsed one can be; committed.size() == catalog.offers().size().
Result<CatalogChangeSet> plan_change(const Catalog& catalog, const std::vector<std::int64_t>& committed,
                                     const Configuration& configuration, std::uint64_t orders_reserved);
// A configuration of these campaigns and nothing else.
Result<CatalogChangeSet> plan_change(const Catalog& catalog, const std::vector<std::int64_t>& committed,
                                     const std::vector<CampaignConfiguration>& campaigns,
                                     std::uint64_t orders_reserved);

// How many orders this configuration can come to: the sum of all stock.
std::uint64_t orders_possible(const std::vector<CampaignConfiguration>& campaigns);

}  // namespace doorbuster
