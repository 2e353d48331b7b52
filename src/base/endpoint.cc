#include "doorbuster/base/endpoint.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>

namespace doorbuster {
namespace {

bool is_letter_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// RFC 1123: labels of 1 to 63 letters, digits and inner hyphens, 253 bytes in all.
bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') return false;
    for (const char c : label) {
      if (!is_letter_or_digit(c) && c != '-') return false;
    }
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

bool is_address(int family, std::string_view host) {
  in6_addr address{};  // large enough for both families
  return inet_pton(family, std::string(host).c_str(), &address) == 1;
}

// Digits and dots can only be meant as an IPv4 address.
bool looks_like_ipv4(std::string_view host) {
  return host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

}  // namespace

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto refuse = [](std::string message) { return fail(ErrorKind::usage, std::move(message)); };
  // Addresses go through C strings below: a NUL must not hide what stands behind it.
  if (text.find('\0') != std::string_view::npos) return refuse("must not have a NUL in it");
  std::string_view host;
  std::string_view port_text;
  const bool bracketed = text.starts_with('[');
  if (bracketed) {
    const std::size_t close = text.find("]:");
    if (close == std::string_view::npos) return refuse("must be [IPv6]:PORT, such as [::1]:8080");
    host = text.substr(1, close - 1);
    port_text = text.substr(close + 2);
    if (!is_address(AF_INET6, host)) return refuse("has no IPv6 address between its brackets");
  } else {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
      return refuse("must be HOST:PORT, such as 127.0.0.1:8080; the port is missing");
    host = text.substr(0, colon);
    port_text = text.substr(colon + 1);
    if (host.empty())
      return refuse("must be HOST:PORT; the host is missing (0.0.0.0 listens on every address)");
    if (host.find(':') != std::string_view::npos) {
      return refuse("must have brackets around an IPv6 address, such as [::1]:8080");
    }
    if (looks_like_ipv4(host) ? !is_address(AF_INET, host) : !is_host_name(host)) {
      return refuse(
          "must be HOST:PORT with an IPv4 address, an IPv6 address in brackets or a host name as HOST");
    }
  }
  const std::optional<std::uint16_t> port = parse_port(port_text);
  if (!port) return refuse("must end in a port from 0 to 65535 (0: any free one)");
  return Endpoint{std::string(host), *port};
}

bool is_loopback(const Endpoint& endpoint) {
  in_addr v4{};
  if (inet_pton(AF_INET, endpoint.host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  if (inet_pton(AF_INET6, endpoint.host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
  return endpoint.host == "localhost";
}

std::string format_endpoint(const Endpoint& endpoint) {
  const bool ipv6 = endpoint.host.find(':') != std::string::npos;
  return (ipv6 ? "[" + endpoint.host + "]" : endpoint.host) + ":" + std::to_string(endpoint.port);
}

}  // namespace doorbuster
