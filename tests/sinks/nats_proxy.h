#pragma once
// A network between a sink and a NATS server that breaks at a byte that the test names. One thread.

#include <atomic>
#include <cstdint>
#include <list>
#include <thread>

namespace doorbuster {

class NatsProxy {
 public:
  explicit NatsProxy(std::uint16_t server_port);
  ~NatsProxy();
  NatsProxy(const NatsProxy&) = delete;
  NatsProxy& operator=(const NatsProxy&) = delete;

  std::uint16_t port() const { return port_; }
  // The connections that are accepted from now on end when so many bytes have gone to the server.
  void cut_after(std::int64_t bytes_to_server) { cut_after_ = bytes_to_server; }
  // They lose what the server says behind so many bytes; what is said to it arrives.
  void swallow_after(std::int64_t bytes_to_client) { swallow_after_ = bytes_to_client; }
  static constexpr std::int64_t kNever = INT64_MAX;
  // Connections that have been cut, and bytes that have been swallowed.
  std::uint64_t cuts() const { return cuts_; }
  std::uint64_t swallowed() const { return swallowed_; }

 private:
  struct Link {
    int client, server;
    std::int64_t left_to_server, left_to_client;
    bool open = true;
  };
  void run();
  void accept_one();
  void pass(Link& link, bool to_server);

  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1, wake_ = -1;
  std::atomic<std::int64_t> cut_after_ = kNever, swallow_after_ = kNever;
  std::atomic<std::uint64_t> cuts_ = 0, swallowed_ = 0;
  std::list<Link> links_;  // the thread's
  std::thread thread_;
};

}  // namespace doorbuster
