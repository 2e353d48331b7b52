#include "catalog/schedule_reader.h"

#include <string>
#include <vector>

#include "doorbuster/base/limits.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

using Texts = std::vector<std::string>;

struct Read {
  ScheduleConfiguration configuration;
  CompiledSchedule schedule;
  Texts errors;
};

Read read(const std::string& text) {
  INFO(text);
  const auto document = JsonDocument::parse(text);
  REQUIRE(document.has_value());
  JsonReader reader(*document);
  Read result;
  read_schedule(reader, document->root(), result.configuration, result.schedule);
  for (const Diagnostic& diagnostic : reader.take_diagnostics())
    result.errors.push_back(diagnostic.pointer + ": " + diagnostic.message);
  CHECK(result.errors.empty() == !result.schedule.windows.empty());
  return result;
}

Texts errors(const std::string& text) {
  return read(text).errors;
}

// What a rule is told, where everything else is in order.
Texts rule_errors(const std::string& rule, const std::string& start = "2026-01-01T08:00:00") {
  return errors(R"({"zone": "UTC", "starts_at": ")" + start + R"(", "duration_seconds": 60, "rrule": ")" +
                rule + "\"}");
}

TEST_CASE("a schedule is read, with defaults for what it does not say") {
  const Read result = read(R"({"zone": "Europe/Berlin", "starts_at": "2026-11-27T08:00:00",
                               "ends_at": "2026-11-27T20:00:00", "rrule": "FREQ=WEEKLY;COUNT=4"})");
  CHECK(result.errors.empty());
  CHECK(result.configuration.zone == "Europe/Berlin");
  CHECK(result.configuration.starts_at == "2026-11-27T08:00:00");
  CHECK(result.configuration.ends_at == "2026-11-27T20:00:00");
  CHECK(result.configuration.duration_seconds == 0);
  CHECK(result.configuration.on_gap == GapPolicy::shift);
  CHECK(result.configuration.on_overlap == OverlapPolicy::first);
  CHECK(result.schedule.windows.size() == 4);
}

TEST_CASE("what a schedule is written as reads back to the same, and is written the same again") {
  const std::string berlin = R"({"zone":"Europe/Berlin","starts_at":"2026-11-27T08:00:00",)";
  for (const std::string& rest :
       {std::string(R"("ends_at":"2026-11-27T20:00:00","on_gap":"shift","on_overlap":"first"})"),
        std::string(
            R"("duration_seconds":60,"rrule":"FREQ=DAILY","on_gap":"skip","on_overlap":"second"})")}) {
    const Read result = read(berlin + rest);
    CHECK(result.errors.empty());
    CHECK(schedule_json(result.configuration) == berlin + rest);
    CHECK(read(schedule_json(result.configuration)).configuration == result.configuration);
  }
}

TEST_CASE("everything that is wrong with single members is said at once") {
  CHECK(
      errors(R"({"zone": "Europe/Berln", "starts_at": "2026-02-30T08:00:00", "ends_at": "tomorrow",
                   "rrule": "FREQ=WEEKLY;BYDAY=XX;COUNT=0", "on_gap": "after"})") ==
      Texts{R"(/zone: "Europe/Berln" is no zone of the IANA database; did you mean "Europe/Berlin"?)",
            R"(/starts_at: "2026-02-30T08:00:00" is no local time of the years 1970 to 2261: write one such )"
            "as 2026-11-27T08:00:00, without an offset",
            R"(/ends_at: "tomorrow" is no local time of the years 1970 to 2261: write one such as )"
            "2026-11-27T08:00:00, without an offset",
            "/rrule: BYDAY=XX: write days such as MO,TU, or with their place such as 2MO and -1FR",
            "/rrule: COUNT=0: write 1 to 1000000", R"(/on_gap: must be "shift" or "skip", not "after")"});
}

TEST_CASE("what is missing or of the wrong type is said once") {
  CHECK(errors("{}") == Texts{R"(: "zone" is missing)", R"(: "starts_at" is missing)",
                              R"(: "ends_at" or "duration_seconds" is missing)"});
  CHECK(errors(R"({"zone": 1, "starts_at": "2026-01-01T08:00:00", "duration_seconds": 0})") ==
        Texts{"/zone: must be a string, not an integer",
              "/duration_seconds: must be an integer from 1 to 31622400 seconds, not 0"});
  CHECK(errors("[]") == Texts{": must be an object, not an array"});
}

