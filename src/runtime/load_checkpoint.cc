// The chunks of a checkpoint to a StateBuilder.

#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/catalog/definition_members.h"
#include "doorbuster/model/alert.h"
#include "doorbuster/platform/thread.h"
#include "doorbuster/runtime/recovery.h"
#include "runtime/checkpoint_sections.h"
#include "runtime/text_bytes.h"

namespace doorbuster {
namespace {

std::optional<AuditEntry> take_audit_entry(TextTaker& take) {
  AuditEntry entry;
  entry.change = take.word<std::uint64_t>();
  entry.at.ns = take.word<std::int64_t>();
  entry.tenant.value = take.word<std::uint32_t>();
  const auto source = take.word<std::uint32_t>();
  if (source > static_cast<std::uint32_t>(ChangeOrigin::Source::clock)) return std::nullopt;
  entry.origin.source = static_cast<ChangeOrigin::Source>(source);
  entry.origin.author = take.text();
  entry.origin.action = take.text();
  entry.origin.reason = take.text();
  for (auto count = take.word<std::uint64_t>(); count != 0 && take.fine(); --count) {
    entry.campaigns.push_back(take.word<std::uint32_t>());
  }
  entry.description.more = take.word<std::uint64_t>();
  for (auto count = take.word<std::uint64_t>(); count != 0 && take.fine(); --count) {
    Difference& each = entry.description.differences.emplace_back();
    each.campaign = take.text();
    each.sku = take.text();
    each.member = known_member(take.text());
    each.before = take.text();
    each.after = take.text();
    if (each.member.empty()) return std::nullopt;
  }
  return take.fine() ? std::optional(std::move(entry)) : std::nullopt;
}

}  // namespace

// Takes the chunks of one checkpoint, in order.
class StateLoader {
 public:
  explicit StateLoader(StateBuilder& state) : state_(state) {}

  // What is wrong with the chunk; empty: nothing.
  std::string_view take(std::uint16_t section, std::span<const std::byte> payload) {
    if (section < section_ || section > kAlertSection) return "its sections are not in order";
    if (section_ == 0 && section != kStateSection) return "it does not begin with the state";
    if (section_ == kStateSection && section == kStateSection) return "it has two states";
    // What comes is about the catalog, so it has to be in force.
    if (section_ < kOfferSection && section >= kOfferSection) {
      if (const auto fault = install_catalog(); !fault.empty()) return fault;
    }
    section_ = section;
    if (section == kAuditSection) {
      audit_.append(reinterpret_cast<const char*>(payload.data()), payload.size());
      return {};
    }
    while (!payload.empty()) {
      std::size_t taken = 0;
      if (const auto fault = take_element(payload, taken); !fault.empty()) return fault;
      payload = payload.subspan(taken);
    }
    return {};
  }

  std::string_view finish() {
    if (section_ == 0) return "it has no state";
    if (section_ < kOfferSection) {
      if (const auto fault = install_catalog(); !fault.empty()) return fault;
    }
    if (offers_ != state_.catalog_->offers().size()) return "offers are missing";
    if (rows_ != saved_.rows || returns_ != saved_.returns) return "orders or returns are missing";
    if ((state_.in_change_ ? 1 : 0) != saved_.in_change) return "the change under way is missing";
    if (const auto fault = finish_engines(); !fault.empty()) return fault;
    TextTaker take(audit_);
    while (!take.done()) {
      auto entry = take_audit_entry(take);
      if (!entry) return "an entry of the audit trail cannot be read";
      state_.audit_.append(std::move(*entry));
    }
    state_.alerts_->restore(alerts_, active_, saved_.alerts);
    return {};
  }

 private:
  // Each sets `taken` to how much of the payload its element was.
  std::string_view take_element(std::span<const std::byte> payload, std::size_t& taken) {
    switch (section_) {
      case kStateSection:
        return take_state(payload, taken);
      case kDefinitionSection:
        return take_definition(payload, taken, definitions_);
      case kRevisionSection:
        return plain(payload, taken, revisions_.emplace_back()) ? "" : "a revision is cut short";
      case kPendingSection:
        return take_definition(payload, taken, state_.pending_);
      case kOfferSection:
        return take_offer(payload, taken);
      case kOrderSection:
        return take_order(payload, taken);
      case kReturnSection:
        return take_return(payload, taken);
      default:
        return take_alert(payload, taken);
    }
  }

  template <typename Plain>
  static bool plain(std::span<const std::byte> payload, std::size_t& taken, Plain& value) {
    taken = sizeof value;
    if (payload.size() < sizeof value) return false;
    std::memcpy(&value, payload.data(), sizeof value);
    return true;
  }
  // What stands behind a fixed part, and behind that zeros up to a multiple of 8.
  static std::optional<std::span<const std::byte>> behind(std::span<const std::byte> payload,
                                                          std::size_t& taken, std::size_t bytes) {
    const std::size_t from = taken;
    if (bytes > kCheckpointElementBytesMax) return std::nullopt;
    taken = padded_to_8(from + bytes);
    if (payload.size() < taken) return std::nullopt;
    return payload.subspan(from, bytes);
  }

  std::string_view take_state(std::span<const std::byte> payload, std::size_t& taken) {
    if (!plain(payload, taken, saved_)) return "the state is cut short";
    if (saved_.rows > state_.options_.orders_max) {
      state_.out_of_room_ = true;
      return "it has more orders than server.max_orders: raise it";
    }
    state_.options_.names_min += saved_.names;
    state_.options_.returns_min += saved_.returns;
    state_.set_keys(saved_.keys);
    state_.last_tick_ = saved_.last_tick;
    state_.orders_ = saved_.orders;
    state_.change_.change = saved_.change;
    state_.change_records_ = saved_.change_records;
    return {};
  }

