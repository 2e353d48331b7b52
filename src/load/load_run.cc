#include "load/load_run.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "doorbuster/platform/thread.h"
#include "load/judge_orders.h"
#include "load/server_view.h"

namespace doorbuster::load {
namespace {

constexpr auto kHousekeepingPeriod = std::chrono::milliseconds(50);  // record file, progress
constexpr std::int64_t kFramePeriodNs = 500 * kNsPerMillisecond;     // on a terminal
constexpr std::int64_t kLinePeriodNs = kNsPerSecond;                 // elsewhere
constexpr std::int64_t kLookPeriodNs = 100 * kNsPerMillisecond;      // at the stock
constexpr std::int64_t kLookShareMax = 10;  // a look that takes long is followed by a pause this much longer
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
  setup_.clock = {.zero_ns = wall_start_.ns + prepared_.campaign.clock_offset_ns,
                  .error_ns = prepared_.campaign.clock_error_ns};
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
    if (prepared_.admin && clock_.monotonic_ns() >= next_look_ns_) look_at_stock();
    const std::int64_t now = clock_.monotonic_ns();
    if (progress_.enabled() && now >= next_frame_ns) {
      show_frame(now - start_ns_);
      next_frame_ns = std::max(next_frame_ns + frame_period_ns_, now);
    }
    lock.lock();
  }
  lock.unlock();
  if (prepared_.admin) look_at_stock();
  if (!prepared_.admin) looks_.skipped = "no --admin";
  looks_.compared = count_of(looks_done_, "look") + ": allocated = available + held + sold";
  if (progress_.enabled()) show_frame(clock_.monotonic_ns() - start_ns_);
  progress_.finish();
  return kept;
}

Status LoadRun::write_acknowledged(RecordWriter& file) {
  std::vector<Acknowledged> orders;
  for (auto& generator : generators_) generator->take_acknowledged(orders);
  for (const Acknowledged& each : orders) {
    if (each.request.ask.verb == Verb::buy) {
      file.append(promise_of(each.request, each.told, prepared_.choice.skus, names_));
    } else {
      Step step = step_of(each.request, names_);
      step.told = each.told;
      file.append(each.order.view(), step);
    }
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
  frame.stock = stock_;
  progress_.show(frame);
}

// A server that does not answer here shows in the load itself.
void LoadRun::look_at_stock() {
  const std::int64_t before_ns = clock_.monotonic_ns();
  if (Result<StockReading> stock = read_stock(*prepared_.admin, prepared_.scenario.campaign)) {
    stock_ = std::move(stock->offers);
    ++looks_done_;
    for (const StockView& view : stock_) {
      const std::string wrong = wrong_in_stock(view);
      if (!wrong.empty()) looks_.fail(fmt::format("{} at a look during the load: {}", view.sku, wrong));
    }
  }
  const std::int64_t now_ns = clock_.monotonic_ns();
  next_look_ns_ = std::max(before_ns + kLookPeriodNs, now_ns + kLookShareMax * (now_ns - before_ns));
}

}  // namespace doorbuster::load
