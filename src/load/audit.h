#pragma once
// The audit: asks the server, over HTTP, about everything that it promised.

#include <map>
#include <string>
#include <vector>

#include "load/http_client.h"
#include "load/judge.h"
#include "load/record.h"
#include "load/server_view.h"
#include "load/wire.h"

namespace doorbuster::load {

struct AuditInput {
  HttpClient& api;
  HttpClient* admin = nullptr;  // null: stock is not judged
  std::string campaign;
  std::vector<Promise> promises;
  std::vector<StockView> baseline;  // before the load
  std::optional<std::uint32_t> limit_per_buyer;
  std::map<std::string, std::int64_t> unknown_units = {};  // by SKU
  bool unknown_is_complete = true;
  std::map<std::string, std::uint32_t> sold_out_quantity = {};  // by SKU
};

// Appends to `checks`: limit, orders, replays of a sample of keys, stock, sell-out. A server that cannot be
// asked fails the check that asked it.
void audit(const AuditInput& input, std::vector<Check>& checks);

// Sends every key once more that got no answer or lost it, so that at the end it is known what it stands for:
// either its order, or a refusal, or a fresh order. Appends the requests to `record`, whose time 0 is
// `start_ns` (monotonic clock).
Status settle_unknown(HttpClient& api, const BuyWriter& writer, std::int64_t start_ns, RunRecord& record);

}  // namespace doorbuster::load
