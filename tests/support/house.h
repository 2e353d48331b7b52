#pragma once
// The runtime by hand: the shipped agents on a disk in memory and a clock that stands still, and no thread.
// Each step happens when the test says so.

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "doorbuster/platform/memory_storage.h"
#include "doorbuster/runtime/checkpoint.h"
#include "doorbuster/runtime/journal_agent.h"
#include "doorbuster/runtime/recovery.h"
#include "doorbuster/runtime/shard_agent.h"
#include "support/shop.h"

namespace doorbuster {

struct HouseOptions {
  std::uint32_t shards = 1;
  std::uint16_t http_threads = 1;
  std::uint64_t orders_max = 1000;
  std::uint32_t requests_max = 256;
  std::size_t ring_bytes = 256U << 10;
  bool answer_when_decided = false;
  std::uint64_t sample_bytes = 1024;
};

// What came back, in memory of its own.
struct Answer {
  Outcome outcome = Outcome::overloaded;
  bool replayed = false, durable = false;
  OrderNumber number;
  std::uint32_t quantity = 0;
  std::int64_t unit_price = 0, price = 0;
  Tick decided_at;
  std::string buyer, key, reference;
  OrderStatus status = OrderStatus::confirmed;
  Tick expires_at;
  bool refund_due = false;
  std::string payment;
  std::uint32_t place = 0;
  Tick free_at;
  std::vector<OrderLine> lines;
  OfferIndex refused_line;
};

inline Answer answer_of(const Request& request) {
  return {.outcome = request.outcome,
          .replayed = request.replayed,
          .durable = request.durable,
          .number = request.order.number,
          .quantity = request.order.quantity,
          .unit_price = request.order.unit_price,
          .price = request.price,
          .decided_at = request.order.decided_at,
          .buyer = std::string(request.order.buyer),
          .key = std::string(request.buy.key),
          .reference = std::string(request.order.reference),
          .status = request.order.status,
          .expires_at = request.order.expires_at,
          .refund_due = request.order.refund_due,
          .payment = std::string(request.order.payment),
          .place = request.place,
          .free_at = request.free_at,
          .lines = {request.order.lines.begin(), request.order.lines.end()},
          .refused_line = request.refused_line};
}

// A buy of several SKUs; `lines` in the order of their offers.
inline Buy basket_of(std::string_view buyer, OrderLines lines, std::string_view key = {}) {
  Buy buy = buy_of(buyer, key, 0, lines.front().offer);
  buy.lines = lines;
  for (const OrderLine& line : lines) buy.quantity += line.quantity;
  return buy;
}

// Fills a request as an HTTP thread does.
inline void fill(Request& request, const Buy& buy, const HashKey& table_key) {
  request.kind = Request::Kind::buy;
  request.buy = buy;
  request.buy.buyer = request.keep(buy.buyer);
  request.buy.key = request.keep(buy.key);
  request.buy.reference = request.keep(buy.reference);
  request.buy.channel = request.keep(buy.channel);
  request.buy.region = request.keep(buy.region);
  request.buy.segment = request.keep(buy.segment);
  std::copy(buy.lines.begin(), buy.lines.end(), request.lines.begin());
  request.buy.lines = OrderLines(request.lines).first(buy.lines.size());
  std::copy(buy.identities.begin(), buy.identities.end(), request.identities.begin());
  request.buy.identities = Identities(request.identities.data(), buy.identities.size());
  request.hashes = hash_buy(table_key, request.buy);
}

class House {
 public:
  // Reads what is in the folder; an empty one gets `shop`. Fails as a server's start fails.
  static Result<std::unique_ptr<House>> start(MemoryStorage& storage, ManualClock& clock,
                                              const CatalogChangeSet& shop,
                                              const HouseOptions& options = {}) {
    std::unique_ptr<House> house(new House(clock, options));
    if (Status status = house->recover(storage, shop); !status) return tl::unexpected(status.error());
    return house;
  }

