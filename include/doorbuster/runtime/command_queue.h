#pragma once
// The bounded queues between threads, and the only file that knows the queue library.
//
// moodycamel::ConcurrentQueue is FIFO for each producer and nothing more: between two producers there is no
// order, and none is needed, because the order of a SKU's decisions is the order in which its one shard takes
// them. The bound is per producer. The library counts whole blocks, of which the first may be half taken: it
// is given one more than the bound needs, so that a producer can always have Bound elements in the queue. It
// can have more by two blocks and what one pop() takes, never beyond.

#include <concurrentqueue/concurrentqueue.h>

#include <bit>
#include <cstddef>
#include <memory>
#include <vector>

#include "doorbuster/base/check.h"

namespace doorbuster {

// Elements are pointers. Bound: how many elements one producer can always have in the queue; a power of two,
// at least 32.
template <typename Element, std::size_t Bound>
class BoundedQueue {
  struct Traits : moodycamel::ConcurrentQueueDefaultTraits {
    static constexpr std::size_t BLOCK_SIZE = 32;
    static constexpr std::size_t MAX_SUBQUEUE_SIZE = Bound + BLOCK_SIZE;
    // So that a producer's block index never has to grow, which would allocate.
    static constexpr std::size_t EXPLICIT_INITIAL_INDEX_SIZE = Bound / BLOCK_SIZE * 2;
    static constexpr std::size_t INITIAL_IMPLICIT_PRODUCER_HASH_SIZE = 0;  // no producers without a token
  };
  static_assert(Bound >= 32 && std::has_single_bit(Bound));
  using Queue = moodycamel::ConcurrentQueue<Element*, Traits>;

 public:
  // Producers are numbered from 0; each number is used by one thread. All memory is taken here.
  // (By the count of blocks: the library's other constructor takes them with the square of the producers. The
  // slack is for what a pop() of up to 448 elements has claimed and not yet taken out.)
  explicit BoundedQueue(std::size_t producers)
      : queue_((Bound + 16 * Traits::BLOCK_SIZE) * producers), consumer_(queue_) {
    for (std::size_t i = 0; i < producers; ++i) {
      tokens_.push_back(std::make_unique<moodycamel::ProducerToken>(queue_));
      DOORBUSTER_CHECK(tokens_.back()->valid());
    }
  }
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  // Producer's thread. False at the bound, never below it: the element stays with the caller.
  [[nodiscard]] bool push(std::size_t producer, Element* element) {
    return queue_.enqueue(*tokens_[producer], element);
  }

  // Consumer's thread, of which there is one.
  std::size_t pop(Element** out, std::size_t out_max) {
    return queue_.try_dequeue_bulk(consumer_, out, out_max);
  }

  // Any thread; exact when nobody is at it.
  std::size_t size() const { return queue_.size_approx(); }

 private:
  Queue queue_;
  moodycamel::ConsumerToken consumer_;
  std::vector<std::unique_ptr<moodycamel::ProducerToken>> tokens_;
};

}  // namespace doorbuster
