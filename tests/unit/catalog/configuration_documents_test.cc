// The parser, the published schema, config/README.md and the shipped files say the same.

#include <algorithm>
#include <boost/json.hpp>
#include <limits>
#include <set>
#include <string>
#include <vector>

#include "doorbuster/base/text_file.h"
#include "doorbuster/catalog/configuration.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

namespace json = boost::json;

constexpr const char* kSecret = "0123456789abcdef";

std::string file_text(const std::string& name) {
  Result<std::string> text = read_text_file("config/" + name, 1 << 20);  // tests run in the top folder
  if (!text) FAIL(name + ": " + text.error().message);
  return *std::move(text);
}

json::value schema() {
  return json::parse(file_text("doorbuster.schema.json"));
}

// Every property, as configuration_keys() writes it, with its subschema.
void collect(const json::value& node, const std::string& under,
             std::vector<std::pair<std::string, json::object>>& properties) {
  if (const json::value* items = node.as_object().if_contains("items"))
    collect(*items, under + "/*", properties);
  const json::value* members = node.as_object().if_contains("properties");
  if (members == nullptr) return;
  CHECK(node.at("additionalProperties") == json::value(false));
  for (const auto& [key, value] : members->as_object()) {
    const std::string pointer = under + '/' + std::string(key);
    properties.emplace_back(pointer, value.as_object());
    collect(value, pointer, properties);
  }
}

std::vector<std::pair<std::string, json::object>> schema_properties() {
  std::vector<std::pair<std::string, json::object>> properties;
  collect(schema(), "", properties);
  return properties;
}

// The subschema of the object whose members stand under `parent`.
json::value owner_of(const std::string& parent) {
  json::value node = schema();
  for (std::size_t at = 0; at < parent.size();) {
    const std::size_t next = std::min(parent.find('/', at + 1), parent.size());
    const std::string step = parent.substr(at + 1, next - at - 1);
    json::value below = step == "*" ? node.at("items") : node.at("properties").at(step);
    node = std::move(below);
    at = next;
  }
  return node;
}

// What else an object needs before its member `key` can be `value`.
void add_company(const std::string& parent, std::string_view key, const json::value& value,
                 json::object& campaign) {
  for (const std::string_view needs_holds :
       {"hold_max_seconds", "on_payment_failed", "grace_seconds", "waitlist", "offer_seconds"}) {
    if (key == needs_holds && value != json::value(0)) campaign["hold_seconds"] = 1;
  }
  if (key == "grace_seconds" && !value.is_null()) campaign["on_payment_failed"] = "grace";
  if (key == "on_payment_failed" && value == "grace") campaign["grace_seconds"] = 1;
  if (key == "offer_seconds") campaign["waitlist"] = true;
  if (key == "arm_seconds") campaign["from_pool"] = true;
  if (key == "schedule" || parent.ends_with("/schedule")) {
    campaign.erase("starts_at");
    campaign.erase("ends_at");
    json::object schedule = {{"zone", "Europe/Berlin"}, {"starts_at", "2026-11-27T08:00:00"}};
    key == "duration_seconds" ? schedule["duration_seconds"] = 60
                              : schedule["ends_at"] = "2026-11-27T20:00:00";
    campaign["schedule"] = schedule;
  }
  if (parent.ends_with("/offer_rules/*")) {
    campaign["offer_rules"] =
        json::array{{{"category", "c"}, {"attributes", {{"brand", "acme"}}}, {"discount_percent", 10}}};
  }
  json::object& offer = campaign.at("offers").at(0).as_object();
  if (parent.ends_with("/channel_quotas/*")) {
    const json::object quota = {{"channel", "app"}, {"units", 1}, {"until", "2026-11-27T10:00:00Z"}};
    offer["channel_quotas"] = json::array{quota};
  }
  if (!parent.ends_with("/price_steps/*")) return;
  json::object& owner = parent.find("/offers/") == std::string::npos ? campaign : offer;
  json::object step = {{"starts_at", "2026-11-27T09:00:00Z"}};
  if (key != "price") step["discount_percent"] = 10;
  owner["price_steps"] = json::array{step};
}

