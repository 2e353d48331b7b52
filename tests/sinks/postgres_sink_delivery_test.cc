// The order of record: once and no more, what the database will not take, and what open() finds.

#include <thread>

#include "sinks/postgres_fixture.h"

namespace doorbuster {
namespace {

std::vector<FeedEvent> sales(std::uint64_t first, std::uint64_t last) {
  std::vector<FeedEvent> events;
  for (std::uint64_t sequence = first; sequence <= last; ++sequence) {
    const std::string number = std::to_string(sequence);
    events.push_back(first_event(sequence, "confirmed", "o" + number, 2, "b-" + number));
  }
  return events;
}

std::span<const FeedEvent> some(const std::vector<FeedEvent>& events, std::size_t from, std::size_t count) {
  return std::span(events).subspan(from, count);
}

// --- once
// -----------------------------------------------------------------------------------------------------

TEST_CASE("the same events twice have their effect once") {
  SinkUnderTest sink("twice");
  CHECK(sink.open() == FeedPosition{});
  auto events = sales(1, 5);
  events.push_back(order_event(6, "returned", "o1", R"(,"quantity":1)"));
  sink.must_deliver(some(events, 0, 4));
  const std::string all = sink.all();
  sink.must_deliver(some(events, 0, 4));
  CHECK(sink.all() == all);
  sink.must_deliver(events);  // some of them are new
  CHECK(sink.ask("SELECT count(*), sum(returned_quantity) FROM {}.orders") == "5|1");
  CHECK(sink.place() == "1-6");
  CHECK(sink.open() == FeedPosition{1, 6});
  sink.must_deliver(events);
  CHECK(sink.ask("SELECT count(*), sum(returned_quantity) FROM {}.orders") == "5|1");
}

TEST_CASE("the place moves on without events, and never back") {
  SinkUnderTest sink("place");
  sink.open();
  CHECK(sink.sink().deliver({}, {1, 9}, sink.stop()).then == Then::go_on);
  CHECK(sink.place() == "1-9");
  CHECK(sink.sink().deliver({}, {1, 8}, sink.stop()).then == Then::go_on);
  CHECK(sink.place() == "1-9");
  // A later start of the engine goes on after a restore, with smaller numbers.
  const FeedEvent later = event_of({2, 5}, "alert.raised", "black-friday", R"("kind":"sold_out")");
  CHECK(sink.sink().deliver({&later, 1}, {2, 7}, sink.stop()).delivered == 1);
  CHECK(sink.place() == "2-7");
  CHECK(sink.open() == FeedPosition{2, 7});
  CHECK(sink.ask("SELECT id, data FROM {}.events") == R"(2-5|{"kind": "sold_out"})");
}

TEST_CASE("a place that another process has moved: nothing is applied, and open() learns it") {
  SinkUnderTest sink("moved"), other("moved");
  sink.open();
  other.open();
  const auto events = sales(1, 10);
  other.must_deliver(some(events, 0, 6));
  const std::string all = sink.all();
  const Delivery delivery = sink.deliver(some(events, 0, 10));
  CHECK(delivery.then == Then::retry);
  CHECK(delivery.delivered == 0);
  CHECK_THAT(delivery.reason, Catch::Contains("0-0"));
  CHECK(sink.all() == all);
  CHECK(sink.open() == FeedPosition{1, 6});
  sink.must_deliver(some(events, 6, 4));
  CHECK(sink.ask("SELECT count(*) FROM {}.events") == "10");
}

TEST_CASE("under another name a sink begins anew, and no order takes anything twice") {
  SinkUnderTest sink("renamed"), renamed("renamed", "renamed");
  sink.open();
  auto events = sales(1, 3);
  events.push_back(order_event(4, "returned", "o1", R"(,"quantity":1)"));
  events.push_back(order_event(5, "returned", "o2", R"(,"quantity":2)"));
  sink.must_deliver(events);
  const std::string all = sink.all();
  CHECK(renamed.open() == FeedPosition{});
  renamed.must_deliver(some(events, 0, 4));
  renamed.must_deliver(events);
  CHECK(renamed.all() == all);
}

// --- refused
// --------------------------------------------------------------------------------------------------

TEST_CASE("a constraint that the shop added refuses one event: those before it are in, those behind go in") {
  for (const std::string deferred : {"", " DEFERRABLE INITIALLY DEFERRED"}) {
    CAPTURE(deferred);
    SinkUnderTest sink(deferred.empty() ? "refused" : "refused_late");
    sink.open();
    const auto before = sales(1, 1);
    sink.must_deliver(before);
    if (deferred.empty()) {
      sink.ask("ALTER TABLE {}.orders ADD CONSTRAINT no_bots CHECK (buyer <> 'b-68')");
    } else {
      sink.ask(
          "CREATE TABLE {}.buyers AS SELECT 'b-' || n AS id FROM generate_series(1, 100) n WHERE n <> 68;"
          " ALTER TABLE {}.buyers ADD PRIMARY KEY (id);"
          " ALTER TABLE {}.orders ADD CONSTRAINT no_bots FOREIGN KEY (buyer) REFERENCES {}.buyers" +
          deferred);
    }
    const auto events = sales(2, 100);
    const Delivery delivery = sink.deliver(events);
    CHECK(delivery.then == Then::refused);
    CHECK(delivery.delivered == 66);
    CHECK_THAT(delivery.reason, Catch::Contains("event 1-68") && Catch::Contains("no_bots"));
    CHECK_THAT(delivery.reason, Catch::Contains(deferred.empty() ? "SQLSTATE 23514" : "SQLSTATE 23503"));
    CHECK(sink.ask("SELECT count(*), max(sequence) FROM {}.orders") == "67|67");
    CHECK(sink.place() == "1-67");
    sink.must_deliver(some(events, 67, 32));
    CHECK(sink.ask("SELECT count(*), max(sequence) FROM {}.orders") == "99|100");
    CHECK(sink.place() == "1-100");
  }
}

TEST_CASE("a trigger on the events finds their orders, and refuses what it raises an error about") {
  SinkUnderTest sink("trigger");
  sink.open();
  sink.ask(R"(CREATE TABLE {}.shop (order_id text REFERENCES {}.orders, sequence bigint);
              CREATE FUNCTION {}.see() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN
                IF NEW.data->>'buyer' = 'b-4' THEN RAISE EXCEPTION 'not him'; END IF;
                INSERT INTO {}.shop VALUES (NEW.subject, NEW.sequence);
                RETURN NEW;
              END$$;
              CREATE TRIGGER see BEFORE INSERT ON {}.events FOR EACH ROW EXECUTE FUNCTION {}.see())");
  const auto events = sales(1, 6);
  const Delivery delivery = sink.deliver(events);
  CHECK(delivery.then == Then::refused);
  CHECK(delivery.delivered == 3);
  CHECK_THAT(delivery.reason, Catch::Contains("not him") && Catch::Contains("SQLSTATE P0001"));
  sink.must_deliver(some(events, 4, 2));
  CHECK(sink.ask("SELECT string_agg(order_id, ',' ORDER BY sequence) FROM {}.shop") == "o1,o2,o3,o5,o6");
  CHECK(sink.ask("SELECT count(*) FROM {}.orders") == "5");
}

TEST_CASE("the first, the last and each of several events that are refused are found") {
  SinkUnderTest sink("refusals");
  sink.open();
  sink.ask("ALTER TABLE {}.orders ADD CHECK (buyer NOT IN ('b-1', 'b-5', 'b-6', 'b-20'))");
  const auto events = sales(1, 20);
  std::vector<std::size_t> refused;
  std::size_t done = 0;
  while (done < events.size()) {
    const Delivery delivery = sink.deliver(some(events, done, events.size() - done));
    done += delivery.delivered;
    if (delivery.then == Then::go_on) break;
    REQUIRE(delivery.then == Then::refused);
    refused.push_back(++done);
  }
  CHECK(refused == std::vector<std::size_t>{1, 5, 6, 20});
  CHECK(sink.ask("SELECT count(*) FROM {}.orders") == "16");
  CHECK(sink.ask("SELECT count(*) FROM {}.events") == "16");
}

TEST_CASE("a text that no database takes, and what is no event at all") {
  FeedEvent torn = first_event(2, "held", "o2", 1);
  torn.json.pop_back();
  const std::vector<std::pair<FeedEvent, std::string>> unfit = {
      {first_event(2, "held", "o2", 1, R"(b\u0000b)"), "SQLSTATE 22"},
      {event_of({1, 2}, "campaign.changed", "x", R"("name":"\u0000")"), "SQLSTATE 22"},
      {order_event(2, "returned", "o1", R"(,"quantity":99999999999)"), "SQLSTATE 22003"},
      {torn, "not a JSON object"},
      {order_event(2, "confirmed", "o1", R"(,"quantity":"two")"), "\"quantity\""},
      {order_event(2, "returned", "o1"), "\"quantity\""},
      {order_event(2, "held", "o2", R"(,"first":true,"quantity":1,"currency":"EUR","sku":"a")"), "\"buyer\""},
      {first_event(2, "held", "o2", 1, "b-1", R"(,"expires_at":"tomorrow")"), "\"expires_at\""},
      {first_event(2, "cancelled", "o2", 1), "\"first\""},
  };
  for (std::size_t i = 0; i < unfit.size(); ++i) {
    CAPTURE(i);
    SinkUnderTest sink("unfit" + std::to_string(i));
    sink.open();
    auto events = sales(1, 3);
    events[1] = unfit[i].first;
    const Delivery delivery = sink.deliver(events);
    CHECK(delivery.then == Then::refused);
    CHECK(delivery.delivered == 1);
    CHECK_THAT(delivery.reason, Catch::Contains("event 1-2") && Catch::Contains(unfit[i].second));
    sink.must_deliver(some(events, 2, 1));
    CHECK(sink.ask("SELECT string_agg(id, ',' ORDER BY sequence) FROM {}.events") == "1-1,1-3");
  }
}

TEST_CASE("tables that are not as they were made are no reason to leave an event out") {
  SinkUnderTest sink("changed");
  sink.open();
  const auto events = sales(1, 3);
  sink.ask("ALTER TABLE {}.orders RENAME COLUMN buyer TO customer");
  const Delivery delivery = sink.deliver(events);
  CHECK(delivery.then == Then::retry);
  CHECK(delivery.delivered == 0);
  CHECK_THAT(delivery.reason, Catch::Contains("SQLSTATE 42703") && Catch::Contains("buyer"));
  CHECK_THAT(sink.open_fails().message, Catch::Contains("SQLSTATE 42703"));
  sink.ask("ALTER TABLE {}.orders RENAME COLUMN customer TO buyer");
  CHECK(sink.open() == FeedPosition{});
  sink.must_deliver(events);
}

// --- opening
// --------------------------------------------------------------------------------------------------

TEST_CASE("two data folders cannot have one place") {
  SinkUnderTest sink("folders", "record", 1), other("folders", "record", 2), beside("folders", "beside", 2);
  sink.open();
  const Error error = other.open_fails();
  CHECK(error.kind == ErrorKind::configuration);
  CHECK_THAT(error.message, Catch::Contains("0101") && Catch::Contains("0202"));
  CHECK_THAT(error.message, Catch::Contains("another id or another schema"));
  sink.must_deliver(sales(1, 2));
  // Their events have the same numbers and are others.
  CHECK(beside.open() == FeedPosition{});
  auto events = sales(1, 2);
  for (FeedEvent& event : events) event.json.replace(event.json.find("\"order\":\"o"), 10, "\"order\":\"p");
  beside.must_deliver(events);
  CHECK(sink.ask("SELECT count(*), count(DISTINCT folder) FROM {}.events") == "4|2");
  CHECK(sink.ask("SELECT count(*) FROM {}.orders") == "4");
}

TEST_CASE("tables of a newer program are left alone") {
  SinkUnderTest sink("newer");
  sink.open();
  sink.ask("INSERT INTO {}.schema_version (version) VALUES (2)");
  const Error error = sink.open_fails();
  CHECK(error.kind == ErrorKind::configuration);
  CHECK_THAT(error.message, Catch::Contains("has version 2"));
}

TEST_CASE("sinks that open at once on an empty database make its tables once") {
  for (int round = 0; round < 5; ++round) {
    const std::string schema = "at_once" + std::to_string(round);
    std::vector<std::unique_ptr<SinkUnderTest>> sinks;
    for (int i = 0; i < 6; ++i)
      sinks.push_back(std::make_unique<SinkUnderTest>(schema, "s" + std::to_string(i % 3)));
    std::vector<std::string> failures(sinks.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < sinks.size(); ++i) {
      threads.emplace_back([&, i] {
        const auto opened = sinks[i]->sink().open(sinks[i]->stop());
        if (!opened) failures[i] = opened.error().message;
      });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(failures == std::vector<std::string>(sinks.size()));
    CHECK(sinks[0]->ask("SELECT count(*) FROM {}.schema_version") == "1");
    CHECK(sinks[0]->ask("SELECT count(*) FROM {}.sinks") == "3");
  }
}

TEST_CASE("a schema of any name, by a URI, and a session that says whose it is") {
  SinkUnderTest sink("Wei\"rd {} sch\xc3\xa9ma;--", "record", 1, postgres().uri());
  sink.open();
  sink.must_deliver(sales(1, 1));
  CHECK(sink.ask("SELECT count(*) FROM {}.orders") == "1");
  CHECK(sink.ask("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'doorbuster/record'") !=
        "0");
  for (const std::string& name : {std::string(), std::string(64, 'x'), std::string("pg_x")}) {
    CHECK(SinkUnderTest(name).open_fails().kind == ErrorKind::configuration);
  }
}

TEST_CASE("what is delivered is durable although the database would rather not wait") {
  postgres().ask("CREATE DATABASE hasty");
  postgres().ask("ALTER DATABASE hasty SET synchronous_commit = off");
  SinkUnderTest sink("durable", "record", 1, postgres().connection("hasty"));
  sink.open();
  postgres().ask(
      "CREATE TABLE seen (value text); CREATE FUNCTION see() RETURNS trigger LANGUAGE plpgsql AS"
      " $$BEGIN INSERT INTO seen VALUES (current_setting('synchronous_commit')); RETURN NEW; END$$;"
      " CREATE TRIGGER see BEFORE INSERT ON durable.orders FOR EACH ROW EXECUTE FUNCTION see()",
      "hasty");
  sink.must_deliver(sales(1, 1));
  CHECK(postgres().ask_one("SELECT value FROM seen", "hasty") == "on");
}

TEST_CASE("a database that cannot hold every text is refused at once") {
  postgres().ask("CREATE DATABASE western TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C'");
  const Error error = SinkUnderTest("western", "record", 1, postgres().connection("western")).open_fails();
  CHECK(error.kind == ErrorKind::configuration);
  CHECK_THAT(error.message, Catch::Contains("LATIN1"));
}

TEST_CASE("a user who may not make a schema can use one that is there, and is told when he may not") {
  postgres().ask("CREATE ROLE guest LOGIN");
  const std::string connection =
      "host=127.0.0.1 dbname=postgres user=guest port=" + std::to_string(postgres().port());
  SinkUnderTest sink("guests", "record", 1, connection);
  const Error error = sink.open_fails();
  CHECK(error.kind == ErrorKind::runtime);
  CHECK_THAT(error.message, Catch::Contains("SQLSTATE 42501") && Catch::Contains("must be allowed"));
  postgres().ask("CREATE SCHEMA guests AUTHORIZATION guest");
  sink.open();
  sink.must_deliver(sales(1, 1));
}

TEST_CASE("errors of a connection do not tell its password") {
  const std::string port = std::to_string(postgres().port());
  const std::vector<std::string> connections = {
      "host=127.0.0.1 port=" + port + " user=doorbuster dbname=nowhere password=hunter2",
      "postgresql://nobody:hunter2@127.0.0.1:" + port + "/postgres",
      "host=127.0.0.1 port=1 password=hunter2",
      "host=127.0.0.1 password hunter2 port=1",
      "hunter2",
      "postgresql://nobody:hunter2@[::1/postgres",
      "host=127.0.0.1 hunter2=password",
  };
  for (std::size_t i = 0; i < connections.size(); ++i) {
    CAPTURE(connections[i]);
    const Error error = SinkUnderTest("secret", "record", 1, connections[i]).open_fails();
    CHECK(error.message.find("hunter2") == std::string::npos);
    CHECK(error.message.size() > 20);
    CHECK((error.kind == ErrorKind::configuration) == (i >= 3));
  }
}

}  // namespace
}  // namespace doorbuster
