// The envelope of a checkpoint: what was written comes back, and nothing else ever does.
#include "doorbuster/journal/checkpoint.h"

#include <cstring>

#include "doorbuster/platform/memory_storage.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr CheckpointContent kContent{.version = 3, .row_bytes = 56, .life_bytes = 64};
constexpr std::uint64_t kLast = 4711;

CheckpointMark mark() {
  CheckpointMark mark;
  mark.place = {.identity = {1, 2, 3},
                .next_sequence = kLast + 1,
                .epoch = 5,
                .last_crc = 0xabcdef01,
                .followed = true};
  mark.tick = {1'700'000'000'000'000'000};
  return mark;
}

struct Piece {
  std::uint16_t section = 0;
  std::string bytes;
  friend bool operator==(const Piece&, const Piece&) = default;
};

void write_sample(MemoryStorage& storage, std::size_t elements = 3) {
  auto file = storage.open(checkpoint_name(kLast), Storage::Mode::create);
  REQUIRE(file.has_value());
  CheckpointWriter writer(**file, mark(), kContent);
  for (std::size_t i = 0; i < elements; ++i) {
    const auto out = writer.reserve(1, 24);
    std::memset(out.data(), static_cast<int>('a' + i % 20), 20);
  }
  writer.append(2, "a text of its own");
  REQUIRE(writer.finish(elements, 0x1122334455667788).has_value());
}

// Every chunk, or why not.
Result<std::vector<Piece>> read_all(MemoryStorage& storage, const CheckpointContent& content = kContent) {
  auto reader = CheckpointReader::open(storage, kLast, content);
  if (!reader) return tl::unexpected(reader.error());
  std::vector<Piece> pieces;
  for (;;) {
    auto chunk = reader->next();
    if (!chunk) return tl::unexpected(chunk.error());
    if (!*chunk) break;
    const auto payload = (*chunk)->payload;
    pieces.push_back(
        {(*chunk)->section, std::string(reinterpret_cast<const char*>(payload.data()), payload.size())});
  }
  CHECK(reader->footer().state_hash == 0x1122334455667788);
  return pieces;
}

void expect_damage(MemoryStorage::Files files) {
  MemoryStorage storage(files);
  const auto read = read_all(storage);
  REQUIRE_FALSE(read.has_value());
  REQUIRE(read.error().kind == ErrorKind::configuration);
  REQUIRE_THAT(read.error().message, Catch::Contains(checkpoint_name(kLast)) && Catch::Contains("bytes"));
}

TEST_CASE("what was written comes back, in chunks that no element crosses") {
  MemoryStorage storage;
  const std::size_t elements = 2 * kCheckpointChunkBytesMax / 24;
  write_sample(storage, elements);
  const auto pieces = read_all(storage);
  REQUIRE(pieces.has_value());
  REQUIRE(pieces->size() == 4);
  std::size_t bytes = 0;
  for (const Piece& piece : *pieces) {
    CHECK(piece.bytes.size() <= kCheckpointChunkBytesMax);
    if (piece.section == 1) {
      CHECK(piece.bytes.size() % 24 == 0);
      bytes += piece.bytes.size();
    }
  }
  CHECK(bytes == elements * 24);
  CHECK(pieces->back() == Piece{2, "a text of its own"});

  const auto reader = CheckpointReader::open(storage, kLast, kContent);
  CHECK(reader->mark().place.identity == mark().place.identity);
  CHECK(reader->mark().place.next_sequence == kLast + 1);
  CHECK(reader->mark().place.epoch == 5);
  CHECK(reader->mark().place.last_crc == 0xabcdef01);
  CHECK(reader->mark().place.followed);
  CHECK(reader->mark().tick == mark().tick);
  const auto summary = summarize_checkpoint(storage, kLast);
  REQUIRE(summary.has_value());
  CHECK(summary->footer.orders == elements);
  CHECK(summary->file_bytes == storage.files().at(checkpoint_name(kLast)).size());
}

TEST_CASE("a text longer than a chunk comes back in its order") {
  MemoryStorage storage;
  std::string text(kCheckpointChunkBytesMax + 1001, 'x');
  for (std::size_t i = 0; i < text.size(); i += 97) text[i] = static_cast<char>('a' + i % 26);
  {
    auto file = storage.open(checkpoint_name(kLast), Storage::Mode::create);
    CheckpointWriter writer(**file, mark(), kContent);
    writer.append(1, std::string_view(text).substr(0, 5));
    writer.append(1, std::string_view(text).substr(5));
    REQUIRE(writer.finish(0, 0x1122334455667788).has_value());
  }
  const auto pieces = read_all(storage);
  REQUIRE(pieces.has_value());
  std::string read;
  for (const Piece& piece : *pieces) read += piece.bytes;
  CHECK(read == text);
}

