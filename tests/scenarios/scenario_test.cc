// Every tests/scenarios/*.txt is played, and what happens is what it says. With UPDATE_SCENARIOS=1 in the
// environment the files are written anew instead; the difference is for a person to read.
#include "scenarios/scenario.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "support/catch.h"

namespace doorbuster {
namespace {

std::vector<std::filesystem::path> scenario_files() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("tests/scenarios")) {
    if (entry.path().extension() == ".txt" && entry.path().filename() != "CMakeLists.txt") {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::string read(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  REQUIRE(in.good());
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST_CASE("every scenario happens as it is written") {
  const auto files = scenario_files();
  CHECK(files.size() >= 96);
  for (const auto& file : files) {
    INFO(file.string());
    const std::string text = read(file), played = play_scenario(text);
    CHECK(played.find("cannot read") == std::string::npos);
    if (std::getenv("UPDATE_SCENARIOS") != nullptr) {
      std::ofstream(file, std::ios::binary) << played;
    } else {
      CHECK(played == text);
    }
  }
}

const std::string kSale = "sale s from=08:00:00 to=20:00:00\noffer tv stock=1 price=5\n----\n";

TEST_CASE("what is expected is not what counts: the player writes what happened") {
  const std::string played =
      play_scenario(kSale + "wishful thinking\n\nbuy at=08:00:00 who=ann sku=tv\n----\nsold_out\n");
  CHECK(played == kSale +
                      "in force; definitions changed: 2\n\nbuy at=08:00:00 who=ann sku=tv\n----\n"
                      "confirmed: order tv#1, 1 at 5; 0 of 1 left\n");
}

TEST_CASE("what cannot be read is said, so that a slip of the pen never passes for a scenario") {
  const auto answer = [](const std::string& command) {
    const std::string played = play_scenario(kSale + "\n" + command + "\n----\n");
    return played.substr(played.rfind("----\n") + 5);
  };
  CHECK(answer("by at=08:00:00 who=ann sku=tv") == "cannot read: \"by\" is no command\n");
  CHECK(answer("buy at=08:00:00 who=ann") == "cannot read: sku= is missing\n");
  CHECK(answer("buy at=25:00:00 who=ann sku=tv") == "cannot read: at=25:00:00 is no time of the day\n");
  CHECK(answer("buy at=08:00:00 who=ann sku=tv qty=x") == "cannot read: qty=x is no number\n");
  CHECK(answer("buy at=08:00:00 who=ann sku=tv colour=red") == "cannot read: nobody knows colour=\n");
  CHECK(answer("buy at=08:00:00 who=ann sku=tv qty=-1") == "cannot read: qty=-1 is no count\n");
  CHECK(answer("buy at=08:00:00 who=ann sku=tv wait=maybe") ==
        "cannot read: wait=maybe is neither yes nor no\n");
  CHECK(answer("confirm at=08:00:00 order=tv") == "cannot read: order=tv is no order of an offer\n");
  CHECK(answer("confirm at=08:00:00 order=radio#1") ==
        "cannot read: order=radio#1 is no order of an offer\n");
  CHECK(answer("confirm at=08:00:00 order=tv#1x") == "cannot read: order=tv#1x is no order of an offer\n");
  CHECK(answer("basket at=08:00:00 who=ann") == "cannot read: lines= is missing\n");
  CHECK(answer("basket at=08:00:00 who=ann lines=tv") == "cannot read: \"tv\" is no SKU and quantity\n");
  CHECK(answer("basket at=08:00:00 who=ann lines=tv:x") == "cannot read: \"tv:x\" is no SKU and quantity\n");
  CHECK(answer("return at=08:00:00 order=tv#1 sku=radio") == "cannot read: sku=radio is no offer\n");
  CHECK(answer("sale t from=08:00:00 to=20:00:00 payment_failed=shrug") ==
        "cannot read: payment_failed=shrug is none of release, keep, grace\n");
  CHECK(answer("sale t windows=08:00:00") == "cannot read: windows=08:00:00 has no -\n");
  CHECK(answer("sale t windows=08:00:00-x") == "cannot read: windows=x is no time of the day\n");
  CHECK(answer("sale t from=08:00:00 to=20:00:00 steps=5%") == "cannot read: steps=5% has no @\n");
  CHECK(answer("sale t from=08:00:00 to=20:00:00 steps=x%@08:00:00-") ==
        "cannot read: steps=x is no number\n");
  CHECK(answer("sale t from=08:00:00 to=20:00:00 ending=99") == "cannot read: ending=99 has no /\n");
  CHECK(answer("sale t from=08:00:00 to=20:00:00 rounding=shrug") ==
        "cannot read: rounding=shrug is none of half_even, half_up, up, down\n");
  CHECK(answer("pause at=08:00:00 sale=t") == "cannot read: sale=t is no sale\n");
  CHECK(answer("pause at=08:00:00 order=tv#1") == "cannot read: nobody knows order=\n");
  CHECK(answer("buy at=08:00:00 who=ann who=ben sku=tv") == "cannot read: who is there twice\n");
  CHECK(play_scenario("buy at=08:00:00 who=ann sku=tv\n\n").find("cannot read: ---- is missing") !=
        std::string::npos);
  CHECK(play_scenario("----\n").find("cannot read: nothing was asked") != std::string::npos);
}

}  // namespace
}  // namespace doorbuster
