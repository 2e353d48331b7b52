#pragma once
// The stream of a NATS sink: that it is there, and how far it has come. Bounds and `stop` as NatsLink::ask().

#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "doorbuster/base/result.h"
#include "doorbuster/catalog/sinks.h"
#include "doorbuster/feed/position.h"
#include "doorbuster/journal/format.h"
#include "sink/nats_link.h"

namespace doorbuster {

inline constexpr char kNatsFolderHeader[] = "Doorbuster-Folder";
inline constexpr char kNatsPlaceHeader[] = "Doorbuster-Place";
inline constexpr char kNatsTenantHeader[] = "Doorbuster-Tenant";
// How long a server knows the ids of messages, where the stream is made here; and what is told as too short.
inline constexpr std::int64_t kNatsDuplicateWindowNs = 300 * kNsPerSecond;
inline constexpr std::int64_t kNatsDuplicateWindowShortNs = 60 * kNsPerSecond;
// Messages without our headers, behind the last one that has them. Beyond it somebody has to look.
inline constexpr std::uint64_t kNatsForeignMessagesMax = 64;
// Looks at a stream that moves on meanwhile.
inline constexpr int kNatsLooksMax = 8;

// Whether every subject below `subject` is one that `pattern`, with * and >, takes.
bool nats_pattern_covers(std::string_view pattern, std::string_view subject);

class NatsStream {
 public:
  struct End {
    std::uint64_t sequence = 0;         // of the stream's last message, whosever it is or was
    std::optional<FeedPosition> place;  // of our last message; nothing: there is none
  };

  // `options` outlive this. `tenant`: whose events alone are sent; empty: everybody's.
  NatsStream(NatsLink& link, const NatsSinkOptions& options, const FolderIdentity& folder,
             std::string tenant);

  // Makes it where there is none. REQUIRES (as look()): the link is open.
  Result<End> open(const std::atomic<bool>& stop);
  Result<End> look(const std::atomic<bool>& stop);

  const std::string& folder() const { return folder_; }
  const std::string& tenant() const { return tenant_; }
  // What an operator should know of the stream; empty: nothing.
  const std::string& notice() const { return notice_; }

 private:
  struct Info {
    bool exists = false;
    std::uint64_t last_sequence = 0;
    bool keeps_all = true;  // until a limit takes the oldest
  };
  struct Message {
    bool exists = false;
    std::uint64_t sequence = 0;
    std::string subject, folder, place, tenant;
  };

  Result<Info> info(const std::atomic<bool>& stop);
  Status make(const std::atomic<bool>& stop);
  Result<End> end_of(Info info, const std::atomic<bool>& stop);
  Result<Message> message(const std::string& which, const std::atomic<bool>& stop);
  Result<Message> last_of_ours(const std::atomic<bool>& stop);
  Status is_ours(const Message& last) const;
  Status failed(std::string_view what, ErrorKind kind = ErrorKind::runtime) const;

  NatsLink& link_;
  const NatsSinkOptions& options_;
  const std::string folder_, tenant_;
  std::string notice_;
};

}  // namespace doorbuster
