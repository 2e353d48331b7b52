// What every subscriber shares: events that are encoded and compressed once, and the log of them.

#include "stream/chunk.h"

#include <random>

#include "stream/chunk_log.h"
#include "support/catch.h"
#include "support/event_stream.h"

namespace doorbuster {
namespace {

ChunkPointer event(const std::string& data) {
  return std::make_shared<Chunk>(ChunkScope{}, "event: x\ndata: " + data + "\n");
}

std::string random_text(std::mt19937& random, std::size_t bytes) {
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) text += static_cast<char>('a' + random() % 26);
  return text;
}

}  // namespace

TEST_CASE("packed pieces make one gzip stream in any order, whatever was left out before them") {
  std::mt19937 random(7);
  Deflater deflater;
  ChunkLog log(1, 1U << 20, 1000);
  for (int i = 0; i < 50; ++i) {
    const ChunkPointer chunk = event(random_text(random, random() % 3000));
    if (i % 2 == 0) chunk->pack(deflater);  // ahead, as for an instant
    log.append(chunk);
  }
  for (int round = 0; round < 20; ++round) {
    std::string packed(kGzipHeader), text;
    GzipSum sum;
    for (std::uint64_t sequence = log.first(); sequence <= log.last(); ++sequence) {
      if (random() % 3 == 0) continue;
      packed += log.at(sequence)->packed(deflater);
      log.at(sequence)->add_to(sum);
      text += log.at(sequence)->text();
    }
    append_gzip_trailer(sum, packed);
    EventReader reader(true);
    for (std::size_t i = 0; i < packed.size(); i += 100) reader.take(std::string_view(packed).substr(i, 100));
    CHECK(reader.text() == text);
    CHECK(reader.ended_in_order());
  }
}

TEST_CASE("an event that cannot be compressed is sent whole all the same") {
  std::mt19937 random(11);
  std::string noise;
  while (noise.size() < 200'000) {
    const char c = static_cast<char>(random() & 0xff);
    if (c != '\n') noise += c;
  }
  const ChunkPointer chunk = event(noise);
  chunk->end();
  Deflater deflater;
  EventReader reader(true);
  reader.take(std::string(kGzipHeader) + std::string(chunk->packed(deflater)));
  CHECK(reader.text() == chunk->text());
}

TEST_CASE("the log keeps the newest events within its bounds, and knows from where it can go on") {
  ChunkLog log(9, 10'000, 5);
  CHECK(log.goes_on_from({9, 0}));
  for (int i = 0; i < 8; ++i) log.append(event("short"));
  CHECK(log.last() == 8);
  CHECK(log.first() == 4);
  CHECK(log.at(4)->text() == "event: x\ndata: short\nid: 0000000000000009-4\n\n");
  CHECK(log.goes_on_from({9, 3}));
  CHECK(log.goes_on_from({9, 8}));
  CHECK_FALSE(log.goes_on_from({9, 2}));
  CHECK_FALSE(log.goes_on_from({9, 9}));
  CHECK_FALSE(log.goes_on_from({8, 8}));
  CHECK(log.bytes_from(8) == log.at(8)->text().size());
  CHECK(log.bytes_from(9) == 0);

  log.append(event(std::string(9'950, 'x')));
  CHECK(log.first() == 9);  // the others did not fit beside it
  log.append(event(std::string(20'000, 'x')));
  CHECK(log.first() == 11);  // larger than the log itself
  CHECK(log.last() == 10);
  CHECK_FALSE(log.goes_on_from({9, 9}));
  CHECK(log.goes_on_from({9, 10}));
  log.forget();
  CHECK_FALSE(log.goes_on_from({9, 10}));
}

}  // namespace doorbuster
