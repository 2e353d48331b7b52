// A checkpoint with other bytes in it, with and without checksums that fit: loading it is refused with
// something to say, or it makes the very state that it was made from.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/journal/checkpoint.h"
#include "doorbuster/platform/memory_storage.h"
#include "doorbuster/runtime/recovery.h"

namespace {

using namespace doorbuster;

constexpr std::uint64_t kLast = 7;
constexpr RecoveryOptions kOptions = {.shards = 2, .orders_max = 100};

struct Sound {
  std::string file;
  std::vector<std::pair<std::uint16_t, std::string>> chunks;  // by section; the footer not counted
  CheckpointMark mark;
  CheckpointFooter footer{};
};

// A campaign with an offer that sells by hold, and two orders.
void fill(StateBuilder& state) {
  state.set_keys({});
  CatalogChangeSet change;
  CampaignPut campaign;
  campaign.id = "sale";
  campaign.currency = "EUR";
  campaign.starts_at = Tick{1};
  campaign.ends_at = Tick{1'000 * kNsPerSecond};
  campaign.hold_seconds = campaign.hold_max_seconds = campaign.offer_seconds = 60;
  OfferPut offer;
  offer.stock = 5;
  offer.list_price = offer.price = 10;
  offer.sku = "tv";
  change.campaigns.push_back(campaign);
  change.offers.push_back(offer);
  state.install(apply_change(*state.catalog(), change));
  for (const char* buyer : {"ann", "ben"}) {
    Buy buy;
    buy.buyer = buyer;
    buy.key = buyer;
    Engine& engine = *state.engines()[0];
    const BuyHashes hashes = hash_buy({}, buy);
    const Decision decision = engine.decide(buy, hashes, Tick{kNsPerSecond});
    OrderSlot slot;
    DOORBUSTER_CHECK(decision.outcome == Outcome::held && engine.apply(decision.order, hashes, slot));
  }
}

const Sound& sound() {
  static const Sound made = [] {
    StateBuilder state(kOptions);
    fill(state);
    MemoryStorage storage;
    Sound sound;
    sound.mark = {.place = {.next_sequence = kLast + 1}, .tick = state.last_tick()};
    auto file = storage.open(checkpoint_name(kLast), Storage::Mode::create);
    CheckpointWriter writer(**file, sound.mark, StateBuilder::checkpoint_content());
    DOORBUSTER_CHECK(state.save(writer).has_value());
    sound.file = storage.files().at(checkpoint_name(kLast));
    auto reader = CheckpointReader::open(storage, kLast, StateBuilder::checkpoint_content());
    DOORBUSTER_CHECK(reader.has_value());
    while (auto chunk = *reader->next()) {
      const auto bytes = chunk->payload;
      sound.chunks.emplace_back(chunk->section,
                                std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    }
    sound.footer = reader->footer();
    return sound;
  }();
  return made;
}

void load(MemoryStorage& storage) {
  auto reader = CheckpointReader::open(storage, kLast, StateBuilder::checkpoint_content());
  if (!reader) {
    DOORBUSTER_CHECK(!reader.error().message.empty());
    return;
  }
  StateBuilder state(kOptions);
  const Status loaded = state.load(*reader);
  DOORBUSTER_CHECK(loaded ? state.state_hash() == sound().footer.state_hash
                          : !loaded.error().message.empty());
}

void overwrite(std::string& bytes, std::span<const std::uint8_t> input) {
  if (bytes.empty() || input.size() < 3) return;
  const std::size_t at = (input[0] * 256U + input[1]) % bytes.size();
  std::memcpy(bytes.data() + at, input.data() + 2, std::min(input.size() - 2, bytes.size() - at));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  if (count < 5) return 0;
  const std::span<const std::uint8_t> input(data + 2, count - 2);
  if (data[0] % 4 == 0) {
    std::string bytes = sound().file;
    overwrite(bytes, input);
    MemoryStorage storage(MemoryStorage::Files{{checkpoint_name(kLast), bytes}});
    load(storage);
    return 0;
  }
  // One chunk is another, and every checksum fits.
  MemoryStorage storage;
  auto file = storage.open(checkpoint_name(kLast), Storage::Mode::create);
  CheckpointWriter writer(**file, sound().mark, StateBuilder::checkpoint_content());
  // The first is how many there are of everything: tables are sized by it.
  const std::size_t chosen = 1 + data[1] % (sound().chunks.size() - 1);
  for (std::size_t i = 0; i < sound().chunks.size(); ++i) {
    auto [section, payload] = sound().chunks[i];
    if (i == chosen) overwrite(payload, input);
    writer.append(section, payload);
  }
  DOORBUSTER_CHECK(writer.finish(sound().footer.orders, sound().footer.state_hash).has_value());
  load(storage);
  return 0;
}
