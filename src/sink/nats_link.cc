#include "sink/nats_link.h"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

namespace doorbuster {
namespace {

// What the library tells an event loop. Its own threads may tell it, too.
struct Loop {
  std::atomic<int> socket = -1;
  std::atomic<bool> wants_write = false;
};

natsStatus attach(void** data, void* loop, natsConnection* /*connection*/, natsSock socket) {
  *data = loop;
  static_cast<Loop*>(loop)->socket = socket;
  return NATS_OK;
}

natsStatus on_read(void* /*data*/, bool /*add*/) {
  return NATS_OK;
}

natsStatus on_write(void* data, bool add) {
  static_cast<Loop*>(data)->wants_write = add;
  return NATS_OK;
}

natsStatus detach(void* data) {
  static_cast<Loop*>(data)->socket = -1;
  return NATS_OK;
}

// Or the library writes to standard error.
void on_error(natsConnection* /*connection*/, natsSubscription* /*subscription*/, natsStatus /*status*/,
              void* /*closure*/) {}

natsStatus connect_now(const std::string& url, Loop& loop, natsConnection** out) {
  natsOptions* options = nullptr;
  natsStatus status = natsOptions_Create(&options);
  const auto set = [&status](natsStatus next) { status = status == NATS_OK ? next : status; };
  if (status == NATS_OK) {
    set(natsOptions_SetURL(options, url.c_str()));
    set(natsOptions_SetName(options, "doorbuster"));
    set(natsOptions_SetTimeout(options, kNatsConnectMs));
    set(natsOptions_SetAllowReconnect(options, false));
    set(natsOptions_SetPingInterval(options, 0));  // its timer's thread would write
    set(natsOptions_SetSendAsap(options, true));   // or it starts a thread that writes
    set(natsOptions_SetIOBufSize(options, kNatsReadBytes));
    set(natsOptions_SetErrorHandler(options, on_error, nullptr));
    // The library takes up TLS where a server asks for it. No certificate has this name.
    set(natsOptions_SetExpectedHostname(options, "tls-is-not-spoken.invalid"));
    set(natsOptions_SetEventLoop(options, &loop, attach, on_read, on_write, detach));
    set(natsConnection_Connect(out, options));
  }
  natsOptions_Destroy(options);
  return status;
}

std::string_view why_not(natsStatus status) {
  switch (status) {
    case NATS_NO_SERVER:
      return "nobody takes the connection: is the server running, and is the address right?";
    case NATS_TIMEOUT:
      return "the server takes the connection and says nothing";
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
      return "the server does not accept the user, password or token of the url";
    case NATS_SSL_ERROR:
    case NATS_SECURE_CONNECTION_REQUIRED:
      return "the server asks for TLS, which this sink does not speak";
    case NATS_INVALID_ARG:
    case NATS_ADDRESS_MISSING:
      return "the url is none of the form nats://HOST:PORT";
    default:
      return natsStatus_GetText(status);
  }
}

}  // namespace

// Connecting cannot be interrupted, so a thread of its own does it, and may be left behind until it is over.
struct NatsLink::Attempt {
  explicit Attempt(const std::string& url) {
    thread = std::thread([this, url] {
      natsConnection* made = nullptr;
      const natsStatus result = connect_now(url, loop, &made);
      nats_ReleaseThreadMemory();
      const std::lock_guard lock(mutex);
      connection = made;
      status = result;
      over = true;
      changed.notify_all();
    });
  }
  ~Attempt() {
    thread.join();
    if (connection == nullptr) return;
    end();
    natsConnection_Destroy(connection);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  // What is still to be sent is not wanted any more, and the library would wait for it.
  void end() {
    if (const int socket = loop.socket; socket >= 0 && loop.wants_write) {
      ::shutdown(socket, SHUT_RDWR);
      natsConnection_ProcessWriteEvent(connection);
    }
    natsConnection_Close(connection);
  }

  // False: `stop`.
  bool wait(const std::atomic<bool>& stop) {
    std::unique_lock lock(mutex);
    while (!over) {
      if (stop) return false;
      changed.wait_for(lock, std::chrono::milliseconds(kNatsTurnMs));
    }
    return true;
  }

  Loop loop;
  std::mutex mutex;
  std::condition_variable changed;
  bool over = false;
  natsStatus status = NATS_OK;
  natsConnection* connection = nullptr;
  std::thread thread;
};

std::string nats_server_name(std::string_view url) {
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  if (const auto at = url.rfind('@'); at != std::string_view::npos) url.remove_prefix(at + 1);
  return std::string(url);
}

NatsLink::NatsLink(std::string url) : url_(std::move(url)), name_(nats_server_name(url_)) {}

NatsLink::~NatsLink() {
  close();
}

Status NatsLink::connect(const std::atomic<bool>& stop) {
  if (attempt_ != nullptr && !attempt_->wait(stop)) return failed("the sink is being stopped");
  close();
  attempt_ = std::make_unique<Attempt>(url_);
  if (!attempt_->wait(stop)) return failed("the sink is being stopped");
  if (attempt_->status == NATS_OK) return subscribe();
  auto error = failed(why_not(attempt_->status));
  close();
  return error;
}

Status NatsLink::subscribe() {
  natsInbox* inbox = nullptr;
  natsStatus status = natsInbox_Create(&inbox);
  if (status == NATS_OK) {
    inbox_prefix_ = std::string(inbox) + '.';
    natsInbox_Destroy(inbox);
    status = natsConnection_SubscribeSync(&inbox_, attempt_->connection, (inbox_prefix_ + '*').c_str());
  }
  if (status == NATS_OK) return {};
  close();
  return failed(natsStatus_GetText(status));
}

void NatsLink::close() {
  natsMsg_Destroy(std::exchange(read_, nullptr));
  // The subscription would say to the server that it ends; without a connection it does not.
  natsSubscription* inbox = std::exchange(inbox_, nullptr);
  if (inbox != nullptr && is_open()) attempt_->end();
  natsSubscription_Destroy(inbox);
  attempt_.reset();
}

bool NatsLink::is_open() const {
  return attempt_ != nullptr && inbox_ != nullptr && attempt_->loop.socket >= 0;
}

NatsLink::Sent NatsLink::send(const std::string& subject, std::span<const Header> headers,
                              std::string_view data) {
  if (!is_open()) return Sent::no;
  if (data.size() > INT32_MAX) return Sent::too_large;
  const std::string reply = inbox_prefix_ + std::to_string(next_token_);
  natsMsg* message = nullptr;
  natsStatus status =
      natsMsg_Create(&message, subject.c_str(), reply.c_str(), data.data(), static_cast<int>(data.size()));
  for (const Header& header : headers) {
    if (status == NATS_OK) status = natsMsgHeader_Set(message, header.name, header.value);
  }
  if (status == NATS_OK) status = natsConnection_PublishMsg(attempt_->connection, message);
  natsMsg_Destroy(message);
  if (status == NATS_MAX_PAYLOAD) return Sent::too_large;
  if (status != NATS_OK) return Sent::no;
  ++next_token_;
  return Sent::yes;
}

bool NatsLink::turn(int wait_ms) {
  if (!is_open()) return false;
  Loop& loop = attempt_->loop;
  const int wanted = POLLIN | (loop.wants_write ? POLLOUT : 0);
  pollfd socket{.fd = loop.socket, .events = static_cast<short>(wanted), .revents = 0};
  if (::poll(&socket, 1, wait_ms) <= 0) return false;
  if ((socket.revents & POLLOUT) != 0 && loop.wants_write) {
    natsConnection_ProcessWriteEvent(attempt_->connection);
  }
  if ((socket.revents & ~POLLOUT) != 0) natsConnection_ProcessReadEvent(attempt_->connection);
  return true;
}

std::optional<NatsLink::Reply> NatsLink::next() {
  natsMsg_Destroy(std::exchange(read_, nullptr));
  if (inbox_ == nullptr) return std::nullopt;
  for (;;) {
    const natsStatus status = natsSubscription_NextMsg(&read_, inbox_, 0);
    if (status == NATS_NO_RESPONDERS) return Reply{0, true, {}};
    if (status != NATS_OK) return std::nullopt;
    std::string_view subject = natsMsg_GetSubject(read_);
    subject.remove_prefix(std::min(subject.size(), inbox_prefix_.size()));
    std::uint64_t token = 0;
    const auto [end, ec] = std::from_chars(subject.data(), subject.data() + subject.size(), token);
    if (ec == std::errc{} && end == subject.data() + subject.size()) {
      return Reply{
          token, false, {natsMsg_GetData(read_), static_cast<std::size_t>(natsMsg_GetDataLength(read_))}};
    }
    natsMsg_Destroy(std::exchange(read_, nullptr));
  }
}

Result<std::string> NatsLink::ask(const std::string& subject, std::string_view data,
                                  const std::atomic<bool>& stop) {
  const std::uint64_t token = next_token_;
  if (send(subject, {}, data) != Sent::yes) return tl::unexpected(failed(lost()).error());
  const SystemClock clock;
  const std::int64_t until_ns = std::min(ask_until_ns_, clock.monotonic_ns() + kNatsAnswerNs);
  while (clock.monotonic_ns() < until_ns) {
    if (stop) return tl::unexpected(failed("the sink is being stopped").error());
    turn(kNatsTurnMs);
    while (const auto reply = next()) {
      if (reply->token != token && !reply->nobody) continue;
      if (reply->nobody) {
        return tl::unexpected(
            failed("JetStream is not enabled: start the server with it, or for this account").error());
      }
      return std::string(reply->data);
    }
    if (!is_open()) return tl::unexpected(failed(lost()).error());
  }
  return tl::unexpected(failed("no answer to " + subject + ": may this user ask for it?").error());
}

Status NatsLink::failed(std::string_view what) const {
  return fail(ErrorKind::runtime, "NATS at " + name_ + ": " + std::string(what));
}

std::string NatsLink::lost() const {
  const char* said = nullptr;
  if (attempt_ != nullptr && attempt_->connection != nullptr) {
    natsConnection_GetLastError(attempt_->connection, &said);
  }
  std::string reason = "the connection is lost";
  if (said != nullptr && *said != '\0') reason += " (" + std::string(said) + ")";
  return reason;
}

}  // namespace doorbuster
