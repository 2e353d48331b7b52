#include "doorbuster/http/stream_door.h"

#include <array>
#include <charconv>
#include <utility>

#include "doorbuster/catalog/catalog.h"
#include "doorbuster/http/exchange.h"
#include "doorbuster/http/query_reader.h"

namespace doorbuster {
namespace {

constexpr std::size_t kEpochDigits = 16;
constexpr std::size_t kPositionBytesMax = kEpochDigits + 1 + 20;

// Without a length: the stream ends with the connection. X-Accel-Buffering asks a proxy not to collect it.
constexpr std::string_view kHead =
    "Content-Type: text/event-stream\r\n"
    "Cache-Control: no-store\r\n"
    "Connection: close\r\n"
    "X-Accel-Buffering: no\r\n"
    "Vary: Accept-Encoding\r\n";

bool read_number(std::string_view text, int base, std::uint64_t& out) {
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out, base);
  return ec == std::errc{} && end == text.data() + text.size();
}

// "gzip" or "*" in a list, unless it says with q=0 that it is not wanted.
bool accepts_gzip(std::string_view header) {
  while (!header.empty()) {
    const auto comma = header.find(',');
    const std::string_view item = header.substr(0, comma);
    header = comma == std::string_view::npos ? std::string_view{} : header.substr(comma + 1);
    if (!header_list_has(item, "gzip") && !header_list_has(item, "x-gzip")) continue;
    const auto q = item.find("q=0");
    return q == std::string_view::npos || item.find_first_of("123456789", q + 3) != std::string_view::npos;
  }
  return false;
}

// In a place that is reserved.
class StreamHandover final : public Handover {
 public:
  StreamHandover(StreamDoor& door, const Subscription& subscription)
      : door_(door), subscription_(subscription) {}
  ~StreamHandover() override {
    if (!taken_) door_.give_back();
  }
  StreamHandover(const StreamHandover&) = delete;
  StreamHandover& operator=(const StreamHandover&) = delete;

  void take(int socket, std::string unsent) override {
    taken_ = true;
    door_.subscribe(socket, subscription_, std::move(unsent));
  }

 private:
  StreamDoor& door_;
  const Subscription subscription_;
  bool taken_ = false;
};

}  // namespace

std::string format_stream_position(const StreamPosition& position) {
  std::array<char, kEpochDigits> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), position.epoch, 16).ptr;
  const auto used = static_cast<std::size_t>(end - digits.data());
  std::string text(kEpochDigits - used, '0');
  text.append(digits.data(), used);
  return text + '-' + std::to_string(position.sequence);
}

std::optional<StreamPosition> parse_stream_position(std::string_view text) {
  StreamPosition position;
  if (text.size() < kEpochDigits + 2 || text.size() > kPositionBytesMax || text[kEpochDigits] != '-') {
    return std::nullopt;
  }
  if (!read_number(text.substr(0, kEpochDigits), 16, position.epoch) ||
      !read_number(text.substr(kEpochDigits + 1), 10, position.sequence)) {
    return std::nullopt;
  }
  return position;
}

std::nullptr_t begin_stream(const Exchange& exchange, const Catalog& catalog, Subscription subscription) {
  const HttpRequest& http = exchange.http;
  HandoverSlot* const slot = exchange.context.handover;
  if (slot == nullptr || slot->stream == nullptr) return exchange.refuse(Outcome::not_found);
  if (http.method != Method::get) return exchange.refuse_method("GET");
  if (exchange.context.draining) return exchange.refuse(Outcome::draining);

  QueryReader query(http.query);
  std::string id, last_event_id(http.last_event_id);
  const bool one_campaign = query.identifier("campaign", id);
  query.text("last_event_id", kPositionBytesMax, last_event_id);
  const std::string errors = query.take_errors();
  if (!errors.empty()) return exchange.refuse(Outcome::malformed_request, {.detail = errors});
  if (one_campaign) {
    const Campaign* campaign = catalog.find_campaign(subscription.tenant, id);
    if (campaign == nullptr || !campaign->definition.listed) {
      return exchange.refuse(Outcome::campaign_not_found);
    }
    subscription.campaign = campaign->definition.campaign;
  }
  // What is none is no mistake of this client's: it may come from another server. It gets a snapshot.
  subscription.after = parse_stream_position(last_event_id);
  subscription.gzip = accepts_gzip(http.accept_encoding);

  if (!slot->stream->reserve()) {
    return exchange.refuse(Outcome::overloaded, {.detail = "There are as many streams as the server takes."});
  }
  slot->handover = std::make_unique<StreamHandover>(*slot->stream, subscription);
  exchange.outcome = Outcome::ok;
  exchange.out += "HTTP/1.1 200 OK\r\nDate: ";
  exchange.out += exchange.context.frame.date;
  exchange.out += "\r\n";
  exchange.out += kHead;
  if (subscription.gzip) exchange.out += "Content-Encoding: gzip\r\n";
  exchange.out += "\r\n";
  return nullptr;
}

}  // namespace doorbuster
