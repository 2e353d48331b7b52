#pragma once
// How many sockets the process may have, and what each listener is told of it.

#include <cstdint>

#include "doorbuster/catalog/configuration.h"
#include "doorbuster/http/http_agent.h"
#include "doorbuster/runtime/runtime.h"

namespace doorbuster {

inline constexpr std::uint32_t kAdminConnectionsMax = 64;

// How many sockets may be open at once.
struct Sockets {
  std::uint32_t connections = 0, streams = 0;
};

// So many connections need so many descriptors; the soft limit is often 1024. Never so many that the journal
// is left without a descriptor for its next segment, which would end the sale.
Sockets reserve_descriptors(std::uint32_t connections, const WiringPlan& plan);

// Of one of so many HTTP threads.
HttpOptions http_options(const ServerOptions& server, std::uint32_t connections, std::uint32_t threads);

}  // namespace doorbuster
