#include "sinks/nats_proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

namespace doorbuster {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// What does not arrive: the next read says so.
void send_all(int socket, const char* bytes, std::size_t size) {
  while (size > 0) {
    const ssize_t n = ::send(socket, bytes, size, MSG_NOSIGNAL);
    if (n <= 0) return;
    bytes += n;
    size -= static_cast<std::size_t>(n);
  }
}

}  // namespace

NatsProxy::NatsProxy(std::uint16_t server_port)
    : server_port_(server_port),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || wake_ < 0 || ::bind(listener_, any, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, any, &size) != 0) {
    throw std::runtime_error("proxy: cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

NatsProxy::~NatsProxy() {
  ::eventfd_write(wake_, 1);
  thread_.join();
  for (const Link& link : links_) {
    ::close(link.client);
    ::close(link.server);
  }
  ::close(listener_);
  ::close(wake_);
}

void NatsProxy::run() {
  for (;;) {
    std::vector<pollfd> wanted = {{.fd = wake_, .events = POLLIN, .revents = 0},
                                  {.fd = listener_, .events = POLLIN, .revents = 0}};
    for (const Link& link : links_) {
      wanted.push_back({.fd = link.client, .events = POLLIN, .revents = 0});
      wanted.push_back({.fd = link.server, .events = POLLIN, .revents = 0});
    }
    if (::poll(wanted.data(), wanted.size(), -1) < 0) continue;
    if (wanted[0].revents != 0) return;
    std::size_t at = 2;
    for (Link& link : links_) {
      const bool from_client = wanted[at++].revents != 0, from_server = wanted[at++].revents != 0;
      if (from_client) pass(link, true);
      if (from_server && link.open) pass(link, false);
      if (link.open) continue;
      ::close(link.client);
      ::close(link.server);
    }
    links_.remove_if([](const Link& link) { return !link.open; });
    if (wanted[1].revents != 0) accept_one();
  }
}

void NatsProxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(server_port_);
  if (client >= 0 && server >= 0 &&
      ::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    links_.push_back({client, server, cut_after_, swallow_after_});
    return;
  }
  if (client >= 0) ::close(client);
  if (server >= 0) ::close(server);
}

void NatsProxy::pass(Link& link, bool to_server) {
  std::array<char, 16'384> bytes;
  const ssize_t n = ::recv(to_server ? link.client : link.server, bytes.data(), bytes.size(), 0);
  if (n <= 0) {
    link.open = false;
    return;
  }
  std::int64_t& left = to_server ? link.left_to_server : link.left_to_client;
  const std::int64_t passed = std::min<std::int64_t>(n, left);
  send_all(to_server ? link.server : link.client, bytes.data(), static_cast<std::size_t>(passed));
  if (left != kNever) left -= passed;
  if (passed == n) return;
  if (to_server) {
    ++cuts_;
    link.open = false;
  } else {
    swallowed_ += static_cast<std::uint64_t>(n - passed);
  }
}

}  // namespace doorbuster
