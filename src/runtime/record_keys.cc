// What a record is looked up by, worked out before its turn.

#include "doorbuster/runtime/recovery.h"

namespace doorbuster {

RecordKeys StateBuilder::keys_of(const JournalRecord& record) const {
  if (!has_keys_ || !is_known_version(record.info)) return {};
  switch (record.info.kind) {
    case RecordKind::order_confirmed:
    case RecordKind::order_held:
    case RecordKind::order_waiting: {
      OrderLists lists;
      const auto order = decode_order(record.payload, record.info, lists);
      if (!order) return {};  // apply() says so
      Buy buy;
      buy.offer = order->number.offer();
      buy.buyer = order->buyer;
      buy.key = order->key;
      return {
          .of = RecordKeys::Of::new_order, .number = order->number, .hashes = hash_buy(keys_.table_key, buy)};
    }
    case RecordKind::order_event: {
      const auto event = decode_order_event(record.payload, record.info);
      if (!event) return {};
      return {.of = RecordKeys::Of::event, .number = event->order, .hashes = {}};
    }
    default:
      return {};
  }
}

void StateBuilder::prefetch(const RecordKeys& keys) const {
  const OfferIndex offer = keys.number.offer();
  if (keys.of == RecordKeys::Of::nothing || offer.value >= catalog_->offers().size()) return;
  const Engine& engine = *engines_[owner_shard(offer, options_.shards)];
  keys.of == RecordKeys::Of::event ? engine.prefetch(keys.number) : engine.prefetch(keys.number, keys.hashes);
}

}  // namespace doorbuster
