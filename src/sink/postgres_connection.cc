#include "sink/postgres_connection.h"

#include <libpq-fe.h>
#include <poll.h>

#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

constexpr int kTextFormat = 0;
constexpr int kBinaryFormat = 1;
constexpr std::size_t kMessageBytesMax = 400;

void ignore_notice(void*, const char*) {}

// False: nothing yet, or it was interrupted.
bool wait_for(int descriptor, short events) {
  pollfd wanted{.fd = descriptor, .events = events, .revents = 0};
  return poll(&wanted, 1, kPostgresStepMs) > 0;
}

// Between the thread that connects and the one that waits for it. Who comes last closes what is left over.
struct Connecting {
  std::mutex mutex;
  std::condition_variable changed;
  bool is_done = false;           // under mutex
  pg_conn* connection = nullptr;  // under mutex
  std::atomic<bool> is_given_up = false;
};

void connect(const PostgresParameters& parameters, std::int64_t at_most_ns, Connecting& connecting) {
  std::vector<const char*> names, values;
  for (const std::string& name : parameters.names) names.push_back(name.c_str());
  for (const std::string& value : parameters.values) values.push_back(value.c_str());
  names.push_back(nullptr);
  values.push_back(nullptr);
  const PostgresPatience patience(connecting.is_given_up, at_most_ns);
  pg_conn* connection = PQconnectStartParams(names.data(), values.data(), 0);
  if (connection != nullptr && PQstatus(connection) != CONNECTION_BAD) {
    PQsetNoticeProcessor(connection, ignore_notice, nullptr);
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next != PGRES_POLLING_OK && next != PGRES_POLLING_FAILED && !patience.is_over()) {
      const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
      if (wait_for(PQsocket(connection), events)) next = PQconnectPoll(connection);
    }
  }
  const std::lock_guard lock(connecting.mutex);
  if (connecting.is_given_up) {
    PQfinish(connection);
    return;
  }
  connecting.connection = connection;
  connecting.is_done = true;
  connecting.changed.notify_all();
}

