#include "catalog/definition_writer.h"
#include "catalog/item_writer.h"
#include "doorbuster/catalog/definition.h"

namespace doorbuster {
namespace {

// In the order of the reader's table.
void append_server(std::string& out, const ServerOptions& server, JsonLayout layout) {
  const ServerOptions usual;
  JsonObjectWriter object(out, layout);
  const auto unless_usual = [&](std::string_view key, auto field) {
    if (server.*field != usual.*field) object.member(key, server.*field);
  };
  unless_usual("listen", &ServerOptions::listen);
  unless_usual("admin", &ServerOptions::admin);
  unless_usual("data_dir", &ServerOptions::data_dir);
  unless_usual("cores", &ServerOptions::cores);
  if (server.acknowledge != usual.acknowledge) {
    object.member("acknowledge", acknowledge_name(server.acknowledge));
  }
  if (server.wiring != usual.wiring) object.member("wiring", wiring_name(server.wiring));
  unless_usual("max_body_bytes", &ServerOptions::max_body_bytes);
  unless_usual("max_connections", &ServerOptions::max_connections);
  unless_usual("max_pipeline", &ServerOptions::max_pipeline);
  unless_usual("max_orders", &ServerOptions::max_orders);
  unless_usual("segment_bytes", &ServerOptions::segment_bytes);
  unless_usual("header_timeout_ms", &ServerOptions::header_timeout_ms);
  unless_usual("body_timeout_ms", &ServerOptions::body_timeout_ms);
  unless_usual("idle_timeout_ms", &ServerOptions::idle_timeout_ms);
  unless_usual("write_timeout_ms", &ServerOptions::write_timeout_ms);
  unless_usual("stock_metrics", &ServerOptions::stock_metrics);
  object.end();
}

void append_catalog(JsonObjectWriter& object, std::string& out, const Catalog& catalog, JsonLayout layout) {
  char before = '[';
  for (const ItemPut& item : catalog.items()) {
    if (!item.listed) continue;
    if (before == '[') object.key("catalog");
    out += before;
    layout.inside().begin_line(out);
    append_item(out, item);
    before = ',';
  }
  if (before == '[') return;
  layout.begin_line(out);
  out += ']';
}

}  // namespace

std::string configuration_json(const ServerOptions& server, const Catalog& catalog) {
  constexpr JsonLayout kLayout = JsonLayout::indented(0);
  std::string out;
  JsonObjectWriter object(out, kLayout);
  if (!changed_server_keys(ServerOptions{}, server).empty()) {
    object.key("server");
    append_server(out, server, kLayout.inside());
  }
  append_catalog(object, out, catalog, kLayout.inside());
  object.key("campaigns");
  out += '[';
  bool first = true;
  for (const Campaign& campaign : catalog.campaigns()) {
    if (!campaign.definition.listed) continue;
    if (!first) out += ',';
    first = false;
    kLayout.inside().inside().begin_line(out);
    append_definition(out, catalog, campaign, kLayout.inside().inside());
  }
  if (!first) kLayout.inside().begin_line(out);
  out += ']';
  object.end();
  return out += '\n';
}

std::vector<std::string> not_in_configuration(const Catalog& catalog) {
  std::vector<std::string> sentences;
  for (const Campaign& campaign : catalog.campaigns()) {
    const CampaignPut& put = campaign.definition;
    if (!put.listed) continue;
    if (put.paused) sentences.push_back("campaign " + put.id + " is paused");
    if (put.armed) sentences.push_back("campaign " + put.id + " is armed");
    if (put.ended_at != Tick{}) {
      sentences.push_back("campaign " + put.id + " was ended at " + format_rfc3339(put.ended_at));
    }
  }
  return sentences;
}

}  // namespace doorbuster
