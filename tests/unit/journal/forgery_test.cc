// Bytes whose every checksum is right and that stand in the wrong place: what only the chain can find.
#include <cstring>

#include "doorbuster/base/checksum.h"
#include "support/journal_fixture.h"

namespace doorbuster {
namespace {

using Files = MemoryStorage::Files;

// Three lives of one batch each, killed after the last, so that the watermark could be a witness; it is taken
// away.
Files three_lives(char letter, const Files& before = {}) {
  MemoryStorage storage(before);
  for (int life = static_cast<int>(segments_of(before).size()); life < 3; ++life) {
    auto started = must_start(storage);
    append(*started.writer, std::string(24, letter));
    append(*started.writer, std::string(24, letter));
    must_close(*started.writer);
    started.writer.reset();
    storage.kill();
  }
  Files files = storage.files();
  files.erase("watermark");
  return files;
}

Error refusal(const Files& files) {
  MemoryStorage storage(files);
  const auto recovered = recover_journal(storage, ignore_record);
  return recovered ? Error{ErrorKind::runtime, "accepted"} : recovered.error();
}

bool refused_with(const Files& files, std::string_view words) {
  const Error error = refusal(files);
  UNSCOPED_INFO(error.message);
  return error.kind == ErrorKind::configuration && error.message.find(words) != std::string::npos;
}

template <typename Change>
void change_header(std::string& segment, const Change& change) {
  SegmentHeader header;
  std::memcpy(&header, segment.data(), sizeof header);
  change(header);
  header.header_crc = 0;
  header.header_crc = crc32c(&header, sizeof header);
  std::memcpy(segment.data(), &header, sizeof header);
}

template <typename Change>
void change_record(std::string& segment, std::size_t at, const Change& change) {
  RecordHeader header;
  std::memcpy(&header, segment.data() + at, sizeof header);
  change(header);
  std::memcpy(segment.data() + at, &header, sizeof header);
  header.crc = crc32c(segment.data() + at + 4, header.length - 4);
  std::memcpy(segment.data() + at, &header, sizeof header);
}

TEST_CASE("a record with a right checksum in the wrong place is refused, in the newest segment too") {
  const Files files = three_lives('a');
  REQUIRE(refusal(files).message == "accepted");
  for (const auto& name : segments_of(files)) {
    const std::size_t at = sizeof(SegmentHeader) + 64;  // the second record of the segment
    const auto forged = [&](const auto& change) {
      Files other = files;
      change_record(other[name], at, change);
      return other;
    };
    CAPTURE(name);
    CHECK(refused_with(forged([](RecordHeader& r) { r.sequence += 1; }), "next in sequence"));
    CHECK(refused_with(forged([](RecordHeader& r) { r.sequence -= 1; }), "next in sequence"));
    CHECK(refused_with(forged([](RecordHeader& r) { r.previous_crc ^= 1; }), "does not continue"));
    CHECK(refused_with(forged([](RecordHeader& r) { r.epoch += 1; }), "another life"));
    CHECK(refused_with(forged([](RecordHeader& r) { r.flags = 1; }), "flags"));
  }
}

TEST_CASE("a header with a right checksum in the wrong place is refused") {
  const Files files = three_lives('a');
  const auto names = segments_of(files);
  for (const auto& name : names) {
    const auto forged = [&](const auto& change) {
      Files other = files;
      change_header(other[name], change);
      return other;
    };
    CAPTURE(name);
    CHECK(refused_with(forged([](SegmentHeader& h) { h.previous_crc ^= 1; }), name));
    CHECK(refused_with(forged([](SegmentHeader& h) { h.reserved_zero0 = 1; }), "reserved"));
    CHECK(refused_with(forged([](SegmentHeader& h) { h.reserved_zero1 = 1; }), "reserved"));
    CHECK(refused_with(forged([](SegmentHeader& h) { h.epoch = 0; }), name));
    CHECK(refused_with(forged([](SegmentHeader& h) { h.format_major = 0; }), "format 0.0"));
    CHECK(refused_with(forged([](SegmentHeader& h) { h.first_sequence += 1; }), "renamed"));
  }
  Files foreign = files;
  change_header(foreign[names[1]], [](SegmentHeader& h) { h.identity[0] ^= 1; });
  CHECK(refused_with(foreign, "another data folder"));
}

TEST_CASE("a gap and an overlap are named with the sequences that they are about") {
  const Files files = three_lives('a');
  const auto names = segments_of(files);
  Files gap = files;
  gap.erase(names[1]);
  CHECK(refused_with(gap, "records 5 to 8 are missing before " + names[2]));
  Files no_first = files;
  no_first.erase(names[0]);
  CHECK(refused_with(no_first, "records 1 to 4 are missing before " + names[1]));
  // The second segment, said to begin inside of the first.
  Files overlap = files;
  overlap["journal-0000000000000003.seg"] = overlap[names[1]];
  change_header(overlap["journal-0000000000000003.seg"], [](SegmentHeader& h) { h.first_sequence = 3; });
  CHECK(refused_with(overlap, names[0] + " has already"));
}

TEST_CASE("two futures of one folder cannot be mixed, though identity, epochs and sequences are the same") {
  Files first_life;
  {
    const Files all = three_lives('a');
    first_life[segments_of(all).front()] = all.at(segments_of(all).front());
  }
  const Files one = three_lives('b', first_life);
  const Files other = three_lives('c', first_life);
  const auto names = segments_of(one);
  REQUIRE(names == segments_of(other));
  REQUIRE(one.at(names[0]) == other.at(names[0]));
  Files mixed = one;
  mixed[names[1]] = other.at(names[1]);
  CHECK(refused_with(mixed, names[2] + ", bytes 0 to 64: the segment does not continue " + names[1]));
}

TEST_CASE("a newer start cannot stand before an older one") {
  Files files = three_lives('a');
  const auto names = segments_of(files);
  change_header(files[names[2]], [](SegmentHeader& h) { h.epoch = 1; });
  CHECK(refused_with(files, "earlier start"));
}

}  // namespace
}  // namespace doorbuster
