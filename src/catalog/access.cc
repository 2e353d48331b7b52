#include "doorbuster/catalog/access.h"

#include "doorbuster/base/endpoint.h"

namespace doorbuster {

std::string_view scope_name(Scope scope) {
  for (const auto& [name, known] : kScopes) {
    if (known == scope) return name;
  }
  return "none";
}

std::string exposed_without_keys(std::string_view listen, std::string_view admin,
                                 const std::vector<ApiKeyConfiguration>& keys) {
  if (!keys.empty()) return {};
  std::string exposed;
  for (const std::string_view address : {listen, admin}) {
    const Result<Endpoint> endpoint = parse_endpoint(address);
    if (endpoint && is_loopback(*endpoint)) continue;
    exposed += (exposed.empty() ? "" : " and ") + std::string(address);
  }
  if (exposed.empty()) return {};
  return exposed +
         " can be reached from other machines, and without \"api_keys\" whoever reaches it may do "
         "everything: add keys (`doorbuster key` makes one), or listen on 127.0.0.1";
}

}  // namespace doorbuster