  std::string_view take_definition(std::span<const std::byte> payload, std::size_t& taken,
                                   CatalogChangeSet& into) {
    SavedDefinition head{};
    if (!plain(payload, taken, head)) return "a definition is cut short";
    const auto bytes = behind(payload, taken, head.bytes);
    if (!bytes) return "a definition is cut short";
    const RecordInfo info = {.kind = RecordKind{head.kind}, .version = head.version, .tick = {}};
    if (!is_known_version(info)) return "a definition is newer than this program";
    if (info.kind != RecordKind::catalog_change_begin) return add_definition(info, *bytes, into);
    const auto begin = decode_catalog_change(*bytes, info.version);
    if (!begin || section_ != kPendingSection || state_.in_change_) return "a change begins out of place";
    state_.in_change_ = true;
    state_.change_ = *begin;
    into.origin = begin->origin;
    return {};
  }

  std::string_view install_catalog() {
    if (revisions_.size() != definitions_.campaigns.size()) return "a campaign has no revision";
    const Catalog nothing;
    if (!check_change(nothing, definitions_)) return "its definitions make no catalog";
    state_.install(std::make_shared<const Catalog>(saved_.catalog_version, definitions_, revisions_));
    definitions_ = {};
    return {};
  }

  bool is_offer(OfferIndex offer) const { return offer.value < state_.catalog_->offers().size(); }
  Engine& owner(OfferIndex offer) { return *state_.engines_[owner_shard(offer, state_.options_.shards)]; }

  std::string_view take_offer(std::span<const std::byte> payload, std::size_t& taken) {
    SavedOffer saved;
    if (!plain(payload, taken, saved)) return "an offer is cut short";
    if (saved.offer != offers_ || !is_offer({saved.offer})) return "offers are not in order";
    ++offers_;
    return owner({saved.offer}).restore(saved) ? "" : "more of an offer is sold or held than there is";
  }

  std::string_view take_order(std::span<const std::byte> payload, std::size_t& taken) {
    const auto saved = read_saved_order(payload);
    if (!saved || !is_offer(saved->offer()) || !is_offer(OrderNumber{saved->row.number}.offer())) {
      return "an order is none";
    }
    taken = saved->bytes;
    if (++rows_ > saved_.rows) return "there are more orders than it says";
    owner(saved->offer()).restore(*saved);
    return {};
  }

  std::string_view take_return(std::span<const std::byte> payload, std::size_t& taken) {
    SavedReturn saved{};
    if (!plain(payload, taken, saved)) return "a return is cut short";
    const OfferIndex offer{saved.offer};
    if (!is_offer(offer)) return "a return of an offer that was never defined";
    ++returns_;
    const KeptReturn kept = {
        .offer = offer, .quantity = saved.quantity, .restock = saved.restock != 0, .older = saved.older};
    return owner(offer).restore(saved.key, kept) ? "" : "a return is there twice, or there are too many";
  }

  std::string_view take_alert(std::span<const std::byte> payload, std::size_t& taken) {
    SavedAlert head{};
    if (!plain(payload, taken, head)) return "an alert is cut short";
    const auto bytes = behind(payload, taken, head.bytes);
    if (!bytes) return "an alert is cut short";
    const auto alert = decode_alert(*bytes, head.at);
    if (!alert) return "an alert is none";
    (head.is_active != 0 ? active_ : alerts_).push_back({.sequence = head.sequence, .alert = *alert});
    return {};
  }

  // The tables of each engine are its own, so those of several are made at the same time.
  std::string_view finish_engines() {
    std::vector<Engine::Restored> restored(state_.engines_.size());
    std::atomic<std::size_t> next = 0;
    const auto finish_some = [&] {
      for (std::size_t i = next.fetch_add(1); i < restored.size(); i = next.fetch_add(1)) {
        restored[i] = state_.engines_[i]->finish_restore();
      }
    };
    std::vector<std::thread> helpers;
    const std::size_t processors = std::min(available_processors().size(), restored.size());
    try {
      while (helpers.size() + 1 < processors) helpers.emplace_back(finish_some);
    } catch (const std::system_error&) {  // without help it only takes longer
    }
    finish_some();
    for (std::thread& helper : helpers) helper.join();
    for (const Engine::Restored each : restored) {
      if (each == Engine::Restored::contradiction) return "its orders contradict each other";
      if (each != Engine::Restored::no_room) continue;
      state_.out_of_room_ = true;
      return "it has more names than server.max_orders has room for: raise it";
    }
    return {};
  }

  StateBuilder& state_;
  std::uint16_t section_ = 0;
  SavedState saved_{};
  CatalogChangeSet definitions_;
  std::vector<std::uint64_t> revisions_;
  std::uint64_t offers_ = 0, rows_ = 0, returns_ = 0;
  std::string audit_;
  std::vector<AlertLog::Entry> alerts_, active_;
};

Status StateBuilder::load(CheckpointReader& reader) {
  DOORBUSTER_CHECK(!has_keys_);
  StateLoader loader(*this);
  for (;;) {
    auto chunk = reader.next();
    if (!chunk) return tl::unexpected(chunk.error());
    if (!*chunk) break;
    if (const auto fault = loader.take((*chunk)->section, (*chunk)->payload); !fault.empty()) {
      return reader.refuse(fault);
    }
  }
  if (const auto fault = loader.finish(); !fault.empty()) return reader.refuse(fault);
  if (last_tick_ != reader.mark().tick) return reader.refuse("its header has another time");
  if (state_hash() != reader.footer().state_hash) {
    return reader.refuse("what it makes is not the state that it was made from");
  }
  return {};
}

}  // namespace doorbuster
