#pragma once
// The order of record in a PostgreSQL database: each event has its effect once, in order, whatever is lost
// on the way.
//
// The place through which events are applied is moved in the transaction that applies them, and only from
// where this sink believes it to be. So a batch that was committed though its answer got lost, or that
// another process has delivered, cannot be applied again: the place has moved, nothing is changed, and open()
// learns where it is.
//
// A batch is one transaction, unless the database refuses an event in it: then it is cut until that event is
// known, and those before it are applied. Refused is what will never be taken: data exceptions, violated
// constraints, and what a trigger raises. All else is worth another try.

#include <memory>
#include <string>

#include "doorbuster/sink/sink.h"
#include "sink/postgres_connection.h"
#include "sink/postgres_event.h"
#include "sink/postgres_schema.h"

namespace doorbuster {

class PostgresSink final : public Sink {
 public:
  // REQUIRES: the options are PostgresSinkOptions.
  PostgresSink(const SinkConfiguration& configuration, const FolderIdentity& folder);
  ~PostgresSink() override;

  Result<std::optional<FeedPosition>> open(const std::atomic<bool>& stop) override;
  Delivery deliver(std::span<const FeedEvent> events, const FeedPosition& through,
                   const std::atomic<bool>& stop) override;

 private:
  struct Applied {
    enum class What : std::uint8_t { yes, refused, failed } what = What::yes;
    std::string reason = {};
  };

  Result<std::unique_ptr<PostgresConnection>> connect(const PostgresPatience& patience) const;
  Status set_up_session(PostgresConnection& connection, const PostgresPatience& patience) const;
  Result<FeedPosition> read_place(PostgresConnection& connection, const PostgresPatience& patience) const;
  // One transaction. Anything but `yes` has changed nothing, or it is not known what it has.
  Applied apply(std::span<const FeedEvent> events, const FeedPosition& through,
                const PostgresPatience& patience);
  Applied commit(const PostgresPatience& patience);
  Applied roll_back(Applied why, const PostgresPatience& patience);

  const std::string id_;
  const PostgresSinkOptions options_;
  const std::string folder_;  // in hex
  const PostgresSchema schema_;
  PostgresEventParser parser_;
  std::unique_ptr<PostgresConnection> connection_;  // nothing: open() is to be called
  FeedPosition place_;                              // of the last commit that we know of
};

}  // namespace doorbuster
