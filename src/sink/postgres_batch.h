#pragma once
// Events as columns of the statements that apply them.
//
// A batch is few statements however many events it has, and no order stands twice in one of them: what
// happens to an order a second time goes into a later one. So events of one order take effect one after the
// other, and the table's constraints and triggers see each state that it was in.

#include <cstdint>
#include <initializer_list>
#include <string>
#include <unordered_map>
#include <vector>

#include "doorbuster/base/check.h"
#include "doorbuster/base/result.h"
#include "doorbuster/feed/feed_reader.h"
#include "sink/postgres_column.h"
#include "sink/postgres_connection.h"
#include "sink/postgres_event.h"

namespace doorbuster {

// Rows for one statement.
class PostgresRows {
 public:
  explicit PostgresRows(std::initializer_list<PostgresColumn::Type> columns);

  template <typename... Cells>
  void add(const Cells&... cells) {
    DOORBUSTER_CHECK(sizeof...(cells) == columns_.size());
    std::size_t column = 0;
    (columns_[column++].add(cells), ...);
  }
  bool empty() const { return columns_.front().rows() == 0; }
  // Valid until rows are added.
  void append_values(std::vector<PostgresValue>& values);

 private:
  std::vector<PostgresColumn> columns_;
};

// One thread.
class PostgresBatch {
 public:
  PostgresBatch();

  // An error: it is none that this program knows; the batch is of no use any more.
  Status add(const FeedEvent& event, PostgresEventParser& parser);
  // Queues the statements that apply it.
  void queue(PostgresConnection& connection, const std::string& folder);

 private:
  void add_first(const PostgresEvent& event, std::int64_t epoch, std::int64_t sequence);
  void add_change(const PostgresEvent& event, std::int64_t epoch, std::int64_t sequence);

  PostgresRows events_, orders_, lines_;
  std::vector<PostgresRows> changes_;
  std::unordered_map<std::string, std::size_t> changes_of_;  // by order: how many there are so far
};

}  // namespace doorbuster
