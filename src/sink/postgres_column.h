#pragma once
// One column of many rows as a PostgreSQL array in binary: what unnest() makes rows of. Nothing in it needs
// quoting, and the server parses no numbers.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "sink/postgres_connection.h"

namespace doorbuster {

struct PostgresTime {
  std::int64_t us = 0;  // since 1970
};

class PostgresColumn {
 public:
  // Numbers of types in the server's catalog: the same in every server.
  enum class Type : std::uint32_t { bigint = 20, text = 25, timestamp = 1184 };
  explicit PostgresColumn(Type type);

  // REQUIRES: what is added is of the column's type.
  void add(std::string_view text);
  void add(std::int64_t number);
  void add(PostgresTime time);
  void add_null();
  template <typename T>
  void add(const std::optional<T>& value) {
    value ? add(*value) : add_null();
  }

  std::size_t rows() const { return rows_; }
  // Valid until the column is changed.
  PostgresValue value();

 private:
  std::string bytes_;
  std::uint32_t rows_ = 0;
};

}  // namespace doorbuster
