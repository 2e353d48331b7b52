#pragma once
// Buyers who go on while something breaks, and remember what they were told.

#include <atomic>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

#include "crash/process/sale.h"

namespace doorbuster {

struct CrowdSpec {
  std::string prefix = "k";  // idempotency keys begin with it
  int buyers = 3;            // connections, each with a thread
  int pipeline = 16;         // requests at once
  std::string sku = "tv";
};

// Buys, each with a key of its own, until it is told to stop or its connections end.
class Crowd {
 public:
  Crowd(std::uint16_t port, CrowdSpec spec);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  std::size_t acknowledged() const;
  // Waits until so many were acknowledged in all. Throws at kPatience.
  void wait_for(std::size_t orders) const;
  // What has been acknowledged up to now, while it goes on.
  Told told() const;
  // What was answered, by outcome.
  std::map<std::string, int> outcomes() const;
  // Outcomes other than an order and `overloaded`, which any busy machine may say.
  std::vector<std::string> surprises() const;
  // No more requests; replies that are due are read. Then told() and outcomes() are final.
  void stop();

 private:
  void buy(std::uint16_t port, int buyer);
  // `failed`: this connection has been told that the journal has failed. Of others nothing follows: their
  // answers may have been on the way.
  void buy_batch(HttpConnection& client, const std::vector<std::string>& keys, bool& failed);

  const CrowdSpec spec_;
  std::atomic<bool> stopping_ = false;
  mutable std::mutex mutex_;
  Told told_;
  std::map<std::string, int> outcomes_;
  std::vector<std::thread> threads_;
};

// How long single requests took, one after the other on one connection.
struct Latencies {
  std::vector<double> ms;        // sorted
  int shed = 0;                  // of them: `overloaded`, which any busy machine may say
  double at(double part) const;  // 0.5: the median, 1: the longest
};
// Asks `count` times, at least `pause` between two, and requires this outcome each time, or that nine of ten
// have it and the others were shed.
Latencies measure(std::uint16_t port, const std::string& request, const std::string& outcome, int count,
                  std::chrono::milliseconds pause = std::chrono::milliseconds(0));

// --- of a process, from /proc ---
double cpu_seconds(pid_t process);
std::size_t open_descriptors(pid_t process);
std::int64_t resident_bytes(pid_t process);

// Waits until `holds` is true; false: it was not at kPatience.
template <typename Condition>
bool eventually(const Condition& holds, std::chrono::milliseconds patience = kPatience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::yield();
  }
  return true;
}

}  // namespace doorbuster
