#include "sinks/postgres_proxy.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <string_view>
#include <vector>

namespace doorbuster {
namespace {

// The statement with its end: not the COMMITTED of a BEGIN.
constexpr std::string_view kCommit("COMMIT\0", 7);

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

}  // namespace

PostgresProxy::PostgresProxy(std::uint16_t server_port)
    : server_port_(server_port),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      wake_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, any, size) != 0 || ::listen(listener_, 16) != 0 ||
      ::getsockname(listener_, any, &size) != 0 || wake_ < 0) {
    throw std::runtime_error("PostgreSQL proxy: cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

PostgresProxy::~PostgresProxy() {
  ::eventfd_write(wake_, 1);
  thread_.join();
  for (const Link& link : links_) {
    ::close(link.client);
    ::close(link.server);
  }
  ::close(listener_);
  ::close(wake_);
}

void PostgresProxy::run() {
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
    for (auto link = links_.begin(); link != links_.end();) {
      const bool from_client = wanted[at++].revents != 0, from_server = wanted[at++].revents != 0;
      const bool goes_on = (!from_client || pass(*link, true)) && (!from_server || pass(*link, false));
      if (goes_on) {
        ++link;
        continue;
      }
      ::close(link->client);
      ::close(link->server);
      link = links_.erase(link);
    }
    if (wanted[1].revents != 0) accept_one();
  }
}

void PostgresProxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  const int server = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(server_port_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    links_.push_back({client, server});
    return;
  }
  ::close(client);
  ::close(server);
}

bool PostgresProxy::pass(Link& link, bool to_server) {
  char bytes[65'536];
  const ssize_t n = ::recv(to_server ? link.client : link.server, bytes, sizeof bytes, 0);
  if (n <= 0) return false;
  const std::string_view all(bytes, static_cast<std::size_t>(n));
  if (!to_server) {
    if (!link.swallows) return send_all(link.client, all);
    loses_ = Loses::nothing;
    return false;
  }
  const Loses loses = loses_;
  if (loses != Loses::nothing && all.find(kCommit) != std::string_view::npos) {
    if (loses == Loses::commit) {
      loses_ = Loses::nothing;
      return false;
    }
    link.swallows = true;
  }
  return send_all(link.server, all);
}

}  // namespace doorbuster
