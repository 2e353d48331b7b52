#pragma once
// An event (docs/formats/feed.md) taken apart for the tables.

#include <simdjson.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "sink/postgres_column.h"

namespace doorbuster {

struct PostgresOrderLine {
  std::string_view sku;
  std::int64_t quantity = 0, unit_price = 0;
};

// What an event says about an order. Members that it does not have are empty.
struct PostgresOrderEvent {
  std::string_view order, campaign;
  std::string_view what;  // the word behind "doorbuster.order."
  bool is_first = false;
  std::optional<std::string_view> sku, buyer, reference, channel, region, segment, currency,
      payment_reference;
  std::optional<std::int64_t> quantity, unit_price, total;
  std::optional<PostgresTime> expires_at;
  std::vector<PostgresOrderLine> lines;  // of a first event; of an order of one SKU, that one
};

struct PostgresEvent {
  std::string_view id, type, tenant;
  std::optional<std::string_view> subject;
  PostgresTime time;
  std::string data;                         // JSON
  std::optional<PostgresOrderEvent> order;  // of the types of orders that this program knows
};

// One thread.
class PostgresEventParser {
 public:
  // The texts are valid until the next call. The error names what is wrong with it, not what it says.
  // Members and types that this program does not know are none of its business.
  Result<PostgresEvent> parse(std::string_view json);

 private:
  simdjson::dom::parser parser_;
};

}  // namespace doorbuster
