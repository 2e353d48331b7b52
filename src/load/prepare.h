#pragma once
// From options to everything that is known before the first request.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/load/load.h"
#include "doorbuster/load/scenario.h"
#include "load/http_client.h"
#include "load/judge_limit.h"
#include "load/server_view.h"
#include "load/wire.h"

namespace doorbuster::load {

struct SkuChoice {
  std::vector<SkuTerms> skus;
  std::optional<std::size_t> hot;
};

struct Prepared {
  Scenario scenario;
  Target target;
  std::unique_ptr<HttpClient> api, admin;
  CampaignView campaign;
  SkuChoice choice;
  std::vector<StockView> baseline;
  Limits limits;
  std::optional<std::uint32_t> hold_max_seconds;
  std::string run;
};

// The scenario of the options, the campaign and its stock as the server tells them now. Error kind: usage
// where the options or the scenario are wrong, runtime where the server is.
Result<Prepared> prepare(const LoadOptions& options);

// `admin` stays empty when none was named.
Status open_clients(const LoadOptions& options, Target& target, std::unique_ptr<HttpClient>& api,
                    std::unique_ptr<HttpClient>& admin);

}  // namespace doorbuster::load
