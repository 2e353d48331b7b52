#pragma once
// Finding a route in a listener's table. A row of a table has at least these members; what else it has is the
// listener's own:
//
//   Method method;          what takes GET takes HEAD too
//   std::string_view path;  with at most one {variable} for one part of the path
//   Scope scope;            what a key must have

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "doorbuster/catalog/access.h"
#include "doorbuster/http/http_request.h"

namespace doorbuster {

// What stands for the variable, "" where the route has none; nothing: the path is another one. The part has
// no slash; an empty one names nothing, and the route says so in its own words.
std::optional<std::string_view> match_path(std::string_view route, std::string_view path);

std::string_view method_name(Method method);  // "GET"

template <typename Route>
struct FoundRoute {
  const Route* route = nullptr;  // null: `allow` are the methods that the path has; empty: there is no such
  std::string_view part;
  std::string allow;
};
template <typename Route, std::size_t N>
FoundRoute<Route> find_route(const Route (&routes)[N], Method method, std::string_view path) {
  const Method wanted = method == Method::head ? Method::get : method;
  FoundRoute<Route> found;
  for (const Route& route : routes) {
    if (route.method == wanted && route.path == path && path.find('{') == std::string_view::npos) {
      return {&route, {}, {}};  // what is asked for most costs one comparison
    }
    const auto part = match_path(route.path, path);
    if (!part) continue;
    if (route.method == wanted) return {&route, *part, {}};
    found.allow += found.allow.empty() ? "" : ", ";
    found.allow += method_name(route.method);
    if (route.method == Method::get) found.allow += ", HEAD";
  }
  return found;
}

// For tests and documents.
struct RouteScope {
  Method method;
  std::string_view path;
  Scope scope;
};

}  // namespace doorbuster
