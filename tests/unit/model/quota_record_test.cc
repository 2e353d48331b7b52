// Quotas of channels, as records.
#include <string>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

OfferPut offer_with(std::size_t quotas, std::size_t name_bytes) {
  OfferPut put;
  put.offer = {9};
  put.campaign = {3};
  put.sku = "tv";
  for (std::size_t i = 0; i < quotas; ++i) {
    std::string channel = std::to_string(100 + i);
    channel.resize(name_bytes, 'x');
    put.plan.channel_quotas.push_back(
        {channel, 1 + static_cast<std::int64_t>(i), {1000 - 10 * static_cast<std::int64_t>(i)}});
  }
  return put;
}

// Whether the pieces of such quotas can be put back.
bool fits(const std::vector<ChannelQuota>& quotas) {
  OfferPut read;
  PlanPart part;
  part.offer = OfferIndex{};
  part.list = PlanPart::List::channel_quotas;
  part.channel_quotas = quotas;
  return add_part(part, read);
}

TEST_CASE("quotas read back as they were, in as many records as they need") {
  for (const std::size_t quotas : {std::size_t{1}, std::size_t{11}, kChannelQuotasMax}) {
    const OfferPut wrote = offer_with(quotas, kIdentifierBytesMax);
    OfferPut read = wrote;
    read.plan = {};
    const std::vector<PlanPart> parts = plan_parts(wrote);
    CHECK(parts.size() == (quotas == 1 ? 1 : 2));
    for (const PlanPart& part : parts) {
      const std::string bytes = encoded(part);
      CHECK(40 + bytes.size() <= kJournalRecordBytesMax);
      const auto decoded = decode_plan_part(bytes_of(bytes));
      REQUIRE(decoded);
      CHECK(encoded(*decoded) == bytes);
      REQUIRE(add_part(*decoded, read));
    }
    CHECK(read.plan == wrote.plan);
  }
}

TEST_CASE("a piece of quotas that is cut anywhere, or has a byte too many, is none") {
  const std::string bytes = encoded(plan_parts(offer_with(2, 3)).front());
  check_only_the_whole(bytes, [](auto part) { return decode_plan_part(part).has_value(); });
}

TEST_CASE("the bytes of a quota are those of the documented format") {
  OfferPut put = offer_with(0, 0);
  put.plan.channel_quotas = {{"app", 258, {772}}};
  const std::string head("\x03\0\0\0\x09\0\0\0\x01\x07\x01\0", 12);
  const std::string quota("\x02\x01\0\0\0\0\0\0\x04\x03\0\0\0\0\0\0\x03\0app", 21);
  CHECK(encoded(plan_parts(put).front()) == head + quota);
}

TEST_CASE("quotas that nobody can have written are refused") {
  CHECK(fits({{"app", 1, {1}}, {"pos", kStockMax, {1}}}));
  CHECK_FALSE(fits({{"pos", 1, {1}}, {"app", 1, {1}}}));
  CHECK_FALSE(fits({{"app", 1, {1}}, {"app", 1, {2}}}));
  CHECK_FALSE(fits({{"app", 0, {1}}}));
  CHECK_FALSE(fits({{"app", -1, {1}}}));
  CHECK_FALSE(fits({{"app", kStockMax + 1, {1}}}));
  CHECK_FALSE(fits(offer_with(kChannelQuotasMax + 1, 8).plan.channel_quotas));

  // A campaign has none, and no quota is of nobody.
  CampaignPut campaign;
  PlanPart part = plan_parts(offer_with(1, 3)).front();
  part.offer.reset();
  CHECK_FALSE(add_part(part, campaign));
  OfferPut nameless = offer_with(1, 3);
  nameless.plan.channel_quotas[0].channel.clear();
  CHECK_FALSE(decode_plan_part(bytes_of(encoded(plan_parts(nameless).front()))).has_value());
}

}  // namespace
}  // namespace doorbuster
