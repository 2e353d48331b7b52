#pragma once
// A machine that dies again and again, and whose disk fails now and then, as a seed says.

#include <cstdint>
#include <random>

#include "doorbuster/platform/memory_storage.h"

namespace doorbuster {

// For sagas: they live on storage_, between one die() and the next.
class MortalMachine {
 public:
  explicit MortalMachine(std::uint64_t seed) : random_(seed) {}

  // Its process is killed, or it loses power.
  void die() {
    if (below(3) == 0) {
      storage_.kill();
      storage_.forget_plan();
    } else {
      storage_.crash(random_());
    }
  }

 protected:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  // One of the next operations of some kind fails.
  void plan_an_error(std::uint64_t operations) {
    const auto operation = static_cast<StorageOperation>(below(kStorageOperationCount));
    storage_.fail_nth(operation, 1 + below(operations));
  }

  std::mt19937_64 random_;
  MemoryStorage storage_;
};

}  // namespace doorbuster
