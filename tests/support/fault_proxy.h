#pragma once
// A TCP proxy on loopback between a client and a server that does to their bytes what networks do. One
// thread; the fault in force is taken by connections that are accepted after it was set.

#include <atomic>
#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

namespace doorbuster {

class FaultProxy {
 public:
  enum class Fault {
    none,
    delay,        // each piece arrives kDelay later
    drop_reply,   // the reply is taken from the server and the client is reset
    cut_reply,    // a part of the reply, then an end in good order
    stall_reply,  // the reply is taken, and the client hears nothing more
    cut_request,  // all but the request's last byte reaches the server, which is reset then
    trickle       // the request reaches the server byte by byte
  };
  static constexpr int kDelayMs = 30;

  explicit FaultProxy(std::uint16_t server_port);
  ~FaultProxy();
  FaultProxy(const FaultProxy&) = delete;
  FaultProxy& operator=(const FaultProxy&) = delete;

  std::uint16_t port() const { return port_; }
  void set(Fault fault) { fault_.store(fault); }
  // What the server has sent and no client got, since the last call.
  std::string take_lost();

 private:
  struct Link {
    int client = -1, server = -1;
    Fault fault = Fault::none;
    bool is_open() const { return client >= 0; }
  };

  void run();
  void accept_one();
  void pass(Link& link, bool to_server);
  void reply_is_lost(Link& link, std::string_view bytes);
  void close(Link& link, bool reset_client, bool reset_server);

  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1;
  int wake_ = -1;
  std::atomic<Fault> fault_ = Fault::none;
  std::list<Link> links_;  // the thread's
  std::mutex mutex_;
  std::string lost_;  // under mutex_
  std::thread thread_;
};

}  // namespace doorbuster
