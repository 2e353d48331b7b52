#include "doorbuster/catalog/audit.h"

#include <algorithm>
#include <iterator>
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

class Describer {
 public:
  explicit Describer(const Catalog& before) : before_(before) {}

  void add(const CampaignPut& put) {
    campaign_ = put.id;
    sku_ = {};
    const bool is_new = put.campaign.value >= before_.campaigns().size();
    if (is_new) added_.push_back(&put);
    const CampaignPut nothing;
    const CampaignPut& old = is_new ? nothing : before_.campaign(put.campaign).definition;
    compare(campaign_members(), is_new, old, put);
    if (old.plan.windows == put.plan.windows) return;
    tell("occurrences", [&] {
      return std::pair(windows_without(old.plan.windows, put.plan.windows),
                       windows_without(put.plan.windows, old.plan.windows));
    });
  }

  void add(const OfferPut& put) {
    campaign_ = campaign_of(put);
    sku_ = put.sku;
    const bool is_new = put.offer.value >= before_.offers().size();
    const OfferPut nothing;
    compare(offer_members(), is_new, is_new ? nothing : before_.offer(put.offer).definition, put);
  }

  void add(const ItemPut& put) {
    campaign_ = {};
    sku_ = put.sku;
    const bool is_new = put.item.value >= before_.items().size();
    const ItemPut nothing;
    compare(item_members(), is_new, is_new ? nothing : before_.item(put.item), put);
  }

  ChangeDescription take() && { return std::move(description_); }

 private:
  // New campaigns come before their offers, and in the order of their indexes.
  std::string_view campaign_of(const OfferPut& put) const {
    const std::size_t known = before_.campaigns().size();
    if (put.campaign.value < known) return before_.campaign(put.campaign).definition.id;
    return added_[put.campaign.value - known]->id;
  }

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
  std::vector<const CampaignPut*> added_;
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
  if (query.after && entry.change <= *query.after) return false;
  if (!query.author.empty() && entry.origin.author != query.author) return false;
  if (!query.action.empty() && entry.origin.action != query.action) return false;
  return !query.campaign ||
         std::binary_search(entry.campaigns.begin(), entry.campaigns.end(), query.campaign->value);
}

}  // namespace

ChangeDescription describe_change(const Catalog& before, const CatalogChangeSet& change) {
  Describer describer(before);
  for (const ItemPut& item : change.items) describer.add(item);
  for (const CampaignPut& campaign : change.campaigns) describer.add(campaign);
  for (const OfferPut& offer : change.offers) describer.add(offer);
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

AuditEntry audit_entry(const Catalog& before, const CatalogChangeSet& change, Tick at) {
  AuditEntry entry = {.change = before.version() + 1,
                      .at = at,
                      .origin = change.origin,
                      .campaigns = {},
                      .description = describe_change(before, change)};
  for (const CampaignPut& campaign : change.campaigns) entry.campaigns.push_back(campaign.campaign.value);
  for (const OfferPut& offer : change.offers) {
    // Offers of one campaign stand together; no need to keep an index for each of them.
    if (entry.campaigns.empty() || entry.campaigns.back() != offer.campaign.value) {
      entry.campaigns.push_back(offer.campaign.value);
    }
  }
  std::sort(entry.campaigns.begin(), entry.campaigns.end());
  entry.campaigns.erase(std::unique(entry.campaigns.begin(), entry.campaigns.end()), entry.campaigns.end());
  return entry;
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
