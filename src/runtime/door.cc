#include "doorbuster/runtime/door.h"

#include <utility>

namespace doorbuster {
namespace {

OfferIndex offer_of(const Request& request) {
  switch (request.kind) {
    case Request::Kind::buy:
      return request.buy.offer;
    case Request::Kind::find_order:
      return request.order_number.offer();
    case Request::Kind::order_command:
      return request.command.order.offer();
  }
  return {};
}

}  // namespace

EngineDoor::EngineDoor(std::uint16_t http_thread, std::vector<ShardAgent*> shards, const Board& board,
                       const CatalogCell& catalog, const DataFolderKeys& keys, std::uint32_t requests_max)
    : http_thread_(http_thread),
      shards_(std::move(shards)),
      board_(board),
      catalog_cell_(catalog),
      keys_(keys),
      catalog_(catalog.get()),
      pool_(http_thread, requests_max),
      replies_(shards_.size()),
      rung_(shards_.size(), false) {}

const Catalog& EngineDoor::catalog() {
  if (const std::uint64_t changes = catalog_cell_.changes(); changes != catalog_changes_) {
    catalog_changes_ = changes;
    catalog_ = catalog_cell_.get();
  }
  return *catalog_;
}

bool EngineDoor::submit(Request* request) {
  const OfferIndex offer = offer_of(*request);
  const std::uint32_t shard = owner_shard(offer, static_cast<std::uint32_t>(shards_.size()));
  if (!shards_[shard]->commands().push(http_thread_, request)) return false;
  rung_[shard] = true;
  any_rung_ = true;
  return true;
}

void EngineDoor::ring_shards() {
  if (!any_rung_) return;
  any_rung_ = false;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (!rung_[i]) continue;
    rung_[i] = false;
    // A shard on this very thread is awake, and is asked for its work before the thread sleeps.
    if (shards_[i]->notifier() != notifier_) shards_[i]->notifier()->notify();
  }
}

}  // namespace doorbuster
