#include "app/audience_checks.h"

#include <utility>

namespace doorbuster {

Result<std::vector<AudienceCheck>> audience_checks(const AudienceTokenOptions& options,
                                                   std::uint32_t threads) {
  std::vector<AudienceCheck> checks(threads);
  if (options.secrets.empty()) return checks;
  for (AudienceCheck& check : checks) {
    auto tokens = AudienceTokens::make(options.secrets);
    if (!tokens) return tl::unexpected(tokens.error());
    check = {.tokens = std::move(*tokens), .required = options.required};
  }
  return checks;
}

}  // namespace doorbuster
