#pragma once
// Payloads as strings, for tests that look at their bytes.

#include <cstddef>
#include <span>
#include <string>

#include "doorbuster/model/record.h"
#include "support/catch.h"

namespace doorbuster {

inline std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text));
}

template <typename Value>
std::string encoded(const Value& value) {
  std::string out;
  encode(value, out);
  return out;
}

inline std::string encoded(const Order& order) {
  std::string out(order_payload_bytes(order), '\0');
  CHECK(encode(order, std::as_writable_bytes(std::span(out))) == out.size());
  return out;
}

inline std::string encoded(const OrderEvent& event) {
  std::string out(order_event_payload_bytes(event), '\0');
  CHECK(encode(event, std::as_writable_bytes(std::span(out))) == out.size());
  return out;
}

// `decodes` says whether bytes are such a payload: the whole is, and no part of it, nor it and one byte more.
template <typename Decodes>
void check_only_the_whole(const std::string& whole, const Decodes& decodes) {
  CHECK(decodes(bytes_of(whole)));
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(decodes(bytes_of(whole).first(size)));
  }
  const std::string longer = whole + '\0';
  CHECK_FALSE(decodes(bytes_of(longer)));
}

}  // namespace doorbuster
