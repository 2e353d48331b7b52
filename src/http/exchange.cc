#include "doorbuster/http/exchange.h"

namespace doorbuster {

bool Exchange::has_json() const {
  constexpr std::string_view kJson = "application/json";
  if (!http.has_content_type) return false;
  if (http.content_type == kJson) return true;  // what nearly everybody sends
  std::string_view type = http.content_type.substr(0, http.content_type.find(';'));
  while (!type.empty() && (type.back() == ' ' || type.back() == '\t')) type.remove_suffix(1);
  return header_list_has(type, kJson) && type.size() == kJson.size();
}

std::nullptr_t Exchange::refuse(Outcome why, const RefusalDetails& details) const {
  outcome = why;
  append_refusal(out, context.frame, why, details);
  return nullptr;
}

std::nullptr_t Exchange::refuse_method(std::string_view allow) const {
  return refuse(Outcome::method_not_allowed, {.allow = allow});
}

std::nullptr_t Exchange::answer(std::string_view content_type, std::string_view body,
                                std::string_view extra_headers) const {
  outcome = Outcome::ok;
  append_reply(out, context.frame, 200, content_type, body, extra_headers);
  return nullptr;
}

}  // namespace doorbuster
