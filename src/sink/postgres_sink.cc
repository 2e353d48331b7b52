#include "sink/postgres_sink.h"

#include <algorithm>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/base/text.h"
#include "sink/postgres_batch.h"

namespace doorbuster {
namespace {

// The server gives up before we do, and we before a call has to end.
constexpr std::int64_t kConnectNs = 15 * kNsPerSecond;
constexpr std::int64_t kOpenNs = 27 * kNsPerSecond;
constexpr std::int64_t kDeliverNs = 27 * kNsPerSecond;
constexpr std::string_view kStatementMs = "20000";
constexpr std::string_view kLockMs = "5000";
constexpr std::string_view kIdleInTransactionMs = "30000";
// What was sent and not acknowledged for so long is lost; so is who does not answer the probes.
constexpr std::string_view kUserTimeoutMs = "10000";
constexpr std::string_view kKeepaliveIdleSeconds = "10";
constexpr std::string_view kKeepaliveIntervalSeconds = "5";
constexpr std::string_view kKeepaliveCount = "3";
static_assert(kOpenNs < kSinkCallNs && kDeliverNs < kSinkCallNs);

constexpr std::string_view kBegin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE";
constexpr std::size_t kMarkStatement = 1;  // behind BEGIN

// A place cannot be moved back: later starts of the engine have greater epochs.
bool is_behind(const FeedPosition& place, const FeedPosition& other) {
  return place.epoch != other.epoch ? place.epoch > other.epoch : place.sequence > other.sequence;
}

// What the server will say to it again: of data (22), of constraints (23), and what a trigger of the shop's
// raises (P0001).
bool is_refusal(const PostgresTrouble& trouble) {
  const std::string& code = trouble.sqlstate;
  return !trouble.is_lost && (code.starts_with("22") || code.starts_with("23") || code == "P0001");
}

std::string refusal_of(std::span<const FeedEvent> events, const std::string& why) {
  return "event " + format_feed_position(events.front().at) + " cannot be applied: " + why;
}

tl::unexpected<Error> failed(const PostgresTrouble& trouble) {
  return fail(ErrorKind::runtime, describe(trouble));
}

}  // namespace

PostgresSink::PostgresSink(const SinkConfiguration& configuration, const FolderIdentity& folder)
    : id_(configuration.id),
      options_(std::get<PostgresSinkOptions>(configuration.options)),
      folder_(hex(std::as_bytes(std::span(folder)))),
      schema_(options_.schema) {}

PostgresSink::~PostgresSink() = default;

// --- opening
// --------------------------------------------------------------------------------------------------

Result<std::optional<FeedPosition>> PostgresSink::open(const std::atomic<bool>& stop) {
  connection_.reset();
  if (auto named = schema_.check_name(); !named) return tl::unexpected(named.error());
  auto connection = connect(PostgresPatience(stop, kConnectNs));
  if (!connection) return tl::unexpected(connection.error());
  const PostgresPatience patience(stop, kOpenNs - kConnectNs);
  if (auto set_up = set_up_session(**connection, patience); !set_up) return tl::unexpected(set_up.error());
  if (auto tables = schema_.bring_up_to_date(**connection, patience); !tables) {
    return tl::unexpected(tables.error());
  }
  const auto place = read_place(**connection, patience);
  if (!place) return tl::unexpected(place.error());
  if (auto prepared = schema_.prepare(**connection, patience); !prepared) {
    return tl::unexpected(prepared.error());
  }
  connection_ = std::move(*connection);
  place_ = *place;
  return place_;
}

Result<std::unique_ptr<PostgresConnection>> PostgresSink::connect(const PostgresPatience& patience) const {
  const auto given = parse_postgres_connection(options_.connection);
  if (!given) return tl::unexpected(given.error());
  PostgresParameters parameters;
  parameters.set("keepalives", "1");
  parameters.set("keepalives_idle", kKeepaliveIdleSeconds);
  parameters.set("keepalives_interval", kKeepaliveIntervalSeconds);
  parameters.set("keepalives_count", kKeepaliveCount);
  parameters.set("tcp_user_timeout", kUserTimeoutMs);
  for (std::size_t i = 0; i < given->names.size(); ++i) parameters.set(given->names[i], given->values[i]);
  parameters.set("application_name", "doorbuster/" + id_);
  parameters.set("client_encoding", "UTF8");
  return PostgresConnection::open(parameters, patience);
}

Status PostgresSink::set_up_session(PostgresConnection& connection, const PostgresPatience& patience) const {
  if (connection.server_version() < kPostgresServerVersionMin) {
    return fail(ErrorKind::configuration, "the PostgreSQL server is older than version 12: use a newer one");
  }
  if (const std::string encoding = connection.server_setting("server_encoding"); encoding != "UTF8") {
    return fail(ErrorKind::configuration, "the database has the encoding " + encoding +
                                              ", which cannot hold every event: make it with UTF8");
  }
  // What we say is delivered has to be there after a power cut.
  connection.add(
      "SELECT set_config('synchronous_commit', 'on', false)"
      " WHERE current_setting('synchronous_commit') = 'off'");
  const auto set = [&connection](std::string_view name, std::string_view value) {
    connection.add("SELECT set_config($1::text, $2::text, false)", {{name}, {value}});
  };
  set("statement_timeout", kStatementMs);
  set("lock_timeout", kLockMs);
  set("idle_in_transaction_session_timeout", kIdleInTransactionMs);
  // A plan is made for the rows of each batch and for the tables as they are now; and every join of ours goes
  // from a batch into a table by its key, however small the table seems.
  set("plan_cache_mode", "force_custom_plan");
  set("enable_hashjoin", "off");
  set("enable_mergejoin", "off");
  set("jit", "off");
  const auto answers = connection.exchange(patience);
  if (answers.trouble) return failed(*answers.trouble);
  return {};
}

Result<FeedPosition> PostgresSink::read_place(PostgresConnection& connection,
                                              const PostgresPatience& patience) const {
  connection.add(schema_.in("INSERT INTO {}.sinks (sink, folder, epoch, sequence)"
                            " SELECT $1::text, $2::text, 0, 0"
                            " WHERE NOT EXISTS (SELECT FROM {}.sinks WHERE sink = $1::text)"
                            " ON CONFLICT (sink) DO NOTHING"),
                 {{id_}, {folder_}});
  connection.add(schema_.in("SELECT folder, epoch || '-' || sequence FROM {}.sinks WHERE sink = $1::text"),
                 {{id_}});
  const auto answers = connection.exchange(patience);
  if (answers.trouble) return failed(*answers.trouble);
  if (answers.rows(1) != 1) {
    return fail(ErrorKind::runtime, "the row of the sink was taken out of the table \"sinks\" just now");
  }
  if (const std::string folder = answers.text(1, 0, 0); folder != folder_) {
    return fail(ErrorKind::configuration, "the schema \"" + schema_.name() + "\" has the events of sink \"" +
                                              id_ + "\" from data folder " + folder + ", and this one is " +
                                              folder_ + ": give the sink another id or another schema");
  }
  const auto place = parse_feed_position(answers.text(1, 0, 1));
  if (!place) return fail(ErrorKind::runtime, "the sink's row in the table \"sinks\" has no place in it");
  return *place;
}

// --- delivering
// -----------------------------------------------------------------------------------------------

Delivery PostgresSink::deliver(std::span<const FeedEvent> events, const FeedPosition& through,
                               const std::atomic<bool>& stop) {
  DOORBUSTER_CHECK(connection_ != nullptr);
  const PostgresPatience patience(stop, kDeliverNs);
  const auto first = std::find_if(events.begin(), events.end(),
                                  [this](const FeedEvent& event) { return is_behind(event.at, place_); });
  auto done = static_cast<std::size_t>(first - events.begin());
  // How many events to try at once: all, and after a refusal half as many, until the one is known.
  std::size_t step = std::max<std::size_t>(events.size() - done, 1);
  while (done < events.size() || is_behind(through, place_)) {
    const auto part = events.subspan(done, std::min(step, events.size() - done));
    const bool is_last = done + part.size() == events.size();
    Applied applied = apply(part, is_last ? through : part.back().at, patience);
    switch (applied.what) {
      case Applied::What::yes:
        done += part.size();
        break;
      case Applied::What::refused:
        if (part.size() > 1) {
          step = part.size() / 2;
          break;
        }
        if (!part.empty()) return {done, Delivery::Then::refused, refusal_of(part, applied.reason)};
        [[fallthrough]];  // the table of the places has a constraint of somebody's: no event is to blame
      case Applied::What::failed:
        connection_.reset();
        return {done, Delivery::Then::retry, std::move(applied.reason)};
    }
  }
  return {.delivered = events.size()};
}

PostgresSink::Applied PostgresSink::apply(std::span<const FeedEvent> events, const FeedPosition& through,
                                          const PostgresPatience& patience) {
  PostgresBatch batch;
  for (const FeedEvent& event : events) {
    if (auto added = batch.add(event, parser_); !added) {
      return {Applied::What::refused, added.error().message};
    }
  }
  connection_->add(std::string(kBegin));
  connection_->add_prepared(postgres_statement::kMark, {{std::to_string(through.epoch)},
                                                        {std::to_string(through.sequence)},
                                                        {id_},
                                                        {folder_},
                                                        {std::to_string(place_.epoch)},
                                                        {std::to_string(place_.sequence)}});
  batch.queue(*connection_, folder_);
  const PostgresAnswers answers = connection_->exchange(patience);
  if (answers.results.size() > kMarkStatement && answers.changed(kMarkStatement) != 1) {
    return {Applied::What::failed, "the sink's place in the database is not " + format_feed_position(place_) +
                                       " any more: another process delivers, or an answer was lost"};
  }
  if (answers.trouble) {
    const bool is_refused = is_refusal(*answers.trouble) && answers.trouble->statement > kMarkStatement;
    if (!is_refused) return {Applied::What::failed, describe(*answers.trouble)};
    return roll_back({Applied::What::refused, describe(*answers.trouble)}, patience);
  }
  Applied committed = commit(patience);
  if (committed.what == Applied::What::yes) place_ = through;
  return committed;
}

PostgresSink::Applied PostgresSink::commit(const PostgresPatience& patience) {
  connection_->add("COMMIT");
  const PostgresAnswers answers = connection_->exchange(patience);
  if (!answers.trouble) return {};
  // A deferred constraint is asked now.
  const auto what = is_refusal(*answers.trouble) ? Applied::What::refused : Applied::What::failed;
  return {what, describe(*answers.trouble)};
}

PostgresSink::Applied PostgresSink::roll_back(Applied why, const PostgresPatience& patience) {
  connection_->add("ROLLBACK");
  const PostgresAnswers answers = connection_->exchange(patience);
  if (answers.trouble) return {Applied::What::failed, describe(*answers.trouble)};
  return why;
}

}  // namespace doorbuster
