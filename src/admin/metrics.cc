#include "doorbuster/admin/metrics.h"

#include <array>
#include <string_view>

#include "admin/checkpoint_metrics.h"
#include "admin/exposition.h"
#include "admin/process_metrics.h"
#include "admin/sink_metrics.h"

namespace doorbuster {
namespace {

std::string shard_label(std::size_t shard) {
  return label("shard", std::to_string(shard));
}

template <typename Value>
std::uint64_t sum_http(const ServerState& state, Value value) {
  std::uint64_t sum = 0;
  for (const HttpAgent* agent : state.http) sum += value(agent->metrics());
  return sum;
}

void add_http(Exposition& out, const ServerState& state) {
  out.family("doorbuster_requests_total", "counter",
             "Requests answered on the public listener, by outcome code.");
  for (std::size_t i = 0; i < kOutcomeCount; ++i) {
    out.sample(label("code", outcome_code(static_cast<Outcome>(i))),
               sum_http(state, [i](const HttpMetrics& m) { return m.replies[i].value(); }));
  }
  std::vector<const BucketHistogram*> decisions, replies;
  for (const HttpAgent* agent : state.http) {
    decisions.push_back(&agent->metrics().decision_ns);
    replies.push_back(&agent->metrics().reply_ns);
  }
  out.histogram("doorbuster_decision_latency_seconds", "From reading a request to its decision.", decisions,
                1e9);
  out.histogram("doorbuster_reply_latency_seconds", "From reading a request to writing its reply.", replies,
                1e9);

  const auto counter = [&](std::string_view name, std::string_view help, Counter HttpMetrics::*member) {
    out.one(name, "counter", help,
            sum_http(state, [member](const HttpMetrics& m) { return (m.*member).value(); }));
  };
  counter("doorbuster_connections_accepted_total", "Connections accepted.",
          &HttpMetrics::connections_accepted);
  counter("doorbuster_connections_closed_total", "Accepted connections that are closed.",
          &HttpMetrics::connections_closed);
  out.one("doorbuster_connections", "gauge", "Connections open now.",
          sum_http(state, [](const HttpMetrics& m) {
            const std::uint64_t closed = m.connections_closed.value();
            return m.connections_accepted.value() - closed;
          }));
  counter("doorbuster_accept_errors_total", "Failed accepts, for example without file descriptors.",
          &HttpMetrics::accept_errors);
  counter("doorbuster_received_bytes_total", "Bytes read from clients.", &HttpMetrics::bytes_received);
  counter("doorbuster_sent_bytes_total", "Bytes written to clients.", &HttpMetrics::bytes_sent);
  counter("doorbuster_socket_reads_total", "Reads that brought bytes; requests by reads is the pipelining.",
          &HttpMetrics::reads);
  counter("doorbuster_socket_writes_total", "Writes to clients.", &HttpMetrics::writes);
  counter("doorbuster_pipeline_full_total", "Times that reading stopped until replies had left.",
          &HttpMetrics::pipeline_full);
  counter("doorbuster_request_waits_total", "Times that a connection's buys waited for a free request.",
          &HttpMetrics::room_waits);
  out.family("doorbuster_timeouts_total", "counter", "Connections closed at a deadline.");
  const auto timeout = [&](std::string_view kind, Counter HttpMetrics::*member) {
    out.sample(label("deadline", kind),
               sum_http(state, [member](const HttpMetrics& m) { return (m.*member).value(); }));
  };
  timeout("header", &HttpMetrics::timeouts_header);
  timeout("body", &HttpMetrics::timeouts_body);
  timeout("idle", &HttpMetrics::timeouts_idle);
  timeout("write", &HttpMetrics::timeouts_write);
}

struct LifeFamily {
  std::string_view name, help;
  struct Sample {
    std::string_view label, value;  // besides the shard's; empty: none
    Counter ShardMetrics::*counter;
  };
  std::vector<Sample> samples;
};

// What becomes of holds, returned units and lines. Money that is owed first: somebody has to send it back.
void add_order_lives(Exposition& out, const Runtime& runtime) {
  using M = ShardMetrics;
  const std::vector<LifeFamily> families = {
      {"doorbuster_refunds_due_total",
       "Orders that were paid when their units were gone: the money is to be sent back.",
       {{"", "", &M::refunds_due}}},
      {"doorbuster_holds_total", "Buys that were answered with a hold.", {{"", "", &M::held_orders}}},
      {"doorbuster_holds_extended_total", "Holds whose end was moved.", {{"", "", &M::extended_holds}}},
      {"doorbuster_holds_ended_total",
       "Holds that ended, by how.",
       {{"end", "confirmed", &M::confirmed_holds},
        {"end", "cancelled", &M::cancelled_holds},
        {"end", "expired", &M::expired_holds}}},
      {"doorbuster_late_confirmations_total",
       "Holds that had expired and were confirmed with units that were still there.",
       {{"", "", &M::confirmed_late}}},
      {"doorbuster_units_returned_total",
       "Units of confirmed orders that were given back.",
       {{"", "", &M::returned_units}}},
      {"doorbuster_units_restocked_total",
       "Units that were given back and can be sold again.",
       {{"", "", &M::restocked_units}}},
      {"doorbuster_line_places_total",
       "Buys that were answered with a place in a line.",
       {{"", "", &M::waiting_orders}}},
      {"doorbuster_line_offers_total",
       "Places that were offered their units.",
       {{"", "", &M::offered_orders}}},
      {"doorbuster_line_left_total",
       "Places that were left, or could not be served any more.",
       {{"", "", &M::left_lines}}},
  };
  for (const LifeFamily& family : families) {
    out.family(family.name, "counter", family.help);
    for (std::size_t i = 0; i < runtime.shard_count(); ++i) {
      for (const auto& [name, value, counter] : family.samples) {
        const std::string more = name.empty() ? "" : "," + label(name, value);
        out.sample(shard_label(i) + more, (runtime.shard_metrics(i).*counter).value());
      }
    }
  }
}

void add_shards(Exposition& out, const ServerState& state) {
  const Runtime& runtime = *state.runtime;
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    out.family(name, type, help);
    for (std::size_t i = 0; i < runtime.shard_count(); ++i) {
      out.sample(shard_label(i), static_cast<std::uint64_t>(value(i)));
    }
  };
  const auto member = [&](Counter ShardMetrics::*counter) {
    return [&runtime, counter](std::size_t i) { return (runtime.shard_metrics(i).*counter).value(); };
  };
  each("doorbuster_shard_commands_total", "counter", "Commands taken by a shard.",
       member(&ShardMetrics::commands));
  each("doorbuster_orders_sold_total", "counter", "Orders confirmed since the start, at once or later.",
       member(&ShardMetrics::sold_orders));
  each("doorbuster_units_sold_total", "counter", "Units sold since the start.",
       member(&ShardMetrics::sold_units));
  add_order_lives(out, runtime);
  each("doorbuster_replays_total", "counter", "Buys answered with an earlier order of their idempotency key.",
       member(&ShardMetrics::replays));
  each("doorbuster_shard_refusals_total", "counter", "Buys refused by the owner.",
       member(&ShardMetrics::refusals));
  each("doorbuster_shard_queue_depth", "gauge", "Commands that wait for a shard.",
       [&](std::size_t i) { return runtime.queue_depth(i); });
  each("doorbuster_gate_depth", "gauge", "Replies that wait for their record to be durable.",
       member(&ShardMetrics::gate_depth));
  each("doorbuster_orders", "gauge", "Orders kept by a shard.", member(&ShardMetrics::orders));
  each("doorbuster_books_audit_rounds_total", "counter",
       "Times that a shard has counted all its units out of its orders.",
       member(&ShardMetrics::audit_rounds));
  out.one("doorbuster_broken_offers", "gauge",
          "Offers that are not sold any more because their counters and their orders disagree.",
          runtime.broken_offers());
  each("doorbuster_orders_forgotten_total", "counter",
       "Orders, and lines of baskets, whose retention was over (server.order_retention_seconds).",
       member(&ShardMetrics::forgotten_orders));
  out.one("doorbuster_orders_max", "gauge", "Orders that each shard has room for (server.max_orders).",
          runtime.orders_max());
  out.histogram(
      "doorbuster_shard_drained_commands", "Commands taken in one duty cycle.",
      [&] {
        std::vector<const BucketHistogram*> parts;
        for (std::size_t i = 0; i < runtime.shard_count(); ++i)
          parts.push_back(&runtime.shard_metrics(i).drained);
        return parts;
      }(),
      1);

