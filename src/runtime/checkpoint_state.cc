// A StateBuilder to the chunks of a checkpoint.

#include <cstring>
#include <string>

#include "doorbuster/base/check.h"
#include "doorbuster/model/alert.h"
#include "doorbuster/runtime/recovery.h"
#include "runtime/checkpoint_sections.h"
#include "runtime/text_bytes.h"

namespace doorbuster {
namespace {

template <typename Plain>
void put_plain(CheckpointWriter& writer, Section section, const Plain& value) {
  static_assert(sizeof value % 8 == 0 && std::is_trivially_copyable_v<Plain>);
  const auto out = writer.reserve(section, sizeof value);
  std::memcpy(out.data(), &value, sizeof value);
}

// A fixed part and a text behind it.
template <typename Plain>
void put_with_text(CheckpointWriter& writer, Section section, const Plain& value, std::string_view text) {
  const auto out = writer.reserve(section, padded_to_8(sizeof value + text.size()));
  std::memcpy(out.data(), &value, sizeof value);
  if (!text.empty()) std::memcpy(out.data() + sizeof value, text.data(), text.size());
}

void put_definition(CheckpointWriter& writer, Section section, RecordKind kind, std::uint8_t version,
                    std::string_view payload) {
  const SavedDefinition head = {.kind = static_cast<std::uint16_t>(kind),
                                .version = version,
                                .zero = 0,
                                .bytes = static_cast<std::uint32_t>(payload.size())};
  put_with_text(writer, section, head, payload);
}

// Definitions as they are journaled, each followed by the parts of its plan.
class DefinitionSaver {
 public:
  DefinitionSaver(CheckpointWriter& writer, Section section) : writer_(writer), section_(section) {}
  void put(const TenantPut& value) { put_one(RecordKind::tenant_put, 1, value); }
  void put(const ItemPut& value) { put_one(RecordKind::item_put, 1, value); }
  void put(const CampaignPut& value) {
    put_one(RecordKind::campaign_put, campaign_put_version(value), value);
    put_parts(value);
  }
  void put(const OfferPut& value) {
    put_one(RecordKind::offer_put, offer_put_version(value), value);
    put_parts(value);
  }

 private:
  template <typename Put>
  void put_one(RecordKind kind, std::uint8_t version, const Put& value) {
    payload_.clear();
    encode(value, payload_);
    put_definition(writer_, section_, kind, version, payload_);
  }
  template <typename Put>
  void put_parts(const Put& value) {
    for (const PlanPart& part : plan_parts(value)) put_one(RecordKind::plan_part, 1, part);
  }

  CheckpointWriter& writer_;
  const Section section_;
  std::string payload_;
};

void save_catalog(CheckpointWriter& writer, const Catalog& catalog) {
  DefinitionSaver saver(writer, kDefinitionSection);
  for (const TenantPut& tenant : catalog.tenants()) {
    if (tenant.tenant != kDefaultTenant) saver.put(tenant);
  }
  for (const ItemPut& item : catalog.items()) saver.put(item);
  for (const Campaign& campaign : catalog.campaigns()) saver.put(campaign.definition);
  for (const Offer& offer : catalog.offers()) saver.put(offer.definition);
  for (const Campaign& campaign : catalog.campaigns()) {
    put_plain(writer, kRevisionSection, campaign.revision);
  }
}

void save_pending(CheckpointWriter& writer, const CatalogChange& begin, const CatalogChangeSet& pending) {
  std::string payload;
  encode(begin, payload);
  put_definition(writer, kPendingSection, RecordKind::catalog_change_begin, catalog_change_version(begin),
                 payload);
  DefinitionSaver saver(writer, kPendingSection);
  for (const TenantPut& tenant : pending.tenants) saver.put(tenant);
  for (const ItemPut& item : pending.items) saver.put(item);
  for (const CampaignPut& campaign : pending.campaigns) saver.put(campaign);
  for (const OfferPut& offer : pending.offers) saver.put(offer);
}

void save_audit(CheckpointWriter& writer, const AuditLog& audit) {
  std::string text;
  for (const AuditEntry& entry : audit.entries()) {
    text.clear();
    TextPutter put(text);
    put.word(entry.change);
    put.word(entry.at.ns);
    put.word(entry.tenant.value);
    put.word(static_cast<std::uint32_t>(entry.origin.source));
    for (const std::string* each : {&entry.origin.author, &entry.origin.action, &entry.origin.reason}) {
      put.text(*each);
    }
    put.word(static_cast<std::uint64_t>(entry.campaigns.size()));
    for (const std::uint32_t campaign : entry.campaigns) put.word(campaign);
    put.word(entry.description.more);
    put.word(static_cast<std::uint64_t>(entry.description.differences.size()));
    for (const Difference& each : entry.description.differences) {
      put.text(each.campaign);
      put.text(each.sku);
      put.text(each.member);
      put.text(each.before);
      put.text(each.after);
    }
    writer.append(kAuditSection, text);
  }
}

void save_alerts(CheckpointWriter& writer, const AlertLog& alerts) {
  std::string payload;
  const auto put = [&](const AlertLog::Entry& entry, bool is_active) {
    payload.clear();
    encode(entry.alert, payload);
    const SavedAlert head = {.sequence = entry.sequence,
                             .at = entry.alert.at,
                             .is_entry = !is_active,
                             .is_active = is_active,
                             .bytes = static_cast<std::uint32_t>(payload.size()),
                             .zero = 0};
    put_with_text(writer, kAlertSection, head, payload);
  };
  for (const AlertLog::Entry& entry : alerts.after(0)) put(entry, false);
  for (const AlertLog::Entry& entry : alerts.active()) put(entry, true);
}

}  // namespace

CheckpointContent StateBuilder::checkpoint_content() {
  return {.version = kContentVersion,
          .row_bytes = static_cast<std::uint16_t>(sizeof(OrderRow)),
          .life_bytes = static_cast<std::uint16_t>(sizeof(OrderLife))};
}

Status StateBuilder::save(CheckpointWriter& writer) const {
  DOORBUSTER_CHECK(has_keys_);
  SavedState state{};
  state.keys = keys_;
  state.catalog_version = catalog_->version();
  state.orders = orders_;
  for (const auto& engine : engines_) {
    state.rows += engine->orders();
    state.names += engine->names();
    state.returns += engine->store().returns();
  }
  state.last_tick = last_tick_;
  state.alerts = alerts_->last();
  state.change = change_.change;
  state.change_records = change_records_;
  state.in_change = in_change_;
  put_plain(writer, kStateSection, state);
  save_catalog(writer, *catalog_);
  if (in_change_) save_pending(writer, change_, pending_);
  for (std::uint32_t i = 0; i < catalog_->offers().size(); ++i) {
    put_plain(writer, kOfferSection, engines_[owner_shard({i}, options_.shards)]->saved_offer({i}));
  }
  for (const auto& engine : engines_) {
    const OrderStore& store = engine->store();
    store.visit(
        [&](OrderSlot slot) { store.save(slot, writer.reserve(kOrderSection, store.saved_bytes(slot))); });
  }
  for (const auto& engine : engines_) {
    engine->store().visit_returns([&](const Hash128& key, const KeptReturn& kept) {
      put_plain(writer, kReturnSection,
                SavedReturn{.key = key,
                            .older = kept.older,
                            .offer = kept.offer.value,
                            .quantity = kept.quantity,
                            .restock = kept.restock,
                            .zero = 0});
    });
  }
  save_audit(writer, audit_);
  save_alerts(writer, *alerts_);
  return writer.finish(state.rows, state_hash());
}

}  // namespace doorbuster
