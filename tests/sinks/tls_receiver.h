#pragma once
// Something on 127.0.0.1 that speaks TLS, with a certificate for localhost that it has made and signed
// itself, and answers whatever it is sent with 200. One thread, one connection at a time.

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <thread>

namespace doorbuster {

class TlsReceiver {
 public:
  TlsReceiver();
  ~TlsReceiver();
  TlsReceiver(const TlsReceiver&) = delete;
  TlsReceiver& operator=(const TlsReceiver&) = delete;

  std::uint16_t port() const { return port_; }
  // Serves nobody any more; what is asked afterwards is final.
  void stop();
  // Connections that began to speak TLS, and bytes that came inside of it.
  int handshakes() const { return handshakes_; }
  std::size_t bytes_read() const { return bytes_read_; }

 private:
  struct Tls;

  void run();
  void serve(int socket);

  std::unique_ptr<Tls> tls_;
  int listener_ = -1;
  int wake_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<int> handshakes_ = 0;
  std::atomic<std::size_t> bytes_read_ = 0;
  std::thread thread_;
};

}  // namespace doorbuster
