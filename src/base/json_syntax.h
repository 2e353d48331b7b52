#pragma once

#include <string_view>

#include "doorbuster/base/json_document.h"

namespace doorbuster {

// The first mistake of a text that is no valid JSON: where it is and how to repair it.
Diagnostic explain_syntax_error(std::string_view text);

}  // namespace doorbuster
