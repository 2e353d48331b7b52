#include "sink/nats_chain.h"

#include <array>
#include <utility>

namespace doorbuster {
namespace {

// Of the server's errors (err_code).
constexpr std::int64_t kMessageTooLarge = 10054, kHeadersTooLarge = 10097;
constexpr std::int64_t kWrongLastId = 10070, kWrongLastSequence = 10071;

constexpr std::string_view kTypePrefix = "doorbuster.";

// `text` with the room behind it that simdjson reads.
simdjson::padded_string_view padded(std::string& room, std::string_view text) {
  room.reserve(text.size() + simdjson::SIMDJSON_PADDING);
  room.assign(text);
  return simdjson::padded_string_view(room.data(), room.size(), room.capacity());
}

}  // namespace

void NatsSink::Chain::begin(std::span<const FeedEvent> events, NatsStream::End& end) {
  events_ = events;
  end_ = &end;
  first_token_ = link_.next_token();
  answers_.clear();
  previous_id_.clear();
  under_way_ = bytes_under_way_ = 0;
  failed_ = false;
}

NatsSink::Chain::Run NatsSink::Chain::run(std::span<const FeedEvent> events, NatsStream::End& end,
                                          std::int64_t send_until_ns, const std::atomic<bool>& stop) {
  begin(events, end);
  const SystemClock clock;
  std::int64_t now_ns = clock.monotonic_ns();
  std::int64_t answer_until_ns = now_ns + kNatsAnswerNs;
  for (;;) {
    if (now_ns >= send_until_ns && !failed_ && answers_.size() < events_.size()) {
      fail_at(answers_.size(), Ended::failed, "the server is slow: the events are sent in smaller parts");
    }
    if (!failed_) send_what_fits();
    if (!link_.is_open()) return lost(link_.lost());
    if (under_way_ == 0 && (failed_ || answers_.size() == events_.size())) break;
    if (stop) return lost("the sink is being stopped");
    link_.turn(kNatsTurnMs);
    now_ns = clock.monotonic_ns();
    while (const auto reply = link_.next()) {
      answer_until_ns = now_ns + kNatsAnswerNs;
      hear(*reply);
    }
    if (now_ns >= answer_until_ns) return lost("the server does not say that it has the events");
  }
  if (!failed_) return {events_.size()};
  failure_.stored = stored();
  return failure_;
}

// What is behind the first that is not known to be stored is not counted.
NatsSink::Chain::Run NatsSink::Chain::lost(std::string reason) const {
  return {stored(), Ended::failed, link_.failed(reason).error().message};
}

std::size_t NatsSink::Chain::stored() const {
  std::size_t count = 0;
  while (count < answers_.size() && answers_[count] == Answer::stored) ++count;
  return count;
}

void NatsSink::Chain::send_what_fits() {
  while (!failed_ && answers_.size() < events_.size() && under_way_ < kNatsPendingMax &&
         (under_way_ == 0 || bytes_under_way_ < kNatsPendingBytes)) {
    const std::size_t index = answers_.size();
    if (!subject_of(events_[index])) {
      return fail_at(index, Ended::refused, "the event has no type that can be a subject");
    }
    switch (send(index)) {
      case NatsLink::Sent::yes:
        answers_.push_back(Answer::none);
        ++under_way_;
        bytes_under_way_ += events_[index].json.size();
        break;
      case NatsLink::Sent::too_large:
        return fail_at(index, Ended::refused,
                       "the event has " + std::to_string(events_[index].json.size()) +
                           " bytes, more than the server takes: raise its max_payload");
      case NatsLink::Sent::no:
        return fail_at(index, Ended::failed, link_.failed(link_.lost()).error().message);
    }
  }
}

bool NatsSink::Chain::subject_of(const FeedEvent& event) {
  simdjson::ondemand::document document;
  std::string_view type;
  if (parser_.iterate(padded(padded_, event.json)).get(document) != simdjson::SUCCESS ||
      document["type"].get_string().get(type) != simdjson::SUCCESS || !type.starts_with(kTypePrefix)) {
    return false;
  }
  type.remove_prefix(kTypePrefix.size());
  char before = '.';
  for (const char c : type) {
    if (c <= ' ' || c > '~' || c == '*' || c == '>' || (c == '.' && before == '.')) return false;
    before = c;
  }
  subject_.assign(options_.subject).append(1, '.').append(type);
  return before != '.';
}

NatsLink::Sent NatsSink::Chain::send(std::size_t index) {
  const std::string place = format_feed_position(events_[index].at);
  id_.assign(folder_).append(1, '-').append(place);
  const std::string sequence = std::to_string(end_->sequence);
  std::array<NatsLink::Header, 6> headers = {{{"Nats-Msg-Id", id_.c_str()},
                                              {kNatsFolderHeader, folder_.c_str()},
                                              {kNatsPlaceHeader, place.c_str()}}};
  std::size_t count = 3;
  if (!tenant_.empty()) headers[count++] = {kNatsTenantHeader, tenant_.c_str()};
  if (previous_id_.empty()) {
    headers[count++] = {"Nats-Expected-Stream", options_.stream.c_str()};
    headers[count++] = {"Nats-Expected-Last-Sequence", sequence.c_str()};
  } else {
    headers[count++] = {"Nats-Expected-Last-Msg-Id", previous_id_.c_str()};
  }
  const NatsLink::Sent sent = link_.send(subject_, std::span(headers).first(count), events_[index].json);
  if (sent == NatsLink::Sent::yes) std::swap(previous_id_, id_);
  return sent;
}

void NatsSink::Chain::hear(const NatsLink::Reply& reply) {
  std::size_t index = 0;
  if (reply.nobody) {
    while (index < answers_.size() && answers_[index] != Answer::none) ++index;
  } else {
    index = reply.token - first_token_;  // of an earlier one: beyond all of these
  }
  if (index >= answers_.size() || answers_[index] != Answer::none) return;
  --under_way_;
  bytes_under_way_ -= events_[index].json.size();
  answers_[index] = Answer::refused;
  if (reply.nobody) {
    const std::string reason = "no stream takes " + options_.subject + ".>: is it gone, or JetStream off?";
    return fail_at(index, Ended::failed, link_.failed(reason).error().message);
  }
  simdjson::ondemand::document document;
  simdjson::ondemand::object error;
  std::int64_t code = 0;
  std::string_view description;
  if (parser_.iterate(padded(padded_, reply.data)).get(document) == simdjson::SUCCESS) {
    if (document["error"].get_object().get(error) == simdjson::SUCCESS) {
      if (error["err_code"].get_int64().get(code) != simdjson::SUCCESS) code = 0;
      if (error["description"].get_string().get(description) != simdjson::SUCCESS) description = "an error";
    } else {
      std::uint64_t sequence = 0;
      bool duplicate = false;
      if (document["seq"].get_uint64().get(sequence) == simdjson::SUCCESS) {
        if (document["duplicate"].get_bool().get(duplicate) != simdjson::SUCCESS) duplicate = false;
        return hear_stored(index, sequence, duplicate);
      }
      description = "an answer that is none of JetStream";
    }
  }
  if (code == kMessageTooLarge || code == kHeadersTooLarge) {
    return fail_at(index, Ended::refused,
                   "the event has " + std::to_string(events_[index].json.size()) +
                       " bytes, more than stream " + options_.stream + " takes: raise its max_msg_size");
  }
  const bool moved = code == kWrongLastId || code == kWrongLastSequence;
  const std::string reason = "stream " + options_.stream + ": " + std::string(description);
  fail_at(index, moved ? Ended::moved : Ended::failed, link_.failed(reason).error().message);
}

// A duplicate stands where it was stored, by whatever connection. Unless it has been removed since, that is
// no further than the stream's end.
void NatsSink::Chain::hear_stored(std::size_t index, std::uint64_t sequence, bool duplicate) {
  answers_[index] = Answer::stored;
  if (!duplicate || sequence > end_->sequence) {
    end_->sequence = sequence;
    end_->place = events_[index].at;
  }
}

// Of several, the first in order counts: those behind it failed because it did.
void NatsSink::Chain::fail_at(std::size_t index, Ended ended, std::string reason) {
  if (failed_ && failed_at_ <= index) return;
  failed_ = true;
  failed_at_ = index;
  failure_ = {0, ended, std::move(reason)};
}

}  // namespace doorbuster
