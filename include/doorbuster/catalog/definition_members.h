#pragma once
// Campaigns, offers and items member by member, by the names that a configuration has for them: what an
// operator's view shows, and what the audit trail tells apart.

#include <span>
#include <string>
#include <string_view>

#include "doorbuster/base/json_writer.h"
#include "doorbuster/model/record.h"

namespace doorbuster {

template <typename Put>
struct DefinitionMember {
  std::string_view name;
  bool is_required;  // every definition has it
  bool (*same)(const Put& a, const Put& b);
  // JSON text; "null" where a configuration would leave the member out because it has no value then.
  std::string (*json)(const Put& put);
};

// What a configuration says, then what was done since: "armed", "paused", "ended_at", "listed", "source"
// ("file", or "admin" when no file ever had it) and "changed_by_hand". Without "id", "offers" and the
// windows.
std::span<const DefinitionMember<CampaignPut>> campaign_members();
// What a configuration says, then "rule", which made it, and "listed". Without "sku".
std::span<const DefinitionMember<OfferPut>> offer_members();
// What a configuration says, then "listed". Without "sku".
std::span<const DefinitionMember<ItemPut>> item_members();

// One of these names, or one that a difference has besides them, as it stands here; empty: there is none.
std::string_view known_member(std::string_view name);

// {"starts_at":...,"ends_at":...} as members of the object that is being written.
void write_window(JsonWriter& json, const Window& window);

}  // namespace doorbuster
