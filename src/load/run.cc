#include <fmt/format.h>

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
#include "load/load_run.h"
#include "load/prepare.h"
#include "load/record_file.h"
#include "load/report.h"

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

Judgement judge(const LoadOptions& options, Prepared& prepared, LoadRun& run) {
  Judgement judgement;
  auto& checks = judgement.checks;
  Check complete{.name = "target", .compared = "reachable until the end"};
  if (run.record().gave_up) {
    complete.fail(fmt::format("{} stopped accepting connections; {} visitors were never sent",
                              prepared.target.url(), grouped(run.record().unsent_visitors)));
  }
  if (options.audit && !run.record().gave_up) {
    if (const Status settled = settle_unknown(*prepared.api, run.writer(), run.start_ns(), run.record());
        !settled) {
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
  written =
      write_file(options.hgrm_file, measured.response.hgrm(static_cast<double>(kNsPerMillisecond)), err) &&
      written;
  return verdict(judgement, written, out);
}

}  // namespace doorbuster::load