// Of keys of which an object must have one, another than `key`.
void add_alternative(std::string_view key, json::object& object) {
  const json::object schedule = {
      {"zone", "UTC"}, {"starts_at", "2026-11-27T08:00:00"}, {"duration_seconds", 60}};
  if (key == "discount_percent") object["price"] = 1;
  if (key == "price") object["discount_percent"] = 1;
  if (key == "offers") {
    object["offer_rules"] = json::array{{{"category", "c"}, {"discount_percent", 10}}};
    return;
  }
  if (object.contains("sku") || object.contains("discount_percent") || object.contains("price")) return;
  if (object.contains("offers")) {
    if (key != "starts_at" && key != "ends_at" && key != "schedule") return;
    for (const std::string_view said : {"starts_at", "ends_at", "schedule"}) object.erase(said);
    if (key != "schedule") {
      object["schedule"] = schedule;
    } else {
      object["starts_at"] = "2026-11-27T08:00:00Z";
      object["ends_at"] = "2026-11-27T20:00:00Z";
    }
    return;
  }
  if (key == "file") object["nats"] = {{"url", "nats://queue"}};
  if (key == "webhook" || key == "postgres" || key == "nats") object["file"] = {{"folder", "events"}};
  if (object.contains("id")) return;
  if (key == "ends_at") object["duration_seconds"] = 60;
  if (key == "duration_seconds") object["ends_at"] = "2026-11-27T20:00:00";
}

// A sink that is valid once the member that `pointer` names is there.
json::object sink_with(const std::string& pointer) {
  json::object sink = {{"id", "s"}};
  const auto is_in = [&](const std::string& kind) { return pointer.starts_with("/sinks/*/" + kind); };
  if (is_in("webhook")) {
    sink["webhook"] = {{"url", "https://shop.example"},
                       {"secrets", json::array{"whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"}}};
  } else if (is_in("postgres")) {
    sink["postgres"] = {{"connection", "host=db"}};
  } else if (is_in("nats")) {
    sink["nats"] = {{"url", "nats://queue"}};
  } else {
    sink["file"] = {{"folder", "events"}};
  }
  return sink;
}

// A valid configuration with `value` at `pointer`.
json::value configuration_with(const std::string& pointer, const json::value& value) {
  json::value file = json::parse(R"({"server": {}, "catalog": [{"sku": "s", "list_price": 1}],
    "campaigns": [{"id": "a", "currency": "EUR",
    "starts_at": "2026-11-27T08:00:00Z", "ends_at": "2026-11-27T20:00:00Z",
    "offers": [{"sku": "s", "stock": 1, "price": 0}]}]})");
  if (pointer.starts_with("/server/audience_tokens/")) {
    file.at("server").as_object()["audience_tokens"] = {{"secrets", json::array{kSecret}}};
  }
  if (pointer.starts_with("/tenants/*")) {
    json::object tenant = {{"id", "t"}};
    if (pointer.find("/rate_limit/") != std::string::npos) {
      tenant["rate_limit"] = {{"requests_per_second", 1}, {"burst", 1}};
    }
    if (pointer.find("/audience_tokens/") != std::string::npos) {
      tenant["audience_tokens"] = {{"secrets", json::array{kSecret}}};
    }
    if (pointer.find("/catalog/") != std::string::npos) tenant["catalog"] = file.at("catalog");
    file.as_object()["tenants"] = json::array{tenant};
  }
  if (pointer.starts_with("/api_keys/*")) {
    file.as_object()["api_keys"] = json::array{
        json::object{{"id", "k"}, {"scopes", json::array{"buy"}}, {"sha256", std::string(64, '0')}}};
  }
  if (pointer.starts_with("/sinks/*")) file.as_object()["sinks"] = json::array{sink_with(pointer)};
  std::string at = pointer;
  std::replace(at.begin(), at.end(), '*', '0');
  const std::size_t slash = at.rfind('/');
  add_company(pointer.substr(0, pointer.rfind('/')), std::string_view(at).substr(slash + 1), value,
              file.at("campaigns").at(0).as_object());
  file.at_pointer(at.substr(0, slash)).as_object()[at.substr(slash + 1)] = value;
  return file;
}

ParsedConfiguration parse(const json::value& file) {
  return parse_configuration(json::serialize(file));
}

