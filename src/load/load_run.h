#pragma once
// One load: the generator threads, and what the thread that started them does meanwhile (progress, record
// file).

#include <condition_variable>
#include <cstdint>
#include <iosfwd>
#include <memory>
#include <mutex>
#include <vector>

#include "doorbuster/base/result.h"
#include "doorbuster/base/tick.h"
#include "doorbuster/load/histogram.h"
#include "doorbuster/load/load.h"
#include "doorbuster/load/plan.h"
#include "doorbuster/platform/clock.h"
#include "load/generator.h"
#include "load/judge.h"
#include "load/prepare.h"
#include "load/progress.h"
#include "load/record.h"
#include "load/record_file.h"
#include "load/wire.h"

namespace doorbuster::load {

// `prepared` and `plan` must outlive it. Not thread-safe: made, run and read by one thread.
class LoadRun {
 public:
  LoadRun(const Prepared& prepared, const LoadOptions& options, const Plan& plan, std::ostream& err);

  // Blocks until the load is over. `record_file` may be null.
  Status run(RecordWriter* record_file);

  // --- after run() ---
  RunRecord& record() { return record_; }
  const Histogram& lag() const { return lag_; }
  const Names& names() const { return names_; }
  const RequestWriter& writer() const { return writer_; }
  Tick wall_start() const { return wall_start_; }
  std::int64_t start_ns() const { return start_ns_; }
  const ServerClock& clock() const { return setup_.clock; }
  // The stock as it was seen while the load ran.
  const Check& looks() const { return looks_; }

 private:
  Status keep_house(RecordWriter* record_file);
  Status write_acknowledged(RecordWriter& file);
  void show_frame(std::int64_t elapsed_ns);
  void look_at_stock();

  const Prepared& prepared_;
  const Names names_;
  const RequestWriter writer_;
  const Plan& plan_;
  LoadSetup setup_;
  SystemClock clock_;
  std::vector<std::unique_ptr<Generator>> generators_;
  Progress progress_;
  const std::int64_t frame_period_ns_;
  std::uint64_t shown_sent_ = 0;
  double shown_s_ = 0;
  Check looks_{.name = "stock at every look"};
  std::size_t looks_done_ = 0;
  std::int64_t next_look_ns_ = 0;
  std::vector<StockView> stock_;  // at the last look
  std::int64_t start_ns_ = 0;
  Tick wall_start_;
  RunRecord record_;
  Histogram lag_;
  std::mutex mutex_;  // guards finished_
  std::condition_variable changed_;
  std::size_t finished_ = 0;
};

}  // namespace doorbuster::load
