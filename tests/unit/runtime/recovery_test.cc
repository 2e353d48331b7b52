// From records to engines; what contradicts itself stops the start with a sentence, never the process.
#include "doorbuster/runtime/recovery.h"

#include "support/records.h"
#include "support/shop.h"

namespace doorbuster {
namespace {

class Reader {
 public:
  Reader() {
    std::string payload;
    encode(FolderCreated{.table_key = kTableKey, .order_id_key = kOrderIdKey}, payload);
    must({{.kind = RecordKind::folder_created, .tick = {}}, payload});
  }

  Status apply(const EncodedRecord& record) {
    JournalRecord read;
    read.info = record.info;
    read.sequence = ++sequence_;
    read.segment = "journal-0000000000000001.seg";
    read.payload = std::as_bytes(std::span(record.payload));
    return state.apply(read);
  }
  void must(const EncodedRecord& record) {
    const Status applied = apply(record);
    INFO((applied ? std::string() : applied.error().message));
    REQUIRE(applied.has_value());
  }
  // The last record of the change is the one that is refused, with this in its message.
  void refuses_change(const CatalogChangeSet& change, const std::string& why) {
    const CatalogPointer before = state.catalog();
    const auto records = encode_change(change, before->version() + 1, kOpens);
    for (std::size_t i = 0; i + 1 < records.size(); ++i) must(records[i]);
    refuses(records.back(), why);
    CHECK(state.catalog() == before);
  }
  void refuses(const EncodedRecord& record, const std::string& why) {
    const Status applied = apply(record);
    REQUIRE_FALSE(applied.has_value());
    CHECK(applied.error().kind == ErrorKind::configuration);
    CHECK_THAT(applied.error().message,
               Catch::Contains(why) && Catch::Contains("journal-0000000000000001.seg"));
  }
  void must_change(const CatalogChangeSet& change) {
    for (const auto& record : encode_change(change, state.catalog()->version() + 1, kOpens)) must(record);
  }
  static EncodedRecord order_record(OfferIndex offer, std::uint64_t ordinal, std::uint32_t quantity,
                                    std::string_view key = {}) {
    Order order;
    order.number = OrderNumber::make(offer, ordinal);
    order.quantity = quantity;
    order.unit_price = 4990;
    order.buyer = "ann";
    order.key = key;
    EncodedRecord record{{.kind = RecordKind::order_confirmed, .tick = kOpens}, {}};
    record.payload.resize(order_payload_bytes(order));
    encode(order, std::as_writable_bytes(std::span(record.payload)));
    return record;
  }

  StateBuilder state{{.shards = 2, .orders_max = 4}};

