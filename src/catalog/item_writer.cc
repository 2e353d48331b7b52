#include "catalog/item_writer.h"

#include "catalog/json_writer.h"

namespace doorbuster {

std::string attributes_json(std::span<const ItemAttribute> attributes) {
  std::string out;
  JsonObjectWriter object(out, JsonLayout::one_line());
  for (const ItemAttribute& attribute : attributes) object.member(attribute.name, attribute.value);
  object.end();
  return out;
}

void append_item(std::string& out, const ItemPut& item) {
  JsonObjectWriter object(out, JsonLayout::one_line());
  object.member("sku", item.sku);
  if (!item.category.empty()) object.member("category", item.category);
  if (!item.currency.empty()) object.member("currency", item.currency);
  object.member("list_price", item.list_price);
  if (item.stock != 0) object.member("stock", item.stock);
  if (!item.attributes.empty()) object.json("attributes", attributes_json(item.attributes));
  object.end();
}

}  // namespace doorbuster
