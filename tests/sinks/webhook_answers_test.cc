// What each answer of a receiver, or none, means for an event, and whom a sink does not talk to.

#include <chrono>
#include <cstdlib>
#include <memory>
#include <optional>

#include "sink/webhook_request.h"
#include "sinks/tls_receiver.h"
#include "sinks/webhook_events.h"

namespace doorbuster {
namespace {

using std::chrono::milliseconds;
using Break = WebhookAnswer::Break;
using Catch::Contains;

Delivery deliver_one(const WebhookReceiver& receiver) {
  return OpenWebhook(receiver).deliver(events_of({"a"}));
}

Delivery answered_with(const WebhookAnswer& answer) {
  WebhookReceiver receiver;
  receiver.set_script([&](const ReceivedWebhook&) { return answer; });
  return deliver_one(receiver);
}

TEST_CASE("what each status means for an event") {
  const std::vector<std::pair<Then, std::vector<int>>> table = {
      {Then::go_on, {200, 201, 202, 204, 299}},
      {Then::refused, {400, 413, 415, 422}},
      {Then::disabled, {410}},
      {Then::retry, {300, 301, 302, 303, 304, 307, 308, 401, 402, 403, 404, 405, 406, 407, 408,
                     409, 411, 414, 418, 421, 425, 429, 431, 451, 500, 501, 502, 503, 504, 599}},
  };
  for (const auto& [then, statuses] : table) {
    for (const int status : statuses) {
      CAPTURE(status);
      const Delivery delivery = answered_with({.status = status});
      CHECK(delivery.then == then);
      CHECK(delivery.delivered == (then == Then::go_on ? 1 : 0));
      CHECK(delivery.retry_after_ns == 0);
      if (then == Then::go_on) continue;
      CHECK_THAT(delivery.reason, Contains("answered " + std::to_string(status)));
    }
  }
}

TEST_CASE("reasons say what an operator can do") {
  CHECK_THAT(answered_with({.status = 401}).reason, Contains("secrets"));
  CHECK_THAT(answered_with({.status = 404}).reason, Contains("url"));
  CHECK_THAT(answered_with({.status = 500, .body = "out of\r\n\tpaper \"tray\""}).reason,
             Contains("out of paper \"tray\""));
}

TEST_CASE("a target that is gone is sent nothing more") {
  WebhookReceiver receiver;
  receiver.set_script([](const ReceivedWebhook& request) {
    return WebhookAnswer{.status = request.event == "3-11" ? 410 : 200};
  });
  OpenWebhook sink(receiver);
  const Delivery delivery = sink.deliver(events_of({"a", "a", "a", "a"}));
  CHECK(delivery.then == Then::disabled);
  CHECK(delivery.delivered == 1);
  CHECK(receiver.requests().size() == 2);
}

std::string http_date(std::chrono::seconds from_now) {
  const std::time_t at = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now() + from_now);
  std::tm parts{};
  gmtime_r(&at, &parts);
  char text[64];
  std::strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &parts);
  return text;
}

std::int64_t retry_after_s(int status, const std::string& value) {
  const Delivery delivery = answered_with({.status = status, .headers = {"Retry-After: " + value}});
  CHECK(delivery.then == Then::retry);
  CHECK(delivery.retry_after_ns % kNsPerSecond == 0);
  return delivery.retry_after_ns / kNsPerSecond;
}