  const auto sum = [&runtime](Counter ShardMetrics::*counter) {
    std::uint64_t total = 0;
    for (std::size_t i = 0; i < runtime.shard_count(); ++i)
      total += (runtime.shard_metrics(i).*counter).value();
    return total;
  };
  out.family("doorbuster_overloaded_total", "counter",
             "Requests answered `overloaded`, by the bound that was hit.");
  out.sample(label("bound", "journal_ring"), sum(&ShardMetrics::overloaded_journal));
  out.sample(label("bound", "disk"), sum(&ShardMetrics::overloaded_disk));
  out.sample(label("bound", "orders"), sum(&ShardMetrics::overloaded_orders));
  out.sample(label("bound", "expiries"), sum(&ShardMetrics::overloaded_expiries));
  out.sample(label("bound", "requests"),
             sum_http(state, [](const HttpMetrics& m) { return m.overloaded_requests.value(); }));
  out.sample(label("bound", "turn"),
             sum_http(state, [](const HttpMetrics& m) { return m.overloaded_turn.value(); }));
  out.sample(label("bound", "connections"),
             sum_http(state, [](const HttpMetrics& m) { return m.connections_refused.value(); }));
  out.one("doorbuster_wakeups_total", "counter", "Sleeping threads woken by another thread.",
          runtime.wakeups());
}

void add_journal(Exposition& out, const ServerState& state) {
  const JournalMetrics& journal = state.runtime->journal_metrics();
  out.one("doorbuster_journal_records_total", "counter", "Records made durable since the start.",
          journal.records.value());
  out.one("doorbuster_journal_bytes_total", "counter", "Bytes written to the journal since the start.",
          journal.bytes.value());
  out.one("doorbuster_journal_batches_total", "counter", "Group commits since the start.",
          journal.batches.value());
  out.one("doorbuster_journal_segments_total", "counter", "Segments begun since the start.",
          journal.segments.value());
  out.one("doorbuster_journal_spare_waits_total", "counter",
          "Rotations that had to wait for the next segment to be filled.", journal.spare_waits.value());
  out.one("doorbuster_journal_failures_total", "counter", "Failed writes and syncs; the first one is final.",
          journal.failures.value());
  out.one("doorbuster_journal_short_of_room", "gauge", "1 while the disk has no room for the next segment.",
          state.runtime->short_of_room() ? std::uint64_t{1} : std::uint64_t{0});
  out.histogram("doorbuster_journal_batch_records", "Records in one group commit.", {&journal.batch_records},
                1);
  out.histogram("doorbuster_journal_sync_latency_seconds", "Write and sync of one group commit.",
                {&journal.sync_ns}, 1e9);
}

void add_catalog(Exposition& out, const ServerState& state) {
  out.family("doorbuster_catalog_changes_total", "counter",
             "Changes of the catalog since the start, by whose they were and what was done.");
  for (std::size_t i = 0; i < std::size(kChangeKinds); ++i) {
    out.sample(label("source", change_source_name(kChangeKinds[i].source)) + "," +
                   label("action", kChangeKinds[i].action),
               state.runtime->changes(i));
  }
  out.family("doorbuster_arming_refused_total", "counter",
             "Times that a campaign was to be armed by the clock and the pool did not back it.");
  out.sample("", state.keeper == nullptr ? 0 : state.keeper->refused());
  const CatalogPointer catalog = state.runtime->catalog();
  const Tick now = state.clock->wall_now();
  std::array<std::uint64_t, std::size(kCampaignStates)> campaigns{};
  for (const Campaign& campaign : catalog->campaigns()) {
    if (!campaign.definition.listed) continue;
    ++campaigns[static_cast<std::size_t>(campaign_phase(campaign.definition, now).state)];
  }
  out.family("doorbuster_campaigns", "gauge", "Campaigns of the configuration, by their state now.");
  for (const CampaignState each : kCampaignStates) {
    out.sample(label("state", campaign_state_name(each)), campaigns[static_cast<std::size_t>(each)]);
  }
}

void add_feed(Exposition& out, const FeedMetrics& feed) {
  out.one("doorbuster_feed_readers", "gauge", "Connections that read the feed.", feed.readers.value());
  out.one("doorbuster_feed_pages_total", "counter", "Pages of the feed answered.", feed.pages.value());
  out.one("doorbuster_feed_events_total", "counter", "Events told, to each reader.", feed.events.value());
  out.one("doorbuster_feed_bytes_total", "counter", "Bytes written to readers.", feed.bytes.value());
  out.one("doorbuster_feed_dropped_total", "counter", "Readers closed because they read too slowly.",
          feed.dropped.value());
}

void add_stream(Exposition& out, const ServerState& state) {
  const StreamMetrics& stream = state.stream->metrics();
  out.one("doorbuster_stream_subscribers", "gauge", "Connections that are being streamed to.",
          stream.subscribers.value());
  out.one("doorbuster_stream_events_total", "counter", "Events made, each once for all subscribers.",
          stream.events.value());
  out.one("doorbuster_stream_bytes_total", "counter", "Bytes written to subscribers.", stream.bytes.value());
  out.one("doorbuster_stream_dropped_total", "counter", "Subscribers closed because they read too slowly.",
          stream.dropped.value());
  out.one("doorbuster_stream_snapshots_total", "counter", "Snapshots of a campaign made.",
          stream.snapshots.value());
  out.one("doorbuster_stream_resumed_total", "counter", "Connections that went on from Last-Event-ID.",
          stream.resumed.value());
  out.histogram("doorbuster_stream_price_latency_seconds",
                "From the instant of a price or a window to the last byte to the last subscriber.",
                {&stream.price_latency_ns}, 1e9);
}

void add_tenants(Exposition& out, const AccessTable& access, const Caller& caller) {
  out.family("doorbuster_tenant_requests_limited_total", "counter",
             "Requests of a tenant that were answered `rate_limited`, by the limit.");
  for (const TenantAccess& tenant : access.tenants()) {
    if (!access.may_see_names(caller, tenant.id)) continue;
    const std::string name = label("tenant", tenant.name) + ",";
    out.sample(name + label("limit", "rate"), tenant.meter->rate_limited());
    out.sample(name + label("limit", "share"), tenant.meter->share_limited());
  }
}

void add_stock(Exposition& out, const ServerState& state, const AccessTable& access, const Caller& caller) {
  if (!state.stock_metrics) return;
  const CatalogPointer catalog = state.runtime->catalog();
  std::vector<OfferIndex> offers;
  for (const Campaign& campaign : catalog->campaigns()) {
    const CampaignPut& put = campaign.definition;
    if (!put.listed || !access.may_see_names(caller, put.tenant)) continue;
    offers.insert(offers.end(), campaign.offers.begin(), campaign.offers.end());
  }
  const auto stock = state.runtime->stock(offers);
  if (!stock) return;
  out.family("doorbuster_stock_units", "gauge", "Units of an offer by state (server.stock_metrics).");
  for (std::size_t i = 0; i < offers.size(); ++i) {
    const std::string offer = label("campaign", catalog->campaign_of(offers[i]).definition.id) + "," +
                              label("sku", catalog->offer(offers[i]).definition.sku) + ",";
    const auto units = [&](std::string_view name, std::int64_t value) {
      out.sample(offer + label("state", name), static_cast<std::uint64_t>(value));
    };
    units("allocated", (*stock)[i].allocated);
    units("available", (*stock)[i].available);
    units("held", (*stock)[i].held);
    units("sold", (*stock)[i].sold);
  }
}

void add_alerts(Exposition& out, const ServerState& state) {
  const auto word = [](std::size_t kind) {
    return label("kind", alert_kind_name(static_cast<AlertKind>(kind)));
  };
  if (state.alerts != nullptr) {
    out.family("doorbuster_alerts_total", "counter", "Alerts raised and cleared since the start.");
    for (std::size_t kind = 0; kind < kAlertKindCount; ++kind) {
      out.sample(word(kind) + "," + label("event", "raised"), state.alerts->raised[kind].value());
      out.sample(word(kind) + "," + label("event", "cleared"), state.alerts->cleared[kind].value());
    }
  }
  const auto active = state.runtime->alerts().active_counts();
  out.family("doorbuster_alerts_active", "gauge", "Alerts that are raised and not cleared.");
  for (std::size_t kind = 0; kind < kAlertKindCount; ++kind) out.sample(word(kind), active[kind]);
}

// From the board: no shard is asked.
void add_completion(Exposition& out, const ServerState& state, const AccessTable& access,
                    const Caller& caller) {
  if (!state.stock_metrics) return;
  const CatalogPointer catalog = state.runtime->catalog();
  out.family("doorbuster_campaign_completion_ratio", "gauge",
             "Units sold by units allocated (server.stock_metrics).");
  for (const Campaign& campaign : catalog->campaigns()) {
    if (!campaign.definition.listed || !access.may_see_names(caller, campaign.definition.tenant)) continue;
    std::int64_t sold = 0, allocated = 0;
    for (const OfferIndex offer : campaign.offers) {
      const OfferStock stock = state.runtime->board().figures(offer).stock;
      sold += stock.sold;
      allocated += stock.allocated;
    }
    out.sample(label("campaign", campaign.definition.id),
               allocated == 0 ? 0.0 : static_cast<double>(sold) / static_cast<double>(allocated));
  }
}

}  // namespace

