#pragma once
// The result for people and for machines.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "doorbuster/load/histogram.h"
#include "doorbuster/load/plan.h"
#include "load/judge.h"
#include "load/record.h"

namespace doorbuster::load {

struct Measurements {
  double asked_rate = 0;  // visitors per second over the plan's length
  double planned_seconds = 0;
  double sending_seconds = 0;  // first to last send
  double achieved_rate = 0;    // requests per second over it
  std::int64_t planned_visitors = 0, unsent_visitors = 0;
  std::uint64_t sent = 0, answered = 0;
  std::int64_t connections_opened = 0, connections_lost = 0;
  std::array<std::uint64_t, Answer::kCount> by_answer{};
  std::array<std::uint64_t, kActorCount> by_actor{};
  std::array<std::uint64_t, kVerbCount> by_verb{};
  Histogram response;  // answered - planned
  Histogram service;   // answered - sent
  Histogram lag;       // the generator's own
  bool gave_up = false;
};
Measurements measure(const RunRecord& record, const Plan& plan, const Histogram& lag);

struct RunHead {
  std::string scenario, campaign, target, run;
  std::uint64_t seed = 0;
  std::uint32_t connections = 0, pipeline = 0, threads = 0;
  std::size_t skus = 0;
};

std::string report_text(const RunHead& head, const Measurements& measured);
std::string checks_text(const std::vector<Check>& checks);
// The audit of a record: no load, no measurements.
std::string record_audit_json(const std::string& record_file, const Judgement& judgement);
std::string report_json(const RunHead& head, const Measurements& measured, const Judgement& judgement);

}  // namespace doorbuster::load
