#include "doorbuster/runtime/runtime.h"

#include <sys/random.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>

#include "doorbuster/base/check.h"
#include "doorbuster/runtime/checkpoint.h"

namespace doorbuster {
namespace {

// How long a shard may take to come to a task: far more than a duty cycle, short enough for an operator.
constexpr std::int64_t kShardTaskTimeoutNs = 2 * kNsPerSecond;
// Offers looked at in one task, so that an operator's question never holds a shard for long.

HashKey random_key() {
  HashKey key;
  DOORBUSTER_CHECK(getrandom(&key, sizeof key, 0) == sizeof key);
  return key;
}

}  // namespace

WiringPlan plan_wiring(Wiring wiring, std::uint32_t cores, std::uint32_t processors) {
  const std::uint32_t threads = std::clamp(cores == 0 ? processors : cores, 1U, kShardsMax);
  if (wiring != Wiring::dedicated) return {.shards = threads, .http_threads = threads, .shared = true};
  // HTTP costs several times what decisions cost, so a quarter of the threads decides.
  const std::uint32_t shards = std::max(1U, threads / 4);
  return {.shards = shards, .http_threads = std::max(1U, threads - shards), .shared = false};
}

Runtime::~Runtime() = default;

Result<std::unique_ptr<Runtime>> Runtime::open(Storage& storage, const Clock& clock,
                                               const Configuration& configuration, const WiringPlan& plan,
                                               ChangeOrigin origin) {
  std::unique_ptr<Runtime> runtime(new Runtime(storage, clock, plan));
  if (Status status = storage.lock(); !status) return tl::unexpected(status.error());
  try {
    Status status = runtime->recover(configuration, std::move(origin));
    if (!status) return tl::unexpected(status.error());
  } catch (const std::bad_alloc&) {
    return fail(ErrorKind::runtime, "not enough address space for tables of " +
                                        std::to_string(runtime->orders_max_) +
                                        " orders: lower server.max_orders or server.cores, or allow more");
  }
  return runtime;
}

// How many orders the tables have room for when the file does not say, by how many there may be already.
std::uint64_t Runtime::room_for_orders(const Configuration& configuration, std::uint64_t recorded) {
  if (configuration.server.max_orders != 0) return configuration.server.max_orders;
  // A quarter more than the stock, so that a reload can add some. What is held can be held again and again.
  constexpr std::uint64_t kOrdersPerHeldUnit = 4;
  const bool holds = std::any_of(configuration.campaigns.begin(), configuration.campaigns.end(),
                                 [](const CampaignConfiguration& each) { return each.hold_seconds != 0; });
  const std::uint64_t possible = orders_possible(configuration.campaigns) * (holds ? kOrdersPerHeldUnit : 1);
  return std::clamp(possible + possible / 4 + recorded, kOrdersDefault, kOrdersMax);
}

Status Runtime::recover(const Configuration& configuration, ChangeOrigin origin) {
  const auto orders_max = [&](std::uint64_t recorded) {
    return orders_max_ = room_for_orders(configuration, recorded);
  };
  auto folder =
      recover_folder(storage_, {.shards = plan_.shards,
                                .orders_max = orders_max,
                                .order_retention_seconds = configuration.server.order_retention_seconds});
  if (!folder) return tl::unexpected(folder.error());
  StateBuilder& state = *folder->state;
  const RecoveredJournal& recovered = folder->journal;
  if (recovered.epoch >= kStartsMax) {
    return fail(ErrorKind::runtime, "this data folder has been started " + std::to_string(recovered.epoch) +
                                        " times, which is as often as order ids last: begin a new folder");
  }

  auto writer = JournalWriter::open(
      storage_, recovered,
      {.segment_bytes = configuration.server.segment_bytes, .prepare_in_background = plan_.spare_thread});
  if (!writer) return tl::unexpected(writer.error());
  const Tick now = std::max(clock_.wall_now(), state.last_tick());
  if (!state.has_keys()) {
    const DataFolderKeys keys = {.table_key = random_key(), .order_id_key = random_key()};
    EncodedRecord created;
    created.info = {.kind = RecordKind::folder_created, .version = 1, .tenant = kDefaultTenant, .tick = now};
    encode(FolderCreated{.table_key = keys.table_key, .order_id_key = keys.order_id_key}, created.payload);
    if (Status status = journal_now(**writer, {created}); !status) return status;
    state.set_keys(keys);
  }
  recovery_ = {.fresh = recovered.fresh,
               .records = recovered.records,
               .orders = state.orders(),
               .torn_bytes = recovered.torn_bytes,
               .segments = recovered.segments,
               .torn_segment = recovered.torn_segment,
               .state_hash = state.state_hash(),
               .checkpoint = folder->checkpoint ? folder->checkpoint->place.next_sequence - 1 : 0,
               .damaged_checkpoints = std::move(folder->damaged),
               .state_faults = state.state_faults()};

  auto change = plan_change(*state.catalog(), state.committed(), configuration, orders_max_);
  if (!change) return tl::unexpected(change.error());
  audit_ = std::move(state.audit());
  if (!change->empty()) {
    change->origin = std::move(origin);
    if (Status status = journal_now(**writer, state.forget_over(now)); !status) return status;
    if (Status status = journal_now(**writer, encode_change(*change, state.catalog()->version() + 1, now));
        !status) {
      return status;
    }
    const CatalogPointer before = state.catalog();
    state.install(apply_change(*before, *change));
    remember({.before = before, .change = std::move(*change), .at = now});
  }
  recovered_at_ = state.last_tick() == Tick{} ? now : state.last_tick();
  alerts_ = std::move(state.alerts());
  keys_ = state.keys();
  identity_ = recovered.identity;
  catalog_.set(state.catalog());
  allowances_ = std::move(state.allowances());
  const auto start = static_cast<std::uint32_t>((*writer)->epoch());
  for (const auto& engine : state.engines()) engine->begin_start(start);
  assemble(configuration, std::move(state.engines()), now, std::move(*writer));
  return {};
}

Status Runtime::journal_now(JournalWriter& writer, const std::vector<EncodedRecord>& records) {
  for (const EncodedRecord& record : records) {
    if (writer.batch_bytes() + kJournalRecordBytesMax > kJournalBatchBytesMax) {
      if (Status status = writer.commit(); !status) return status;
    }
    writer.append(record.info, std::as_bytes(std::span(record.payload)));
  }
  return writer.commit();
}

void Runtime::assemble(const Configuration& configuration, std::vector<std::unique_ptr<Engine>> engines,
                       Tick last_tick, std::unique_ptr<JournalWriter> writer) {
  board_ = std::make_unique<Board>(orders_max_);
  const std::size_t notifiers = plan_.shared ? plan_.http_threads : plan_.http_threads + plan_.shards;
  for (std::size_t i = 0; i < notifiers; ++i) notifiers_.push_back(std::make_unique<Notifier>());
  const auto shard_notifier = [this](std::size_t shard) {
    return notifiers_[plan_.shared ? shard : plan_.http_threads + shard].get();
  };

  std::vector<ShardAgent*> shards;
  std::vector<JournalRing*> rings;
  std::vector<Notifier*> listeners;
  for (std::uint32_t i = 0; i < plan_.shards; ++i) {
    const ShardOptions options = {
        .shard = i,
        .answer_when_decided = configuration.server.acknowledge == Acknowledge::decided,
        .ring_bytes = plan_.ring_bytes,
        .sample_bytes = plan_.sample_bytes};
    shards_.push_back(
        std::make_unique<ShardAgent>(options, std::move(engines[i]), plan_.http_threads, *board_, clock_));
    shards.push_back(shards_.back().get());
    rings.push_back(&shards_.back()->ring());
    listeners.push_back(shard_notifier(i));
  }
  rings.push_back(&change_ring_);
  journal_agent_ = std::make_unique<JournalAgent>(std::move(writer), rings, listeners, clock_);

  std::vector<ReplyDoor> reply_doors;
  for (std::uint16_t i = 0; i < plan_.http_threads; ++i) {
    doors_.push_back(std::make_unique<EngineDoor>(i, shards, *board_, catalog_, keys_, plan_.requests_max));
    doors_.back()->set_notifier(notifiers_[i].get());
    reply_doors.push_back({.queue = &doors_.back()->replies(), .notifier = notifiers_[i].get()});
  }
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    shards_[i]->connect(reply_doors, journal_agent_.get(), &journal_notifier_, shard_notifier(i), shards);
    shards_[i]->set_watch(&watch_notifier_);
    shards_[i]->set_stream_watch(&stream_notifier_);
    shards_[i]->set_last_tick(last_tick);
    shards_[i]->publish_board();
  }
}

