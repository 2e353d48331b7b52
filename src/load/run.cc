#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <fstream>
#include <memory>
#include <mutex>
#include <ostream>
#include <thread>
#include <utility>

#include "doorbuster/base/tick.h"
#include "doorbuster/load/load.h"
#include "doorbuster/load/plan.h"
#include "doorbuster/load/scenario.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/thread.h"
#include "load/audit.h"
#include "load/generator.h"
#include "load/http_client.h"
#include "load/judge.h"
#include "load/progress.h"
#include "load/record_file.h"
#include "load/report.h"
#include "load/server_view.h"

namespace doorbuster::load {
namespace {

constexpr double kPlainRate = 1000;
constexpr double kPlainSeconds = 10;
constexpr auto kHousekeepingPeriod = std::chrono::milliseconds(50);  // record file, progress
constexpr std::int64_t kFramePeriodNs = 500 * kNsPerMillisecond;     // on a terminal
constexpr std::int64_t kLinePeriodNs = kNsPerSecond;                 // elsewhere
constexpr std::int64_t kHeadStartNs = 20 * kNsPerMillisecond;        // for the generator threads to begin together

Result<Scenario> scenario_for(const LoadOptions& options) {
  Scenario scenario;
  if (!options.scenario_file.empty()) {
    Result<Scenario> read = read_scenario(options.scenario_file);
    if (!read) return read;
    scenario = std::move(*read);
  }
  if (options.rate || options.duration_s || scenario.stages.empty()) {
    double seconds = 0;
    for (const Stage& stage : scenario.stages) seconds += stage.seconds;
    if (seconds == 0) seconds = kPlainSeconds;
    scenario.stages = {{StageShape::hold, options.duration_s.value_or(seconds), options.rate.value_or(kPlainRate)}};
    const double visitors = expected_visitors(scenario.stages);
    if (visitors > static_cast<double>(kVisitorsMax) || visitors < 1) {
      return fail(ErrorKind::usage, fmt::format("--rate and --duration come to {:.0f} visitors; one run has 1 to {}",
                                                visitors, kVisitorsMax));
    }
  }
  if (options.connections) scenario.connections = *options.connections;
  if (options.pipeline) scenario.pipeline = *options.pipeline;
  if (options.seed) scenario.seed = *options.seed;
  if (!options.campaign.empty()) scenario.campaign = options.campaign;
  return scenario;
}

struct SkuChoice {
  std::vector<SkuTerms> skus;
  std::optional<std::size_t> hot;
};

Result<SkuChoice> choose_skus(const Scenario& scenario, const CampaignView& campaign) {
  const auto missing = [&](const std::string& sku) {
    return fail(ErrorKind::usage, fmt::format("the scenario wants SKU {}, which campaign {} does not have", sku,
                                              scenario.campaign));
  };
  SkuChoice choice;
  for (const OfferView& offer : campaign.offers) {
    const auto& only = scenario.skus.only;
    if (!only.empty() && std::find(only.begin(), only.end(), offer.sku) == only.end()) continue;
    if (offer.sku == scenario.skus.hot) choice.hot = choice.skus.size();
    choice.skus.push_back({offer.sku, offer.price});
  }
  for (const std::string& sku : scenario.skus.only) {
    const auto same = [&](const SkuTerms& terms) { return terms.sku == sku; };
    if (std::none_of(choice.skus.begin(), choice.skus.end(), same)) return missing(sku);
  }
  if (!scenario.skus.hot.empty() && !choice.hot) return missing(scenario.skus.hot);
  if (choice.skus.size() > kScenarioSkusMax) {
    return fail(ErrorKind::usage, fmt::format("the campaign has {} SKUs, one load takes at most {}: name some in `only`",
                                              choice.skus.size(), kScenarioSkusMax));
  }
  return choice;
}

// Everything that is known before the first request.
struct Prepared {
  Scenario scenario;
  Target target;
  std::unique_ptr<HttpClient> api, admin;
  CampaignView campaign;
  SkuChoice choice;
  std::vector<StockView> baseline;
  std::optional<std::uint32_t> limit_per_buyer;
  std::string run;
};

Status open_clients(const LoadOptions& options, Target& target, std::unique_ptr<HttpClient>& api,
                    std::unique_ptr<HttpClient>& admin) {
  const Result<Target> parsed = parse_target(options.target, "--target");
  if (!parsed) return tl::unexpected(parsed.error());
  target = *parsed;
  api = std::make_unique<HttpClient>(target);
  if (options.admin.empty()) return {};
  const Result<Target> admin_target = parse_target(options.admin, "--admin");
  if (!admin_target) return tl::unexpected(admin_target.error());
  admin = std::make_unique<HttpClient>(*admin_target);
  return {};
}

Result<Prepared> prepare(const LoadOptions& options) {
  Prepared p;
  Result<Scenario> scenario = scenario_for(options);
  if (!scenario) return tl::unexpected(scenario.error());
  p.scenario = std::move(*scenario);
  if (const Status opened = open_clients(options, p.target, p.api, p.admin); !opened) {
    return tl::unexpected(opened.error());
  }
  if (p.scenario.campaign.empty()) {
    const Result<std::string> first = first_active_campaign(*p.api);
    if (!first) return tl::unexpected(first.error());
    p.scenario.campaign = *first;
  }
  Result<CampaignView> campaign = read_campaign(*p.api, p.scenario.campaign);
  if (!campaign) return tl::unexpected(campaign.error());
  p.campaign = std::move(*campaign);
  Result<SkuChoice> choice = choose_skus(p.scenario, p.campaign);
  if (!choice) return tl::unexpected(choice.error());
  p.choice = std::move(*choice);
  p.limit_per_buyer = p.campaign.limit_per_buyer;
  if (p.admin) {
    const Result<StockReading> stock = read_stock(*p.admin, p.scenario.campaign);
    if (!stock) return tl::unexpected(stock.error());
    p.baseline = stock->offers;
    if (!p.limit_per_buyer) p.limit_per_buyer = stock->limit_per_buyer;
  }
  if (p.scenario.limit_per_buyer) p.limit_per_buyer = p.scenario.limit_per_buyer;
  p.run = !options.run_name.empty() ? options.run_name
                                    : fmt::format("{:x}", SystemClock().wall_now().ns / kNsPerMicrosecond);
  return p;
}

void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // best effort: connections that do not open are reported
}

// The generator threads, and what the main thread does meanwhile.
class LoadRun {
 public:
  LoadRun(const Prepared& prepared, const LoadOptions& options, const Plan& plan, std::ostream& err)
      : prepared_(prepared),
        names_(prepared.run),
        writer_(prepared.target, prepared.scenario.campaign, prepared.choice.skus, prepared.scenario.quantity, names_),
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

