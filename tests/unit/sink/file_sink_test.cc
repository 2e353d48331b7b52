// Events as lines of files: each once, over rotation, crashes and cut lines.

#include "sink/file_sink.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include "support/catch.h"
#include "support/temp_folder.h"

namespace doorbuster {
namespace {

constexpr FolderIdentity kFolder = {1, 2, 3};
const std::atomic<bool> kGoOn = false;

FeedEvent event(std::uint64_t sequence, const FolderIdentity& folder = kFolder) {
  const FeedPosition at = {.epoch = 1, .sequence = sequence};
  return {.at = at,
          .time = {},
          .subject = {},
          .json = R"({"id":")" + format_feed_position(at) + R"(","source":")" + event_source(folder) + "\"}"};
}

std::vector<FeedEvent> events(std::uint64_t from, std::uint64_t to) {
  std::vector<FeedEvent> all;
  for (std::uint64_t sequence = from; sequence <= to; ++sequence) all.push_back(event(sequence));
  return all;
}

struct Files {
  explicit Files(std::uint64_t rotate_bytes = 1U << 20, std::uint32_t files_max = 0) {
    configuration.id = "files";
    configuration.options =
        FileSinkOptions{.folder = temp.file("out"), .rotate_bytes = rotate_bytes, .files_max = files_max};
    start();
  }
  void start() { sink = std::make_unique<FileSink>(configuration, kFolder); }
  std::optional<FeedPosition> open() {
    const auto place = sink->open(kGoOn);
    INFO((place ? std::string() : place.error().message));
    REQUIRE(place);
    return *place;
  }
  void deliver(const std::vector<FeedEvent>& batch) {
    const Delivery delivery = sink->deliver(batch, batch.back().at, kGoOn);
    CAPTURE(delivery.reason);
    CHECK(delivery.then == Delivery::Then::go_on);
    CHECK(delivery.delivered == batch.size());
  }
  std::vector<std::filesystem::path> paths() const {
    std::vector<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(temp.file("out"))) {
      found.push_back(entry.path());
    }
    std::sort(found.begin(), found.end());
    return found;
  }
  std::string text() const {
    std::string all;
    for (const auto& path : paths()) {
      std::ifstream in(path, std::ios::binary);
      all.append(std::istreambuf_iterator<char>(in), {});
    }
    return all;
  }

  TempFolder temp;
  SinkConfiguration configuration;
  std::unique_ptr<FileSink> sink;
};

std::string lines(std::uint64_t from, std::uint64_t to) {
  std::string text;
  for (const FeedEvent& each : events(from, to)) text += each.json + '\n';
  return text;
}

TEST_CASE("a file sink goes on behind the last line that it has") {
  Files files;
  CHECK_FALSE(files.open());
  files.deliver(events(1, 10));
  files.deliver(events(11, 20));
  CHECK(files.text() == lines(1, 20));
  files.start();
  CHECK(files.open() == FeedPosition{1, 20});
  files.deliver(events(15, 30));  // what it has is left out
  CHECK(files.text() == lines(1, 30));
  CHECK(files.paths().size() == 1);
  CHECK(files.paths()[0].filename() == "events-00000000000000000001.ndjson");
}

TEST_CASE("wherever the last line is cut, each event stands there once in the end") {
  Files files;
  files.open();
  files.deliver(events(1, 5));
  const std::string whole = files.text();
  for (std::size_t cut = 0; cut <= whole.size(); ++cut) {
    for (const std::string& junk : {std::string(), std::string(3, '\0'), std::string("{\"id\":\n\0\n", 9)}) {
      std::ofstream(files.paths().empty() ? files.temp.file("out/events-00000000000000000001.ndjson")
                                          : files.paths()[0].string(),
                    std::ios::binary)
          << whole.substr(0, cut) << junk;
      files.start();
      const auto place = files.open();
      const std::uint64_t has = place ? place->sequence : 0;
      CHECK(files.text() == lines(1, has));
      files.deliver(events(has + 1, has + 3));
      CHECK(files.text() == lines(1, has + 3));
    }
  }
}

TEST_CASE("files are ended when they are large enough, and the oldest go") {
  const std::size_t line = event(1).json.size() + 1;
  Files files(10 * line);
  files.open();
  files.deliver(events(1, 9));
  files.deliver(events(10, 35));
  CHECK(files.paths().size() == 4);
  CHECK(files.paths()[1].filename() == "events-00000000000000000011.ndjson");
  CHECK(files.text() == lines(1, 35));
  files.start();
  CHECK(files.open() == FeedPosition{1, 35});
  files.deliver(events(36, 40));
  files.start();
  CHECK(files.open() == FeedPosition{1, 40});
  files.deliver(events(41, 41));
  CHECK(files.paths().size() == 5);
  CHECK(files.text() == lines(1, 41));

  Files few(10 * line, 2);
  few.open();
  few.deliver(events(1, 100));
  few.deliver(events(101, 105));
  CHECK(few.text() == lines(91, 105));
  // What a reader has taken away is not written again: the agent knows where it was.
  for (const auto& path : few.paths()) std::filesystem::remove(path);
  few.start();
  CHECK_FALSE(few.open());
}

TEST_CASE("a folder of another data folder, or one that cannot be, is told and not written to") {
  Files files;
  files.open();
  files.deliver({event(1, {9, 9})});
  files.start();
  const auto opened = files.sink->open(kGoOn);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == ErrorKind::configuration);
  CHECK_THAT(opened.error().message, Catch::Contains("another data folder"));

  SinkConfiguration nowhere;
  nowhere.options = FileSinkOptions{.folder = files.paths()[0].string()};
  const auto refused = FileSink(nowhere, kFolder).open(kGoOn);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::runtime);  // somebody may repair it
}

}  // namespace
}  // namespace doorbuster
