#include "faults/crowd.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>

namespace doorbuster {

Crowd::Crowd(std::uint16_t port, CrowdSpec spec) : spec_(std::move(spec)) {
  for (int i = 0; i < spec_.buyers; ++i) {
    threads_.emplace_back([this, port, i] {
      try {
        buy(port, i);
      } catch (const std::exception&) {
        // The server is gone, or does not answer in time: what had been told stays told.
      }
    });
  }
}

Crowd::~Crowd() {
  stop();
}

void Crowd::buy(std::uint16_t port, int buyer) {
  HttpConnection client(port);
  bool failed = false;
  for (int batch = 0; !stopping_.load(); ++batch) {
    std::vector<std::string> keys;
    for (int i = 0; i < spec_.pipeline; ++i) {
      keys.push_back(spec_.prefix + "-" + std::to_string(buyer) + "-" + std::to_string(batch) + "-" +
                     std::to_string(i));
    }
    buy_batch(client, keys, failed);
  }
}

void Crowd::buy_batch(HttpConnection& client, const std::vector<std::string>& keys, bool& failed) {
  std::string requests;
  for (const std::string& key : keys) requests += buy_request({.sku = spec_.sku, .key = key});
  client.send(requests);
  for (const std::string& key : keys) {
    const HttpReply reply = client.read_reply();
    const std::lock_guard lock(mutex_);
    ++outcomes_[reply.outcome()];
    if (reply.status == 201) {
      if (failed) told_.broken.push_back("acknowledged after a failure: " + key);
      if (reply.at("/durable") != "true") told_.broken.push_back("not durable: " + reply.body);
      told_.orders[key] = reply.at("/order");
    } else if (reply.outcome() == "503 journal_failed") {
      failed = true;
      ++told_.journal_failed;
    }
  }
}

std::size_t Crowd::acknowledged() const {
  const std::lock_guard lock(mutex_);
  return told_.orders.size();
}

void Crowd::wait_for(std::size_t orders) const {
  if (!eventually([&] { return acknowledged() >= orders; }))
    throw std::runtime_error("only " + std::to_string(acknowledged()) + " orders were acknowledged in time");
}

Told Crowd::told() const {
  const std::lock_guard lock(mutex_);
  return told_;
}

std::map<std::string, int> Crowd::outcomes() const {
  const std::lock_guard lock(mutex_);
  return outcomes_;
}

std::vector<std::string> Crowd::surprises() const {
  std::vector<std::string> found;
  for (const auto& [outcome, times] : outcomes()) {
    if (outcome != "201" && outcome != "503 overloaded")
      found.push_back(std::to_string(times) + " times " + outcome);
  }
  return found;
}

void Crowd::stop() {
  stopping_.store(true);
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

double Latencies::at(double part) const {
  if (ms.empty()) return 0;
  return ms[std::min(ms.size() - 1, static_cast<std::size_t>(part * static_cast<double>(ms.size())))];
}

Latencies measure(std::uint16_t port, const std::string& request, const std::string& outcome, int count,
                  std::chrono::milliseconds pause) {
  using Clock = std::chrono::steady_clock;
  HttpConnection client(port);
  Latencies latencies;
  for (int i = 0; i < count; ++i) {
    const auto from = Clock::now();
    const HttpReply reply = client.exchange(request);
    const std::chrono::duration<double, std::milli> took = Clock::now() - from;
    if (reply.outcome() == "503 overloaded") {
      ++latencies.shed;
    } else if (reply.outcome() != outcome) {
      throw std::runtime_error("instead of " + outcome + ": " + reply.outcome());
    }
    latencies.ms.push_back(took.count());
    client.readable(pause);  // nothing is due: this is the pace, and it notices an end
  }
  if (latencies.shed * 10 > count)
    throw std::runtime_error("too many were shed: " + std::to_string(latencies.shed));
  std::sort(latencies.ms.begin(), latencies.ms.end());
  return latencies;
}

double cpu_seconds(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/stat");
  std::string line;
  std::getline(in, line);
  std::istringstream fields(line.substr(line.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::size_t open_descriptors(pid_t process) {
  const std::filesystem::directory_iterator all("/proc/" + std::to_string(process) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

std::int64_t resident_bytes(pid_t process) {
  std::ifstream in("/proc/" + std::to_string(process) + "/statm");
  std::int64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * ::sysconf(_SC_PAGESIZE);
}

}  // namespace doorbuster
