#pragma once
// One request, and the reply that a route may write at once: what routes hand to each other.

#include <cstddef>
#include <string>
#include <string_view>

#include "doorbuster/http/access.h"
#include "doorbuster/http/handler.h"

namespace doorbuster {

struct Exchange {
  const HttpRequest& http;
  const RequestContext& context;
  std::string& out;
  Outcome& outcome;
  const Caller caller = {};

  bool reads() const { return http.method == Method::get || http.method == Method::head; }
  bool has_json() const;

  // Each writes the whole reply. Null: there is no request to wait for.
  std::nullptr_t refuse(Outcome why, const RefusalDetails& details = {}) const;
  std::nullptr_t refuse_method(std::string_view allow) const;
  std::nullptr_t answer(std::string_view content_type, std::string_view body,
                        std::string_view extra_headers = {}) const;
};

}  // namespace doorbuster