 private:
  std::uint64_t sequence_ = 0;
};

EncodedRecord alert_record(CampaignIndex campaign, std::optional<OfferIndex> offer, bool raised = true) {
  Alert alert;
  alert.kind = offer ? AlertKind::low_stock : AlertKind::campaign_started;
  alert.raised = raised;
  alert.campaign = campaign;
  alert.offer = offer;
  EncodedRecord record{{.kind = RecordKind::alert, .tick = kOpens}, {}};
  encode(alert, record.payload);
  return record;
}

TEST_CASE("alerts are counted, the last of each stands, and the state is the same without them") {
  Reader reader;
  reader.must_change({{campaign_put(0), campaign_put(1)}, {offer_put(0, 5), offer_put(1, 5)}});
  const std::uint64_t hash = reader.state.state_hash();
  reader.must(alert_record({1}, {}));
  reader.must(alert_record({0}, OfferIndex{1}));
  reader.must(alert_record({0}, OfferIndex{0}));
  reader.must(alert_record({0}, OfferIndex{1}, false));
  CHECK(reader.state.state_hash() == hash);
  CHECK(reader.state.last_tick() == kOpens);
  const AlertLog& log = *reader.state.alerts();
  CHECK(log.last() == 4);
  REQUIRE(log.active().size() == 2);
  CHECK(log.active()[0].alert.campaign == CampaignIndex{1});
  CHECK(log.active()[0].alert.at == kOpens);
  CHECK(log.active()[1].alert.offer == OfferIndex{0});
  reader.refuses(alert_record({2}, {}), "never defined");
  reader.refuses(alert_record({0}, OfferIndex{2}), "never defined");
  reader.refuses(alert_record({1}, OfferIndex{0}), "never defined");
  EncodedRecord cut = alert_record({0}, {});
  cut.payload.pop_back();
  reader.refuses(cut, "not an alert");
  EncodedRecord newer = alert_record({0}, {});
  newer.info.version = 2;
  reader.refuses(newer, "newer than this program");
}

TEST_CASE("orders of an offer that was never defined, doubled, missing or beyond the stock stop the start") {
  Reader reader;
  reader.must_change({{campaign_put(0)}, {offer_put(0, 5), offer_put(1, 5)}});
  reader.must(Reader::order_record({0}, 1, 2, "k-1"));
  reader.refuses(Reader::order_record({2}, 1, 1), "never defined");
  reader.refuses(Reader::order_record({0}, 1, 1), "contradicts");
  reader.refuses(Reader::order_record({0}, 3, 1), "contradicts");
  reader.refuses(Reader::order_record({0}, 2, 4), "contradicts");
  reader.refuses(Reader::order_record({0}, 2, 1, "k-1"), "contradicts");
  EncodedRecord cut = Reader::order_record({0}, 2, 1);
  cut.payload.pop_back();
  reader.refuses(cut, "not an order");
  CHECK(reader.state.orders() == 1);
  CHECK(reader.state.committed() == std::vector<std::int64_t>{2, 0});
}

EncodedRecord forgotten_record(const std::vector<ForgottenOrder>& orders, Tick now,
                               std::uint32_t seconds = kOrderRetentionSecondsMin) {
  return encoded_record({.retention_seconds = seconds, .orders = orders}, now);
}

TEST_CASE("only what is there and was over for the retention that the record names is forgotten") {
  const std::int64_t seconds_ns = kNsPerSecond, least_ns = kOrderRetentionSecondsMin * seconds_ns;
  Reader reader;
  reader.must_change({{campaign_put(0), campaign_put(1, 2)}, {offer_put(0, 5), offer_put(1, 5, 4990, 1)}});
  reader.must(Reader::order_record({0}, 1, 2, "k-1"));
  reader.must(Reader::order_record({0}, 2, 1));
  reader.must(Reader::order_record({1}, 1, 1));
  const ForgottenOrder first = {.order = OrderNumber::make({0}, 1), .part = {}};
  const ForgottenOrder counted = {.order = OrderNumber::make({1}, 1), .part = {}};
  const Tick over = after(kOpens, least_ns);
  reader.refuses(forgotten_record({first}, after(over, -1)), "was not over");
  reader.refuses(forgotten_record({first}, over, kOrderRetentionSecondsMin + 1), "was not over");
  reader.refuses(forgotten_record({counted}, over), "was not over");  // a limit counts it still
  for (const ForgottenOrder& none : {ForgottenOrder{.order = OrderNumber::make({0}, 3), .part = {}},
                                     ForgottenOrder{.order = OrderNumber::make({7}, 1), .part = {}},
                                     ForgottenOrder{.order = first.order, .part = OfferIndex{0}}}) {
    reader.refuses(forgotten_record({none}, over), "not there");
  }
  EncodedRecord cut = forgotten_record({first}, over);
  cut.payload.pop_back();
  reader.refuses(cut, "not a list of orders");
  EncodedRecord newer = forgotten_record({first}, over);
  newer.info.version = 2;
  reader.refuses(newer, "newer than this program");
  CHECK(reader.state.orders() == 3);

  reader.must(forgotten_record({first}, over));
  CHECK(reader.state.orders() == 2);
  CHECK(reader.state.committed() == std::vector<std::int64_t>{3, 1});
  reader.refuses(forgotten_record({first}, over), "not there");
  // Its key is free, its number is not.
  reader.refuses(Reader::order_record({0}, 1, 1, "k-1"), "contradicts");
  reader.must(Reader::order_record({0}, 3, 1, "k-1"));
  // There was room for four.
  reader.must(Reader::order_record({0}, 4, 1));
}

TEST_CASE("more orders than the tables hold stop the start and name the setting") {
  Reader reader;
  reader.must_change({{campaign_put(0)}, {offer_put(0, 50)}});
  for (std::uint64_t i = 1; i <= 4; ++i) reader.must(Reader::order_record({0}, i, 1));
  reader.refuses(Reader::order_record({0}, 5, 1), "server.max_orders");
}

TEST_CASE("a catalog change that cannot follow the one before stops the start") {
  Reader reader;
  reader.must_change({{campaign_put(0)}, {offer_put(0, 5), offer_put(1, 5)}});
  reader.must(Reader::order_record({0}, 1, 3));
  reader.refuses_change({{campaign_put(2)}, {}}, "not the next campaign");
  reader.refuses_change({{}, {offer_put(3, 1)}}, "not the next offer");
  reader.refuses_change({{}, {offer_put(2, 1, 4990, 9)}}, "belongs to no campaign");
  OfferPut renamed = offer_put(0, 5);
  renamed.sku = "other";
  reader.refuses_change({{}, {renamed}}, "cannot become");
  reader.refuses_change({{}, {offer_put(0, 2)}}, "below what is sold");
  reader.must_change({{}, {offer_put(0, 3)}});  // exactly what is sold
  CHECK(reader.state.catalog()->version() == 2);
}

TEST_CASE("a change takes effect at its end, and one that never ended never did") {
  Reader reader;
  reader.must_change({{campaign_put(0)}, {offer_put(0, 5)}});
  const auto unfinished = encode_change({{}, {offer_put(0, 9)}}, 2, kOpens);
  reader.must(unfinished[0]);
  reader.must(unfinished[1]);
  CHECK(reader.state.catalog()->offer({0}).definition.stock == 5);
  reader.must(Reader::order_record({0}, 1, 1));  // the next life sold before it changed anything
  reader.must_change({{}, {offer_put(0, 7)}});
  CHECK(reader.state.catalog()->offer({0}).definition.stock == 7);
  CHECK(reader.state.catalog()->version() == 2);
}

TEST_CASE("records out of place, of an unknown kind or of a newer version stop the start") {
  Reader reader;
  const auto change = encode_change({{campaign_put(0)}, {offer_put(0, 5)}}, 1, kOpens);
  reader.refuses(change[1], "outside of a catalog change");
  reader.refuses(encode_change({{campaign_put(0)}, {}}, 2, kOpens)[0], "not in order");
  reader.must(change[0]);
  reader.refuses({{.kind = static_cast<RecordKind>(99), .tick = {}}, ""}, "unknown kind");
  EncodedRecord newer = change[1];
  newer.info.version = 9;
  reader.refuses(newer, "newer");
  reader.must(change[1]);
  reader.refuses(change[3], "does not fit its begin");  // the offer is missing
  std::string payload;
  encode(FolderCreated{}, payload);
  reader.refuses({{.kind = RecordKind::folder_created, .tick = {}}, payload}, "not a first record");

  StateBuilder empty({.shards = 1, .orders_max = 4});
  JournalRecord first;
  first.info.kind = RecordKind::order_confirmed;
  CHECK_FALSE(empty.apply(first).has_value());
}

TEST_CASE("time goes on from the last record, whatever it was") {
  Reader reader;
  reader.must_change({{campaign_put(0)}, {offer_put(0, 5)}});
  EncodedRecord end{{.kind = RecordKind::batch_end, .tick = after(kOpens, 7)}, ""};
  reader.must(end);
  CHECK(reader.state.last_tick() == after(kOpens, 7));
}

}  // namespace
}  // namespace doorbuster
