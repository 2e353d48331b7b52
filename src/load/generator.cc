#include "load/generator.h"

#include <mutex>
#include <utility>

#include "load/worker.h"

namespace doorbuster::load {

Generator::Generator(const LoadSetup& setup, std::uint32_t index)
    : worker_(std::make_unique<Worker>(setup, index)) {}
Generator::~Generator() = default;
Status Generator::connect() {
  return worker_->connect();
}
void Generator::run(std::int64_t start_ns) {
  worker_->run(start_ns);
}
RunRecord Generator::take_record() {
  return std::move(worker_->record);
}
const Histogram& Generator::lag() const {
  return worker_->lag;
}
const LiveCounters& Generator::live() const {
  return worker_->live;
}

void Generator::take_live_latency(Histogram& to) {
  const std::lock_guard lock(worker_->shared_mutex);
  to.add(worker_->live_latency);
  worker_->live_latency.clear();
}

void Generator::take_acknowledged(std::vector<Acknowledged>& to) {
  const std::lock_guard lock(worker_->shared_mutex);
  to.insert(to.end(), worker_->acknowledged.begin(), worker_->acknowledged.end());
  worker_->acknowledged.clear();
}

}  // namespace doorbuster::load
