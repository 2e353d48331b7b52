// docs/campaigns.md: every configuration on the page is valid, and says of every row of the table below it
// what the row says.

#include <sstream>
#include <string>
#include <vector>

#include "doorbuster/base/text_file.h"
#include "doorbuster/catalog/configuration.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

struct Row {
  std::string at, state, sku, price;
};

struct Recipe {
  std::string title, json;
  std::vector<Row> rows;
};

std::vector<std::string> cells(const std::string& line) {
  std::vector<std::string> found;
  std::istringstream text(line);
  for (std::string cell; std::getline(text, cell, '|');) {
    const auto first = cell.find_first_not_of(' ');
    if (first != std::string::npos)
      found.push_back(cell.substr(first, cell.find_last_not_of(' ') - first + 1));
  }
  return found;
}

std::vector<Recipe> recipes() {
  const auto page = read_text_file("docs/campaigns.md", 1 << 20);  // tests run in the top folder
  if (!page) FAIL(page.error().message);
  std::vector<Recipe> found;
  std::istringstream text(*page);
  bool in_json = false;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("## ")) found.push_back({.title = line.substr(3), .json = {}, .rows = {}});
    if (line == "```") in_json = false;
    if (in_json) found.back().json += line + '\n';
    if (line == "```json") in_json = true;
    if (!line.starts_with("| 20")) continue;
    const std::vector<std::string> row = cells(line);
    REQUIRE(row.size() == 4);
    found.back().rows.push_back({row[0], row[1], row[2], row[3]});
  }
  return found;
}

TEST_CASE("the cookbook's campaigns do what the page says") {
  std::size_t campaigns = 0;
  for (const Recipe& recipe : recipes()) {
    if (recipe.json.empty()) continue;
    ++campaigns;
    INFO(recipe.title);
    const ParsedConfiguration parsed = parse_configuration(recipe.json);
    for (const Diagnostic& diagnostic : parsed.diagnostics) UNSCOPED_INFO(diagnostic.message);
    REQUIRE(parsed.configuration);
    const auto change = plan_change(Catalog(), {}, *parsed.configuration, kOrdersDefault);
    REQUIRE(change);
    const CatalogPointer catalog = apply_change(Catalog(), *change);
    CHECK(!recipe.rows.empty());
    for (const Row& row : recipe.rows) {
      INFO(row.at << ' ' << row.sku);
      const auto at = parse_rfc3339(row.at);
      const Offer* offer = catalog->find_offer({0}, row.sku);
      REQUIRE(at);
      REQUIRE(offer != nullptr);
      CHECK(campaign_state_name(campaign_phase(catalog->campaign({0}).definition, *at).state) == row.state);
      CHECK(std::to_string(offer->price(*at)) == row.price);
    }
  }
  CHECK(campaigns >= 6);
}

}  // namespace
}  // namespace doorbuster
