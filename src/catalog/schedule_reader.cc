#include "catalog/schedule_reader.h"

#include <utility>

#include "catalog/campaign_reader.h"
#include "catalog/schedule_compiler.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

constexpr std::size_t kLocalTimeBytesMax =
    64;  // more than any form that the compiler has something to say to

constexpr std::pair<std::string_view, GapPolicy> kGapPolicies[] = {{"shift", GapPolicy::shift},
                                                                   {"skip", GapPolicy::skip}};
constexpr std::pair<std::string_view, OverlapPolicy> kOverlapPolicies[] = {{"first", OverlapPolicy::first},
                                                                           {"second", OverlapPolicy::second}};

template <auto Field, std::size_t BytesMax>
void read_text(JsonReader& reader, const JsonNode& node, ScheduleConfiguration& schedule) {
  reader.string(node, {1, BytesMax}, schedule.*Field);
}

constexpr JsonMember<ScheduleConfiguration> kScheduleMembers[] = {
    {"zone", Presence::required, read_text<&ScheduleConfiguration::zone, kIdentifierBytesMax>},
    {"starts_at", Presence::required, read_text<&ScheduleConfiguration::starts_at, kLocalTimeBytesMax>},
    {"ends_at", Presence::optional, read_text<&ScheduleConfiguration::ends_at, kLocalTimeBytesMax>},
    {"duration_seconds", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ScheduleConfiguration& s) {
       r.integer(n, {1, kScheduleSecondsMax, "seconds"}, s.duration_seconds);
     }},
    {"rrule", Presence::optional, read_text<&ScheduleConfiguration::rrule, kRruleBytesMax>},
    {"on_gap", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ScheduleConfiguration& s) { r.choice(n, kGapPolicies, s.on_gap); }},
    {"on_overlap", Presence::optional,
     [](JsonReader& r, const JsonNode& n, ScheduleConfiguration& s) {
       r.choice(n, kOverlapPolicies, s.on_overlap);
     }},
};

template <typename E, std::size_t N>
std::string_view word_of(const std::pair<std::string_view, E> (&choices)[N], E value) {
  for (const auto& [word, choice] : choices) {
    if (choice == value) return word;
  }
  return {};
}

// A member that is left out has its default: what is wrong with that is said of the whole.
void report(JsonReader& reader, const JsonNode& node, const ScheduleFault& fault) {
  const JsonNode* member = fault.member.empty() ? nullptr : node.find(fault.member);
  reader.error(member != nullptr ? *member : node, fault.message);
}

// Of members that were read, while others were not: those, what was said of them is enough.
void report_member_faults(JsonReader& reader, const JsonNode& node, const ScheduleFaults& faults) {
  std::vector<const ScheduleFault*> fresh;
  for (const ScheduleFault& fault : faults) {
    const bool no_end = fault.member.empty();
    const bool end_was_tried = node.find("ends_at") != nullptr || node.find("duration_seconds") != nullptr;
    if (no_end ? !end_was_tried : reader.sound(node, fault.member) != nullptr) fresh.push_back(&fault);
  }
  for (const ScheduleFault* fault : fresh) report(reader, node, *fault);
}

}  // namespace

void read_schedule(JsonReader& reader, const JsonNode& node, ScheduleConfiguration& configuration,
                   CompiledSchedule& schedule) {
  if (!reader.object(node, kScheduleMembers, configuration)) {
    if (node.is(JsonType::object)) report_member_faults(reader, node, find_member_faults(configuration));
    return;
  }
  if (auto compiled = try_compile(configuration)) {
    schedule = std::move(*compiled);
  } else {
    for (const ScheduleFault& fault : compiled.error()) report(reader, node, fault);
  }
}

void add_schedule_keys(std::string_view under, std::vector<std::string>& keys) {
  add_keys(under, kScheduleMembers, keys);
}

std::string schedule_zone(std::string_view json) {
  constexpr std::string_view kBefore = "{\"zone\":\"";
  if (!json.starts_with(kBefore)) return "UTC";
  json.remove_prefix(kBefore.size());
  return std::string(json.substr(0, json.find('"')));
}

std::string schedule_json(const ScheduleConfiguration& configuration) {
  std::string out;
  const auto add_key = [&](std::string_view key) {
    out += out.empty() ? '{' : ',';
    append_json_string(out, key);
    out += ':';
  };
  const auto add_text = [&](std::string_view key, std::string_view value) {
    if (value.empty()) return;
    add_key(key);
    append_json_string(out, value);
  };
  add_text("zone", configuration.zone);
  add_text("starts_at", configuration.starts_at);
  add_text("ends_at", configuration.ends_at);
  if (configuration.duration_seconds != 0) {
    add_key("duration_seconds");
    out += std::to_string(configuration.duration_seconds);
  }
  add_text("rrule", configuration.rrule);
  add_text("on_gap", word_of(kGapPolicies, configuration.on_gap));
  add_text("on_overlap", word_of(kOverlapPolicies, configuration.on_overlap));
  return out + '}';
}

}  // namespace doorbuster
