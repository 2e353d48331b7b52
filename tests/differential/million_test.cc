// A million commands, in sales that are small enough that everybody meets everybody.
#include "differential/pair.h"

namespace doorbuster {
namespace {

TEST_CASE("over a million random commands no promise is broken, and the twin agrees with every answer") {
  constexpr std::uint32_t kSales = 8'000, kSteps = 125;
  Fates fates;
  for (std::uint64_t sale = 0; sale < kSales; ++sale) play_random_sale(1'000'000 + sale, kSteps, fates);
  CHECK(fates.orders > 60'000);
  CHECK(fates.offered > 1'500);
  CHECK(fates.baskets > 5'000);
}

}  // namespace
}  // namespace doorbuster
