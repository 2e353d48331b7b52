#pragma once
// One generator thread: sends its part of the plan when it is due and writes down what comes of it.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "doorbuster/base/counters.h"
#include "doorbuster/base/result.h"
#include "doorbuster/load/histogram.h"
#include "doorbuster/load/plan.h"
#include "load/record.h"
#include "load/wire.h"

namespace doorbuster::load {

// What all generators of one run share. Constant while they run.
struct LoadSetup {
  Target target;
  const Scenario* scenario = nullptr;
  const Plan* plan = nullptr;
  const RequestWriter* writer = nullptr;
  const std::vector<SkuTerms>* skus = nullptr;
  std::uint32_t threads = 1;
  bool hand_over_orders = false;  // fill take_acknowledged()
  ServerClock clock = {};
};

// One answer that said something about an order.
struct Acknowledged {
  RequestRecord request;
  OrderName order;  // that it is about
  Told told;
};

// Counters that the generator's thread writes; any thread may read them.
struct LiveCounters {
  Counter sent, answered, accepted, refused, unknown;
};

class Worker;

class Generator {
 public:
  // Takes the visitors index, index + threads, index + 2 * threads, ...
  Generator(const LoadSetup& setup, std::uint32_t index);
  ~Generator();
  Generator(const Generator&) = delete;
  Generator& operator=(const Generator&) = delete;

  // --- the generator's thread ---
  // Opens every connection before the load starts, so that the first requests do not measure that.
  Status connect();
  // Runs the plan with `start_ns` (monotonic clock) as its beginning. REQUIRES: connect() went well.
  void run(std::int64_t start_ns);

  // --- after run() ---
  RunRecord take_record();
  const Histogram& lag() const;  // how late this thread itself was in looking at what was due

  // --- any thread ---
  const LiveCounters& live() const;
  // Adds response times since the last call.
  void take_live_latency(Histogram& to);
  // Appends what was said about orders since the last call, in the order of the answers.
  void take_acknowledged(std::vector<Acknowledged>& to);

 private:
  std::unique_ptr<Worker> worker_;
};

}  // namespace doorbuster::load