std::string render_metrics(const ServerState& state, const Caller& caller) {
  Exposition out;
  out.family("doorbuster_build_info", "gauge", "What is running; always 1.");
  out.sample(label("version", state.version) + "," + label("compiler", state.compiler) + "," +
                 label("build_type", state.build_type),
             std::uint64_t{1});
  out.one("doorbuster_ready", "gauge", "1 while the server takes new work.",
          std::uint64_t{state.ready.load() ? 1U : 0U});
  out.family("doorbuster_config_reloads_total", "counter",
             "Configurations reloaded, by what became of them.");
  out.sample(label("result", "applied"), state.reloads_applied.load());
  out.sample(label("result", "refused"), state.reloads_refused.load());
  out.one("doorbuster_config_last_reload_successful", "gauge", "Whether the last reload was applied.",
          std::uint64_t{state.last_reload_ok.load() ? 1U : 0U});
  out.one("doorbuster_config_last_reload_timestamp_seconds", "gauge", "When, Unix time; 0 is never.",
          static_cast<double>(state.last_reload_ns.load()) / 1e9);
  add_catalog(out, state);
  add_http(out, state);
  add_shards(out, state);
  add_journal(out, state);
  add_checkpoints(out, state);
  add_stream(out, state);
  if (state.feed != nullptr) add_feed(out, state.feed->metrics());
  add_sinks(out, state, caller);
  const std::shared_ptr<const AccessTable> access = state.access->get();
  add_tenants(out, *access, caller);
  add_stock(out, state, *access, caller);
  add_alerts(out, state);
  add_completion(out, state, *access, caller);
  add_process(out, state);
  return out.take();
}

}  // namespace doorbuster
