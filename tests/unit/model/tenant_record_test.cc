// A tenant as a record.

#include <string>

#include "doorbuster/base/limits.h"
#include "doorbuster/model/record.h"
#include "support/catch.h"
#include "unit/model/payload_bytes.h"

namespace doorbuster {
namespace {

using namespace std::string_literals;

TEST_CASE("a tenant's bytes are its number, whether it is listed, and its name") {
  const TenantPut put = {.tenant = {0x01020304}, .listed = true, .id = "acme"};
  CHECK(encoded(put) == "\x04\x03\x02\x01\x01\x04\x00"s + "acme");
  CHECK(encoded(TenantPut{.tenant = {2}, .listed = false, .id = "b"}) ==
        "\x02\x00\x00\x00\x00\x01\x00"s + "b");
  const auto read = decode_tenant_put(bytes_of(encoded(put)));
  REQUIRE(read);
  CHECK(read->tenant == put.tenant);
  CHECK(read->listed);
  CHECK(read->id == put.id);
}

TEST_CASE("bytes that are a tenant in part, or of nobody, are none") {
  const auto decodes = [](std::span<const std::byte> bytes) { return decode_tenant_put(bytes).has_value(); };
  const auto fits = [&](const TenantPut& put) { return decodes(bytes_of(encoded(put))); };
  check_only_the_whole(encoded(TenantPut{.tenant = {2}, .listed = true, .id = "acme"}), decodes);
  CHECK(fits({.tenant = {2}, .listed = true, .id = std::string(kIdentifierBytesMax, 'a')}));
  CHECK_FALSE(fits({.tenant = {2}, .listed = true, .id = std::string(kIdentifierBytesMax + 1, 'a')}));
  CHECK_FALSE(fits({.tenant = {2}, .listed = true, .id = ""}));
  CHECK_FALSE(fits({.tenant = {0}, .listed = true, .id = "a"}));
}

}  // namespace
}  // namespace doorbuster
