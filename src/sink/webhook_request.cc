#include "sink/webhook_request.h"

#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>

#include "sink/private_address.h"

namespace doorbuster {
namespace {

constexpr const char* kUserAgent = "doorbuster";
constexpr const char* kContentType = "Content-Type: application/cloudevents+json; charset=utf-8";

std::string address_text(const curl_sockaddr& address) {
  std::array<char, NI_MAXHOST> text{};
  const bool known =
      getnameinfo(&address.addr, address.addrlen, text.data(), text.size(), nullptr, 0, NI_NUMERICHOST) == 0;
  return known ? text.data() : "an address of an unknown kind";
}

// In one line that no terminal and no log takes for anything else.
std::string printable(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    if (out.size() == kWebhookReasonBytesMax) break;
    const bool is_space = letter == ' ' || letter == '\n' || letter == '\r' || letter == '\t';
    if (is_space && (out.empty() || out.back() == ' ')) continue;
    out += is_space ? ' ' : letter > ' ' && letter <= '~' ? letter : '?';
  }
  if (out.ends_with(' ')) out.pop_back();
  return out;
}

}  // namespace

WebhookRequest::WebhookRequest(const WebhookSinkOptions& options, long timeout_ms)
    : options_(options),
      timeout_ms_(timeout_ms),
      handle_(curl_easy_init()),
      trouble_(CURL_ERROR_SIZE, '\0'),
      usable_(handle_ && configure()) {}

