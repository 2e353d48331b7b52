#pragma once
// The public listener: buying and reading, as the contract has it.

#include <memory>

#include "doorbuster/http/buy_decoder.h"
#include "doorbuster/http/handler.h"
#include "doorbuster/platform/clock.h"
#include "doorbuster/runtime/door.h"

namespace doorbuster {

class PublicHandler final : public Handler {
 public:
  PublicHandler(EngineDoor& door, const Clock& clock, std::size_t body_bytes_max);

  Request* handle(const HttpRequest& http, const RequestContext& context, std::string& out,
                  Outcome& outcome) override;
  void append_answer(const Request& request, const ReplyFrame& frame, std::string& out) override;

 private:
  Request* buy(const HttpRequest& http, const RequestContext& context, std::string& out, Outcome& outcome);
  Request* find_order(std::string_view id, const HttpRequest& http, const RequestContext& context,
                      std::string& out, Outcome& outcome);
  void list_campaigns(const RequestContext& context, std::string& out);
  Outcome show_campaign(std::string_view id, const RequestContext& context, std::string& out);
  void append_campaign(std::string& body, const Campaign& campaign, Tick now);
  // What this thread can refuse for certain without asking the owner; Outcome::ok: ask.
  Outcome refuse_early(const Buy& buy, const Campaign& campaign, const Offer& offer, const Hash128& buyer,
                       Tick now, RefusalDetails& details) const;

  EngineDoor& door_;
  const Clock& clock_;
  BuyDecoder decoder_;
  std::string key_buffer_;
};

}  // namespace doorbuster
