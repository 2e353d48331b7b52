#pragma once
// What all changes of one campaign have in common: the conditions, the dry run, the author, and the answer.

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <vector>

#include "admin/routes.h"
#include "doorbuster/catalog/campaign_action.h"

namespace doorbuster {

using PlannedChange = tl::expected<CatalogChangeSet, ActionRefusal>;
// `campaign` is null where there is none yet; never, unless Change::may_be_new.
using ChangePlan = std::function<PlannedChange(const Catalog& catalog, const Campaign* campaign,
                                               const std::vector<std::int64_t>& committed, Tick now)>;

struct Change {
  std::string_view action;  // the word of the audit trail
  std::string reason = {};
  bool takes_reason = false;     // from the query, where the body is a definition
  bool may_be_new = false;       // a campaign that is not there is made
  bool needs_condition = false;  // one that is there is changed with If-Match only
};
// Of call.campaign. Writes the whole reply.
void change_campaign(const Call& call, const Change& change, const ChangePlan& plan);

}  // namespace doorbuster
