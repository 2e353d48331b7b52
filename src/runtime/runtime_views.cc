// What others see of a runtime that runs.

#include <algorithm>

#include "doorbuster/runtime/runtime.h"

namespace doorbuster {
namespace {

constexpr std::size_t kOffersPerTaskMax = 4096;

}  // namespace

Result<std::vector<OfferStock>> Runtime::stock(std::span<const OfferIndex> offers) {
  const std::lock_guard lock(control_mutex_);
  std::vector<OfferStock> result(offers.size());
  for (std::size_t from = 0; from < offers.size(); from += kOffersPerTaskMax) {
    const std::size_t to = std::min(from + kOffersPerTaskMax, offers.size());
    const Status status = on_every_shard([&](ShardAgent& shard) {
      for (std::size_t i = from; i < to; ++i) {
        if (shard.engine().owns(offers[i])) result[i] = shard.engine().stock(offers[i]);
      }
    });
    if (!status) return tl::unexpected(status.error());
  }
  return result;
}

std::uint64_t Runtime::broken_offers() const {
  std::uint64_t sum = 0;
  for (const auto& shard : shards_) sum += shard->metrics().broken_offers.value();
  return sum;
}

void Runtime::take_pages_ahead() {
  for (const auto& shard : shards_) shard->take_pages_ahead();
}

Result<std::vector<BooksEvidence>> Runtime::books_evidence() {
  const std::lock_guard lock(control_mutex_);
  std::vector<BooksEvidence> found;
  const Status asked = on_every_shard([&found](ShardAgent& shard) {
    const Engine& engine = shard.engine();
    for (const BooksFault& fault : engine.books_audit().faults()) {
      BooksEvidence& evidence = found.emplace_back(BooksEvidence{.fault = fault, .orders = {}});
      std::vector<OrderNumber> numbers;
      engine.store().visit([&](OrderSlot slot) {
        const OrderNumber number{engine.store().row(slot).number};
        if (number.offer() == fault.offer && !engine.store().row(slot).is_part) numbers.push_back(number);
      });
      std::sort(numbers.begin(), numbers.end());
      const std::size_t skipped = numbers.size() - std::min(numbers.size(), kEvidenceOrdersMax);
      for (const OrderNumber number : std::span(numbers).subspan(skipped)) {
        const Order order = engine.order(*engine.find(number));
        evidence.orders.push_back({.ordinal = number.ordinal(),
                                   .status = order.status,
                                   .quantity = order.quantity,
                                   .confirmed_quantity = order.confirmed_quantity,
                                   .returned_quantity = order.returned_quantity});
      }
    }
  });
  if (!asked) return tl::unexpected(asked.error());
  return found;
}

std::uint64_t Runtime::wakeups() const {
  std::uint64_t sum = journal_notifier_.wakeups() + watch_notifier_.wakeups() + stream_notifier_.wakeups();
  for (const auto& notifier : notifiers_) sum += notifier->wakeups();
  return sum;
}

}  // namespace doorbuster
