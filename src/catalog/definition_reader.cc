#include <utility>

#include "catalog/campaign_reader.h"
#include "doorbuster/catalog/definition.h"

namespace doorbuster {

ParsedDefinition parse_definition(std::string_view text, std::string_view tenant) {
  ParsedDefinition parsed;
  const tl::expected<JsonDocument, Diagnostic> document = JsonDocument::parse(text);
  if (!document) {
    parsed.diagnostics.push_back(document.error());
    return parsed;
  }
  JsonReader reader(*document);
  CampaignConfiguration campaign;
  campaign.tenant = tenant;
  read_campaign(reader, document->root(), campaign);
  parsed.diagnostics = reader.take_diagnostics();
  if (parsed.diagnostics.empty()) parsed.campaign = std::move(campaign);
  return parsed;
}

}  // namespace doorbuster
