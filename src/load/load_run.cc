#include "load/load_run.h"

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "doorbuster/platform/thread.h"
#include "load/server_view.h"

namespace doorbuster::load {
namespace {

constexpr auto kHousekeepingPeriod = std::chrono::milliseconds(50);  // record file, progress
constexpr std::int64_t kFramePeriodNs = 500 * kNsPerMillisecond;     // on a terminal
constexpr std::int64_t kLinePeriodNs = kNsPerSecond;                 // elsewhere
constexpr std::int64_t kHeadStartNs = 20 * kNsPerMillisecond;  // for the generator threads to begin together

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // best effort: connections that do not open are reported
}

}  // namespace

LoadRun::LoadRun(const Prepared& prepared, const LoadOptions& options, const Plan& plan, std::ostream& err)
    : prepared_(prepared),
      names_(prepared.run),
      writer_(prepared.target, prepared.scenario.campaign, prepared.choice.skus, prepared.scenario.quantity,
              names_),
      plan_(plan),
      progress_(options.progress, options.terminal, options.color, err),
      frame_period_ns_(options.terminal ? kFramePeriodNs : kLinePeriodNs) {
  setup_ = {.target = prepared.target,
            .scenario = &prepared.scenario,
            .plan = &plan,
            .writer = &writer_,
            .skus = &prepared.choice.skus,
            .threads = options.threads,
            .hand_over_orders = !options.record_file.empty()};
  for (std::uint32_t i = 0; i < options.threads; ++i) {
    generators_.push_back(std::make_unique<Generator>(setup_, i));
  }
}

Status LoadRun::run(RecordWriter* record_file) {
  raise_descriptor_limit();
  for (auto& generator : generators_) {
    if (const Status connected = generator->connect(); !connected) return connected;
  }
  start_ns_ = clock_.monotonic_ns() + kHeadStartNs;
  wall_start_ = {clock_.wall_now().ns + kHeadStartNs};
  std::vector<std::thread> threads;
  for (auto& generator : generators_) {
    threads.emplace_back([this, &generator] {
      name_this_thread("load");
      generator->run(start_ns_);
      const std::lock_guard lock(mutex_);
      ++finished_;
      changed_.notify_one();
    });
  }
  Status kept = keep_house(record_file);
  for (std::thread& thread : threads) thread.join();
  if (record_file != nullptr && kept) kept = write_acknowledged(*record_file);
  for (auto& generator : generators_) {
    record_.append(generator->take_record());
    lag_.add(generator->lag());
  }
  return kept;
}

Status LoadRun::keep_house(RecordWriter* record_file) {
  Status kept;
  std::int64_t next_frame_ns = start_ns_ + frame_period_ns_;
  std::unique_lock lock(mutex_);
  while (!changed_.wait_for(lock, kHousekeepingPeriod, [&] { return finished_ == generators_.size(); })) {
    lock.unlock();
    if (record_file != nullptr && kept) kept = write_acknowledged(*record_file);
    const std::int64_t now = clock_.monotonic_ns();
    if (progress_.enabled() && now >= next_frame_ns) {
      show_frame(now - start_ns_);
      next_frame_ns = std::max(next_frame_ns + frame_period_ns_, now);
    }
    lock.lock();
  }
  lock.unlock();
  if (progress_.enabled()) show_frame(clock_.monotonic_ns() - start_ns_);
  progress_.finish();
  return kept;
}

Status LoadRun::write_acknowledged(RecordWriter& file) {
  std::vector<Acknowledged> orders;
  for (auto& generator : generators_) generator->take_acknowledged(orders);
  for (const Acknowledged& order : orders) {
    const Ask& ask = order.request.ask;
    file.append({.order = std::string(order.order.view()),
                 .sku = prepared_.choice.skus[ask.sku].sku,
                 .buyer = names_.buyer(ask.buyer),
                 .key = ask.key == kNoKey ? "" : names_.key(ask.key),
                 .quantity = order.request.quantity,
                 .durable = !order.request.not_durable});
  }
  return orders.empty() ? Status() : file.flush();
}

void LoadRun::show_frame(std::int64_t elapsed_ns) {
  ProgressFrame frame;
  frame.elapsed_s = static_cast<double>(elapsed_ns) / static_cast<double>(kNsPerSecond);
  frame.total_s = static_cast<double>(plan_.duration_ns) / static_cast<double>(kNsPerSecond);
  Histogram latency;
  for (auto& generator : generators_) {
    frame.sent += generator->live().sent.value();
    frame.accepted += generator->live().accepted.value();
    frame.refused += generator->live().refused.value();
    frame.unknown += generator->live().unknown.value();
    generator->take_live_latency(latency);
  }
  frame.sent_per_second =
      static_cast<double>(frame.sent - shown_sent_) / std::max(0.001, frame.elapsed_s - shown_s_);
  frame.p50_ns = latency.value_at_percentile(50);
  frame.p99_ns = latency.value_at_percentile(99);
  shown_sent_ = frame.sent;
  shown_s_ = frame.elapsed_s;
  if (prepared_.admin) {
    // A server that does not answer here shows in the load itself.
    if (Result<StockReading> stock = read_stock(*prepared_.admin, prepared_.scenario.campaign)) {
      frame.stock = std::move(stock->offers);
    }
  }
  progress_.show(frame);
}

}  // namespace doorbuster::load
