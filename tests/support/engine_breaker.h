#pragma once
// What a bug or a flipped bit does to an engine.

#include "doorbuster/engine/engine.h"

namespace doorbuster {

class EngineBreaker {
 public:
  explicit EngineBreaker(Engine& engine) : engine_(engine) {}
  void add_held(OfferIndex offer, std::int64_t units) { engine_.offers_[offer.value].held += units; }
  void add_sold(OfferIndex offer, std::int64_t units) { engine_.offers_[offer.value].sold += units; }
  void add_number(OfferIndex offer) { ++engine_.offers_[offer.value].last_ordinal; }
  void set_quantity(OrderSlot slot, std::uint32_t quantity) { engine_.store_.row(slot).quantity = quantity; }
  void forget_units(const Hash128& limit_key, std::uint32_t units) {
    engine_.ledger_.subtract(limit_key, units);
  }

 private:
  Engine& engine_;
};

}  // namespace doorbuster
