#include "doorbuster/base/text.h"
#include "unit/journal/inspecting.h"

namespace doorbuster {
namespace {

// One record of every kind that a sale without holds has.
MemoryStorage::Files sale() {
  MemoryStorage storage;
  auto life = must_start(storage);
  JournalWriter& writer = *life.writer;
  append_encoded(writer, RecordKind::folder_created, encoded(FolderCreated{{1, 2}, {3, 4}}));
  append_encoded(writer, RecordKind::catalog_change_begin, encoded(CatalogChange{1, 2}));
  CampaignPut campaign;
  campaign.campaign = {0};
  campaign.starts_at = kSaleStart;
  campaign.ends_at = {kSaleStart.ns + 12 * 3600 * kNsPerSecond};
  campaign.limit_per_buyer = 2;
  campaign.id = "black-friday";
  campaign.name = "Black \"Friday\"";
  campaign.currency = "EUR";
  append_encoded(writer, RecordKind::campaign_put, encoded(campaign));
  OfferPut offer;
  offer.stock = 500;
  offer.list_price = 99900;
  offer.price = 49900;
  offer.sku = "tv-55-oled";
  append_encoded(writer, RecordKind::offer_put, encoded(offer));
  append_encoded(writer, RecordKind::catalog_change_end, encoded(CatalogChange{1, 2}));
  Order order;
  order.number = OrderNumber::make({0}, 7);
  order.quantity = 2;
  order.unit_price = 49900;
  order.buyer = "b-829301";
  order.key = "k\\1";
  order.reference = "line\nbreak";
  append_order(writer, order);
  must_close(writer);
  return storage.files();
}

// What holds, identities and lines add: a campaign's second version, orders of each kind, every event.
MemoryStorage::Files sale_with_holds() {
  MemoryStorage storage;
  auto life = must_start(storage);
  JournalWriter& writer = *life.writer;
  append_encoded(writer, RecordKind::folder_created, encoded(FolderCreated{{1, 2}, {3, 4}}));
  CampaignPut campaign;
  campaign.starts_at = kSaleStart;
  campaign.ends_at = {kSaleStart.ns + kNsPerSecond};
  campaign.hold_seconds = 600;
  campaign.hold_max_seconds = 900;
  campaign.limit_per_buyer_total = 3;
  campaign.on_payment_failed = PaymentFailure::grace;
  campaign.grace_seconds = 20;
  campaign.waitlist = true;
  campaign.offer_seconds = 30;
  campaign.id = campaign.name = "a";
  campaign.currency = "EUR";
  append_encoded(writer, RecordKind::campaign_put, encoded(campaign), campaign_put_version(campaign));

  const Hash128 identities[] = {{0x10, 0xabc}, {0xffffffffffffffff, 1}};
  Order order;
  order.number = OrderNumber::make({0}, 7);
  order.quantity = 2;
  order.buyer = "b";
  order.identities = Identities(identities).first(1);
  append_order(writer, order);
  order.status = OrderStatus::held;
  order.expires_at = kInTenMinutes;
  order.identities = identities;
  append_order(writer, order);
  order.status = OrderStatus::waiting;
  order.identities = {};
  append_order(writer, order);

  const auto append_event = [&writer](OrderEventKind kind, auto edit) {
    OrderEvent event;
    event.kind = kind;
    event.order = OrderNumber::make({0}, 7);
    edit(event);
    append_encoded(writer, RecordKind::order_event, encoded_event(event));
  };
  using enum OrderEventKind;
  append_event(confirmed, [](OrderEvent& e) { e.quantity = 1, e.late = true, e.payment = "pay-1"; });
  append_event(confirmed, [](OrderEvent& e) { e.quantity = 2; });
  append_event(cancelled, [](OrderEvent& e) { e.reason = OrderEventReason::payment_failed; });
  append_event(expired, [](OrderEvent&) {});
  append_event(extended, [](OrderEvent& e) { e.expires_at = kInTenMinutes; });
  append_event(refund_due, [](OrderEvent& e) { e.payment = "pay-2"; });
  append_event(returned, [](OrderEvent& e) { e.quantity = 1, e.restock = true, e.key = {5, 6}; });
  append_event(returned, [](OrderEvent& e) { e.quantity = 1; });
  append_event(offered, [](OrderEvent& e) { e.expires_at = kInTenMinutes; });
  append_event(left_line, [](OrderEvent& e) { e.reason = OrderEventReason::cannot_be_served; });
  must_close(writer);
  return storage.files();
}

TEST_CASE("dump prints each record of each kind as one JSON object a line") {
  const Printed printed = print(dump_journal, sale());
  CHECK(printed.code == 0);
  CHECK(printed.err.empty());
  const auto lines = lines_of(printed.out);
  REQUIRE(lines.size() == 8);
  const std::string at = R"("tick_ns":1795766400000000000,"at":"2026-11-27T08:00:00Z")";
  CHECK(lines[0] == R"({"sequence":1,"epoch":1,"segment":"journal-0000000000000001.seg","offset":64,)"
                    R"("kind":"folder_created","kind_number":2,"version":1,"tenant":1,)" +
                        at + R"(,"payload":{"secrets":"not shown"}})");
  CHECK(lines[1].ends_with(R"("payload":{"change":1,"records":2}})"));
  CHECK(lines[2].ends_with(
      R"("payload":{"campaign":0,"tenant":1,"id":"black-friday","name":"Black \"Friday\"","currency":"EUR",)"
      R"("starts_at":"2026-11-27T08:00:00Z","ends_at":"2026-11-27T20:00:00Z","hold_seconds":0,)"
      R"("hold_max_seconds":0,"limit_per_buyer":2,"limit_per_buyer_total":0,"on_payment_failed":"release",)"
      R"("grace_seconds":0,"waitlist":false,"offer_seconds":0,"listed":true,"show_remaining":false}})"));
  CHECK(lines[3].ends_with(R"("payload":{"offer":0,"campaign":0,"sku":"tv-55-oled","stock":500,)"
                           R"("list_price":99900,"price":49900,"listed":true}})"));
  CHECK(lines[4].find(R"("kind":"catalog_change_end")") != std::string::npos);
  const OrderId id = format_order_id({3, 4}, OrderNumber::make({0}, 7));
  CHECK(lines[5].ends_with(R"("payload":{"order":")" + std::string(id.data(), id.size()) +
                           R"(","offer":0,"ordinal":7,"quantity":2,"unit_price":49900,"expected_price":null,)"
                           R"("buyer":"b-829301","key":"k\\1","reference":"line\u000abreak",)"
                           R"("channel":"","region":"","segment":""}})"));
  CHECK(lines[6].ends_with(R"("payload":{"durable_sequence":0,"records":6}})"));
  CHECK(lines[7].ends_with(R"("payload":{"durable_sequence":7,"records":0}})"));
}

