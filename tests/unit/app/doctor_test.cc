#include "doorbuster/app/doctor.h"

#include <algorithm>
#include <filesystem>
#include <functional>
#include <set>

#include "doorbuster/base/tick.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

// Nothing is wrong with it.
MachineFacts healthy() {
  MachineFacts facts;
  facts.descriptors_max = 20'000;
  facts.folder_exists = facts.folder_writable = true;
  facts.folder_mode = 0700;
  facts.file_system = "ext4";
  facts.free_bytes = 1ULL << 40;
  facts.sync_ns.assign(64, 150 * kNsPerMicrosecond);
  facts.clock_synchronised = true;
  facts.clock_source = "tsc";
  facts.time_zones = "2025b";
  facts.has_secrets = true;
  facts.config_mode = 0640;
  facts.allocator = "mimalloc 209";
  facts.processors = 2;
  facts.somaxconn = facts.syn_backlog = 4096;
  facts.local_ports = 28'232;
  facts.overcommit = 0;
  facts.memory_bytes = 8ULL << 30;
  return facts;
}

// What is not ok after the edit, by subject.
std::vector<std::pair<std::string, Verdict>> found(const std::function<void(MachineFacts&)>& edit,
                                                   const ServerOptions& options = {}) {
  MachineFacts facts = healthy();
  edit(facts);
  std::vector<std::pair<std::string, Verdict>> all;
  for (const Finding& finding : examine(facts, options)) {
    CHECK(finding.advice.empty() == (finding.verdict == Verdict::ok));
    if (finding.verdict != Verdict::ok) all.emplace_back(finding.subject, finding.verdict);
  }
  return all;
}

using Found = std::vector<std::pair<std::string, Verdict>>;

}  // namespace

TEST_CASE("a healthy machine has one line for each subject and no advice") {
  CHECK(found([](MachineFacts&) {}).empty());
  std::multiset<std::string_view> subjects;
  for (const Finding& finding : examine(healthy(), {})) subjects.insert(finding.subject);
  CHECK(subjects.size() == 15);
  CHECK(std::all_of(subjects.begin(), subjects.end(),
                    [&](std::string_view subject) { return subjects.count(subject) == 1; }));
}

