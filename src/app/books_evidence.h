#pragma once
// What is told and kept when the books of an offer are wrong (engine/books_audit.h).

#include <cstdint>
#include <set>

#include "doorbuster/runtime/runtime.h"

namespace doorbuster {

// Tells each offer once: a line in the log, and all that is known in a file of its own in the data folder.
class BooksWatch {
 public:
  BooksWatch(Runtime& runtime, Storage& storage, const Clock& clock)
      : runtime_(runtime), storage_(storage), clock_(clock) {}
  // Costs next to nothing while nothing is wrong.
  void look();

 private:
  Runtime& runtime_;
  Storage& storage_;
  const Clock& clock_;
  std::uint64_t seen_ = 0;
  std::set<OfferIndex> told_;
};

}  // namespace doorbuster
