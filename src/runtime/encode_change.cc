// A change of the catalog as the records that it is journaled as.

#include <algorithm>
#include <type_traits>

#include "doorbuster/runtime/recovery.h"

namespace doorbuster {

std::vector<EncodedRecord> encode_change(const CatalogChangeSet& change, std::uint64_t number, Tick now) {
  std::vector<EncodedRecord> records;
  CatalogChange frame = {.change = number, .records = 0, .origin = change.origin};
  const auto add = [&](RecordKind kind, const auto& value) {
    EncodedRecord& record = records.emplace_back();
    record.info = {.kind = kind, .version = 1, .tenant = kDefaultTenant, .tick = now};
    if constexpr (std::is_same_v<decltype(value), const CampaignPut&>) {
      record.info.version = campaign_put_version(value);
    } else if constexpr (std::is_same_v<decltype(value), const OfferPut&>) {
      record.info.version = offer_put_version(value);
    } else if constexpr (std::is_same_v<decltype(value), const CatalogChange&>) {
      record.info.version = catalog_change_version(value);
    }
    encode(value, record.payload);
  };
  const auto add_whole = [&](RecordKind kind, const auto& definition) {
    add(kind, definition);
    for (const PlanPart& part : plan_parts(definition)) add(RecordKind::plan_part, part);
  };
  for (const TenantPut& tenant : change.tenants) add(RecordKind::tenant_put, tenant);
  for (const ItemPut& item : change.items) add(RecordKind::item_put, item);
  for (const CampaignPut& campaign : change.campaigns) add_whole(RecordKind::campaign_put, campaign);
  for (const OfferPut& offer : change.offers) add_whole(RecordKind::offer_put, offer);
  frame.records = static_cast<std::uint32_t>(records.size());
  add(RecordKind::catalog_change_begin, frame);
  std::rotate(records.begin(), records.end() - 1, records.end());
  frame.origin = {};
  add(RecordKind::catalog_change_end, frame);
  return records;
}

}  // namespace doorbuster