TEST_CASE("dump prints what holds, identities and lines add, and verify understands it") {
  const auto files = sale_with_holds();
  const Printed printed = print(dump_journal, files);
  CHECK(printed.code == 0);
  const auto lines = lines_of(printed.out);
  const OrderId id = format_order_id({3, 4}, OrderNumber::make({0}, 7));
  const std::string order =
      R"("payload":{"order":")" + std::string(id.data(), id.size()) + R"(","offer":0,"ordinal":7,)";
  const std::string sold = order + R"("quantity":2,"unit_price":0,"expected_price":null,)";
  const std::string texts = R"("buyer":"b","key":"","reference":"","channel":"","region":"","segment":"")";
  const std::string end = R"("expires_at":"2026-11-27T08:10:00Z")";
  const std::pair<std::string, std::string> expected[] = {
      {R"("kind":"folder_created")", "}}"},
      {R"("kind":"campaign_put","kind_number":17,"version":2,)",
       R"("hold_seconds":600,"hold_max_seconds":900,"limit_per_buyer":0,"limit_per_buyer_total":3,)"
       R"("on_payment_failed":"grace","grace_seconds":20,"waitlist":true,"offer_seconds":30,)"
       R"("listed":true,"show_remaining":false}})"},
      {R"("kind":"order_confirmed","kind_number":32,"version":2,)",
       sold + texts + R"(,"identities":["0000000000000abc0000000000000010"]}})"},
      {R"("kind":"order_held","kind_number":33,"version":2,)",
       sold + end + ',' + texts +
           R"(,"identities":["0000000000000abc0000000000000010","0000000000000001ffffffffffffffff"]}})"},
      {R"("kind":"order_waiting","kind_number":34,"version":1,)", sold + texts + "}}"},
      {R"("kind":"order_event","kind_number":35,"version":1,)",
       order + R"("event":"confirmed","quantity":1,"late":true,"payment_reference":"pay-1"}})"},
      {"order_event", order + R"("event":"confirmed","quantity":2,"late":false}})"},
      {"order_event", order + R"("event":"cancelled","reason":"payment_failed"}})"},
      {"order_event", order + R"("event":"expired"}})"},
      {"order_event", order + R"("event":"extended","reason":"asked",)" + end + "}}"},
      {"order_event", order + R"("event":"refund_due","payment_reference":"pay-2"}})"},
      {"order_event", order + R"("event":"returned","quantity":1,"restock":true,"keyed":true}})"},
      {"order_event", order + R"("event":"returned","quantity":1,"restock":false,"keyed":false}})"},
      {"order_event", order + R"("event":"offered",)" + end + "}}"},
      {"order_event", order + R"("event":"left_line","reason":"cannot_be_served"}})"},
  };
  REQUIRE(lines.size() == std::size(expected) + 2);  // and two batch ends
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    CAPTURE(lines[i]);
    CHECK(lines[i].find(expected[i].first) != std::string::npos);
    CHECK(lines[i].ends_with(expected[i].second));
  }
  CHECK(print(verify_journal, files).code == 0);
  const Printed stats = print(stats_journal, files);
  for (const char* line : {"order_confirmed_records 1\n", "order_held_records 1\n",
                           "order_waiting_records 1\n", "order_event_records 10\n"}) {
    CHECK(stats.out.find(line) != std::string::npos);
  }
}

