#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>

#include "doorbuster/base/tick.h"
#include "doorbuster/load/load.h"
#include "doorbuster/load/plan.h"
#include "load/audit.h"
#include "load/judge.h"
#include "load/judge_life.h"
#include "load/judge_limit.h"
#include "load/judge_line.h"
#include "load/judge_orders.h"
#include "load/lives.h"
#include "load/load_run.h"
#include "load/prepare.h"
#include "load/record_file.h"
#include "load/report.h"
#include "load/settle.h"

namespace doorbuster::load {
namespace {

std::map<std::string, std::int64_t> unknown_by_sku(const Promises& promises,
                                                   const std::vector<SkuTerms>& skus) {
  std::map<std::string, std::int64_t> units;
  for (std::size_t i = 0; i < skus.size(); ++i) {
    if (promises.unknown_units[i] > 0) units[skus[i].sku] = promises.unknown_units[i];
  }
  return units;
}

std::vector<bool> others_hold(const Prepared& prepared) {
  std::vector<bool> hold;
  for (const SkuTerms& terms : prepared.choice.skus) {
    hold.push_back(
        std::any_of(prepared.baseline.begin(), prepared.baseline.end(),
                    [&](const StockView& view) { return view.sku == terms.sku && view.held > 0; }));
  }
  return hold;
}

Check settle(Prepared& prepared, LoadRun& run, bool may_ask) {
  Check complete{.name = "target", .compared = "reachable until the end"};
  if (run.record().gave_up) {
    complete.fail(fmt::format("{} stopped accepting connections; {} visitors were never sent",
                              prepared.target.url(), grouped(run.record().unsent_visitors)));
  }
  if (!may_ask) return complete;
  const Settler settler{
      .api = *prepared.api, .writer = run.writer(), .start_ns = run.start_ns(), .record = run.record()};
  Status settled = settle_unknown(settler);
  if (settled) settled = leave_lines(settler, run.names());
  if (!settled) complete.fail(settled.error().message);
  return complete;
}

void judge_record(const Prepared& prepared, const LoadRun& run, const Lives& lives,
                  std::vector<Check>& checks) {
  const RunRecord& record = lives.record();
  const auto& skus = prepared.choice.skus;
  checks.push_back(judge_outcomes(record));
  checks.push_back(judge_keys(record));
  checks.push_back(judge_prices(record));
  checks.push_back(judge_window(record, prepared.campaign, run.wall_start()));
  checks.push_back(run.looks());
  checks.push_back(judge_availability(lives, skus, others_hold(prepared), run.clock()));
  checks.push_back(judge_resolutions(lives));
  checks.push_back(judge_late_payments(lives, run.clock()));
  checks.push_back(judge_extensions(lives, run.clock(), prepared.hold_max_seconds));
  checks.push_back(judge_returns(lives));
  checks.push_back(judge_line(lives, skus));
}

Judgement judge(const LoadOptions& options, Prepared& prepared, LoadRun& run) {
  Judgement judgement;
  auto& checks = judgement.checks;
  const bool may_ask = options.audit && !run.record().gave_up;
  checks.push_back(settle(prepared, run, may_ask));
  const Lives lives(run.record());
  judge_record(prepared, run, lives, checks);

  const auto& skus = prepared.choice.skus;
  const Promises promises = promises_of(lives, skus, run.names());
  std::vector<LiveUnits> live = live_units(lives, promises.orders, run.clock());
  if (!may_ask) {
    checks.push_back(judge_limit(live, prepared.limits.per_buyer));
    checks.push_back(judge_total_limit(live, prepared.limits.per_buyer_total));
    return judgement;
  }
  AuditInput input{.api = *prepared.api,
                   .admin = prepared.admin.get(),
                   .campaign = prepared.scenario.campaign,
                   .promises = promises.orders,
                   .baseline = prepared.baseline,
                   .limits = prepared.limits,
                   .live = std::move(live),
                   .clock_offset_ns = prepared.campaign.clock_offset_ns,
                   .clock_error_ns = prepared.campaign.clock_error_ns,
                   .unknown_units = unknown_by_sku(promises, skus)};
  for (std::size_t i = 0; i < skus.size(); ++i) {
    if (promises.sold_out_quantity[i]) input.sold_out_quantity[skus[i].sku] = *promises.sold_out_quantity[i];
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
  const Result<CampaignView> campaign = read_campaign(*api, record->header.campaign);
  if (!campaign) return report_error(campaign.error(), out, err);
  const AuditInput input{.api = *api,
                         .admin = record->header.baseline.empty() ? nullptr : admin.get(),
                         .campaign = record->header.campaign,
                         .promises = record->promises,
                         .baseline = record->header.baseline,
                         .limits = record->header.limits,
                         .live = final_units(record->promises),
                         .clock_offset_ns = campaign->clock_offset_ns,
                         .clock_error_ns = campaign->clock_error_ns,
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
                                                   .limits = prepared->limits,
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
    const Promises promises = promises_of(Lives(run.record()), prepared->choice.skus, run.names());
    const Status ended =
        record_file->finish(measured.sent, unknown_by_sku(promises, prepared->choice.skus), promises.orders);
    if (!ended) return report_error(ended.error(), out, err);
  }

  const Judgement judgement = judge(options, *prepared, run);
  bool written = write_file(options.json_file, report_json(head, measured, judgement), err);
  written =
      write_file(options.hgrm_file, measured.response.hgrm(static_cast<double>(kNsPerMillisecond)), err) &&
      written;
  return verdict(judgement, written, out);
}

}  // namespace doorbuster::load
