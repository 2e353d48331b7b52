#include "doorbuster/catalog/audit.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <tuple>
#include <utility>

#include "doorbuster/catalog/definition_members.h"

namespace doorbuster {
namespace {

constexpr std::size_t kWindowsToldMax = 8;

bool earlier(const Window& a, const Window& b) {
  return std::tie(a.from, a.to) < std::tie(b.from, b.to);
}

// The first of the windows that the others do not have; both are sorted.
std::string windows_without(const std::vector<Window>& windows, const std::vector<Window>& others) {
  std::vector<Window> only;
  std::set_difference(windows.begin(), windows.end(), others.begin(), others.end(), std::back_inserter(only),
                      earlier);
  if (only.empty()) return "null";
  only.resize(std::min(only.size(), kWindowsToldMax));
  JsonWriter json;
  json.begin_array();
  for (const Window& window : only) {
    json.begin_object();
    write_window(json, window);
    json.end_object();
  }
  json.end_array();
  return std::move(json).take();
}

// The campaign of an offer of the change. Indexes go on from those that are known, and new campaigns stand in
// the order of theirs.
class CampaignFinder {
 public:
  CampaignFinder(const Catalog& before, const CatalogChangeSet& change) : before_(before) {
    for (const CampaignPut& put : change.campaigns) {
      if (put.campaign.value >= before.campaigns().size()) added_.push_back(&put);
    }
  }
  const CampaignPut& campaign_of(const OfferPut& put) const {
    const std::size_t known = before_.campaigns().size();
    return put.campaign.value < known ? before_.campaign(put.campaign).definition
                                      : *added_[put.campaign.value - known];
  }

 private:
  const Catalog& before_;
  std::vector<const CampaignPut*> added_;
};

class Describer {
 public:
  Describer(const Catalog& before, std::optional<TenantId> only) : before_(before), only_(only) {}

  void add(const CampaignPut& put) {
    if (leaves_out(put.tenant)) return;
    campaign_ = put.id;
    sku_ = {};
    const bool is_new = put.campaign.value >= before_.campaigns().size();
    const CampaignPut nothing;
    const CampaignPut& old = is_new ? nothing : before_.campaign(put.campaign).definition;
    compare(campaign_members(), is_new, old, put);
    if (old.plan.windows == put.plan.windows) return;
    tell("occurrences", [&] {
      return std::pair(windows_without(old.plan.windows, put.plan.windows),
                       windows_without(put.plan.windows, old.plan.windows));
    });
  }

  void add(const OfferPut& put, const CampaignPut& campaign) {
    if (leaves_out(campaign.tenant)) return;
    campaign_ = campaign.id;
    sku_ = put.sku;
    const bool is_new = put.offer.value >= before_.offers().size();
    const OfferPut nothing;
    compare(offer_members(), is_new, is_new ? nothing : before_.offer(put.offer).definition, put);
  }

  void add(const ItemPut& put) {
    if (leaves_out(put.tenant)) return;
    campaign_ = {};
    sku_ = put.sku;
    const bool is_new = put.item.value >= before_.items().size();
    const ItemPut nothing;
    compare(item_members(), is_new, is_new ? nothing : before_.item(put.item), put);
  }

  ChangeDescription take() && { return std::move(description_); }

 private:
  bool leaves_out(TenantId tenant) const { return only_ && *only_ != tenant; }

  template <typename Put>
  void compare(std::span<const DefinitionMember<Put>> members, bool is_new, const Put& old, const Put& put) {
    for (const DefinitionMember<Put>& member : members) {
      if (member.same(old, put) && !(is_new && member.is_required)) continue;
      tell(member.name, [&] { return std::pair(is_new ? "null" : member.json(old), member.json(put)); });
    }
  }

  // Values are written only where there is a place for them: a file can change a million offers.
  template <typename Values>
  void tell(std::string_view member, Values values) {
    if (description_.differences.size() == kAuditDifferencesMax) {
      ++description_.more;
      return;
    }
    auto [before, after] = values();
    description_.differences.push_back(
        {std::string(campaign_), std::string(sku_), member, std::move(before), std::move(after)});
  }