TEST_CASE("a version that this program does not know is not understood, whatever the kind") {
  const auto code = [](RecordKind kind, std::uint8_t version, const std::string& payload) {
    MemoryStorage storage;
    auto life = must_start(storage);
    append_encoded(*life.writer, kind, payload, version);
    must_close(*life.writer);
    return print(verify_journal, storage.files()).code;
  };
  Order order;
  order.number = OrderNumber::make({0}, 1);
  order.quantity = 1;
  order.buyer = "b";
  OrderEvent event;
  event.kind = OrderEventKind::cancelled;
  CampaignPut campaign;
  campaign.ends_at = {1};
  campaign.id = "a";
  const std::pair<RecordKind, std::string> payloads[] = {
      {RecordKind::folder_created, encoded(FolderCreated{})},
      {RecordKind::catalog_change_begin, encoded(CatalogChange{})},
      {RecordKind::campaign_put, encoded(campaign)},
      {RecordKind::order_confirmed, encoded_order(order)},
      {RecordKind::order_waiting, encoded_order(order)},
      {RecordKind::order_event, encoded_event(event)},
  };
  for (const auto& [kind, payload] : payloads) {
    CAPTURE(record_kind_name(kind));
    CHECK(code(kind, 1, payload) == 0);
    CHECK(code(kind, 2, payload) == 1);
    CHECK(code(kind, 3, payload) == 1);
  }
}

TEST_CASE("a payload that is not understood is dumped in hex, and is what verify complains about") {
  MemoryStorage storage;
  auto life = must_start(storage);
  append_encoded(*life.writer, RecordKind::folder_created, encoded(FolderCreated{}));
  append_encoded(*life.writer, RecordKind{999}, "\x01\xAB");
  must_close(*life.writer);
  const Printed dump = print(dump_journal, storage.files());
  CHECK(dump.code == 0);
  CHECK(lines_of(dump.out).at(1).ends_with(R"("payload":{"hex":"01ab"}})"));
  CHECK(lines_of(dump.out).at(1).find(R"("kind":"unknown","kind_number":999)") != std::string::npos);
  const Printed verify = print(verify_journal, storage.files());
  CHECK(verify.code == 1);
  CHECK(verify.out.find("journal-0000000000000001.seg, bytes 136 to 184: ") != std::string::npos);
}