  Status run(RecordWriter* record_file) {
    raise_descriptor_limit();
    for (auto& generator : generators_) {
      if (const Status connected = generator->connect(); !connected) return connected;
    }
    const std::int64_t start_ns = clock_.monotonic_ns() + kHeadStartNs;
    wall_start_ = {clock_.wall_now().ns + kHeadStartNs};
    std::vector<std::thread> threads;
    for (auto& generator : generators_) {
      threads.emplace_back([&] {
        name_this_thread("load");
        generator->run(start_ns);
        const std::lock_guard lock(mutex_);
        ++finished_;
        changed_.notify_one();
      });
    }
    Status kept = keep_house(start_ns, record_file);
    for (std::thread& thread : threads) thread.join();
    if (record_file != nullptr && kept) kept = write_acknowledged(*record_file);
    for (auto& generator : generators_) {
      record_.append(generator->take_record());
      lag_.add(generator->lag());
    }
    return kept;
  }

  RunRecord& record() { return record_; }
  const Histogram& lag() const { return lag_; }
  const Names& names() const { return names_; }
  const BuyWriter& writer() const { return writer_; }
  Tick wall_start() const { return wall_start_; }

 private:
  Status keep_house(std::int64_t start_ns, RecordWriter* record_file) {
    Status kept;
    std::int64_t next_frame_ns = start_ns + frame_period_ns_;
    std::unique_lock lock(mutex_);
    while (!changed_.wait_for(lock, kHousekeepingPeriod, [&] { return finished_ == generators_.size(); })) {
      lock.unlock();
      if (record_file != nullptr && kept) kept = write_acknowledged(*record_file);
      const std::int64_t now = clock_.monotonic_ns();
      if (progress_.enabled() && now >= next_frame_ns) {
        show_frame(now - start_ns);
        next_frame_ns = std::max(next_frame_ns + frame_period_ns_, now);
      }
      lock.lock();
    }
    lock.unlock();
    if (progress_.enabled()) show_frame(clock_.monotonic_ns() - start_ns);
    progress_.finish();
    return kept;
  }