// Of these diagnostics, those that stand at the pointer itself.
bool refused_at(const ParsedConfiguration& parsed, std::string pointer) {
  std::replace(pointer.begin(), pointer.end(), '*', '0');
  return std::any_of(parsed.diagnostics.begin(), parsed.diagnostics.end(),
                     [&](const Diagnostic& diagnostic) { return diagnostic.pointer == pointer; });
}

TEST_CASE("the schema has every key that the parser knows, and the other way round") {
  std::set<std::string> of_schema;
  for (const auto& [pointer, property] : schema_properties()) of_schema.insert(pointer);
  const std::vector<std::string> keys = configuration_keys();
  CHECK(of_schema == std::set<std::string>(keys.begin(), keys.end()));
  CHECK(of_schema.size() == keys.size());
}

TEST_CASE("the schema requires what the parser requires") {
  for (const auto& [pointer, property] : schema_properties()) {
    json::value file =
        configuration_with(pointer, property.contains("default") ? property.at("default") : json::value());
    std::string at = pointer;
    std::replace(at.begin(), at.end(), '*', '0');
    const std::size_t slash = at.rfind('/');
    json::object& object = file.at_pointer(at.substr(0, slash)).as_object();
    object.erase(at.substr(slash + 1));
    const std::string parent = pointer.substr(0, pointer.rfind('/'));
    const json::value owner = owner_of(parent);
    // One of several that the object must have: then another one is there.
    if (owner.as_object().contains("oneOf")) add_alternative(pointer.substr(parent.size() + 1), object);
    INFO(pointer);
    const json::value* list = owner.as_object().if_contains("required");
    const json::value key(pointer.substr(parent.size() + 1));
    const bool required =
        list != nullptr && std::count(list->as_array().begin(), list->as_array().end(), key) == 1;
    CHECK(parse(file).diagnostics.empty() == !required);
  }
}

TEST_CASE("the parser's ranges are the schema's") {
  int ranges = 0;
  for (const auto& [pointer, property] : schema_properties()) {
    if (!property.contains("minimum")) continue;
    ++ranges;
    INFO(pointer);
    const std::int64_t min = property.at("minimum").as_int64();
    const std::int64_t max = property.at("maximum").as_int64();
    CHECK_FALSE(refused_at(parse(configuration_with(pointer, min)), pointer));
    CHECK_FALSE(refused_at(parse(configuration_with(pointer, max)), pointer));
    CHECK(refused_at(parse(configuration_with(pointer, min - 1)), pointer));
    CHECK(refused_at(parse(configuration_with(pointer, max + 1)), pointer));
  }
  CHECK(ranges == 47);
}

TEST_CASE("the parser's words and types are the schema's") {
  for (const auto& [pointer, property] : schema_properties()) {
    INFO(pointer);
    if (const json::value* words = property.if_contains("enum")) {
      for (const json::value& word : words->as_array())
        CHECK(parse(configuration_with(pointer, word)).diagnostics.empty());
    }
    // A value of another type is refused where it stands.
    const json::value wrong = property.at("type") == "boolean" ? json::value("true") : json::value(true);
    CHECK(refused_at(parse(configuration_with(pointer, wrong)), pointer));
  }
}

TEST_CASE("the schema's defaults are the program's") {
  int defaults = 0;
  for (const auto& [pointer, property] : schema_properties()) {
    if (!pointer.starts_with("/server/") || !property.contains("default")) continue;
    ++defaults;
    INFO(pointer);
    const ParsedConfiguration parsed = parse(configuration_with(pointer, property.at("default")));
    REQUIRE(parsed.configuration);
    // What stands beside a key of an inner object changes that object too.
    ServerOptions defaults_of_program;
    defaults_of_program.audience_tokens.secrets = parsed.configuration->server.audience_tokens.secrets;
    CHECK(changed_server_keys(defaults_of_program, parsed.configuration->server).empty());
  }
  CHECK(defaults == 20);
}

