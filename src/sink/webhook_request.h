#pragma once
// One POST at a time over libcurl: what is sent, what of the answer is read, and what it means for the event.
// One thread; does nothing by itself, whoever drives the handle tells when it has ended.
//
//   answer                                   the event
//   2xx                                      is delivered
//   400, 413, 415, 422                       is refused for good: another one may be taken
//   410                                      and all others are not wanted any more (`disabled`)
//   3xx                                      is tried again: redirects are not followed
//   any other, or none: no connection, TLS   is tried again. A wrong url or secret answers 401, 403, 404 or
//   that does not hold, a timeout, a head    405 to everything, and nothing may be given up for that. 429 and
//   that ends too early                      503 may say when (Retry-After, up to kWebhookRetryAfterMaxNs).
//
// An answer is its head: once that is whole, it counts, whatever becomes of the body.

#include <curl/curl.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "doorbuster/catalog/sinks.h"
#include "sink/webhook_batch.h"

namespace doorbuster {

inline constexpr std::size_t kWebhookAnswerBytesMax = 4U << 10;  // of its body; the rest is not read
inline constexpr std::size_t kWebhookHeadBytesMax = 64U << 10;
inline constexpr std::size_t kWebhookReasonBytesMax = 200;  // of the answer's body in a reason
inline constexpr std::int64_t kWebhookRetryAfterMaxNs = 3'600 * kNsPerSecond;

class WebhookRequest {
 public:
  // The url and the options outlive it.
  WebhookRequest(const WebhookSinkOptions& options, long timeout_ms);
  WebhookRequest(const WebhookRequest&) = delete;
  WebhookRequest& operator=(const WebhookRequest&) = delete;

  // False: this libcurl lacks something that it must have, and the handle may not be used.
  bool is_usable() const { return usable_; }
  CURL* handle() const { return handle_.get(); }

  // `body` stays where it is until the end.
  void begin(std::size_t event, const std::string& id, std::int64_t timestamp_s, const std::string& signature,
             std::string_view body);
  std::size_t event() const { return event_; }
  WebhookOutcome end(CURLcode code) const;

 private:
  static std::size_t on_header(const char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t on_body(const char* data, std::size_t size, std::size_t count, void* self);
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);

  bool configure();
  long status() const;
  WebhookOutcome unanswered(CURLcode code) const;
  WebhookOutcome answered() const;
  std::int64_t retry_after_ns() const;
  std::string said() const;

  struct Freed {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  const WebhookSinkOptions& options_;
  const long timeout_ms_;
  std::unique_ptr<curl_slist, Freed> headers_;  // outlive what reads them: the handle
  std::unique_ptr<CURL, Freed> handle_;
  std::string trouble_;  // libcurl's words
  bool usable_ = false;

  // Of the request that is under way.
  std::size_t event_ = 0;
  std::size_t head_bytes_ = 0;
  bool head_is_whole_ = false;
  std::string private_address_;  // that was not connected to
  std::string body_;
};

}  // namespace doorbuster
