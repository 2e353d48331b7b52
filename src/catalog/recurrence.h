#pragma once
// The days of a recurrence rule. libical does the calendar; what it does not do rightly never reaches it.
//
// What was found in libical 3.0.16, and what follows from it:
//   - its reader takes what is no rule (COUNT=5abc, INTERVAL=65537 as 1, BYDAY=257FR as 1FR) and says of what
//   it
//     refuses only that it is malformed: recurrence_rule.h reads the text;
//   - one step of an HOURLY or MINUTELY rule that no day fits takes minutes to hours, whatever the caller
//   does:
//     refused;
//   - BYSETPOS is ignored in DAILY and WEEKLY rules, and counts days where RFC 5545 counts times; a month
//   that
//     it leaves empty costs seconds until the year 20000: refused there, and applied here;
//   - BYMONTHDAY=-1 in a DAILY rule finds nothing, BYWEEKNO finds other days and not in order: refused;
//   - BYMONTHDAY in a YEARLY rule without BYMONTH has the days of one month only: all months are named to it;
//   - weeks that begin on another day than Monday or Sunday begin on the wrong one: refused;
//   - times of a day come in the order of the text: it sees days only;
//   - errors end the process unless they are told not to, and its documentation promises nothing about
//   threads:
//     one lock around all of it.

#include <cctz/civil_time.h>

#include <functional>

#include "catalog/recurrence_rule.h"

namespace doorbuster {

// Calls `take(local)` for the local times of the rule from `start` on, in order, while it returns true; to
// the end of `last` at most. COUNT and UNTIL are the caller's business. A rule without a time ends after at
// most some hundred milliseconds. REQUIRES: parse_recurrence_rule() made the rule; `last` is the last day of
// a year.
void for_each_local_time(const RecurrenceRule& rule, cctz::civil_second start, cctz::civil_day last,
                         const std::function<bool(cctz::civil_second)>& take);

}  // namespace doorbuster