TEST_CASE("no flipped bit of a checkpoint is ever believed") {
  MemoryStorage storage;
  write_sample(storage);
  const MemoryStorage::Files files = storage.files();
  const std::size_t size = files.at(checkpoint_name(kLast)).size();
  for (std::size_t at = 0; at < size; ++at) {
    for (const int bit : {0, 7}) {
      CAPTURE(at, bit);
      MemoryStorage::Files damaged = files;
      char& byte = damaged[checkpoint_name(kLast)][at];
      byte = static_cast<char>(byte ^ (1 << bit));
      expect_damage(damaged);
    }
  }
}

TEST_CASE("a checkpoint that was cut anywhere, or that something was added to, is damaged") {
  MemoryStorage storage;
  write_sample(storage);
  const MemoryStorage::Files files = storage.files();
  const std::size_t size = files.at(checkpoint_name(kLast)).size();
  for (std::size_t cut = 0; cut < size; ++cut) {
    CAPTURE(cut);
    MemoryStorage::Files damaged = files;
    damaged[checkpoint_name(kLast)].resize(cut);
    expect_damage(damaged);
    MemoryStorage shorter(damaged);
    CHECK_FALSE(summarize_checkpoint(shorter, kLast).has_value());
  }
  MemoryStorage::Files longer = files;
  longer[checkpoint_name(kLast)] += '\0';
  expect_damage(longer);
}

TEST_CASE("a checkpoint under another's name, of another version or of a newer format is refused") {
  MemoryStorage storage;
  write_sample(storage);
  MemoryStorage renamed({{checkpoint_name(kLast), storage.files().at(checkpoint_name(kLast))},
                         {checkpoint_name(12), storage.files().at(checkpoint_name(kLast))}});
  const auto other = CheckpointReader::open(renamed, 12, kContent);
  REQUIRE_FALSE(other.has_value());
  CHECK_THAT(other.error().message, Catch::Contains("its name says otherwise"));
  for (const CheckpointContent& content :
       {CheckpointContent{4, 56, 64}, CheckpointContent{3, 64, 64}, CheckpointContent{3, 56, 56}}) {
    const auto read = read_all(storage, content);
    REQUIRE_FALSE(read.has_value());
    CHECK_THAT(read.error().message, Catch::Contains("another version of doorbuster"));
  }
  MemoryStorage::Files newer = storage.files();
  newer[checkpoint_name(kLast)][8] = 2;
  MemoryStorage with_newer(newer);
  const auto read = read_all(with_newer);
  REQUIRE_FALSE(read.has_value());
  CHECK_THAT(read.error().message, Catch::Contains("format 2"));
}

TEST_CASE("a write or a sync that fails is told at the end") {
  for (const StorageOperation operation : {StorageOperation::write, StorageOperation::sync}) {
    for (std::uint64_t nth = 1; nth <= 4; ++nth) {
      MemoryStorage storage;
      auto file = storage.open(checkpoint_name(kLast), Storage::Mode::create);
      CheckpointWriter writer(**file, mark(), kContent);
      storage.fail_nth(operation, operation == StorageOperation::sync ? 1 : nth);
      writer.append(1, "one");
      writer.append(2, "two");
      writer.append(3, "three");
      CHECK_FALSE(writer.finish(0, 0).has_value());
    }
  }
}

TEST_CASE("names of checkpoints say where they end, and others are nobody's") {
  CHECK(checkpoint_name(0x1f) == "checkpoint-000000000000001f.ckp");
  CHECK(parse_checkpoint_name("checkpoint-000000000000001f.ckp") == 0x1f);
  for (const char* other : {"checkpoint-000000000000001F.ckp", "checkpoint-1f.ckp", "checkpoint.tmp",
                            "checkpoint-000000000000001f.ckp.old", "journal-000000000000001f.seg"}) {
    CHECK_FALSE(parse_checkpoint_name(other).has_value());
  }
  CHECK(is_unfinished_checkpoint(unfinished_checkpoint_name()));
  CHECK(is_unfinished_checkpoint(unfinished_checkpoint_name("4711")));
  CHECK_FALSE(is_unfinished_checkpoint(checkpoint_name(1)));
  MemoryStorage storage({{checkpoint_name(3), ""}, {checkpoint_name(20), ""}, {"checkpoint.tmp", ""}});
  CHECK(*list_checkpoints(storage) == std::vector<std::uint64_t>{20, 3});
}

}  // namespace
}  // namespace doorbuster
