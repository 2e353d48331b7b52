#include "sinks/webhook_receiver.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <stdexcept>

namespace doorbuster {

using Break = WebhookAnswer::Break;
using Instant = std::chrono::steady_clock::time_point;

struct WebhookReceiver::Connection {
  int socket = -1;
  int number = 0;
  std::string input;
  std::size_t head_bytes = 0, body_bytes = 0;  // of the request that is being read; 0: its head is not there
  std::size_t request = 0;                     // its number
  WebhookAnswer answer;
  std::optional<Instant> due;  // the request is there, and is answered then
  bool is_silent = false;
};

namespace {

std::string subject_of(std::string_view body) {
  constexpr std::string_view kName = "\"subject\":\"";
  const auto at = body.find(kName);
  if (at == std::string_view::npos) return {};
  const auto begin = at + kName.size();
  return std::string(body.substr(begin, body.find('"', begin) - begin));
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n <= 0) return;  // the sender has gone: it was told what it wanted to hear
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::string signature_by(const std::string& secret, const std::string& content) {
  const std::string text = secret.substr(secret.find('_') + 1);
  std::string key(text.size(), '\0');
  const int key_bytes =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(key.data()),
                      reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  const int padding = static_cast<int>(std::count(text.begin(), text.end(), '='));
  std::array<unsigned char, EVP_MAX_MD_SIZE> mac{};
  unsigned mac_bytes = 0;
  HMAC(EVP_sha256(), key.data(), key_bytes - padding, reinterpret_cast<const unsigned char*>(content.data()),
       content.size(), mac.data(), &mac_bytes);
  std::array<unsigned char, 2 * EVP_MAX_MD_SIZE> encoded{};
  const int size = EVP_EncodeBlock(encoded.data(), mac.data(), static_cast<int>(mac_bytes));
  return "v1," + std::string(encoded.begin(), encoded.begin() + size);
}

std::pair<std::string, std::string> head_of(const WebhookAnswer& answer) {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) +
                     " Scripted\r\nContent-Length: " + std::to_string(answer.body.size()) + "\r\n";
  for (const std::string& header : answer.headers) head += header + "\r\n";
  return {head + "\r\n", answer.body};
}

}  // namespace

std::string ReceivedWebhook::header(const std::string& name) const {
  const auto found = headers.find(name);
  return found == headers.end() ? std::string() : found->second;
}

