// Records of alerts: what is written is read again, and what cannot have been written is refused.
#include <string>
#include <vector>

#include "doorbuster/model/alert.h"
#include "doorbuster/model/record.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr Tick kAt{1'700'000'000 * kNsPerSecond};

std::string bytes_of(const Alert& alert) {
  std::string bytes;
  encode(alert, bytes);
  return bytes;
}
std::optional<Alert> read(const std::string& bytes) {
  return decode_alert(std::as_bytes(std::span(bytes)), kAt);
}

Alert of_offer(AlertKind kind) {
  Alert alert;
  alert.kind = kind;
  alert.campaign = {3};
  alert.offer = OfferIndex{7};
  alert.at = kAt;
  alert.allocated = 10;
  alert.available = 2;
  alert.held = 3;
  alert.sold = 5;
  return alert;
}
Alert of_campaign(AlertKind kind) {
  Alert alert = of_offer(kind);
  alert.offer = std::nullopt;
  return alert;
}

TEST_CASE("an alert is read as it was written, in as many bytes as the document says") {
  std::vector<Alert> alerts;
  for (const AlertKind kind : {AlertKind::low_stock, AlertKind::sold_out, AlertKind::all_held}) {
    alerts.push_back(of_offer(kind));
  }
  for (const AlertKind kind : {AlertKind::campaign_started, AlertKind::campaign_ended}) {
    alerts.push_back(of_campaign(kind));
  }
  alerts.push_back(of_offer(AlertKind::low_stock));
  alerts.back().offer = OfferIndex{0};  // not the same as none
  for (Alert alert : alerts) {
    for (const bool raised : {true, false}) {
      alert.raised = raised;
      CHECK(bytes_of(alert).size() == 43);
      CHECK(read(bytes_of(alert)) == alert);
    }
  }
}

TEST_CASE("bytes that no alert has are refused") {
  constexpr std::size_t kKindAt = 8, kRaisedAt = 9, kOfOfferAt = 10;
  const std::string good = bytes_of(of_offer(AlertKind::sold_out));
  REQUIRE(read(good));
  for (std::size_t size = 0; size < good.size(); ++size) CHECK_FALSE(read(good.substr(0, size)));
  CHECK_FALSE(read(good + '\0'));
  const auto with = [&good](std::size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = byte;
    return bytes;
  };
  CHECK_FALSE(read(with(kKindAt, 5)));  // no such kind
  CHECK_FALSE(read(with(kKindAt, 3)));  // a campaign's kind, of an offer
  CHECK_FALSE(read(with(kRaisedAt, 2)));
  CHECK_FALSE(read(with(kOfOfferAt, 2)));
  CHECK_FALSE(read(with(kOfOfferAt, 0)));  // an offer's kind, of no offer

  std::string campaign = bytes_of(of_campaign(AlertKind::campaign_ended));
  REQUIRE(read(campaign));
  campaign[4] = 1;  // an offer index that says nothing
  CHECK_FALSE(read(campaign));

  Alert sums = of_offer(AlertKind::low_stock);
  sums.allocated = 11;
  CHECK_FALSE(read(bytes_of(sums)));
  sums.available = -1;
  sums.held = 7;
  CHECK_FALSE(read(bytes_of(sums)));
}

}  // namespace
}  // namespace doorbuster
