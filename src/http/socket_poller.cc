#include "socket_poller.h"

#include <unistd.h>

#include "doorbuster/base/check.h"

namespace doorbuster {

SocketPoller::SocketPoller() : epoll_fd_(epoll_create1(EPOLL_CLOEXEC)) {
  DOORBUSTER_CHECK(epoll_fd_ >= 0);
}

SocketPoller::~SocketPoller() {
  close(epoll_fd_);
}

bool SocketPoller::add(int socket, void* owner) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.ptr = owner;
  return epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, socket, &event) == 0;
}

void SocketPoller::remove(int socket) {
  epoll_ctl(epoll_fd_, EPOLL_CTL_DEL, socket, nullptr);
}

}  // namespace doorbuster
