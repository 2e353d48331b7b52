#include "admin/change_body.h"

#include <utility>
#include <vector>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/json_reader.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

// A body is read in two steps, because they have different answers: is it an object of the right members and
// types, and are their values possible.
template <JsonType type, auto Node, typename Nodes>
void take(JsonReader& reader, const JsonNode& node, Nodes& nodes) {
  if (reader.expect(node, type)) nodes.*Node = &node;
}

struct ActionNodes {
  const JsonNode* reason = nullptr;
  const JsonNode* ends_at = nullptr;
};
constexpr JsonMember<ActionNodes> kReason = {"reason", Presence::optional,
                                             take<JsonType::string, &ActionNodes::reason>};
constexpr JsonMember<ActionNodes> kActionMembers[] = {kReason};
constexpr JsonMember<ActionNodes> kExtensionMembers[] = {
    {"ends_at", Presence::required, take<JsonType::string, &ActionNodes::ends_at>}, kReason};

struct StockNodes {
  const JsonNode* sku = nullptr;
  const JsonNode* delta = nullptr;
  const JsonNode* reason = nullptr;
};
constexpr JsonMember<StockNodes> kStockMembers[] = {
    {"sku", Presence::required, take<JsonType::string, &StockNodes::sku>},
    {"delta", Presence::required, take<JsonType::integer, &StockNodes::delta>},
    {"reason", Presence::required, take<JsonType::string, &StockNodes::reason>},
};

void read_reason(JsonReader& reader, const JsonNode* node, std::string& out) {
  if (node != nullptr) reader.string(*node, {1, kChangeTextBytesMax}, out);
}

void read_action_values(JsonReader& reader, const ActionNodes& nodes, ActionBody& body) {
  read_reason(reader, nodes.reason, body.reason);
  if (nodes.ends_at == nullptr) return;
  body.ends_at = parse_rfc3339(nodes.ends_at->string());
  if (body.ends_at) return;
  reader.error(*nodes.ends_at, quoted(nodes.ends_at->string()) +
                                   " is no RFC 3339 time of the years 1970 to 2261: write one such as "
                                   "2026-11-27T20:00:00Z or 2026-11-27T21:00:00+01:00");
}

void read_stock_values(JsonReader& reader, const StockNodes& nodes, StockBody& body) {
  if (nodes.sku != nullptr) reader.identifier(*nodes.sku, body.sku);
  if (nodes.delta != nullptr) body.delta = nodes.delta->integer();
  read_reason(reader, nodes.reason, body.reason);
}

std::string joined(const std::vector<Diagnostic>& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) {
    if (!text.empty()) text += "; ";
    if (!diagnostic.pointer.empty()) text += diagnostic.pointer + ": ";
    text += diagnostic.message;
  }
  return text;
}

template <typename Body, typename Nodes, std::size_t N>
tl::expected<Body, BodyRefusal> read(std::string_view text, const JsonMember<Nodes> (&members)[N],
                                     void (*read_values)(JsonReader&, const Nodes&, Body&)) {
  const auto document = JsonDocument::parse(text.empty() ? "{}" : text);
  if (!document) {
    const Diagnostic& wrong = document.error();
    return tl::unexpected(
        BodyRefusal{Outcome::malformed_request, "line " + std::to_string(wrong.line) + ", column " +
                                                    std::to_string(wrong.column) + ": " + wrong.message});
  }
  Nodes nodes;
  Body body;
  JsonReader shape(*document), values(*document);
  const bool well_formed = shape.object(document->root(), members, nodes);
  read_values(values, nodes, body);
  std::vector<Diagnostic> wrong = shape.take_diagnostics();
  for (Diagnostic& more : values.take_diagnostics()) wrong.push_back(std::move(more));
  if (wrong.empty()) return body;
  return tl::unexpected(
      BodyRefusal{well_formed ? Outcome::validation_failed : Outcome::malformed_request, joined(wrong)});
}

}  // namespace

tl::expected<ActionBody, BodyRefusal> read_action(std::string_view body) {
  return read(body, kActionMembers, read_action_values);
}

tl::expected<ActionBody, BodyRefusal> read_extension(std::string_view body) {
  return read(body, kExtensionMembers, read_action_values);
}

tl::expected<StockBody, BodyRefusal> read_stock(std::string_view body) {
  return read(body, kStockMembers, read_stock_values);
}

}  // namespace doorbuster