  const Catalog& before_;
  const std::optional<TenantId> only_;
  std::string_view campaign_, sku_;
  ChangeDescription description_;
};

std::size_t bytes_of(const AuditEntry& entry) {
  std::size_t bytes = sizeof entry + entry.origin.author.size() + entry.origin.action.size() +
                      entry.origin.reason.size() + entry.campaigns.size() * sizeof entry.campaigns[0];
  for (const Difference& difference : entry.description.differences) {
    bytes += sizeof difference + difference.campaign.size() + difference.sku.size() +
             difference.before.size() + difference.after.size();
  }
  return bytes;
}

bool answers(const AuditEntry& entry, const AuditQuery& query) {
  if (query.tenant && entry.tenant != *query.tenant) return false;
  if (query.after && entry.change <= *query.after) return false;
  if (!query.author.empty() && entry.origin.author != query.author) return false;
  if (!query.action.empty() && entry.origin.action != query.action) return false;
  return !query.campaign ||
         std::binary_search(entry.campaigns.begin(), entry.campaigns.end(), query.campaign->value);
}

}  // namespace

ChangeDescription describe_change(const Catalog& before, const CatalogChangeSet& change,
                                  std::optional<TenantId> only) {
  Describer describer(before, only);
  const CampaignFinder finder(before, change);
  for (const ItemPut& item : change.items) describer.add(item);
  for (const CampaignPut& campaign : change.campaigns) describer.add(campaign);
  for (const OfferPut& offer : change.offers) describer.add(offer, finder.campaign_of(offer));
  return std::move(describer).take();
}

void write_differences(JsonWriter& json, std::string_view name, const ChangeDescription& description) {
  json.begin_array(name);
  for (const Difference& difference : description.differences) {
    json.begin_object();
    if (difference.campaign.empty()) {
      json.member("item", difference.sku);
    } else {
      json.member("campaign", difference.campaign);
      if (!difference.sku.empty()) json.member("sku", difference.sku);
    }
    json.member("member", difference.member);
    json.member_json("before", difference.before);
    json.member_json("after", difference.after);
    json.end_object();
  }
  json.end_array();
  if (description.more != 0) json.member("more", description.more);
}

std::vector<AuditEntry> audit_entries(const Catalog& before, const CatalogChangeSet& change, Tick at) {
  const CampaignFinder finder(before, change);
  std::map<TenantId, std::vector<std::uint32_t>> touched;
  const auto touch = [&](const CampaignPut& put) {
    std::vector<std::uint32_t>& campaigns = touched[put.tenant];
    // Offers of one campaign stand together; no need to keep an index for each of them.
    if (campaigns.empty() || campaigns.back() != put.campaign.value) campaigns.push_back(put.campaign.value);
  };
  for (const CampaignPut& campaign : change.campaigns) touch(campaign);
  for (const OfferPut& offer : change.offers) touch(finder.campaign_of(offer));
  for (const TenantPut& tenant : change.tenants) touched[tenant.tenant];
  for (const ItemPut& item : change.items) touched[item.tenant];

  std::vector<AuditEntry> entries;
  for (auto& [tenant, campaigns] : touched) {
    std::sort(campaigns.begin(), campaigns.end());
    campaigns.erase(std::unique(campaigns.begin(), campaigns.end()), campaigns.end());
    entries.push_back({.change = before.version() + 1,
                       .at = at,
                       .tenant = tenant,
                       .origin = change.origin,
                       .campaigns = std::move(campaigns),
                       .description = describe_change(before, change, tenant)});
  }
  return entries;
}

void AuditLog::append(AuditEntry entry) {
  bytes_ += bytes_of(entry);
  entries_.push_back(std::move(entry));
  while (entries_.size() > 1 && (entries_.size() > kAuditEntriesMax || bytes_ > kAuditBytesMax)) {
    bytes_ -= bytes_of(entries_.front());
    entries_.pop_front();
  }
}

AuditPage AuditLog::read(const AuditQuery& query) const {
  AuditPage page;
  page.next = query.after.value_or(0);
  if (entries_.empty()) return page;
  page.oldest = entries_.front().change;
  std::vector<const AuditEntry*> found;
  for (const AuditEntry& entry : entries_) {
    if (answers(entry, query)) found.push_back(&entry);
  }
  const bool cut = found.size() > query.limit;
  const auto past = static_cast<std::ptrdiff_t>(cut ? found.size() - query.limit : 0);
  if (query.after) {
    found.erase(found.end() - past, found.end());
  } else {
    found.erase(found.begin(), found.begin() + past);
  }
  for (const AuditEntry* entry : found) page.entries.push_back(*entry);
  const bool stopped_early = cut && query.after;
  page.next = stopped_early ? found.back()->change : std::max(page.next, entries_.back().change);
  return page;
}

}  // namespace doorbuster
