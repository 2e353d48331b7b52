#include "doorbuster/engine/text_room.h"

#include <cstring>

#include "doorbuster/base/check.h"

namespace doorbuster {

std::uint64_t TextRoom::take(std::size_t bytes) {
  DOORBUSTER_CHECK(bytes >= 1 && bytes <= kPageBytes);
  const auto [blocks, block_bytes] = cut_for(bytes);
  std::uint32_t number = with_room_[blocks];
  if (number == 0) {
    number = empty_;
    if (number != 0) {
      empty_ = pages_[number - 1].next;
    } else {
      number = static_cast<std::uint32_t>(++pages_touched_);
    }
    pages_[number - 1] = {};
    push(number, blocks);
  }
  Page& page = pages_[number - 1];
  std::size_t block = page.carved;
  if (page.free_block != 0) {
    block = page.free_block - 1U;
    std::memcpy(&page.free_block, at((number - 1ULL) * kPageBytes + block * block_bytes),
                sizeof page.free_block);
  } else {
    ++page.carved;
  }
  if (++page.live == blocks) remove(number, blocks);
  return (number - 1ULL) * kPageBytes + block * block_bytes;
}

void TextRoom::give_back(std::uint64_t where, std::size_t bytes) {
  const auto [blocks, block_bytes] = cut_for(bytes);
  const auto number = static_cast<std::uint32_t>(where / kPageBytes + 1);
  Page& page = pages_[number - 1];
  DOORBUSTER_CHECK(page.live != 0);
  if (page.live-- == blocks) push(number, blocks);
  if (page.live == 0) {
    remove(number, blocks);
    page.next = empty_;
    empty_ = number;
    return;
  }
  std::memcpy(at(where), &page.free_block, sizeof page.free_block);
  page.free_block = static_cast<std::uint16_t>(where % kPageBytes / block_bytes + 1);
}

void TextRoom::push(std::uint32_t number, std::size_t blocks) {
  Page& page = pages_[number - 1];
  page.previous = 0;
  page.next = with_room_[blocks];
  if (page.next != 0) pages_[page.next - 1].previous = number;
  with_room_[blocks] = number;
}

void TextRoom::remove(std::uint32_t number, std::size_t blocks) {
  const Page& page = pages_[number - 1];
  (page.previous == 0 ? with_room_[blocks] : pages_[page.previous - 1].next) = page.next;
  if (page.next != 0) pages_[page.next - 1].previous = page.previous;
}

}  // namespace doorbuster
