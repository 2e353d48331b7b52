// The order of record: what each event does to the tables, whatever batch it comes in.

#include "sink/postgres_sink.h"

#include <algorithm>
#include <filesystem>
#include <random>
#include <sstream>

#include "sinks/postgres_fixture.h"

namespace doorbuster {
namespace {

constexpr std::string_view kOrder =
    "SELECT status, quantity, confirmed_quantity, returned_quantity, coalesce(payment_reference, '-'),"
    " refund_due, epoch, sequence FROM {}.orders WHERE order_id = 'o1'";
constexpr std::string_view kLines =
    "SELECT sku, quantity, unit_price, returned_quantity FROM {}.order_lines"
    " WHERE order_id = 'o1' ORDER BY sku";

const std::string kBasket =
    R"(,"first":true,"currency":"EUR","quantity":3,"lines":[{"sku":"tv","quantity":1,"unit_price":100},)"
    R"({"sku":"pc","quantity":2,"unit_price":101}],"total":302,"buyer":"b-3",)"
    R"("expires_at":"2026-11-27T08:10:00Z")";

void deliver_in_steps(SinkUnderTest& sink, std::span<const FeedEvent> events, std::size_t step) {
  for (std::size_t at = 0; at < events.size(); at += step) {
    sink.must_deliver(events.subspan(at, std::min(step, events.size() - at)));
  }
}

std::vector<FeedEvent> golden(const std::string& path) {
  std::vector<FeedEvent> events;
  std::istringstream lines(read_file(path));
  for (std::string line; std::getline(lines, line);) {
    FeedEvent event{};
    event.json = line;
    const auto id = line.find("\"id\":\"") + 6;
    event.at = parse_feed_position(line.substr(id, line.find('"', id) - id)).value();
    events.push_back(std::move(event));
  }
  return events;
}

TEST_CASE("every event of the golden feeds is in the tables, in whatever batches it comes") {
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator("tests/golden/feed/1")) {
    const std::string name = entry.path().stem();
    CAPTURE(name);
    const auto events = golden(entry.path());
    REQUIRE_FALSE(events.empty());
    std::string all;
    for (const std::size_t step : {events.size(), std::size_t{1}, std::size_t{3}}) {
      CAPTURE(step);
      SinkUnderTest sink("golden_" + name + std::to_string(step), "record",
                         static_cast<std::uint8_t>(++files));
      REQUIRE(sink.open() == FeedPosition{});
      deliver_in_steps(sink, events, step);
      CHECK(sink.ask("SELECT count(*) FROM {}.events") == std::to_string(events.size()));
      CHECK(sink.place() == format_feed_position(events.back().at));
      CHECK(sink.ask("SELECT count(*) FROM {}.events WHERE id <> epoch || '-' || sequence") == "0");
      std::string tables =
          sink.ask("SELECT * FROM {}.orders ORDER BY order_id") +
          sink.ask("SELECT * FROM {}.order_lines ORDER BY order_id, sku") +
          sink.ask("SELECT epoch, sequence, type, time, tenant, subject, data FROM {}.events");
      if (all.empty()) all = tables;
      CHECK(tables == all);
    }
  }
  CHECK(files >= 15);
}

TEST_CASE("the golden payloads end in the rows that they tell of") {
  SinkUnderTest sink("golden_rows");
  sink.open();
  sink.must_deliver(golden("tests/golden/feed/1/payloads.jsonl"));
  CHECK(
      sink.ask("SELECT order_id, status, quantity, unit_price, total, confirmed_quantity, returned_quantity,"
               " payment_reference, refund_due, reference, channel FROM {}.orders ORDER BY created_at") ==
      "fbcnbh9dadpvy7h6f3qfpx81ze|confirmed|2|100|200|2|1|NULL|f|cart \"7\"|app\n"
      "89c0f339wkfs47gt222908ya6k|confirmed|1|100|100|1|0|NULL|f|NULL|NULL\n"
      "fmkrzqxpwxc6tctpzd31j46g3q|confirmed|3|NULL|302|3|1|NULL|f|NULL|NULL\n"
      "29kvnchxaxar6cyzay4nafg9yy|confirmed|3|102|306|1|0|pi_1|f|NULL|NULL\n"
      "4pqx06ppq1k2ras2611dpqcjte|cancelled|1|102|102|0|0|pi_2|t|NULL|NULL\n"
      "b6st4pky99jrg30qxgmh67wwk2|confirmed|2|102|204|2|0|NULL|f|NULL|NULL\n"
      "6a2qmhndywmj80tp1v0e9bzcet|left_line|1|102|102|0|0|NULL|f|NULL|NULL\n"
      "2hek9phbzpdstfwax9373qka5k|cancelled|2|NULL|205|0|0|NULL|f|NULL|NULL\n"
      "3bazk99r5j0ev5p66rbaq86ty1|expired|2|NULL|205|0|0|pi_4|t|NULL|NULL\n"
      "8v6c5nw6zae27dbb4f56f7e8bx|confirmed|2|NULL|205|2|0|pi_3|f|NULL|NULL\n"
      "amep2qm3z78pvfpq8zt9d4k65w|held|1|NULL|103|0|0|NULL|f|NULL|NULL");
  CHECK(sink.ask("SELECT * FROM {}.units ORDER BY campaign, sku") ==
        "default|holds|shoe|0|4|0\ndefault|holds|sock|1|1|0\ndefault|plain|pc|0|2|1\ndefault|plain|tv|0|4|1");
  CHECK(sink.ask("SELECT expires_at AT TIME ZONE 'UTC' FROM {}.orders WHERE order_id LIKE '29kv%'") ==
        "2023-11-14 22:25:18");
}

TEST_CASE("an order that is held, confirmed in part and returned piece by piece") {
  SinkUnderTest sink("life_held");
  sink.open();
  const std::vector<FeedEvent> events = {
      first_event(1, "held", "o1", 3, "b-1", R"(,"expires_at":"2026-11-27T08:10:00.013Z")"),
      order_event(2, "extended", "o1", R"(,"expires_at":"2026-11-27T08:20:00Z","reason":"asked")"),
      order_event(3, "confirmed", "o1", R"(,"quantity":2,"late":false,"payment_reference":"pi_1")"),
      order_event(4, "returned", "o1", R"(,"quantity":1,"restock":true)"),
      order_event(5, "returned", "o1", R"(,"quantity":1,"restock":false)"),
  };
  const std::vector<std::string> rows = {"held|3|0|0|-|f|1|1", "held|3|0|0|-|f|1|2",
                                         "confirmed|3|2|0|pi_1|f|1|3", "confirmed|3|2|1|pi_1|f|1|4",
                                         "returned|3|2|2|pi_1|f|1|5"};
  for (std::size_t i = 0; i < events.size(); ++i) {
    sink.must_deliver({&events[i], 1});
    CHECK(sink.ask(kOrder) == rows[i]);
  }
  CHECK(sink.ask(kLines) == "tv|3|49900|2");
  CHECK(sink.ask("SELECT tenant, campaign, buyer, currency, unit_price, total, expires_at AT TIME ZONE 'UTC',"
                 " created_at AT TIME ZONE 'UTC' FROM {}.orders") ==
        "default|black-friday|b-1|EUR|49900|149700|2026-11-27 08:20:00|2026-11-27 08:00:00.013");
}

TEST_CASE("a basket is confirmed as a whole and comes back by SKU") {
  SinkUnderTest sink("life_basket");
  sink.open();
  sink.must_deliver(std::vector{
      order_event(1, "held", "o1", kBasket),
      order_event(2, "confirmed", "o1", R"(,"quantity":3,"late":false)"),
      order_event(3, "returned", "o1", R"(,"sku":"pc","quantity":1,"restock":true)"),
  });
  CHECK(sink.ask(kOrder) == "confirmed|3|3|1|-|f|1|3");
  CHECK(sink.ask(kLines) == "pc|2|101|1\ntv|1|100|0");
  sink.must_deliver(
      std::vector{order_event(4, "returned", "o1", R"(,"sku":"tv","quantity":1,"restock":true)"),
                  order_event(5, "returned", "o1", R"(,"sku":"pc","quantity":1,"restock":true)")});
  CHECK(sink.ask(kOrder) == "returned|3|3|3|-|f|1|5");
  CHECK(sink.ask(kLines) == "pc|2|101|2\ntv|1|100|1");
}

TEST_CASE("an order that waits, is offered its units and confirmed; another that leaves the line") {
  SinkUnderTest sink("life_waiting");
  sink.open();
  sink.must_deliver(std::vector{first_event(1, "waiting", "o1", 1), first_event(2, "waiting", "o2", 1)});
  CHECK(sink.ask(kOrder) == "waiting|1|0|0|-|f|1|1");
  sink.must_deliver(std::vector{order_event(3, "offered", "o1", R"(,"expires_at":"2026-11-27T09:00:00Z")"),
                                order_event(4, "left_line", "o2", R"(,"reason":"asked")")});
  CHECK(sink.ask(kOrder) == "held|1|0|0|-|f|1|3");
  sink.must_deliver(std::vector{order_event(5, "confirmed", "o1", R"(,"quantity":1,"late":false)")});
  CHECK(sink.ask(kOrder) == "confirmed|1|1|0|-|f|1|5");
  CHECK(sink.ask("SELECT status FROM {}.orders WHERE order_id = 'o2'") == "left_line");
}

TEST_CASE("what runs out can be confirmed late, or its money is due") {
  const FeedEvent late =
      order_event(4, "confirmed", "o1", R"(,"quantity":3,"late":true,"payment_reference":"pi_1")");
  const FeedEvent refund = order_event(4, "refund_due", "o1", R"(,"payment_reference":"pi_1")");
  for (const bool is_late : {true, false}) {
    SinkUnderTest sink(is_late ? "life_late" : "life_refund");
    sink.open();
    sink.must_deliver(std::vector{order_event(1, "held", "o1", kBasket),
                                  order_event(2, "expired", "o1", R"(,"sku":"tv")"),
                                  order_event(3, "expired", "o1", R"(,"sku":"pc")")});
    CHECK(sink.ask(kOrder) == "expired|3|0|0|-|f|1|3");
    sink.must_deliver({is_late ? &late : &refund, 1});
    CHECK(sink.ask(kOrder) == (is_late ? "confirmed|3|3|0|pi_1|f|1|4" : "expired|3|0|0|pi_1|t|1|4"));
  }
}

TEST_CASE("a line of a basket that ran out does not change how the basket has ended") {
  SinkUnderTest sink("life_cancelled");
  sink.open();
  sink.must_deliver(std::vector{order_event(1, "held", "o1", kBasket),
                                order_event(2, "expired", "o1", R"(,"sku":"tv")"),
                                order_event(3, "cancelled", "o1", R"(,"reason":"asked")"),
                                order_event(4, "expired", "o1", R"(,"sku":"pc")")});
  CHECK(sink.ask(kOrder) == "cancelled|3|0|0|-|f|1|4");
}

TEST_CASE("events of unknown types and of orders that began before the feed are kept as events only") {
  SinkUnderTest sink("unknown");
  sink.open();
  sink.must_deliver(std::vector{order_event(1, "gift_wrapped", "o1", R"(,"first":true)"),
                                order_event(2, "confirmed", "o9", R"(,"quantity":1)"),
                                event_of({1, 3}, "novelty.seen", "x", R"("n":1)")});
  CHECK(sink.ask("SELECT count(*) FROM {}.orders") == "0");
  CHECK(sink.ask("SELECT string_agg(type, ',' ORDER BY sequence) FROM {}.events") ==
        "doorbuster.order.gift_wrapped,doorbuster.order.confirmed,doorbuster.novelty.seen");
}

// An order that lives as one can, and what must stand in its row at the end.
struct Life {
  std::string id;
  std::vector<std::pair<std::string, std::string>> steps = {};  // type and members
  std::size_t next = 0;
  std::string status = {};
  int confirmed = 0, returned = 0;
  bool refund_due = false;
};

Life random_life(std::mt19937& random, std::string id) {
  const auto chance = [&random](unsigned one_in) { return random() % one_in == 0; };
  Life life{.id = std::move(id)};
  const auto step = [&life](const std::string& type, const std::string& more) {
    life.steps.emplace_back(type, more);
    if (type != "extended" && type != "returned" && type != "refund_due") life.status = type;
  };
  step(chance(2) ? "held" : "waiting", "");
  if (life.status == "waiting" && chance(4)) step("left_line", R"(,"reason":"asked")");
  if (life.status == "left_line") return life;
  if (life.status == "waiting") step("offered", R"(,"expires_at":"2026-11-27T08:10:00Z")");
  while (chance(3)) step("extended", R"(,"expires_at":"2026-11-27T08:20:00Z","reason":"asked")");
  life.status = "held";
  if (chance(3)) step("expired", "");
  if (life.status == "expired" && chance(2)) {
    step("refund_due", R"(,"payment_reference":"pi")");
    life.refund_due = true;
    return life;
  }
  if (life.status == "held" && chance(4)) {
    step("cancelled", R"(,"reason":"asked")");
    return life;
  }
  life.confirmed = 1 + static_cast<int>(random() % 4);
  step("confirmed", ",\"quantity\":" + std::to_string(life.confirmed));
  while (life.returned < life.confirmed && !chance(3)) {
    step("returned", R"(,"quantity":1,"restock":true)");
    life.returned += 1;
  }
  if (life.returned == life.confirmed) life.status = "returned";
  return life;
}

// Their events, mixed.
std::vector<FeedEvent> events_of(std::vector<Life>& lives, std::mt19937& random) {
  std::vector<FeedEvent> events;
  std::vector<Life*> left;
  for (Life& life : lives) left.push_back(&life);
  for (std::uint64_t sequence = 1; !left.empty(); sequence += 1 + random() % 3) {
    const auto at =
        left.begin() + static_cast<std::ptrdiff_t>(random() % std::min<std::size_t>(left.size(), 9));
    Life& life = **at;
    const auto& [type, more] = life.steps[life.next];
    events.push_back(life.next == 0 ? first_event(sequence, type, life.id, 4)
                                    : order_event(sequence, type, life.id, more));
    if (++life.next == life.steps.size()) left.erase(at);
  }
  return events;
}

TEST_CASE("orders that live side by side end as they should, in batches of any size") {
  std::mt19937 random(20261127);
  std::vector<Life> lives;
  for (int i = 0; i < 400; ++i) lives.push_back(random_life(random, "o" + std::to_string(i)));
  const auto events = events_of(lives, random);
  std::sort(lives.begin(), lives.end(), [](const Life& a, const Life& b) { return a.id < b.id; });
  std::string rows;
  for (const Life& life : lives) {
    rows += (rows.empty() ? "" : "\n") + life.id + '|' + life.status + '|' + std::to_string(life.confirmed) +
            '|' + std::to_string(life.returned) + '|' + (life.refund_due ? 't' : 'f') + '|' +
            std::to_string(life.returned);
  }
  for (const std::size_t step : {events.size(), std::size_t{1}, std::size_t{7}, std::size_t{100}}) {
    CAPTURE(step);
    SinkUnderTest sink("lives" + std::to_string(step));
    sink.open();
    deliver_in_steps(sink, events, step);
    CHECK(sink.ask("SELECT o.order_id, status, o.confirmed_quantity, o.returned_quantity, refund_due,"
                   " l.returned_quantity FROM {}.orders o JOIN {}.order_lines l"
                   " USING (order_id) ORDER BY order_id") == rows);
    CHECK(sink.ask("SELECT count(*) FROM {}.events") == std::to_string(events.size()));
  }
}

// A shop's trigger or constraint sees what it would if each event came by itself.
TEST_CASE("the table takes on every state of an order, however many come in one batch") {
  SinkUnderTest sink("states");
  sink.open();
  sink.ask(R"(CREATE TABLE {}.seen (n serial, order_id text, status text);
              CREATE FUNCTION {}.see() RETURNS trigger LANGUAGE plpgsql AS
                $$BEGIN
                  INSERT INTO {}.seen (order_id, status) VALUES (NEW.order_id, NEW.status);
                  RETURN NEW;
                END$$;
              CREATE TRIGGER see AFTER INSERT OR UPDATE ON {}.orders
                FOR EACH ROW EXECUTE FUNCTION {}.see())");
  sink.must_deliver(std::vector{first_event(1, "waiting", "o1", 1), first_event(2, "held", "o2", 1),
                                order_event(3, "offered", "o1", R"(,"expires_at":"2026-11-27T09:00:00Z")"),
                                order_event(4, "expired", "o2"), order_event(5, "expired", "o1"),
                                order_event(6, "confirmed", "o1", R"(,"quantity":1,"late":true)"),
                                order_event(7, "returned", "o1", R"(,"quantity":1)")});
  CHECK(sink.ask("SELECT order_id, string_agg(status, ',' ORDER BY n) FROM {}.seen GROUP BY 1 ORDER BY 1") ==
        "o1|waiting,held,expired,confirmed,returned\no2|held,expired");
}

}  // namespace
}  // namespace doorbuster
