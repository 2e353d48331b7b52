#pragma once

#include <string>

#include "doorbuster/base/result.h"
#include "doorbuster/journal/journal.h"

namespace doorbuster {

// "journal SEGMENT at offset N, record N (KIND)", for errors.
std::string place_of(const JournalRecord& record);

inline tl::unexpected<Error> contradicts(const JournalRecord& record, const std::string& why) {
  return fail(ErrorKind::configuration, place_of(record) + ": " + why);
}

}  // namespace doorbuster
