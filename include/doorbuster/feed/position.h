#pragma once
// A place in the feed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace doorbuster {

// Behind this record of the journal. Sequences go on over the starts of the engine; the epoch says in which
// of them the record was written, so a place of a history that was given up for a restored one is known for
// what it is.
struct FeedPosition {
  std::uint64_t epoch = 0;
  std::uint64_t sequence = 0;  // 0: before the first record
  friend bool operator==(const FeedPosition&, const FeedPosition&) = default;
};

// "<epoch>-<sequence>": the id of the record's event, too.
std::string format_feed_position(const FeedPosition& position);
// Nothing when the text is none.
std::optional<FeedPosition> parse_feed_position(std::string_view text);

}  // namespace doorbuster
