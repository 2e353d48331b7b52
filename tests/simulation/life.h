#pragma once
// One life of the simulated process.

#include <memory>
#include <vector>

#include "simulation/simulation.h"

namespace doorbuster::simulation {

struct Simulation::Life {
  std::unique_ptr<Runtime> runtime;
  std::unique_ptr<CampaignKeeper> keeper;
  std::unique_ptr<AlertAgent> alerts;
  // The runtime's: shards, then the journal. What builds checkpoints would be one more behind them.
  std::vector<Agent*> agents;
  std::vector<std::uint32_t> weights;  // how often each of them runs, 0: starves
  std::uint64_t starves_until = 0;     // step
  std::uint64_t waits = 0;             // of the change that is being made
  bool is_settling = false;            // nobody asks for anything, and the clock stands still
};

}  // namespace doorbuster::simulation
