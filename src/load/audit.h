#pragma once
// The audit: asks the server, over HTTP, about everything that it promised.

#include <map>
#include <string>
#include <vector>

#include "load/http_client.h"
#include "load/judge.h"
#include "load/judge_limit.h"
#include "load/server_view.h"

namespace doorbuster::load {

struct AuditInput {
  HttpClient& api;
  HttpClient* admin = nullptr;  // null: stock is not judged
  std::string campaign;
  const std::vector<Promise>& promises;
  std::vector<StockView> baseline;  // before the load
  Limits limits = {};
  std::vector<LiveUnits> live = {};  // to judge the limits by
  std::int64_t clock_offset_ns = 0;  // the server's wall clock minus ours, and how far off that can be
  std::int64_t clock_error_ns = 0;
  std::map<std::string, std::int64_t> unknown_units = {};  // by SKU
  bool unknown_is_complete = true;
  std::map<std::string, std::uint32_t> sold_out_quantity = {};  // by SKU
};

// What a server that is asked too much, or that is about to act, is given.
void pause_for_ms(std::int64_t ms);

// Appends to `checks`: limits, orders, replays of a sample of keys, stock, sell-out. Waits first until the
// holds that are known have run out, a minute at most. A server that cannot be asked fails the check that
// asked it.
void audit(const AuditInput& input, std::vector<Check>& checks);

}  // namespace doorbuster::load