  Status write_acknowledged(RecordWriter& file) {
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

  void show_frame(std::int64_t elapsed_ns) {
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

  const Prepared& prepared_;
  const Names names_;
  const BuyWriter writer_;
  const Plan& plan_;
  LoadSetup setup_;
  SystemClock clock_;
  std::vector<std::unique_ptr<Generator>> generators_;
  Progress progress_;
  const std::int64_t frame_period_ns_;
  std::uint64_t shown_sent_ = 0;
  double shown_s_ = 0;
  Tick wall_start_;
  RunRecord record_;
  Histogram lag_;
  std::mutex mutex_;  // guards finished_
  std::condition_variable changed_;
  std::size_t finished_ = 0;
};

std::map<std::string, std::int64_t> unknown_by_sku(const Promises& promises, const std::vector<SkuTerms>& skus) {
  std::map<std::string, std::int64_t> units;
  for (std::size_t i = 0; i < skus.size(); ++i) {
    if (promises.unknown_units[i] > 0) units[skus[i].sku] = promises.unknown_units[i];
  }
  return units;
}

Judgement judge(const LoadOptions& options, Prepared& prepared, LoadRun& run) {
  Judgement judgement;
  auto& checks = judgement.checks;
  Check complete{.name = "target", .compared = "reachable until the end"};
  if (run.record().gave_up) {
    complete.fail(fmt::format("{} stopped accepting connections; {} visitors were never sent", prepared.target.url(),
                              grouped(run.record().unsent_visitors)));
  }
  if (options.audit && !run.record().gave_up) {
    if (const Status settled = settle_unknown(*prepared.api, run.writer(), run.record()); !settled) {
      complete.fail(settled.error().message);
    }
  }
  checks.push_back(std::move(complete));
  checks.push_back(judge_outcomes(run.record()));
  checks.push_back(judge_keys(run.record()));
  checks.push_back(judge_prices(run.record()));
  checks.push_back(judge_window(run.record(), prepared.campaign, run.wall_start()));

  Promises promises = promises_of(run.record(), prepared.choice.skus, run.names());
  if (!options.audit || run.record().gave_up) {
    checks.push_back(judge_limit(promises.orders, prepared.limit_per_buyer));
    return judgement;
  }
  AuditInput input{.api = *prepared.api,
                   .admin = prepared.admin.get(),
                   .campaign = prepared.scenario.campaign,
                   .promises = std::move(promises.orders),
                   .baseline = prepared.baseline,
                   .limit_per_buyer = prepared.limit_per_buyer,
                   .unknown_units = unknown_by_sku(promises, prepared.choice.skus)};
  for (std::size_t i = 0; i < prepared.choice.skus.size(); ++i) {
    if (promises.sold_out_quantity[i]) {
      input.sold_out_quantity[prepared.choice.skus[i].sku] = *promises.sold_out_quantity[i];
    }
  }
  audit(input, checks);
  return judgement;
}

bool write_file(const std::string& file, const std::string& text, std::ostream& err) {
  if (file.empty()) return true;
  std::ofstream stream(file, std::ios::binary | std::ios::trunc);
  stream << text << std::flush;
  if (!stream) err << "doorbuster load: cannot write " << file << "\n";
  return static_cast<bool>(stream);
}

int report_error(const Error& error, std::ostream& out, std::ostream& err) {
  err << "doorbuster load: " << error.message << "\n";
  if (error.kind == ErrorKind::usage) return 2;
  out << "verdict: FAIL " << error.message << std::endl;
  return 1;
}

int verdict(const Judgement& judgement, bool written, std::ostream& out) {
  out << checks_text(judgement.checks) << "\nverdict: " << judgement.verdict() << std::endl;
  return judgement.passed() && written ? 0 : 1;
}

int run_record_audit(const LoadOptions& options, std::ostream& out, std::ostream& err) {
  Target target;
  std::unique_ptr<HttpClient> api;
  std::unique_ptr<HttpClient> admin;
  if (const Status opened = open_clients(options, target, api, admin); !opened) {
    return report_error(opened.error(), out, err);
  }
  const Result<RecordFile> record = read_record_file(options.audit_record_file);
  if (!record) return report_error(record.error(), out, err);
  out << fmt::format("record         {} orders acknowledged in run {} on campaign {}\n",
                     grouped(static_cast<std::int64_t>(record->promises.size())), record->header.run,
                     record->header.campaign);
  const AuditInput input{.api = *api,
                         .admin = record->header.baseline.empty() ? nullptr : admin.get(),
                         .campaign = record->header.campaign,
                         .promises = record->promises,
                         .baseline = record->header.baseline,
                         .limit_per_buyer = record->header.limit_per_buyer,
                         .unknown_units = record->unknown_units,
                         .unknown_is_complete = record->ended};
  Judgement judgement;
  audit(input, judgement.checks);
  const bool written =
      write_file(options.json_file, record_audit_json(options.audit_record_file, judgement), err);
  return verdict(judgement, written, out);
}

}  // namespace

int run_load(const LoadOptions& options, std::ostream& out, std::ostream& err) {
  if (!options.audit_record_file.empty()) return run_record_audit(options, out, err);
  Result<Prepared> prepared = prepare(options);
  if (!prepared) return report_error(prepared.error(), out, err);
  const Plan plan = make_plan(prepared->scenario, prepared->choice.skus.size(), prepared->choice.hot);

  std::optional<RecordWriter> record_file;
  if (!options.record_file.empty()) {
    Result<RecordWriter> created =
        RecordWriter::create(options.record_file, {.run = prepared->run,
                                                   .campaign = prepared->scenario.campaign,
                                                   .limit_per_buyer = prepared->limit_per_buyer,
                                                   .baseline = prepared->baseline});
    if (!created) return report_error(created.error(), out, err);
    record_file.emplace(std::move(*created));
  }

  LoadRun run(*prepared, options, plan, err);
  if (const Status ran = run.run(record_file ? &*record_file : nullptr); !ran) {
    return report_error(ran.error(), out, err);
  }
  const RunHead head{.scenario = prepared->scenario.name,
                     .campaign = prepared->scenario.campaign,
                     .target = prepared->target.url(),
                     .run = prepared->run,
                     .seed = prepared->scenario.seed,
                     .connections = prepared->scenario.connections,
                     .pipeline = prepared->scenario.pipeline,
                     .threads = options.threads,
                     .skus = prepared->choice.skus.size()};
  const Measurements measured = measure(run.record(), plan, run.lag());
  out << report_text(head, measured) << "\n" << std::flush;
  if (record_file) {
    const Promises promises = promises_of(run.record(), prepared->choice.skus, run.names());
    const Status ended = record_file->finish(measured.sent, unknown_by_sku(promises, prepared->choice.skus));
    if (!ended) return report_error(ended.error(), out, err);
  }

  const Judgement judgement = judge(options, *prepared, run);
  bool written = write_file(options.json_file, report_json(head, measured, judgement), err);
  written = write_file(options.hgrm_file, measured.response.hgrm(static_cast<double>(kNsPerMillisecond)), err) && written;
  return verdict(judgement, written, out);
}

}  // namespace doorbuster::load
