#include "doorbuster/journal/inspect.h"

#include <algorithm>
#include <map>
#include <ostream>
#include <string>

#include "doorbuster/base/text.h"
#include "doorbuster/journal/checkpoint.h"
#include "doorbuster/journal/journal.h"
#include "journal/payload_json.h"
#include "journal/walk.h"

namespace doorbuster {
namespace {

constexpr int kFine = 0;
constexpr int kBad = 1;

std::string to_json(const JournalRecord& record, PayloadReader& payloads) {
  std::string line;
  JsonObject object(line);
  object.member("sequence", record.sequence).member("epoch", record.epoch).member("segment", record.segment);
  object.member("offset", record.offset).member("kind", record_kind_name(record.info.kind));
  object.member("kind_number", static_cast<std::uint16_t>(record.info.kind));
  object.member("version", record.info.version).member("tenant", record.info.tenant.value);
  object.member("tick_ns", record.info.tick.ns).member("at", format_rfc3339(record.info.tick));
  object.begin("payload");
  if (!payloads.append_json(record, line)) JsonObject(line).member("hex", hex(record.payload)).end();
  object.end();
  return line += '\n';
}

// Says what stopped the walk; the exit code.
int report(const Result<JournalWalk>& walk, const Storage& storage, std::ostream& findings,
           std::ostream& err) {
  if (!walk) {
    err << walk.error().message << '\n';
    return kBad;
  }
  if (walk->damage) {
    findings << "damaged: " << describe(*walk->damage, storage) << '\n';
    return kBad;
  }
  if (walk->journal.segments == 0) {
    findings << "there is no journal in " << storage.path("") << '\n';
    return kBad;
  }
  return kFine;
}

// All that there is. Where the first segments were pruned, a checkpoint stands for them.
Result<WalkOptions> from_the_begin(Storage& storage) {
  WalkOptions options;
  auto names = storage.list();
  if (!names) return tl::unexpected(names.error());
  const auto oldest = std::find_if(names->begin(), names->end(), [](const std::string& name) {
    return parse_segment_name(name).has_value();
  });
  if (oldest == names->end()) return options;
  const std::uint64_t first = *parse_segment_name(*oldest);
  for (const std::string& name : *names) {
    const auto checkpoint = parse_checkpoint_name(name);
    if (checkpoint && *checkpoint + 1 >= first) options.from_oldest = first > 1;
  }
  return options;
}

Result<JournalWalk> walk_all(Storage& storage, const RecordVisitor& visit) {
  auto options = from_the_begin(storage);
  if (!options) return tl::unexpected(options.error());
  return walk_journal(storage, visit, *options);
}

// Checks every checkpoint's bytes, and that it stands where the journal says; the exit code. `crcs`: of the
// records that checkpoints end with, as far as the journal still has them.
int verify_checkpoints(Storage& storage, const RecoveredJournal& journal,
                       const std::map<std::uint64_t, std::uint32_t>& crcs, std::ostream& out,
                       std::ostream& err) {
  auto checkpoints = list_checkpoints(storage);
  if (!checkpoints) {
    err << checkpoints.error().message << '\n';
    return kBad;
  }
  int code = kFine;
  const auto damaged = [&](const std::string& why) {
    out << "damaged: " << why << '\n';
    code = kBad;
  };
  for (const std::uint64_t sequence : *checkpoints) {
    auto reader = CheckpointReader::open(storage, sequence, std::nullopt);
    Status whole = reader ? Status() : tl::unexpected(reader.error());
    for (bool more = whole.has_value(); more;) {
      const auto chunk = reader->next();
      if (!chunk) whole = tl::unexpected(chunk.error());
      more = chunk && *chunk;
    }
    if (!whole) {
      damaged(whole.error().message);
      continue;
    }
    const std::string name = storage.path(checkpoint_name(sequence));
    const auto crc = crcs.find(sequence);
    const bool elsewhere = reader->header().identity != journal.identity ||
                           (crc != crcs.end() && crc->second != reader->header().last_crc);
    if (elsewhere) {
      damaged(name + ", bytes 0 to " + std::to_string(sizeof(CheckpointHeader)) +
              ": the checkpoint is of another journal or of another life of this one");
    } else {
      out << "ok: " << name << ", " << reader->footer().orders << " orders\n";
    }
  }
  return code;
}

void report_torn(const JournalWalk& walk, const Storage& storage, std::ostream& out) {
  if (walk.journal.torn_bytes == 0) return;
  out << "torn tail: " << storage.path(walk.newest) << ", bytes " << walk.newest_end << " to "
      << walk.newest_end + walk.journal.torn_bytes
      << ": the last write was not finished, nothing in it was acknowledged, and the next start cuts it\n";
}

struct KindCount {
  std::uint64_t records = 0;
  std::uint64_t bytes = 0;
};

struct Statistics {
  std::map<RecordKind, KindCount> kinds;
  Tick first_tick, last_tick;
  std::uint64_t batch_records_max = 0;
  std::uint64_t batch_records = 0;  // since the last batch end

