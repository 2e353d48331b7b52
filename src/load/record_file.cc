#include "load/record_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <unordered_map>
#include <utility>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/json_reader.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"
#include "doorbuster/base/tick.h"
#include "load/order_state.h"
#include "load/wire.h"

namespace doorbuster::load {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kUnitsMax = kStockMax * 2;

struct UnknownUnits {
  std::string sku;
  std::int64_t units = 0;
};

constexpr std::pair<std::string_view, Verb> kVerbWords[] = {
    {"confirm", Verb::confirm}, {"cancel", Verb::cancel},    {"payment_failed", Verb::payment_failed},
    {"extend", Verb::extend},   {"return", Verb::give_back}, {"look", Verb::look},
    {"leave", Verb::leave}};
constexpr std::pair<std::string_view, Body> kBodyWords[] = {
    {"plain", Body::plain}, {"paid", Body::paid}, {"scrapped", Body::scrapped}};
constexpr std::pair<std::string_view, Standing> kStandingWords[] = {
    {"held", Standing::held},       {"confirmed", Standing::confirmed}, {"cancelled", Standing::cancelled},
    {"expired", Standing::expired}, {"waiting", Standing::waiting},     {"left", Standing::left},
    {"ended", Standing::ended}};

// One line is one of four things; the members that it has say which.
struct Line {
  std::optional<std::int64_t> version;
  RecordHeader header;
  Promise promise;
  OrderLine plain;  // of an order that is no basket, until it is whole
  Step step;
  bool end = false;
  std::int64_t requests = 0;
  std::vector<UnknownUnits> unknown;
};

template <std::int64_t StockView::*kUnits>
void read_units(JsonReader& r, const JsonNode& n, StockView& v) {
  r.integer(n, {0, kUnitsMax, "units"}, v.*kUnits);
}
constexpr JsonMember<StockView> kStockMembers[] = {
    {"sku", Presence::required,
     [](JsonReader& r, const JsonNode& n, StockView& v) { r.identifier(n, v.sku); }},
    {"allocated", Presence::required, read_units<&StockView::allocated>},
    {"available", Presence::required, read_units<&StockView::available>},
    {"held", Presence::required, read_units<&StockView::held>},
    {"sold", Presence::required, read_units<&StockView::sold>},
};

constexpr JsonMember<UnknownUnits> kUnknownMembers[] = {
    {"sku", Presence::required,
     [](JsonReader& r, const JsonNode& n, UnknownUnits& u) { r.identifier(n, u.sku); }},
    {"units", Presence::required,
     [](JsonReader& r, const JsonNode& n, UnknownUnits& u) {
       r.integer(n, {0, kUnitsMax, "units"}, u.units);
     }},
};

template <std::optional<std::uint32_t> Limits::*kLimit>
void read_limit(JsonReader& r, const JsonNode& n, Line& l) {
  std::uint32_t limit = 0;
  if (r.integer(n, {0, 0xffff'ffff, ""}, limit)) l.header.limits.*kLimit = limit;
}

constexpr JsonMember<Line> kHeaderMembers[] = {
    {"load_record", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       std::int64_t version = 0;
       if (r.integer(n, {kVersion, kVersion, ""}, version)) l.version = version;
     }},
    {"run", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.identifier(n, l.header.run); }},
    {"campaign", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.identifier(n, l.header.campaign); }},
    {"limit_per_buyer", Presence::optional, read_limit<&Limits::per_buyer>},
    {"limit_per_buyer_total", Presence::optional, read_limit<&Limits::per_buyer_total>},
    {"baseline", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.array(n, {0, kOffersMax}, [&](const JsonNode& element) {
         r.object(element, kStockMembers, l.header.baseline.emplace_back());
       });
     }},
};