TEST_CASE("a zone that is not there comes with those that may be meant") {
  const auto zone_error = [](const std::string& zone) {
    const Texts found =
        errors(R"({"zone": ")" + zone + R"(", "starts_at": "2026-01-01T08:00:00", "duration_seconds": 60})");
    REQUIRE(found.size() == 1);
    return found[0];
  };
  CHECK(zone_error("berlin") ==
        R"(/zone: "berlin" is no zone of the IANA database; did you mean "Europe/Berlin"?)");
  CHECK(zone_error("New York") ==
        R"(/zone: "New York" is no zone of the IANA database; did you mean "America/New_York"?)");
  CHECK(zone_error("Louisville").find(R"("America/)") != std::string::npos);
  CHECK(zone_error("Somewhere/Else/Completely") ==
        R"(/zone: "Somewhere/Else/Completely" is no zone of the IANA database: write a name such as )"
        "Europe/Berlin");
}

TEST_CASE("a local time with an offset, and an end that is none, are refused") {
  CHECK(
      errors(R"({"zone": "UTC", "starts_at": "2026-01-01T08:00:00+01:00", "duration_seconds": 60})") ==
      Texts{R"(/starts_at: "2026-01-01T08:00:00+01:00" is more than a local time: write 2026-01-01T08:00:00 )"
            "alone, zone says where"});
  CHECK(errors(R"({"zone": "UTC", "starts_at": "2026-01-01T08:00:00", "ends_at": "2026-01-01T08:00:00"})") ==
        Texts{"/ends_at: ends_at 2026-01-01T08:00:00 is not after starts_at 2026-01-01T08:00:00"});
  CHECK(errors(R"({"zone": "UTC", "starts_at": "2026-01-01T08:00:00"})") ==
        Texts{R"(: "ends_at" or "duration_seconds" is missing)"});
  CHECK(errors(R"({"zone": "UTC", "starts_at": "2026-01-01T08:00:00", "ends_at": "2026-01-01T09:00:00",
                   "duration_seconds": 60})") ==
        Texts{"/duration_seconds: ends_at says the end already: leave one of them out"});
  CHECK(
      errors(R"({"zone": "UTC", "starts_at": "2261-12-31T23:59:59", "duration_seconds": 60})") ==
      Texts{"/starts_at: the first occurrence is not within the years 1970 to 2261 in UTC: write an earlier "
            "one"});
}

TEST_CASE("a rule's parts are read strictly") {
  struct Case {
    std::string rule, error;
  };
  const std::vector<Case> cases = {
      {"COUNT=2", "FREQ is missing: write FREQ=DAILY, WEEKLY, MONTHLY or YEARLY"},
      {"FREQ=FORTNIGHTLY", "FREQ=FORTNIGHTLY: write DAILY, WEEKLY, MONTHLY or YEARLY"},
      {"FREQ=SECONDLY",
       "FREQ=SECONDLY: too often for a sale: write FREQ=DAILY with the times of the day in BYHOUR and "
       "BYMINUTE"},
      {"FREQ=DAILY;COUNT=5abc", "COUNT=5ABC: write 1 to 1000000"},
      {"FREQ=DAILY;INTERVAL=65537", "INTERVAL=65537: write 1 to 1000"},
      {"FREQ=DAILY;INTERVAL=-1", "INTERVAL=-1: write 1 to 1000"},
      {"FREQ=MONTHLY;BYDAY=257FR",
       "BYDAY=257FR: write days such as MO,TU, or with their place such as 2MO and -1FR"},
      {"FREQ=MONTHLY;BYDAY=0FR",
       "BYDAY=0FR: write days such as MO,TU, or with their place such as 2MO and -1FR"},
      {"FREQ=MONTHLY;BYMONTHDAY=0", "BYMONTHDAY=0: write 1 to 31 or -31 to -1"},
      {"FREQ=MONTHLY;BYMONTHDAY=1,,2", "BYMONTHDAY=: write 1 to 31 or -31 to -1"},
      {"FREQ=DAILY;BYHOUR=24", "BYHOUR=24: write 0 to 23"},
      {"FREQ=DAILY;BYMINUTE=-1", "BYMINUTE=-1: write 0 to 59"},
      {"FREQ=DAILY;WKST=XX", "WKST=XX: weeks begin on MO or SU here: write one of them"},
      {"FREQ=DAILY;FREQ=WEEKLY", "FREQ stands there twice: keep one, with all values in one list"},
      {"FREQ=DAILY;BYDYA=MO", "\"BYDYA\" is no part of a rule; did you mean BYDAY?"},
      {"RRULE:FREQ=DAILY;FREQ=DAILY", "\"RRULE:FREQ\" is no part of a rule: leave out RRULE:"},
      {"FREQ=DAILY;",
       "an empty part: write parts such as FREQ=WEEKLY;BYDAY=FR, with one semicolon between two "
       "of them"},
      {"FREQ=DAILY;DAILY", "\"DAILY\" has no value: write parts such as FREQ=WEEKLY;BYDAY=FR"},
      {"FREQ=DAILY;UNTIL=20260230T000000",
       "UNTIL=20260230T000000: write the last start that is wanted, as local time such as 20261231T235959 or "
       "in "
       "UTC such as 20261231T225959Z"},
      {"FREQ=DAILY;UNTIL=20260101",
       "UNTIL=20260101: write the last start that is wanted, as local time such as 20261231T235959 or in UTC "
       "such as 20261231T225959Z"},
      {"FREQ=DAILY;COUNT=2;UNTIL=20270101T000000", "COUNT and UNTIL are two ends: leave one of them out"},
      {"FREQ=YEARLY;BYWEEKNO=20",
       "BYWEEKNO=20: not possible here: say which days by BYMONTH, BYMONTHDAY and "
       "BYDAY"},
  };
  for (const Case& c : cases) CHECK(rule_errors(c.rule) == Texts{"/rrule: " + c.error});
  CHECK(rule_errors("FREQ=DAILY;BYHOUR=" + std::string(kRruleBytesMax, '1')).size() == 1);
}

