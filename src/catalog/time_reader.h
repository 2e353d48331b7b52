#pragma once

#include "doorbuster/base/json_reader.h"
#include "doorbuster/base/tick.h"

namespace doorbuster {

// Reads an RFC 3339 time, or reports what is wrong with it and leaves `out` as it was.
void read_time(JsonReader& reader, const JsonNode& node, Tick& out);

}  // namespace doorbuster
