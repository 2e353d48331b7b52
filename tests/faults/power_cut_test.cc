// The power goes, with everything that the disk had not been told to keep. `kill -9` never shows that: the
// kernel keeps what it was given. Here the bytes of the device are copied at the instant of the cut, and the
// server goes on with the copy.

#include <filesystem>
#include <random>

#include "faults/crowd.h"
#include "faults/disk.h"
#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kDiskBytes = 48U << 20;

}  // namespace

TEST_CASE("whenever the power is cut, every order that was acknowledged before is on the disk", "[power]") {
  if (!can_mount()) return skip("file systems cannot be mounted here (root and loop devices are needed)");
  std::mt19937 random(17);
  std::size_t after_rotations = 0;
  for (int cut = 0; cut < soaked(5, 40); ++cut) {
    // 300 s: nothing is written back by itself, so that only what was synced survives.
    const std::string options = cut % 2 == 0 ? "" : "commit=300";
    const std::size_t enough = 1 + random() % 2500;
    INFO("cut " << cut << " after " << enough << " orders, mounted with \"" << options << '"');
    const TempFolder folder;
    LoopDisk disk(folder.path(), kDiskBytes, options);
    ShopSpec spec = endless_sale();
    // A folder that the server makes itself: its names have to be durable too.
    spec.data = disk.path() + "/shops/first/data";
    Shop shop(spec);
    Crowd crowd(shop.port(), {.prefix = "cut-" + std::to_string(cut)});
    crowd.wait_for(enough);
    const std::string canary = disk.path() + "/never-synced";
    write_file(canary, std::string(64 * 1024, 'x'));
    const Told before = crowd.told();
    disk.remember();
    shop.server().kill();
    crowd.stop();
    disk.lose_power();
    // It was a cut: what nobody had synced is gone.
    std::error_code ec;
    const auto left = std::filesystem::file_size(canary, ec);
    CHECK((ec || left == 0));

    start_again(shop);
    CHECK(before.orders.size() >= enough);
    check_promises(shop, before);
    CHECK(shop.buy({.sku = "tv"}).status == 201);
    after_rotations += before.orders.size() > 1000 ? 1U : 0U;  // more than one segment
  }
  CHECK(after_rotations > 0);
}

TEST_CASE("a server that leaves out its syncs is caught by the first cut", "[power]") {
  if (!can_mount()) return skip("file systems cannot be mounted here (root and loop devices are needed)");
  const TempFolder folder;
  LoopDisk disk(folder.path(), kDiskBytes, "commit=300");
  ShopSpec spec = endless_sale();
  spec.data = disk.path() + "/data";
  spec.tracer = with_broken_calls("no_sync");
  Shop shop(spec);
  Crowd crowd(shop.port(), {});
  crowd.wait_for(500);
  disk.remember();
  shop.server().kill();
  crowd.stop();
  disk.lose_power();
  // Nothing of it is there, not even the folder: the start makes a new one.
  std::unique_ptr<ServerProcess> server;
  ProcessEnd end;
  ServeOptions options = shop.serve_options();
  options.tracer.clear();
  if (ServerProcess::start(server, options, shop.log_file(), end)) {
    HttpConnection admin(server->admin_port());
    CHECK(std::stoll(admin.get("/v1/admin/campaigns/sale").at("/offers/0/sold")) < 500);
  } else {
    CHECK(end.exit_code == 78);
  }
}

TEST_CASE("the power is cut again and again, and nothing of any life is lost", "[power]") {
  if (!can_mount()) return skip("file systems cannot be mounted here (root and loop devices are needed)");
  const TempFolder folder;
  LoopDisk disk(folder.path(), kDiskBytes);
  ShopSpec spec = endless_sale();
  spec.data = disk.path() + "/data";
  Shop shop(spec);
  Told all;
  std::mt19937 random(29);
  for (int life = 0; life < soaked(3, 30); ++life) {
    INFO("life " << life);
    Crowd crowd(shop.port(), {.prefix = "life-" + std::to_string(life)});
    crowd.wait_for(1 + random() % 600);
    all.orders.merge(crowd.told().orders);
    disk.remember();
    shop.server().kill();
    crowd.stop();
    disk.lose_power();
    start_again(shop);
    check_promises(shop, all);
  }
  CHECK(shop.stop().exit_code == 0);
}

}  // namespace doorbuster