// For a message.
std::string in_one_line(std::string_view text) {
  std::string line;
  for (const char c : text.substr(0, kMessageBytesMax)) {
    const bool is_space = static_cast<unsigned char>(c) <= ' ';
    if (!is_space) line += c;
    if (is_space && !line.empty() && line.back() != ' ') line += ' ';
  }
  while (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string_view code_of(const PGresult* result) {
  const char* code = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  return code == nullptr ? std::string_view() : code;
}

}  // namespace

// --- parameters
// -----------------------------------------------------------------------------------------------

void PostgresParameters::set(std::string_view name, std::string_view value) {
  names.emplace_back(name);
  values.emplace_back(value);
}

Result<PostgresParameters> parse_postgres_connection(const std::string& connection) {
  char* fault = nullptr;
  PQconninfoOption* options = PQconninfoParse(connection.c_str(), &fault);
  if (fault != nullptr) PQfreemem(fault);  // it quotes pieces of the string
  if (options == nullptr) {
    return fail(ErrorKind::configuration,
                "the connection is neither a libpq connection string (host=... dbname=...) nor a URI "
                "(postgresql://...)");
  }
  PostgresParameters parameters;
  for (const PQconninfoOption* option = options; option->keyword != nullptr; ++option) {
    if (option->val != nullptr) parameters.set(option->keyword, option->val);
  }
  PQconninfoFree(options);
  return parameters;
}

// --- answers
// --------------------------------------------------------------------------------------------------

void ResultCloser::operator()(pg_result* result) const {
  PQclear(result);
}

std::size_t PostgresAnswers::rows(std::size_t statement) const {
  return static_cast<std::size_t>(PQntuples(results[statement].get()));
}

std::string PostgresAnswers::text(std::size_t statement, int row, int column) const {
  const PGresult* result = results[statement].get();
  DOORBUSTER_CHECK(row < PQntuples(result) && column < PQnfields(result));
  return {PQgetvalue(result, row, column), static_cast<std::size_t>(PQgetlength(result, row, column))};
}

std::uint64_t PostgresAnswers::changed(std::size_t statement) const {
  const std::string_view count = PQcmdTuples(results[statement].get());
  std::uint64_t changed = 0;
  std::from_chars(count.data(), count.data() + count.size(), changed);
  return changed;
}

// --- the connection
// -------------------------------------------------------------------------------------------

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::open(const PostgresParameters& parameters,
                                                                     const PostgresPatience& patience) {
  const auto connecting = std::make_shared<Connecting>();
  std::thread([parameters, connecting, at_most_ns = patience.left_ns()] {
    connect(parameters, at_most_ns, *connecting);
  }).detach();
  std::unique_lock lock(connecting->mutex);
  while (!connecting->is_done && !patience.is_over()) {
    connecting->changed.wait_for(lock, std::chrono::milliseconds(kPostgresStepMs));
  }
  connecting->is_given_up = !connecting->is_done;
  if (patience.is_stopped()) {
    PQfinish(connecting->connection);
    return fail(ErrorKind::runtime, "stopped while connecting");
  }
  if (!connecting->is_done) {
    return fail(ErrorKind::runtime, "the PostgreSQL server does not answer; is the address right?");
  }
  pg_conn* const made = connecting->connection;
  if (made == nullptr) return fail(ErrorKind::runtime, "no memory for a connection");
  if (PQstatus(made) != CONNECTION_OK) {
    std::string reason = in_one_line(PQerrorMessage(made));
    if (reason.empty()) reason = "the PostgreSQL server does not answer; is the address right?";
    PQfinish(made);
    return fail(ErrorKind::runtime, std::move(reason));
  }
  if (PQsetnonblocking(made, 1) != 0 || PQenterPipelineMode(made) != 1) {
    PQfinish(made);
    return fail(ErrorKind::runtime, "the connection was lost as soon as it was made");
  }
  return std::unique_ptr<PostgresConnection>(new PostgresConnection(made));
}

PostgresConnection::~PostgresConnection() {
  PQfinish(connection_);
}

int PostgresConnection::server_version() const {
  return PQserverVersion(connection_);
}

std::string PostgresConnection::server_setting(const char* name) const {
  const char* value = PQparameterStatus(connection_, name);
  return value == nullptr ? std::string() : value;
}

void PostgresConnection::prepare(const char* name, const std::string& sql) {
  if (PQsendPrepare(connection_, name, sql.c_str(), 0, nullptr) != 1) queue_failed_ = true;
}

namespace {

// Values as libpq takes them.
struct Values {
  explicit Values(const std::vector<PostgresValue>& values) {
    for (const PostgresValue& value : values) {
      bytes.push_back(value.bytes.data());
      lengths.push_back(static_cast<int>(value.bytes.size()));
      formats.push_back(value.is_binary ? kBinaryFormat : kTextFormat);
      // A value in text is taken up to its first zero byte, whatever its length.
      if (!value.is_binary) DOORBUSTER_CHECK(value.bytes.data()[value.bytes.size()] == '\0');
    }
  }
  int count() const { return static_cast<int>(bytes.size()); }
  std::vector<const char*> bytes;
  std::vector<int> lengths, formats;
};

}  // namespace

void PostgresConnection::add(const std::string& sql, const std::vector<PostgresValue>& values) {
  const Values all(values);
  if (PQsendQueryParams(connection_, sql.c_str(), all.count(), nullptr, all.bytes.data(), all.lengths.data(),
                        all.formats.data(), kTextFormat) != 1) {
    queue_failed_ = true;
  }
}

void PostgresConnection::add_prepared(const char* name, const std::vector<PostgresValue>& values) {
  const Values all(values);
  if (PQsendQueryPrepared(connection_, name, all.count(), all.bytes.data(), all.lengths.data(),
                          all.formats.data(), kTextFormat) != 1) {
    queue_failed_ = true;
  }
}

PostgresTrouble PostgresConnection::lost() const {
  std::string reason = in_one_line(PQerrorMessage(connection_));
  if (reason.empty()) reason = "the connection to the PostgreSQL server was lost";
  return {.sqlstate = {}, .message = std::move(reason), .statement = 0, .is_lost = true};
}

PostgresAnswers PostgresConnection::exchange(const PostgresPatience& patience) {
  PostgresAnswers answers;
  if (queue_failed_ || PQpipelineSync(connection_) != 1) {
    answers.trouble = lost();
    return answers;
  }
  is_between_ = true;
  for (;;) {
    const int unsent = PQflush(connection_);
    if (read_answers(answers)) return answers;
    if (unsent < 0 || PQstatus(connection_) != CONNECTION_OK) {
      // What the server said before it went tells more.
      if (!answers.trouble) answers.trouble = lost();
      answers.trouble->is_lost = true;
      return answers;
    }
    if (patience.is_over()) {
      const char* reason = patience.is_stopped() ? "stopped while the server was at work"
                                                 : "the PostgreSQL server took too long to answer";
      answers.trouble = {.sqlstate = {}, .message = reason, .statement = 0, .is_lost = true};
      return answers;
    }
    const auto events = static_cast<short>(unsent == 0 ? POLLIN : POLLIN | POLLOUT);
    if (wait_for(PQsocket(connection_), events) && PQconsumeInput(connection_) != 1) {
      read_answers(answers);
      if (!answers.trouble) answers.trouble = lost();
      answers.trouble->is_lost = true;
      return answers;
    }
  }
}

bool PostgresConnection::read_answers(PostgresAnswers& answers) {
  while (PQisBusy(connection_) == 0) {
    PostgresResult result(PQgetResult(connection_));
    if (result == nullptr) {
      // The end of one statement's answer; twice, there is nothing more, and that comes without a
      // connection only.
      if (is_between_) return false;
      is_between_ = true;
      continue;
    }
    is_between_ = false;
    switch (PQresultStatus(result.get())) {
      case PGRES_PIPELINE_SYNC:
        return true;
      case PGRES_COMMAND_OK:
      case PGRES_TUPLES_OK:
        if (!answers.trouble) answers.results.push_back(std::move(result));
        break;
      case PGRES_PIPELINE_ABORTED:
        break;
      default:
        if (answers.trouble) break;
        const char* message = PQresultErrorField(result.get(), PG_DIAG_MESSAGE_PRIMARY);
        if (message == nullptr) message = PQresultErrorMessage(result.get());
        answers.trouble = {.sqlstate = std::string(code_of(result.get())),
                           .message = in_one_line(message),
                           .statement = answers.results.size(),
                           .is_lost = false};
    }
  }
  return false;
}

}  // namespace doorbuster
