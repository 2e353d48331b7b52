// Who changed what, when and why.

#include <utility>

#include "admin/routes.h"
#include "doorbuster/base/json_writer.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/catalog/audit.h"
#include "doorbuster/http/query_reader.h"

namespace doorbuster {
namespace {

constexpr std::uint64_t kChangesDefault = 100;

void check_action(QueryReader& query, std::string_view action) {
  std::string words;
  for (const ChangeKind& kind : kChangeKinds) {
    if (kind.action == action) return;
    words += (words.empty() ? "" : ", ") + std::string(kind.action);
  }
  query.error("action: write one of " + words);
}

void write_entry(JsonWriter& json, const AuditEntry& entry) {
  json.begin_object();
  json.member("change", entry.change);
  json.member("at", entry.at);
  json.member("source", change_source_name(entry.origin.source));
  json.member("author", entry.origin.author);
  json.member("action", entry.origin.action);
  json.member("reason", entry.origin.reason);
  write_differences(json, "differences", entry.description);
  json.end_object();
}

}  // namespace

void show_audit(const Call& call) {
  AuditQuery wanted;
  std::string campaign;
  std::uint64_t after = 0, limit = kChangesDefault;
  QueryReader query(call.http().query);
  query.identifier("campaign", campaign);
  query.text("author", kChangeTextBytesMax, wanted.author);
  if (query.text("action", kChangeTextBytesMax, wanted.action)) check_action(query, wanted.action);
  if (query.integer("after", {}, after)) wanted.after = after;
  query.integer("limit", {1, kAuditEntriesMax}, limit);
  wanted.limit = limit;
  if (const std::string wrong = query.take_errors(); !wrong.empty()) {
    return call.refuse(Outcome::malformed_request, {.detail = wrong});
  }
  if (!campaign.empty()) {
    const CatalogPointer catalog = call.catalog();
    const Campaign* found = catalog->find_campaign(call.tenant(), campaign);
    if (found == nullptr) return call.refuse(Outcome::campaign_not_found);
    wanted.campaign = found->definition.campaign;
  }

  wanted.tenant = call.tenant();
  const AuditPage page = call.state.runtime->audit(wanted);
  JsonWriter json;
  json.begin_object();
  json.begin_array("changes");
  for (const AuditEntry& entry : page.entries) write_entry(json, entry);
  json.end_array();
  json.member("oldest", page.oldest);
  json.member("next", page.next);
  json.end_object();
  call.exchange.answer(kJson, std::move(json).take());
}

}  // namespace doorbuster