TEST_CASE("verify says ok, names the first bad byte range, or names the torn tail") {
  const auto files = sale();
  const Printed ok = print(verify_journal, files);
  CHECK(ok.code == 0);
  CHECK(ok.out == "ok: 8 records in 1 segments, through sequence 8\n");

  auto bad = files;
  bad["journal-0000000000000001.seg"][64 + 72 + 50] ^= 1;  // in the second record, which is 56 bytes long
  const Printed damaged = print(verify_journal, bad);
  CHECK(damaged.code == 1);
  CHECK(damaged.out.starts_with("damaged: memory:/journal-0000000000000001.seg, bytes 136 to 192: "));
  CHECK(damaged.out.find("checksum") != std::string::npos);

  auto torn = files;
  torn["journal-0000000000000001.seg"] += "unfinished";
  const Printed cut = print(verify_journal, torn);
  CHECK(cut.code == 0);
  CHECK(cut.out.find("torn tail: memory:/journal-0000000000000001.seg, bytes ") != std::string::npos);

  CHECK(print(verify_journal, {}).code == 1);
}

TEST_CASE("dump stops at the damage and says so") {
  auto files = sale();
  files["journal-0000000000000001.seg"][64 + 72 + 50] ^= 1;
  const Printed printed = print(dump_journal, files);
  CHECK(printed.code == 1);
  CHECK(lines_of(printed.out).size() == 1);
  CHECK(printed.err.starts_with("damaged: "));
}

TEST_CASE("stats counts what is there by kind") {
  const Printed printed = print(stats_journal, sale());
  CHECK(printed.code == 0);
  for (const char* line :
       {"epoch 1\n", "segments 1\n", "records 8\n", "last_sequence 8\n", "torn_bytes 0\n",
        "largest_batch_records 6\n", "order_confirmed_records 1\n", "batch_end_records 2\n",
        "batch_end_bytes 112\n", "first_at 2026-11-27T08:00:00Z\n"}) {
    CHECK(printed.out.find(line) != std::string::npos);
  }
}

TEST_CASE("a storage that cannot be read is an error of the command") {
  MemoryStorage storage(sale());
  storage.fail_nth(StorageOperation::read, 1);
  std::ostringstream out, err;
  CHECK(verify_journal(storage, out, err) == 1);
  CHECK(err.str() == "planned error\n");
}

TEST_CASE("JSON strings escape what JSON wants escaped and replace what is no UTF-8") {
  const auto json = [](std::string_view text) {
    std::string out;
    append_json_string(out, text);
    return out;
  };
  CHECK(json("plain") == R"("plain")");
  CHECK(json(std::string_view("\0\x1f\x7f", 3)) == R"("\u0000\u001f\u007f")");
  CHECK(json("\"\\/") == R"("\"\\/")");
  CHECK(json("\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80") == "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\"");
  // A lone continuation, a cut sequence, an overlong one, a surrogate, and one above U+10FFFF.
  CHECK(json("\x80") == R"("\ufffd")");
  CHECK(json("\xe2\x82") == R"("\ufffd\ufffd")");
  CHECK(json("\xc0\xaf") == R"("\ufffd\ufffd")");
  CHECK(json("\xe0\x80\xaf") == R"("\ufffd\ufffd\ufffd")");
  CHECK(json("\xed\xa0\x80") == R"("\ufffd\ufffd\ufffd")");
  CHECK(json("\xf4\x90\x80\x80") == R"("\ufffd\ufffd\ufffd\ufffd")");
  CHECK(json("\xe2(") == R"("\ufffd(")");
}

}  // namespace
}  // namespace doorbuster
