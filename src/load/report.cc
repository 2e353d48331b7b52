#include "load/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>

#include "doorbuster/base/tick.h"
#include "load/progress.h"

namespace doorbuster::load {
namespace {

struct Percentile {
  double value;
  const char* label;
  const char* member;
};
constexpr Percentile kPercentiles[] = {
    {50, "p50", "p50"},       {75, "p75", "p75"},          {90, "p90", "p90"}, {99, "p99", "p99"},
    {99.9, "p99.9", "p99_9"}, {99.99, "p99.99", "p99_99"}, {100, "max", "max"}};

std::string grouped_count(std::uint64_t count) {
  return grouped(static_cast<std::int64_t>(count));
}

std::string percentile_row(const char* name, const Histogram& histogram) {
  std::string row = fmt::format("{:<14}", name);
  for (const Percentile& p : kPercentiles)
    row += fmt::format(" {:>10}", duration_text(histogram.value_at_percentile(p.value)));
  return row + "\n";
}

std::string histogram_json(const Histogram& histogram) {
  std::string out = fmt::format(R"({{"count":{},"mean":{:.0f},"min":{})", histogram.total_count(),
                                histogram.mean(), histogram.min());
  for (const Percentile& p : kPercentiles) {
    out += fmt::format(R"(,"{}":{})", p.member, histogram.value_at_percentile(p.value));
  }
  return out + "}";
}

std::string check_json(const Check& check) {
  std::string examples;
  for (const std::string& example : check.examples) {
    examples += (examples.empty() ? "" : ",") + json_string(example);
  }
  const char* result = !check.skipped.empty() ? "skipped" : check.passed() ? "passed" : "failed";
  return fmt::format(
      R"({{"name":{},"result":"{}","compared":{},"broken":{},"examples":[{}]}})", json_string(check.name),
      result, json_string(check.skipped.empty() ? check.compared : check.skipped), check.broken, examples);
}

std::string checks_json(const std::vector<Check>& checks) {
  std::string out;
  for (const Check& check : checks) out += (out.empty() ? "" : ",\n    ") + check_json(check);
  return out;
}

}  // namespace

Measurements measure(const RunRecord& record, const Plan& plan, const Histogram& lag) {
  Measurements m;
  m.planned_seconds = static_cast<double>(plan.duration_ns) / static_cast<double>(kNsPerSecond);
  m.asked_rate = m.planned_seconds > 0 ? static_cast<double>(plan.visitors.size()) / m.planned_seconds : 0;
  m.planned_visitors = record.planned_visitors;
  m.unsent_visitors = record.unsent_visitors;
  m.connections_opened = record.connections_opened;
  m.connections_lost = record.connections_lost;
  m.gave_up = record.gave_up;
  m.lag = lag;
  std::int64_t first_ns = std::numeric_limits<std::int64_t>::max();
  std::int64_t last_ns = 0;
  for (const RequestRecord& request : record.requests) {
    ++m.sent;
    ++m.by_answer[request.answer.index()];
    ++m.by_actor[static_cast<std::size_t>(request.ask.actor)];
    ++m.by_verb[static_cast<std::size_t>(request.ask.verb)];
    first_ns = std::min(first_ns, request.sent_ns);
    last_ns = std::max(last_ns, request.sent_ns);
    if (request.answer.unknown()) continue;
    ++m.answered;
    m.response.record(request.answered_ns - request.planned_ns);
    m.service.record(request.answered_ns - request.sent_ns);
  }
  if (m.sent > 1 && last_ns > first_ns) {
    m.sending_seconds = static_cast<double>(last_ns - first_ns) / static_cast<double>(kNsPerSecond);
    m.achieved_rate = static_cast<double>(m.sent) / m.sending_seconds;
  }
  return m;
}

std::string report_text(const RunHead& head, const Measurements& m) {
  std::string out;
  const auto line = [&](const std::string& text) { out += text + "\n"; };
  line(fmt::format("scenario       {}, seed {}, on campaign {} ({} SKU{}) at {}", head.scenario, head.seed,
                   head.campaign, head.skus, head.skus == 1 ? "" : "s", head.target));
  line(fmt::format("connections    {} with up to {} requests in flight each, {} generator thread{}",
                   head.connections, head.pipeline, head.threads, head.threads == 1 ? "" : "s"));
  line(fmt::format("asked for      {} visitors in {:.2f} s, {}/s on average", grouped(m.planned_visitors),
                   m.planned_seconds, grouped(static_cast<std::int64_t>(m.asked_rate))));
  line(fmt::format("achieved       {} requests in {:.2f} s, {}/s, second and later asks included",
                   grouped_count(m.sent), m.sending_seconds,
                   grouped(static_cast<std::int64_t>(m.achieved_rate))));
  if (m.unsent_visitors > 0) line(fmt::format("never sent     {} visitors", grouped(m.unsent_visitors)));
  if (m.connections_lost > 0) {
    line(fmt::format("connections    {} lost while requests were in flight", grouped(m.connections_lost)));
  }
  line("");
  std::string titles = fmt::format("{:<14}", "");
  for (const Percentile& p : kPercentiles) titles += fmt::format(" {:>10}", p.label);
  line(titles);
  out += percentile_row("response time", m.response);
  out += percentile_row("service time", m.service);
  out += percentile_row("own lag", m.lag);
  line("");
  if (m.by_verb[0] < m.sent) {
    line("asked");
    for (std::size_t i = 0; i < m.by_verb.size(); ++i) {
      if (m.by_verb[i] == 0) continue;
      line(fmt::format("  {:<24} {:>14}", verb_name(static_cast<Verb>(i)), grouped_count(m.by_verb[i])));
    }
  }
  line("outcomes");
  for (std::size_t i = 0; i < m.by_answer.size(); ++i) {
    if (m.by_answer[i] == 0) continue;
    line(fmt::format("  {:<24} {:>14}  {:6.2f} %", Answer::name(i), grouped_count(m.by_answer[i]),
                     100.0 * static_cast<double>(m.by_answer[i]) / static_cast<double>(m.sent)));
  }
  return out;
}

std::string checks_text(const std::vector<Check>& checks) {
  std::string out = "audit\n";
  for (const Check& check : checks) {
    const char* result = !check.passed() ? "FAIL" : check.skipped.empty() ? "ok" : "-";
    out += fmt::format("  {:<5} {:<22} {}\n", result, check.name,
                       check.skipped.empty() ? check.compared : "not checked: " + check.skipped);
    for (const std::string& example : check.examples) out += fmt::format("        {}\n", example);
    if (check.broken > check.examples.size()) {
      out += fmt::format("        and {} more\n", grouped_count(check.broken - check.examples.size()));
    }
  }
  return out;
}

std::string record_audit_json(const std::string& record_file, const Judgement& judgement) {
  return fmt::format(
      "{{\n  \"record\":{},\n  \"checks\":[\n    {}\n  ],\n  \"passed\":{},\"verdict\":{}\n}}\n",
      json_string(record_file), checks_json(judgement.checks), judgement.passed(),
      json_string(judgement.verdict()));
}

std::string report_json(const RunHead& head, const Measurements& m, const Judgement& judgement) {
  std::string outcomes;
  for (std::size_t i = 0; i < m.by_answer.size(); ++i) {
    if (m.by_answer[i] == 0) continue;
    outcomes += fmt::format(R"({}"{}":{})", outcomes.empty() ? "" : ",", Answer::name(i), m.by_answer[i]);
  }
  std::string actors;
  for (std::size_t i = 0; i < m.by_actor.size(); ++i) {
    actors += fmt::format(R"({}"{}":{})", actors.empty() ? "" : ",", actor_name(static_cast<Actor>(i)),
                          m.by_actor[i]);
  }
  std::string verbs;
  for (std::size_t i = 0; i < m.by_verb.size(); ++i) {
    verbs +=
        fmt::format(R"({}"{}":{})", verbs.empty() ? "" : ",", verb_name(static_cast<Verb>(i)), m.by_verb[i]);
  }
  return fmt::format(
      "{{\n  \"scenario\":{},\"seed\":{},\"campaign\":{},\"target\":{},\"run\":{},\n"
      "  \"connections\":{},\"pipeline\":{},\"threads\":{},\n"
      "  \"asked\":{{\"visitors\":{},\"seconds\":{:.6f},\"rate\":{:.3f}}},\n"
      "  "
      "\"achieved\":{{\"requests\":{},\"answered\":{},\"seconds\":{:.6f},\"rate\":{:.3f},\"unsent_visitors\":"
      "{},"
      "\"connections_opened\":{},\"connections_lost\":{},\"gave_up\":{}}},\n"
      "  \"unit\":\"nanoseconds\",\n"
      "  \"response_time\":{},\n  \"service_time\":{},\n  \"schedule_lag\":{},\n"
      "  \"outcomes\":{{{}}},\n  \"requests_by_actor\":{{{}}},\n  \"requests_by_verb\":{{{}}},\n"
      "  \"checks\":[\n    {}\n  ],\n  \"passed\":{},\"verdict\":{}\n}}\n",
      json_string(head.scenario), head.seed, json_string(head.campaign), json_string(head.target),
      json_string(head.run), head.connections, head.pipeline, head.threads, m.planned_visitors,
      m.planned_seconds, m.asked_rate, m.sent, m.answered, m.sending_seconds, m.achieved_rate,
      m.unsent_visitors, m.connections_opened, m.connections_lost, m.gave_up, histogram_json(m.response),
      histogram_json(m.service), histogram_json(m.lag), outcomes, actors, verbs,
      checks_json(judgement.checks), judgement.passed(), json_string(judgement.verdict()));
}

}  // namespace doorbuster::load
