#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "doorbuster/http/http_agent.h"

namespace doorbuster {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;

constexpr int kListenBacklog = 4096;  // the kernel lowers it to net.core.somaxconn

std::string text_of(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return (endpoint.address().is_v6() ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

Result<tcp::endpoint> resolve(asio::io_context& context, const std::string& host_port) {
  const auto colon = host_port.rfind(':');
  std::string host = host_port.substr(0, colon);
  const std::string port = colon == std::string::npos ? "" : host_port.substr(colon + 1);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  boost::system::error_code ec;
  tcp::resolver resolver(context);
  const auto found =
      resolver.resolve(host, port, tcp::resolver::passive | tcp::resolver::numeric_service, ec);
  if (ec || found.empty()) {
    return fail(ErrorKind::configuration, "cannot listen on \"" + host_port +
                                              "\": write HOST:PORT with an address of this machine (" +
                                              ec.message() + ")");
  }
  return found.begin()->endpoint();
}

Result<int> open_listener(asio::io_context& context, const tcp::endpoint& endpoint, bool share,
                          tcp::endpoint& bound) {
  tcp::acceptor acceptor(context);
  boost::system::error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec && share) acceptor.set_option(ReusePort(true), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(kListenBacklog, ec);
  if (!ec) bound = acceptor.local_endpoint(ec);
  if (ec) return fail(ErrorKind::runtime, "cannot listen on " + text_of(endpoint) + ": " + ec.message());
  return acceptor.release(ec);
}

}  // namespace

Result<std::vector<int>> listen_on(const std::string& host_port, std::size_t count, std::string& bound) {
  asio::io_context context;
  auto endpoint = resolve(context, host_port);
  if (!endpoint) return tl::unexpected(endpoint.error());
  tcp::endpoint actual = *endpoint;
  {
    // With SO_REUSEPORT a second process of the same user would quietly take half of the connections, so
    // whether the port is free is asked without it first.
    auto probe = open_listener(context, *endpoint, false, actual);
    if (!probe) return tl::unexpected(probe.error());
    if (count == 1) {
      bound = text_of(actual);
      return std::vector<int>{*probe};
    }
    tcp::acceptor(context, actual.protocol(), *probe).close();
  }
  std::vector<int> sockets;
  for (std::size_t i = 0; i < count; ++i) {
    auto socket = open_listener(context, actual, true, actual);
    if (!socket) return tl::unexpected(socket.error());
    sockets.push_back(*socket);
  }
  bound = text_of(actual);
  return sockets;
}

}  // namespace doorbuster
