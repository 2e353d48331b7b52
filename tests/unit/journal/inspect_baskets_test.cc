// What the offline commands say of baskets.
#include "unit/journal/inspecting.h"

namespace doorbuster {
namespace {

// What baskets add: orders with lines, and what happens to one of them.
MemoryStorage::Files sale_of_baskets() {
  MemoryStorage storage;
  auto life = must_start(storage);
  JournalWriter& writer = *life.writer;
  append_encoded(writer, RecordKind::folder_created, encoded(FolderCreated{{1, 2}, {3, 4}}));
  const OrderLine lines[] = {{.offer = {0}, .quantity = 2, .unit_price = 700},
                             {.offer = {9}, .quantity = 1, .unit_price = 50}};
  Order order;
  order.number = OrderNumber::make({0}, 7);
  order.quantity = 3;
  order.unit_price = 1450;
  order.expected_price = 1500;
  order.buyer = "b";
  order.lines = lines;
  append_order(writer, order);
  order.status = OrderStatus::held;
  order.expires_at = kInTenMinutes;
  append_order(writer, order);
  OrderEvent event;
  event.order = order.number;
  event.part = OfferIndex{9};
  event.kind = OrderEventKind::expired;
  append_encoded(writer, RecordKind::order_event, encoded_event(event), order_event_version(event));
  event.kind = OrderEventKind::returned;
  event.quantity = 1;
  event.restock = true;
  append_encoded(writer, RecordKind::order_event, encoded_event(event), order_event_version(event));
  must_close(writer);
  return storage.files();
}

TEST_CASE("dump prints the lines of baskets and of what happens to one, and verify understands them") {
  const auto files = sale_of_baskets();
  const auto lines = lines_of(print(dump_journal, files).out);
  const OrderId id = format_order_id({3, 4}, OrderNumber::make({0}, 7));
  const std::string order =
      R"("payload":{"order":")" + std::string(id.data(), id.size()) + R"(","offer":0,"ordinal":7,)";
  const std::string sold = order +
                           R"("quantity":3,"lines":[{"offer":0,"quantity":2,"unit_price":700},)"
                           R"({"offer":9,"quantity":1,"unit_price":50}],"total":1450,"expected_price":1500,)";
  const std::string texts = R"("buyer":"b","key":"","reference":"","channel":"","region":"","segment":""}})";
  REQUIRE(lines.size() == 7);  // two batch ends behind
  CHECK(lines[1].find(R"("kind":"order_confirmed","kind_number":32,"version":3,)") != std::string::npos);
  CHECK(lines[1].ends_with(sold + texts));
  CHECK(lines[2].find(R"("kind":"order_held","kind_number":33,"version":3,)") != std::string::npos);
  CHECK(lines[2].ends_with(sold + R"("expires_at":"2026-11-27T08:10:00Z",)" + texts));
  CHECK(lines[3].find(R"("kind":"order_event","kind_number":35,"version":2,)") != std::string::npos);
  CHECK(lines[3].ends_with(order + R"("part":9,"event":"expired"}})"));
  CHECK(lines[4].ends_with(order +
                           R"("part":9,"event":"returned","quantity":1,"restock":true,"keyed":false}})"));
  CHECK(print(verify_journal, files).code == 0);
}

}  // namespace
}  // namespace doorbuster
