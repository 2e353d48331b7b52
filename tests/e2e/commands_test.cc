// The subcommands as scripts see them: exit codes, what stands on which stream, and that standard output can
// be parsed.

#include <sstream>

#include "e2e/shop.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

const char* kBadConfiguration = R"({
  "server": {"cores": 65, "surprise": true},
  "campaigns": [
    {"id": "sale", "currency": "EUR", "starts_at": "2026-01-02T00:00:00Z", "ends_at": "2026-01-01T00:00:00Z",
     "offers": [{"sku": "tv", "stock": -1, "price": 1}]}
  ]
})";

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

}  // namespace

TEST_CASE("usage errors exit 2, help exits 0 and has an example", "[e2e]") {
  for (const std::vector<std::string>& arguments :
       std::vector<std::vector<std::string>>{{},
                                             {"sell"},
                                             {"serve"},
                                             {"serve", "--config"},
                                             {"check"},
                                             {"journal"},
                                             {"journal", "dump"},
                                             {"version", "--xml"},
                                             {"token"},
                                             {"token", "--config", "x", "--seconds", "86401"},
                                             {"serve", "--config", "x", "--cores", "many"}}) {
    const ProgramResult result = run_doorbuster(arguments);
    INFO((arguments.empty() ? "" : arguments.back()));
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK_FALSE(result.err.empty());
  }
  for (const std::vector<std::string>& command : std::vector<std::vector<std::string>>{{"serve"},
                                                                                       {"check"},
                                                                                       {"load"},
                                                                                       {"token"},
                                                                                       {"journal", "dump"},
                                                                                       {"journal", "verify"},
                                                                                       {"journal", "stats"},
                                                                                       {"version"}}) {
    std::vector<std::string> arguments = command;
    arguments.emplace_back("--help");
    const ProgramResult result = run_doorbuster(arguments);
    INFO(command.back());
    CHECK(result.exit_code == 0);
    CHECK(result.out.find("Example") != std::string::npos);
    CHECK(result.out.find("\n  doorbuster " + command.front()) != std::string::npos);
  }
}

TEST_CASE("check lists every error with its place and exits 78; serve refuses the same file", "[e2e]") {
  const TempFolder folder;
  const std::string file = folder.file("bad.json");
  write_file(file, kBadConfiguration);
  const ProgramResult check = run_doorbuster({"check", file});
  CHECK(check.exit_code == 78);
  CHECK(check.err.empty());
  const ProgramResult serve = run_doorbuster({"serve", "--config", file, "--data", folder.file("data")});
  CHECK(serve.exit_code == 78);
  CHECK(serve.out.empty());
  for (const char* place :
       {"/server/cores", "/server/surprise", "/campaigns/0/ends_at", "/campaigns/0/offers/0/stock"}) {
    INFO(place);
    CHECK(check.out.find(place) != std::string::npos);
    CHECK(serve.err.find(place) != std::string::npos);
  }
  CHECK(check.out.find(":2:") != std::string::npos);  // line:column
  CHECK_THROWS(read_file(folder.file("data") + "/lock"));

  const ProgramResult json = run_doorbuster({"check", "--json", file});
  CHECK(json.exit_code == 78);
  CHECK(json_at(json.out, "/valid") == "false");
  CHECK(json_at(json.out, "/errors/3/pointer").starts_with("/"));
  CHECK(json_at(json.out, "/errors/4") == "<missing>");
  CHECK(json_at(json.out, "/errors/0/line") == "2");

  CHECK(run_doorbuster({"check", folder.file("nothing.json")}).exit_code == 78);
  CHECK(run_doorbuster({"serve", "--config", folder.file("nothing.json")}).exit_code == 78);
}

TEST_CASE("check tells what a valid file would do", "[e2e]") {
  const TempFolder folder;
  const std::string file = folder.file("good.json");
  write_file(file, configuration_text({.campaigns = {{.offers = {{.sku = "tv", .stock = 3}}}}}));
  const ProgramResult check = run_doorbuster({"check", file});
  CHECK(check.exit_code == 0);
  CHECK(check.out.find("sale") != std::string::npos);
  const ProgramResult json = run_doorbuster({"check", file, "--json"});
  CHECK(json.exit_code == 0);
  CHECK(json_at(json.out, "/valid") == "true");
  CHECK(json_at(json.out, "/units") == "3");
  for (const char* shipped : {"config/example.json", "config/demo.json"}) {
    CHECK(run_doorbuster({"check", shipped}).exit_code == 0);
  }
}

TEST_CASE("version tells machines and people the same", "[e2e]") {
  const ProgramResult text = run_doorbuster({"version"});
  const ProgramResult json = run_doorbuster({"version", "--json"});
  CHECK(text.exit_code == 0);
  CHECK(json.exit_code == 0);
  const std::string version = json_at(json.out, "/version");
  CHECK(text.out.starts_with("doorbuster " + version + "\n"));
  for (const char* member : {"/build_type", "/compiler", "/allocator", "/beast", "/simdjson", "/openssl"}) {
    INFO(member);
    CHECK_FALSE(json_at(json.out, member).starts_with('<'));
  }
}

TEST_CASE("the journal can be read offline and beside a running server", "[e2e]") {
  Shop shop({.campaigns = {{.offers = {{.sku = "tv"}}}}});
  const std::string order = shop.buy({.sku = "tv", .buyer = "b-7", .key = "k"}).at("/order");
  for (const bool running : {true, false}) {
    INFO(running);
    if (!running) CHECK(shop.stop().exit_code == 0);
    const ProgramResult dump = run_doorbuster({"journal", "dump", shop.data()});
    CHECK(dump.exit_code == 0);
    int orders = 0;
    for (const std::string& line : lines_of(dump.out)) {
      CHECK(json_at(line, "/sequence") != "<not JSON>");
      if (json_at(line, "/kind") != "order_confirmed") continue;
      ++orders;
      CHECK(json_at(line, "/payload/buyer") == "b-7");
    }
    CHECK(orders == 1);
    const ProgramResult verify = run_doorbuster({"journal", "verify", shop.data()});
    CHECK(verify.exit_code == 0);
    CHECK(verify.out.starts_with("ok: "));
    const ProgramResult stats = run_doorbuster({"journal", "stats", shop.data()});
    CHECK(stats.exit_code == 0);
    CHECK(stats.out.find("order_confirmed_records 1\n") != std::string::npos);
    CHECK(stats.out.find("replayed_orders 1\n") != std::string::npos);
  }
  for (const char* command : {"dump", "verify", "stats"}) {
    const ProgramResult nothing = run_doorbuster({"journal", command, shop.folder() + "/nowhere"});
    CHECK(nothing.exit_code == 1);
    CHECK(nothing.err.find("nowhere") != std::string::npos);
  }
}

}  // namespace doorbuster
