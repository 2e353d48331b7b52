// The NATS sink against a real server: what arrives, where it says it stands, and what it refuses.

#include "sink/nats_sink.h"

#include <array>
#include <chrono>
#include <ctime>
#include <utility>

#include "sinks/nats_fixture.h"

namespace doorbuster {
namespace {

using Then = Delivery::Then;
using Headers = std::vector<std::pair<std::string, std::string>>;

constexpr std::int64_t kShortWindowNs = 100'000'000;

std::string failure_of(const SinkConfiguration& configuration, ErrorKind kind = ErrorKind::runtime) {
  NatsSink sink(configuration, kNatsFolder);
  const std::atomic<bool> stop = false;
  const auto opened = sink.open(stop);
  REQUIRE(!opened);
  CHECK(opened.error().kind == kind);
  return opened.error().message;
}

// The server forgets the ids of messages in their order, so a probe's id that is forgotten says that the ids
// before it are.
void wait_until_ids_are_forgotten(NatsClient& client) {
  const Headers headers = {{"Nats-Msg-Id", "probe"}};
  REQUIRE(client.publish("probe", "first", headers).stored);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (client.publish("probe", "again", headers).duplicate) {
    REQUIRE(std::chrono::steady_clock::now() < until);
  }
}

TEST_CASE("every kind of event arrives, in order, on its subject and with its headers") {
  for (const char* file :
       {"forgotten.jsonl", "life.jsonl", "payloads.jsonl", "plans.jsonl", "samples.jsonl"}) {
    CAPTURE(file);
    const NatsServer server;
    const auto events = golden_events(file);
    REQUIRE(events.size() >= 7);
    NatsSink sink(nats_configuration(server.url()), kNatsFolder);
    CHECK(must_open(sink) == std::nullopt);
    CHECK(sink.notice().empty());
    const Delivery delivery = deliver_nats(sink, events);
    CHECK(delivery.reason.empty());
    CHECK(delivery.then == Then::go_on);
    CHECK(delivery.delivered == events.size());
    NatsClient client(server.url());
    CHECK(what_is_wrong(client, events).empty());
    CHECK(client.discards_new(kNatsStream));
    CHECK(client.duplicate_window_ns(kNatsStream) == kNatsDuplicateWindowNs);
    CHECK(client.read(kNatsStream).front().subject == "doorbuster.catalog.changed");
    CHECK(deliver_nats(sink, {}).then == Then::go_on);
  }
}

TEST_CASE("a batch that comes again is there once, though the server has forgotten the ids") {
  for (const bool forgotten : {false, true}) {
    CAPTURE(forgotten);
    const NatsServer server;
    NatsClient client(server.url());
    if (forgotten) {
      client.make_stream(kNatsStream,
                         {.subjects = {"doorbuster.>", "probe"}, .duplicate_window_ns = kShortWindowNs});
    }
    const auto events = nats_events(1'000);
    const std::span all(events);
    for (const std::size_t so_many : {std::size_t{300}, events.size(), events.size()}) {
      NatsSink sink(nats_configuration(server.url()), kNatsFolder);
      const auto place = must_open(sink);
      CHECK(sink.notice().empty() != forgotten);
      if (so_many == events.size()) CHECK(place);
      // Not behind the place, as if nobody had asked for it.
      CHECK(deliver_nats(sink, all.first(so_many)).delivered == so_many);
      CHECK(what_is_wrong(client, all.first(so_many)).empty());
      if (forgotten) wait_until_ids_are_forgotten(client);
      CHECK(must_open(sink) == events[so_many - 1].at);
    }
  }
}

// As a message that an earlier connection has sent, and that arrives late.
Headers as_sent(const FeedEvent& event, const FeedEvent* before) {
  const std::string folder = std::string(kNatsFolderHex), place = format_feed_position(event.at);
  Headers headers = {
      {"Nats-Msg-Id", folder + '-' + place}, {kNatsFolderHeader, folder}, {kNatsPlaceHeader, place}};
  if (before == nullptr) {
    headers.emplace_back("Nats-Expected-Last-Sequence", "0");
  } else {
    headers.emplace_back("Nats-Expected-Last-Msg-Id", folder + '-' + format_feed_position(before->at));
  }
  return headers;
}

TEST_CASE("messages of an earlier connection that arrive late are there once") {
  for (const bool forgotten : {false, true}) {
    for (const bool behind_some : {false, true}) {
      CAPTURE(forgotten, behind_some);
      const NatsServer server;
      NatsClient client(server.url());
      client.make_stream(kNatsStream, {.subjects = {"doorbuster.>", "probe"},
                                       .duplicate_window_ns = forgotten ? kShortWindowNs : 120'000'000'000});
      const auto events = nats_events(30);
      const std::span all(events);
      NatsSink sink(nats_configuration(server.url()), kNatsFolder);
      must_open(sink);
      std::size_t first = 0;
      if (behind_some) {
        first = 10;
        REQUIRE(deliver_nats(sink, all.first(first)).delivered == first);
        must_open(sink);
      }
      for (std::size_t i = first; i < first + 3; ++i) {
        const auto headers = as_sent(events[i], i == 0 ? nullptr : &events[i - 1]);
        REQUIRE(client.publish(nats_member(events[i].json, "type"), events[i].json, headers).stored);
      }
      if (forgotten) wait_until_ids_are_forgotten(client);
      Delivery delivery = deliver_nats(sink, all.subspan(first));
      if (forgotten) {
        CHECK(delivery.then == Then::retry);
        CHECK(delivery.delivered == 0);
        CHECK(must_open(sink) == events[first + 2].at);
        delivery = deliver_nats(sink, all.subspan(first + 3));
      }
      CHECK(delivery.reason.empty());
      CHECK(delivery.then == Then::go_on);
      CHECK(what_is_wrong(client, events).empty());
      // And what arrives even later is refused, or is known.
      for (std::size_t i = first; i < first + 3; ++i) {
        const auto headers = as_sent(events[i], i == 0 ? nullptr : &events[i - 1]);
        client.publish(nats_member(events[i].json, "type"), events[i].json, headers);
      }
      CHECK(what_is_wrong(client, events).empty());
    }
  }
}

TEST_CASE("an event that is too large is refused, and those behind it follow") {
  constexpr std::size_t kLarge = 5'000;
  for (const bool by_stream : {false, true}) {
    for (const std::size_t at : {std::size_t{0}, std::size_t{7}, std::size_t{19}}) {
      CAPTURE(by_stream, at);
      const NatsServer server({.config = by_stream ? "" : "max_payload: 2000"});
      NatsClient client(server.url());
      if (by_stream) client.make_stream(kNatsStream, {.max_message_bytes = 2'000});
      auto events = nats_events(20);
      events[at] = nats_event(events[at].at, kLarge);
      const std::span all(events);
      NatsSink sink(nats_configuration(server.url()), kNatsFolder);
      must_open(sink);
      Delivery delivery = deliver_nats(sink, all);
      CHECK(delivery.then == Then::refused);
      CHECK(delivery.delivered == at);
      CHECK(delivery.reason.find("5000 bytes") != std::string::npos);
      CHECK(delivery.reason.find(by_stream ? "max_msg_size" : "max_payload") != std::string::npos);
      delivery = deliver_nats(sink, all.subspan(at + 1));
      CHECK(delivery.reason.empty());
      CHECK(delivery.delivered == all.size() - at - 1);
      events.erase(events.begin() + static_cast<std::ptrdiff_t>(at));
      CHECK(what_is_wrong(client, events).empty());
    }
  }
}

TEST_CASE("an event without a type is refused, and those behind it follow") {
  const NatsServer server;
  auto events = nats_events(5);
  const auto bad = GENERATE(as<std::string>{}, "", "{", R"({"type":7})", R"({"type":"other.order.held"})",
                            R"({"type":"doorbuster.a b"})", R"({"type":"doorbuster.a..b"})",
                            R"({"type":"doorbuster.>"})", R"({"type":"doorbuster."})");
  events[2].json = bad;
  NatsSink sink(nats_configuration(server.url()), kNatsFolder);
  must_open(sink);
  const Delivery delivery = deliver_nats(sink, events);
  CHECK(delivery.then == Then::refused);
  CHECK(delivery.delivered == 2);
  CHECK(deliver_nats(sink, std::span(events).subspan(3)).delivered == 2);
}

TEST_CASE("another folder's stream is an error of the configuration") {
  const NatsServer server;
  NatsSink other(nats_configuration(server.url()), FolderIdentity{7});
  must_open(other);
  REQUIRE(deliver_nats(other, nats_events(3)).delivered == 3);
  const std::string reason = failure_of(nats_configuration(server.url()), ErrorKind::configuration);
  CHECK(reason.find("07000000000000000000000000000000") != std::string::npos);
}

TEST_CASE("a sink for other tenants does not take our place for its own") {
  const NatsServer server;
  auto one = nats_configuration(server.url());
  one.tenant = "acme";
  const auto events = nats_events(3);
  const bool one_is_first = GENERATE(false, true);
  NatsSink sink(one_is_first ? one : nats_configuration(server.url()), kNatsFolder);
  must_open(sink);
  REQUIRE(deliver_nats(sink, events).delivered == 3);
  CHECK(must_open(sink) == events.back().at);
  const std::string reason =
      failure_of(one_is_first ? nats_configuration(server.url()) : one, ErrorKind::configuration);
  CHECK(reason.find(one_is_first ? "tenant acme" : "all tenants") != std::string::npos);
}

TEST_CASE("others may write to the stream, and to our subjects") {
  const NatsServer server;
  NatsClient client(server.url());
  client.make_stream(kNatsStream, {.subjects = {"doorbuster.>", "stranger.>"}});
  const auto events = nats_events(1'000);
  const std::span all(events);
  const Headers of_another_folder = {{kNatsFolderHeader, "ff"}, {kNatsPlaceHeader, "9-9"}};
  std::optional<FeedPosition> last;
  NatsSink sink(nats_configuration(server.url()), kNatsFolder);
  for (std::size_t from = 0; from < all.size(); from += 100) {
    CHECK(must_open(sink) == last);
    REQUIRE(client.publish("stranger.a", "between open and deliver", of_another_folder).stored);
    const Delivery delivery = deliver_nats(sink, all.subspan(from, 50));
    CHECK(delivery.reason.empty());
    CHECK(delivery.delivered == 50);
    REQUIRE(client.publish("doorbuster.test", "on ours").stored);
    CHECK(deliver_nats(sink, all.subspan(from + 50, 50)).delivered == 50);
    last = all[from + 99].at;
    REQUIRE(client.publish("doorbuster.test", "behind ours").stored);
    REQUIRE(client.publish("stranger.b", "behind that", of_another_folder).stored);
  }
  CHECK(what_is_wrong(client, events).empty());
  for (std::uint64_t i = 0; i <= kNatsForeignMessagesMax; ++i) client.publish("doorbuster.test", "too many");
  CHECK(failure_of(nats_configuration(server.url())).find("not doorbuster's") != std::string::npos);
}

TEST_CASE("a stream that was purged cannot tell, and one that is gone is made anew") {
  const NatsServer server;
  NatsClient client(server.url());
  const auto events = nats_events(60);
  const std::span all(events);
  NatsSink sink(nats_configuration(server.url()), kNatsFolder);
  must_open(sink);
  REQUIRE(deliver_nats(sink, all.first(20)).delivered == 20);
  client.purge(kNatsStream);
  CHECK(must_open(sink) == std::nullopt);
  CHECK(deliver_nats(sink, all.subspan(20, 20)).delivered == 20);
  CHECK(what_is_wrong(client, all.subspan(20, 20)).empty());
  client.remove(kNatsStream);
  const Delivery delivery = deliver_nats(sink, all.subspan(40));
  CHECK(delivery.then == Then::retry);
  CHECK(delivery.delivered == 0);
  CAPTURE(delivery.reason);
  CHECK(delivery.reason.find("no stream takes doorbuster.>") != std::string::npos);
  CHECK(must_open(sink) == std::nullopt);
  CHECK(deliver_nats(sink, all.subspan(40)).delivered == 20);
  CHECK(what_is_wrong(client, all.subspan(40)).empty());
}

TEST_CASE("a stream that is full refuses, and has no hole though smaller events would fit") {
  constexpr std::size_t kLarge = 95'000;
  const NatsServer server;
  NatsClient client(server.url());
  client.make_stream(kNatsStream, {.max_bytes = 100'000});
  auto events = nats_events(100);
  events[20] = nats_event(events[20].at, kLarge);
  const std::span all(events);
  NatsSink sink(nats_configuration(server.url()), kNatsFolder);
  must_open(sink);
  const Delivery delivery = deliver_nats(sink, all);
  CHECK(delivery.then == Then::retry);
  CHECK(delivery.delivered == 20);
  CHECK(delivery.reason.find("maximum bytes exceeded") != std::string::npos);
  CHECK(must_open(sink) == events[19].at);
  CHECK(what_is_wrong(client, all.first(20)).empty());
  CHECK(deliver_nats(sink, all.subspan(20)).delivered == 0);
  client.purge(kNatsStream);
  must_open(sink);
  CHECK(deliver_nats(sink, all.subspan(20, 3)).delivered == 3);
  CHECK(what_is_wrong(client, all.subspan(20, 3)).empty());
}

TEST_CASE("a stream that does not take what we have is not used") {
  const NatsServer server;
  NatsClient client(server.url());
  SECTION("other subjects") {
    client.make_stream(kNatsStream, {.subjects = {"doorbuster.order.*", "other.>"}});
    CHECK(failure_of(nats_configuration(server.url())).find("doorbuster.>") != std::string::npos);
  }
  SECTION("no answers") {
    client.make_stream(kNatsStream, {.no_ack = true});
    CHECK(failure_of(nats_configuration(server.url())).find("no_ack") != std::string::npos);
  }
  SECTION("the subject is another stream's") {
    client.make_stream("OTHER", {});
    CHECK(failure_of(nats_configuration(server.url())).find("overlap") != std::string::npos);
  }
}

TEST_CASE("which patterns take all that is below a subject") {
  for (const char* pattern : {">", "a.>", "a.b.>", "*.>", "a.*.>", "*.*.>"}) {
    CAPTURE(pattern);
    CHECK(nats_pattern_covers(pattern, "a.b"));
  }
  for (const char* pattern :
       {"", "*", "a", "a.b", "a.*", "a.b.*", "a.b.c", "a.b.c.>", "b.>", "a.b.*.>", "*.*"}) {
    CAPTURE(pattern);
    CHECK(!nats_pattern_covers(pattern, "a.b"));
  }
}

TEST_CASE("passwords and tokens of the url are used and not told") {
  const NatsServer server({.config = "authorization { user: ann, password: s3cret }"});
  const auto with = [&](const std::string& who, const char* host = "127.0.0.1") {
    return nats_configuration("nats://" + who + "@" + host + ":" + std::to_string(server.port()));
  };
  NatsSink sink(with("ann:s3cret"), kNatsFolder);
  must_open(sink);
  CHECK(deliver_nats(sink, nats_events(10)).delivered == 10);
  for (const auto& wrong : {with("ann:wr0ng"), with("wr0ng"), with("ann:wr0ng", "no-such-host.invalid")}) {
    const std::string reason = failure_of(wrong);
    CHECK(reason.find("wr0ng") == std::string::npos);
    CHECK(reason.find("ann") == std::string::npos);
    CHECK(reason.find(std::to_string(server.port())) != std::string::npos);
  }
  CHECK(failure_of(with("ann:wr0ng")).find("does not accept") != std::string::npos);
}

TEST_CASE("options that can never be right are errors of the configuration") {
  auto configuration = nats_configuration("nats://127.0.0.1:1");
  auto& options = std::get<NatsSinkOptions>(configuration.options);
  SECTION("url") {
    options.url = GENERATE("", "127.0.0.1:4222", "http://a", "tls://a:4222");
  }
  SECTION("stream") {
    options.stream = GENERATE("", "a.b", "a b", "*", "a>", "a/b");
  }
  SECTION("subject") {
    options.subject = GENERATE("", ".a", "a.", "a..b", "a.*", ">", "a b", "$JS");
  }
  CHECK(!failure_of(configuration, ErrorKind::configuration).empty());
}

TEST_CASE("events a second", "[speed]") {
  const NatsServer server;
  const auto events = nats_events(static_cast<std::size_t>(scaled(100'000, 10'000)), 450);
  NatsSink sink(nats_configuration(server.url()), kNatsFolder);
  must_open(sink);
  const auto began = std::chrono::steady_clock::now();
  const std::clock_t cpu = std::clock();
  for (std::size_t from = 0; from < events.size(); from += 1'000) {
    REQUIRE(deliver_nats(sink, std::span(events).subspan(from, 1'000)).then == Then::go_on);
  }
  const std::chrono::duration<double> wall = std::chrono::steady_clock::now() - began;
  const double seconds = static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC;
  const auto count = static_cast<double>(events.size());
  WARN(count / wall.count() << " events/s, " << count / seconds << " a second of our processor time");
  NatsClient client(server.url());
  CHECK(client.count(kNatsStream) == events.size());
  // A tenth of what it does: the machine that the tests run on has others on it.
  if (!kSanitized) CHECK(count / wall.count() > 2'000);
}

}  // namespace
}  // namespace doorbuster
