#include "simulation/simulation.h"

#include <algorithm>
#include <utility>

#include "simulation/life.h"
#include "simulation/oracle.h"

namespace doorbuster::simulation {
namespace {

// A wait that gets nowhere by chance runs every agent in turn from here on.
constexpr std::uint64_t kPatientWaits = 60;

bool is_planned(const Error& error) {
  return error.message.find("planned error") != std::string::npos;
}

}  // namespace

void Summary::add(const Summary& other) {
  steps += other.steps;
  lives += other.lives;
  crashes += other.crashes;
  refused_starts += other.refused_starts;
  failed_journals += other.failed_journals;
  promises += other.promises;
  orders += other.orders;
  changes += other.changes;
  rotations += other.rotations;
  settled += other.settled;
}

Simulation::Simulation(std::uint64_t seed, Profile profile, Trace& trace)
    : seed_(seed),
      trace_(trace),
      dice_(seed),
      profile_(settle_profile(profile, dice_)),
      shop_(make_shop(dice_)),
      clock_(kBegin),
      clients_(shop_, history_, dice_, trace_) {
  storage_.observe(
      [this](StorageOperation operation, std::string_view name) { on_operation(operation, name); });
}

Simulation::~Simulation() = default;

Summary Simulation::run() {
  trace_.line("seed {}, profile {}, {} campaigns", seed_, profile_name(profile_),
              shop_.configuration.campaigns.size());
  create_folder();
  const std::uint64_t lives = 2 + dice_.below(4);
  End end = End::stopped;
  for (std::uint64_t i = 0; i <= lives && end != End::folder_is_lost; ++i) end = live(i == lives);
  summary_.steps = step_;
  summary_.promises = history_.promises;
  return summary_;
}

// As a first start does it, with secrets that the seed gives.
void Simulation::create_folder() {
  RecoveredJournal fresh;
  fresh.fresh = true;
  for (std::uint8_t& byte : fresh.identity) byte = static_cast<std::uint8_t>(dice_.below(256));
  const FolderCreated created = {.table_key = {dice_.roll(), dice_.roll()},
                                 .order_id_key = {dice_.roll(), 1}};
  std::string payload;
  encode(created, payload);
  auto writer = JournalWriter::open(storage_, fresh,
                                    {.segment_bytes = kSegmentBytesMin, .prepare_in_background = false});
  require(writer.has_value(), "a folder cannot be made");
  (*writer)->append({.kind = RecordKind::folder_created, .tick = kBegin}, std::as_bytes(std::span(payload)));
  require((*writer)->close().has_value(), "a folder cannot be made");
}

Simulation::End Simulation::live(bool last) {
  ++summary_.lives;
  bool power_cut = profile_ == Profile::damage ? false : dice_.percent(60);
  is_process_at_work_ = true;
  try {
    if (!last) plan_faults();
    if (!start()) {
      is_process_at_work_ = false;
      if (is_damage_possible()) return End::folder_is_lost;
      die(false);
      return End::died;
    }
    run_steps(last ? 60 : 40 + dice_.below(shop_.fills_segments ? 1200 : 260));
    const bool stops = profile_ == Profile::calm || last || dice_.percent(20);
    if (stops || dice_.percent(25)) settle();
    if (last && !life_->runtime->failed()) settle_for_good();
    if (stops) {
      const auto stopped = life_->runtime->stop();
      trace_.line("stops: {}", stopped ? "well" : stopped.error().message);
      require(stopped.has_value() || life_->runtime->failed() || is_planned(stopped.error()),
              "a stop fails: {}", stopped ? "" : stopped.error().message);
      clients_.hear(++step_);
    }
  } catch (const ProcessDied&) {
    trace_.line("dies in the middle of it");
  }
  is_process_at_work_ = false;
  if (life_) {
    clients_.check_sold_out();
    if (life_->runtime->failed()) ++summary_.failed_journals;
    summary_.rotations += life_->runtime->journal_metrics().segments.value();
  }
  die(power_cut);
  return End::died;
}

void Simulation::die(bool power_cut) {
  ++summary_.crashes;
  trace_.line("{}", power_cut ? "loses power" : "is gone");
  if (const std::string where = storage_.misdirected_to(); !where.empty()) {
    trace_.line("fault: a write has landed in {}", where);
  }
  life_.reset();
  if (power_cut) {
    storage_.crash(dice_.roll());
  } else {
    storage_.kill();
  }
  forget_faults();
}

// No more of them from here on. What the device has done is done.
void Simulation::forget_faults() {
  has_rotten_ = is_damage_possible();
  dies_at_operation_ = 0;
  storage_.forget_plan();
}

// The device has lied since a start found the folder right.
bool Simulation::is_damage_possible() const {
  return has_rotten_ || !storage_.misdirected_to().empty();
}

void Simulation::plan_faults() {
  if (profile_ == Profile::calm) return;
  if (dice_.percent(40)) dies_at_operation_ = operations_ + 1 + dice_.below(dice_.percent(50) ? 60 : 600);
  if (profile_ == Profile::errors && dice_.percent(60)) {
    trace_.line("fault: {}", plan_error(storage_, dice_, dice_.percent(50) ? 20 : 200));
  }
  if (profile_ == Profile::damage && dice_.percent(40)) {
    const std::uint64_t nth = 1 + dice_.below(60);
    storage_.misdirect_nth_write(nth);
    trace_.line("fault: write number {} will land elsewhere", nth);
  }
}

// Called by the disk before each operation.
void Simulation::on_operation(StorageOperation, std::string_view) {
  if (!is_process_at_work_) return;
  ++operations_;
  if (operations_ == dies_at_operation_) throw ProcessDied{};
}

Result<std::unique_ptr<Runtime>> Simulation::open(const WiringPlan& plan) {
  // After a sync that failed, what can be read is not what the device has: only recovery knows to ask it.
  std::unique_ptr<Books> before;
  if (profile_ != Profile::errors) before = read_books();
  auto opened = Runtime::open(storage_, clock_, shop_.configuration, plan);
  require(!opened || !before || (*opened)->recovery().state_hash == before->state_hash(),
          "what recovery made is not what is recorded");
  for (const StateFault& fault : opened ? (*opened)->recovery().state_faults : std::vector<StateFault>()) {
    require(false, "who wrote the journal had something else: {}", fault.text);
  }
  if (!opened || !dice_.percent(15)) return opened;
  // It dies before it has done anything: the next one finds the same.
  const std::unique_ptr<Books> books = read_books();
  opened->reset();
  storage_.kill();
  auto again = Runtime::open(storage_, clock_, shop_.configuration, plan);
  require(!again || !books || (*again)->recovery().state_hash == books->state_hash(),
          "a second recovery gives another state");
  return again;
}

// False: this life has not begun, for a reason that is a planned one.
bool Simulation::start() {
  if (profile_ == Profile::damage && !is_damage_possible() && dice_.percent(40)) rot_at_rest();
  const WiringPlan plan = {.shards = 1 + dice_.below32(3),
                           .http_threads = 1 + dice_.below32(2),
                           .shared = false,
                           .spare_thread = false,
                           .requests_max = 64,
                           .ring_bytes = dice_.percent(15) ? kJournalRingBytes / 16 : kJournalRingBytes,
                           .sample_bytes = 512};
  auto opened = open(plan);
  if (!opened) {
    trace_.line("does not start: {}", opened.error().message);
    ++summary_.refused_starts;
    if (previous_file_ && opened.error().kind == ErrorKind::configuration && !is_damage_possible()) {
      // What was written last does not fit what was sold meanwhile. Then the one before it must.
      shop_.configuration = *std::exchange(previous_file_, std::nullopt);
      return false;
    }
    require(is_planned(opened.error()) || is_damage_possible(), "a start is refused: {}",
            opened.error().message);
    return false;
  }
  previous_file_.reset();
  life_ = std::make_unique<Life>();
  life_->runtime = std::move(*opened);
  Runtime& runtime = *life_->runtime;
  trace_.line("starts with {} shards, {} orders, torn {}", plan.shards, runtime.recovery().orders,
              runtime.recovery().torn_bytes);
  life_->keeper =
      std::make_unique<CampaignKeeper>(runtime, clock_, [](CampaignKeeper::News, const std::string&) {});
  life_->alerts = std::make_unique<AlertAgent>(runtime, clock_, nullptr);
  life_->agents = runtime.run_by_hand([this] { wait_step(); });
  life_->weights.assign(life_->agents.size(), 4);

  std::vector<std::int64_t> available(runtime.catalog()->offers().size(), 0);
  if (const auto books = read_books()) {
    summary_.orders = books->orders().size();
    for (std::uint32_t i = 0; i < available.size(); ++i) available[i] = books->available({i});
    // All of it was read, and is as it was promised: whatever the device did has met nothing.
    has_rotten_ = false;
  }
  clients_.meet(runtime, clock_, available);
  return true;
}

void Simulation::run_steps(std::uint64_t steps) {
  for (std::uint64_t i = 0; i < steps; ++i) {
    step();
    if (life_->runtime->failed() && dice_.percent(5)) return;
  }
}

void Simulation::step() {
  trace_.at(clock_.wall_now().ns - kBegin.ns, ++step_);
  move_clock(true);
  Life& life = *life_;
  if (step_ >= life.starves_until && dice_.percent(4)) {
    for (std::uint32_t& weight : life.weights) weight = dice_.percent(25) ? 0 : 1 + dice_.below32(4);
    life.starves_until = step_ + 5 + dice_.below(40);
  }
  const std::uint64_t what = dice_.below(100);
  if (what < 45) {
    clients_.step(step_);
  } else if (what < 90) {
    const std::size_t agent = dice_.below(life.agents.size());
    if (dice_.below(4) < life.weights[agent]) run_agent(agent);
  } else if (what < 93) {
    operate();
  } else {
    life.waits = 0;
    if (what < 96) {
      if (life.keeper->do_work() != 0) trace_.line("the keeper changes the catalog");
    } else if (const std::size_t done = life.alerts->do_work(); done != 0) {
      trace_.line("alerts: {} done", done);
    }
  }
}

void Simulation::run_agent(std::size_t agent) {
  Life& life = *life_;
  const std::uint64_t before = operations_;
  const std::size_t done = life.agents[agent]->do_work();
  if (done == 0 || !trace_.on()) return;
  const bool journal = agent + 1 == life.agents.size();
  trace_.line("{} {}: {} done, {} operations of the disk{}", journal ? "journal" : "shard", agent, done,
              operations_ - before, life.runtime->failed() ? ", it has failed" : "");
}

// Somebody waits for shards or for the journal inside of a change: the others go on.
void Simulation::wait_step() {
  Life& life = *life_;
  trace_.at(clock_.wall_now().ns - kBegin.ns, ++step_);
  ++life.waits;
  require(life.waits < 100'000, "a change waits for ever");
  if (life.is_settling || life.waits > kPatientWaits) {
    run_agent(life.waits % life.agents.size());
    return;
  }
  // A shard that does not come to it in time refuses the change: only the first wait may take so long, for
  // what follows it is a promise of the process to itself.
  if (life.waits == 1 && dice_.percent(3)) clock_.advance_ns(3 * kNsPerSecond);
  clock_.advance_ns(dice_.between(0, 2) * kNsPerMillisecond);
  if (dice_.percent(30)) return clients_.step(step_);
  run_agent(dice_.below(life.agents.size()));
}

void Simulation::move_clock(bool jumps) {
  const std::uint64_t what = dice_.below(1000);
  if (what < 300) return;  // it stands still
  if (what < 950 || !jumps) return clock_.advance_ns(dice_.between(0, 400) * kNsPerMillisecond);
  if (what < 990) return clock_.advance_ns(dice_.between(1, 15) * kNsPerSecond);
  // The wall clock is set; the other one never is.
  const std::int64_t by = dice_.between(-20, 20) * kNsPerSecond;
  clock_.set_wall({clock_.wall_now().ns + by});
  trace_.line("the wall clock jumps by {} s", by / kNsPerSecond);
}

}  // namespace doorbuster::simulation