TEST_CASE("each thing that is wrong is found, and nothing else with it") {
  struct Row {
    std::function<void(MachineFacts&)> edit;
    std::string subject;
    Verdict verdict;
  };
  const Row rows[] = {
      {[](MachineFacts& m) { m.descriptors_max = 11'255; }, "descriptors", Verdict::warning},
      {[](MachineFacts& m) { m.descriptors_max.reset(); }, "descriptors", Verdict::warning},
      {[](MachineFacts& m) { m.folder_writable = false; }, "permissions", Verdict::failure},
      {[](MachineFacts& m) { m.folder_mode = 0750; }, "permissions", Verdict::warning},
      {[](MachineFacts& m) { m.config_mode = 0644; }, "secrets", Verdict::warning},
      {[](MachineFacts& m) { m.file_system = "tmpfs"; }, "file_system", Verdict::failure},
      {[](MachineFacts& m) { m.file_system = "nfs"; }, "file_system", Verdict::failure},
      {[](MachineFacts& m) { m.file_system = "btrfs"; }, "file_system", Verdict::warning},
      {[](MachineFacts& m) { m.file_system.clear(); }, "file_system", Verdict::warning},
      {[](MachineFacts& m) { m.free_bytes = (128U << 20) - 1; }, "space", Verdict::failure},
      {[](MachineFacts& m) { m.free_bytes = (1U << 30) - 1; }, "space", Verdict::warning},
      {[](MachineFacts& m) { m.sync_ns.clear(); }, "sync", Verdict::warning},
      {[](MachineFacts& m) { m.sync_ns.assign(64, 11 * kNsPerMillisecond); }, "sync", Verdict::warning},
      {[](MachineFacts& m) { m.sync_ns.assign(64, 2 * kNsPerMicrosecond); }, "sync", Verdict::warning},
      {[](MachineFacts& m) { m.clock_synchronised = false; }, "clock", Verdict::warning},
      {[](MachineFacts& m) { m.clock_synchronised.reset(); }, "clock", Verdict::warning},
      {[](MachineFacts& m) { m.clock_source = "hpet"; }, "clock_source", Verdict::warning},
      {[](MachineFacts& m) { m.time_zones.clear(); }, "time_zones", Verdict::failure},
      {[](MachineFacts& m) { m.somaxconn = 128; }, "accept_queue", Verdict::warning},
      {[](MachineFacts& m) { m.syn_backlog = 2048; }, "syn_queue", Verdict::warning},
      {[](MachineFacts& m) { m.local_ports = 1000; }, "local_ports", Verdict::warning},
      {[](MachineFacts& m) { m.overcommit = 2; }, "memory", Verdict::failure},
      {[](MachineFacts& m) { m.allocator = "system"; }, "allocator", Verdict::warning},
  };
  for (const Row& row : rows) {
    CAPTURE(row.subject);
    CHECK(found(row.edit) == Found{{row.subject, row.verdict}});
  }
}

TEST_CASE("what is fine is not complained about") {
  CHECK(found([](MachineFacts& m) { m.descriptors_max = 11'256; }).empty());
  CHECK(found([](MachineFacts& m) { m.free_bytes = 1U << 30; }).empty());
  CHECK(found([](MachineFacts& m) { m.sync_ns.back() = kNsPerSecond; }).empty());  // one of many
  CHECK(found([](MachineFacts& m) {
          m.folder_exists = false;
          m.folder_mode = 0;
        }).empty());
  CHECK(found([](MachineFacts& m) {
          m.has_secrets = false;
          m.config_mode = 0644;
        }).empty());
  CHECK(found([](MachineFacts& m) {
          m.somaxconn.reset();
          m.syn_backlog.reset();
          m.local_ports.reset();
          m.memory_bytes.reset();
        }).empty());
}

TEST_CASE("what is asked of the machine depends on what is configured") {
  ServerOptions options;
  options.cores = 4;
  CHECK(found([](MachineFacts&) {}, options) == Found{{"processors", Verdict::warning}});
  options = {};
  options.max_connections = 100;
  CHECK(found([](MachineFacts& m) { m.descriptors_max = 1400; }, options).empty());
  options = {};
  options.segment_bytes = 64U << 10;
  CHECK(found([](MachineFacts& m) { m.free_bytes = 128U << 20; }, options).empty());
}

TEST_CASE("this machine can be read, and its data folder is left as it was") {
  const std::filesystem::path folder = std::filesystem::temp_directory_path() / "doorbuster-doctor-test";
  std::filesystem::create_directory(folder);
  ServerOptions options;
  options.data_dir = folder.string();
  const MachineFacts facts = gather_facts("", options);
  CHECK(facts.folder_exists);
  CHECK(facts.descriptors_max.has_value());
  CHECK(facts.sync_ns.size() == 64);
  CHECK(facts.processors >= 1);
  CHECK(std::filesystem::is_empty(folder));
  std::filesystem::remove(folder);
}

TEST_CASE("findings are told to people and to machines") {
  MachineFacts facts = healthy();
  facts.file_system = "tmpfs";
  const std::vector<Finding> findings = examine(facts, {});
  const std::string text = findings_text(findings);
  CHECK_THAT(text, Catch::Contains("failure  file_system   tmpfs is memory"));
  CHECK_THAT(text, Catch::Contains("-> put server.data_dir on a disk"));
  CHECK_THAT(text, Catch::EndsWith("1 failures, 0 warnings\n"));
  CHECK_THAT(findings_json(findings), Catch::Contains(R"({"verdict":"failure","subject":"file_system",)"));
}

}  // namespace doorbuster
