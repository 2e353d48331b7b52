#pragma once
// One campaign as JSON, and what it takes to put it in force while the others stay as they are. A definition
// is what an element of a configuration file's "campaigns" is, so whatever is true of the one is true of the
// other; what was done to the campaign besides (a pause, an early end) is no part of it and stays.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/result.h"
#include "doorbuster/catalog/catalog.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

// --- as text
// --------------------------------------------------------------------------------------------------

// The campaign with its rules and its own listed offers, on one line. One definition has one text: members
// stand in the order of the configuration's tables, and what the reader fills in by itself is left out. A
// campaign with a schedule has that, as it is kept, in the place of starts_at and ends_at. parse_definition()
// reads it back to the same definition. REQUIRES: the campaign is listed, and its plan is one that a
// configuration can have.
std::string definition_json(const Catalog& catalog, CampaignIndex campaign);

// What is in force as one configuration file, for people: a line for each member, each item and each
// offer. Server options that are the default are left out, and so are secrets and campaigns that are
// withdrawn. Tenants are those of the catalog, with the limits that `access` has for them; keys are those of
// `access`. parse_configuration() reads it back, unless a tenant has campaigns and `access` no keys.
// REQUIRES: as definition_json() for each listed campaign.
std::string configuration_json(const Configuration& access, const Catalog& catalog);

// What is in force about listed campaigns and no configuration can say, a sentence each: "campaign sale is
// paused".
std::vector<std::string> not_in_configuration(const Catalog& catalog);

// One campaign, or all that is wrong with it (then `campaign` is empty), with pointers from its root.
struct ParsedDefinition {
  std::optional<CampaignConfiguration> campaign;
  std::vector<Diagnostic> diagnostics;
};
// Without a "tenant" it is this one's; whether there is such a tenant is not asked.
ParsedDefinition parse_definition(std::string_view text, std::string_view tenant = kDefaultTenantName);

// --- as a patch
// -----------------------------------------------------------------------------------------------

// RFC 7396: the target with what the patch says. Numbers and strings stay as they are written, so that no
// value is rounded on its way. Members keep the target's order, new ones follow in the patch's. An array is
// one value and is replaced as a whole. A text that is not JSON, and an object that is merged and has a
// member twice, are refused (ErrorKind::configuration, all reasons in one message).
Result<std::string> merge_patch(std::string_view target_json, std::string_view patch_json);

// The same for a definition, and besides: "offers" may be an object by SKU, because replacing a thousand
// offers to change one price is how the other 999 get lost. {"offers":{"tv-1":{"price":100},"tv-2":null}}
// patches tv-1, or adds it at the end, and withdraws tv-2. "offers" as an array replaces all offers, as
// RFC 7396 says. An offer's name is its place in the object: a "sku" inside must be the same.
//
// What a definition leaves out follows what it is left out for: an offer whose list_price is its price goes
// on so when a patch changes the price.
Result<std::string> merge_definition(std::string_view definition, std::string_view patch_json);

// --- in force
// -------------------------------------------------------------------------------------------------

// What has to change so that this one campaign is as it is configured, new or known, and all others stay.
// Its rules make their offers of the items in force. Refused for the reasons that plan_change() has, in its
// way. Empty: nothing to do. A reload of the file that
// was in force does not undo the change: a campaign that no file has is marked so, for the others it is
// remembered what the file said. A pause stays; so does an early end, unless the windows are others; and an
// extension, when the schedule is said again as it was. REQUIRES: as plan_change().
Result<CatalogChangeSet> plan_put(const Catalog& catalog, const std::vector<std::int64_t>& committed,
                                  const CampaignConfiguration& configured, std::uint64_t orders_reserved);

// Withdraws the campaign and its offers: they sell no more, their orders stay and holds can be confirmed. A
// reload of the file that was in force does not bring it back; a file that says something else about it, or
// that has it again after one that had not, does. Empty when it is withdrawn already.
// REQUIRES: the campaign is in the catalog.
CatalogChangeSet plan_remove(const Catalog& catalog, CampaignIndex campaign);

}  // namespace doorbuster
