#include "sink/postgres_column.h"

namespace doorbuster {
namespace {

// 2000-01-01, where the server's timestamps begin.
constexpr std::int64_t kServerEpochUs = 946'684'800'000'000;
constexpr std::uint32_t kNullLength = 0xffff'ffff;
// Dimensions, flags, element type; then size and lower bound of the only dimension.
constexpr std::size_t kFlagsAt = 4, kRowsAt = 12;

void put(std::string& out, std::uint64_t number, int bytes) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) out += static_cast<char>(number >> shift & 0xff);
}

}  // namespace

PostgresColumn::PostgresColumn(Type type) {
  put(bytes_, 1, 4);  // dimensions
  put(bytes_, 0, 4);  // no NULL so far
  put(bytes_, static_cast<std::uint32_t>(type), 4);
  put(bytes_, 0, 4);  // rows so far
  put(bytes_, 1, 4);  // the first one's index
}

void PostgresColumn::add(std::string_view text) {
  put(bytes_, text.size(), 4);
  bytes_ += text;
  ++rows_;
}

void PostgresColumn::add(std::int64_t number) {
  put(bytes_, 8, 4);
  put(bytes_, static_cast<std::uint64_t>(number), 8);
  ++rows_;
}

void PostgresColumn::add(PostgresTime time) {
  add(time.us - kServerEpochUs);
}

void PostgresColumn::add_null() {
  put(bytes_, kNullLength, 4);
  bytes_[kFlagsAt + 3] = 1;
  ++rows_;
}

PostgresValue PostgresColumn::value() {
  std::string rows;
  put(rows, rows_, 4);
  bytes_.replace(kRowsAt, rows.size(), rows);
  return {bytes_, true};
}

}  // namespace doorbuster