  // --- an HTTP thread's part ---
  // Any of all that there are.
  Request* take(std::size_t http = 0) {
    return doors_[http]->take(kDefaultTenant, Request::Kind::order_command);
  }
  void submit(Request* request, std::size_t http = 0) { REQUIRE(doors_[http]->submit(request)); }
  void ask(const Buy& buy, std::size_t http = 0, bool respond_async = false) {
    Request* request = take(http);
    REQUIRE(request != nullptr);
    fill(*request, buy, kTableKey);
    request->answer_when_decided = respond_async;
    submit(request, http);
  }
  void ask_order(OrderNumber number, std::size_t http = 0) {
    Request* request = take(http);
    REQUIRE(request != nullptr);
    request->kind = Request::Kind::find_order;
    request->order_number = number;
    submit(request, http);
  }
  void ask_command(const OrderCommand& command, std::size_t http = 0) {
    Request* request = take(http);
    REQUIRE(request != nullptr);
    request->kind = Request::Kind::order_command;
    request->command = command;
    request->command.payment = request->keep(command.payment);
    request->command.key = request->keep(command.key);
    submit(request, http);
  }
  Answer command(const OrderCommand& command) {
    ask_command(command);
    settle();
    const auto all = answers();
    REQUIRE(all.size() == 1);
    return all.front();
  }
  std::vector<Answer> answers(std::size_t http = 0) {
    std::vector<Answer> result;
    Request* came[64];
    while (const std::size_t count = doors_[http]->collect(came)) {
      for (std::size_t i = 0; i < count; ++i) {
        result.push_back(answer_of(*came[i]));
        doors_[http]->give_back(came[i]);
      }
    }
    return result;
  }

  // --- the other threads' parts ---
  std::size_t decide() {
    std::size_t work = 0;
    for (const auto& shard : shards_) work += shard->do_work();
    return work;
  }
  std::size_t write() { return journal_->do_work(); }
  void settle() {
    while (decide() + write() != 0) {
    }
  }
  Answer sell(const Buy& buy) {
    ask(buy);
    settle();
    const auto all = answers();
    REQUIRE(all.size() == 1);
    return all.front();
  }
  Status stop() {
    settle();
    return journal_->close();
  }

  std::size_t shards() const { return shards_.size(); }
  ShardAgent& shard(std::size_t i = 0) { return *shards_[i]; }
  JournalAgent& journal() { return *journal_; }
  EngineDoor& door(std::size_t http = 0) { return *doors_[http]; }
  Board& board() { return *board_; }
  const Catalog& catalog() const { return *catalog_.get(); }
  std::uint64_t recovered_orders() const { return recovered_orders_; }
  std::uint64_t checkpoint() const { return checkpoint_; }  // that it began with; 0: none
  std::uint64_t replayed() const { return replayed_; }      // records behind it
  // Of the state of the houses before it, compared; those that this one did not come to.
  std::uint64_t samples() const { return samples_; }
  const std::vector<StateFault>& state_faults() const { return state_faults_; }
  OfferStock stock(OfferIndex offer) { return owner(offer).stock(offer); }
  Engine& owner(OfferIndex offer) { return shards_[owner_shard(offer, options_.shards)]->engine(); }
  // Of the offer's orders, ascending.
  std::vector<OrderNumber> numbers(OfferIndex offer) {
    std::vector<OrderNumber> found;
    const OrderStore& store = owner(offer).store();
    store.visit([&](OrderSlot slot) {
      const OrderNumber number{store.row(slot).number};
      if (number.offer() == offer && !store.row(slot).is_part) found.push_back(number);
    });
    std::sort(found.begin(), found.end());
    return found;
  }
  // What a runtime does while its shards stand still.
  void make_room() {
    if (allowances_->is_crowded()) allowances_->compact();
  }
  std::uint64_t hash() {
    std::vector<Engine*> engines;
    for (const auto& shard : shards_) {
      shard->finish();
      engines.push_back(&shard->engine());
    }
    return state_hash(engines, *allowances_, catalog());
  }

 private:
  House(ManualClock& clock, const HouseOptions& options) : clock_(clock), options_(options) {}

