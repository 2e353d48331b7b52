#include "load/record_file.h"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

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
                           .limits = {.per_buyer = 2, .per_buyer_total = std::nullopt},
                           .baseline = {{"tv", 10, 7, 1, 2}, {"mug", 5, 5, 0, 0}}};
Promise promise(const std::string& order, const std::string& key, Standing standing) {
  Promise made{.order = order, .buyer = "b-1", .lines = {{"tv", 2}}, .key = key, .device = ""};
  made.state.standing = standing;
  if (standing == Standing::confirmed) made.state.confirmed = 2;
  if (standing == Standing::held) made.state.expires_at = made.first_expires_at = {5 * kNsPerSecond};
  return made;
}

const Promise kFirst = promise("o-1", "k-1", Standing::confirmed);
const Promise kSecond = [] {
  Promise made = promise("o-2", "", Standing::held);
  made.lines = {{"mug", 2}};
  made.device = "device:7";
  made.durable = false;
  return made;
}();

// An answer that a step of `order` got.
Step answered(Verb verb, Standing standing, Body body = Body::plain) {
  Step step{.verb = verb, .body = body, .answered = true, .done = true};
  step.told.standing = standing;
  return step;
}

}  // namespace

TEST_CASE("record file: what is written is read again, replays once") {
  const TemporaryFile file;
  Result<RecordWriter> writer = RecordWriter::create(file.path(), kHeader);
  REQUIRE(writer);
  writer->append(kFirst);
  writer->append(kSecond);
  writer->append(kFirst);
  REQUIRE(writer->finish(3, {{"tv", 4}, {"mug", 0}}, {}));
  const Result<RecordFile> record = read_record_file(file.path());
  REQUIRE(record);
  REQUIRE(record->header.campaign == "demo");
  REQUIRE(record->header.limits.per_buyer == 2U);
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

TEST_CASE("record file: orders come back in their last acknowledged state, with what was left open") {
  const TemporaryFile file;
  Result<RecordWriter> writer = RecordWriter::create(file.path(), kHeader);
  REQUIRE(writer);
  std::vector<Promise> ended;
  const auto live = [&](Promise order, const std::vector<Step>& steps) {
    writer->append(order);
    for (const Step& step : steps) {
      if (step.answered) writer->append(order.order, step);
      take_step(order.state, step, order.quantity());
    }
    ended.push_back(std::move(order));
  };
  Step part = answered(Verb::confirm, Standing::confirmed, Body::paid);
  part.told.confirmed = 1;
  Step given_back = answered(Verb::give_back, Standing::confirmed, Body::scrapped);
  given_back.quantity = 1;
  given_back.key = "r-1";
  live(promise("o-1", "k-1", Standing::held), {part, given_back, given_back});
  Step lost = given_back;
  lost.answered = lost.done = false;
  live(promise("o-2", "k-2", Standing::held), {answered(Verb::confirm, Standing::confirmed), lost});
  live(promise("o-3", "k-3", Standing::held), {{.verb = Verb::cancel}});
  Step too_late = answered(Verb::confirm, Standing::expired, Body::paid);
  too_late.done = false;
  too_late.told.refund_due = true;
  live(promise("o-4", "k-4", Standing::held), {too_late});
  Promise place = promise("o-5", "k-5", Standing::waiting);
  place.waits = place.in_line = place.state.ticket = true;
  Step offered = answered(Verb::look, Standing::held);
  offered.told.ticket = offered.told.offered = true;
  offered.told.expires_at = {7 * kNsPerSecond};
  live(place, {offered});
  REQUIRE(writer->finish(9, {}, ended));

  const Result<RecordFile> record = read_record_file(file.path());
  REQUIRE(record);
  REQUIRE(record->promises == ended);
  const auto state = [&](std::size_t i) -> const OrderState& { return record->promises[i].state; };
  REQUIRE(state(0).confirmed == 1);
  REQUIRE(state(0).paid);
  REQUIRE(state(0).returned(true, false) == 1);
  REQUIRE(state(0).returned(true, true) == 0);
  REQUIRE(state(1).returned(false, false) == 1);
  REQUIRE(state(2).standing == Standing::held);
  REQUIRE(state(2).may_have(Verb::cancel));
  REQUIRE(state(3).standing == Standing::expired);
  REQUIRE(state(3).refund_due);
  REQUIRE(state(4).standing == Standing::held);
  REQUIRE_FALSE(state(4).ticket);
  REQUIRE(state(4).expires_at.ns == 7 * kNsPerSecond);
}

TEST_CASE("record file: a step of an order that was never told is an error with the line's number") {
  const TemporaryFile file;
  REQUIRE(RecordWriter::create(file.path(), kHeader));
  file.append("{\"order\":\"o-1\",\"verb\":\"confirm\",\"done\":true,\"status\":\"confirmed\"}\n");
  const Result<RecordFile> record = read_record_file(file.path());
  REQUIRE_FALSE(record);
  REQUIRE_THAT(record.error().message, Contains(":2:"));
}
