#pragma once
// The journal for people and scripts: what `doorbuster journal dump|verify|stats` print. Nothing is changed
// and no lock is taken, so all three work beside a running writer; a tail that it has not finished counts as
// torn, not as damage.
//
// Each returns the exit code of its command: 0, or 1 when the journal is damaged or cannot be read. Findings
// go to `out` for verify and to `err` for the others; errors of the storage go to `err`.

#include <iosfwd>

#include "doorbuster/platform/storage.h"

namespace doorbuster {

// One JSON object a line for each record, in order, up to the first damage. The folder's secrets are left
// out.
int dump_journal(Storage& storage, std::ostream& out, std::ostream& err);

// Checks every byte, and that every payload is one that this program understands. Prints one line: "ok: ..."
// or "damaged: FILE, bytes FROM to TO: reason" for the first bad byte range [FROM, TO). A torn tail gets a
// line of its own, and so does each checkpoint. Where the first segments were pruned, all three begin with
// the first that is there.
int verify_journal(Storage& storage, std::ostream& out, std::ostream& err);

// Counts, sizes and times, one "name value" a line.
int stats_journal(Storage& storage, std::ostream& out, std::ostream& err);

}  // namespace doorbuster