TEST_CASE("parts of a rule that do not go together are refused") {
  struct Case {
    std::string rule, error;
  };
  const std::vector<Case> cases = {
      {"FREQ=WEEKLY;BYMONTHDAY=1",
       "BYMONTHDAY does not go with FREQ=WEEKLY: write FREQ=MONTHLY, or BYDAY instead"},
      {"FREQ=DAILY;BYMONTHDAY=-1",
       "BYMONTHDAY=-1: days counted from the end of the month go with FREQ=MONTHLY: write that"},
      {"FREQ=YEARLY;BYMONTH=2,4;BYMONTHDAY=31",
       "no month of BYMONTH has a day of BYMONTHDAY: correct one of them"},
      {"FREQ=WEEKLY;BYDAY=2MO",
       "BYDAY with places such as 2MO goes with FREQ=MONTHLY and FREQ=YEARLY: write MO alone"},
      {"FREQ=MONTHLY;BYDAY=2MO;BYMONTHDAY=1",
       "BYDAY with places such as 2MO does not go with BYMONTHDAY: leave one of them out"},
      {"FREQ=MONTHLY;BYDAY=6MO", "BYDAY: a month has no weekday more than 5 times: write places from 1 to 5"},
      {"FREQ=DAILY;BYHOUR=8,9;BYSETPOS=1",
       "BYSETPOS goes with FREQ=MONTHLY and FREQ=YEARLY: leave it out, and list what is wanted"},
      {"FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS chooses among what BYDAY or BYMONTHDAY leave: add one of them"},
      {"FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6", "BYSETPOS=6: there are 5 starts at most to choose from"},
  };
  for (const Case& c : cases) CHECK(rule_errors(c.rule) == Texts{"/rrule: " + c.error});
  CHECK(
      rule_errors("FREQ=MONTHLY;BYMONTHDAY=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,"
                  "26,27,28,29,30,31,-1") ==
      Texts{"/rrule: BYMONTHDAY has 32 days, at most 31 are possible: leave it out for every day"});
}

TEST_CASE("a start must be one of the rule's times") {
  CHECK(rule_errors("FREQ=WEEKLY;BYDAY=FR") ==
        Texts{"/starts_at: 2026-01-01T08:00:00 is not one of the rule's times: the first from then on is "
              "2026-01-02T08:00:00; write that, or change the rule"});
  CHECK(rule_errors("FREQ=DAILY;BYHOUR=7,20") ==
        Texts{"/starts_at: 2026-01-01T08:00:00 is not one of the rule's times: the first from then on is "
              "2026-01-01T20:00:00; write that, or change the rule"});
}