bool WebhookRequest::configure() {
  bool all = true;
  const auto set = [&](CURLoption option, auto value) {
    all = all && curl_easy_setopt(handle_.get(), option, value) == CURLE_OK;
  };
  set(CURLOPT_URL, options_.url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_FOLLOWLOCATION, 0L);
  set(CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  set(CURLOPT_SSL_VERIFYPEER, 1L);
  set(CURLOPT_SSL_VERIFYHOST, 2L);
  // Of all that the environment may say of proxies, nothing counts.
  set(CURLOPT_PROXY, "");
  set(CURLOPT_NOPROXY, "*");
  set(CURLOPT_USERAGENT, kUserAgent);
  set(CURLOPT_POST, 1L);
  set(CURLOPT_TIMEOUT_MS, timeout_ms_);
  set(CURLOPT_CONNECTTIMEOUT_MS, timeout_ms_);
  set(CURLOPT_NOSIGNAL, 1L);
  // Or a name that is still being looked up keeps whoever gives the request up waiting.
  set(CURLOPT_QUICK_EXIT, 1L);
  set(CURLOPT_ERRORBUFFER, trouble_.data());
  set(CURLOPT_PRIVATE, static_cast<void*>(this));
  set(CURLOPT_HEADERFUNCTION, &on_header);
  set(CURLOPT_HEADERDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &on_body);
  set(CURLOPT_WRITEDATA, static_cast<void*>(this));
  set(CURLOPT_OPENSOCKETFUNCTION, &open_socket);
  set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
  return all;
}

void WebhookRequest::begin(std::size_t event, const std::string& id, std::int64_t timestamp_s,
                           const std::string& signature, std::string_view body) {
  event_ = event;
  head_bytes_ = 0;
  head_is_whole_ = false;
  private_address_.clear();
  body_.clear();
  trouble_.front() = '\0';
  curl_slist* headers = nullptr;
  // The last one: no waiting for leave to send the body.
  for (const std::string& header :
       {std::string(kContentType), "webhook-id: " + id, "webhook-timestamp: " + std::to_string(timestamp_s),
        "webhook-signature: " + signature, std::string("Expect:")}) {
    headers = curl_slist_append(headers, header.c_str());
  }
  curl_easy_setopt(handle(), CURLOPT_HTTPHEADER, headers);
  headers_.reset(headers);
  curl_easy_setopt(handle(), CURLOPT_POSTFIELDS, body.data());
  curl_easy_setopt(handle(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body.size()));
}

std::size_t WebhookRequest::on_header(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& request = *static_cast<WebhookRequest*>(self);
  const std::string_view line(data, size * count);
  request.head_bytes_ += line.size();
  if (request.head_bytes_ > kWebhookHeadBytesMax) return 0;
  // Behind an empty line there may be another head: of an answer that was none yet (1xx). Or of a trailer.
  if ((line == "\r\n" || line == "\n") && request.status() >= 200) request.head_is_whole_ = true;
  return line.size();
}

std::size_t WebhookRequest::on_body(const char* data, std::size_t size, std::size_t count, void* self) {
  auto& request = *static_cast<WebhookRequest*>(self);
  const std::size_t bytes = size * count;
  const std::size_t room = kWebhookAnswerBytesMax - request.body_.size();
  request.body_.append(data, std::min(bytes, room));
  return bytes <= room ? bytes : 0;  // 0: libcurl gives up, and the connection with it
}

curl_socket_t WebhookRequest::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  auto& request = *static_cast<WebhookRequest*>(self);
  if (!request.options_.allow_private_addresses && is_private_address(address->addr)) {
    request.private_address_ = address_text(*address);
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

long WebhookRequest::status() const {
  long status = 0;
  curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &status);
  return status;
}

WebhookOutcome WebhookRequest::end(CURLcode code) const {
  return head_is_whole_ ? answered() : unanswered(code);
}

WebhookOutcome WebhookRequest::unanswered(CURLcode code) const {
  const auto retry = [](std::string reason) {
    return WebhookOutcome{WebhookOutcome::Kind::retry, std::move(reason)};
  };
  if (!private_address_.empty() && code == CURLE_COULDNT_CONNECT) {
    return retry("the sink's url leads to " + private_address_ +
                 ", a private address: correct it, or set allow_private_addresses for this sink");
  }
  if (code == CURLE_OPERATION_TIMEDOUT) {
    return retry("the target has not answered within " + std::to_string(timeout_ms_) +
                 " ms: look whether it is overloaded, or give it more with timeout_ms");
  }
  if (head_bytes_ > kWebhookHeadBytesMax) {
    return retry("the head of the target's answer has more than " + std::to_string(kWebhookHeadBytesMax) +
                 " bytes: look what answers under the sink's url");
  }
  // What libcurl has written may be of an earlier of several tries.
  std::string words = curl_easy_strerror(code);
  if (trouble_.front() != '\0') words += std::string(" (") + trouble_.c_str() + ')';
  return retry("the target gave no answer: " + printable(words));
}

WebhookOutcome WebhookRequest::answered() const {
  using Kind = WebhookOutcome::Kind;
  const long code = status();
  if (code < 300) return {};
  const std::string what = "the target answered " + std::to_string(code) + said();
  switch (code) {
    case 400:
    case 413:
    case 415:
    case 422:
      return {Kind::refused, what + ": it will not take this event"};
    case 410:
      return {Kind::disabled, what + ": it wants no more events"};
    case 401:
    case 403:
      return {Kind::retry, what + ": check the sink's secrets, and whom the target lets in"};
    case 404:
    case 405:
      return {Kind::retry, what + ": check the sink's url"};
    case 429:
    case 503:
      return {Kind::retry, what + ": it takes no more events just now", retry_after_ns()};
    default:
      break;
  }
  if (code < 400) {
    return {Kind::retry,
            what + ": redirects are not followed, set the sink's url to where the target is now"};
  }
  return {Kind::retry, what + ": its own log may say why"};
}

std::int64_t WebhookRequest::retry_after_ns() const {
  curl_off_t seconds = 0;  // a date has become so many by now
  curl_easy_getinfo(handle(), CURLINFO_RETRY_AFTER, &seconds);
  constexpr curl_off_t kMost = kWebhookRetryAfterMaxNs / kNsPerSecond;
  return std::clamp<curl_off_t>(seconds, 0, kMost) * kNsPerSecond;
}

std::string WebhookRequest::said() const {
  const std::string words = printable(body_);
  return words.empty() ? words : " (\"" + words + "\")";
}

}  // namespace doorbuster
