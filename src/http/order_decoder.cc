#include "doorbuster/http/order_decoder.h"

#include <array>
#include <span>

#include "body_reader.h"
#include "doorbuster/base/limits.h"

namespace doorbuster {
namespace {

constexpr std::array<std::string_view, 2> kConfirmNames = {"quantity", "payment_reference"};
constexpr std::array<std::string_view, 1> kExtendNames = {"seconds"};
constexpr std::array<std::string_view, 3> kReturnNames = {"quantity", "restock", "sku"};

std::span<const std::string_view> names_of(OrderAction action) {
  switch (action) {
    case OrderAction::confirm:
      return kConfirmNames;
    case OrderAction::extend:
      return kExtendNames;
    case OrderAction::give_back:
      return kReturnNames;
    default:
      return {};
  }
}

}  // namespace

OrderDecoder::OrderDecoder(std::size_t body_bytes_max)
    : reader_(std::make_unique<BodyReader>(body_bytes_max)) {}
OrderDecoder::~OrderDecoder() = default;

Outcome OrderDecoder::outcome() const {
  return reader_->outcome();
}
std::string_view OrderDecoder::detail() const {
  return reader_->detail();
}

bool OrderDecoder::decode(std::string_view json, OrderCommand& command, std::string_view& sku) {
  sku = {};
  if (json.empty()) return true;
  const auto take = [&](std::size_t, const BodyReader::Member& member) {
    // Of one name there is one meaning, whatever the action.
    if (member.name == "quantity") return reader_->take_integer(member, 1, kQuantityMax, command.quantity);
    if (member.name == "seconds") return reader_->take_integer(member, 1, kHoldSecondsMax, command.seconds);
    if (member.name == "restock") return reader_->take_bool(member, command.restock);
    if (member.name == "sku") return reader_->take_identifier(member, sku);
    return reader_->take_text(member, 1, kReferenceBytesMax, command.payment);
  };
  return reader_->read(json, names_of(command.action), take) && reader_->in_range();
}

}  // namespace doorbuster
