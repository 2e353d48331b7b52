// What a key and a limit cost an HTTP thread, for each request.

#include <memory>
#include <string>

#include "doorbuster/base/check.h"
#include "doorbuster/http/access.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

std::string key_text(std::size_t number) {
  std::string text = std::to_string(number);
  return std::string(kApiKeyPrefix) + std::string(kApiKeyBytes - kApiKeyPrefix.size() - text.size(), 'k') +
         text;
}

// `keys` are configured; connections with `shown` different ones take turns.
void identify(benchmark::State& state, std::size_t keys, std::size_t shown) {
  auto hasher = ApiKeyHasher::make();
  DOORBUSTER_CHECK(hasher.has_value());
  Configuration configuration;
  for (std::size_t i = 0; i < keys; ++i) {
    ApiKeyConfiguration& key = configuration.api_keys.emplace_back();
    key.id = std::to_string(i);
    key.tenant = kDefaultTenantName;
    DOORBUSTER_CHECK((*hasher)->hash(key_text(i), key.sha256));
  }
  AccessCell cell;
  cell.set(std::make_shared<const AccessTable>(configuration, Catalog(), AccessTable()));
  Gatekeeper gate(cell);
  std::vector<std::string> headers;
  for (std::size_t i = 0; i < shown; ++i) headers.push_back("Bearer " + key_text(i));
  HttpRequest http;
  http.has_authorization = true;
  std::size_t next = 0;
  const CountAllocations count(state);
  for (auto _ : state) {
    http.authorization = headers[next];
    next = next + 1 == shown ? 0 : next + 1;
    const Caller* caller = gate.identify(http);
    DOORBUSTER_CHECK(caller != nullptr);
  }
}
BENCHMARK_CAPTURE(identify, kept, 1'000, 1)->Name("http/identify_kept_key/smoke");
BENCHMARK_CAPTURE(identify, hashed, 1'000, 1'000)->Name("http/identify_hashed_key/smoke");

void take(benchmark::State& state, std::int64_t step_ns) {
  Gcra gcra;
  const RateLimit limit = {.requests_per_second = kRequestsPerSecondMax, .burst = 100};
  std::int64_t now_ns = 0;
  for (auto _ : state) benchmark::DoNotOptimize(gcra.take(limit, now_ns += step_ns));
}
BENCHMARK_CAPTURE(take, taken, 1'000)->Name("http/rate_limit_taken/smoke");
BENCHMARK_CAPTURE(take, refused, 0)->Name("http/rate_limit_refused/smoke");

}  // namespace
}  // namespace doorbuster::bench
