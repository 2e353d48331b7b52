#include "catalog/time_reader.h"

#include <optional>
#include <string>

#include "doorbuster/base/text.h"

namespace doorbuster {

void read_time(JsonReader& reader, const JsonNode& node, Tick& out) {
  if (!reader.expect(node, JsonType::string)) return;
  if (const std::optional<Tick> tick = parse_rfc3339(node.string())) {
    out = *tick;
  } else if (parse_rfc3339(std::string(node.string()) + 'Z')) {
    reader.error(node,
                 quoted(node.string()) + " has no time zone: add Z for UTC or an offset such as +01:00");
  } else {
    reader.error(node, quoted(node.string()) +
                           " is no RFC 3339 time of the years 1970 to 2261: write one such as "
                           "2026-11-27T08:00:00Z or 2026-11-27T09:00:00+01:00");
  }
}

}  // namespace doorbuster
