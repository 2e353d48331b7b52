#pragma once
// What subscribers have been told of each campaign and offer, and the events that tell what has become
// different: by a change of the catalog, on the board, or because an instant has come. What an instant will
// bring is known before, and prepared.
//
// The order of one look: set_catalog() if there is a new one, pass_instants(), take_changed().

#include <cstdint>
#include <optional>
#include <vector>

#include "doorbuster/catalog/catalog.h"
#include "doorbuster/runtime/board.h"
#include "stream/chunk.h"
#include "stream/event_text.h"
#include "stream/instants.h"

namespace doorbuster {

using Events = std::vector<ChunkPointer>;

class SaleWatch {
 public:
  explicit SaleWatch(Board& board) : board_(board) {}

  // Nobody has been told anything: the next catalog is where telling begins.
  void forget();
  const Catalog* catalog() const { return catalog_.get(); }

  // --- each takes the time, which never runs backwards, and appends events ---
  void set_catalog(CatalogPointer catalog, Tick now, Events& out);
  // Returns the first of the instants that have passed and changed something.
  std::optional<Tick> pass_instants(Tick now, Events& out);
  void take_changed(Tick now, Events& out);

  // When something changes by itself.
  std::optional<Tick> next_instant() const;
  // Makes the events of that instant, with `deflater` also their compressed form. A change of the catalog
  // throws them away. False: that is done.
  bool prepare(Deflater* deflater);

  // --- as told ---
  const OfferView& offer(OfferIndex index) const { return offers_[index.value]; }
  const CampaignView& campaign(CampaignIndex index) const { return campaigns_[index.value]; }
  // Listed, and not over when the catalog came.
  const std::vector<CampaignIndex>& live_campaigns() const { return live_campaigns_; }

 private:
  struct ToldOffer {
    OfferIndex offer;
    OfferView view;
    unsigned members;
  };
  struct Prepared {
    Tick at;
    Events events;
    std::vector<std::pair<CampaignIndex, CampaignView>> campaigns;
    std::vector<ToldOffer> offers;
  };

  CampaignView campaign_now(const Campaign& campaign, Tick now) const;
  OfferView offer_now(const Offer& offer, const CampaignView& campaign, Tick now) const;
  Showing showing_now(OfferIndex offer, const CampaignView& campaign) const;
  void compare_campaigns(bool silently, Tick now, Events& out);
  void compare_offers(const Catalog* before, Tick now, Events& out);
  Prepared make_instant(Tick at);
  void tell(Prepared&& prepared, Events& out);
  bool is_due(Tick now) const { return instants_.next() && *instants_.next() <= now; }

  Board& board_;
  CatalogPointer catalog_;
  std::vector<CampaignView> campaigns_;  // by index
  std::vector<OfferView> offers_;        // by index
  std::vector<CampaignIndex> live_campaigns_;
  std::vector<OfferIndex> to_compare_;  // with the board, besides those that it says have changed
  Instants instants_;
  std::optional<Prepared> prepared_;
};

}  // namespace doorbuster
