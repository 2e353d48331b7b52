#include "doorbuster/catalog/schedule.h"

#include <algorithm>
#include <string>
#include <thread>
#include <vector>

#include "doorbuster/base/limits.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

constexpr std::int64_t kHour = 3600;

ScheduleConfiguration lasting(std::int64_t duration_seconds, std::string zone, std::string starts_at,
                              std::string rrule = "") {
  ScheduleConfiguration configuration;
  configuration.zone = std::move(zone);
  configuration.starts_at = std::move(starts_at);
  configuration.duration_seconds = duration_seconds;
  configuration.rrule = std::move(rrule);
  return configuration;
}

ScheduleConfiguration until(std::string ends_at, std::string zone, std::string starts_at,
                            std::string rrule = "") {
  ScheduleConfiguration configuration = lasting(0, std::move(zone), std::move(starts_at), std::move(rrule));
  configuration.ends_at = std::move(ends_at);
  return configuration;
}

CompiledSchedule compiled(const ScheduleConfiguration& configuration) {
  const Result<CompiledSchedule> schedule = compile_schedule(configuration);
  INFO(schedule_json(configuration));
  INFO((schedule ? "" : schedule.error().message));
  REQUIRE(schedule.has_value());
  return *schedule;
}

// What the zone's clocks show at the starts.
std::vector<std::string> starts(const ScheduleConfiguration& configuration) {
  std::vector<std::string> shown;
  for (const Window& window : compiled(configuration).windows)
    shown.push_back(format_local(window.from, configuration.zone));
  return shown;
}

std::int64_t seconds(const Window& window) {
  return (window.to.ns - window.from.ns) / kNsPerSecond;
}

using Texts = std::vector<std::string>;

TEST_CASE("a schedule without a rule is one window") {
  const CompiledSchedule schedule =
      compiled(until("2026-11-27T20:00:00", "Europe/Berlin", "2026-11-27T08:00:00"));
  REQUIRE(schedule.windows.size() == 1);
  CHECK(format_rfc3339(schedule.windows[0].from) == "2026-11-27T07:00:00Z");
  CHECK(format_rfc3339(schedule.windows[0].to) == "2026-11-27T19:00:00Z");
  CHECK_FALSE(schedule.cut);
}

TEST_CASE("a wall-clock time keeps its place on the clock across both changes of a year") {
  struct Case {
    std::string zone, first;
    Texts expected;
  };
  const std::vector<Case> cases = {
      {"Europe/Berlin",
       "2026-03-28T08:00:00",
       {"2026-03-28T08:00:00+01:00 CET", "2026-03-29T08:00:00+02:00 CEST", "2026-03-30T08:00:00+02:00 CEST"}},
      {"Europe/Berlin",
       "2026-10-24T08:00:00",
       {"2026-10-24T08:00:00+02:00 CEST", "2026-10-25T08:00:00+01:00 CET", "2026-10-26T08:00:00+01:00 CET"}},
      {"Europe/Berlin",
       "2027-03-27T08:00:00",
       {"2027-03-27T08:00:00+01:00 CET", "2027-03-28T08:00:00+02:00 CEST", "2027-03-29T08:00:00+02:00 CEST"}},
      {"Europe/Berlin",
       "2027-10-30T08:00:00",
       {"2027-10-30T08:00:00+02:00 CEST", "2027-10-31T08:00:00+01:00 CET", "2027-11-01T08:00:00+01:00 CET"}},
      {"America/New_York",
       "2026-03-07T08:00:00",
       {"2026-03-07T08:00:00-05:00 EST", "2026-03-08T08:00:00-04:00 EDT", "2026-03-09T08:00:00-04:00 EDT"}},
      {"America/New_York",
       "2026-10-31T08:00:00",
       {"2026-10-31T08:00:00-04:00 EDT", "2026-11-01T08:00:00-05:00 EST", "2026-11-02T08:00:00-05:00 EST"}},
      {"America/New_York",
       "2027-03-13T08:00:00",
       {"2027-03-13T08:00:00-05:00 EST", "2027-03-14T08:00:00-04:00 EDT", "2027-03-15T08:00:00-04:00 EDT"}},
      {"America/New_York",
       "2027-11-06T08:00:00",
       {"2027-11-06T08:00:00-04:00 EDT", "2027-11-07T08:00:00-05:00 EST", "2027-11-08T08:00:00-05:00 EST"}},
  };
  for (const Case& c : cases)
    CHECK(starts(lasting(kHour, c.zone, c.first, "FREQ=DAILY;COUNT=3")) == c.expected);
}

