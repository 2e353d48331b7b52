#pragma once
// The bodies of what can be done to an order: small, all members optional, and each action takes its own.

#include <cstddef>
#include <memory>
#include <string_view>

#include "doorbuster/http/buy_decoder.h"
#include "doorbuster/model/order.h"
#include "doorbuster/model/outcome.h"

namespace doorbuster {

// One for each thread.
class OrderDecoder {
 public:
  explicit OrderDecoder(std::size_t body_bytes_max);
  ~OrderDecoder();

  // Fills in what `command.action` takes: confirm quantity and payment, extend seconds, give_back quantity
  // and restock; a member that is not there leaves the command as it is. `sku`: of give_back, empty without;
  // which offer it is, and so `command.part`, the caller knows. No bytes are as "{}". False: outcome() and
  // detail() say why. Views live until the next decode() or until the body's bytes go. REQUIRES:
  // kBodyPaddingBytes may be read behind `json`.
  bool decode(std::string_view json, OrderCommand& command, std::string_view& sku);
  Outcome outcome() const;          // malformed_request or validation_failed
  std::string_view detail() const;  // one sentence

 private:
  std::unique_ptr<BodyReader> reader_;
};

}  // namespace doorbuster
