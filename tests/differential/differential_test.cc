// The engine and its obvious twin get the same questions and must say the same, word for word and unit for
// unit, through time, timers that run or do not, changes of the configuration, what operators do and restarts
// into other numbers of shards.
#include <rapidcheck.h>

#include "differential/pair.h"

namespace doorbuster {
namespace {

TEST_CASE("over random sales the engine and its twin say the same") {
  Fates fates;
  for (std::uint64_t seed = 1; seed <= 1'600; ++seed) play_random_sale(seed, 150, fates);
  for (std::uint64_t seed = 10'001; seed <= 10'060; ++seed) play_random_sale(seed, 1000, fates);
  // The sales did happen.
  CHECK(fates.orders > 10'000);
  CHECK(fates.expired > 3'000);
  CHECK(fates.confirmed > 3'000);
  CHECK(fates.offered > 300);
  CHECK(fates.refunds > 500);
  CHECK(fates.returned > 500);
  CHECK(fates.baskets > 1'000);
  CHECK(fates.owed_baskets > 100);
  for (const char* told :
       {"campaign_not_started", "campaign_paused", "campaign_ended", "not_eligible", "limit_reached",
        "price_changed", "all_held", "sold_out", "idempotency_key_reused", "pause done", "resume done",
        "end done", "extend done", "extend campaign_ended", "extend validation_failed"}) {
    CAPTURE(told, fates.answers[told]);
    CHECK(fates.answers[told] > 100);
  }
}

TEST_CASE("over random weeks the engine and its twin forget the same orders, and nothing that counts") {
  Fates fates;
  for (std::uint64_t seed = 20'001; seed <= 20'900; ++seed) play_random_weeks(seed, 400, fates);
  CHECK(fates.orders > 15'000);
  CHECK(fates.forgotten > 8'000);
  CHECK(fates.baskets > 1'000);
  for (const char* told : {"again", "new", "limit_reached", "command ok", "command order_gone"}) {
    CAPTURE(told, fates.answers[told]);
    CHECK(fates.answers[told] > 100);
  }
}

rc::Gen<Step> arbitrary_step() {
  using rc::gen::inRange;
  using rc::gen::set;
  return rc::gen::build<Step>(
      set(&Step::kind, rc::gen::weightedElement<Step::Kind>({{20, Step::buy},
                                                             {10, Step::basket},
                                                             {20, Step::command},
                                                             {3, Step::timer},
                                                             {2, Step::configure},
                                                             {3, Step::act},
                                                             {1, Step::restart}})),
      set(&Step::pause_ns,
          rc::gen::oneOf(inRange<std::int64_t>(-1, 2), inRange<std::int64_t>(0, kNsPerSecond))),
      set(&Step::to_next_expiry), set(&Step::to_next_border),
      set(&Step::origin, inRange<std::uint32_t>(0, kOrigins)),
      set(&Step::campaign_action,
          rc::gen::map(inRange(0, 4), [](int i) { return static_cast<CampaignAction>(i); })),
      set(&Step::campaign, inRange<std::uint32_t>(0, kCampaigns)),
      set(&Step::sku, inRange<std::uint32_t>(0, kSkus)), set(&Step::key, inRange<std::uint32_t>(0, 6)),
      set(&Step::quantity, inRange<std::uint32_t>(1, 5)), set(&Step::buyer, inRange<std::uint32_t>(0, 3)),
      set(&Step::reference, inRange<std::uint32_t>(0, 2)),
      set(&Step::identities, inRange<std::uint32_t>(0, 1U << kIdentities)),
      set(&Step::expected_price, inRange<std::int64_t>(0, 5)), set(&Step::wait),
      set(&Step::lines, inRange<std::uint32_t>(0, 1U << 2 * kSkus)), set(&Step::again),
      set(&Step::action, rc::gen::map(inRange(0, 6), [](int i) { return static_cast<OrderAction>(i); })),
      set(&Step::order, inRange<std::uint32_t>(0, 10)), set(&Step::seconds, inRange<std::uint32_t>(0, 5)),
      set(&Step::payment, inRange<std::uint32_t>(0, 2)), set(&Step::restock),
      set(&Step::at_most, inRange<std::uint32_t>(0, 3)), set(&Step::shards, inRange<std::uint32_t>(1, 5)),
      set(&Step::dice, rc::gen::arbitrary<std::uint64_t>()));
}

TEST_CASE("any short sale, shrunk to the shortest that shows it, has no difference to show") {
  CHECK(rc::check([] {
    Pair pair(*rc::gen::inRange<std::uint64_t>(1, 100), 120 * (1 + kSkus));
    for (const Step& step : *rc::gen::container<std::vector<Step>>(arbitrary_step())) {
      const std::string difference = pair.play(step);
      if (!difference.empty()) RC_FAIL(difference);
    }
  }));
}

}  // namespace
}  // namespace doorbuster