void Runtime::start(const std::vector<SleepingAgent*>& http_agents) {
  DOORBUSTER_CHECK(http_agents.size() == plan_.http_threads);
  journal_thread_ = std::make_unique<AgentThread>("journal", -1, journal_notifier_,
                                                  std::vector<Agent*>{journal_agent_.get()}, nullptr);
  for (std::size_t i = 0; i < http_agents.size(); ++i) {
    std::vector<Agent*> agents = {http_agents[i]};
    if (plan_.shared) agents.push_back(shards_[i].get());
    const std::string name = (plan_.shared ? "core " : "http ") + std::to_string(i);
    threads_.push_back(
        std::make_unique<AgentThread>(name.c_str(), -1, *notifiers_[i], agents, http_agents[i]));
  }
  if (plan_.shared) return;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    const std::string name = "shard " + std::to_string(i);
    threads_.push_back(std::make_unique<AgentThread>(name.c_str(), -1, *notifiers_[plan_.http_threads + i],
                                                     std::vector<Agent*>{shards_[i].get()}, nullptr));
  }
}

std::vector<Agent*> Runtime::run_by_hand(std::function<void()> while_waiting) {
  while_waiting_ = std::move(while_waiting);
  std::vector<Agent*> agents;
  for (const auto& shard : shards_) agents.push_back(shard.get());
  agents.push_back(journal_agent_.get());
  return agents;
}

