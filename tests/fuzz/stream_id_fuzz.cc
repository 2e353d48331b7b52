// Any text as a Last-Event-ID: it is a position and then written back the same, or it is none.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "doorbuster/base/check.h"
#include "doorbuster/http/stream_door.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  using namespace doorbuster;
  const std::string_view text(reinterpret_cast<const char*>(data), count);
  const auto position = parse_stream_position(text);
  if (!position) return 0;
  const std::string again = format_stream_position(*position);
  const auto same = parse_stream_position(again);
  DOORBUSTER_CHECK(same.has_value() && *same == *position);
  return 0;
}
