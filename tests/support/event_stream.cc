#include "support/event_stream.h"

#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <stdexcept>

#include "support/server_process.h"

namespace doorbuster {

EventReader::EventReader(bool gzip) : gzip_(gzip) {
  constexpr int kGzip = 15 + 16;
  if (inflateInit2(&inflate_, kGzip) != Z_OK) throw std::runtime_error("inflateInit2");
}

EventReader::~EventReader() {
  inflateEnd(&inflate_);
}

void EventReader::take(std::string_view bytes) {
  if (!gzip_) return read_lines(bytes);
  std::array<char, 65'536> out;
  inflate_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  inflate_.avail_in = static_cast<uInt>(bytes.size());
  do {
    inflate_.next_out = reinterpret_cast<Bytef*>(out.data());
    inflate_.avail_out = static_cast<uInt>(out.size());
    const int result = inflate(&inflate_, Z_SYNC_FLUSH);
    if (result != Z_OK && result != Z_STREAM_END && result != Z_BUF_ERROR) {
      throw std::runtime_error("the stream is no gzip");
    }
    ended_ = ended_ || result == Z_STREAM_END;
    read_lines({out.data(), out.size() - inflate_.avail_out});
  } while (inflate_.avail_out == 0);
}

void EventReader::read_lines(std::string_view text) {
  text_ += text;
  for (const char c : text) {
    if (c != '\n') {
      line_ += c;
      continue;
    }
    const auto value = [this](std::string_view field) {
      return line_.starts_with(field) ? line_.substr(field.size()) : std::string();
    };
    if (line_.empty()) {
      event_.id = last_id_;
      if (!event_.data.empty()) events.push_back(event_);
      event_ = {};
    } else if (line_.front() == ':') {
      ++comments_;
    } else if (line_.starts_with("event: ")) {
      event_.type = value("event: ");
    } else if (line_.starts_with("data: ")) {
      event_.data = value("data: ");
    } else if (line_.starts_with("id: ")) {
      last_id_ = value("id: ");
    }
    line_.clear();
  }
}

bool StreamClient::read_more() {
  pollfd wanted{.fd = socket_, .events = POLLIN, .revents = 0};
  if (poll(&wanted, 1, static_cast<int>(kPatience.count())) <= 0) {
    throw std::runtime_error("nothing came on the stream in time");
  }
  std::array<char, 65'536> bytes;
  const ssize_t n = recv(socket_, bytes.data(), bytes.size(), 0);
  if (n <= 0) return false;
  const std::string_view got(bytes.data(), static_cast<std::size_t>(n));
  reader_ ? reader_->take(got) : static_cast<void>(raw_ += got);
  return true;
}

void StreamClient::read_head() {
  std::size_t end = std::string::npos;
  while ((end = raw_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) throw std::runtime_error("the connection ended in its header");
  }
  head_ = raw_.substr(0, end + 4);
  reader_ = std::make_unique<EventReader>(head_.find("Content-Encoding: gzip") != std::string::npos);
  reader_->take(std::string_view(raw_).substr(end + 4));
}

StreamEvent StreamClient::next(const std::string& type,
                               const std::function<bool(const StreamEvent&)>& wanted) {
  for (;;) {
    while (!reader_->events.empty()) {
      const StreamEvent event = reader_->events.front();
      reader_->events.pop_front();
      if (event.type == type && wanted(event)) return event;
    }
    if (!read_more()) throw std::runtime_error("the stream ended without the event " + type);
  }
}

void StreamClient::read_to_end() {
  while (read_more()) {
  }
}

}  // namespace doorbuster
