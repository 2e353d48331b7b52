#pragma once
// One seed: a shop, its clients, its operator and its disk over several lives of the process, on one thread.
// The engine is the shipped one: Runtime with its shards and its journal, the keeper of campaigns and the
// watcher of alerts. Only time, the disk and who runs next are simulated.

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "doorbuster/platform/clock.h"
#include "doorbuster/platform/memory_storage.h"
#include "doorbuster/runtime/alert_agent.h"
#include "doorbuster/runtime/campaign_keeper.h"
#include "doorbuster/runtime/runtime.h"
#include "simulation/books.h"
#include "simulation/clients.h"
#include "simulation/faults.h"
#include "simulation/history.h"
#include "simulation/shop_plan.h"

namespace doorbuster::simulation {

struct Summary {
  std::uint64_t steps = 0, lives = 0, crashes = 0, refused_starts = 0, failed_journals = 0, promises = 0,
                orders = 0, changes = 0, rotations = 0, settled = 0;
  void add(const Summary& other);
};

class Simulation {
 public:
  Simulation(std::uint64_t seed, Profile profile, Trace& trace);
  ~Simulation();
  // Throws a Violation.
  Summary run();

 private:
  struct Life;

  // --- a life: simulation.cc ---
  enum class End { stopped, died, folder_is_lost };
  End live(bool last);
  bool start();
  Result<std::unique_ptr<Runtime>> open(const WiringPlan& plan);
  bool is_damage_possible() const;
  void forget_faults();
  void create_folder();
  void run_steps(std::uint64_t steps);
  void step();
  void wait_step();
  void run_agent(std::size_t agent);
  void move_clock(bool jumps);
  void plan_faults();
  void die(bool power_cut);
  void on_operation(StorageOperation operation, std::string_view name);

  // --- operator.cc ---
  void operate();
  void act_on_campaign();
  void adjust_stock();
  void reload();
  void ask_for_stock();

  // --- checks: settle.cc ---
  std::unique_ptr<Books> read_books();
  void compare_with_live();
  void settle();
  void settle_for_good();
  void sell_what_is_left();
  void rot_at_rest();

  const std::uint64_t seed_;
  Trace& trace_;
  Dice dice_;
  const Profile profile_;
  ShopPlan shop_;
  std::optional<Configuration> previous_file_;  // a reload began, and nobody was told how it ended
  ManualClock clock_;
  MemoryStorage storage_;
  History history_;
  Clients clients_;
  Summary summary_;

  std::unique_ptr<Life> life_;
  std::uint64_t step_ = 0;
  std::uint64_t operations_ = 0;         // of the disk, by the simulated process
  std::uint64_t dies_at_operation_ = 0;  // 0: at none
  bool is_process_at_work_ = false;      // else it is the simulation that uses the disk
  bool has_rotten_ = false;              // or was written to in a wrong place, in an earlier life
};

}  // namespace doorbuster::simulation
