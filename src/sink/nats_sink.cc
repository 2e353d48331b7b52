#include "sink/nats_sink.h"

#include <utility>

#include "sink/nats_chain.h"

// Why each event is in the stream once, in order, without a hole in front of the last one.
//
// The server stores the messages of one stream one after the other, and a message on conditions:
//   A  the first one that is sent after a look at the stream, or after all that was under way was answered,
//      only if the stream's last sequence is still the one of that look or answer
//      (Nats-Expected-Last-Sequence);
//   B  each one behind it, sent without waiting, only if the stream's last message is the one sent before it
//      (Nats-Expected-Last-Msg-Id).
// No hole: by B a message is stored directly behind the one before it or not at all. When one is refused, the
// ones behind it that are under way are refused as well, and nothing more is sent until all of them are
// answered or the connection is closed.
// None twice: by A the first one is stored behind the place that was read, if nobody has stored anything
// since. Messages of an earlier connection may still arrive then. They stand under A or B themselves: one
// that is stored continues the stream with the very event that comes next, whoever has sent it. Ours, the
// same event, is then answered as a duplicate (the server knows the id), or, where the window for duplicates
// is over, is refused by A or B, as the last message is not the one before it any more. Either way the stream
// has it once. Where the chain broke, the stream is looked at again. If our last message is the one we know
// of, somebody else's came between, and the chain goes on behind it; if not, `retry` leads to open(), which
// reads the place. Why both: A alone would let through the second message behind a stranger's one; what B
// compares with is forgotten by a server that was started anew when the window is over.
//
// Events that are not behind the stream's place are there already and are not sent, also where the agent does
// not begin where open() said.

namespace doorbuster {
namespace {

// Of a name in a subject, or a stream's.
bool is_token(std::string_view text, bool dots) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c <= ' ' || c > '~' || c == '*' || c == '>' || c == '/' || c == '\\') return false;
    if (c == '.' && (!dots || text[i - 1] == '.')) return false;
  }
  return text.size() <= 255;
}

}  // namespace

NatsSink::NatsSink(const SinkConfiguration& configuration, const FolderIdentity& folder)
    : options_(std::get<NatsSinkOptions>(configuration.options)),
      link_(options_.url),
      stream_(link_, options_, folder, configuration.tenant),
      chain_(std::make_unique<Chain>(link_, options_, stream_)) {}

NatsSink::~NatsSink() = default;

Status NatsSink::check_options() const {
  if (!options_.url.starts_with("nats://")) {
    return fail(ErrorKind::configuration, "a NATS sink's url begins with nats://");
  }
  if (!is_token(options_.stream, false)) {
    return fail(ErrorKind::configuration,
                "a NATS sink's stream has a name without dots, spaces, slashes and wildcards");
  }
  if (!is_token(options_.subject, true) || options_.subject.front() == '$') {
    return fail(ErrorKind::configuration, "a NATS sink's subject is words with dots between them");
  }
  return {};
}

Status NatsSink::connect(const std::atomic<bool>& stop) {
  if (auto connected = link_.connect(stop); !connected) return connected;
  link_.allow_asking(kNatsOpenNs);
  auto end = stream_.open(stop);
  if (!end) {
    link_.close();
    return tl::unexpected(end.error());
  }
  end_ = *end;
  return {};
}

Result<std::optional<FeedPosition>> NatsSink::open(const std::atomic<bool>& stop) {
  link_.close();
  if (auto fine = check_options(); !fine) return tl::unexpected(fine.error());
  if (auto connected = connect(stop); !connected) return tl::unexpected(connected.error());
  return end_.place;
}

// A server ends a connection that does not answer for some minutes, and nobody answers between deliveries.
// Nothing is under way then, so this is no failure.
Status NatsSink::connect_again(const std::atomic<bool>& stop) {
  for (int turns = 0; turns < kNatsLooksMax && link_.turn(0);) ++turns;
  while (link_.next()) continue;
  if (link_.is_open()) return {};
  const auto place = end_.place;
  if (auto connected = connect(stop); !connected) return connected;
  if (end_.place == place) return {};
  return link_.failed("the stream is not where it was left; it is looked at anew");
}

Status NatsSink::look_again(const std::atomic<bool>& stop) {
  const auto end = stream_.look(stop);
  if (!end) return tl::unexpected(end.error());
  if (end->place != end_.place) {
    return link_.failed(
        "the stream has got events of this folder from another connection; it is looked at anew");
  }
  end_ = *end;
  return {};
}

// Epochs and sequences of one history grow together.
bool NatsSink::is_there(const FeedEvent& event) const {
  return end_.place && event.at.epoch <= end_.place->epoch && event.at.sequence <= end_.place->sequence;
}

Delivery NatsSink::retry(std::size_t delivered, std::string reason) {
  link_.close();
  return {delivered, Delivery::Then::retry, std::move(reason)};
}

Delivery NatsSink::deliver(std::span<const FeedEvent> events, const FeedPosition& /*through*/,
                           const std::atomic<bool>& stop) {
  std::size_t done = 0;
  while (done < events.size() && is_there(events[done])) ++done;
  if (done == events.size()) return {.delivered = done};
  if (auto connected = connect_again(stop); !connected) return retry(done, connected.error().message);
  link_.allow_asking(kNatsSendNs);
  const std::int64_t send_until_ns = SystemClock().monotonic_ns() + kNatsSendNs;
  for (;;) {
    const Chain::Run run = chain_->run(events.subspan(done), end_, send_until_ns, stop);
    done += run.stored;
    switch (run.ended) {
      case Chain::Ended::all:
        return {.delivered = done};
      case Chain::Ended::refused:
        return {done, Delivery::Then::refused, run.reason};
      case Chain::Ended::failed:
        return retry(done, run.reason);
      case Chain::Ended::moved:
        if (auto looked = look_again(stop); !looked) return retry(done, looked.error().message);
        break;
    }
  }
}

}  // namespace doorbuster
