#include "app/sockets.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <algorithm>

#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

// Descriptors that are no connections: the journal's files, the lock, listeners, and what each thread waits
// on.
constexpr std::uint32_t kOtherDescriptors = 64;
constexpr std::uint32_t kDescriptorsPerThread = 4;

}  // namespace

HttpOptions http_options(const ServerOptions& server, std::uint32_t connections, std::uint32_t threads) {
  const auto ns = [](std::uint32_t ms) { return static_cast<std::int64_t>(ms) * kNsPerMillisecond; };
  return {.max_body_bytes = server.max_body_bytes,
          .max_connections = std::max(1U, (connections + threads - 1) / threads),
          .max_pipeline = server.max_pipeline,
          .header_timeout_ns = ns(server.header_timeout_ms),
          .body_timeout_ns = ns(server.body_timeout_ms),
          .idle_timeout_ns = ns(server.idle_timeout_ms),
          .write_timeout_ns = ns(server.write_timeout_ms)};
}

Sockets reserve_descriptors(std::uint32_t connections, const WiringPlan& plan) {
  constexpr rlim_t kStreamShare = 8;  // of what is possible, when not everything is
  const Sockets all = {.connections = connections, .streams = kStreamSubscribersMax};
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return all;
  const rlim_t others = kOtherDescriptors + kAdminConnectionsMax +
                        kDescriptorsPerThread * rlim_t{plan.http_threads + plan.shards};
  const rlim_t wanted = all.connections + all.streams + others;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(wanted, limit.rlim_max);
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) getrlimit(RLIMIT_NOFILE, &limit);
  }
  if (limit.rlim_cur >= wanted) return all;
  const rlim_t possible = limit.rlim_cur > others ? limit.rlim_cur - others : 1;
  const rlim_t streams = std::min(rlim_t{all.streams}, possible / kStreamShare);
  const rlim_t left = std::min(rlim_t{connections}, possible - streams);
  spdlog::warn(
      "only {} file descriptors are allowed: at most {} connections instead of server.max_connections {}, "
      "and {} streams; raise LimitNOFILE",
      limit.rlim_cur, left, connections, streams);
  return {.connections = static_cast<std::uint32_t>(left), .streams = static_cast<std::uint32_t>(streams)};
}

}  // namespace doorbuster