TEST_CASE("a server key that changes is the one that is named") {
  for (const auto& [pointer, property] : schema_properties()) {
    if (!pointer.starts_with("/server/")) continue;
    INFO(pointer);
    json::value other = "127.0.0.1:1";
    if (property.at("type") == "array") other = json::array{kSecret};
    if (property.at("type") == "object") other = json::object{{"secrets", json::array{kSecret}}};
    if (property.contains("enum")) other = property.at("enum").as_array().back();
    if (property.contains("maximum")) other = property.at("maximum");
    if (pointer == "/server/max_pipeline") other = 1;
    if (property.at("type") == "boolean") other = !property.at("default").as_bool();
    const ParsedConfiguration parsed = parse(configuration_with(pointer, other));
    REQUIRE(parsed.configuration);
    const std::string_view key = std::string_view(pointer).substr(8);
    CHECK(changed_server_keys(ServerOptions{}, parsed.configuration->server) ==
          std::vector<std::string_view>{key.substr(0, key.find('/'))});
  }
}

TEST_CASE("config/README.md has a row for every key, with its range and its default") {
  const std::string readme = file_text("README.md");
  for (const auto& [pointer, property] : schema_properties()) {
    INFO(pointer);
    // The chapter that names the object, or what is at the top.
    std::string object = pointer.substr(0, pointer.rfind('/'));
    if (object.ends_with("/*")) object.resize(object.size() - 2);
    const std::string title =
        object.empty() ? "At the top" : '`' + object.substr(object.rfind('/') + 1) + '`';
    std::size_t chapter = readme.find("\n## ");
    const auto is_titled = [&] {
      return readme.substr(chapter, readme.find('\n', chapter + 1) - chapter).ends_with(title);
    };
    while (chapter != std::string::npos && !is_titled()) chapter = readme.find("\n## ", chapter + 1);
    REQUIRE(chapter != std::string::npos);
    const std::size_t end = readme.find("\n## ", chapter + 1);
    const std::string start = "\n| `" + pointer.substr(pointer.rfind('/') + 1) + "` | ";
    const std::size_t at = readme.find(start, chapter);
    REQUIRE(at < end);
    CHECK(readme.find(start, at + 1) >= end);
    const std::string row = readme.substr(at + 1, readme.find('\n', at + 1) - at - 1);
    for (const std::string_view bound : {"minimum", "maximum", "maxLength", "maxItems"}) {
      if (!property.contains(bound) || (bound == "maxLength" && property.contains("pattern"))) continue;
      CHECK_THAT(row, Catch::Contains(json::serialize(property.at(bound))));
    }
    if (const json::value* value = property.if_contains("default")) {
      const std::string text =
          value->is_string() ? "`" + std::string(value->as_string()) + "`" : json::serialize(*value);
      CHECK_THAT(row, Catch::Contains("| " + text + " |"));
    }
  }
}

TEST_CASE("the shipped files are valid") {
  for (const std::string name : {"demo.json", "example.json"}) {
    INFO(name);
    const ParsedConfiguration parsed = read_configuration("config/" + name);
    for (const Diagnostic& diagnostic : parsed.diagnostics) FAIL_CHECK(format_diagnostic(name, diagnostic));
    CHECK(parsed.configuration);
  }
}

TEST_CASE("the demo has the hot SKU on sale for years, one sale that is over and one to come") {
  const ParsedConfiguration parsed = read_configuration("config/demo.json");
  REQUIRE(parsed.configuration);
  std::multiset<std::string_view> states_now, states_later;
  const Tick now = *parse_rfc3339("2026-11-27T12:00:00Z");
  const Tick later = *parse_rfc3339("2098-01-01T00:00:00Z");
  const OfferConfiguration* hot = nullptr;
  for (const CampaignConfiguration& campaign : parsed.configuration->campaigns) {
    states_now.insert(campaign_state_name(campaign_phase(campaign_put_of(campaign), now).state));
    states_later.insert(campaign_state_name(campaign_phase(campaign_put_of(campaign), later).state));
    if (campaign_phase(campaign_put_of(campaign), now).state != CampaignState::active) continue;
    for (const OfferConfiguration& offer : campaign.offers) {
      if (offer.sku == "tv-55-oled") hot = &offer;
    }
  }
  CHECK(states_now == std::multiset<std::string_view>{"active", "active", "ended", "scheduled"});
  CHECK(states_later == states_now);
  REQUIRE(hot != nullptr);
  CHECK(hot->stock == 500);
}

}  // namespace
}  // namespace doorbuster
