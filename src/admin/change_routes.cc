// What an operator does to a campaign while it runs. Each route is one durable change between two decisions,
// or none; asked again, it changes nothing.

#include <functional>
#include <optional>
#include <utility>

#include "admin/change.h"
#include "admin/change_body.h"
#include "admin/routes.h"
#include "doorbuster/base/json_writer.h"
#include "doorbuster/catalog/audit.h"
#include "doorbuster/catalog/campaign_action.h"
#include "doorbuster/http/query_reader.h"

namespace doorbuster {
namespace {

// RFC 9110, 13.1.1: a list of entity tags, compared strongly; * is any revision.
bool matches(std::string_view if_match, std::uint64_t revision) {
  const std::string tag = '"' + std::to_string(revision) + '"';
  return if_match.empty() || if_match == "*" || header_list_has(if_match, tag);
}

void answer_dry_run(const Call& call, std::uint64_t revision, const ChangeDescription& description) {
  JsonWriter json;
  json.begin_object();
  json.member("dry_run", true);
  write_differences(json, "changes", description);
  json.end_object();
  call.exchange.answer(kJson, std::move(json).take(), etag_header(revision));
}

// Whether the change may be planned at all. What was withdrawn is there, and can be put again.
std::optional<ActionRefusal> check_conditions(const Call& call, const Change& change,
                                              const Campaign* campaign) {
  const bool exists = campaign != nullptr && campaign->definition.listed;
  const HttpRequest& http = call.http();
  if (campaign == nullptr && !change.may_be_new) return ActionRefusal{Outcome::campaign_not_found, {}, {}};
  if (!http.if_match.empty() && (campaign == nullptr || !matches(http.if_match, campaign->revision))) {
    return ActionRefusal{Outcome::precondition_failed, {}, {}};
  }
  if (exists && !http.if_none_match.empty()) {
    return ActionRefusal{Outcome::precondition_failed, "There is a campaign of this id.", {}};
  }
  if (exists && change.needs_condition && http.if_match.empty()) {
    return ActionRefusal{Outcome::precondition_required, {}, {}};
  }
  return std::nullopt;
}

}  // namespace

void change_campaign(const Call& call, const Change& change, const ChangePlan& plan) {
  bool dry_run = false;
  std::string reason = change.reason;
  QueryReader query(call.http().query);
  query.flag("dry_run", dry_run);
  if (change.takes_reason) query.text("reason", kChangeTextBytesMax, reason);
  if (const std::string wrong = query.take_errors(); !wrong.empty()) {
    return call.refuse(Outcome::malformed_request, {.detail = wrong});
  }
  if (call.state.draining.load()) return call.refuse(Outcome::draining);

  std::optional<ActionRefusal> refusal;
  std::uint64_t revision = 0;
  bool is_new = false;
  ChangeDescription description;
  const auto changed =
      call.state.runtime->change([&](const Catalog& catalog, const std::vector<std::int64_t>& committed,
                                     Tick now) -> Result<CatalogChangeSet> {
        const Campaign* campaign = catalog.find_campaign(call.tenant(), call.campaign);
        revision = campaign == nullptr ? 0 : campaign->revision;
        is_new = campaign == nullptr || !campaign->definition.listed;
        refusal = check_conditions(call, change, campaign);
        if (refusal) return fail(ErrorKind::configuration, refusal->detail);
        PlannedChange planned = plan(catalog, campaign, committed, now);
        if (!planned) {
          refusal = std::move(planned.error());
          return fail(ErrorKind::configuration, refusal->detail);
        }
        if (dry_run) {
          description = describe_change(catalog, *planned);
          return CatalogChangeSet{};
        }
        planned->origin = {.source = ChangeOrigin::Source::admin,
                           .author = std::string(call.exchange.caller.name),
                           .action = std::string(change.action),
                           .reason = std::move(reason)};
        return std::move(*planned);
      });
  if (refusal) {
    const bool stale = refusal->outcome == Outcome::precondition_failed;
    return call.refuse(
        refusal->outcome,
        {.detail = refusal->detail, .stock = refusal->stock, .revision = stale ? revision : 0});
  }
  if (!changed) return call.refuse(changed.error());
  if (dry_run) return answer_dry_run(call, revision, description);
  show_changed_campaign(call, is_new && change.may_be_new);
}

namespace {

bool has_readable_body(const Call& call) {
  if (call.http().body.empty() || call.exchange.has_json()) return true;
  call.refuse(Outcome::unsupported_media_type);
  return false;
}

void act(const Call& call, CampaignAction action) {
  if (!has_readable_body(call)) return;
  const auto body =
      action == CampaignAction::extend ? read_extension(call.http().body) : read_action(call.http().body);
  if (!body) return call.refuse(body.error().outcome, {.detail = body.error().detail});
  change_campaign(call, {.action = campaign_action_name(action), .reason = body->reason},
                  [&](const Catalog& catalog, const Campaign* campaign, const auto&, Tick now) {
                    return plan_action(catalog, campaign->definition.campaign, action, now, body->ends_at);
                  });
}

}  // namespace

void pause_campaign(const Call& call) {
  act(call, CampaignAction::pause);
}
void resume_campaign(const Call& call) {
  act(call, CampaignAction::resume);
}
void end_campaign(const Call& call) {
  act(call, CampaignAction::end);
}
void extend_campaign(const Call& call) {
  act(call, CampaignAction::extend);
}

void arm_campaign(const Call& call) {
  act(call, CampaignAction::arm);
}

void adjust_stock(const Call& call) {
  if (!has_readable_body(call)) return;
  const auto body = read_stock(call.http().body);
  if (!body) return call.refuse(body.error().outcome, {.detail = body.error().detail});
  const std::uint64_t room = call.state.runtime->orders_max();
  change_campaign(call, {.action = "stock", .reason = body->reason},
                  [&](const Catalog& catalog, const Campaign* campaign,
                      const std::vector<std::int64_t>& committed, Tick) -> PlannedChange {
                    const Offer* offer = catalog.find_offer(campaign->definition.campaign, body->sku);
                    if (offer == nullptr) return tl::unexpected(ActionRefusal{Outcome::sku_not_found, {}});
                    return plan_stock_adjustment(catalog, committed, offer->definition.offer, body->delta,
                                                 room);
                  });
}

}  // namespace doorbuster