TEST_CASE("a target says when it is to be tried again") {
  for (const int status : {429, 503}) {
    CHECK(retry_after_s(status, "7") == 7);
    CHECK(retry_after_s(status, "120") == 120);
    CHECK(retry_after_s(status, "0") == 0);
    const auto by_date = retry_after_s(status, http_date(std::chrono::seconds(100)));
    // time() may be a tick behind the clock that made the date.
    CHECK(by_date >= 90);
    CHECK(by_date <= 101);
    CHECK(retry_after_s(status, http_date(std::chrono::seconds(-100))) == 0);
    // Nobody is believed for more than an hour.
    CHECK(retry_after_s(status, "999999") == 3'600);
    CHECK(retry_after_s(status, http_date(std::chrono::hours(30))) == 3'600);
    for (const char* nonsense : {"-5", "soon", "", "99999999999999999999999"}) {
      CAPTURE(nonsense);
      CHECK(retry_after_s(status, nonsense) == 0);
    }
  }
  CHECK(retry_after_s(500, "7") == 0);
}

TEST_CASE("a redirect is not followed") {
  WebhookReceiver receiver, other;
  for (const int status : {301, 302, 303, 307, 308}) {
    receiver.set_script([&](const ReceivedWebhook&) {
      return WebhookAnswer{.status = status, .headers = {"Location: " + other.url()}};
    });
    const Delivery delivery = deliver_one(receiver);
    CHECK(delivery.then == Then::retry);
    CHECK_THAT(delivery.reason, Contains("redirects are not followed") && Contains("url"));
  }
  CHECK(other.counts().connections == 0);
}

TEST_CASE("a connection that breaks loses nothing") {
  for (const auto broken : {Break::in_request, Break::no_answer, Break::in_head}) {
    WebhookReceiver receiver;
    // libcurl itself sends once more over a new connection when a kept one turns out to be closed.
    receiver.set_script([&](const ReceivedWebhook& request) {
      const bool breaks = request.event == "3-11" && request.attempt <= 2;
      return WebhookAnswer{.broken = breaks ? broken : Break::none};
    });
    OpenWebhook sink(receiver);
    const auto events = events_of({"a", "a", "a"});
    Delivery delivery = sink.deliver(events);
    CHECK(delivery.then == Then::retry);
    CHECK(delivery.delivered == 1);
    CHECK_FALSE(delivery.reason.empty());
    CHECK(sink.deliver_all(std::span(events).subspan(1)).empty());
    const auto taken = receiver.taken();
    CHECK(taken == std::map<std::string, int>{{"3-10", 1}, {"3-11", 1}, {"3-12", 1}});
    CHECK(receiver.counts().inversions == 0);
  }
}

TEST_CASE("an answer counts once its head is there") {
  CHECK(answered_with({.body = "accepted", .broken = Break::in_body}).then == Then::go_on);
  CHECK(answered_with({.status = 422, .body = "no such thing", .broken = Break::in_body}).then ==
        Then::refused);
}

TEST_CASE("a long answer is cut off and a long head is not taken") {
  const std::string megabytes(10U << 20, 'x');
  CHECK(answered_with({.body = megabytes}).then == Then::go_on);
  const Delivery failed = answered_with({.status = 500, .body = megabytes});
  CHECK(failed.then == Then::retry);
  CHECK_THAT(failed.reason, Contains(std::string(kWebhookReasonBytesMax, 'x')) &&
                                !Contains(std::string(kWebhookReasonBytesMax + 1, 'x')));
  const Delivery head =
      answered_with({.headers = std::vector<std::string>(70, "X: " + std::string(1'000, 'x'))});
  CHECK(head.then == Then::retry);
  CHECK_THAT(head.reason, Contains("head"));
}

TEST_CASE("the end of a long answer is not waited for") {
  const auto begun = std::chrono::steady_clock::now();
  CHECK(answered_with({.body = std::string(3 * kWebhookAnswerBytesMax, 'x'), .broken = Break::stuck}).then ==
        Then::go_on);
  CHECK(std::chrono::steady_clock::now() - begun < milliseconds(5'000));
}

TEST_CASE("a long answer that was cut off leaves the sink as it was") {
  WebhookReceiver receiver;
  receiver.set_script(
      [](const ReceivedWebhook&) { return WebhookAnswer{.body = std::string(100'000, 'x')}; });
  OpenWebhook sink(receiver);
  CHECK(sink.deliver_all(events_of_orders(50)).empty());
  CHECK(receiver.requests().size() == 50);
}

TEST_CASE("a receiver that never answers is given up after the time for a request") {
  WebhookReceiver receiver;
  receiver.set_script([](const ReceivedWebhook& request) {
    return WebhookAnswer{.broken = request.attempt == 1 ? Break::silence : Break::none};
  });
  auto options = webhook_options(receiver.url());
  options.timeout_ms = 300;
  OpenWebhook sink(options);
  const auto events = events_of({"a"});
  const auto begun = std::chrono::steady_clock::now();
  const Delivery delivery = sink.deliver(events);
  const auto took = std::chrono::steady_clock::now() - begun;
  CHECK(delivery.then == Then::retry);
  CHECK_THAT(delivery.reason, Contains("300 ms"));
  CHECK(took >= milliseconds(250));
  CHECK(took < milliseconds(5'000));
  CHECK(sink.deliver(events).then == Then::go_on);
}

TEST_CASE("a receiver that is away is tried again, and found when it is back") {
  auto receiver = std::make_unique<WebhookReceiver>();
  const std::uint16_t port = receiver->port();
  OpenWebhook sink(*receiver);
  const auto events = events_of({"a", "b"});
  CHECK(sink.deliver(std::span(events).first(1)).then == Then::go_on);
  receiver.reset();
  const Delivery delivery = sink.deliver(std::span(events).subspan(1));
  CHECK(delivery.then == Then::retry);
  CHECK_THAT(delivery.reason, Contains("connect"));
  receiver = std::make_unique<WebhookReceiver>(WebhookReceiver::Options{.port = port});
  CHECK(sink.deliver(std::span(events).subspan(1)).then == Then::go_on);
  CHECK(receiver->taken().count("3-11") == 1);
}

TEST_CASE("a kept connection that the receiver has closed costs nothing") {
  auto receiver = std::make_unique<WebhookReceiver>();
  const std::uint16_t port = receiver->port();
  OpenWebhook sink(*receiver);
  const auto events = events_of({"a", "b"});
  CHECK(sink.deliver(std::span(events).first(1)).then == Then::go_on);
  receiver.reset();
  receiver = std::make_unique<WebhookReceiver>(WebhookReceiver::Options{.port = port});
  CHECK(sink.deliver(std::span(events).subspan(1)).then == Then::go_on);
}

TEST_CASE("a private address is not connected to unless it is allowed") {
  WebhookReceiver receiver;
  for (const char* host : {"127.0.0.1", "localhost", "[::1]", "0.0.0.0", "127.1", "0x7f000001", "2130706433",
                           "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "10.1.2.3", "169.254.169.254"}) {
    CAPTURE(host);
    auto options = webhook_options(receiver.url(host));
    options.allow_private_addresses = false;
    options.timeout_ms = 2'000;
    const Delivery delivery = OpenWebhook(options).deliver(events_of({"a"}));
    CHECK(delivery.then == Then::retry);
    CHECK_THAT(delivery.reason, Contains("a private address") && Contains("allow_private_addresses"));
  }
  CHECK(receiver.counts().connections == 0);
  for (const char* host : {"127.0.0.1", "localhost"}) {
    CAPTURE(host);
    CHECK(OpenWebhook(webhook_options(receiver.url(host))).deliver(events_of({"a"})).then == Then::go_on);
  }
  CHECK(receiver.requests().size() == 2);
}

class Environment {
 public:
  Environment(const char* name, const std::string& value) : name_(name) {
    if (const char* was = std::getenv(name)) was_ = was;
    ::setenv(name, value.c_str(), 1);
  }
  ~Environment() {
    if (was_) {
      ::setenv(name_, was_->c_str(), 1);
    } else {
      ::unsetenv(name_);
    }
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  const char* const name_;
  std::optional<std::string> was_;
};

TEST_CASE("no proxy of the environment is used") {
  WebhookReceiver receiver, proxy;
  const Environment http("http_proxy", proxy.url()), https("https_proxy", proxy.url()),
      lower("all_proxy", proxy.url()), upper("ALL_PROXY", proxy.url()), none("no_proxy", "example.org");
  CHECK(deliver_one(receiver).then == Then::go_on);
  CHECK(receiver.requests().size() == 1);
  CHECK(proxy.counts().connections == 0);
}

TEST_CASE("a certificate that nobody vouches for is not believed") {
  TlsReceiver receiver;
  auto options = webhook_options("https://localhost:" + std::to_string(receiver.port()) + "/");
  const Delivery delivery = OpenWebhook(options).deliver(events_of({"a"}));
  CHECK(delivery.then == Then::retry);
  CHECK_THAT(delivery.reason, Contains("certificate"));
  receiver.stop();
  CHECK(receiver.handshakes() >= 1);
  CHECK(receiver.bytes_read() == 0);
}

TEST_CASE("a target that does not speak TLS is not spoken to without") {
  WebhookReceiver receiver;
  auto options = webhook_options("https://127.0.0.1:" + std::to_string(receiver.port()) + "/");
  options.timeout_ms = 500;  // the receiver waits for a line of HTTP that never ends
  CHECK(OpenWebhook(options).deliver(events_of({"a"})).then == Then::retry);
  CHECK(receiver.requests().empty());
}

TEST_CASE("a sink that can never work does not open, and says so without its secrets") {
  const auto open = [](const WebhookSinkOptions& options) {
    return WebhookSink(webhook_configuration(options), kWebhookFolder).open(kNeverStopped);
  };
  for (const char* url : {"", "target", "ftp://example.org/token-1", "file:///etc/token-1", "https://",
                          "http://exa mple/token-1", "gopher://example.org/token-1"}) {
    CAPTURE(url);
    const auto opened = open(webhook_options(url));
    REQUIRE_FALSE(opened);
    CHECK(opened.error().kind == ErrorKind::configuration);
    CHECK_THAT(opened.error().message, Contains("url") && !Contains("token-1"));
  }
  auto options = webhook_options("https://example.org/");
  options.secrets = {"whsec_pineapple"};
  const auto opened = open(options);
  REQUIRE_FALSE(opened);
  CHECK(opened.error().kind == ErrorKind::configuration);
  CHECK_THAT(opened.error().message, !Contains("pineapple"));
  options.secrets.clear();
  CHECK_FALSE(open(options));
}

}  // namespace
}  // namespace doorbuster
