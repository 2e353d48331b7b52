#pragma once
// Records on their way from one shard to the journal thread, as bytes in a ring: one writer, one reader, no
// lock.
//
//        durable <= taken <= published <= written            (positions: bytes since the start, never
//        wrapped)
//          |          |          |           |
//   on the disk   in the     may be read   private to the
//                 journal's  by the        writer until
//                 batch      journal       publish()
//
// A reply waits for a position: it may leave when durable() has reached it.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "doorbuster/base/cache_line.h"
#include "doorbuster/model/record.h"

namespace doorbuster {

class JournalRing {
 public:
  explicit JournalRing(std::size_t capacity_bytes);  // a power of two

  // --- the shard ---
  // Whether a record of the largest size fits. At the bound a buy is refused with `overloaded`.
  bool has_room();
  // Room for a payload of exactly `bytes`; fill it, then append() what it is. REQUIRES: has_room().
  std::span<std::byte> reserve(std::size_t bytes);
  // Completes the reserved record and returns the position at whose durability it is durable.
  std::uint64_t append(const RecordInfo& info);
  // The position of what was appended last.
  std::uint64_t written() const { return written_; }
  // Shows the journal thread everything appended. False when there was nothing new.
  bool publish();

  // --- the journal thread ---
  // The next published record, or false. The payload is valid until taken() is called.
  bool next(RecordInfo& info, std::span<const std::byte>& payload);
  // The bytes of everything that next() returned may be overwritten.
  void taken();
  // Everything that next() returned is on stable storage.
  void set_durable();

  // --- any thread ---
  std::uint64_t durable() const {
    // Pairs with the release in set_durable(): whoever sees the position may tell the world.
    return durable_.load(std::memory_order_acquire);
  }
  std::uint64_t published() const {
    // Pairs with the release in publish().
    return published_.load(std::memory_order_acquire);
  }

 private:
  struct EntryHeader {
    std::uint32_t payload_bytes;  // kSkip: nothing here, go on at the ring's start
    std::uint32_t tenant;
    std::int64_t tick_ns;
    std::uint16_t kind;
    std::uint8_t version;
    std::uint8_t unused[5];
  };
  static_assert(sizeof(EntryHeader) == 24);
  static constexpr std::uint32_t kSkip = 0xffffffff;

  std::size_t offset(std::uint64_t position) const {
    return static_cast<std::size_t>(position & (capacity_ - 1));
  }

  const std::size_t capacity_;
  const std::unique_ptr<std::byte[]> bytes_;

  // Owned by the shard.
  alignas(kCacheLineBytes) std::uint64_t written_ = 0;
  std::uint64_t taken_seen_ = 0;
  std::size_t reserved_bytes_ = 0;
  // Written by the shard, read by the journal thread.
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> published_ = 0;
  // Owned by the journal thread.
  alignas(kCacheLineBytes) std::uint64_t read_ = 0;
  std::uint64_t published_seen_ = 0;
  // Written by the journal thread, read by the shard.
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> taken_ = 0;
  alignas(kCacheLineBytes) std::atomic<std::uint64_t> durable_ = 0;
};

}  // namespace doorbuster