// What an answer told about the order: in both kinds of lines that have an order.
void read_status(JsonReader& r, const JsonNode& n, Line& l) {
  r.choice(n, kStandingWords, l.step.told.standing);
  l.step.answered = true;
}
void read_expiry(JsonReader& r, const JsonNode& n, Line& l) {
  std::string text;
  if (!r.string(n, {1, 64}, text)) return;
  const std::optional<Tick> tick = parse_rfc3339(text);
  if (tick) l.step.told.expires_at = *tick;
  if (!tick) r.error(n, "must be a date-time of RFC 3339");
}
void read_ticket(JsonReader& r, const JsonNode& n, Line& l) {
  bool ticket = false;
  if (r.boolean(n, ticket)) l.step.told.ticket = ticket;
}
void read_offered(JsonReader& r, const JsonNode& n, Line& l) {
  bool offered = false;
  if (r.boolean(n, offered)) l.step.told.offered = offered;
}
void read_order(JsonReader& r, const JsonNode& n, Line& l) {
  r.string(n, {1, OrderName::kBytesMax}, l.promise.order);
}

void read_key(JsonReader& r, const JsonNode& n, std::string& key) {
  r.string(n, {1, kIdempotencyKeyBytesMax}, key);
}

constexpr JsonMember<OrderLine> kBasketMembers[] = {
    {"sku", Presence::required,
     [](JsonReader& r, const JsonNode& n, OrderLine& line) { r.identifier(n, line.sku); }},
    {"quantity", Presence::required,
     [](JsonReader& r, const JsonNode& n, OrderLine& line) {
       r.integer(n, {1, kQuantityMax, ""}, line.quantity);
     }},
};
void read_lines(JsonReader& r, const JsonNode& n, Line& l) {
  l.promise.basket = true;
  r.array(n, {1, kBasketLinesMax}, [&](const JsonNode& element) {
    r.object(element, kBasketMembers, l.promise.lines.emplace_back());
  });
}

constexpr JsonMember<Line> kOrderMembers[] = {
    {"order", Presence::required, read_order},
    {"sku", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.identifier(n, l.plain.sku); }},
    {"lines", Presence::optional, read_lines},
    {"buyer", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.identifier(n, l.promise.buyer); }},
    {"device", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.string(n, {1, kIdentityBytesMax}, l.promise.device);
     }},
    {"quantity", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.integer(n, {1, kQuantityMax, ""}, l.plain.quantity);
     }},
    {"key", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) { read_key(r, n, l.promise.key); }},
    {"wait", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.boolean(n, l.promise.waits); }},
    {"durable", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.boolean(n, l.promise.durable); }},
    {"status", Presence::required, read_status},
    {"expires_at", Presence::optional, read_expiry},
    {"ticket", Presence::optional, read_ticket},
    {"offered", Presence::optional, read_offered},
};

constexpr JsonMember<Line> kStepMembers[] = {
    {"order", Presence::required, read_order},
    {"verb", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.choice(n, kVerbWords, l.step.verb); }},
    {"body", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.choice(n, kBodyWords, l.step.body); }},
    {"quantity", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.integer(n, {1, kHoldSecondsMax, ""}, l.step.quantity);
     }},
    {"key", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) { read_key(r, n, l.step.key); }},
    {"done", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.boolean(n, l.step.done); }},
    {"status", Presence::optional, read_status},
    {"expires_at", Presence::optional, read_expiry},
    {"ticket", Presence::optional, read_ticket},
    {"offered", Presence::optional, read_offered},
    {"confirmed_quantity", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.integer(n, {1, kQuantityMax, ""}, l.step.told.confirmed);
     }},
    {"refund_due", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       bool refund_due = false;
       if (r.boolean(n, refund_due)) l.step.told.refund_due = refund_due;
     }},
};

constexpr JsonMember<Line> kEndMembers[] = {
    {"end", Presence::required, [](JsonReader& r, const JsonNode& n, Line& l) { r.boolean(n, l.end); }},
    {"requests", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.integer(n, {0, INT64_MAX, ""}, l.requests);
     }},
    {"unknown", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.array(n, {0, kOffersMax}, [&](const JsonNode& element) {
         r.object(element, kUnknownMembers, l.unknown.emplace_back());
       });
     }},
};

