#pragma once
// A reply as a client takes it apart.

#include <boost/json.hpp>
#include <string>
#include <vector>

#include "doorbuster/http/reply_encoder.h"
#include "support/catch.h"

namespace doorbuster {

struct Parsed {
  std::string status_line;
  std::vector<std::string> headers;
  std::string body;
  std::string header(const std::string& name) const {
    std::string found;
    for (const std::string& line : headers) {
      if (!line.starts_with(name + ": ")) continue;
      CHECK(found.empty());  // each once
      found = line.substr(name.size() + 2);
    }
    return found;
  }
};

inline Parsed parse(const std::string& reply) {
  Parsed parsed;
  const auto end = reply.find("\r\n\r\n");
  REQUIRE(end != std::string::npos);
  std::string head = reply.substr(0, end + 2);
  parsed.body = reply.substr(end + 4);
  while (!head.empty()) {
    const auto line_end = head.find("\r\n");
    const std::string line = head.substr(0, line_end);
    head.erase(0, line_end + 2);
    CHECK(line.find_first_of("\r\n") == std::string::npos);
    if (parsed.status_line.empty()) {
      parsed.status_line = line;
    } else {
      parsed.headers.push_back(line);
    }
  }
  return parsed;
}

// Content-Length is that of the body, and the body is JSON.
inline boost::json::object object_of(const Parsed& parsed) {
  CHECK(parsed.header("Content-Length") == std::to_string(parsed.body.size()));
  return boost::json::parse(parsed.body).as_object();
}

inline constexpr std::string_view kDate = "Fri, 27 Nov 2026 08:00:00 GMT";
inline const ReplyFrame kFrame = {.date = kDate};

// The members of an object, in order, with a space between.
inline std::string members_of(const Parsed& parsed) {
  std::string names;
  for (const auto& member : object_of(parsed))
    names += (names.empty() ? "" : " ") + std::string(member.key());
  return names;
}

}  // namespace doorbuster