  Status recover(MemoryStorage& storage, const CatalogChangeSet& shop) {
    if (Status locked = storage.lock(); !locked) return locked;
    auto folder = recover_folder(
        storage, {.shards = options_.shards, .orders_max = [this](auto) { return options_.orders_max; }});
    if (!folder) return tl::unexpected(folder.error());
    StateBuilder& state = *folder->state;
    for (const StateFault& fault : state.state_faults()) state_faults_.push_back(fault);
    samples_ = state.samples();
    checkpoint_ = folder->checkpoint ? folder->checkpoint->place.next_sequence - 1 : 0;
    replayed_ = folder->journal.records;
    auto writer = JournalWriter::open(storage, folder->journal,
                                      {.segment_bytes = kSegmentBytesMin, .prepare_in_background = false});
    if (!writer) return tl::unexpected(writer.error());
    const auto append = [&](const RecordInfo& info, const std::string& payload) {
      (*writer)->append(info, std::as_bytes(std::span(payload)));
    };
    if (!state.has_keys()) {
      std::string payload;
      encode(FolderCreated{.table_key = kTableKey, .order_id_key = kOrderIdKey}, payload);
      append({.kind = RecordKind::folder_created, .tick = clock_.wall_now()}, payload);
      state.set_keys({.table_key = kTableKey, .order_id_key = kOrderIdKey});
    }
    if (state.catalog()->version() == 0) {
      for (const auto& record : encode_change(shop, 1, clock_.wall_now()))
        append(record.info, record.payload);
      state.install(apply_change(*state.catalog(), shop));
    }
    if (Status committed = (*writer)->commit(); !committed) return committed;
    recovered_orders_ = state.orders();
    for (const auto& engine : state.engines())
      engine->begin_start(static_cast<std::uint32_t>((*writer)->epoch()));
    assemble(state, std::move(*writer));
    return {};
  }

  void assemble(StateBuilder& state, std::unique_ptr<JournalWriter> writer) {
    catalog_.set(state.catalog());
    allowances_ = std::move(state.allowances());
    board_ = std::make_unique<Board>(options_.orders_max);
    std::vector<JournalRing*> rings;
    std::vector<ShardAgent*> shards;
    for (std::uint32_t i = 0; i < options_.shards; ++i) {
      const ShardOptions own = {.shard = i,
                                .answer_when_decided = options_.answer_when_decided,
                                .ring_bytes = options_.ring_bytes,
                                .sample_bytes = options_.sample_bytes};
      shards_.push_back(std::make_unique<ShardAgent>(own, std::move(state.engines()[i]),
                                                     options_.http_threads, *board_, clock_));
      shards.push_back(shards_.back().get());
      rings.push_back(&shards_.back()->ring());
    }
    const std::vector<Notifier*> listeners = {&shard_notifier_};
    journal_ = std::make_unique<JournalAgent>(std::move(writer), rings, listeners, clock_);
    std::vector<ReplyDoor> replies;
    for (std::uint16_t i = 0; i < options_.http_threads; ++i) {
      doors_.push_back(std::make_unique<EngineDoor>(
          i, shards, *board_, catalog_, DataFolderKeys{kTableKey, kOrderIdKey}, options_.requests_max));
      doors_.back()->set_notifier(&door_notifier_);
      replies.push_back({.queue = &doors_.back()->replies(), .notifier = &door_notifier_});
    }
    for (ShardAgent* shard : shards) {
      shard->connect(replies, journal_.get(), &journal_notifier_, &shard_notifier_, shards);
      shard->set_last_tick(state.last_tick());
      shard->publish_board();
    }
  }

  ManualClock& clock_;
  const HouseOptions options_;
  CatalogCell catalog_;
  std::unique_ptr<Board> board_;
  std::unique_ptr<Allowances> allowances_;
  Notifier journal_notifier_, shard_notifier_, door_notifier_;
  std::vector<std::unique_ptr<ShardAgent>> shards_;
  std::unique_ptr<JournalAgent> journal_;
  std::vector<std::unique_ptr<EngineDoor>> doors_;
  std::uint64_t recovered_orders_ = 0, checkpoint_ = 0, replayed_ = 0, samples_ = 0;
  std::vector<StateFault> state_faults_;
};

// A house on a disk of its own, for tests of one life.
struct Estate {
  explicit Estate(const CatalogChangeSet& shop, const HouseOptions& options = {}) : clock(kOpens) {
    auto started = House::start(storage, clock, shop, options);
    INFO((started ? std::string() : started.error().message));
    REQUIRE(started.has_value());
    house = std::move(*started);
  }
  MemoryStorage storage;
  ManualClock clock;
  std::unique_ptr<House> house;
};

}  // namespace doorbuster
