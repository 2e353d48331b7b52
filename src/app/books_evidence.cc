#include "app/books_evidence.h"

#include <spdlog/spdlog.h>

#include <span>
#include <string>

#include "doorbuster/base/json_writer.h"

namespace doorbuster {
namespace {

void write_books(JsonWriter& json, std::string_view name, const OfferBooks& books) {
  json.begin_object(name);
  json.member("held", books.held);
  json.member("sold", books.sold);
  json.member("orders", books.orders);
  json.end_object();
}

std::string evidence_text(const BooksEvidence& evidence, const Catalog& catalog, Tick now) {
  const OfferPut& offer = catalog.offer(evidence.fault.offer).definition;
  JsonWriter json;
  json.begin_object();
  json.member("found_at", now);
  json.member("campaign", catalog.campaign(offer.campaign).definition.id);
  json.member("sku", offer.sku);
  json.member("fault", books_fault_name(evidence.fault.kind));
  json.member("allocated", evidence.fault.allocated);
  write_books(json, "counters", evidence.fault.counters);
  write_books(json, "counted", evidence.fault.orders);
  json.begin_array("orders");
  for (const BooksEvidence::OrderFacts& order : evidence.orders) {
    json.begin_object();
    json.member("ordinal", order.ordinal);
    json.member("status", order_status_name(order.status));
    json.member("quantity", order.quantity);
    json.member("confirmed_quantity", order.confirmed_quantity);
    json.member("returned_quantity", order.returned_quantity);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  return std::move(json).take() + "\n";
}

std::string broken_books_line(const BooksEvidence& evidence, const Catalog& catalog) {
  const BooksFault& fault = evidence.fault;
  const OfferPut& offer = catalog.offer(fault.offer).definition;
  const auto books = [](const OfferBooks& said) {
    return std::to_string(said.held) + " held, " + std::to_string(said.sold) + " sold, " +
           std::to_string(said.orders) + " orders";
  };
  return "the books of sku " + offer.sku + " of campaign " + catalog.campaign(offer.campaign).definition.id +
         " are wrong (" + std::string(books_fault_name(fault.kind)) + "): its counters say " +
         books(fault.counters) + ", its orders " + books(fault.orders) +
         "; it is not sold any more. A restart counts everything anew, out of the journal";
}

// Durably; returns the file's name.
Result<std::string> keep_evidence(Storage& storage, const BooksEvidence& evidence, const Catalog& catalog,
                                  Tick now) {
  const std::string name =
      "evidence-" + std::to_string(now.ns) + "-offer-" + std::to_string(evidence.fault.offer.value) + ".json";
  const std::string text = evidence_text(evidence, catalog, now);
  auto file = storage.open(name, Storage::Mode::create);
  if (!file) return tl::unexpected(file.error());
  Status kept = (*file)->write_at(0, std::as_bytes(std::span(text)));
  if (kept) kept = (*file)->sync();
  if (kept) kept = storage.sync_folder();
  if (!kept) return tl::unexpected(kept.error());
  return name;
}

}  // namespace

void BooksWatch::look() {
  if (runtime_.broken_offers() == seen_) return;
  const auto found = runtime_.books_evidence();
  if (!found) return;  // a shard was busy: the next look asks again
  seen_ = found->size();
  const CatalogPointer catalog = runtime_.catalog();
  for (const BooksEvidence& evidence : *found) {
    if (!told_.insert(evidence.fault.offer).second) continue;
    spdlog::critical("{}", broken_books_line(evidence, *catalog));
    const auto kept = keep_evidence(storage_, evidence, *catalog, clock_.wall_now());
    if (kept) {
      spdlog::critical("the evidence is {}", storage_.path(*kept));
    } else {
      spdlog::error("the evidence could not be kept: {}", kept.error().message);
    }
  }
}

}  // namespace doorbuster