TEST_CASE("a start that the clocks skip is shifted by the gap, or skipped") {
  struct Case {
    std::string zone, start, shifted;
  };
  const std::vector<Case> cases = {
      {"Europe/Berlin", "2026-03-29T02:30:00", "2026-03-29T03:30:00+02:00 CEST"},
      {"Europe/Berlin", "2027-03-28T02:00:00", "2027-03-28T03:00:00+02:00 CEST"},
      {"America/New_York", "2026-03-08T02:59:59", "2026-03-08T03:59:59-04:00 EDT"},
      {"America/New_York", "2027-03-14T02:30:00", "2027-03-14T03:30:00-04:00 EDT"},
      {"Asia/Beirut", "2026-03-29T00:00:00", "2026-03-29T01:00:00+03:00 EEST"},
      {"Africa/Cairo", "2026-04-24T00:30:00", "2026-04-24T01:30:00+03:00 EEST"},
      {"America/Sao_Paulo", "2018-11-04T00:00:00", "2018-11-04T01:00:00-02:00"},
      {"Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-04T02:45:00+11:00"},
      {"Pacific/Apia", "2011-12-30T12:00:00", "2011-12-31T12:00:00+14:00"},
  };
  for (const Case& c : cases) {
    ScheduleConfiguration configuration = lasting(60, c.zone, c.start);
    CHECK(starts(configuration) == Texts{c.shifted});
    configuration.on_gap = GapPolicy::skip;
    const Result<CompiledSchedule> skipped = compile_schedule(configuration);
    REQUIRE_FALSE(skipped.has_value());
    CHECK(skipped.error().message == "on_gap: there is no occurrence left: the clocks in " + c.zone +
                                         " skip " + c.start + "; write \"shift\", or another starts_at");
  }
}

TEST_CASE("a skipped occurrence leaves the others, and does not count") {
  ScheduleConfiguration configuration =
      lasting(60, "Europe/Berlin", "2026-03-28T02:30:00", "FREQ=DAILY;COUNT=3");
  CHECK(starts(configuration) == Texts{"2026-03-28T02:30:00+01:00 CET", "2026-03-29T03:30:00+02:00 CEST",
                                       "2026-03-30T02:30:00+02:00 CEST"});
  configuration.on_gap = GapPolicy::skip;
  CHECK(starts(configuration) == Texts{"2026-03-28T02:30:00+01:00 CET", "2026-03-30T02:30:00+02:00 CEST",
                                       "2026-03-31T02:30:00+02:00 CEST"});
  configuration.starts_at = "2026-03-29T02:30:00";  // the first one is the skipped one
  CHECK(starts(configuration).front() == "2026-03-30T02:30:00+02:00 CEST");
}

TEST_CASE("where a shift changes the order of two starts, windows and UNTIL go by instants") {
  const std::string rule = "FREQ=DAILY;BYHOUR=2;BYMINUTE=15,30;";
  const auto of = [&](const std::string& end) {
    return starts(lasting(60, "Australia/Lord_Howe", "2026-10-03T02:15:00", rule + end));
  };
  // On the 4th, 02:15 does not exist and becomes 02:45.
  CHECK(of("COUNT=4") == Texts{"2026-10-03T02:15:00+10:30", "2026-10-03T02:30:00+10:30",
                               "2026-10-04T02:30:00+11:00", "2026-10-04T02:45:00+11:00"});
  CHECK(of("UNTIL=20261003T153000Z") ==
        Texts{"2026-10-03T02:15:00+10:30", "2026-10-03T02:30:00+10:30", "2026-10-04T02:30:00+11:00"});
}

