#include "load/record_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <set>
#include <utility>

#include "doorbuster/base/json_document.h"
#include "doorbuster/base/json_reader.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"
#include "load/wire.h"

namespace doorbuster::load {
namespace {

constexpr std::int64_t kVersion = 1;
constexpr std::int64_t kUnitsMax = kStockMax * 2;

struct UnknownUnits {
  std::string sku;
  std::int64_t units = 0;
};

// One line is one of three things; the members that it has say which.
struct Line {
  std::optional<std::int64_t> version;
  RecordHeader header;
  Promise promise;
  bool end = false;
  std::int64_t requests = 0;
  std::vector<UnknownUnits> unknown;
};

constexpr JsonMember<StockView> kStockMembers[] = {
    {"sku", Presence::required,
     [](JsonReader& r, const JsonNode& n, StockView& v) { r.identifier(n, v.sku); }},
    {"allocated", Presence::required,
     [](JsonReader& r, const JsonNode& n, StockView& v) {
       r.integer(n, {0, kUnitsMax, "units"}, v.allocated);
     }},
    {"available", Presence::required,
     [](JsonReader& r, const JsonNode& n, StockView& v) {
       r.integer(n, {0, kUnitsMax, "units"}, v.available);
     }},
    {"held", Presence::required,
     [](JsonReader& r, const JsonNode& n, StockView& v) {
       r.integer(n, {0, kUnitsMax, "units"}, v.held);
     }},
    {"sold", Presence::required,
     [](JsonReader& r, const JsonNode& n, StockView& v) {
       r.integer(n, {0, kUnitsMax, "units"}, v.sold);
     }},
};

constexpr JsonMember<UnknownUnits> kUnknownMembers[] = {
    {"sku", Presence::required,
     [](JsonReader& r, const JsonNode& n, UnknownUnits& u) { r.identifier(n, u.sku); }},
    {"units", Presence::required,
     [](JsonReader& r, const JsonNode& n, UnknownUnits& u) {
       r.integer(n, {0, kUnitsMax, "units"}, u.units);
     }},
};

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
    {"limit_per_buyer", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       std::uint32_t limit = 0;
       if (r.integer(n, {0, 0xffff'ffff, ""}, limit)) l.header.limit_per_buyer = limit;
     }},
    {"baseline", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.array(n, {0, kOffersMax}, [&](const JsonNode& element) {
         r.object(element, kStockMembers, l.header.baseline.emplace_back());
       });
     }},
};

constexpr JsonMember<Line> kOrderMembers[] = {
    {"order", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.string(n, {1, OrderName::kBytesMax}, l.promise.order);
     }},
    {"sku", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.identifier(n, l.promise.sku); }},
    {"buyer", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.identifier(n, l.promise.buyer); }},
    {"quantity", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.integer(n, {1, kQuantityMax, ""}, l.promise.quantity);
     }},
    {"key", Presence::optional,
     [](JsonReader& r, const JsonNode& n, Line& l) {
       r.string(n, {1, kIdempotencyKeyBytesMax}, l.promise.key);
     }},
    {"durable", Presence::required,
     [](JsonReader& r, const JsonNode& n, Line& l) { r.boolean(n, l.promise.durable); }},
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
  const bool sound = number == 1                   ? reader.object(root, kHeaderMembers, line)
                     : root.find("end") != nullptr ? reader.object(root, kEndMembers, line)
                                                   : reader.object(root, kOrderMembers, line);
  if (!sound) return wrong(reader.take_diagnostics().front());
  return line;
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
  writer.stream_ << fmt::format(R"({{"load_record":{},"run":"{}","campaign":"{}"{},"baseline":[{}]}})",
                                kVersion, header.run, header.campaign,
                                header.limit_per_buyer
                                    ? fmt::format(R"(,"limit_per_buyer":{})", *header.limit_per_buyer)
                                    : std::string(),
                                baseline)
                 << '\n';
  if (const Status written = writer.flush(); !written) return tl::unexpected(written.error());
  return writer;
}

void RecordWriter::append(const Promise& promise) {
  stream_ << fmt::format(R"({{"order":"{}","sku":"{}","buyer":"{}","quantity":{}{},"durable":{}}})",
                         promise.order, promise.sku, promise.buyer, promise.quantity,
                         promise.key.empty() ? std::string() : fmt::format(R"(,"key":"{}")", promise.key),
                         promise.durable)
          << '\n';
}

Status RecordWriter::flush() {
  stream_.flush();
  if (!stream_) return fail(ErrorKind::runtime, fmt::format("cannot write {}", quoted(file_)));
  return {};
}

Status RecordWriter::finish(std::uint64_t requests,
                            const std::map<std::string, std::int64_t>& unknown_units) {
  std::string unknown;
  for (const auto& [sku, units] : unknown_units) {
    if (units == 0) continue;
    unknown += fmt::format(R"({}{{"sku":"{}","units":{}}})", unknown.empty() ? "" : ",", sku, units);
  }
  stream_ << fmt::format(R"({{"end":true,"requests":{},"unknown":[{}]}})", requests, unknown) << '\n';
  return flush();
}

Result<RecordFile> read_record_file(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream)
    return fail(ErrorKind::runtime, fmt::format("cannot read {}: {}", quoted(file), std::strerror(errno)));
  RecordFile record;
  std::set<std::pair<std::string, std::string>> told;  // key and order
  std::string text;
  for (std::uint32_t number = 1; std::getline(stream, text) && !stream.eof(); ++number) {
    Result<Line> line = parse_line(text, file, number);
    if (!line) return tl::unexpected(line.error());
    if (line->version) {
      record.header = std::move(line->header);
    } else if (line->end) {
      record.ended = true;
      for (const UnknownUnits& unknown : line->unknown) record.unknown_units[unknown.sku] += unknown.units;
    } else if (line->promise.key.empty() || told.emplace(line->promise.key, line->promise.order).second) {
      record.promises.push_back(std::move(line->promise));
    }
  }
  if (record.header.campaign.empty()) {
    return fail(ErrorKind::runtime,
                fmt::format("{} is no record of a load: it has no header line", quoted(file)));
  }
  return record;
}

}  // namespace doorbuster::load
