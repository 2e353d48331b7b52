#pragma once
// Room for the texts of orders, used again when an order is forgotten. Part of the engine; same owner.
//
// Pages of one kilobyte, each cut into blocks of one size; a page whose blocks are all free may be cut anew.
// A text stands in one block, and a block in one page. So as long as fewer texts are there than pages, one
// page is empty: whatever sizes came and went before, there is room. (Free lists by size alone have no such
// bound: what was cut small once is never large again. Moving texts together would have none of the waste,
// and make every view of one wrong.) A block is at most twice its text and 15 bytes; for texts up to 256
// bytes, which is nearly all, at most a quarter more than the text and 15 bytes.

#include <array>
#include <cstddef>
#include <cstdint>

#include "doorbuster/base/pages_ahead.h"
#include "doorbuster/base/reserved_array.h"

namespace doorbuster {

class TextRoom {
 public:
  static constexpr std::size_t kPageBytes = 1024;  // also the longest text
  static constexpr std::size_t kGrainBytes = 16;   // every text stands at a multiple of it

  // Room for so many texts at the same time.
  explicit TextRoom(std::uint64_t texts_max) : pages_(texts_max), bytes_(texts_max * kPageBytes) {}

  // Where `bytes` may be written. REQUIRES: 1 <= bytes <= kPageBytes; fewer than texts_max are there.
  std::uint64_t take(std::size_t bytes);
  // REQUIRES: take(bytes) returned `at`.
  void give_back(std::uint64_t at, std::size_t bytes);

  char* at(std::uint64_t at) { return bytes_.data() + at; }
  const char* at(std::uint64_t at) const { return bytes_.data() + at; }
  // The most that was ever taken, in whole pages: what it costs in memory.
  std::uint64_t bytes_touched() const { return pages_touched_ * kPageBytes; }
  // Another thread's: see PagesAhead. `touched`: bytes_touched() of a moment ago.
  void follow(PagesAhead& texts, PagesAhead& pages, std::uint64_t touched) const {
    texts.follow(bytes_, touched);
    pages.follow(pages_, touched / kPageBytes);
  }

 private:
  // Links are indexes plus one; 0: none.
  struct Page {
    std::uint32_t next, previous;  // among those of its cut with a free block; or among the empty ones
    std::uint16_t free_block;      // plus one
    std::uint16_t carved;          // blocks that were ever given out since it was cut
    std::uint16_t live;
    std::uint16_t unused;
  };
  static constexpr std::size_t kBlocksMax = kPageBytes / kGrainBytes;

  // How a page is cut for texts of so many grains. A table: a division takes as long as all else of take().
  struct Cut {
    std::uint16_t blocks, block_bytes;
  };
  static constexpr std::array<Cut, kBlocksMax + 1> kCuts = [] {
    std::array<Cut, kBlocksMax + 1> cuts{};
    for (std::size_t grains = 1; grains <= kBlocksMax; ++grains) {
      const std::size_t blocks = kBlocksMax / grains;
      cuts[grains] = {static_cast<std::uint16_t>(blocks),
                      static_cast<std::uint16_t>(kBlocksMax / blocks * kGrainBytes)};
    }
    return cuts;
  }();
  static const Cut& cut_for(std::size_t bytes) { return kCuts[(bytes + kGrainBytes - 1) / kGrainBytes]; }
  void push(std::uint32_t page, std::size_t blocks);
  void remove(std::uint32_t page, std::size_t blocks);

  ReservedArray<Page> pages_;
  ReservedArray<char> bytes_;
  std::array<std::uint32_t, kBlocksMax + 1> with_room_{};  // by how many blocks a page is cut into
  std::uint32_t empty_ = 0;
  std::uint64_t pages_touched_ = 0;
};

}  // namespace doorbuster
