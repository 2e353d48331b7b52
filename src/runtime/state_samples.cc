// What the engine that wrote a journal had, held against what its replay comes to.

#include "doorbuster/runtime/recovery.h"
#include "runtime/record_place.h"

namespace doorbuster {

// The journal is what was told to the world, so it stands, whatever the engine that wrote it had.
Status StateBuilder::apply_sample(const JournalRecord& record) {
  const auto sample = decode_state_sample(record.payload);
  if (!sample || sample->offer.value >= catalog_->offers().size()) {
    return contradicts(record, "the payload is not a sample of the state");
  }
  if (record.info.version != kStateSampleVersion) return {};  // of another layout: its hashes say nothing
  ++samples_;
  StateSample own =
      engines_[owner_shard(sample->offer, options_.shards)]->sample(sample->offer, sample->first_ordinal);
  own.has_units = sample->has_units;
  if (!sample->has_units) {
    own.held = sample->held;
    own.sold = sample->sold;
  }
  if (own == *sample) return {};
  const auto units = [](const StateSample& of) {
    return std::to_string(of.held) + " held, " + std::to_string(of.sold) + " sold, " +
           std::to_string(of.orders) + " orders with hash " + std::to_string(of.orders_hash);
  };
  // The newest stay: those of the life that goes on, and not of one long ago.
  if (state_faults_.size() == kStateFaultsKept) state_faults_.erase(state_faults_.begin());
  const OfferPut& offer = catalog_->offer(sample->offer).definition;
  state_faults_.push_back({.epoch = record.epoch,
                           .text = place_of(record) + ": sku " + offer.sku + ", order " +
                                   std::to_string(sample->first_ordinal) +
                                   " and those behind it: the engine that wrote this had " + units(*sample) +
                                   ", and its replay comes to " + units(own)});
  return {};
}

}  // namespace doorbuster
