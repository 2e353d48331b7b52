#pragma once

#include <cstddef>
#include <string>

#include "doorbuster/base/result.h"

namespace doorbuster {

// A whole file, or why not (ErrorKind::runtime; the sentence does not repeat the name). More than `bytes_max`
// is an error, found without reading much more than that.
Result<std::string> read_text_file(const std::string& file, std::size_t bytes_max);

}  // namespace doorbuster
