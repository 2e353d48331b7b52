#include "sink/postgres_event.h"

#include <algorithm>
#include <array>
#include <utility>

#include "doorbuster/base/tick.h"

namespace doorbuster {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::string_view kOrderType = "doorbuster.order.";
constexpr std::array<std::string_view, 3> kBegins = {"confirmed", "held", "waiting"};
constexpr std::array<std::string_view, 10> kOrderWords = {"confirmed",  "held",     "waiting",   "offered",
                                                          "left_line",  "extended", "cancelled", "expired",
                                                          "refund_due", "returned"};

template <std::size_t n>
bool is_one_of(const std::array<std::string_view, n>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Reads members of one object, and remembers the first that is not what it has to be.
class Members {
 public:
  Members(const object& members, std::string& fault) : members_(members), fault_(fault) {}

  template <typename T>
  std::optional<T> get(std::string_view name) {
    element value;
    if (members_.at_key(name).get(value) != simdjson::SUCCESS) return std::nullopt;
    T got;
    if (value.get(got) == simdjson::SUCCESS) return got;
    wrong(name);
    return std::nullopt;
  }
  template <typename T>
  T must(std::string_view name) {
    auto got = get<T>(name);
    if (!got) wrong(name);
    return got.value_or(T());
  }
  std::optional<PostgresTime> time(std::string_view name) {
    const auto text = get<std::string_view>(name);
    if (!text) return std::nullopt;
    const auto tick = parse_rfc3339(*text);
    if (!tick) {
      wrong(name);
      return std::nullopt;
    }
    return PostgresTime{tick->ns / kNsPerMicrosecond};
  }
  void wrong(std::string_view name) {
    if (fault_.empty())
      fault_ = "its member \"" + std::string(name) + "\" is missing or not what it has to be";
  }

 private:
  object members_;
  std::string& fault_;
};

void read_lines(Members& data, PostgresOrderEvent& order, std::string& fault) {
  const auto lines = data.get<simdjson::dom::array>("lines");
  if (!lines) {
    const auto sku = data.must<std::string_view>("sku");
    order.unit_price = data.must<std::int64_t>("unit_price");
    order.lines.push_back({sku, order.quantity.value_or(0), *order.unit_price});
    return;
  }
  order.total = data.must<std::int64_t>("total");
  for (const element value : *lines) {
    object members;
    if (value.get(members) != simdjson::SUCCESS) return data.wrong("lines");
    Members line(members, fault);
    const auto sku = line.must<std::string_view>("sku");
    const auto quantity = line.must<std::int64_t>("quantity");
    order.lines.push_back({sku, quantity, line.must<std::int64_t>("unit_price")});
  }
}

PostgresOrderEvent read_order(Members& data, std::string_view what, std::string& fault) {
  PostgresOrderEvent order;
  order.what = what;
  order.order = data.must<std::string_view>("order");
  order.campaign = data.must<std::string_view>("campaign");
  order.is_first = data.get<bool>("first").value_or(false);
  order.quantity = data.get<std::int64_t>("quantity");
  order.sku = data.get<std::string_view>("sku");
  order.expires_at = data.time("expires_at");
  order.payment_reference = data.get<std::string_view>("payment_reference");
  const bool counts = order.is_first || what == "confirmed" || what == "returned";
  if (counts && !order.quantity) data.wrong("quantity");
  if (!order.is_first) return order;
  if (!is_one_of(kBegins, what)) data.wrong("first");
  order.buyer = data.must<std::string_view>("buyer");
  order.currency = data.must<std::string_view>("currency");
  order.reference = data.get<std::string_view>("reference");
  order.channel = data.get<std::string_view>("channel");
  order.region = data.get<std::string_view>("region");
  order.segment = data.get<std::string_view>("segment");
  read_lines(data, order, fault);
  if (order.unit_price &&
      __builtin_mul_overflow(*order.unit_price, order.quantity.value_or(0), &order.total.emplace())) {
    data.wrong("unit_price");
  }
  return order;
}

}  // namespace

Result<PostgresEvent> PostgresEventParser::parse(std::string_view json) {
  object members;
  if (parser_.parse(json.data(), json.size()).get(members) != simdjson::SUCCESS) {
    return fail(ErrorKind::runtime, "it is not a JSON object");
  }
  std::string fault;
  Members envelope(members, fault);
  PostgresEvent event;
  event.id = envelope.must<std::string_view>("id");
  event.type = envelope.must<std::string_view>("type");
  event.tenant = envelope.must<std::string_view>("tenant");
  event.subject = envelope.get<std::string_view>("subject");
  const auto time = envelope.time("time");
  if (!time) envelope.wrong("time");
  event.time = time.value_or(PostgresTime());
  const auto data = envelope.must<object>("data");
  if (!fault.empty()) return fail(ErrorKind::runtime, std::move(fault));
  event.data = simdjson::minify(data);
  const bool is_of_order = event.type.starts_with(kOrderType);
  const std::string_view what = is_of_order ? event.type.substr(kOrderType.size()) : std::string_view();
  if (is_one_of(kOrderWords, what)) {
    Members of_data(data, fault);
    event.order = read_order(of_data, what, fault);
  }
  if (!fault.empty()) return fail(ErrorKind::runtime, std::move(fault));
  return event;
}

}  // namespace doorbuster
