#pragma once

#include <cstdint>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/catalog/configuration.h"
#include "doorbuster/http/public_handler.h"

namespace doorbuster {

// One for each HTTP thread. An error when a secret cannot be used.
Result<std::vector<AudienceCheck>> audience_checks(const AudienceTokenOptions& options,
                                                   std::uint32_t threads);

}  // namespace doorbuster
