#include "doorbuster/http/route.h"

namespace doorbuster {

std::optional<std::string_view> match_path(std::string_view route, std::string_view path) {
  const std::size_t from = route.find('{');
  if (from == std::string_view::npos) return route == path ? std::optional(std::string_view{}) : std::nullopt;
  const std::string_view before = route.substr(0, from), behind = route.substr(route.find('}') + 1);
  if (path.size() < before.size() + behind.size()) return std::nullopt;
  if (!path.starts_with(before) || !path.ends_with(behind)) return std::nullopt;
  const std::string_view part = path.substr(from, path.size() - before.size() - behind.size());
  return part.find('/') == std::string_view::npos ? std::optional(part) : std::nullopt;
}

std::string_view method_name(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
    case Method::put:
      return "PUT";
    case Method::patch:
      return "PATCH";
    case Method::del:
      return "DELETE";
    case Method::other:
      break;
  }
  return "";
}

}  // namespace doorbuster
