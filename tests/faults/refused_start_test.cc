// Folders that no server must touch: refused at once, with the reason, and left as they were.

#include <algorithm>
#include <filesystem>

#include "faults/crowd.h"
#include "faults/disk.h"
#include "faults/skip.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// A refusal waits for nothing. The bound is the matrix's second, and more where everything is slow.
constexpr std::chrono::milliseconds kAtOnce{kSanitized ? 20'000 : 1'000};

struct Refusal {
  int exit_code = 0;
  std::string said;
};

Refusal refused_start(const Shop& shop, const std::string& data) {
  ServeOptions options = shop.serve_options();
  options.data = data;
  const std::string log = shop.folder() + "/refused.log";
  fs::remove(log);
  std::unique_ptr<ServerProcess> server;
  ProcessEnd end;
  const auto from = Clock::now();
  const bool started = ServerProcess::start(server, options, log, end);
  CHECK(Clock::now() - from < kAtOnce);
  REQUIRE_FALSE(started);
  return {end.exit_code, read_file(log)};
}

std::map<std::string, std::string> files_of(const std::string& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    if (name != "lock") files[name] = read_file(entry.path().string());
  }
  return files;
}

std::vector<std::string> segments_of(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& [name, bytes] : files_of(folder)) {
    if (name.ends_with(".seg")) names.push_back(name);
  }
  return names;
}

// Some orders in each of `lives` segments.
void sell_in_lives(Shop& shop, int lives) {
  for (int life = 0; life < lives; ++life) {
    if (life != 0) shop.start();
    REQUIRE(hold_sale(shop.port(), "life-" + std::to_string(life), 1, 2, 5).orders.size() == 10);
    REQUIRE(shop.stop().exit_code == 0);
  }
}

}  // namespace

TEST_CASE("a folder that has another shop's segment is refused, and stays as it was") {
  Shop shop(endless_sale());
  Shop other(endless_sale());
  sell_in_lives(shop, 2);
  sell_in_lives(other, 2);
  const std::string mixed = shop.folder() + "/mixed";
  fs::copy(shop.data(), mixed);
  const std::string segment = segments_of(other.data()).back();
  fs::copy_file(other.data() + "/" + segment, mixed + "/" + segment, fs::copy_options::overwrite_existing);
  const auto before = files_of(mixed);
  const Refusal refusal = refused_start(shop, mixed);
  INFO(refusal.said);
  CHECK(refusal.exit_code == 78);
  CHECK(refusal.said.find("mixed/" + segment) != std::string::npos);
  CHECK(files_of(mixed) == before);
}

TEST_CASE("a folder with a segment of a newer format is refused, and the format is named") {
  Shop shop(endless_sale());
  sell_in_lives(shop, 1);
  const std::string newer = shop.folder() + "/newer";
  fs::copy(shop.data(), newer);
  const std::string segment = newer + "/" + segments_of(newer).front();
  std::string bytes = read_file(segment);
  ++bytes[8];  // the format's version, behind the magic
  write_file(segment, bytes);
  const Refusal refusal = refused_start(shop, newer);
  INFO(refusal.said);
  CHECK(refusal.exit_code == 78);
  CHECK(refusal.said.find("newer") != std::string::npos);
  CHECK(read_file(segment) == bytes);
}

TEST_CASE("segments that are missing, swapped or doubled refuse the start, and nothing is changed") {
  Shop shop(endless_sale());
  sell_in_lives(shop, 3);
  const std::vector<std::string> segments = segments_of(shop.data());
  REQUIRE(segments.size() == 3);
  for (const char* what : {"missing", "swapped", "doubled", "first missing"}) {
    INFO(what);
    const std::string data = shop.folder() + "/copy";
    fs::remove_all(data);
    fs::copy(shop.data(), data);
    const auto path = [&](std::size_t i) { return data + "/" + segments[i]; };
    if (what == std::string("missing")) {
      fs::remove(path(1));
    } else if (what == std::string("first missing")) {
      fs::remove(path(0));
    } else if (what == std::string("swapped")) {
      fs::rename(path(1), data + "/other");
      fs::rename(path(2), path(1));
      fs::rename(data + "/other", path(2));
    } else {
      fs::copy_file(path(1), path(2), fs::copy_options::overwrite_existing);
    }
    const auto before = files_of(data);
    const Refusal refusal = refused_start(shop, data);
    INFO(refusal.said);
    CHECK(refusal.exit_code == 78);
    CHECK(files_of(data) == before);
  }
}

TEST_CASE("a second process on a folder is refused at once, and the first one notices nothing") {
  Shop shop(endless_sale());
  const Refusal refusal = refused_start(shop, shop.data());
  CHECK(refusal.exit_code == 78);
  CHECK(refusal.said.find("in use by another process") != std::string::npos);
  CHECK(shop.buy({.sku = "tv"}).status == 201);
}

TEST_CASE(
    "a folder on a file system that has become read-only is refused, and starts when it can be written") {
  if (!can_mount()) return skip("file systems cannot be mounted here (root and loop devices are needed)");
  const TempFolder folder;
  LoopDisk disk(folder.path(), 32U << 20);
  ShopSpec spec = endless_sale();
  spec.data = disk.path() + "/data";
  Shop shop(spec);
  sell_in_lives(shop, 1);
  disk.make_writable(false);
  const Refusal refusal = refused_start(shop, spec.data);
  INFO(refusal.said);
  CHECK((refusal.exit_code == 78 || refusal.exit_code == 1));
  CHECK(refusal.said.find("Read-only file system") != std::string::npos);
  disk.make_writable(true);
  start_again(shop);
  CHECK(shop.stock("tv").sold == 10);
}

}  // namespace doorbuster
