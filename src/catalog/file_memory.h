#pragma once
// What a configuration file said about a campaign that was then changed by hand, as a hash: so that the same
// file does not undo the change by saying the same again.

#include "doorbuster/catalog/catalog.h"
#include "doorbuster/catalog/configuration.h"

namespace doorbuster {

// Of the campaign, its rules and the offers of its own; what the rules make of the items is not said by
// anybody. Of what is configured and of what a catalog has it is the same when one
// follows from the other.
std::uint64_t definition_hash(const CampaignConfiguration& configured);
std::uint64_t definition_hash(const Catalog& catalog, const Campaign& campaign);

// Before the campaign of `put` is changed by hand: what it is in the catalog is what the file said, unless
// that is remembered already or there is no file that has it.
void remember_the_file(const Catalog& catalog, CampaignPut& put);

}  // namespace doorbuster
