// Folders with every kind and every version of payload that this program writes, each as one history that can
// have been, and what `journal dump` prints of it in a .jsonl beside it: tests/golden/journal/1.0/payloads,
// 1.0/plans, 1.0/life and 1.0/forgotten with what came later. Payloads do not change the format, so they
// stand with format 1.0. Later versions add folders of their own and must read these, byte for byte as they
// are.
//
// With DOORBUSTER_UPDATE_GOLDEN=1 this file writes it anew; see golden_test.cc for when not to.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "doorbuster/journal/inspect.h"
#include "support/journal_fixture.h"
#include "unit/journal/chronicle.h"
#include "unit/journal/golden_plans.h"

namespace doorbuster {
namespace {

const std::filesystem::path kGolden = "tests/golden/journal/1.0";
const std::string kFolders[] = {"payloads", "plans", "life", "forgotten", "samples"};

constexpr Hash128 kCard{5, 6}, kDevice{7, 1};

void write_catalog(Chronicle& chronicle) {
  chronicle.put(RecordKind::folder_created, FolderCreated{{1, 2}, {3, 4}});
  const CatalogChange change = {.change = 1, .records = 6};
  chronicle.put(RecordKind::catalog_change_begin, change);
  const CampaignPut plain = campaign(0, "plain");
  CampaignPut holds = campaign(1, "holds");
  holds.hold_seconds = 600;
  holds.hold_max_seconds = 900;
  holds.limit_per_buyer_total = 6;
  holds.on_payment_failed = PaymentFailure::grace;
  holds.grace_seconds = 20;
  holds.waitlist = true;
  holds.offer_seconds = 30;
  for (const CampaignPut& put : {plain, holds}) {
    chronicle.put(RecordKind::campaign_put, put, campaign_put_version(put));
  }
  const std::pair<const char*, std::int64_t> skus[] = {{"tv", 10}, {"pc", 10}, {"shoe", 4}, {"sock", 5}};
  for (std::uint32_t i = 0; i < std::size(skus); ++i) {
    OfferPut offer;
    offer.offer = {i};
    offer.campaign = {i / 2};
    offer.sku = skus[i].first;
    offer.stock = skus[i].second;
    offer.price = 100 + i;
    offer.list_price = 200 + i;
    chronicle.put(RecordKind::offer_put, offer);
  }
  chronicle.put(RecordKind::catalog_change_end, change);
}

Order order_of(std::uint32_t quantity, std::int64_t unit_price, std::string_view buyer,
               OrderStatus status = OrderStatus::confirmed) {
  Order order;
  order.quantity = quantity;
  order.unit_price = unit_price;
  order.buyer = buyer;
  order.status = status;
  return order;
}

Order basket_of(OrderLines lines, std::string_view buyer, OrderStatus status = OrderStatus::confirmed) {
  Order order = order_of(0, 0, buyer, status);
  order.lines = lines;
  for (const OrderLine& line : lines) {
    order.quantity += line.quantity;
    order.unit_price += line.quantity * line.unit_price;
  }
  return order;
}

// Final orders in the first, second and third version, and units of them that come back.
void write_sales(Chronicle& chronicle) {
  Order plain = order_of(2, 100, "b-1");
  plain.key = "k-1";
  plain.reference = "cart \"7\"";
  plain.expected_price = 120;
  plain.channel = "app";
  plain.region = "de";
  plain.segment = "gold";
  const OrderNumber sold = chronicle.order(plain, kTv);
  Order identified = order_of(1, 100, "b-2");
  const Hash128 names[] = {kCard, kDevice};
  identified.identities = names;
  chronicle.order(identified, kTv);
  const OrderLine lines[] = {{.offer = kTv, .quantity = 1, .unit_price = 100},
                             {.offer = kPc, .quantity = 2, .unit_price = 101}};
  Order basket = basket_of(lines, "b-3");
  basket.identities = Identities(names).first(1);
  basket.key = "k-3";
  const OrderNumber whole = chronicle.order(basket, kTv);
  OrderEvent back;
  back.quantity = 1;
  back.restock = true;
  back.key = {8, 9};
  chronicle.event(back, OrderEventKind::returned, sold);
  back.key = {};
  back.restock = false;
  back.part = kPc;
  chronicle.event(back, OrderEventKind::returned, whole);
}

// Of four shoes: held, extended, confirmed in part, waited for, offered, run out, sold late, cancelled, owed.
void write_holds(Chronicle& chronicle) {
  const Hash128 names[] = {kCard};
  Order first = order_of(3, 102, "b-1", OrderStatus::held);
  first.identities = names;
  const OrderNumber held = chronicle.order(first, kShoe);
  const OrderNumber other = chronicle.order(order_of(1, 102, "b-2", OrderStatus::held), kShoe);
  const OrderNumber waits = chronicle.order(order_of(2, 102, "b-4", OrderStatus::waiting), kShoe);
  Order identified = order_of(1, 102, "b-5", OrderStatus::waiting);
  const Hash128 device[] = {kDevice};
  identified.identities = device;
  const OrderNumber leaves = chronicle.order(identified, kShoe);

  OrderEvent extended;
  extended.expires_at = Chronicle::in(chronicle.now(), 700);
  chronicle.event(extended, OrderEventKind::extended, held);
  OrderEvent confirmed;
  confirmed.quantity = 1;
  confirmed.payment = "pi_1";
  chronicle.event(confirmed, OrderEventKind::confirmed, held);
  OrderEvent offered;
  offered.expires_at = Chronicle::in(chronicle.now(), 30);
  chronicle.event(offered, OrderEventKind::offered, waits);
  chronicle.event({}, OrderEventKind::left_line, leaves);
  OrderEvent cancelled;
  cancelled.reason = OrderEventReason::payment_failed;
  chronicle.event(cancelled, OrderEventKind::cancelled, other);
  OrderEvent owed;
  owed.payment = "pi_2";
  chronicle.event(owed, OrderEventKind::refund_due, other);
  chronicle.wait(30);
  chronicle.event({}, OrderEventKind::expired, waits);
  OrderEvent late;
  late.quantity = 2;
  late.late = true;
  chronicle.event(late, OrderEventKind::confirmed, waits);
}

// Baskets that are held: confirmed, extended and cancelled as a whole, and run out line by line.
void write_held_baskets(Chronicle& chronicle) {
  const OrderLine one_each[] = {{.offer = kShoe, .quantity = 1, .unit_price = 102},
                                {.offer = kSock, .quantity = 1, .unit_price = 103}};
  const OrderNumber cancelled = chronicle.order(basket_of(one_each, "b-6", OrderStatus::held), kShoe);
  OrderEvent extended;
  extended.expires_at = Chronicle::in(chronicle.now(), 800);
  chronicle.event(extended, OrderEventKind::extended, cancelled);
  chronicle.event({}, OrderEventKind::cancelled, cancelled);
  const OrderNumber expires = chronicle.order(basket_of(one_each, "b-7", OrderStatus::held), kShoe);
  chronicle.wait(600);
  OrderEvent expired;
  for (const OfferIndex part : {kSock, kShoe}) {
    expired.part = part;
    chronicle.event(expired, OrderEventKind::expired, expires);
  }
  const OrderNumber confirmed = chronicle.order(basket_of(one_each, "b-8", OrderStatus::held), kShoe);
  OrderEvent confirm;
  confirm.quantity = 2;
  confirm.payment = "pi_3";
  chronicle.event(confirm, OrderEventKind::confirmed, confirmed);
  OrderEvent owed;
  owed.payment = "pi_4";
  chronicle.event(owed, OrderEventKind::refund_due, expires);
  chronicle.order(basket_of(OrderLines(one_each).last(1), "b-9", OrderStatus::held), kSock);
}

// A month later: an order whose key is used again, and a basket, whose lines go a minute after it.
void write_forgotten(Chronicle& chronicle) {
  Order plain = order_of(2, 100, "b-1");
  plain.key = "k-1";
  const OrderNumber sold = chronicle.order(plain, kTv);
  const OrderLine lines[] = {{.offer = kTv, .quantity = 1, .unit_price = 100},
                             {.offer = kPc, .quantity = 2, .unit_price = 101}};
  const OrderNumber basket = chronicle.order(basket_of(lines, "b-3"), kTv);
  chronicle.wait(kOrderRetentionSecondsDefault);
  chronicle.forget({{.order = sold, .part = {}}, {.order = basket, .part = {}}});
  chronicle.order(plain, kTv);
  chronicle.wait(kLineRetentionSeconds);
  chronicle.forget({{.order = basket, .part = kTv}, {.order = basket, .part = kPc}});
}

// What a sample says is for an engine to judge; here it is only read.
void write_samples(Chronicle& chronicle) {
  chronicle.sample({.offer = {1},
                    .has_units = true,
                    .orders = 64,
                    .first_ordinal = 262'145,
                    .held = 3,
                    .sold = 1'000'000,
                    .orders_hash = 0xfedcba9876543210});
  chronicle.sample({.offer = {0}, .has_units = false, .orders = 0, .first_ordinal = 1, .held = 7, .sold = 7});
}

MemoryStorage::Files make(const std::string& name) {
  MemoryStorage storage;
  RecoveredJournal recovered;
  recovered.fresh = true;
  for (std::size_t i = 0; i < recovered.identity.size(); ++i) {
    recovered.identity[i] = static_cast<std::uint8_t>(i + 1);
  }
  auto writer = JournalWriter::open(storage, recovered, kTinySegments).value();
  Chronicle chronicle(*writer);
  using Writers = std::vector<void (*)(Chronicle&)>;
  const Writers writers = name == "plans"       ? Writers{write_catalog, write_plans}
                          : name == "life"      ? Writers{write_catalog, write_life}
                          : name == "forgotten" ? Writers{write_catalog, write_forgotten}
                          : name == "samples"
                              ? Writers{write_catalog, write_samples}
                              : Writers{write_catalog, write_sales, write_holds, write_held_baskets};
  for (const auto write : writers) {
    write(chronicle);
    must_commit(*writer);
  }
  must_close(*writer);
  auto files = storage.files();
  files.erase("spare");
  return files;
}

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

MemoryStorage::Files load(const std::string& name) {
  MemoryStorage::Files files;
  for (const auto& entry : std::filesystem::directory_iterator(kGolden / name)) {
    files[entry.path().filename().string()] = read_file(entry.path());
  }
  return files;
}

std::filesystem::path dump_path(const std::string& name) {
  return kGolden / (name + ".jsonl");
}

std::string dump_of(const MemoryStorage::Files& files) {
  MemoryStorage storage(files);
  std::ostringstream out, err;
  CHECK(dump_journal(storage, out, err) == 0);
  CHECK(err.str().empty());
  return out.str();
}

TEST_CASE("the golden folders of payloads are written anew when it is asked for") {
  if (std::getenv("DOORBUSTER_UPDATE_GOLDEN") == nullptr) return;
  for (const std::string& name : kFolders) {
    std::filesystem::create_directories(kGolden / name);
    for (const auto& [file, bytes] : make(name)) {
      std::ofstream(kGolden / name / file, std::ios::binary) << bytes;
    }
    std::ofstream(dump_path(name), std::ios::binary) << dump_of(make(name));
  }
}

TEST_CASE("every payload of the golden folders is read, and says what it always said") {
  for (const std::string& name : kFolders) {
    CAPTURE(name);
    CHECK(dump_of(load(name)) == read_file(dump_path(name)));
    MemoryStorage storage(load(name));
    std::ostringstream out, err;
    CHECK(verify_journal(storage, out, err) == 0);
  }
}

TEST_CASE("this program still writes the bytes of the golden folders") {
  for (const std::string& name : kFolders) {
    CAPTURE(name);
    CHECK(make(name) == load(name));
  }
}

TEST_CASE("the golden folders have every kind in every version, and every event") {
  std::map<std::string, int> seen;
  std::string dumps;
  for (const std::string& name : kFolders) dumps += dump_of(load(name));
  std::istringstream lines(dumps);
  for (std::string line; std::getline(lines, line);) {
    const auto value = [&line](const std::string& name) {
      const std::size_t at = line.find("\"" + name + "\":");
      if (at == std::string::npos) return std::string();
      const std::size_t from = at + name.size() + 3;
      return line.substr(from, line.find_first_of(",}", from) - from);
    };
    std::string seen_as = value("kind") + " " + value("version") + " " + value("event");
    for (const char* list : {"windows", "schedule", "price_steps", "regions", "segments", "channels",
                             "offer_rules", "channel_quotas"}) {
      if (!value(list).empty()) seen_as += list;
    }
    ++seen[seen_as];
  }
  for (const char* expected : {"\"folder_created\" 1 ",
                               "\"catalog_change_begin\" 1 ",
                               "\"campaign_put\" 1 ",
                               "\"campaign_put\" 2 ",
                               "\"campaign_put\" 3 ",
                               "\"campaign_put\" 4 ",
                               "\"offer_put\" 2 ",
                               "\"tenant_put\" 1 ",
                               "\"item_put\" 1 ",
                               "\"alert\" 1 ",
                               "\"plan_part\" 1 offer_rules",
                               "\"plan_part\" 1 channel_quotas",
                               "\"catalog_change_begin\" 2 ",
                               "\"plan_part\" 1 windows",
                               "\"plan_part\" 1 schedule",
                               "\"plan_part\" 1 price_steps",
                               "\"plan_part\" 1 regions",
                               "\"plan_part\" 1 segments",
                               "\"plan_part\" 1 channels",
                               "\"offer_put\" 1 ",
                               "\"catalog_change_end\" 1 ",
                               "\"batch_end\" 1 ",
                               "\"order_confirmed\" 1 ",
                               "\"order_confirmed\" 2 ",
                               "\"order_confirmed\" 3 ",
                               "\"order_held\" 2 ",
                               "\"order_held\" 3 ",
                               "\"order_waiting\" 1 ",
                               "\"order_waiting\" 2 ",
                               "\"order_event\" 1 \"confirmed\"",
                               "\"order_event\" 1 \"cancelled\"",
                               "\"order_event\" 1 \"expired\"",
                               "\"order_event\" 1 \"extended\"",
                               "\"order_event\" 1 \"refund_due\"",
                               "\"order_event\" 1 \"returned\"",
                               "\"order_event\" 1 \"offered\"",
                               "\"order_event\" 1 \"left_line\"",
                               "\"order_event\" 2 \"expired\"",
                               "\"order_event\" 2 \"returned\"",
                               "\"orders_forgotten\" 1 ",
                               "\"state_sample\" 1 "}) {
    CAPTURE(expected);
    CHECK(seen[expected] > 0);
  }
  CHECK(seen.size() == 41);
}

}  // namespace
}  // namespace doorbuster
