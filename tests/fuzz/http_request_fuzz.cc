// Any bytes as a connection's input: what comes out is inside the bytes, and a part of them never says
// something else than the whole.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "doorbuster/base/check.h"
#include "doorbuster/http/http_request.h"

namespace {

using namespace doorbuster;

constexpr std::size_t kBodyMax = 4096;

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check_parts(const HttpRequest& request, std::string_view bytes) {
  for (const std::string_view part :
       {request.path, request.query, request.content_type, request.idempotency_key, request.prefer,
        request.if_match, request.if_none_match, request.body}) {
    DOORBUSTER_CHECK(inside(part, bytes));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  if (count == 0) return 0;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 1, count - 1);
  HttpRequest request;
  const Framing whole = frame_request(bytes, kBodyMax, request);
  DOORBUSTER_CHECK(whole.state != Framing::State::refused || !whole.detail.empty());
  if (whole.state == Framing::State::complete) {
    DOORBUSTER_CHECK(whole.bytes <= bytes.size() && request.body.size() <= kBodyMax);
    check_parts(request, bytes.substr(0, whole.bytes));
    DOORBUSTER_CHECK(request.body.empty() || request.body.end() == bytes.substr(0, whole.bytes).end());
  }
  // The first byte chooses where the input is cut: what has come by then decides nothing that the rest
  // overturns.
  HttpRequest half;
  const std::size_t cut = bytes.size() * data[0] / 256;
  const Framing part = frame_request(bytes.substr(0, cut), kBodyMax, half);
  if (part.state == Framing::State::refused) DOORBUSTER_CHECK(whole.state == Framing::State::refused);
  if (part.state == Framing::State::complete) {
    DOORBUSTER_CHECK(whole.state == Framing::State::complete && whole.bytes == part.bytes);
    DOORBUSTER_CHECK(half.path == request.path && half.body == request.body);
  }
  if (part.state == Framing::State::need_body) {
    DOORBUSTER_CHECK(whole.state != Framing::State::refused && whole.bytes == part.bytes);
  }
  return 0;
}
