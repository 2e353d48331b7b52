#pragma once

#include <string>

#include "doorbuster/base/result.h"
#include "doorbuster/journal/journal.h"

namespace doorbuster {

// "journal SEGMENT at offset N, record N (KIND)", for errors.
inline std::string place_of(const JournalRecord& record) {
  return "journal " + std::string(record.segment) + " at offset " + std::to_string(record.offset) +
         ", record " + std::to_string(record.sequence) + " (" +
         std::string(record_kind_name(record.info.kind)) + ")";
}

inline tl::unexpected<Error> contradicts(const JournalRecord& record, const std::string& why) {
  return fail(ErrorKind::configuration, place_of(record) + ": " + why);
}

}  // namespace doorbuster
