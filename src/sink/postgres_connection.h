#pragma once
// A connection to a PostgreSQL server. Statements are queued and sent together, and their answers are read
// while they are sent, so neither side can wait for the other with its buffers full.
//
// One thread. Whatever waits looks at its patience every kPostgresStepMs. Errors are values that tell what
// the server said; they have no password and no connection string.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/platform/clock.h"

struct pg_conn;
struct pg_result;

namespace doorbuster {

inline constexpr int kPostgresStepMs = 50;

// How long something may take.
class PostgresPatience {
 public:
  PostgresPatience(const std::atomic<bool>& stop, std::int64_t ns)
      : stop_(stop), until_ns_(SystemClock().monotonic_ns() + ns) {}
  bool is_stopped() const { return stop_; }
  bool is_over() const { return is_stopped() || left_ns() <= 0; }
  std::int64_t left_ns() const { return until_ns_ - SystemClock().monotonic_ns(); }

 private:
  const std::atomic<bool>& stop_;
  const std::int64_t until_ns_;
};

// Names and values of libpq's parameters. Where a name comes twice the last one counts.
struct PostgresParameters {
  std::vector<std::string> names, values;
  void set(std::string_view name, std::string_view value);
};
// Of a connection string or URI. The error does not repeat it: it may have a password.
Result<PostgresParameters> parse_postgres_connection(const std::string& connection);

// One value of a statement. Binary: as PostgreSQL's binary format has it.
struct PostgresValue {
  std::string_view bytes;
  bool is_binary = false;
};

// Why an exchange has failed.
struct PostgresTrouble {
  std::string sqlstate;       // empty: not said by the server
  std::string message;        // one line
  std::size_t statement = 0;  // of the exchange, from 0
  bool is_lost = false;       // the connection is of no use any more
};

struct ResultCloser {
  void operator()(pg_result* result) const;
};
using PostgresResult = std::unique_ptr<pg_result, ResultCloser>;

// The answers up to the first failure, one for each statement.
struct PostgresAnswers {
  std::vector<PostgresResult> results;
  std::optional<PostgresTrouble> trouble;

  std::size_t rows(std::size_t statement) const;
  // Empty for what is NULL. REQUIRES: no trouble; the row is there.
  std::string text(std::size_t statement, int row, int column) const;
  // Rows that the statement has changed.
  std::uint64_t changed(std::size_t statement) const;
};

class PostgresConnection {
 public:
  // Looks up the address on a thread of its own, because nothing can interrupt that; a thread that is given
  // up ends by itself.
  static Result<std::unique_ptr<PostgresConnection>> open(const PostgresParameters& parameters,
                                                          const PostgresPatience& patience);
  ~PostgresConnection();
  PostgresConnection(const PostgresConnection&) = delete;
  PostgresConnection& operator=(const PostgresConnection&) = delete;

  int server_version() const;                          // 150004
  std::string server_setting(const char* name) const;  // of those that a server reports by itself

  // Queues a statement for the next exchange. The bytes are copied.
  void add(const std::string& sql, const std::vector<PostgresValue>& values = {});
  void add_prepared(const char* name, const std::vector<PostgresValue>& values);
  void prepare(const char* name, const std::string& sql);
  // Sends what is queued, and reads the answers to all of it. Without BEGIN it is one transaction.
  PostgresAnswers exchange(const PostgresPatience& patience);

 private:
  explicit PostgresConnection(pg_conn* connection) : connection_(connection) {}
  // True: all answers are there.
  bool read_answers(PostgresAnswers& answers);
  PostgresTrouble lost() const;

  pg_conn* const connection_;
  bool queue_failed_ = false;
  bool is_between_ = true;  // the last thing read was the end of a statement's answer
};

}  // namespace doorbuster
