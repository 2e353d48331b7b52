// A disk that fills up during a sale.

#include <filesystem>
#include <fstream>

#include "faults/crowd.h"
#include "faults/disk.h"
#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

// Takes all the room that there is, in a file that can be removed again.
void fill(const LoopDisk& disk) {
  std::ofstream out(disk.path() + "/ballast", std::ios::binary);
  const std::string page(4096, 'x');
  while (out.write(page.data(), static_cast<std::streamsize>(page.size())).flush()) {
  }
}

}  // namespace

TEST_CASE("on a full disk buys are refused before anything is lost, and the sale goes on when there is room",
          "[full]") {
  if (!can_mount()) return skip("file systems cannot be mounted here (root and loop devices are needed)");
  for (int round = 0; round < soaked(2, 20); ++round) {
    INFO("round " << round);
    const TempFolder folder;
    LoopDisk disk(folder.path(), 24U << 20);
    ShopSpec spec = endless_sale();
    spec.data = disk.path() + "/data";
    Shop shop(spec);
    Crowd crowd(shop.port(), {.prefix = "round-" + std::to_string(round), .buyers = 2, .pipeline = 4});
    crowd.wait_for(static_cast<std::size_t>(50 * round + 1));
    fill(disk);

    const double none = shop.metric("doorbuster_overloaded_total{bound=\"disk\"}");
    REQUIRE(eventually([&] {
      return !shop.server().child().running() ||
             shop.metric("doorbuster_overloaded_total{bound=\"disk\"}") > none;
    }));
    CHECK(shop.buy({.sku = "tv"}).outcome() == "503 overloaded");
    CHECK(shop.get("/v1/campaigns/sale").status == 200);
    CHECK(eventually([&] { return shop.server().log().find("the disk has no room") != std::string::npos; }));
    CHECK(shop.metric("doorbuster_journal_short_of_room") == 1);

    std::filesystem::remove(disk.path() + "/ballast");
    const std::size_t before = crowd.acknowledged();
    crowd.wait_for(before + 1000);  // several segments
    crowd.stop();
    CHECK(crowd.surprises() == std::vector<std::string>{});
    shop.server().kill();
    start_again(shop);
    check_promises(shop, crowd.told());
  }
}

}  // namespace doorbuster