  void count(const JournalRecord& record) {
    KindCount& kind = kinds[record.info.kind];
    kind.records += 1;
    kind.bytes += padded_to_8(sizeof(RecordHeader) + record.payload.size());
    if (record.info.kind == RecordKind::batch_end) {
      batch_records_max = std::max(batch_records_max, batch_records);
      batch_records = 0;
      return;
    }
    batch_records += 1;
    if (first_tick == Tick{}) first_tick = record.info.tick;
    last_tick = record.info.tick;
  }
};

}  // namespace

int dump_journal(Storage& storage, std::ostream& out, std::ostream& err) {
  PayloadReader payloads;
  const auto print = [&](const JournalRecord& record) -> Status {
    if (out << to_json(record, payloads)) return {};
    return fail(ErrorKind::runtime, "cannot write the dump");  // a closed pipe: nobody reads on
  };
  const auto walk = walk_all(storage, print);
  out.flush();
  const int code = report(walk, storage, err, err);
  if (code == kFine) report_torn(*walk, storage, err);
  return code;
}

int verify_journal(Storage& storage, std::ostream& out, std::ostream& err) {
  PayloadReader payloads;
  std::string scratch;
  std::optional<JournalDamage> not_understood;
  auto checkpoints = list_checkpoints(storage);
  if (!checkpoints) {
    err << checkpoints.error().message << '\n';
    return kBad;
  }
  std::map<std::uint64_t, std::uint32_t> crcs;
  const auto check = [&](const JournalRecord& record) -> Status {
    const bool is_end =
        std::find(checkpoints->begin(), checkpoints->end(), record.sequence) != checkpoints->end();
    if (is_end) crcs.emplace(record.sequence, record.crc);
    scratch.clear();
    if (payloads.append_json(record, scratch)) return {};
    const std::uint64_t end = record.offset + padded_to_8(sizeof(RecordHeader) + record.payload.size());
    not_understood =
        JournalDamage{std::string(record.segment), record.offset, end,
                      "the record is whole, but this program does not understand its payload (kind " +
                          std::to_string(static_cast<unsigned>(record.info.kind)) + ", version " +
                          std::to_string(record.info.version) + ")",
                      "A newer doorbuster may read it"};
    return fail(ErrorKind::configuration, describe(*not_understood, storage));
  };
  const auto walk = walk_all(storage, check);
  if (not_understood) {
    out << "damaged: " << describe(*not_understood, storage) << '\n';
    return kBad;
  }
  const int code = report(walk, storage, out, err);
  if (code != kFine) return code;
  const RecoveredJournal& journal = walk->journal;
  out << "ok: " << journal.records << " records in " << journal.segments << " segments, ";
  if (journal.first_sequence > 1) out << "from sequence " << journal.first_sequence << ' ';
  out << "through sequence " << journal.next_sequence - 1 << '\n';
  report_torn(*walk, storage, out);
  return verify_checkpoints(storage, journal, crcs, out, err);
}

int stats_journal(Storage& storage, std::ostream& out, std::ostream& err) {
  Statistics statistics;
  const auto walk = walk_journal(storage,
                                 [&](const JournalRecord& record) -> Status {
                                   statistics.count(record);
                                   return {};
                                 },
                                 {});
  const int code = report(walk, storage, err, err);
  if (code != kFine) return code;
  const RecoveredJournal& journal = walk->journal;
  out << "identity " << hex(std::as_bytes(std::span(journal.identity))) << "\nepoch " << journal.epoch
      << "\nsegments " << journal.segments << "\nbytes " << journal.bytes << "\nrecords " << journal.records
      << "\nfirst_sequence " << journal.first_sequence << "\nlast_sequence " << journal.next_sequence - 1
      << "\ntorn_bytes " << journal.torn_bytes << '\n';
  if (statistics.first_tick != Tick{}) {
    out << "first_at " << format_rfc3339(statistics.first_tick) << "\nlast_at "
        << format_rfc3339(statistics.last_tick) << '\n';
  }
  out << "largest_batch_records " << statistics.batch_records_max << '\n';
  for (const auto& [kind, count] : statistics.kinds) {
    std::string name(record_kind_name(kind));
    if (name == "unknown") name += "_" + std::to_string(static_cast<unsigned>(kind));
    out << name << "_records " << count.records << '\n' << name << "_bytes " << count.bytes << '\n';
  }
  return kFine;
}

}  // namespace doorbuster
