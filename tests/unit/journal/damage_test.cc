// One bit, one byte, one file: whatever happens to a folder, a start shows every committed record or is
// refused.
#include <algorithm>
#include <cstring>

#include "doorbuster/base/checksum.h"
#include "support/journal_fixture.h"

namespace doorbuster {
namespace {

using Files = MemoryStorage::Files;

struct Folder {
  Files files;
  Seen written;
};

// Two lives with a few batches each; the second stays as `closed` says.
Folder small_folder(bool closed) {
  MemoryStorage storage;
  Folder folder;
  for (int number = 1; number <= 2; ++number) {
    auto life = must_start(storage);
    for (int i = 0; i < 6; ++i) {
      append(*life.writer,
             "life " + std::to_string(number) + " order " + std::string(7, static_cast<char>('a' + i)),
             &folder.written);
      if (i % 2 == 1) must_commit(*life.writer);
    }
    if (closed || number == 1) must_close(*life.writer);
    life.writer.reset();
    storage.kill();
  }
  folder.files = storage.files();
  return folder;
}

// Several segments of one life and of others.
Folder large_folder() {
  MemoryStorage storage;
  Folder folder;
  for (int number = 0; number < 3; ++number) {
    auto life = must_start(storage);
    for (int i = 0; i < 150; ++i) {
      append(*life.writer, std::string(900, static_cast<char>('a' + i % 26)), &folder.written);
    }
    must_close(*life.writer);
    life.writer.reset();
    storage.kill();
  }
  folder.files = storage.files();
  REQUIRE(segments_of(folder.files).size() > 6);
  return folder;
}

struct Verdict {
  bool refused = false;
  Error error;
  Seen seen;
};

Verdict recover(const Files& files) {
  MemoryStorage storage(files);
  Verdict verdict;
  const auto recovered = recover_journal(storage, collect(verdict.seen));
  verdict.refused = !recovered.has_value();
  if (verdict.refused) {
    verdict.error = recovered.error();
    REQUIRE(verdict.error.kind == ErrorKind::configuration);
    REQUIRE(storage.files() == files);  // a refusal has changed nothing
  }
  return verdict;
}

bool is_beginning_of(const Seen& seen, const Seen& written) {
  return seen.size() <= written.size() && std::equal(seen.begin(), seen.end(), written.begin());
}

// Calls `look(offset, verdict)` for every bit of `name` in [0, bytes), flipped.
template <typename Look>
void flip_each_bit(const Folder& folder, const std::string& name, std::size_t bytes, const Look& look) {
  Files files = folder.files;
  for (std::size_t at = 0; at < bytes; ++at) {
    for (int bit = 0; bit < 8; ++bit) {
      files[name][at] = static_cast<char>(files[name][at] ^ (1 << bit));
      look(at, recover(files));
      files[name][at] = static_cast<char>(files[name][at] ^ (1 << bit));
    }
  }
}

std::size_t content_of(const std::string& segment) {
  return segment.find_last_not_of('\0') + 1;
}

// Where the records of `segment` end; bytes of the last one may be 0.
std::size_t end_of_records(const Files& files, const std::string& segment) {
  MemoryStorage storage(files);
  std::size_t end = 0;
  const auto read = read_journal(storage, [&](const JournalRecord& record) -> Status {
    if (record.segment == segment) {
      end = record.offset + padded_to_8(sizeof(RecordHeader) + record.payload.size());
    }
    return {};
  });
  REQUIRE(read.has_value());
  return end;
}

TEST_CASE("after a clean stop every flipped bit of a segment is refused, in a message that names the file") {
  const Folder folder = small_folder(true);
  for (const auto& name : segments_of(folder.files)) {
    flip_each_bit(folder, name, folder.files.at(name).size(), [&](std::size_t at, const Verdict& verdict) {
      CAPTURE(name, at);
      REQUIRE(verdict.refused);
      REQUIRE(verdict.error.message.find(name) != std::string::npos);
    });
  }
}

TEST_CASE("without the watermark a clean stop is proven by its last record, and only that one may be lost") {
  Folder folder = small_folder(true);
  folder.files.erase("watermark");
  const std::string newest = segments_of(folder.files).back();
  const std::size_t last_batch_end = folder.files[newest].size() - (sizeof(RecordHeader) + sizeof(BatchEnd));
  flip_each_bit(folder, newest, folder.files[newest].size(), [&](std::size_t at, const Verdict& verdict) {
    CAPTURE(at);
    REQUIRE(verdict.refused == (at < last_batch_end));
    if (!verdict.refused) REQUIRE(verdict.seen == folder.written);
  });
}

TEST_CASE("after a kill every flipped bit of a committed record is refused") {
  const Folder folder = small_folder(false);
  const std::string newest = segments_of(folder.files).back();
  REQUIRE(folder.files.at(newest).size() == kSegmentBytesMin);
  flip_each_bit(folder, newest, content_of(folder.files.at(newest)),
                [&](std::size_t at, const Verdict& verdict) {
                  CAPTURE(at);
                  REQUIRE(verdict.refused);
                });
}

TEST_CASE("bytes behind the last record are a torn tail and cost no committed record") {
  const Folder folder = small_folder(false);
  const std::string newest = segments_of(folder.files).back();
  for (std::size_t at = end_of_records(folder.files, newest) + 8; at < kSegmentBytesMin; at += 997) {
    Files files = folder.files;
    files[newest][at] = '!';
    const Verdict verdict = recover(files);
    CAPTURE(at, verdict.error.message);
    REQUIRE_FALSE(verdict.refused);
    REQUIRE(verdict.seen == folder.written);
  }
}

TEST_CASE("bits of the watermark are evidence only: flipped or cut, nothing is lost and nothing is refused") {
  const Folder folder = small_folder(true);
  flip_each_bit(folder, "watermark", sizeof(Watermark), [&](std::size_t at, const Verdict& verdict) {
    CAPTURE(at);
    REQUIRE_FALSE(verdict.refused);
    REQUIRE(verdict.seen == folder.written);
  });
  for (std::size_t size = 0; size < sizeof(Watermark); ++size) {
    Files files = folder.files;
    files["watermark"].resize(size);
    REQUIRE(recover(files).seen == folder.written);
  }
}

TEST_CASE("a file that was cut anywhere inside its committed records is refused") {
  const bool closed = GENERATE(true, false);
  const Folder folder = small_folder(closed);
  for (const auto& name : segments_of(folder.files)) {
    const std::size_t end = end_of_records(folder.files, name);
    for (std::size_t size = 0; size < end; ++size) {
      Files files = folder.files;
      files[name].resize(size);
      CAPTURE(name, size, closed);
      REQUIRE(recover(files).refused);
    }
    Files files = folder.files;
    files[name].resize(end);
    REQUIRE(recover(files).seen == folder.written);
  }
}

TEST_CASE(
    "a batch that was cut short without any proof is a torn tail: a beginning of it is kept, the rest in "
    ".torn") {
  Folder folder = small_folder(false);
  folder.files.erase("watermark");
  const std::string newest = segments_of(folder.files).back();
  const std::size_t end = end_of_records(folder.files, newest);
  const std::size_t last_batch = end - 2 * padded_to_8(sizeof(RecordHeader) + 20) - 56;
  for (std::size_t size = last_batch; size < end; ++size) {
    Files files = folder.files;
    files[newest].resize(size);
    const Verdict verdict = recover(files);
    CAPTURE(size, verdict.error.message);
    REQUIRE_FALSE(verdict.refused);
    REQUIRE(verdict.seen.size() >= folder.written.size() - 2);
    REQUIRE(is_beginning_of(verdict.seen, folder.written));

    MemoryStorage disk(files);
    const auto recovered = recover_journal(disk, ignore_record);
    REQUIRE(recovered.has_value());
    Files after = disk.files();
    const std::string kept = after[newest] + after[newest + ".torn"];
    REQUIRE(after[newest + ".torn"].size() == recovered->torn_bytes);
    REQUIRE(kept.size() >= content_of(files[newest]));
    REQUIRE(kept == files[newest].substr(0, kept.size()));
  }
}

TEST_CASE("any byte of an older segment that changed is refused, the zeros behind its records too") {
  Folder folder = small_folder(true);
  const std::string oldest = segments_of(folder.files).front();
  folder.files[oldest].resize(folder.files[oldest].size() + 64, '\0');  // as a crash before the cut leaves it
  REQUIRE(recover(folder.files).seen == folder.written);
  for (std::size_t at = 0; at < folder.files[oldest].size(); ++at) {
    Files files = folder.files;
    files[oldest][at] = static_cast<char>(files[oldest][at] ^ 0x55);
    CAPTURE(at);
    REQUIRE(recover(files).refused);
  }
}

TEST_CASE("a segment that is missing is refused, whichever it is") {
  const Folder folder = large_folder();
  const auto names = segments_of(folder.files);
  for (const auto& name : names) {
    Files files = folder.files;
    files.erase(name);
    CAPTURE(name);
    REQUIRE(recover(files).refused);
  }
  Files none = {{"watermark", folder.files.at("watermark")}};
  CHECK(recover(none).refused);
}

TEST_CASE("two segments that changed places, or one under two names, are refused") {
  const Folder folder = large_folder();
  const auto names = segments_of(folder.files);
  for (std::size_t i = 0; i < names.size(); ++i) {
    for (std::size_t j = 0; j < names.size(); ++j) {
      if (i == j) continue;
      Files swapped = folder.files;
      std::swap(swapped[names[i]], swapped[names[j]]);
      CHECK(recover(swapped).refused);
      Files doubled = folder.files;
      doubled[names[i]] = doubled[names[j]];
      CHECK(recover(doubled).refused);
    }
  }
}

TEST_CASE("a renamed or copied segment is refused, whatever name it got") {
  const Folder folder = large_folder();
  const auto names = segments_of(folder.files);
  for (const auto& name : names) {
    for (const std::string other : {"journal-00000000000fffff.seg", "journal-0.seg", "journal-copy.seg",
                                    "journal-0000000000000001.seg.bak", "journal-000000000000000A.seg"}) {
      Files copied = folder.files;
      copied[other] = copied[name];
      CAPTURE(name, other);
      CHECK(recover(copied).refused);
      Files renamed = copied;
      renamed.erase(name);
      CHECK(recover(renamed).refused);
    }
  }
}

TEST_CASE("a segment of another folder is refused, even one that would fit") {
  const Folder folder = large_folder();
  const Folder other = large_folder();
  REQUIRE(segments_of(folder.files) == segments_of(other.files));
  for (const auto& name : segments_of(folder.files)) {
    Files files = folder.files;
    files[name] = other.files.at(name);
    CAPTURE(name);
    CHECK(recover(files).refused);
  }
}

TEST_CASE("an older copy of the newest segment is refused: it ends before what was acknowledged") {
  MemoryStorage storage;
  auto life = must_start(storage);
  append(*life.writer, "first");
  must_commit(*life.writer);
  const Files before = storage.files();
  append(*life.writer, "second");
  must_commit(*life.writer);
  Files files = storage.files();
  files[segments_of(files).back()] = before.at(segments_of(files).back());
  const Verdict verdict = recover(files);
  REQUIRE(verdict.refused);
  CHECK(verdict.error.message.find("watermark") != std::string::npos);
}

void set_version(std::string& segment, std::uint16_t major, std::uint16_t minor) {
  SegmentHeader header;
  std::memcpy(&header, segment.data(), sizeof header);
  header.format_major = major;
  header.format_minor = minor;
  header.header_crc = 0;
  header.header_crc = crc32c(&header, sizeof header);
  std::memcpy(segment.data(), &header, sizeof header);
}

TEST_CASE("a newer major format is refused and a newer minor one is read") {
  Folder folder = small_folder(true);
  const std::string newest = segments_of(folder.files).back();
  set_version(folder.files[newest], kFormatMajor, kFormatMinor + 1);
  CHECK(recover(folder.files).seen == folder.written);
  set_version(folder.files[newest], kFormatMajor + 1, 0);
  const Verdict verdict = recover(folder.files);
  REQUIRE(verdict.refused);
  CHECK(verdict.error.message.find("format 2.0") != std::string::npos);
}

TEST_CASE("a whole record of another life of the folder is damage, not a torn tail") {
  Folder folder = small_folder(false);
  folder.files.erase("watermark");
  const auto names = segments_of(folder.files);
  const std::string stranger = folder.files[names.front()].substr(sizeof(SegmentHeader), 64);
  folder.files[names.back()].replace(end_of_records(folder.files, names.back()), stranger.size(), stranger);
  CHECK(recover(folder.files).refused);
}

}  // namespace
}  // namespace doorbuster