TEST_CASE("a time that the clocks show twice is the first or the second") {
  struct Case {
    std::string zone, start, first, second;
  };
  const std::vector<Case> cases = {
      {"Europe/Berlin", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z", "2026-10-25T01:30:00Z"},
      {"Europe/Berlin", "2027-10-31T02:00:00", "2027-10-31T00:00:00Z", "2027-10-31T01:00:00Z"},
      {"America/New_York", "2026-11-01T01:30:00", "2026-11-01T05:30:00Z", "2026-11-01T06:30:00Z"},
      {"America/New_York", "2027-11-07T01:59:59", "2027-11-07T05:59:59Z", "2027-11-07T06:59:59Z"},
      {"Australia/Lord_Howe", "2026-04-05T01:45:00", "2026-04-04T14:45:00Z", "2026-04-04T15:15:00Z"},
      {"Africa/Cairo", "2026-10-29T23:30:00", "2026-10-29T20:30:00Z", "2026-10-29T21:30:00Z"},
  };
  for (const Case& c : cases) {
    ScheduleConfiguration configuration = lasting(60, c.zone, c.start);
    CHECK(format_rfc3339(compiled(configuration).windows[0].from) == c.first);
    configuration.on_overlap = OverlapPolicy::second;
    CHECK(format_rfc3339(compiled(configuration).windows[0].from) == c.second);
  }
}

TEST_CASE("ends_at follows the clock on the wall, duration_seconds does not") {
  const std::string zone = "Europe/Berlin";
  const std::string daily = "FREQ=DAILY;COUNT=3";
  const auto lengths = [](const ScheduleConfiguration& configuration) {
    std::vector<std::int64_t> hours;
    for (const Window& window : compiled(configuration).windows) hours.push_back(seconds(window) / kHour);
    return hours;
  };
  using Hours = std::vector<std::int64_t>;
  CHECK(lengths(until("2026-03-28T12:00:00", zone, "2026-03-28T00:00:00", daily)) == Hours{12, 11, 12});
  CHECK(lengths(lasting(12 * kHour, zone, "2026-03-28T00:00:00", daily)) == Hours{12, 12, 12});
  CHECK(lengths(until("2026-10-24T12:00:00", zone, "2026-10-24T00:00:00", daily)) == Hours{12, 13, 12});
  CHECK(lengths(until("2026-10-25T04:00:00", zone, "2026-10-24T22:00:00", daily)) == Hours{7, 6, 6});
  CHECK(lengths(until("2026-10-24T20:00:00", zone, "2026-10-24T08:00:00", daily)) == Hours{12, 12, 12});
}

TEST_CASE("an end is found by the same policies as a start, but never skipped") {
  const auto end = [](const ScheduleConfiguration& configuration) {
    return format_rfc3339(compiled(configuration).windows.at(0).to);
  };
  ScheduleConfiguration gap = until("2026-03-29T02:30:00", "Europe/Berlin", "2026-03-29T00:00:00");
  CHECK(end(gap) == "2026-03-29T01:30:00Z");
  gap.on_gap = GapPolicy::skip;
  CHECK(end(gap) == "2026-03-29T01:30:00Z");
  ScheduleConfiguration overlap = until("2026-10-25T02:30:00", "Europe/Berlin", "2026-10-25T00:00:00");
  CHECK(end(overlap) == "2026-10-25T00:30:00Z");
  overlap.on_overlap = OverlapPolicy::second;
  CHECK(end(overlap) == "2026-10-25T01:30:00Z");
}

TEST_CASE("a weekly campaign runs through a year and more") {
  const Texts shown =
      starts(until("2026-01-02T12:00:00", "America/New_York", "2026-01-02T08:00:00", "FREQ=WEEKLY;COUNT=60"));
  REQUIRE(shown.size() == 60);
  for (const std::string& start : shown) CHECK(start.find("T08:00:00-0") == 10);
  CHECK(shown[9] == "2026-03-06T08:00:00-05:00 EST");
  CHECK(shown[10] == "2026-03-13T08:00:00-04:00 EDT");
  CHECK(shown[59] == "2027-02-19T08:00:00-05:00 EST");
}

TEST_CASE("rules choose the days that RFC 5545 says") {
  struct Case {
    std::string start, rule;
    Texts expected;  // days
  };
  const std::vector<Case> cases = {
      {"2026-01-30",
       "FREQ=MONTHLY;BYDAY=-1FR;COUNT=4",
       {"2026-01-30", "2026-02-27", "2026-03-27", "2026-04-24"}},
      {"2026-01-01",
       "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=1,-1;COUNT=4",
       {"2026-01-01", "2026-01-30", "2026-02-02", "2026-02-27"}},
      {"2026-01-31", "FREQ=MONTHLY;COUNT=3", {"2026-01-31", "2026-03-31", "2026-05-31"}},
      {"2026-01-31", "FREQ=MONTHLY;BYMONTHDAY=-1;COUNT=3", {"2026-01-31", "2026-02-28", "2026-03-31"}},
      {"2026-02-13",
       "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13;COUNT=3",
       {"2026-02-13", "2026-03-13", "2026-11-13"}},
      {"2024-02-29", "FREQ=YEARLY;COUNT=3", {"2024-02-29", "2028-02-29", "2032-02-29"}},
      {"2096-02-29", "FREQ=YEARLY;COUNT=2", {"2096-02-29", "2104-02-29"}},  // 2100 is no leap year
      {"2026-01-13", "FREQ=YEARLY;BYMONTHDAY=13;COUNT=3", {"2026-01-13", "2026-02-13", "2026-03-13"}},
      {"2026-11-27", "FREQ=YEARLY;BYMONTH=11;BYDAY=4FR;COUNT=3", {"2026-11-27", "2027-11-26", "2028-11-24"}},
      {"2026-01-05",
       "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR;COUNT=4",
       {"2026-01-05", "2026-01-09", "2026-01-19", "2026-01-23"}},
      // The example of RFC 5545 that the start of the week decides.
      {"1997-08-05",
       "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=MO",
       {"1997-08-05", "1997-08-10", "1997-08-19", "1997-08-24"}},
      {"1997-08-05",
       "FREQ=WEEKLY;INTERVAL=2;COUNT=4;BYDAY=TU,SU;WKST=SU",
       {"1997-08-05", "1997-08-17", "1997-08-19", "1997-08-31"}},
      {"2026-01-30", "FREQ=DAILY;INTERVAL=3;COUNT=3", {"2026-01-30", "2026-02-02", "2026-02-05"}},
      {"2026-12-24",
       "FREQ=DAILY;BYMONTH=12;BYMONTHDAY=24,25;COUNT=3",
       {"2026-12-24", "2026-12-25", "2027-12-24"}},
      {"2026-01-01", "freq=daily;count=2", {"2026-01-01", "2026-01-02"}},
      {"2026-01-01", "FREQ=DAILY;UNTIL=20260103T080000", {"2026-01-01", "2026-01-02", "2026-01-03"}},
      {"2026-01-01", "FREQ=DAILY;UNTIL=20260103T075959", {"2026-01-01", "2026-01-02"}},
      // 08:00 in Berlin is 07:00 in UTC.
      {"2026-01-01", "FREQ=DAILY;UNTIL=20260103T070000Z", {"2026-01-01", "2026-01-02", "2026-01-03"}},
      {"2026-01-01", "FREQ=DAILY;UNTIL=20260103T065959Z", {"2026-01-01", "2026-01-02"}},
  };
  for (const Case& c : cases) {
    Texts days;
    for (const std::string& start : starts(lasting(60, "Europe/Berlin", c.start + "T08:00:00", c.rule)))
      days.push_back(start.substr(0, 10));
    INFO(c.rule);
    CHECK(days == c.expected);
  }
}

TEST_CASE("several times of a day are in the order of the day, whatever the rule's text says") {
  CHECK(
      starts(lasting(60, "UTC", "2026-01-01T12:30:00", "FREQ=DAILY;BYHOUR=20,8,12;BYMINUTE=30,0;COUNT=4")) ==
      Texts{"2026-01-01T12:30:00+00:00 UTC", "2026-01-01T20:00:00+00:00 UTC", "2026-01-01T20:30:00+00:00 UTC",
            "2026-01-02T08:00:00+00:00 UTC"});
}

TEST_CASE("positions count the times of a period, from its beginning") {
  CHECK(starts(lasting(60, "UTC", "2026-01-30T20:00:00",
                       "FREQ=MONTHLY;BYDAY=FR;BYHOUR=8,20;BYSETPOS=-1;COUNT=2")) ==
        Texts{"2026-01-30T20:00:00+00:00 UTC", "2026-02-27T20:00:00+00:00 UTC"});
  CHECK(starts(lasting(60, "UTC", "2026-07-06T08:00:00", "FREQ=YEARLY;BYDAY=MO;BYSETPOS=27;COUNT=2")) ==
        Texts{"2026-07-06T08:00:00+00:00 UTC", "2027-07-05T08:00:00+00:00 UTC"});
}

TEST_CASE("a rule that goes on is cut after the occurrences that there can be, or after the last year") {
  const CompiledSchedule daily = compiled(lasting(kHour, "UTC", "2026-01-01T08:00:00", "FREQ=DAILY"));
  CHECK(daily.windows.size() == kOccurrencesMax);
  CHECK(daily.cut);
  const CompiledSchedule exact =
      compiled(lasting(kHour, "UTC", "2026-01-01T08:00:00", "FREQ=DAILY;COUNT=1000"));
  CHECK(exact.windows == daily.windows);
  CHECK_FALSE(exact.cut);
  CHECK(compiled(lasting(kHour, "UTC", "2026-01-01T08:00:00", "FREQ=DAILY;COUNT=1001")).cut);
  const CompiledSchedule yearly = compiled(lasting(kHour, "UTC", "2026-12-31T23:00:00", "FREQ=YEARLY"));
  CHECK(yearly.windows.size() == 236);
  CHECK(format_rfc3339(yearly.windows.back().to) == "2262-01-01T00:00:00Z");
  CHECK(yearly.cut);
  CHECK_FALSE(
      compiled(lasting(kHour, "UTC", "2026-12-31T23:00:00", "FREQ=YEARLY;UNTIL=22611231T235959")).cut);
}

TEST_CASE("schedules can be compiled by several threads at once") {
  const ScheduleConfiguration configuration =
      lasting(kHour, "Europe/Berlin", "2026-01-30T08:00:00", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=50");
  const CompiledSchedule expected = compiled(configuration);
  std::vector<Result<CompiledSchedule>> results(4);
  std::vector<std::jthread> threads;
  for (Result<CompiledSchedule>& result : results)
    threads.emplace_back([&] { result = compile_schedule(configuration); });
  threads.clear();
  for (const Result<CompiledSchedule>& result : results) {
    REQUIRE(result.has_value());
    CHECK(result->windows == expected.windows);
  }
}

TEST_CASE("only names of the database are zones") {
  for (const char* name : {"Europe/Berlin", "UTC", "Etc/GMT+5", "America/Argentina/Buenos_Aires", "GB"})
    CHECK(zone_exists(name));
  for (const char* name : {"", "Europe", "Europe/", "Europe//Berlin", "europe/berlin", "CEST", "localtime",
                           "posixrules", "right/Europe/Berlin", "../zoneinfo/UTC", "/usr/share/zoneinfo/UTC",
                           "Etc/../UTC", "file:/usr/share/zoneinfo/UTC", "Fixed/UTC+01:00:00", "tzdata.zi"})
    CHECK_FALSE(zone_exists(name));
  CHECK_FALSE(zone_exists(std::string("UTC\0", 4)));
  CHECK_FALSE(zone_exists(std::string(100, 'A')));
}

TEST_CASE("local times are shown with offset and abbreviation") {
  const Tick tick = *parse_rfc3339("2026-07-01T12:00:00.25Z");
  CHECK(format_local(tick, "Europe/Berlin") == "2026-07-01T14:00:00.25+02:00 CEST");
  CHECK(format_local(tick, "Asia/Kolkata") == "2026-07-01T17:30:00.25+05:30 IST");
  CHECK(format_local(tick, "America/Sao_Paulo") == "2026-07-01T09:00:00.25-03:00");
  CHECK(format_local(tick, "No/Where") == "2026-07-01T12:00:00.250Z");
}

TEST_CASE("the database says its version") {
  const std::string version = zone_database_version();
  REQUIRE(version.size() >= 5);
  CHECK(version.substr(0, 2) == "20");
}

}  // namespace
}  // namespace doorbuster
