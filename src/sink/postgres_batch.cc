#include "sink/postgres_batch.h"

#include "sink/postgres_schema.h"

namespace doorbuster {
namespace {

constexpr auto kNumber = PostgresColumn::Type::bigint;
constexpr auto kText = PostgresColumn::Type::text;
constexpr auto kTime = PostgresColumn::Type::timestamp;

}  // namespace

PostgresRows::PostgresRows(std::initializer_list<PostgresColumn::Type> columns) {
  for (const auto type : columns) columns_.emplace_back(type);
}

void PostgresRows::append_values(std::vector<PostgresValue>& values) {
  for (PostgresColumn& column : columns_) values.push_back(column.value());
}

// As the statements of postgres_schema.cc name their columns.
PostgresBatch::PostgresBatch()
    : events_({kNumber, kNumber, kText, kText, kTime, kText, kText, kText}),
      orders_({kText, kText, kText, kText, kText, kText, kText, kText, kText, kText, kNumber, kNumber,
               kNumber, kTime, kTime, kNumber, kNumber}),
      lines_({kText, kText, kNumber, kNumber}) {}

Status PostgresBatch::add(const FeedEvent& event, PostgresEventParser& parser) {
  const auto parsed = parser.parse(event.json);
  if (!parsed) return tl::unexpected(parsed.error());
  const auto epoch = static_cast<std::int64_t>(event.at.epoch);
  const auto sequence = static_cast<std::int64_t>(event.at.sequence);
  events_.add(epoch, sequence, parsed->id, parsed->type, parsed->time, parsed->tenant, parsed->subject,
              parsed->data);
  if (!parsed->order) return {};
  if (parsed->order->is_first) {
    add_first(*parsed, epoch, sequence);
  } else {
    add_change(*parsed, epoch, sequence);
  }
  return {};
}

void PostgresBatch::add_first(const PostgresEvent& event, std::int64_t epoch, std::int64_t sequence) {
  const PostgresOrderEvent& order = *event.order;
  orders_.add(order.order, event.tenant, order.campaign, order.what, order.buyer, order.reference,
              order.channel, order.region, order.segment, order.currency, order.quantity, order.unit_price,
              order.total, order.expires_at, event.time, epoch, sequence);
  for (const PostgresOrderLine& line : order.lines) {
    lines_.add(order.order, line.sku, line.quantity, line.unit_price);
  }
}

void PostgresBatch::add_change(const PostgresEvent& event, std::int64_t epoch, std::int64_t sequence) {
  const PostgresOrderEvent& order = *event.order;
  const std::size_t nth = changes_of_[std::string(order.order)]++;
  if (nth == changes_.size()) {
    changes_.push_back(PostgresRows({kText, kText, kText, kNumber, kText, kTime, kTime, kNumber, kNumber}));
  }
  changes_[nth].add(order.order, order.what, order.sku, order.quantity, order.payment_reference,
                    order.expires_at, event.time, epoch, sequence);
}

void PostgresBatch::queue(PostgresConnection& connection, const std::string& folder) {
  const auto add = [&connection](const char* statement, PostgresRows& rows,
                                 std::vector<PostgresValue> values = {}) {
    if (rows.empty()) return;
    rows.append_values(values);
    connection.add_prepared(statement, values);
  };
  // The first event of an order comes before what changes it, so all of them can.
  add(postgres_statement::kOrders, orders_);
  add(postgres_statement::kLines, lines_);
  for (PostgresRows& rows : changes_) add(postgres_statement::kChanges, rows);
  // A shop's trigger on the events finds their orders.
  add(postgres_statement::kEvents, events_, {{folder}});
}

}  // namespace doorbuster
