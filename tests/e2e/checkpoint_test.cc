// Checkpoints of the real server: it makes them while it sells, starts with them after the worst, and its
// folder can be copied meanwhile.

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

namespace fs = std::filesystem;

ShopSpec spec(int retention_seconds = 0) {
  return {.campaigns = {{.offers = {{.sku = "tv", .stock = 100'000}, {.sku = "pc", .stock = 100'000}}}},
          .server = ",\"checkpoint_segments\":1,\"journal_retention_seconds\":" +
                    std::to_string(retention_seconds)};
}

std::vector<fs::path> files_of(const Shop& shop, const std::string& suffix) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(shop.data())) {
    if (entry.path().string().ends_with(suffix)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// Sells until the server has made so many checkpoints in this life.
int sell_until(Shop& shop, double checkpoints, int sold = 0) {
  HttpConnection client = shop.connect();
  while (shop.metric("doorbuster_checkpoints_total") < checkpoints) {
    for (int i = 0; i < 100; ++i, ++sold) {
      const std::string key = "\"k-" + std::to_string(sold) + "\"";
      const HttpReply reply = client.exchange(buy_request(
          {.sku = sold % 2 == 0 ? "tv" : "pc", .buyer = "b-" + std::to_string(sold), .key = key}));
      REQUIRE(reply.status == 201);
    }
  }
  return sold;
}

void damage(const fs::path& file) {
  std::fstream bytes(file, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekg(500);
  const char byte = static_cast<char>(bytes.get() ^ 1);
  bytes.seekp(500);
  bytes.put(byte);
}

std::string log_of(const Shop& shop) {
  std::ifstream file(shop.log_file());
  return {std::istreambuf_iterator<char>(file), {}};
}

std::int64_t sold_in(const Shop& shop) {
  return shop.stock("tv").sold + shop.stock("pc").sold;
}

}  // namespace

TEST_CASE("after a kill the server begins with a checkpoint, a damaged one is left aside", "[e2e]") {
  Shop shop(spec());
  int sold = sell_until(shop, 3);
  shop.server().kill();
  CHECK(files_of(shop, ".ckp").size() >= 2);
  shop.start(spec());
  CHECK(log_of(shop).find("began with the checkpoint of record") != std::string::npos);
  CHECK(sold_in(shop) == sold);
  CHECK(shop.buy({.sku = "tv", .buyer = "b-0", .key = "\"k-0\""}).header("Idempotent-Replayed") == "true");
  sold = sell_until(shop, 2, sold);
  shop.server().kill();

  damage(files_of(shop, ".ckp").back());
  shop.start(spec());
  CHECK(log_of(shop).find("unusable checkpoint") != std::string::npos);
  CHECK(shop.metric("doorbuster_checkpoints_unusable") == 1);
  CHECK(sold_in(shop) == sold);
  // The next one takes its place.
  sold = sell_until(shop, 2, sold);
  CHECK(shop.stop().exit_code == 0);
  shop.start(spec());
  CHECK(shop.metric("doorbuster_checkpoints_unusable") == 0);
  CHECK(sold_in(shop) == sold);
  shop.server().kill();

  for (const fs::path& file : files_of(shop, ".ckp")) damage(file);
  const std::vector<fs::path> before = files_of(shop, "");
  ProgramResult refused = run_doorbuster({"serve", "--config", shop.config(), "--data", shop.data(),
                                          "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"});
  CHECK(refused.exit_code == 78);
  CHECK_THAT(refused.err,
             Catch::Contains("the journal's first segments are gone") && Catch::Contains(".ckp"));
  CHECK(files_of(shop, "") == before);
}

TEST_CASE("a folder can be copied, restored and read while its server sells", "[e2e]") {
  Shop shop(spec(3600));
  const int sold = sell_until(shop, 2);
  const std::string copy = shop.folder() + "/copy", restored = shop.folder() + "/restored";
  ProgramResult backed_up = run_doorbuster({"backup", shop.data(), copy});
  CHECK(backed_up.exit_code == 0);
  CHECK_THAT(backed_up.out, Catch::Contains("orders " + std::to_string(sold)));
  CHECK(run_doorbuster({"backup", shop.data(), copy}).exit_code == 2);
  ProgramResult back = run_doorbuster({"restore", shop.data(), restored, "--to-sequence", "100"});
  CHECK(back.exit_code == 0);
  CHECK_THAT(back.out, Catch::Contains("through_sequence 100\n"));
  CHECK(run_doorbuster({"checkpoint", shop.data()}).exit_code == 0);
  CHECK(run_doorbuster({"journal", "verify", shop.data()}).exit_code == 0);
  CHECK(run_doorbuster({"restore", shop.data(), shop.folder() + "/none"}).exit_code == 2);
  CHECK(shop.stop().exit_code == 0);

  ProgramResult offline = run_doorbuster({"checkpoint", copy});
  CHECK(offline.exit_code == 0);
  CHECK_THAT(offline.out, Catch::Contains("orders " + std::to_string(sold)));
  ProgramResult verified = run_doorbuster({"journal", "verify", copy});
  CHECK(verified.exit_code == 0);
  CHECK_THAT(verified.out, Catch::Contains("from sequence") && Catch::Contains(".ckp"));
  damage(files_of(shop, ".ckp").front());
  ProgramResult found = run_doorbuster({"journal", "verify", shop.data()});
  CHECK(found.exit_code == 1);
  CHECK_THAT(found.out, Catch::Contains("damaged: "));
}

}  // namespace doorbuster
