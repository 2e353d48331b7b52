#pragma once
// Runs a whole load in this process and keeps what it printed.

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "doorbuster/load/load.h"
#include "support/catch.h"
#include "unit/load/fake_shop.h"

namespace doorbuster::load::testing {

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / ("doorbuster-load-" + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }
  std::string write(const std::string& name, const std::string& text) const {
    std::ofstream(file(name)) << text;
    return file(name);
  }

 private:
  std::filesystem::path path_;
};

struct Ended {
  int exit_code = -1;
  std::string out, err;
  std::string verdict() const { return out.substr(out.rfind("verdict: ")); }
};

inline Ended run(const LoadOptions& options) {
  std::ostringstream out;
  std::ostringstream err;
  Ended ended;
  ended.exit_code = run_load(options, out, err);
  ended.out = out.str();
  ended.err = err.str();
  return ended;
}

inline LoadOptions options_for(const FakeShop& shop, const std::string& scenario_file) {
  LoadOptions options;
  options.target = shop.url();
  options.admin = shop.url();
  options.scenario_file = scenario_file;
  options.progress = ProgressMode::off;
  options.run_name = "t";
  return options;
}

// Several threads, connections that close and refusals that pass: a shop that keeps its promises passes
// anyway.
inline void check_passes_with_trouble(FakeState state, const std::string& scenario) {
  const Folder folder;
  const FakeShop shop(state, {.close_every = 37, .overloaded_every = 11});
  LoadOptions options = options_for(shop, folder.write("scenario.json", scenario));
  options.threads = 2;
  const Ended ended = run(options);
  INFO(ended.out << ended.err);
  REQUIRE(ended.verdict() == "verdict: PASS\n");
  REQUIRE_THAT(ended.out, Catch::Contains("overloaded"));
}

inline std::string read_file(const std::string& file) {
  std::stringstream text;
  text << std::ifstream(file).rdbuf();
  return text.str();
}

}  // namespace doorbuster::load::testing