void Runtime::ask_heartbeats() {
  for (const auto& thread : threads_) thread->ask_heartbeat();
  journal_thread_->ask_heartbeat();
}

bool Runtime::have_heartbeats() const {
  return journal_thread_->has_heartbeat() &&
         std::all_of(threads_.begin(), threads_.end(),
                     [](const auto& thread) { return thread->has_heartbeat(); });
}

Result<std::uint64_t> Runtime::stop() {
  threads_.clear();         // no more decisions
  journal_thread_.reset();  // what was published has been taken or stays in the rings
  if (Status status = journal_agent_->close(); !status) return tl::unexpected(status.error());
  return state_hash();
}

std::uint64_t Runtime::state_hash() {
  std::vector<Engine*> engines;
  for (const auto& shard : shards_) {
    shard->finish();
    engines.push_back(&shard->engine());
  }
  return doorbuster::state_hash(engines, *allowances_, *catalog_.get());
}

void Runtime::wait_a_moment() const {
  if (while_waiting_) return while_waiting_();
  std::this_thread::sleep_for(std::chrono::microseconds(50));
}

Status Runtime::on_every_shard(const std::function<void(ShardAgent&)>& task) {
  for (const auto& shard : shards_) {
    if (!shard->run_on_shard([&] { task(*shard); }, kShardTaskTimeoutNs, while_waiting_)) {
      return fail(ErrorKind::runtime, "a shard did not answer in time; try again");
    }
  }
  return {};
}

Result<std::size_t> Runtime::reconfigure(const Configuration& configuration, ChangeOrigin origin) {
  return change([&](const Catalog& catalog, const std::vector<std::int64_t>& committed, Tick) {
    auto planned = plan_change(catalog, committed, configuration, orders_max_);
    if (planned) planned->origin = std::move(origin);
    return planned;
  });
}

Result<std::size_t> Runtime::reconfigure(const std::vector<CampaignConfiguration>& campaigns,
                                         ChangeOrigin origin) {
  Configuration configuration;
  configuration.campaigns = campaigns;
  return reconfigure(configuration, std::move(origin));
}

Result<std::size_t> Runtime::change(const ChangePlanner& plan) {
  const std::lock_guard lock(control_mutex_);
  if (failed()) return fail(ErrorKind::runtime, "the journal has failed: " + failure());
  Result<AppliedChange> applied = fail(ErrorKind::runtime, "");
  if (Status paused = on_every_shard([](ShardAgent& shard) { shard.pause(true); }); !paused) {
    applied = tl::unexpected(paused.error());
  } else {
    applied = change_while_paused(plan);
  }
  // A shard that does not come to this in time would stay paused: that is a broken process, not a refusal.
  const Status resumed = on_every_shard([](ShardAgent& shard) { shard.pause(false); });
  DOORBUSTER_CHECK(resumed.has_value());
  if (!applied) return tl::unexpected(applied.error());
  // Now that the sale goes on: describing a change of a million offers takes a while.
  if (!applied->change.empty()) {
    remember(*applied);
    for (Notifier* notifier : change_notifiers_) notifier->notify();
  }
  return applied->change.size();
}

Status Runtime::make_room() {
  // change() makes it whenever the shards stand still.
  const auto done = change([](const Catalog&, const std::vector<std::int64_t>&,
                              Tick) -> Result<CatalogChangeSet> { return CatalogChangeSet{}; });
  return done ? Status{} : tl::unexpected(done.error());
}

