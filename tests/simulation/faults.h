#pragma once
// What may go wrong in a run. A profile says what the engine must survive, and what it must find and refuse.

#include <optional>
#include <string>
#include <string_view>

#include "doorbuster/base/limits.h"
#include "doorbuster/platform/memory_storage.h"
#include "simulation/base.h"

namespace doorbuster::simulation {

enum class Profile {
  calm,    // nothing: clean stops only. Everything asked is answered, everything settles.
  crash,   // kills and power cuts, at rest and between any two operations. No acknowledged order is lost.
  errors,  // also reads, writes and syncs that fail, once or from then on, and disks that are full. The same.
  damage,  // also writes that land elsewhere, and bits that rot: found and refused, or harmless.
  mixed,   // one of them, as the seed says
};
std::string_view profile_name(Profile profile);
std::optional<Profile> profile_of(std::string_view name);
Profile settle_profile(Profile profile, Dice& dice);

// Plans one fault for one of the next operations. Returns what it is.
std::string plan_error(MemoryStorage& storage, Dice& dice, std::uint64_t operations);

}  // namespace doorbuster::simulation
