#include "sink/nats_stream.h"

#include <simdjson.h>

#include <algorithm>
#include <span>
#include <utility>

#include "doorbuster/base/base64url.h"
#include "doorbuster/base/text.h"

namespace doorbuster {
namespace {

using Json = simdjson::dom::element;

// Of the server's errors (err_code).
constexpr std::int64_t kNoMessageFound = 10037, kStreamNameExists = 10058, kStreamNotFound = 10059;

std::string_view text_of(const Json& object, std::string_view pointer) {
  std::string_view text;
  return object.at_pointer(pointer).get(text) == simdjson::SUCCESS ? text : std::string_view{};
}

std::int64_t number_of(const Json& object, std::string_view pointer) {
  std::int64_t number = 0;
  return object.at_pointer(pointer).get(number) == simdjson::SUCCESS ? number : 0;
}

// 0: the answer is no error.
std::int64_t error_of(const Json& answer) {
  Json error;
  if (answer.at_key("error").get(error) != simdjson::SUCCESS) return 0;
  const std::int64_t code = number_of(answer, "/error/err_code");
  return code != 0 ? code : -1;
}

// The headers of a stored message are base64 with padding.
std::string decode(std::string_view base64) {
  std::string text(base64.substr(0, base64.find('=')));
  std::replace(text.begin(), text.end(), '+', '-');
  std::replace(text.begin(), text.end(), '/', '_');
  std::string bytes(text.size(), '\0');
  const auto size = decode_base64url(text, bytes);
  bytes.resize(size.value_or(0));
  return bytes;
}

std::string header_of(std::string_view headers, std::string_view name) {
  const std::string before = "\r\n" + std::string(name) + ':';
  const auto found = headers.find(before);
  if (found == std::string_view::npos) return "";
  headers.remove_prefix(found + before.size());
  std::string_view value = headers.substr(0, headers.find('\r'));
  while (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  return std::string(value);
}

std::string_view take_token(std::string_view& subject) {
  const auto dot = subject.find('.');
  const std::string_view token = subject.substr(0, dot);
  subject = dot == std::string_view::npos ? std::string_view{} : subject.substr(dot + 1);
  return token;
}

}  // namespace

bool nats_pattern_covers(std::string_view pattern, std::string_view subject) {
  while (!subject.empty()) {
    const std::string_view wanted = take_token(pattern), token = take_token(subject);
    if (wanted == ">") return true;
    if (wanted != "*" && wanted != token) return false;
  }
  return pattern == ">";
}

NatsStream::NatsStream(NatsLink& link, const NatsSinkOptions& options, const FolderIdentity& folder,
                       std::string tenant)
    : link_(link),
      options_(options),
      folder_(hex(std::as_bytes(std::span(folder)))),
      tenant_(std::move(tenant)) {}

Status NatsStream::failed(std::string_view what, ErrorKind kind) const {
  Error error = link_.failed("stream " + options_.stream + ": " + std::string(what)).error();
  error.kind = kind;
  return tl::unexpected(std::move(error));
}

Result<NatsStream::End> NatsStream::open(const std::atomic<bool>& stop) {
  auto found = info(stop);
  if (!found) return tl::unexpected(found.error());
  if (!found->exists) {
    if (auto made = make(stop); !made) return tl::unexpected(made.error());
    found = info(stop);
    if (!found) return tl::unexpected(found.error());
    if (!found->exists) return tl::unexpected(failed("it was made and is gone again").error());
  }
  return end_of(*found, stop);
}

Result<NatsStream::End> NatsStream::look(const std::atomic<bool>& stop) {
  const auto found = info(stop);
  if (!found) return tl::unexpected(found.error());
  if (!found->exists) return tl::unexpected(failed("it is gone").error());
  return end_of(*found, stop);
}

Result<NatsStream::Info> NatsStream::info(const std::atomic<bool>& stop) {
  const auto answer = link_.ask("$JS.API.STREAM.INFO." + options_.stream, "", stop);
  if (!answer) return tl::unexpected(answer.error());
  simdjson::dom::parser parser;
  Json json;
  if (parser.parse(*answer).get(json) != simdjson::SUCCESS) {
    return tl::unexpected(failed("the server's answer is no JSON").error());
  }
  const std::int64_t error = error_of(json);
  if (error == kStreamNotFound) return Info{};
  if (error != 0) return tl::unexpected(failed(text_of(json, "/error/description")).error());

  bool takes_ours = false, without_answers = false;
  simdjson::dom::array subjects;
  if (json.at_pointer("/config/subjects").get(subjects) == simdjson::SUCCESS) {
    for (const Json subject : subjects) {
      std::string_view pattern;
      if (subject.get(pattern) == simdjson::SUCCESS) {
        takes_ours = takes_ours || nats_pattern_covers(pattern, options_.subject);
      }
    }
  }
  if (!takes_ours) {
    return tl::unexpected(
        failed("none of its subjects takes all of " + options_.subject + ".>: add it to them").error());
  }
  if (json.at_pointer("/config/no_ack").get(without_answers) == simdjson::SUCCESS && without_answers) {
    return tl::unexpected(failed("it is made with no_ack, so nobody knows what it has: edit it").error());
  }
  const std::int64_t window = number_of(json, "/config/duplicate_window");
  notice_ = window >= kNatsDuplicateWindowShortNs
                ? ""
                : "stream " + options_.stream + " forgets the ids of messages after " +
                      std::to_string(window / 1'000'000) + " ms: give it a duplicate window of minutes";
  return Info{true, static_cast<std::uint64_t>(number_of(json, "/state/last_seq")),
              text_of(json, "/config/retention") == "limits"};
}

// Nothing is thrown away by what is said here; where an account has limits of its own, new messages are
// refused, and not old ones dropped.
Status NatsStream::make(const std::atomic<bool>& stop) {
  std::string wanted = R"({"name":)";
  append_json_string(wanted, options_.stream);
  wanted += R"(,"subjects":[)";
  append_json_string(wanted, options_.subject + ".>");
  wanted += R"(],"retention":"limits","storage":"file","discard":"new","max_consumers":-1,"max_msgs":-1,)";
  wanted += R"("max_bytes":-1,"max_age":0,"max_msg_size":-1,"num_replicas":1,"duplicate_window":)";
  wanted += std::to_string(kNatsDuplicateWindowNs) + '}';
  const auto answer = link_.ask("$JS.API.STREAM.CREATE." + options_.stream, wanted, stop);
  if (!answer) return tl::unexpected(answer.error());
  simdjson::dom::parser parser;
  Json json;
  if (parser.parse(*answer).get(json) != simdjson::SUCCESS) return failed("the server's answer is no JSON");
  const std::int64_t error = error_of(json);
  if (error == 0 || error == kStreamNameExists) return {};  // somebody was faster
  return failed("it cannot be made: " + std::string(text_of(json, "/error/description")));
}

Result<NatsStream::Message> NatsStream::message(const std::string& which, const std::atomic<bool>& stop) {
  const auto answer = link_.ask("$JS.API.STREAM.MSG.GET." + options_.stream, which, stop);
  if (!answer) return tl::unexpected(answer.error());
  simdjson::dom::parser parser;
  Json json;
  if (parser.parse(*answer).get(json) != simdjson::SUCCESS) {
    return tl::unexpected(failed("the server's answer is no JSON").error());
  }
  const std::int64_t error = error_of(json);
  if (error == kNoMessageFound) return Message{};
  if (error != 0) return tl::unexpected(failed(text_of(json, "/error/description")).error());
  const std::string headers = decode(text_of(json, "/message/hdrs"));
  return Message{true,
                 static_cast<std::uint64_t>(number_of(json, "/message/seq")),
                 std::string(text_of(json, "/message/subject")),
                 header_of(headers, kNatsFolderHeader),
                 header_of(headers, kNatsPlaceHeader),
                 header_of(headers, kNatsTenantHeader)};
}

// Messages that somebody else has put on our subject are passed over.
Result<NatsStream::Message> NatsStream::last_of_ours(const std::atomic<bool>& stop) {
  std::string last = R"({"last_by_subj":)";
  append_json_string(last, options_.subject + ".>");
  auto found = message(last + '}', stop);
  if (!found || !found->exists || !found->folder.empty()) return found;
  const std::uint64_t from = found->sequence;
  for (std::uint64_t back = 1; back < from; ++back) {
    if (back > kNatsForeignMessagesMax) {
      return tl::unexpected(failed("message " + std::to_string(from) + " and those before it, on " +
                                   options_.subject +
                                   ".>, are not doorbuster's: remove them, and give "
                                   "doorbuster a subject of its own")
                                .error());
    }
    found = message(R"({"seq":)" + std::to_string(from - back) + '}', stop);
    if (!found) return found;
    const bool ours =
        found->exists && !found->folder.empty() && found->subject.starts_with(options_.subject + '.');
    if (ours) return found;
  }
  return Message{};
}

// Another folder's place, or one of a sink that leaves out other events, says nothing of where we stand.
Status NatsStream::is_ours(const Message& last) const {
  const std::string on = "the last message on " + options_.subject + ".> is of ";
  if (last.folder != folder_) {
    return failed(
        on + "another data folder, " + last.folder + ": give each folder a stream, or a subject, of its own",
        ErrorKind::configuration);
  }
  if (last.tenant != tenant_) {
    return failed(on + "a sink for " + (last.tenant.empty() ? "all tenants" : "tenant " + last.tenant) +
                      ": give each choice of tenants a subject of its own",
                  ErrorKind::configuration);
  }
  return {};
}

// The sequence is read before the place, so that nothing of ours is behind both of them: whoever stores a
// message on condition that the sequence is still the last one stores it behind this place.
Result<NatsStream::End> NatsStream::end_of(Info info, const std::atomic<bool>& stop) {
  for (int look = 0; look < kNatsLooksMax; ++look) {
    const auto last = last_of_ours(stop);
    if (!last) return tl::unexpected(last.error());
    if (last->sequence > info.last_sequence) {
      const auto again = this->info(stop);
      if (!again) return tl::unexpected(again.error());
      info = *again;
      continue;
    }
    if (!last->exists) return End{info.last_sequence, std::nullopt};
    if (auto ours = is_ours(*last); !ours) return tl::unexpected(ours.error());
    // Where messages go when they are read, the last one that is left need not be the last one there was.
    if (!info.keeps_all && last->sequence != info.last_sequence) return End{info.last_sequence, std::nullopt};
    const auto place = parse_feed_position(last->place);
    if (!place) return tl::unexpected(failed("its last message has no place of the feed").error());
    return End{info.last_sequence, place};
  }
  return tl::unexpected(failed("somebody else writes into it all the time").error());
}

}  // namespace doorbuster
