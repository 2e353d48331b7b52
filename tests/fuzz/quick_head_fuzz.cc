// Any bytes as a connection's input: the quick way to frame a request leaves them, or agrees with the strict
// way in every member. Once the bytes are the input; then each of them chooses a piece of a request, so that
// most inputs have the shape of one.

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "doorbuster/base/check.h"
#include "http/quick_head.h"
#include "support/alike.h"

namespace {

using namespace doorbuster;

constexpr std::size_t kBodyMax = 64;
constexpr std::size_t kInputMax = 2 * kHeaderBytesMax;

// The first begins a request that is plain as long as plain pieces follow.
constexpr std::array<std::string_view, 64> kPieces = {
    "POST /v1/buy HTTP/1.1\r\nHost: a\r\n",
    "\r\n",
    "\r\n\r\n",
    "GET ",
    "POST ",
    "PUT ",
    "/",
    "/a?b=c",
    "?",
    " ",
    " HTTP/1.1\r\n",
    " HTTP/1.0\r\n",
    "Host: a\r\n",
    "host",
    "Content-Type",
    "content-type: a/b\r\n",
    "Content-Length",
    "Content-Length: 3\r\n",
    "CONTENT-LENGTH:7\r\n",
    "Content-Length: +3\r\n",
    "Content\rLength",
    "Idempotency-Key",
    "idempotency-key: \"k\"\r\n",
    "Authorization: Bearer x\r\n",
    "authorization",
    "Prefer",
    "prefer: respond-async\r\n",
    "Accept-Encoding: br\r\n",
    "accept-encoding",
    "If-Match: \"7\"\r\n",
    "if-none-match",
    "User-Agent: x y\r\n",
    "X-Forwarded-For: 1, 2\r\n",
    "Cookie: a=b\r\n",
    "traceparent",
    "Transfer-Encoding: chunked\r\n",
    "transfer-encoding",
    "Expect: 100-continue\r\n",
    "Connection: keep-alive\r\n",
    "connection",
    "close",
    "keep-alive",
    "Upgrade: h2c\r\n",
    "Proxy-Connection: close\r\n",
    "Last-Event-ID: 7\r\n",
    "last-event-id",
    ":",
    ": ",
    " : ",
    "\t",
    "\r",
    "\n",
    "\r\n ",
    "\r\n\t",
    "0",
    "3",
    "9",
    "000000000",
    "a",
    "-",
    "\xc3\xbc",
    "\x7f",
    ",",
    "\"",
};

void compare(std::string_view bytes) {
  // In a buffer of its own, so that a byte too far is seen by the sanitizer.
  const auto copy = std::make_unique<char[]>(bytes.size());
  bytes.copy(copy.get(), bytes.size());
  const std::string_view input(copy.get(), bytes.size());
  HttpRequest quick, strict;
  const auto framing = frame_quickly(input, kBodyMax, quick);
  if (!framing) return;
  const Framing judged = frame_strictly(input, kBodyMax, strict);
  DOORBUSTER_CHECK(differing_member(*framing, judged).empty());
  DOORBUSTER_CHECK(differing_member(quick, strict).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  compare({reinterpret_cast<const char*>(data), count});
  std::string pieces;
  for (std::size_t i = 0; i < count && pieces.size() < kInputMax; ++i) {
    pieces += kPieces[data[i] % kPieces.size()];
  }
  compare(pieces);
  compare(std::string(kPieces[0]) + pieces + "\r\n");
  return 0;
}
