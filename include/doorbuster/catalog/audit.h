#pragma once
// Who changed the catalog, when, why, and what it came to. The journal has every change for ever; here are
// the last ones, ready to be read.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_writer.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/catalog/catalog.h"

namespace doorbuster {

// All that changes the catalog, by the words of ChangeOrigin; metrics have a number for each.
struct ChangeKind {
  ChangeOrigin::Source source;
  std::string_view action;
  friend bool operator==(const ChangeKind&, const ChangeKind&) = default;
};
inline constexpr ChangeKind kChangeKinds[] = {
    {ChangeOrigin::Source::file, "start"},    {ChangeOrigin::Source::file, "reload"},
    {ChangeOrigin::Source::admin, "pause"},   {ChangeOrigin::Source::admin, "resume"},
    {ChangeOrigin::Source::admin, "end"},     {ChangeOrigin::Source::admin, "extend"},
    {ChangeOrigin::Source::admin, "stock"},   {ChangeOrigin::Source::admin, "put"},
    {ChangeOrigin::Source::admin, "patch"},   {ChangeOrigin::Source::admin, "remove"},
    {ChangeOrigin::Source::admin, "arm"},     {ChangeOrigin::Source::clock, "arm"},
    {ChangeOrigin::Source::clock, "release"},
};

struct Difference {
  std::string campaign;       // empty: of an item
  std::string sku;            // of this offer or item; empty: of the campaign
  std::string_view member;    // as a configuration names it: definition_members.h; or "occurrences"
  std::string before, after;  // JSON; "null": there was none, or is none any more
};
struct ChangeDescription {
  std::vector<Difference> differences;  // at most kAuditDifferencesMax
  std::uint64_t more = 0;               // that have no place there
};
// What is new is told by what every definition has and by what is not its default. Of windows, which follow
// from a schedule, the first that are only there before or only there after.
// REQUIRES: check_change(before, change).
// `only`: what it does to this tenant.
ChangeDescription describe_change(const Catalog& before, const CatalogChangeSet& change,
                                  std::optional<TenantId> only = std::nullopt);
// An array of this name, and "more" behind it where there are more.
void write_differences(JsonWriter& json, std::string_view name, const ChangeDescription& description);

struct AuditEntry {
  std::uint64_t change = 0;  // its number: the catalog's version after it
  Tick at;
  TenantId tenant = kDefaultTenant;  // whose campaigns it touched; nobody else is told of it
  ChangeOrigin origin;
  std::vector<std::uint32_t> campaigns;  // indexes of those that it touched, sorted
  ChangeDescription description;
};
// One for each tenant that it touched, by their ids. REQUIRES: the same.
std::vector<AuditEntry> audit_entries(const Catalog& before, const CatalogChangeSet& change, Tick at);

// What is left out is not asked for.
struct AuditQuery {
  std::optional<TenantId> tenant;
  std::optional<CampaignIndex> campaign;
  std::string author, action;
  std::optional<std::uint64_t> after;    // changes with a larger number; nothing: the newest ones
  std::size_t limit = kAuditEntriesMax;  // at least 1
};
struct AuditPage {
  std::vector<AuditEntry> entries;  // newest last
  std::uint64_t oldest = 0;         // the first change that is still here; 0: there is none
  std::uint64_t next = 0;           // as `after`: what this page has not looked at yet
};

// The last kAuditEntriesMax changes, fewer when they take more than kAuditBytesMax, but always the newest.
// Single-threaded.
class AuditLog {
 public:
  // In the order of the changes.
  void append(AuditEntry entry);
  AuditPage read(const AuditQuery& query) const;
  const std::deque<AuditEntry>& entries() const { return entries_; }

 private:
  std::deque<AuditEntry> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace doorbuster
