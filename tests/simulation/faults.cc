#include "simulation/faults.h"

#include <array>
#include <utility>

namespace doorbuster::simulation {
namespace {

constexpr std::array<std::pair<std::string_view, Profile>, 5> kProfiles = {{
    {"calm", Profile::calm},
    {"crash", Profile::crash},
    {"errors", Profile::errors},
    {"damage", Profile::damage},
    {"mixed", Profile::mixed},
}};

constexpr std::string_view kOperationNames[] = {"open",     "list",   "read",   "write",       "sync",
                                                "truncate", "rename", "remove", "sync_folder", "any"};
static_assert(std::size(kOperationNames) == kStorageOperationCount);

}  // namespace

std::string_view profile_name(Profile profile) {
  return kProfiles[static_cast<std::size_t>(profile)].first;
}

std::optional<Profile> profile_of(std::string_view name) {
  for (const auto& [known, profile] : kProfiles) {
    if (known == name) return profile;
  }
  return std::nullopt;
}

Profile settle_profile(Profile profile, Dice& dice) {
  const std::uint64_t share = dice.below(100);  // thrown also where it decides nothing: profiles stay alike
  if (profile != Profile::mixed) return profile;
  if (share < 10) return Profile::calm;
  if (share < 50) return Profile::crash;
  return share < 80 ? Profile::errors : Profile::damage;
}

std::string plan_error(MemoryStorage& storage, Dice& dice, std::uint64_t operations) {
  if (dice.percent(15)) {
    std::uint64_t used = 0;
    for (const auto& [name, bytes] : storage.files()) used += bytes.size();
    const std::uint64_t room = dice.below(2 * kSegmentBytesMin);
    storage.set_capacity(used + room);
    return fmt::format("room for {} more bytes", room);
  }
  const auto operation = static_cast<StorageOperation>(dice.below(kStorageOperationCount));
  const std::uint64_t nth = 1 + dice.below(operations);
  const bool lasts = dice.percent(40);
  if (lasts) {
    storage.fail_from_nth(operation, nth);
  } else {
    storage.fail_nth(operation, nth);
  }
  return fmt::format("{} number {} fails{}", kOperationNames[static_cast<std::size_t>(operation)], nth,
                     lasts ? ", and all behind it" : "");
}

}  // namespace doorbuster::simulation
