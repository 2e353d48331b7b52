#include "sink/private_address.h"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <span>

namespace doorbuster {
namespace {

struct Network4 {
  std::uint32_t address;
  unsigned bits;
};

constexpr std::uint32_t v4(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
  return a << 24 | b << 16 | c << 8 | d;
}

constexpr std::array kPrivate4 = {
    Network4{v4(0, 0, 0, 0), 8},       // this machine
    Network4{v4(10, 0, 0, 0), 8},      // RFC 1918
    Network4{v4(100, 64, 0, 0), 10},   // a provider's, before its NAT
    Network4{v4(127, 0, 0, 0), 8},     // loopback
    Network4{v4(169, 254, 0, 0), 16},  // link-local: also where clouds keep a machine's secrets
    Network4{v4(172, 16, 0, 0), 12},   // RFC 1918
    Network4{v4(192, 0, 0, 0), 24},    // protocols' own
    Network4{v4(192, 168, 0, 0), 16},  // RFC 1918
    Network4{v4(198, 18, 0, 0), 15},   // for measurements inside a network
    Network4{v4(224, 0, 0, 0), 4},     // multicast
    Network4{v4(240, 0, 0, 0), 4},     // reserved, and broadcast
};

bool is_private4(std::uint32_t address) {
  return std::any_of(kPrivate4.begin(), kPrivate4.end(), [&](const Network4& network) {
    return (address ^ network.address) >> (32 - network.bits) == 0;
  });
}

using Address6 = std::array<std::uint8_t, 16>;

template <std::size_t N>
bool begins_with(const Address6& address, const std::array<std::uint8_t, N>& prefix) {
  return std::equal(prefix.begin(), prefix.end(), address.begin());
}

constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr std::array<std::uint8_t, 12> kTranslated = {0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0};
constexpr std::array<std::uint8_t, 12> kNat64 = {0, 0x64, 0xff, 0x9b};
constexpr std::array<std::uint8_t, 2> k6To4 = {0x20, 0x02};

bool is_private6(const Address6& address) {
  const auto inner4 = [&](std::size_t at) {
    return is_private4(v4(address[at], address[at + 1], address[at + 2], address[at + 3]));
  };
  if (begins_with(address, kMapped) || begins_with(address, kTranslated) || begins_with(address, kNat64)) {
    return inner4(12);
  }
  if (begins_with(address, k6To4)) return inner4(2);
  const bool is_protocols_own = address[0] == 0x20 && address[1] == 0x01 && address[2] < 0x02;
  return address[0] >> 5 != 0x20 >> 5 || is_protocols_own;
}

}  // namespace

bool is_private_address(const sockaddr& address) {
  const void* const bytes = &address;
  if (address.sa_family == AF_INET) {
    sockaddr_in ip4;
    std::memcpy(&ip4, bytes, sizeof ip4);
    return is_private4(ntohl(ip4.sin_addr.s_addr));
  }
  if (address.sa_family == AF_INET6) {
    sockaddr_in6 ip6;
    std::memcpy(&ip6, bytes, sizeof ip6);
    Address6 octets;
    std::copy(std::begin(ip6.sin6_addr.s6_addr), std::end(ip6.sin6_addr.s6_addr), octets.begin());
    return is_private6(octets);
  }
  return true;
}

}  // namespace doorbuster
