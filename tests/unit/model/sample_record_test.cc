// A sample of an engine's state, as bytes and back.
#include <string>

#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

const StateSample kSample = {.offer = {7},
                             .has_units = true,
                             .orders = kStateSampleOrders,
                             .first_ordinal = 3,
                             .held = -1,
                             .sold = 1'000'000'000'000,
                             .orders_hash = 0xfedcba9876543210};

std::string encoded(const StateSample& sample) {
  std::string bytes(kStateSamplePayloadBytes, '\0');
  CHECK(encode(sample, std::as_writable_bytes(std::span(bytes))) == bytes.size());
  return bytes;
}

std::optional<StateSample> read(const std::string& bytes) {
  return decode_state_sample(bytes_of(bytes));
}

TEST_CASE("a sample is read as it was written") {
  CHECK(read(encoded(kSample)) == kSample);
  StateSample other = kSample;
  other.has_units = false;
  other.orders = 0;
  other.first_ordinal = (1ULL << OrderNumber::kOrdinalBits) - 1;
  CHECK(read(encoded(other)) == other);
}

TEST_CASE("a sample that is cut, too long or of what cannot be is none") {
  const std::string bytes = encoded(kSample);
  for (std::size_t size = 0; size < bytes.size(); ++size) CHECK_FALSE(read(bytes.substr(0, size)));
  CHECK_FALSE(read(bytes + '\0'));
  for (const auto& [at, value] : {std::pair{6, 2}, {7, 1}}) {
    std::string changed = bytes;
    changed[static_cast<std::size_t>(at)] = static_cast<char>(value);
    CHECK_FALSE(read(changed));
  }
  StateSample sample = kSample;
  sample.orders = kStateSampleOrders + 1;
  CHECK_FALSE(read(encoded(sample)));
  for (const std::uint64_t ordinal : {std::uint64_t{0}, std::uint64_t{1} << OrderNumber::kOrdinalBits}) {
    sample = kSample;
    sample.first_ordinal = ordinal;
    CHECK_FALSE(read(encoded(sample)));
  }
}

}  // namespace
}  // namespace doorbuster
