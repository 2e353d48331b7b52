#include "support/http_client.h"

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json.hpp>
#include <cerrno>
#include <cstring>
#include <stdexcept>

#include "support/server_process.h"

namespace doorbuster {
namespace {

[[noreturn]] void give_up(const std::string& what) {
  throw std::runtime_error("HTTP client: " + what);
}

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

void wait_for(int socket, short events) {
  pollfd wanted{.fd = socket, .events = events, .revents = 0};
  for (;;) {
    const int ready = ::poll(&wanted, 1, static_cast<int>(kPatience.count()));
    if (ready > 0) return;
    if (ready == 0) give_up(events == POLLIN ? "no bytes came in time" : "the peer took no bytes in time");
    if (errno != EINTR) give_up("poll");
  }
}

}  // namespace

// --- replies
// ------------------------------------------------------------------------------------------------------

std::string HttpReply::header(std::string_view name) const {
  std::string found = "<none>";
  int count = 0;
  for (const auto& [key, value] : headers) {
    if (!same_name(key, name)) continue;
    found = ++count == 1 ? value : "<twice>";
  }
  return found;
}

std::string HttpReply::at(std::string_view pointer) const {
  return json_at(body, pointer);
}
std::string HttpReply::members() const {
  return json_members(body);
}

std::string HttpReply::outcome() const {
  const std::string code = header("Content-Type") == "application/problem+json" ? at("/code") : "<missing>";
  return code == "<missing>" ? std::to_string(status) : std::to_string(status) + " " + code;
}

std::string json_at(const std::string& json, std::string_view pointer) {
  boost::json::error_code ec;
  const boost::json::value document = boost::json::parse(json, ec);
  if (ec) return "<not JSON>";
  const boost::json::value* found = document.find_pointer({pointer.data(), pointer.size()}, ec);
  if (found == nullptr) return "<missing>";
  if (const auto* text = found->if_string()) return std::string(text->data(), text->size());
  return boost::json::serialize(*found);
}

std::string json_members(const std::string& json) {
  boost::json::error_code ec;
  const boost::json::value document = boost::json::parse(json, ec);
  if (ec || !document.is_object()) return "<not a JSON object>";
  std::string names;
  for (const auto& member : document.get_object()) {
    if (!names.empty()) names += ' ';
    names.append(member.key().data(), member.key().size());
  }
  return names;
}

// --- connections
// --------------------------------------------------------------------------------------------------

HttpConnection::HttpConnection(std::uint16_t port, int receive_buffer_bytes)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  if (socket_ < 0) give_up("socket: " + std::string(std::strerror(errno)));
  const int on = 1;
  ::setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer_bytes != 0) {
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    ::close(socket_);
    give_up("connect: " + std::string(std::strerror(error)));
  }
}

HttpConnection::~HttpConnection() {
  if (socket_ >= 0) ::close(socket_);
}

HttpConnection::HttpConnection(HttpConnection&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)), buffer_(std::move(other.buffer_)) {}

HttpConnection& HttpConnection::operator=(HttpConnection&& other) noexcept {
  std::swap(socket_, other.socket_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

void HttpConnection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    wait_for(socket_, POLLOUT);
    const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno != EAGAIN && errno != EINTR) give_up("send: " + std::string(std::strerror(errno)));
    if (n > 0) bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

std::size_t HttpConnection::send_some(std::string_view bytes) {
  const ssize_t n = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return n < 0 ? 0 : static_cast<std::size_t>(n);
}

void HttpConnection::finish_sending() {
  ::shutdown(socket_, SHUT_WR);
}

HttpConnection::Read HttpConnection::read_more() {
  char bytes[16'384];
  for (;;) {
    wait_for(socket_, POLLIN);
    const ssize_t n = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
    if (n == 0) return Read::end;
    if (n > 0) {
      buffer_.append(bytes, static_cast<std::size_t>(n));
      return Read::bytes;
    }
    if (errno != EAGAIN && errno != EINTR) return Read::reset;
  }
}

std::string HttpConnection::take(std::size_t bytes) {
  std::string taken = buffer_.substr(0, bytes);
  buffer_.erase(0, bytes);
  return taken;
}

HttpReply HttpConnection::read_reply(bool to_head) {
  std::size_t end = 0;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (read_more() != Read::bytes) give_up("the connection ended in front of a reply, after: " + buffer_);
  }
  std::string head = take(end + 4);
  head.resize(head.size() - 2);  // each line with its end, and nothing else
  HttpReply reply;
  if (!head.starts_with("HTTP/1.1 ") || head.size() < 13) give_up("no status line: " + head);
  reply.status = std::stoi(head.substr(9, 3));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::string line = head.substr(at, line_end - at);
    const std::size_t colon = line.find(": ");
    if (colon == std::string::npos || colon == 0) give_up("no header line: " + line);
    reply.headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
    at = line_end + 2;
  }
  if (reply.status < 200) return reply;
  const std::string length = reply.header("Content-Length");
  if (length.empty() || length.find_first_not_of("0123456789") != std::string::npos)
    give_up("Content-Length: " + length);
  const std::size_t bytes = to_head ? 0 : std::stoul(length);
  while (buffer_.size() < bytes) {
    if (read_more() != Read::bytes) give_up("the connection ended inside of a body");
  }
  reply.body = take(bytes);
  return reply;
}

HttpReply HttpConnection::exchange(std::string_view request, bool to_head) {
  send(request);
  return read_reply(to_head);
}

HttpReply HttpConnection::get(std::string_view path, std::string_view headers) {
  return exchange(get_request(path, headers));
}

bool HttpConnection::readable(std::chrono::milliseconds within) {
  if (!buffer_.empty()) return true;
  pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
  return ::poll(&wanted, 1, static_cast<int>(within.count())) > 0;
}

bool HttpConnection::ended() {
  return buffer_.empty() && read_more() != Read::bytes;
}

bool HttpConnection::ended_cleanly() {
  return buffer_.empty() && read_more() == Read::end;
}

std::string HttpConnection::read_all() {
  while (read_more() == Read::bytes) {
  }
  return take(buffer_.size());
}

std::string get_request(std::string_view path, std::string_view headers, std::string_view method) {
  std::string request(method);
  request.append(" ").append(path).append(" HTTP/1.1\r\nHost: shop\r\n").append(headers).append("\r\n");
  return request;
}

std::string post_request(std::string_view path, std::string_view body, std::string_view headers) {
  std::string request =
      "POST " + std::string(path) + " HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n";
  request.append(headers)
      .append("Content-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n\r\n")
      .append(body);
  return request;
}

}  // namespace doorbuster
