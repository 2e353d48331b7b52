#include "sink/webhook_sink.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "doorbuster/base/check.h"
#include "sink/webhook_batch.h"
#include "sink/webhook_request.h"
#include "sink/webhook_signature.h"

namespace doorbuster {
namespace {

constexpr int kPollMs = 50;  // until `stop` is noticed
constexpr std::int64_t kCallMarginNs = kNsPerSecond;

const Clock& real_clock() {
  static const SystemClock clock;
  return clock;
}

struct Cleanup {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
  void operator()(char* text) const { curl_free(text); }
};

// A url may have a password, or be one: it is not repeated.
Status check_url(const std::string& text) {
  const std::unique_ptr<CURLU, Cleanup> url(curl_url());
  char* scheme = nullptr;
  const bool is_url = url && curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK &&
                      curl_url_get(url.get(), CURLUPART_SCHEME, &scheme, 0) == CURLUE_OK;
  const std::unique_ptr<char, Cleanup> freed(scheme);
  if (is_url && (std::string_view(scheme) == "http" || std::string_view(scheme) == "https")) return {};
  return fail(ErrorKind::configuration,
              "the sink's url is none that a webhook can be sent to: write https://HOST/PATH");
}

}  // namespace

struct WebhookSink::Parts {
  WebhookSigner signer;
  std::vector<std::unique_ptr<WebhookRequest>> requests;  // kWebhookRequestsMax
  std::unique_ptr<CURLM, Cleanup> multi;
};

// One deliver().
class WebhookSink::Call {
 public:
  Call(WebhookSink& sink, std::span<const FeedEvent> events)
      : sink_(sink), parts_(*sink.parts_), events_(events), batch_(events, sink.acknowledged_) {
    for (const auto& request : parts_.requests) idle_.push_back(request.get());
  }
  // What is under way is given up.
  ~Call() {
    for (const auto& request : parts_.requests) {
      if (std::find(idle_.begin(), idle_.end(), request.get()) != idle_.end()) continue;
      curl_multi_remove_handle(parts_.multi.get(), request->handle());
    }
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void run(std::int64_t request_ns, const std::atomic<bool>& stop);
  const WebhookBatch& batch() const { return batch_; }

 private:
  bool is_idle() const { return idle_.size() == parts_.requests.size(); }
  void begin_all();
  // Whether any has ended.
  bool end_all();

  WebhookSink& sink_;
  Parts& parts_;
  const std::span<const FeedEvent> events_;
  WebhookBatch batch_;
  std::vector<WebhookRequest*> idle_;
};

void WebhookSink::Call::run(std::int64_t request_ns, const std::atomic<bool>& stop) {
  const std::int64_t begun_ns = sink_.clock_.monotonic_ns();
  const std::int64_t last_begin_ns = begun_ns + kSinkCallNs - kCallMarginNs - request_ns;
  std::int64_t end_ns = begun_ns + kSinkCallNs;
  for (bool stopped = false;;) {
    const std::int64_t now_ns = sink_.clock_.monotonic_ns();
    if (!stopped && stop) {
      stopped = true;
      end_ns = std::min(end_ns, now_ns + kWebhookStopGraceNs);
    }
    if (!stopped && now_ns < last_begin_ns) begin_all();
    if (is_idle() || now_ns >= end_ns) return;
    int running = 0;
    curl_multi_perform(parts_.multi.get(), &running);
    if (!end_all()) curl_multi_poll(parts_.multi.get(), nullptr, 0, kPollMs, nullptr);
  }
}

void WebhookSink::Call::begin_all() {
  while (!idle_.empty()) {
    const auto event = batch_.take();
    if (!event) return;
    // The one that ended last: its connection is the warmest.
    WebhookRequest& request = *idle_.back();
    idle_.pop_back();
    const FeedEvent& what = events_[*event];
    const std::string id = webhook_id(sink_.folder_, what.at);
    const std::int64_t timestamp_s = sink_.clock_.wall_now().ns / kNsPerSecond;
    request.begin(*event, id, timestamp_s, parts_.signer.sign(id, timestamp_s, what.json), what.json);
    const CURLMcode added = curl_multi_add_handle(parts_.multi.get(), request.handle());
    DOORBUSTER_CHECK(added == CURLM_OK);  // each is added once and removed when it has ended
  }
}

bool WebhookSink::Call::end_all() {
  bool any = false;
  int left = 0;
  while (const CURLMsg* message = curl_multi_info_read(parts_.multi.get(), &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    CURL* const handle = message->easy_handle;
    const CURLcode code = message->data.result;  // the message goes with the handle
    void* self = nullptr;
    curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
    auto& request = *static_cast<WebhookRequest*>(self);
    batch_.end(request.event(), request.end(code));
    curl_multi_remove_handle(parts_.multi.get(), handle);
    idle_.push_back(&request);
    any = true;
  }
  return any;
}

WebhookSink::WebhookSink(const SinkConfiguration& configuration, const FolderIdentity& folder)
    : WebhookSink(configuration, folder, real_clock()) {}

WebhookSink::WebhookSink(const SinkConfiguration& configuration, const FolderIdentity& folder,
                         const Clock& clock)
    : options_([&] {
        DOORBUSTER_CHECK(std::holds_alternative<WebhookSinkOptions>(configuration.options));
        WebhookSinkOptions options = std::get<WebhookSinkOptions>(configuration.options);
        options.timeout_ms = std::clamp<std::uint32_t>(options.timeout_ms, 1, kWebhookTimeoutMsMax);
        return options;
      }()),
      folder_(folder),
      clock_(clock) {}

WebhookSink::~WebhookSink() = default;

Result<std::optional<FeedPosition>> WebhookSink::open(const std::atomic<bool>&) {
  static const CURLcode initialised = curl_global_init(CURL_GLOBAL_DEFAULT);
  parts_.reset();
  if (const Status url = check_url(options_.url); !url) return tl::unexpected(url.error());
  auto signer = WebhookSigner::make(options_.secrets);
  if (!signer) return tl::unexpected(signer.error());
  auto parts = std::make_unique<Parts>(Parts{*std::move(signer), {}, {}});
  parts->multi.reset(curl_multi_init());
  // Or connections are closed as soon as fewer requests are under way.
  bool usable =
      initialised == CURLE_OK && parts->multi != nullptr &&
      curl_multi_setopt(parts->multi.get(), CURLMOPT_MAXCONNECTS, long{kWebhookRequestsMax}) == CURLM_OK;
  for (std::size_t i = 0; usable && i < kWebhookRequestsMax; ++i) {
    parts->requests.push_back(std::make_unique<WebhookRequest>(options_, long{options_.timeout_ms}));
    usable = parts->requests.back()->is_usable();
  }
  if (!usable) {
    return fail(ErrorKind::runtime, std::string("this libcurl (") + curl_version() +
                                        ") lacks what webhooks need: install 7.87 or later, with http and "
                                        "https");
  }
  parts_ = std::move(parts);
  return std::nullopt;
}

Delivery WebhookSink::deliver(std::span<const FeedEvent> events, const FeedPosition&,
                              const std::atomic<bool>& stop) {
  DOORBUSTER_CHECK(parts_ != nullptr);
  if (events.empty()) return {};
  // Who goes back wants the target to have them again.
  if (events.front().at.sequence <= delivered_through_.sequence) acknowledged_.clear();
  Call call(*this, events);
  call.run(options_.timeout_ms * kNsPerMillisecond, stop);
  Delivery delivery = call.batch().result();
  // What stands behind these events is for a later call.
  std::erase_if(acknowledged_,
                [&](const FeedPosition& at) { return at.sequence <= events.back().at.sequence; });
  const auto ahead = call.batch().acknowledged();
  acknowledged_.insert(acknowledged_.begin(), ahead.begin(), ahead.end());
  if (delivery.delivered != 0) delivered_through_ = events[delivery.delivered - 1].at;
  return delivery;
}

}  // namespace doorbuster
