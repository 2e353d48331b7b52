#pragma once
// Orders and places in a line, as clients see them. The reply to a buy is the hot one: a few copies of
// constants and texts.

#include <cstdint>
#include <string>

#include "doorbuster/catalog/catalog.h"
#include "doorbuster/http/reply_encoder.h"
#include "doorbuster/model/ids.h"
#include "doorbuster/model/order.h"

namespace doorbuster {

struct OrderReply {
  OrderId id;
  const Order* order = nullptr;
  const CampaignPut* campaign = nullptr;
  const OfferPut* offer = nullptr;
  const Catalog* catalog = nullptr;  // of a basket: the names of its lines
  bool durable = false;
  bool replayed = false;  // Idempotent-Replayed: true
  bool async = false;     // to a buy: Preference-Applied, and 202
};

// 201 or 202 to a buy that was confirmed or held.
void append_order_created(std::string& out, const ReplyFrame& frame, const OrderReply& reply);
// 200 to a GET, and to what was done to the order.
void append_order_view(std::string& out, const ReplyFrame& frame, const OrderReply& reply);

// An order that began as a place in a line.
struct PlaceReply {
  OrderReply order;
  std::uint32_t position = 0;  // while it waits: 1 is the first in the line
  Tick now;                    // whether the campaign is over
};

// 202 to a buy that waits.
void append_place_created(std::string& out, const ReplyFrame& frame, const PlaceReply& reply);
// 200 to a GET, and to who left.
void append_place_view(std::string& out, const ReplyFrame& frame, const PlaceReply& reply);

}  // namespace doorbuster
