#pragma once
// The record, sorted by what its requests are about: by key, and by order.

#include <cstdint>
#include <span>
#include <vector>

#include "load/order_state.h"
#include "load/record.h"

namespace doorbuster::load {

// Buys grouped by key, in the order of the record; buys without a key and steps are not in it.
std::vector<const RequestRecord*> buys_by_key(const RunRecord& record);

// each(span of the requests of one key)
template <typename Each>
void for_each_key(const RunRecord& record, Each&& each) {
  const std::vector<const RequestRecord*> keyed = buys_by_key(record);
  for (std::size_t first = 0; first < keyed.size();) {
    std::size_t end = first + 1;
    while (end < keyed.size() && keyed[end]->ask.key == keyed[first]->ask.key) ++end;
    each(std::span(keyed).subspan(first, end - first));
    first = end;
  }
}

// One order, or place in the line, from the first reply that named it.
struct Life {
  const RequestRecord* bought = nullptr;
  std::int64_t first_sent_ns = 0;               // of its key: it may be as old as that
  std::span<const RequestRecord* const> steps;  // in the order of their sending
};

class Lives {
 public:
  // `record` must outlive it and not change.
  explicit Lives(const RunRecord& record);
  Lives(const Lives&) = delete;
  Lives& operator=(const Lives&) = delete;

  const RunRecord& record() const { return record_; }
  // One for each order that was named: of one key there are two only where it was sold twice.
  const std::vector<Life>& all() const { return lives_; }
  const Told& first_told(const Life& life) const { return record_.told[life.bought->told]; }
  OrderState state(const Life& life, const Names& names) const;

 private:
  const RunRecord& record_;
  std::vector<Life> lives_;
  std::vector<const RequestRecord*> steps_;
};

// Without what was told.
Step step_of(const RequestRecord& request, const Names& names);

}  // namespace doorbuster::load