// What an order is of is said in one of two ways.
bool read_order_line(JsonReader& reader, const JsonNode& root, Line& line) {
  if (!reader.object(root, kOrderMembers, line)) return false;
  const int said = (line.plain.sku.empty() ? 0 : 1) + (line.plain.quantity == 0 ? 0 : 1);
  if (said != (line.promise.basket ? 0 : 2)) {
    reader.error(root, "an order has either `sku` and `quantity`, or `lines`");
    return false;
  }
  if (!line.promise.basket) line.promise.lines.push_back(std::move(line.plain));
  return true;
}

Result<Line> parse_line(const std::string& text, const std::string& file, std::uint32_t number) {
  const auto wrong = [&](Diagnostic diagnostic) {
    diagnostic.line = number;
    return fail(ErrorKind::runtime, format_diagnostic(file, diagnostic));
  };
  const auto document = JsonDocument::parse(text);
  if (!document) return wrong(document.error());
  JsonReader reader(*document);
  Line line;
  const JsonNode& root = document->root();
  const bool sound = number == 1                    ? reader.object(root, kHeaderMembers, line)
                     : root.find("end") != nullptr  ? reader.object(root, kEndMembers, line)
                     : root.find("verb") != nullptr ? reader.object(root, kStepMembers, line)
                                                    : read_order_line(reader, root, line);
  if (!sound) return wrong(reader.take_diagnostics().front());
  return line;
}

std::string limit_json(std::string_view name, std::optional<std::uint32_t> limit) {
  return limit ? fmt::format(R"(,"{}":{})", name, *limit) : std::string();
}

// The members that say what an answer told, each with a comma in front.
std::string told_json(Standing standing, Tick expires_at, bool ticket, bool offered) {
  std::string json = fmt::format(R"(,"status":"{}")", standing_name(standing));
  if (expires_at.ns != 0) json += fmt::format(R"(,"expires_at":"{}")", format_rfc3339(expires_at));
  if (ticket) json += R"(,"ticket":true)";
  if (offered) json += R"(,"offered":true)";
  return json;
}

}  // namespace

Result<RecordWriter> RecordWriter::create(const std::string& file, const RecordHeader& header) {
  RecordWriter writer(file, std::ofstream(file, std::ios::binary | std::ios::trunc));
  if (!writer.stream_) {
    return fail(ErrorKind::runtime, fmt::format("cannot write {}: {}", quoted(file), std::strerror(errno)));
  }
  std::string baseline;
  for (const StockView& view : header.baseline) {
    baseline += fmt::format(R"({}{{"sku":"{}","allocated":{},"available":{},"held":{},"sold":{}}})",
                            baseline.empty() ? "" : ",", view.sku, view.allocated, view.available, view.held,
                            view.sold);
  }
  writer.stream_ << fmt::format(R"({{"load_record":{},"run":"{}","campaign":"{}"{}{},"baseline":[{}]}})",
                                kVersion, header.run, header.campaign,
                                limit_json("limit_per_buyer", header.limits.per_buyer),
                                limit_json("limit_per_buyer_total", header.limits.per_buyer_total), baseline)
                 << '\n';
  if (const Status written = writer.flush(); !written) return tl::unexpected(written.error());
  return writer;
}

void RecordWriter::append(const Promise& promise) {
  std::string json = fmt::format(R"({{"order":"{}",{},"buyer":"{}")", promise.order,
                                 content_member(promise.lines, promise.basket), promise.buyer);
  if (!promise.key.empty()) json += fmt::format(R"(,"key":"{}")", promise.key);
  if (!promise.device.empty()) json += fmt::format(R"(,"device":"{}")", promise.device);
  if (promise.waits) json += R"(,"wait":true)";
  json += fmt::format(R"(,"durable":{})", promise.durable);
  const OrderState& state = promise.state;
  stream_ << json
          << told_json(state.standing, state.expires_at, promise.in_line, promise.in_line && !state.ticket)
          << "}\n";
}

