#include "support/fault_proxy.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>
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

int tcp_socket() {
  const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) throw std::runtime_error("fault proxy: socket");
  const int on = 1;
  ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return descriptor;
}

void send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;  // it is gone; the next read from it says so
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

void close_one(int descriptor, bool reset) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (reset) ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(descriptor);
}

}  // namespace

FaultProxy::FaultProxy(std::uint16_t server_port)
    : server_port_(server_port), listener_(tcp_socket()), wake_(::eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(listener_, any, size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, any, &size) != 0 || wake_ < 0) {
    throw std::runtime_error("fault proxy: cannot listen");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FaultProxy::~FaultProxy() {
  ::eventfd_write(wake_, 1);
  thread_.join();
  for (Link& link : links_) close(link, false, false);
  ::close(listener_);
  ::close(wake_);
}

std::string FaultProxy::take_lost() {
  const std::lock_guard lock(mutex_);
  return std::exchange(lost_, {});
}

void FaultProxy::run() {
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
      if (from_server && link.is_open()) pass(link, false);
    }
    links_.remove_if([](const Link& link) { return !link.is_open(); });
    if (wanted[1].revents != 0) accept_one();
  }
}

void FaultProxy::accept_one() {
  const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (client < 0) return;
  const int server = tcp_socket();
  const sockaddr_in address = loopback(server_port_);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close_one(client, true);
    close_one(server, false);
    return;
  }
  links_.push_back({client, server, fault_.load()});
}

void FaultProxy::pass(Link& link, bool to_server) {
  char bytes[65'536];
  const ssize_t n = ::recv(to_server ? link.client : link.server, bytes, sizeof bytes, 0);
  if (n <= 0) return close(link, false, false);
  const std::string_view all(bytes, static_cast<std::size_t>(n));
  if (link.fault == Fault::delay) ::poll(nullptr, 0, kDelayMs);
  if (!to_server) {
    if (link.fault == Fault::drop_reply || link.fault == Fault::cut_reply ||
        link.fault == Fault::stall_reply) {
      return reply_is_lost(link, all);
    }
    return send_all(link.client, all);
  }
  if (link.fault == Fault::cut_request) {
    send_all(link.server, all.substr(0, all.size() - 1));
    return close(link, false, true);
  }
  const std::size_t piece = link.fault == Fault::trickle ? 1 : all.size();
  for (std::size_t at = 0; at < all.size(); at += piece) send_all(link.server, all.substr(at, piece));
}

void FaultProxy::reply_is_lost(Link& link, std::string_view bytes) {
  {
    const std::lock_guard lock(mutex_);
    lost_ += bytes;
  }
  if (link.fault == Fault::cut_reply) send_all(link.client, bytes.substr(0, bytes.size() / 2));
  if (link.fault != Fault::stall_reply) close(link, link.fault == Fault::drop_reply, false);
}

void FaultProxy::close(Link& link, bool reset_client, bool reset_server) {
  close_one(link.client, reset_client);
  close_one(link.server, reset_server);
  link.client = link.server = -1;
}

}  // namespace doorbuster
