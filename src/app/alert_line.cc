#include "app/alert_line.h"

#include <spdlog/spdlog.h>

namespace doorbuster {

std::string alert_line(const Alert& alert, const Catalog& catalog) {
  std::string line(alert_kind_name(alert.kind));
  line += alert.raised ? " raised: campaign " : " cleared: campaign ";
  line += catalog.campaign(alert.campaign).definition.id;
  if (alert.offer) line += ", sku " + catalog.offer(*alert.offer).definition.sku;
  line += ": " + std::to_string(alert.available) + " of " + std::to_string(alert.allocated) + " available, " +
          std::to_string(alert.held) + " held, " + std::to_string(alert.sold) + " sold";
  return line;
}

void log_alert(const Alert& alert, const Catalog& catalog) {
  const bool warns = alert.kind == AlertKind::low_stock && alert.raised;
  spdlog::log(warns ? spdlog::level::warn : spdlog::level::info, "{}", alert_line(alert, catalog));
}

}  // namespace doorbuster
