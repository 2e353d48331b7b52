#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <functional>
#include <string>

#include "support/catch.h"

namespace doorbuster {

// A socket connected to "address:port" of this machine. `prepare` sets options before it connects.
inline int connect_to(const std::string& host_port, const std::function<void(int socket)>& prepare = {}) {
  const std::size_t colon = host_port.find(':');
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(host_port.substr(colon + 1))));
  REQUIRE(::inet_pton(AF_INET, host_port.substr(0, colon).c_str(), &address.sin_addr) == 1);
  const int connected = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  REQUIRE(connected >= 0);
  if (prepare) prepare(connected);
  REQUIRE(::connect(connected, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return connected;
}

}  // namespace doorbuster
