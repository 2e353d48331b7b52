#pragma once

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace doorbuster {

// Which connections have something for us, by edge: a connection is named once each time something new
// arrives or room for writing appears, and is registered once for its life.
//
// Why not Asio's own asynchronous read, which waits in the same epoll: it begins every read with an attempt,
// which fails for every request of a client that waits for its reply. That is one system call in three. Asio
// keeps the listener, the timers and the sleep; this descriptor is one of those that it watches.
class SocketPoller {
 public:
  static constexpr std::size_t kEventsPerPoll = 256;
  struct Ready {
    bool readable;
    bool writable;
    bool hung_up;  // the peer has closed, or an error waits: read until it shows
  };

  SocketPoller();
  ~SocketPoller();
  SocketPoller(const SocketPoller&) = delete;
  SocketPoller& operator=(const SocketPoller&) = delete;

  int descriptor() const { return epoll_fd_; }
  // False when the kernel refuses (no memory, no watches left). Closing the socket removes it.
  bool add(int socket, void* owner);
  // Of a socket that stays open and goes to somebody else.
  void remove(int socket);

  // Whether poll() has named as many as it does at once: there may be more.
  static constexpr bool is_full(std::size_t polled) { return polled == kEventsPerPoll; }

  // Calls visit(owner, Ready) for what is ready now, without waiting; at most kEventsPerPoll of them.
  template <typename Visit>
  std::size_t poll(Visit&& visit) {
    const int count = epoll_wait(epoll_fd_, events_.data(), static_cast<int>(events_.size()), 0);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events_[static_cast<std::size_t>(i)];
      const auto has = [&event](std::uint32_t bits) { return (event.events & bits) != 0; };
      visit(event.data.ptr, Ready{.readable = has(EPOLLIN),
                                  .writable = has(EPOLLOUT),
                                  .hung_up = has(EPOLLRDHUP | EPOLLHUP | EPOLLERR)});
    }
    return count > 0 ? static_cast<std::size_t>(count) : 0;
  }

 private:
  int epoll_fd_ = -1;
  std::array<epoll_event, kEventsPerPoll> events_;
};

}  // namespace doorbuster
