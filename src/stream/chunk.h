#pragma once
// One event as everybody gets it: encoded once, compressed once, shared by all who have not written it yet.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "doorbuster/http/stream_door.h"
#include "stream/deflater.h"

namespace doorbuster {

// Whom an event concerns.
struct ChunkScope {
  TenantId tenant = kDefaultTenant;
  std::optional<CampaignIndex> campaign = {};  // nothing: all of the tenant's
  bool operators_only = false;
};

// Used by the stream's thread only. What has been handed out does not change any more.
class Chunk {
 public:
  // `event`: lines with their ends, all but the blank line behind them.
  Chunk(const ChunkScope& scope, std::string event);

  // Compresses ahead of end(). Else the first who wants gzip has it done.
  void pack(Deflater& deflater);
  // The event's last lines. Once, before anybody gets it.
  void end();
  void end(const StreamPosition& position);

  const ChunkScope& scope() const { return scope_; }
  std::uint64_t sequence() const { return sequence_; }  // 0: it has no place in the log
  std::string_view text() const { return text_; }
  std::string_view packed(Deflater& deflater);
  void add_to(GzipSum& sum) const { add_piece(sum, crc_, crc_operation_, text_.size()); }

  // Where it begins in all text that was ever in the log.
  std::uint64_t log_offset = 0;

 private:
  void end(std::string_view tail);

  const ChunkScope scope_;
  std::uint64_t sequence_ = 0;
  std::string text_, packed_;
  std::uint32_t crc_ = 0, crc_operation_ = 0;
};

using ChunkPointer = std::shared_ptr<Chunk>;

inline bool concerns(const Chunk& chunk, const Subscription& subscription) {
  const ChunkScope& scope = chunk.scope();
  return scope.tenant == subscription.tenant && (!scope.operators_only || subscription.alerts) &&
         (!scope.campaign || !subscription.campaign || *scope.campaign == *subscription.campaign);
}

}  // namespace doorbuster
