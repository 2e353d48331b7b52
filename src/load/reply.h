#pragma once
// What replies mean. Whatever the contract does not allow as the answer to the request is
// Answer::unexpected().

#include <cstdint>
#include <string_view>

#include "load/record.h"
#include "load/wire.h"

namespace doorbuster::load {

struct Reply {
  Answer answer;
  bool durable = true;
  bool tells = false;  // `told` is what it said about an order
  Told told = {};
  std::string_view refused_sku = {};  // of the body: whose refusal of a basket it is
  std::uint8_t refused_line = 0;
};

// `body` is the whole body, or as much of it as was kept.
Reply read_buy_reply(int status, std::string_view body);
// REQUIRES: verb is another than Verb::buy.
Reply read_step_reply(Verb verb, int status, std::string_view body);
// The answer to what `writer` wrote for `ask`. The refusal of a basket that must name one of its SKUs, and
// does not, is unexpected.
Reply read_reply(const RequestWriter& writer, const Ask& ask, int status, std::string_view body);

// The first string member of this name, escapes left as they are; "" when there is none. For replies of known
// shape.
std::string_view find_string_member(std::string_view body, std::string_view name);

// Letters, digits, - . _ ~ and 1 to 40 of them.
bool is_order_name(std::string_view text);

}  // namespace doorbuster::load
