#include "load/record_file.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>

#include "support/catch.h"

using namespace doorbuster;
using namespace doorbuster::load;
using Catch::Contains;

namespace {

class TemporaryFile {
 public:
  TemporaryFile()
      : path_((std::filesystem::temp_directory_path() / ("doorbuster-record-" + std::to_string(getpid())))
                  .string()) {}
  ~TemporaryFile() { std::remove(path_.c_str()); }
  const std::string& path() const { return path_; }
  void append(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }

 private:
  std::string path_;
};

const RecordHeader kHeader{.run = "r1",
                           .campaign = "demo",
                           .limit_per_buyer = 2,
                           .baseline = {{"tv", 10, 7, 1, 2}, {"mug", 5, 5, 0, 0}}};
const Promise kFirst{
    .order = "o-1", .sku = "tv", .buyer = "b-1", .key = "k-1", .quantity = 2, .durable = true};
const Promise kSecond{
    .order = "o-2", .sku = "mug", .buyer = "b-2", .key = "", .quantity = 1, .durable = false};

}  // namespace

TEST_CASE("record file: what is written is read again, replays once") {
  const TemporaryFile file;
  Result<RecordWriter> writer = RecordWriter::create(file.path(), kHeader);
  REQUIRE(writer);
  writer->append(kFirst);
  writer->append(kSecond);
  writer->append(kFirst);
  REQUIRE(writer->finish(3, {{"tv", 4}, {"mug", 0}}));
  const Result<RecordFile> record = read_record_file(file.path());
  REQUIRE(record);
  REQUIRE(record->header.campaign == "demo");
  REQUIRE(record->header.limit_per_buyer == 2U);
  REQUIRE(record->header.baseline.size() == 2);
  REQUIRE(record->header.baseline[0].committed() == 3);
  REQUIRE(record->promises == std::vector<Promise>{kFirst, kSecond});
  REQUIRE(record->ended);
  REQUIRE(record->unknown_units == std::map<std::string, std::int64_t>{{"tv", 4}});
}

TEST_CASE("record file: a last line that the load did not finish is left out") {
  const TemporaryFile file;
  {
    Result<RecordWriter> writer = RecordWriter::create(file.path(), kHeader);
    REQUIRE(writer);
    writer->append(kFirst);
    REQUIRE(writer->flush());
  }
  file.append(R"({"order":"o-2","sku")");
  const Result<RecordFile> record = read_record_file(file.path());
  REQUIRE(record);
  REQUIRE(record->promises.size() == 1);
  REQUIRE_FALSE(record->ended);
}

TEST_CASE("record file: damage is an error with the line's number") {
  const TemporaryFile file;
  REQUIRE(RecordWriter::create(file.path(), kHeader));
  file.append("{\"order\":\"o-1\",\"sku\":\"tv\"}\n");
  const Result<RecordFile> record = read_record_file(file.path());
  REQUIRE_FALSE(record);
  REQUIRE_THAT(record.error().message, Contains(":2:"));
}

TEST_CASE("record file: a file that is none, or is missing, is an error") {
  const TemporaryFile file;
  REQUIRE_FALSE(read_record_file(file.path()));
  file.append("");
  REQUIRE_THAT(read_record_file(file.path()).error().message, Contains("no record of a load"));
}
