// What a signed audience costs an HTTP thread, for each buy that has one.

#include <memory>
#include <string>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/http/audience_token.h"
#include "micro/allocations.h"

namespace doorbuster::bench {
namespace {

constexpr std::int64_t kNowSeconds = 1'795'766'400;
constexpr TokenBearer kBearer = {
    .buyer = "b-829301", .campaign = "black-friday", .now = {kNowSeconds * kNsPerSecond}};
constexpr AudienceClaims kClaims = {.expires_at_s = kNowSeconds + 60,
                                    .buyer = "b-829301",
                                    .campaign = "black-friday",
                                    .region = "DE",
                                    .segment = "gold",
                                    .channel = "app"};

std::unique_ptr<AudienceTokens> tokens_of(std::vector<std::string> secrets) {
  auto tokens = AudienceTokens::make(secrets);
  DOORBUSTER_CHECK(tokens.has_value());
  return std::move(*tokens);
}

void verify(benchmark::State& state, const std::vector<std::string>& secrets, TokenFault expected) {
  const auto tokens = tokens_of(secrets);
  const std::string token = *tokens_of({"a secret of the shop"})->sign(kClaims);
  AudienceClaims claims;
  auto fault = TokenFault::none;
  const CountAllocations count(state);
  for (auto _ : state) {
    const bool read = tokens->verify(token, kBearer, claims, fault);
    benchmark::DoNotOptimize(claims);
    DOORBUSTER_CHECK(read && fault == expected);
  }
}

// While a secret is changed; and a forged one, which costs as many as there are secrets.
BENCHMARK_CAPTURE(verify, first, {"a secret of the shop"}, TokenFault::none)->Name("http/verify_token/smoke");
BENCHMARK_CAPTURE(verify, second, {"the newer secret", "a secret of the shop"}, TokenFault::none)
    ->Name("http/verify_token_of_second_secret/smoke");
BENCHMARK_CAPTURE(verify, forged, {"the newer secret"}, TokenFault::signature)
    ->Name("http/verify_forged_token/smoke");

}  // namespace
}  // namespace doorbuster::bench
