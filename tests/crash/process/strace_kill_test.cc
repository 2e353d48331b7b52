// Killed at every single write-path system call, one after the other, until a run comes through: whatever the
// folder looks like then, every acknowledged order is there once after the next start.

#include <signal.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "crash/process/sale.h"
#include "crash/process/strace.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr int kRunsMax = 100;  // far more than there are calls: the loop ends with a run that nothing killed

std::string kill_at(const std::string& call, int n) {
  return call + ":signal=SIGKILL:when=" + std::to_string(n);
}

// A start, a small sale and a stop under strace, on the folder as it is. True: nothing killed it.
bool live_traced(Shop& shop, const std::string& injection, const std::string& prefix, Told& told) {
  ServeOptions options = shop.serve_options();
  options.tracer = trace_from_start(injection, shop.folder() + "/trace");
  std::unique_ptr<ServerProcess> server;
  ProcessEnd end;
  if (ServerProcess::start(server, options, shop.log_file(), end)) {
    Told more = hold_sale(server->port(), prefix, 1, 3, 4);
    told.orders.merge(more.orders);
    told.broken.insert(told.broken.end(), more.broken.begin(), more.broken.end());
    end = server->stop();
  }
  CHECK((end.exit_code == 0 || end.signal == SIGKILL));
  return end.exit_code == 0;
}

// Sells enough that a spare segment is prepared, and kills the server when it lies there.
void leave_a_mess(Shop& shop, const std::string& prefix, Told& told) {
  told = hold_sale(shop.port(), prefix, 1, 2, 50);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (!std::filesystem::exists(shop.data() + "/spare") && std::chrono::steady_clock::now() < until) {
    std::this_thread::yield();
  }
  shop.server().kill();
}

}  // namespace

TEST_CASE("killed at every write of a first start, its sale and its stop, nothing acknowledged is lost",
          "[crash-strace]") {
  if (!can_trace()) return;
  for (const char* call : {"pwrite64", "fdatasync", "fsync", "renameat", "ftruncate"}) {
    bool survived = false;
    int kills = 0;
    for (int n = 1; !survived && n < kRunsMax; ++n) {
      INFO("killed at " << call << " number " << n);
      Shop shop(endless_sale());
      REQUIRE(shop.stop().exit_code == 0);
      std::filesystem::remove_all(shop.data());
      Told told;
      survived = live_traced(shop, kill_at(call, n), "k", told);
      kills += survived ? 0 : 1;
      start_again(shop);
      check_promises(shop, told);
    }
    CHECK(survived);
    CHECK(kills >= 1);
  }
}

TEST_CASE("killed at every write of a recovery, its sale and its stop, nothing acknowledged is lost",
          "[crash-strace]") {
  if (!can_trace()) return;
  Shop shop(endless_sale());
  Told before;
  leave_a_mess(shop, "before", before);
  // Each run begins with the same folder: a recovery looks after every segment, so its calls would grow with
  // the lives.
  const std::string mess = shop.folder() + "/mess";
  std::filesystem::copy(shop.data(), mess);
  for (const char* call : kWriteCalls) {
    bool survived = false;
    int kills = 0;
    for (int n = 1; !survived && n < kRunsMax; ++n) {
      INFO("killed at " << call << " number " << n);
      std::filesystem::remove_all(shop.data());
      std::filesystem::copy(mess, shop.data());
      Told told = before;
      survived = live_traced(shop, kill_at(call, n), "k", told);
      kills += survived ? 0 : 1;
      start_again(shop);
      check_promises(shop, told);
      shop.server().kill();
    }
    CHECK(survived);
    CHECK(kills >= 1);
  }
}

TEST_CASE("killed at every write of a burst through several segments, nothing acknowledged is lost",
          "[crash-strace]") {
  if (!can_trace()) return;
  const std::pair<const char*, const char*> points[] = {
      {"journal", "pwrite64"},       {"journal", "fdatasync"}, {"journal", "fsync"},
      {"journal", "renameat"},       {"journal", "ftruncate"}, {"journal-spare", "pwrite64"},
      {"journal-spare", "fdatasync"}};
  for (const auto& [thread, call] : points) {
    bool survived = false;
    int kills = 0;
    for (int n = 1; !survived && n < kRunsMax; ++n) {
      INFO(thread << " killed at " << call << " number " << n);
      Shop shop(endless_sale());
      Told told;
      {
        const auto tracer = trace_thread(shop.server().pid(), thread, kill_at(call, n), shop.folder());
        told = hold_sale(shop.port(), "k", 2, 7, 60);
      }
      // The spare segment is filled beside the sale: the kill may come when everything has been answered.
      const bool answered = told.orders.size() == 2 * 7 * 60;
      const ProcessEnd end = answered ? shop.stop() : shop.server().wait();
      survived = answered && end.exit_code == 0;
      if (!survived) CHECK(end.signal == SIGKILL);
      kills += survived ? 0 : 1;
      start_again(shop);
      check_promises(shop, told);
    }
    CHECK(survived);
    CHECK(kills >= 1);
  }
}

}  // namespace doorbuster
