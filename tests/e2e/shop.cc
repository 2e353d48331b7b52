#include "e2e/shop.h"

#include <signal.h>

#include <chrono>
#include <stdexcept>

namespace doorbuster {
namespace {

std::string quoted_text(const std::string& text) {
  return '"' + text + '"';
}

}  // namespace

std::string configuration_text(const ShopSpec& spec) {
  std::string text = "{\"server\":{\"segment_bytes\":65536" + spec.server + "},\n";
  if (!spec.catalog.empty()) text += " \"catalog\":[" + spec.catalog + "],\n";
  text += " \"campaigns\":[";
  for (std::size_t i = 0; i < spec.campaigns.size(); ++i) {
    const CampaignSpec& campaign = spec.campaigns[i];
    text += i == 0 ? "\n  {" : ",\n  {";
    text += "\"id\":" + quoted_text(campaign.id) + ",\"name\":\"A sale\",\"currency\":\"EUR\"" +
            ",\"starts_at\":" + quoted_text(campaign.starts_at) +
            ",\"ends_at\":" + quoted_text(campaign.ends_at) +
            ",\"limit_per_buyer\":" + std::to_string(campaign.limit_per_buyer) +
            ",\"show_remaining\":" + (campaign.show_remaining ? "true" : "false") + campaign.rules +
            ",\"offers\":[";
    for (std::size_t j = 0; j < campaign.offers.size(); ++j) {
      const OfferSpec& offer = campaign.offers[j];
      text += j == 0 ? "\n    {" : ",\n    {";
      text += "\"sku\":" + quoted_text(offer.sku) + ",\"stock\":" + std::to_string(offer.stock) +
              ",\"price\":" + std::to_string(offer.price) +
              ",\"list_price\":" + std::to_string(offer.list_price) + "}";
    }
    text += "]}";
  }
  return text + "]" + spec.more + "}\n";
}

std::string buy_body(const BuySpec& spec) {
  std::string body = "{\"campaign\":" + quoted_text(spec.campaign) + ",\"sku\":" + quoted_text(spec.sku) +
                     ",\"buyer\":" + quoted_text(spec.buyer) +
                     ",\"quantity\":" + std::to_string(spec.quantity);
  if (spec.expected_price) body += ",\"expected_price\":" + std::to_string(*spec.expected_price);
  if (!spec.reference.empty()) body += ",\"reference\":" + quoted_text(spec.reference);
  return body + spec.members + "}";
}

std::string buy_request(const BuySpec& spec) {
  std::string headers = spec.headers;
  if (!spec.key.empty()) headers += "Idempotency-Key: " + spec.key + "\r\n";
  return post_request("/v1/buy", buy_body(spec), headers);
}

double sample(const std::string& metrics, const std::string& series) {
  const std::size_t at = metrics.find("\n" + series + " ");
  return at == std::string::npos ? -1 : std::stod(metrics.substr(at + series.size() + 2));
}

std::string logged_state(const std::string& log, const std::string& after) {
  const std::size_t line = log.rfind(after);
  if (line == std::string::npos) return {};
  const std::size_t at = log.find("state ", line);
  return at == std::string::npos ? std::string() : log.substr(at + 6, 16);
}

Shop::Shop(ShopSpec spec) {
  start(spec);
}

void Shop::start(const ShopSpec& spec) {
  write_file(config(), configuration_text(spec));
  cores_ = spec.cores;
  descriptors_max_ = spec.descriptors_max;
  data_ = spec.data;
  tracer_ = spec.tracer;
  start();
}

void Shop::start() {
  server_.reset();
  server_ = std::make_unique<ServerProcess>(serve_options(), log_file());
}

HttpReply Shop::act(const std::string& order, const std::string& action, const std::string& body,
                    const std::string& headers) const {
  const std::string path = "/v1/orders/" + order + "/" + action;
  return connect().exchange(body.empty() ? get_request(path, headers, "POST")
                                         : post_request(path, body, headers));
}

HttpReply Shop::wait_for(const std::string& path, const std::string& pointer,
                         const std::string& value) const {
  HttpConnection client = connect();
  const auto until = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    HttpReply reply = client.get(path);
    if (reply.at(pointer) == value) return reply;
    if (std::chrono::steady_clock::now() > until)
      throw std::runtime_error(path + ": " + pointer + " did not become " + value + ": " + reply.body);
  }
}

StockView Shop::stock(const std::string& sku, const std::string& campaign) const {
  const HttpReply reply = admin("/v1/admin/campaigns/" + campaign);
  StockView view;
  for (int i = 0;; ++i) {
    const std::string offer = "/offers/" + std::to_string(i);
    const std::string name = reply.at(offer + "/sku");
    if (name.starts_with('<')) return view;
    if (name != sku) continue;
    const auto units = [&](const char* member) { return std::stoll(reply.at(offer + "/" + member)); };
    return {units("allocated"), units("available"), units("held"), units("sold")};
  }
}

double Shop::metric(const std::string& series) const {
  return sample(admin("/metrics").body, series);
}

bool Shop::reload_text(const std::string& text) {
  const std::string applied = "doorbuster_config_reloads_total{result=\"applied\"}";
  const std::string refused = "doorbuster_config_reloads_total{result=\"refused\"}";
  const std::string before = admin("/metrics").body;
  write_file(config(), text);
  server_->signal(SIGHUP);
  const auto until = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < until) {
    const std::string now = admin("/metrics").body;
    if (sample(now, applied) > sample(before, applied)) return true;
    if (sample(now, refused) > sample(before, refused)) return false;
  }
  throw std::runtime_error("the configuration was neither reloaded nor refused in time");
}

}  // namespace doorbuster
