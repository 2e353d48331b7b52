#include "sinks/tls_receiver.h"

#include <arpa/inet.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

namespace doorbuster {
namespace {

constexpr int kPatienceSeconds = 10;

struct Freed {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  void operator()(SSL* ssl) const { SSL_free(ssl); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(X509_EXTENSION* extension) const { X509_EXTENSION_free(extension); }
};
template <typename T>
using Owned = std::unique_ptr<T, Freed>;

void require(bool holds) {
  if (!holds) throw std::runtime_error("TLS receiver: cannot be set up");
}

Owned<X509> self_signed(EVP_PKEY* key) {
  Owned<X509> certificate(X509_new());
  require(certificate != nullptr);
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), -3'600);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), 86'400);
  X509_NAME* const name = X509_get_subject_name(certificate.get());
  constexpr std::string_view kHost = "localhost";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(kHost.data()),
                             static_cast<int>(kHost.size()), -1, 0);
  X509_set_issuer_name(certificate.get(), name);
  X509_set_pubkey(certificate.get(), key);
  const Owned<X509_EXTENSION> names(
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1"));
  require(names && X509_add_ext(certificate.get(), names.get(), -1) == 1);
  require(X509_sign(certificate.get(), key, EVP_sha256()) > 0);
  return certificate;
}

}  // namespace

struct TlsReceiver::Tls {
  Owned<SSL_CTX> context;
};

TlsReceiver::TlsReceiver() : tls_(std::make_unique<Tls>()) {
  const Owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  require(key != nullptr);
  const Owned<X509> certificate = self_signed(key.get());
  tls_->context.reset(SSL_CTX_new(TLS_server_method()));
  require(tls_->context && SSL_CTX_use_certificate(tls_->context.get(), certificate.get()) == 1 &&
          SSL_CTX_use_PrivateKey(tls_->context.get(), key.get()) == 1);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  wake_ = ::eventfd(0, EFD_CLOEXEC);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  require(listener_ >= 0 && wake_ >= 0 && ::bind(listener_, any, size) == 0 && ::listen(listener_, 16) == 0 &&
          ::getsockname(listener_, any, &size) == 0);
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TlsReceiver::~TlsReceiver() {
  stop();
  ::close(listener_);
  ::close(wake_);
}

void TlsReceiver::stop() {
  if (!thread_.joinable()) return;
  ::eventfd_write(wake_, 1);
  thread_.join();
}

void TlsReceiver::run() {
  for (;;) {
    std::array<pollfd, 2> wanted = {pollfd{.fd = wake_, .events = POLLIN, .revents = 0},
                                    pollfd{.fd = listener_, .events = POLLIN, .revents = 0}};
    if (::poll(wanted.data(), wanted.size(), -1) < 0) continue;
    if (wanted[0].revents != 0) return;
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) continue;
    serve(socket);
    ::close(socket);
  }
}

void TlsReceiver::serve(int socket) {
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  const Owned<SSL> ssl(SSL_new(tls_->context.get()));
  SSL_set_fd(ssl.get(), socket);
  ++handshakes_;
  if (SSL_accept(ssl.get()) != 1) return;
  std::array<char, 16'384> bytes;
  const int n = SSL_read(ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
  if (n <= 0) return;
  bytes_read_ += static_cast<std::size_t>(n);
  constexpr std::string_view kAnswer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  SSL_write(ssl.get(), kAnswer.data(), static_cast<int>(kAnswer.size()));
}

}  // namespace doorbuster
