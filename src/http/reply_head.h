#pragma once
// The lines that every reply begins with, and the length of its body, with which its own lines end.

#include <cstddef>
#include <string_view>

#include "doorbuster/base/check.h"
#include "doorbuster/http/reply_encoder.h"
#include "reply_writer.h"

namespace doorbuster {

constexpr std::string_view status_line(int status) {
  switch (status) {
    case 200:
      return "HTTP/1.1 200 OK\r\n";
    case 201:
      return "HTTP/1.1 201 Created\r\n";
    case 202:
      return "HTTP/1.1 202 Accepted\r\n";
    case 400:
      return "HTTP/1.1 400 Bad Request\r\n";
    case 401:
      return "HTTP/1.1 401 Unauthorized\r\n";
    case 403:
      return "HTTP/1.1 403 Forbidden\r\n";
    case 404:
      return "HTTP/1.1 404 Not Found\r\n";
    case 405:
      return "HTTP/1.1 405 Method Not Allowed\r\n";
    case 409:
      return "HTTP/1.1 409 Conflict\r\n";
    case 410:
      return "HTTP/1.1 410 Gone\r\n";
    case 412:
      return "HTTP/1.1 412 Precondition Failed\r\n";
    case 411:
      return "HTTP/1.1 411 Length Required\r\n";
    case 413:
      return "HTTP/1.1 413 Content Too Large\r\n";
    case 415:
      return "HTTP/1.1 415 Unsupported Media Type\r\n";
    case 422:
      return "HTTP/1.1 422 Unprocessable Content\r\n";
    case 428:
      return "HTTP/1.1 428 Precondition Required\r\n";
    case 429:
      return "HTTP/1.1 429 Too Many Requests\r\n";
    case 503:
      return "HTTP/1.1 503 Service Unavailable\r\n";
    default:
      return "HTTP/1.1 500 Internal Server Error\r\n";
  }
}

// Of a whole head: our own constants, and what begin_head() checks.
inline constexpr std::size_t kExtraHeaderBytesMax = 1024;  // between begin_head() and end_head()
inline constexpr std::size_t kHeadTextBytesMax = 256;      // the date and the content type
inline constexpr std::size_t kHeadBytesMax = kExtraHeaderBytesMax + kHeadTextBytesMax + 256;

inline void begin_head(ReplyWriter& head, const ReplyFrame& frame, int status,
                       std::string_view content_type) {
  DOORBUSTER_CHECK(frame.date.size() + content_type.size() <= kHeadTextBytesMax);
  head.text(status_line(status));
  head.text("Date: ");
  head.text(frame.date);
  head.text("\r\nContent-Type: ");
  head.text(content_type);
  head.text("\r\nCache-Control: no-store\r\n");
}

inline void end_head(ReplyWriter& head, const ReplyFrame& frame, std::size_t body_bytes) {
  if (frame.close) {
    head.text("Connection: close\r\n");
  } else if (frame.http_1_0) {
    head.text("Connection: keep-alive\r\n");
  }
  head.text("Content-Length: ");
  head.number(static_cast<std::int64_t>(body_bytes));
  head.text("\r\n\r\n");
}

}  // namespace doorbuster
