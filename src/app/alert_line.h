#pragma once
// An alert as the log of the server has it.

#include <string>

#include "doorbuster/catalog/catalog.h"
#include "doorbuster/model/alert.h"

namespace doorbuster {

// "low_stock raised: campaign black-friday, sku tv-55: 5 of 50 available, 1 held, 44 sold"
std::string alert_line(const Alert& alert, const Catalog& catalog);

// To the log: low stock is a warning, all else is information.
void log_alert(const Alert& alert, const Catalog& catalog);

}  // namespace doorbuster
