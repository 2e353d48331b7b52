#pragma once
// A TCP proxy between a sink and its server that loses the connection around a COMMIT.

#include <atomic>
#include <cstdint>
#include <list>
#include <thread>

namespace doorbuster {

class PostgresProxy {
 public:
  enum class Loses : std::uint8_t {
    nothing,
    commit,  // the server never gets it
    answer,  // the server has committed and said so, and the client is not told
  };
  explicit PostgresProxy(std::uint16_t server_port);
  ~PostgresProxy();
  PostgresProxy(const PostgresProxy&) = delete;
  PostgresProxy& operator=(const PostgresProxy&) = delete;

  std::uint16_t port() const { return port_; }
  // With the next COMMIT, and with that one only.
  void lose(Loses what) { loses_ = what; }
  bool has_lost() const { return loses_ == Loses::nothing; }

 private:
  struct Link {
    int client = -1, server = -1;
    bool swallows = false;
  };
  void run();
  void accept_one();
  // False: the link is over.
  bool pass(Link& link, bool to_server);

  const std::uint16_t server_port_;
  std::uint16_t port_ = 0;
  int listener_ = -1, wake_ = -1;
  std::atomic<Loses> loses_ = Loses::nothing;
  std::list<Link> links_;  // the thread's
  std::thread thread_;
};

}  // namespace doorbuster
