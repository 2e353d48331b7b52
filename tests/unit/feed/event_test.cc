// What the outside is told of each record: of the golden folders, which have every kind of record in every
// version, and against tests/golden/feed/1, which has the events as text.
//
// With DOORBUSTER_UPDATE_GOLDEN=1 this writes the texts anew. What readers of schema 1 have been told stays
// as it is: members may only be added.

#include "doorbuster/feed/event.h"

#include <simdjson.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "doorbuster/journal/follower.h"
#include "doorbuster/platform/memory_storage.h"
#include "doorbuster/runtime/checkpoint.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

const std::filesystem::path kFolders = "tests/golden/journal/1.0";
const std::filesystem::path kEvents = "tests/golden/feed/1";
const std::string kNames[] = {"payloads", "plans", "life", "forgotten", "samples"};

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// A golden folder, and who tells of it.
struct Told {
  explicit Told(const std::string& name) {
    MemoryStorage::Files files;
    for (const auto& entry : std::filesystem::directory_iterator(kFolders / name)) {
      files[entry.path().filename().string()] = read_file(entry.path());
    }
    storage = std::make_unique<MemoryStorage>(files);
    auto folder = read_folder(*storage);
    INFO((folder ? std::string() : folder.error().message));
    REQUIRE(folder);
    catalog = folder->state->catalog();
    durable = folder->journal.next_sequence - 1;
    encoder = std::make_unique<EventEncoder>(folder->journal.identity, folder->state->keys().order_id_key);
  }

  // The events, one a line. `changed`: what becomes of a record before it is told.
  template <typename Changed>
  Result<std::string> events(Changed&& changed) {
    JournalFollower follower(*storage);
    REQUIRE(follower.seek(1, durable) == JournalFollower::Kept::yes);
    std::string text;
    Status status;
    const auto read = follower.read(durable, [&](JournalRecord record) {
      changed(record);
      auto event = encoder->encode(record, *catalog);
      if (!event) {
        status = tl::unexpected(event.error());
        return JournalFollower::Then::enough;
      }
      if (*event) text += (*event)->json + '\n';
      return JournalFollower::Then::go_on;
    });
    REQUIRE(read);
    if (!status) return tl::unexpected(status.error());
    return text;
  }
  std::string events() {
    auto text = events([](const JournalRecord&) {});
    INFO((text ? std::string() : text.error().message));
    REQUIRE(text);
    return *text;
  }

  std::unique_ptr<MemoryStorage> storage;
  CatalogPointer catalog;
  std::uint64_t durable = 0;
  std::unique_ptr<EventEncoder> encoder;
};

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != std::string::npos; at = end + 1) {
    lines.push_back(text.substr(at, end - at));
  }
  return lines;
}

TEST_CASE("the events of the golden folders are written anew when it is asked for") {
  if (std::getenv("DOORBUSTER_UPDATE_GOLDEN") == nullptr) return;
  std::filesystem::create_directories(kEvents);
  for (const std::string& name : kNames) {
    std::ofstream(kEvents / (name + ".jsonl"), std::ios::binary) << Told(name).events();
  }
}

TEST_CASE("every record of the golden folders is told as it always was") {
  for (const std::string& name : kNames) {
    CAPTURE(name);
    CHECK(Told(name).events() == read_file(kEvents / (name + ".jsonl")));
  }
}

TEST_CASE("every event is a CloudEvent of its record, and every type of them is described") {
  const std::string page = read_file("docs/formats/feed.md");
  std::set<std::string> types;
  for (const std::string& name : kNames) {
    CAPTURE(name);
    std::uint64_t last = 0;
    for (const std::string& line : lines_of(Told(name).events())) {
      CAPTURE(line);
      simdjson::dom::parser parser;
      simdjson::dom::element event;
      REQUIRE(parser.parse(line).get(event) == simdjson::SUCCESS);
      const auto text = [&](const char* member) {
        std::string_view value;
        REQUIRE(event[member].get(value) == simdjson::SUCCESS);
        return std::string(value);
      };
      CHECK(text("specversion") == "1.0");
      CHECK(text("source") == "urn:doorbuster:folder:0102030405060708090a0b0c0d0e0f10");
      CHECK(text("dataschema") == "urn:doorbuster:feed:1");
      CHECK(parse_rfc3339(text("time")).has_value());
      CHECK(text("id").starts_with("1-"));
      const std::uint64_t sequence = std::stoull(text("id").substr(2));
      CHECK(sequence > last);
      last = sequence;
      types.insert(text("type"));
      simdjson::dom::object data;
      REQUIRE(event["data"].get(data) == simdjson::SUCCESS);
      if (text("type").starts_with("doorbuster.order.")) {
        std::string_view order;
        REQUIRE(data["order"].get(order) == simdjson::SUCCESS);
        CHECK(text("subject") == order);
      }
    }
    CHECK(last > 0);
  }
  for (const std::string& type : types) {
    CAPTURE(type);
    CHECK(page.find("`" + type + "`") != std::string::npos);
  }
  // And no type is described that no record makes.
  for (std::size_t at = 0; (at = page.find("`doorbuster.", at)) != std::string::npos; ++at) {
    const std::string type = page.substr(at + 1, page.find('`', at + 1) - at - 1);
    CAPTURE(type);
    CHECK(types.count(type) == 1);
  }
}

TEST_CASE("nothing of the engine's secrets and of names that are kept as hashes is told") {
  const std::string all = Told("payloads").events() + Told("life").events();
  CHECK(all.find("\"key\"") == std::string::npos);
  CHECK(all.find("identities") == std::string::npos);
  CHECK(all.find("secret") == std::string::npos);
}

TEST_CASE("a record that this program does not know is an error and is not left out") {
  Told told("payloads");
  const std::size_t all = lines_of(told.events()).size();
  REQUIRE(all > 10);
  SECTION("a kind") {
    const auto text = told.events([](JournalRecord& record) {
      if (record.info.kind == RecordKind::order_event) record.info.kind = RecordKind{9'999};
    });
    REQUIRE_FALSE(text);
    CHECK_THAT(text.error().message, Catch::Contains("none that this program knows"));
  }
  for (const RecordKind kind :
       {RecordKind::order_confirmed, RecordKind::order_event, RecordKind::campaign_put, RecordKind::offer_put,
        RecordKind::catalog_change_begin}) {
    DYNAMIC_SECTION("a version of " << record_kind_name(kind)) {
      const auto text = told.events([kind](JournalRecord& record) {
        if (record.info.kind == kind) record.info.version = 99;
      });
      CHECK_FALSE(text);
    }
    DYNAMIC_SECTION("a payload of " << record_kind_name(kind) << " that is too short") {
      const auto text = told.events([kind](JournalRecord& record) {
        if (record.info.kind == kind) record.payload = record.payload.first(3);
      });
      CHECK_FALSE(text);
    }
  }
}

}  // namespace
}  // namespace doorbuster
