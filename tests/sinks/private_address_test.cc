// Which addresses are not of the public internet, at both ends of each network.

#include "sink/private_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "support/catch.h"

namespace doorbuster {
namespace {

bool is_private(const char* text) {
  sockaddr_storage storage{};
  auto* ip4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* ip6 = reinterpret_cast<sockaddr_in6*>(&storage);
  const bool is_ip6 = std::strchr(text, ':') != nullptr;
  storage.ss_family = is_ip6 ? AF_INET6 : AF_INET;
  void* const into = is_ip6 ? static_cast<void*>(&ip6->sin6_addr) : &ip4->sin_addr;
  REQUIRE(inet_pton(storage.ss_family, text, into) == 1);
  return is_private_address(*reinterpret_cast<const sockaddr*>(&storage));
}

TEST_CASE("private, reserved and multicast IPv4 addresses are told from public ones") {
  for (const char* address :
       {"0.0.0.0",         "0.255.255.255",   "10.0.0.0",        "10.255.255.255", "100.64.0.0",
        "100.127.255.255", "127.0.0.1",       "127.255.255.255", "169.254.0.0",    "169.254.169.254",
        "169.254.255.255", "172.16.0.0",      "172.31.255.255",  "192.0.0.0",      "192.0.0.255",
        "192.168.0.0",     "192.168.255.255", "198.18.0.0",      "198.19.255.255", "224.0.0.0",
        "239.255.255.255", "240.0.0.0",       "255.255.255.254", "255.255.255.255"}) {
    CAPTURE(address);
    CHECK(is_private(address));
  }
  for (const char* address :
       {"1.0.0.0",         "9.255.255.255",   "11.0.0.0",        "100.63.255.255",  "100.128.0.0",
        "126.255.255.255", "128.0.0.0",       "169.253.255.255", "169.255.0.0",     "172.15.255.255",
        "172.32.0.0",      "191.255.255.255", "192.0.1.0",       "192.167.255.255", "192.169.0.0",
        "198.17.255.255",  "198.20.0.0",      "223.255.255.255", "8.8.8.8",         "93.184.216.34"}) {
    CAPTURE(address);
    CHECK_FALSE(is_private(address));
  }
}

TEST_CASE("private, reserved and multicast IPv6 addresses are told from public ones") {
  for (const char* address : {"::",
                              "::1",
                              "::2",
                              "100::1",
                              "64:ff9b:1::1",
                              "fc00::",
                              "fc00::1",
                              "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                              "fe80::",
                              "fe80::1",
                              "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                              "fec0::1",
                              "ff00::",
                              "ff02::1",
                              "ffff::1",
                              "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
                              "4000::",
                              "2001::1",
                              "2001:0:808:808::",
                              "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    CAPTURE(address);
    CHECK(is_private(address));
  }
  for (const char* address : {"2000::", "2001:200::", "2001:4860:4860::8888", "2606:4700::1111", "2003::1",
                              "3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"}) {
    CAPTURE(address);
    CHECK_FALSE(is_private(address));
  }
}

TEST_CASE("an IPv6 address that stands for an IPv4 one is what that one is") {
  for (const char* address :
       {"::ffff:127.0.0.1", "::ffff:10.1.2.3", "::ffff:169.254.169.254", "::ffff:0:192.168.1.1",
        "64:ff9b::10.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::172.16.0.1", "2002:7f00:1::", "2002:a00:1::1",
        "2002:c0a8:101::1", "2002:6440:1::1", "::127.0.0.1", "::8.8.8.8"}) {
    CAPTURE(address);
    CHECK(is_private(address));
  }
  for (const char* address :
       {"::ffff:8.8.8.8", "::ffff:0:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1", "2002:ac0f:1::"}) {
    CAPTURE(address);
    CHECK_FALSE(is_private(address));
  }
}

TEST_CASE("an address that is neither IPv4 nor IPv6 is private") {
  sockaddr_un local{};
  local.sun_family = AF_UNIX;
  CHECK(is_private_address(reinterpret_cast<const sockaddr&>(local)));
}

}  // namespace
}  // namespace doorbuster
