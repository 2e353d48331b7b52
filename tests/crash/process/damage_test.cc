// A real, small data folder with a mistake in it: the start is refused and says where.

#include <algorithm>
#include <filesystem>
#include <random>

#include "crash/process/sale.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

namespace fs = std::filesystem;

std::vector<std::string> segments_of(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".seg") names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Expects that the start on a copy of the folder with `bytes` as `name` is refused, names the file and an
// offset.
void expect_refused(const Shop& shop, const std::string& name, const std::string& bytes) {
  const std::string data = shop.folder() + "/damaged";
  fs::remove_all(data);
  fs::copy(shop.data(), data);
  write_file(data + "/" + name, bytes);
  ServeOptions options = shop.serve_options();
  options.data = data;
  const std::string log = shop.folder() + "/damaged.log";
  fs::remove(log);
  std::unique_ptr<ServerProcess> server;
  ProcessEnd end;
  const bool started = ServerProcess::start(server, options, log, end);
  const std::string said = read_file(log);
  INFO(said);
  REQUIRE_FALSE(started);
  CHECK(end.exit_code == 78);
  CHECK(said.find("damaged/" + name) != std::string::npos);
  CHECK((said.find("bytes ") != std::string::npos || said.find("offset ") != std::string::npos));
  CHECK(read_file(data + "/" + name) == bytes);  // nothing was repaired on the quiet
  CHECK(run_doorbuster({"journal", "verify", data}).exit_code == 1);
}

}  // namespace

TEST_CASE("a flipped bit or a missing end in a real data folder refuses the start, with file and offset",
          "[crash]") {
  Shop shop(endless_sale());
  for (int life = 0; life < 2; ++life) {
    REQUIRE(hold_sale(shop.port(), "life-" + std::to_string(life), 1, 4, 5).orders.size() == 20);
    REQUIRE(shop.stop().exit_code == 0);
    if (life == 0) shop.start();
  }
  const std::vector<std::string> segments = segments_of(shop.data());
  REQUIRE(segments.size() == 2);
  std::mt19937 random(11);
  for (const std::string& segment : segments) {
    const std::string whole = read_file(shop.data() + "/" + segment);
    for (int i = 0; i < scaled(25, 5); ++i) {
      const std::size_t at = random() % whole.size();
      INFO(segment << ", a bit of byte " << at << " of " << whole.size());
      std::string flipped = whole;
      flipped[at] = static_cast<char>(flipped[at] ^ (1 << random() % 8));
      expect_refused(shop, segment, flipped);
    }
    for (int i = 0; i < scaled(10, 3); ++i) {
      const std::size_t size = random() % whole.size();
      INFO(segment << " cut to " << size << " of " << whole.size());
      expect_refused(shop, segment, whole.substr(0, size));
    }
  }
  // The folder itself was not touched by any of it.
  shop.start();
  CHECK(shop.stock("tv").sold == 40);
}

}  // namespace doorbuster
