#pragma once
// The tables of the order of record: their making, and the statements that change them.
//
// `sinks` has the place through which each sink's events are applied, in the same transaction as what they
// did. `events` has all of them; `orders` and `order_lines` what has become of each order. An order's row has
// the place of the last event that was applied to it: an event at or before it changes nothing.

#include <string>
#include <string_view>

#include "doorbuster/base/result.h"
#include "sink/postgres_connection.h"

namespace doorbuster {

inline constexpr int kPostgresSchemaVersion = 1;
inline constexpr int kPostgresServerVersionMin = 120'000;

// Names of the statements that prepare() makes.
namespace postgres_statement {
inline constexpr const char* kMark = "mark";      // epoch, sequence; sink, folder, epoch and sequence so far
inline constexpr const char* kEvents = "events";  // folder; columns
inline constexpr const char* kOrders = "orders";  // columns
inline constexpr const char* kLines = "lines";    // columns
inline constexpr const char* kChanges = "changes";  // columns; no order twice
}  // namespace postgres_statement

class PostgresSchema {
 public:
  // Any name that the server takes: it is quoted.
  explicit PostgresSchema(std::string name);

  // Of kind `configuration`: the name is none.
  Status check_name() const;
  // Makes the tables, or brings older ones up to date; by one program at a time, as a whole or not at all.
  // Of kind `configuration`: a newer program has made them.
  Status bring_up_to_date(PostgresConnection& connection, const PostgresPatience& patience) const;
  Status prepare(PostgresConnection& connection, const PostgresPatience& patience) const;

  // `sql` with the schema's name for each {}.
  std::string in(std::string_view sql) const;
  const std::string& name() const { return name_; }

 private:
  Result<int> version(PostgresConnection& connection, const PostgresPatience& patience) const;

  const std::string name_, quoted_;
};

// For an operator, in one sentence: what the server said, and what may help.
std::string describe(const PostgresTrouble& trouble);

}  // namespace doorbuster