TEST_CASE("a rule that leaves nothing is refused") {
  CHECK(rule_errors("FREQ=DAILY;UNTIL=20260101T075959") ==
        Texts{"/rrule: UNTIL 2026-01-01T07:59:59 is before starts_at 2026-01-01T08:00:00: not even the first "
              "occurrence is left"});
  CHECK(rule_errors("FREQ=DAILY;UNTIL=20251231T235959Z").size() == 1);
  const Texts no_day{
      "/rrule: no day from 2026-02-01T08:00:00 on is one of the rule: correct the rule or "
      "starts_at"};
  CHECK(rule_errors("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "2026-02-01T08:00:00") == no_day);
  CHECK(rule_errors("FREQ=MONTHLY;INTERVAL=12;BYMONTH=3", "2026-02-01T08:00:00") == no_day);
  CHECK(rule_errors("FREQ=DAILY;INTERVAL=7;BYDAY=MO", "2026-02-01T08:00:00") == no_day);
  CHECK(rule_errors("FREQ=YEARLY;INTERVAL=2;BYMONTH=2;BYMONTHDAY=29", "2026-02-01T08:00:00") != Texts{});
}

TEST_CASE("occurrences that overlap or touch are named") {
  const std::string daily =
      R"({"zone": "Europe/Berlin", "starts_at": "2026-01-01T08:00:00", "rrule": "FREQ=DAILY",)";
  CHECK(
      errors(daily + R"("ends_at": "2026-01-02T08:00:00"})") ==
      Texts{"/ends_at: the occurrence of 2026-01-01T08:00:00 ends at 2026-01-02T08:00:00+01:00 CET, and the "
            "one of 2026-01-02T08:00:00 starts at 2026-01-02T08:00:00+01:00 CET: they touch; end earlier, or "
            "let the rule leave more room"});
  // Every day but the one of 23 hours leaves room.
  CHECK(
      errors(daily + R"("duration_seconds": 84600})") ==
      Texts{
          "/duration_seconds: the occurrence of 2026-03-28T08:00:00 ends at 2026-03-29T08:30:00+02:00 CEST, "
          "and the one of 2026-03-29T08:00:00 starts at 2026-03-29T08:00:00+02:00 CEST: they overlap; end "
          "earlier, or let the rule leave more room"});
}

TEST_CASE("an occurrence that a gap turns round is refused") {
  const std::string text = R"({"zone": "Europe/Berlin", "starts_at": "2026-03-28T02:30:00",
      "ends_at": "2026-03-28T03:15:00", "rrule": "FREQ=DAILY;COUNT=3", "on_gap": )";
  CHECK(
      errors(text + R"("shift"})") ==
      Texts{
          "/ends_at: the clocks change within the occurrence of 2026-03-29T02:30:00, so that it would end at "
          "2026-03-29T03:15:00+02:00 CEST and start at 2026-03-29T03:30:00+02:00 CEST: write "
          "duration_seconds instead, or \"on_gap\": \"skip\""});
  CHECK(read(text + R"("skip"})").schedule.windows.size() == 3);
}

TEST_CASE("outside of a file, every reason is a line with its member") {
  ScheduleConfiguration configuration;
  configuration.zone = "Nowhere";
  configuration.starts_at = "2026-01-01T08:00:00Z";
  const Result<CompiledSchedule> schedule = compile_schedule(configuration);
  REQUIRE_FALSE(schedule.has_value());
  CHECK(schedule.error().kind == ErrorKind::configuration);
  CHECK(
      schedule.error().message ==
      "zone: \"Nowhere\" is no zone of the IANA database: write a name such as Europe/Berlin\n"
      "starts_at: \"2026-01-01T08:00:00Z\" is more than a local time: write 2026-01-01T08:00:00 alone, zone "
      "says where\n"
      "\"ends_at\" or \"duration_seconds\" is missing");
}

TEST_CASE("the keys of a schedule are listed") {
  Texts keys;
  add_schedule_keys("/campaigns/*/schedule", keys);
  CHECK(keys == Texts{"/campaigns/*/schedule/zone", "/campaigns/*/schedule/starts_at",
                      "/campaigns/*/schedule/ends_at", "/campaigns/*/schedule/duration_seconds",
                      "/campaigns/*/schedule/rrule", "/campaigns/*/schedule/on_gap",
                      "/campaigns/*/schedule/on_overlap"});
}

}  // namespace
}  // namespace doorbuster
