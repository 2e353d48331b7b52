#pragma once
// One walk over a journal, from the first record to the last, without changing a byte of it. Recovery and the
// offline tools are the same walk and differ in what they do with what it found.

#include <cstdint>
#include <optional>
#include <string>

#include "doorbuster/journal/journal.h"

namespace doorbuster {

// The first thing that makes a start on this folder wrong. [from, to) of `file`.
struct JournalDamage {
  std::string file;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::string reason;
  std::string advice;
};

// "PATH, bytes FROM to TO: reason. advice"
std::string describe(const JournalDamage& damage, const Storage& storage);

struct JournalWalk {
  RecoveredJournal journal;      // with damage: what was read before it
  std::string newest;            // segment; empty: there is none
  std::uint64_t newest_end = 0;  // where its records end; a torn tail begins here
  std::uint64_t newest_size = 0;
  std::optional<JournalDamage> damage;
};

enum class WalkAs {
  owner,   // holds the lock: syncs what it reads, so that it believes the disk and not the cache
  reader,  // changes nothing, and a writer may be at work
};

struct WalkOptions {
  WalkAs as = WalkAs::reader;
  // A checkpoint's place: the walk begins with the segment behind it, and does not look at those before.
  std::optional<JournalPlace> after = {};
  // All but the newest segment, of which only the header is read: it proves that they are complete.
  bool sealed_only = false;
  // Begins with the oldest segment that there is, whatever was pruned before it.
  bool from_oldest = false;
};

// Errors are those of the storage and of the visitor; damage is not an error but a finding.
Result<JournalWalk> walk_journal(Storage& storage, const RecordVisitor& visit, const WalkOptions& options);

}  // namespace doorbuster
