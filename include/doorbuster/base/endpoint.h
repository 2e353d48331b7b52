#pragma once
// HOST:PORT, as it is written in configurations and on command lines.

#include <cstdint>
#include <string>
#include <string_view>

#include "doorbuster/base/result.h"

namespace doorbuster {

struct Endpoint {
  std::string host;  // IPv4, IPv6 without its brackets, or a host name
  std::uint16_t port = 0;
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

// "127.0.0.1:8080", "[::1]:0", "localhost:8080", port 0 to 65535. An IP address is checked, a host name's
// shape is (RFC 1123); nothing is resolved. An error (ErrorKind::usage) says what is wrong, without repeating
// `text`.
Result<Endpoint> parse_endpoint(std::string_view text);

// Whether only this machine can reach it: 127.0.0.0/8, ::1 or localhost.
bool is_loopback(const Endpoint& endpoint);

// The inverse, with brackets around an IPv6 address.
std::string format_endpoint(const Endpoint& endpoint);

}  // namespace doorbuster
