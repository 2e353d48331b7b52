#pragma once
// Which addresses are not of the public internet: a target there is taken only where an operator says so, so
// that whoever may choose a sink's url cannot have this machine talk to what stands behind its firewall.
// Thread-safe: a pure function.

#include <sys/socket.h>

namespace doorbuster {

// Whether the address is this machine's, its network's, a provider's inner one, nobody's, or a multicast or
// reserved one. An IPv6 address that stands for an IPv4 one (mapped, translated, NAT64, 6to4) is what that
// one is; of the others only 2000::/3 is public, and of that not 2001::/23 (Teredo among others). Every other
// kind of address is private. A network's own NAT64 prefix looks like any public address: it is not known
// here.
//
// REQUIRES: `address` is as long as its family says.
bool is_private_address(const sockaddr& address);

}  // namespace doorbuster