void Runtime::remember(const AppliedChange& applied) {
  const ChangeOrigin& origin = applied.change.origin;
  const auto kind =
      std::find(std::begin(kChangeKinds), std::end(kChangeKinds), ChangeKind{origin.source, origin.action});
  if (kind != std::end(kChangeKinds)) changes_[static_cast<std::size_t>(kind - kChangeKinds)].add();
  for (AuditEntry& entry : audit_entries(*applied.before, applied.change, applied.at)) {
    audit_.append(std::move(entry));
  }
}

AuditPage Runtime::audit(const AuditQuery& query) {
  const std::lock_guard lock(control_mutex_);
  return audit_.read(query);
}

// All shards stand still, so their engines may be looked at from here: run_on_shard() has synchronised with
// each.
Result<Runtime::AppliedChange> Runtime::change_while_paused(const ChangePlanner& plan) {
  if (allowances_->is_crowded()) allowances_->compact();
  const CatalogPointer before = catalog_.get();
  std::vector<std::int64_t> committed(before->offers().size(), 0);
  for (std::uint32_t i = 0; i < committed.size(); ++i) {
    const OfferStock stock = shards_[owner_shard({i}, plan_.shards)]->engine().stock({i});
    committed[i] = stock.held + stock.sold;
  }
  const Tick now = clock_.wall_now();
  auto change = plan(*before, committed, now);
  if (!change) return tl::unexpected(change.error());
  if (change->empty()) return AppliedChange{};
  // Everything decided under the old catalog must stand in the journal before the change does.
  wait_for_published();
  if (Status status = forget_over(); !status) return tl::unexpected(status.error());
  if (Status status = journal_change(*change, now); !status) return tl::unexpected(status.error());
  const CatalogPointer after = apply_change(*before, *change);
  const Status installed = on_every_shard([&after](ShardAgent& shard) { shard.install(after); });
  // Durable and not in force would be two truths.
  DOORBUSTER_CHECK(installed.has_value());
  catalog_.set(after);
  watch_notifier_.notify();
  stream_notifier_.notify();
  return AppliedChange{.before = before, .change = std::move(*change), .at = now};
}

// What is over by the rules until now is not brought back by others: whether the sweeper has been there must
// not show. All shards stand still, and what they recorded is durable.
Status Runtime::forget_over() {
  for (bool done = false; !done && !failed();) {
    done = true;
    const Status looked = on_every_shard([&done](ShardAgent& shard) { done = shard.forget_all() && done; });
    if (!looked) return looked;
    wait_for_published();
  }
  return {};
}

Status Runtime::journal_change(const CatalogChangeSet& change, Tick now) {
  return journal_running(encode_change(change, catalog_.get()->version() + 1, now));
}

void Runtime::wait_for_published() const {
  for (const auto& shard : shards_) {
    const std::uint64_t position = shard->ring().published();
    while (shard->ring().durable() < position && !failed()) wait_a_moment();
  }
}

Status Runtime::journal_alerts(std::span<const Alert> alerts) {
  std::vector<EncodedRecord> records;
  const CatalogPointer catalog = catalog_.get();
  for (const Alert& alert : alerts) {
    EncodedRecord& record = records.emplace_back();
    const TenantId tenant = catalog->campaign(alert.campaign).definition.tenant;
    record.info = {.kind = RecordKind::alert, .version = 1, .tenant = tenant, .tick = alert.at};
    encode(alert, record.payload);
  }
  // An alert must not outlive what it was raised by.
  wait_for_published();
  const std::lock_guard lock(control_mutex_);
  if (Status status = journal_running(records); !status) return status;
  for (const Alert& alert : alerts) alerts_->append(alert);
  stream_notifier_.notify();
  return {};
}

// Returns when all of it is durable. Under control_mutex_.
Status Runtime::journal_running(std::span<const EncodedRecord> records) {
  std::uint64_t position = 0;
  for (const EncodedRecord& record : records) {
    while (!change_ring_.has_room() && !failed()) {
      change_ring_.publish();
      journal_notifier_.notify();
      wait_a_moment();
    }
    if (failed()) break;
    const std::span<std::byte> room = change_ring_.reserve(record.payload.size());
    std::copy_n(std::as_bytes(std::span(record.payload)).begin(), room.size(), room.begin());
    position = change_ring_.append(record.info);
  }
  change_ring_.publish();
  journal_notifier_.notify();
  while (change_ring_.durable() < position && !failed()) wait_a_moment();
  if (failed()) return fail(ErrorKind::runtime, "the journal has failed: " + failure());
  return {};
}

}  // namespace doorbuster
