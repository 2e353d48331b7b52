#pragma once
// A running server with something to sell, in as few words as a test needs.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "support/http_client.h"
#include "support/server_process.h"
#include "support/temp_folder.h"

namespace doorbuster {

struct OfferSpec {
  std::string sku;
  std::int64_t stock = 10;
  std::int64_t price = 1000;
  std::int64_t list_price = 2000;
};

struct CampaignSpec {
  std::string id = "sale";
  std::string starts_at = "2020-01-01T00:00:00Z";
  std::string ends_at = "2099-12-31T23:59:59Z";
  int limit_per_buyer = 0;
  bool show_remaining = false;
  std::string rules = {};  // more members, each with a comma in front: ,"hold_seconds":1
  std::vector<OfferSpec> offers = {};
};

struct ShopSpec {
  std::vector<CampaignSpec> campaigns;
  std::string server = {};   // more members of "server", each with a comma in front: ,"max_pipeline":4
  std::string catalog = {};  // elements of "catalog"; empty: there is none
  int cores = -1;
  std::uint64_t descriptors_max = 0;  // 0: as the test itself has
  std::string more = {};              // more members of the file, each with a comma in front: ,"tenants":[]
  std::string data = {};              // data folder; empty: one in the shop's own folder
  std::vector<std::string> tracer = {};  // in front of the server's command line
};

// Small segments, so that starts are quick and journals have several.
std::string configuration_text(const ShopSpec& spec);

struct BuySpec {
  std::string sku;
  std::string buyer = "b-1";
  int quantity = 1;
  std::string key = {};  // as the header has it; empty: no header
  std::string campaign = "sale";
  std::optional<std::int64_t> expected_price = {};
  std::string reference = {};
  std::string headers = {};  // more of them, lines with their ends
  std::string members = {};  // more of the body's, each with a comma in front: ,"wait":true
};
std::string buy_body(const BuySpec& spec);
std::string buy_request(const BuySpec& spec);

struct StockView {
  std::int64_t allocated = -1, available = -1, held = -1, sold = -1;
  bool adds_up() const { return allocated == available + held + sold; }
};

class Shop {
 public:
  explicit Shop(ShopSpec spec);

  ServerProcess& server() { return *server_; }
  std::uint16_t port() const { return server_->port(); }
  const std::string& folder() const { return folder_.path(); }
  std::string data() const { return data_.empty() ? folder_.file("data") : data_; }
  std::string config() const { return folder_.file("shop.json"); }
  std::string log_file() const { return folder_.file("log"); }
  ServeOptions serve_options() const {
    return {.config = config(),
            .data = data(),
            .cores = cores_,
            .tracer = tracer_,
            .descriptors_max = descriptors_max_};
  }

  HttpConnection connect() const { return HttpConnection(server_->port()); }
  HttpConnection connect_admin() const { return HttpConnection(server_->admin_port()); }
  HttpReply get(const std::string& path) const { return connect().get(path); }
  HttpReply admin(const std::string& path) const { return connect_admin().get(path); }
  HttpReply buy(const BuySpec& spec) const { return connect().exchange(buy_request(spec)); }
  // POST /v1/orders/{order}/{action}; without `body` there is none.
  HttpReply act(const std::string& order, const std::string& action, const std::string& body = {},
                const std::string& headers = {}) const;
  // Reads `path` until the member that `pointer` names has this value.
  HttpReply wait_for(const std::string& path, const std::string& pointer, const std::string& value) const;
  StockView stock(const std::string& sku, const std::string& campaign = "sale") const;
  // The value of one sample of /metrics, `series` as it is written there; -1 when there is none.
  double metric(const std::string& series) const;

  // Writes the new configuration and has it reloaded; true: applied, false: refused.
  bool reload(const ShopSpec& spec) { return reload_text(configuration_text(spec)); }
  bool reload_text(const std::string& text);

  // SIGTERM, then `restart` with what the file says now. `stop` returns how the process ended.
  ProcessEnd stop() { return server_->stop(); }
  void start();
  void start(const ShopSpec& spec);

 private:
  TempFolder folder_;
  int cores_ = -1;
  std::uint64_t descriptors_max_ = 0;
  std::string data_;
  std::vector<std::string> tracer_;
  std::unique_ptr<ServerProcess> server_;
};

// The sample of a series in a /metrics text; -1 when there is none.
double sample(const std::string& metrics, const std::string& series);
// The last "state <16 hex digits>" of a log in a line that has `after`; "" when there is none.
std::string logged_state(const std::string& log, const std::string& after);

}  // namespace doorbuster
