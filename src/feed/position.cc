#include "doorbuster/feed/position.h"

#include <charconv>

namespace doorbuster {
namespace {

// Digits and nothing else, without a zero in front: one place has one text.
bool read_number(std::string_view text, std::uint64_t& out) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return false;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc{} && end == text.data() + text.size();
}

}  // namespace

std::string format_feed_position(const FeedPosition& position) {
  return std::to_string(position.epoch) + '-' + std::to_string(position.sequence);
}

std::optional<FeedPosition> parse_feed_position(std::string_view text) {
  FeedPosition position;
  const auto dash = text.find('-');
  if (dash == std::string_view::npos || !read_number(text.substr(0, dash), position.epoch) ||
      !read_number(text.substr(dash + 1), position.sequence)) {
    return std::nullopt;
  }
  return position;
}

}  // namespace doorbuster