void RecordWriter::append(std::string_view order, const Step& step) {
  std::string json = fmt::format(R"({{"order":"{}","verb":"{}")", order, verb_name(step.verb));
  if (step.body != Body::plain)
    json += fmt::format(R"(,"body":"{}")", step.body == Body::paid ? "paid" : "scrapped");
  if (step.quantity != 0) json += fmt::format(R"(,"quantity":{})", step.quantity);
  if (!step.key.empty()) json += fmt::format(R"(,"key":"{}")", step.key);
  if (step.done) json += R"(,"done":true)";
  if (step.answered && step.told.standing != Standing::none) {
    json += told_json(step.told.standing, step.told.expires_at, step.told.ticket, step.told.offered);
  }
  if (step.told.confirmed != 0) json += fmt::format(R"(,"confirmed_quantity":{})", step.told.confirmed);
  if (step.told.refund_due) json += R"(,"refund_due":true)";
  stream_ << json << "}\n";
}

Status RecordWriter::flush() {
  stream_.flush();
  if (!stream_) return fail(ErrorKind::runtime, fmt::format("cannot write {}", quoted(file_)));
  return {};
}

Status RecordWriter::finish(std::uint64_t requests, const std::map<std::string, std::int64_t>& unknown_units,
                            const std::vector<Promise>& orders) {
  for (const Promise& order : orders) {
    for (const auto& [word, verb] : kVerbWords) {
      if (order.state.may_have(verb)) append(order.order, {.verb = verb});
    }
    for (const ReturnedUnits& units : order.state.returns) {
      if (units.acknowledged) continue;
      append(order.order, {.verb = Verb::give_back,
                           .body = units.restock ? Body::plain : Body::scrapped,
                           .quantity = units.quantity,
                           .key = units.key});
    }
  }
  std::string unknown;
  for (const auto& [sku, units] : unknown_units) {
    if (units == 0) continue;
    unknown += fmt::format(R"({}{{"sku":"{}","units":{}}})", unknown.empty() ? "" : ",", sku, units);
  }
  stream_ << fmt::format(R"({{"end":true,"requests":{},"unknown":[{}]}})", requests, unknown) << '\n';
  return flush();
}

namespace {

// Puts the lines of a file together.
class RecordReader {
 public:
  // False when the line is a step of an order that no line before it told.
  bool take(Line&& line) {
    if (line.version) {
      record_.header = std::move(line.header);
    } else if (line.end) {
      record_.ended = true;
      for (const UnknownUnits& unknown : line.unknown) record_.unknown_units[unknown.sku] += unknown.units;
    } else if (line.promise.lines.empty()) {
      const auto found = index_.find(line.promise.order);
      if (found == index_.end()) return false;
      Promise& promise = record_.promises[found->second];
      take_step(promise.state, line.step, promise.quantity());
    } else {
      take_promise(std::move(line));
    }
    return true;
  }
  RecordFile finish() { return std::move(record_); }

 private:
  void take_promise(Line&& line) {
    Promise& promise = line.promise;
    if (!promise.key.empty() && !told_.emplace(promise.key, promise.order).second) return;
    promise.in_line = line.step.told.ticket;
    promise.first_expires_at = line.step.told.expires_at;
    promise.state = state_at_first(line.step.told, promise.quantity());
    index_.emplace(promise.order, record_.promises.size());
    record_.promises.push_back(std::move(promise));
  }

  RecordFile record_;
  std::set<std::pair<std::string, std::string>> told_;  // key and order
  std::unordered_map<std::string, std::size_t> index_;  // by order
};

}  // namespace

Result<RecordFile> read_record_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  const auto problem = [](std::string what) { return fail(ErrorKind::runtime, std::move(what)); };
  if (!stream) return problem(fmt::format("cannot read {}: {}", quoted(file), std::strerror(errno)));
  RecordReader reader;
  std::string text;
  for (std::uint32_t number = 1; std::getline(stream, text) && !stream.eof(); ++number) {
    Result<Line> line = parse_line(text, file, number);
    if (!line) return tl::unexpected(line.error());
    if (!reader.take(std::move(*line))) {
      return problem(fmt::format("{}:{}: a step of an order that no line before it told", file, number));
    }
  }
  RecordFile record = reader.finish();
  if (record.header.campaign.empty()) {
    return problem(fmt::format("{} is no record of a load: it has no header line", quoted(file)));
  }
  return record;
}

}  // namespace doorbuster::load