WebhookReceiver::WebhookReceiver(const Options& options) : secrets_(options.secrets) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  const int on = 1;
  ::setsockopt(listener_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (listener_ < 0 || wake_ < 0 || ::bind(listener_, any, size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, any, &size) != 0) {
    throw std::runtime_error("webhook receiver: cannot listen on port " + std::to_string(options.port));
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

WebhookReceiver::~WebhookReceiver() {
  ::eventfd_write(wake_, 1);
  thread_.join();
  for (Connection& connection : connections_) {
    if (connection.socket >= 0) close(connection, true);
  }
  ::close(listener_);
  ::close(wake_);
}

std::string WebhookReceiver::url(std::string_view host) const {
  return "http://" + std::string(host) + ':' + std::to_string(port_) + "/hooks?from=shop";
}

void WebhookReceiver::set_script(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

std::vector<ReceivedWebhook> WebhookReceiver::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool WebhookReceiver::wait_for(std::size_t requests, std::chrono::milliseconds patience) const {
  const Instant end = std::chrono::steady_clock::now() + patience;
  for (;;) {
    {
      const std::lock_guard lock(mutex_);
      if (requests_.size() >= requests) return true;
    }
    if (std::chrono::steady_clock::now() > end) return false;
    ::poll(nullptr, 0, 1);
  }
}

std::map<std::string, int> WebhookReceiver::taken() const {
  const std::lock_guard lock(mutex_);
  return taken_;
}

WebhookReceiver::Counts WebhookReceiver::counts() const {
  const std::lock_guard lock(mutex_);
  return counts_;
}

void WebhookReceiver::run() {
  for (;;) {
    std::vector<pollfd> wanted = {{.fd = wake_, .events = POLLIN, .revents = 0},
                                  {.fd = listener_, .events = POLLIN, .revents = 0}};
    const Instant now = std::chrono::steady_clock::now();
    int wait_ms = -1;
    for (const Connection& connection : connections_) {
      wanted.push_back({.fd = connection.socket, .events = POLLIN, .revents = 0});
      if (!connection.due) continue;
      const auto left = std::chrono::ceil<std::chrono::milliseconds>(*connection.due - now).count();
      const int left_ms = static_cast<int>(std::max<std::int64_t>(left, 0));
      wait_ms = wait_ms < 0 ? left_ms : std::min(wait_ms, left_ms);
    }
    if (::poll(wanted.data(), wanted.size(), wait_ms) < 0) continue;
    if (wanted[0].revents != 0) return;
    std::size_t at = 2;
    for (Connection& connection : connections_) {
      if (wanted[at++].revents != 0) read_from(connection);
      const bool is_due = connection.due && *connection.due <= std::chrono::steady_clock::now();
      if (connection.socket >= 0 && is_due) answer(connection);
    }
    connections_.remove_if([](const Connection& connection) { return connection.socket < 0; });
    if (wanted[1].revents != 0) accept_one();
  }
}

void WebhookReceiver::accept_one() {
  const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (socket < 0) return;
  const int on = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const std::lock_guard lock(mutex_);
  Connection& connection = connections_.emplace_back();
  connection.socket = socket;
  connection.number = ++counts_.connections;
}

void WebhookReceiver::read_from(Connection& connection) {
  std::array<char, 65'536> bytes;
  const ssize_t n = ::recv(connection.socket, bytes.data(), bytes.size(), 0);
  if (n <= 0) {
    if (connection.due || connection.is_silent) ended(connection, 0);
    return close(connection, false);
  }
  connection.input.append(bytes.data(), static_cast<std::size_t>(n));
  if (connection.due || connection.is_silent) return;
  if (connection.head_bytes == 0 && !read_head(connection)) return;
  const std::size_t there = connection.input.size() - connection.head_bytes;
  if (connection.answer.broken == Break::in_request && there >= connection.body_bytes / 2) {
    return close(connection, true);
  }
  if (there >= connection.body_bytes) arrived(connection);
}

bool WebhookReceiver::read_head(Connection& connection) {
  const auto end = connection.input.find("\r\n\r\n");
  if (end == std::string::npos) return false;
  connection.head_bytes = end + 4;
  ReceivedWebhook request;
  const std::string head = connection.input.substr(0, end + 2);
  const auto first_end = head.find("\r\n");
  const auto space = head.find(' '), second = head.find(' ', space + 1);
  request.method = head.substr(0, space);
  request.target = head.substr(space + 1, second - space - 1);
  for (std::size_t at = first_end + 2; at < head.size();) {
    const auto line_end = head.find("\r\n", at), colon = head.find(':', at);
    std::string name = head.substr(at, colon - at);
    std::transform(name.begin(), name.end(), name.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
    const auto value = head.find_first_not_of(' ', colon + 1);
    request.headers[name] = head.substr(value, line_end - value);
    at = line_end + 2;
  }
  const std::string length = request.header("content-length");
  connection.body_bytes = length.empty() ? 0 : std::stoul(length);
  request.connection = connection.number;
  request.id = request.header("webhook-id");
  request.event = request.id.substr(request.id.find('_') + 1);
  const auto dash = request.event.find('-');
  if (dash != std::string::npos) request.sequence = std::stoull(request.event.substr(dash + 1));

  const std::lock_guard lock(mutex_);
  request.number = connection.request = requests_.size();
  request.attempt = ++attempts_[request.id];
  connection.answer = script_ ? script_(request) : WebhookAnswer{};
  requests_.push_back(std::move(request));
  return true;
}

void WebhookReceiver::arrived(Connection& connection) {
  connection.due = std::chrono::steady_clock::now() + connection.answer.delay;
  connection.is_silent = connection.answer.broken == Break::silence;
  if (connection.is_silent) connection.due.reset();
  const std::lock_guard lock(mutex_);
  ReceivedWebhook& request = requests_[connection.request];
  request.body = connection.input.substr(connection.head_bytes, connection.body_bytes);
  request.is_whole = true;
  request.is_signed = is_signed(request);
  counts_.unsigned_ones += request.is_signed ? 0 : 1;
  counts_.duplicates += taken_.contains(request.event) ? 1 : 0;
  counts_.overlapping = std::max(counts_.overlapping, ++under_way_);
  Subject& subject = subjects_[subject_of(request.body)];
  counts_.inversions += request.sequence < subject.last ? 1 : 0;
  counts_.overtaken += subject.under_way != 0 ? 1 : 0;
  subject.last = std::max(subject.last, request.sequence);
  ++subject.under_way;
}

void WebhookReceiver::answer(Connection& connection) {
  const auto [head, body] = head_of(connection.answer);
  switch (connection.answer.broken) {
    case Break::none:
      // First what it has come to: whoever has the answer may ask.
      ended(connection, connection.answer.status);
      return send_all(connection.socket, head + body);
    case Break::in_head:
      send_all(connection.socket, std::string_view(head).substr(0, head.size() - 2));
      break;
    case Break::in_body:
      send_all(connection.socket, head + body.substr(0, body.size() / 2));
      break;
    case Break::stuck:
      connection.due.reset();
      connection.is_silent = true;
      return send_all(connection.socket, head + body.substr(0, body.size() / 2));
    case Break::in_request:
    case Break::no_answer:
    case Break::silence:
      break;
  }
  const bool reset = connection.answer.broken == Break::no_answer;
  ended(connection, 0);
  close(connection, reset);
}

// The request is under way no more, and the connection ready for another.
void WebhookReceiver::ended(Connection& connection, int status) {
  const std::lock_guard lock(mutex_);
  ReceivedWebhook& request = requests_[connection.request];
  request.status = status;
  if (status / 100 == 2) ++taken_[request.event];
  --under_way_;
  --subjects_[subject_of(request.body)].under_way;
  connection.input.erase(0, connection.head_bytes + connection.body_bytes);
  connection.head_bytes = connection.body_bytes = 0;
  connection.due.reset();
  connection.is_silent = false;
}

void WebhookReceiver::close(Connection& connection, bool reset) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  if (reset) ::setsockopt(connection.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  ::close(connection.socket);
  connection.socket = -1;
}

bool WebhookReceiver::is_signed(const ReceivedWebhook& request) const {
  const std::string content = request.id + '.' + request.header("webhook-timestamp") + '.' + request.body;
  const std::string signatures = ' ' + request.header("webhook-signature") + ' ';
  return std::all_of(secrets_.begin(), secrets_.end(), [&](const std::string& secret) {
    return signatures.find(' ' + signature_by(secret, content) + ' ') != std::string::npos;
  });
}

}  // namespace doorbuster
