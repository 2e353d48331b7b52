#pragma once
// A state through a checkpoint and back.

#include <memory>
#include <string>

#include "doorbuster/platform/memory_storage.h"
#include "doorbuster/runtime/recovery.h"
#include "support/catch.h"

namespace doorbuster {

// The same state, made from what a checkpoint has of it.
inline std::unique_ptr<StateBuilder> through_checkpoint(const StateBuilder& before,
                                                        const RecoveryOptions& options) {
  constexpr std::uint64_t kLast = 7;
  MemoryStorage storage;
  auto file = storage.open(checkpoint_name(kLast), Storage::Mode::create);
  REQUIRE(file.has_value());
  const CheckpointContent content = StateBuilder::checkpoint_content();
  CheckpointWriter writer(**file, {.place = {.next_sequence = kLast + 1}, .tick = before.last_tick()},
                          content);
  REQUIRE(before.save(writer).has_value());
  auto reader = CheckpointReader::open(storage, kLast, content);
  REQUIRE(reader.has_value());
  auto state = std::make_unique<StateBuilder>(options);
  const Status loaded = state->load(*reader);
  INFO((loaded ? std::string() : loaded.error().message));
  REQUIRE(loaded.has_value());
  REQUIRE(state->state_hash() == before.state_hash());
  REQUIRE(state->orders() == before.orders());
  REQUIRE(state->last_tick() == before.last_tick());
  const Catalog &is = *state->catalog(), &was = *before.catalog();
  REQUIRE(is.version() == was.version());
  for (std::uint32_t i = 0; i < was.campaigns().size(); ++i) {
    REQUIRE(is.campaign({i}).revision == was.campaign({i}).revision);
  }
  return state;
}

}  // namespace doorbuster
