#pragma once
// What comes in on a live stream, as a browser would read it (WHATWG HTML, 9.2.6), compressed or not. Every
// wait ends with std::runtime_error.

#include <zlib.h>

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace doorbuster {

struct StreamEvent {
  std::string type, data, id;  // id: the last one that was sent, with this event or before
};

class EventReader {
 public:
  explicit EventReader(bool gzip);
  ~EventReader();
  EventReader(const EventReader&) = delete;
  EventReader& operator=(const EventReader&) = delete;

  void take(std::string_view bytes);
  std::deque<StreamEvent> events;
  const std::string& text() const { return text_; }        // all that came, decompressed
  const std::string& last_id() const { return last_id_; }  // also of blocks without an event
  int comments() const { return comments_; }
  bool ended_in_order() const { return ended_; }  // gzip: the trailer came, and is right

 private:
  void read_lines(std::string_view text);

  const bool gzip_;
  z_stream inflate_{};
  bool ended_ = false;
  std::string text_, line_, last_id_;
  StreamEvent event_;
  int comments_ = 0;
};

// One subscriber over a descriptor that somebody else owns: the reply's header, then events.
class StreamClient {
 public:
  explicit StreamClient(int socket) : socket_(socket) {}

  // Reads the header; the rest is events.
  void read_head();
  const std::string& head() const { return head_; }
  EventReader& reader() { return *reader_; }
  // The next event of this type for which `wanted` holds; those before it are dropped.
  StreamEvent next(
      const std::string& type,
      const std::function<bool(const StreamEvent&)>& wanted = [](const auto&) { return true; });
  StreamEvent next_with(const std::string& type, const std::string& part) {
    return next(type, [&](const StreamEvent& event) { return event.data.find(part) != std::string::npos; });
  }
  // Reads to the end of the connection.
  void read_to_end();

 private:
  bool read_more();  // false: the end

  const int socket_;
  std::string head_, raw_;
  std::unique_ptr<EventReader> reader_;
};

}  // namespace doorbuster
