// `doorbuster print-config`: what is in force, as a file that a server can be started with.

#include <filesystem>
#include <map>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::string_view kLong = R"({
  "campaigns": [
    {"offers": [{"price": 100, "sku": "tv", "stock": 5, "list_price": 100,
                 "price_steps": [{"discount_percent": 12.50, "starts_at": "2026-11-27T09:00:00+01:00"}]}],
     "id": "sale", "name": "sale", "currency": "EUR", "limit_per_buyer": 0,
     "starts_at": "2020-01-01T00:00:00Z", "ends_at": "2099-12-31T23:59:59Z"}
  ],
  "server": {"max_pipeline": 4, "cores": 0}
})";

constexpr std::string_view kCanonical = R"({
  "server": {
    "max_pipeline": 4
  },
  "campaigns": [
    {
      "id": "sale",
      "currency": "EUR",
      "starts_at": "2020-01-01T00:00:00Z",
      "ends_at": "2099-12-31T23:59:59Z",
      "offers": [
        {"sku":"tv","stock":5,"price":100,)"
                                        R"("price_steps":[{"starts_at":"2026-11-27T08:00:00Z",)"
                                        R"("discount_percent":12.5}]}
      ]
    }
  ]
}
)";

ProgramResult print_config(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "print-config");
  return run_doorbuster(arguments);
}

std::map<std::string, std::string> bytes_of(const std::string& folder) {
  std::map<std::string, std::string> bytes;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    bytes[entry.path().filename()] = read_file(entry.path());
  }
  return bytes;
}

std::string changes_in(const std::string& folder) {
  const std::string stats = run_doorbuster({"journal", "stats", folder}).out;
  const std::size_t at = stats.find("catalog_change_begin_records");
  return at == std::string::npos ? "none" : stats.substr(at, stats.find('\n', at) - at);
}

}  // namespace

TEST_CASE("print-config of a file is its canonical form, which is its own", "[e2e]") {
  const TempFolder folder;
  write_file(folder.file("long.json"), std::string(kLong));
  const ProgramResult printed = print_config({"--config", folder.file("long.json")});
  CHECK(printed.exit_code == 0);
  CHECK(printed.err.empty());
  CHECK(printed.out == kCanonical);
  write_file(folder.file("canonical.json"), printed.out);
  CHECK(print_config({"--config", folder.file("canonical.json")}).out == kCanonical);
  CHECK(run_doorbuster({"check", folder.file("canonical.json")}).exit_code == 0);
}

TEST_CASE("print-config that cannot print says why, on standard error only", "[e2e]") {
  const TempFolder folder;
  const auto fails = [](const std::vector<std::string>& arguments, int exit_code, const std::string& why) {
    const ProgramResult result = print_config(arguments);
    INFO(result.err);
    CHECK(result.exit_code == exit_code);
    CHECK(result.out.empty());
    CHECK(result.err.find(why) != std::string::npos);
  };
  fails({}, 2, "--config");
  fails({"--config"}, 2, "--config");
  write_file(folder.file("bad.json"), R"({"campaigns": [{}], "surprise": 1})");
  fails({"--config", folder.file("bad.json")}, 78, "/surprise");
  fails({"--config", folder.file("nothing.json")}, 78, "nothing.json");
  fails({"--data", folder.file("nowhere")}, 1, "nowhere");
  CHECK_FALSE(std::filesystem::exists(folder.file("nowhere")));
  std::filesystem::create_directory(folder.file("empty"));
  fails({"--data", folder.file("empty")}, 1, "there is no journal");
  const ProgramResult help = print_config({"--help"});
  CHECK(help.exit_code == 0);
  CHECK(help.out.find("Example:\n  doorbuster print-config") != std::string::npos);
}

TEST_CASE("print-config of a data folder is what is in force there, and a server changes nothing with it",
          "[e2e]") {
  const ShopSpec first = {.campaigns = {{.offers = {{.sku = "tv"}, {.sku = "radio"}}},
                                        {.id = "leaves", .offers = {{.sku = "tv"}}}}};
  const ShopSpec second = {
      .campaigns = {{.limit_per_buyer = 3, .offers = {{.sku = "tv", .stock = 20}, {.sku = "new"}}}}};
  Shop shop(first);
  const std::vector<std::string> both = {"--config", shop.config(), "--data", shop.data()};
  const std::string at_first = print_config(both).out;
  CHECK(json_at(at_first, "/campaigns/1/id") == "leaves");
  CHECK(shop.buy({.sku = "tv"}).status == 201);

  // Beside the running server; the file has changed and is not in force yet.
  write_file(shop.config(), configuration_text(second));
  CHECK(print_config(both).out == at_first);
  CHECK(shop.reload(second));
  const std::string printed = print_config(both).out;
  CHECK(json_at(printed, "/campaigns/0/limit_per_buyer") == "3");
  CHECK(json_at(printed, "/campaigns/0/offers/0/stock") == "20");
  CHECK(json_at(printed, "/campaigns/0/offers/1/sku") == "new");
  CHECK(json_at(printed, "/campaigns/0/offers/2") == "<missing>");
  CHECK(json_at(printed, "/campaigns/1") == "<missing>");
  CHECK(json_at(printed, "/server/data_dir") == shop.data());

  // Without a file the options of the server are the defaults.
  const std::string alone = print_config({"--data", shop.data()}).out;
  CHECK(json_at(alone, "/server/data_dir") == shop.data());
  CHECK(json_at(alone, "/server/segment_bytes") == "<missing>");
  CHECK(alone.substr(alone.find("\"campaigns\"")) == printed.substr(printed.find("\"campaigns\"")));

  CHECK(shop.stop().exit_code == 0);
  const auto before = bytes_of(shop.data());
  CHECK(print_config(both).out == printed);
  CHECK(bytes_of(shop.data()) == before);

  const std::string changes = changes_in(shop.data());
  CHECK(changes == "catalog_change_begin_records 2");
  write_file(shop.config(), printed);
  shop.start();
  CHECK(shop.stock("tv").sold == 1);
  CHECK(shop.stop().exit_code == 0);
  CHECK(changes_in(shop.data()) == changes);
}

}  // namespace doorbuster
