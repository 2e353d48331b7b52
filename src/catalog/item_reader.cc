#include "catalog/item_reader.h"

#include <algorithm>
#include <functional>

#include "catalog/campaign_reader.h"
#include "catalog/currency.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

bool is_category(std::string_view path) {
  if (path.size() > kCategoryBytesMax) return false;
  for (std::size_t from = 0;;) {
    const std::size_t slash = path.find('/', from);
    if (!is_identifier(path.substr(from, slash - from))) return false;
    if (slash == std::string_view::npos) return true;
    from = slash + 1;
  }
}

constexpr JsonMember<ItemPut> kItemMembers[] = {
    {"sku", Presence::required, [](JsonReader& r, const JsonNode& n, ItemPut& i) { r.identifier(n, i.sku); }},
    {"category", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ItemPut& i) { read_category(r, n, i.category); }},
    {"currency", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ItemPut& i) { read_currency(r, n, i.currency); }},
    {"list_price", Presence::required,
     [](JsonReader& r, const JsonNode& n, ItemPut& i) {
       r.integer(n, {0, kPriceMax, "minor units"}, i.list_price);
     }},
    {"stock", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ItemPut& i) {
       r.integer(n, {0, kStockMax, "units"}, i.stock);
     }},
    {"attributes", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ItemPut& i) { read_attributes(r, n, 0, i.attributes); }},
};

}  // namespace

void read_category(JsonReader& reader, const JsonNode& node, std::string& category) {
  if (!reader.expect(node, JsonType::string)) return;
  if (!is_category(node.string())) {
    return reader.error(node, quoted(node.string()) + " is no category: write identifiers (1 to " +
                                  std::to_string(kIdentifierBytesMax) +
                                  " of A-Z a-z 0-9 . _ : @ -) apart by '/', at most " +
                                  std::to_string(kCategoryBytesMax) + " bytes together");
  }
  category = node.string();
}

void read_attributes(JsonReader& reader, const JsonNode& node, std::size_t min,
                     std::vector<ItemAttribute>& attributes) {
  if (!reader.expect(node, JsonType::object)) return;
  const std::size_t count = node.child_count();
  if (count < min || count > kItemAttributesMax) {
    return reader.error(node, "must have " + std::to_string(min) + " to " +
                                  std::to_string(kItemAttributesMax) + " attributes, not " +
                                  std::to_string(count));
  }
  std::size_t bytes = 0;
  for (const JsonNode& member : node.children()) {
    ItemAttribute attribute{std::string(member.key()), {}};
    if (!is_identifier(attribute.name)) {
      reader.error_at_key(member, quoted(attribute.name) + " is no identifier: an attribute's name is 1 to " +
                                      std::to_string(kIdentifierBytesMax) + " of A-Z a-z 0-9 . _ : @ -");
      continue;
    }
    if (!reader.identifier(member, attribute.value)) continue;
    if (std::ranges::find(attributes, attribute.name, &ItemAttribute::name) != attributes.end()) {
      reader.error_at_key(member, "duplicate key: it stands in this object already");
      continue;
    }
    bytes += attribute.name.size() + attribute.value.size();
    attributes.push_back(std::move(attribute));
  }
  std::ranges::sort(attributes, std::less<>(), &ItemAttribute::name);
  if (bytes > kItemAttributeBytesMax) {
    reader.error(node, "names and values have " + std::to_string(bytes) + " bytes together, at most " +
                           std::to_string(kItemAttributeBytesMax) + " are possible");
  }
}

void read_currency(JsonReader& reader, const JsonNode& node, std::string& currency) {
  if (!reader.expect(node, JsonType::string)) return;
  if (!currency_digits(node.string())) {
    return reader.error(node, quoted(node.string()) +
                                  " is no ISO 4217 code of a currency in use: write three capital "
                                  "letters such as EUR");
  }
  currency = node.string();
}

void read_items(JsonReader& reader, const JsonNode& node, std::vector<ItemPut>& items) {
  reader.array(node, {0, kItemsMax},
               [&](const JsonNode& item) { reader.object(item, kItemMembers, items.emplace_back()); });
  refuse_repeated(reader, node, "sku", "SKU");
}

void add_item_keys(std::string_view under, std::vector<std::string>& keys) {
  add_keys(under, kItemMembers, keys);
}

}  // namespace doorbuster
