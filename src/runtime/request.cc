#include "doorbuster/runtime/request.h"

#include <cstring>

#include "doorbuster/base/check.h"

namespace doorbuster {

std::string_view Request::keep(std::string_view text_in) {
  if (text_in.empty()) return {};
  DOORBUSTER_CHECK(text_bytes + text_in.size() <= text.size());
  char* at = text.data() + text_bytes;
  std::memcpy(at, text_in.data(), text_in.size());
  text_bytes += static_cast<std::uint32_t>(text_in.size());
  return {at, text_in.size()};
}

RequestPool::RequestPool(std::uint16_t http_thread, std::uint32_t capacity)
    : http_thread_(http_thread), requests_(new Request[capacity]) {
  const std::uint32_t kept = capacity / kRequestsKeptOneIn;
  in_use_max_[static_cast<std::size_t>(Request::Kind::find_order)] = capacity - 2 * kept;
  in_use_max_[static_cast<std::size_t>(Request::Kind::buy)] = capacity - kept;
  in_use_max_[static_cast<std::size_t>(Request::Kind::order_command)] = capacity;
  for (std::uint32_t i = capacity; i-- > 0;) {
    requests_[i].next = free_;
    free_ = &requests_[i];
  }
}

Request* RequestPool::take(TenantId tenant, Request::Kind kind) {
  if (!has_room(kind)) return nullptr;
  Request* request = free_;
  free_ = request->next;
  ++in_use_;
  ++in_use_by_tenant_[tenant.value];
  request->tenant = tenant;
  request->http_thread = http_thread_;
  request->kind = kind;
  request->answer_when_decided = request->close_after = request->head_only = false;
  request->replayed = request->durable = request->answered = false;
  request->basket = nullptr;
  request->asked = Request::Asked::once;
  request->next = nullptr;
  request->forget_texts();
  return request;
}

void RequestPool::give_back(Request* request) {
  DOORBUSTER_CHECK(in_use_ > 0);
  --in_use_;
  --in_use_by_tenant_[request->tenant.value];
  request->next = free_;
  free_ = request;
}

}  // namespace doorbuster
