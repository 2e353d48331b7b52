// Any bytes as the body of what is done to an order: what is accepted is what a second, strict parser reads,
// within the contract's bounds.

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "doorbuster/base/check.h"
#include "doorbuster/base/limits.h"
#include "doorbuster/http/order_decoder.h"

namespace {

using namespace doorbuster;

constexpr std::size_t kBodyMax = 16'384;

std::uint32_t integer(const boost::json::object& object, const char* name) {
  const auto* value = object.if_contains(name);
  return value == nullptr ? 0 : value->to_number<std::uint32_t>();
}

void check_accepted(std::string_view json, const OrderCommand& command, std::string_view sku) {
  if (json.empty()) json = "{}";
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse({json.data(), json.size()}, error);
  DOORBUSTER_CHECK(!error && value.is_object());
  const boost::json::object& object = value.as_object();
  DOORBUSTER_CHECK(integer(object, "quantity") == command.quantity && command.quantity <= kQuantityMax);
  DOORBUSTER_CHECK(integer(object, "seconds") == command.seconds && command.seconds <= kHoldSecondsMax);
  const auto* restock = object.if_contains("restock");
  DOORBUSTER_CHECK((restock == nullptr || restock->as_bool()) == command.restock);
  const auto* part = object.if_contains("sku");
  DOORBUSTER_CHECK((part != nullptr) != sku.empty());
  if (part != nullptr) DOORBUSTER_CHECK(sku == std::string_view(part->as_string()));
  const auto* payment = object.if_contains("payment_reference");
  DOORBUSTER_CHECK((payment != nullptr) != command.payment.empty());
  DOORBUSTER_CHECK(command.payment.size() <= kReferenceBytesMax);
  if (payment == nullptr) return;
  const auto& read = payment->as_string();
  DOORBUSTER_CHECK(std::string_view(read.data(), read.size()) == command.payment);
}

}  // namespace

// The first byte chooses the action.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t count) {
  if (count == 0 || count > kBodyMax) return 0;
  static OrderDecoder decoder(kBodyMax);
  constexpr OrderAction kActions[] = {OrderAction::confirm, OrderAction::cancel, OrderAction::extend,
                                      OrderAction::payment_failed, OrderAction::give_back};
  OrderCommand command;
  command.action = kActions[data[0] % std::size(kActions)];
  std::string bytes(reinterpret_cast<const char*>(data + 1), count - 1);
  bytes.append(kBodyPaddingBytes, '"');
  bytes.shrink_to_fit();
  const std::string_view json = std::string_view(bytes).substr(0, count - 1);
  std::string_view sku;
  if (decoder.decode(json, command, sku)) {
    check_accepted(json, command, sku);
  } else {
    DOORBUSTER_CHECK(!decoder.detail().empty());
    DOORBUSTER_CHECK(decoder.outcome() == Outcome::malformed_request ||
                     decoder.outcome() == Outcome::validation_failed);
  }
  return 0;
}
