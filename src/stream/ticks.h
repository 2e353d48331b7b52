#pragma once
// Once a second: what time it is, and how long it is to what. Made when the first one wants it, for all who
// want the same.

#include <cstdint>
#include <map>
#include <optional>
#include <tuple>
#include <vector>

#include "stream/chunk.h"
#include "stream/sale_watch.h"

namespace doorbuster {

class Ticks {
 public:
  explicit Ticks(const SaleWatch& watch) : watch_(watch) {}

  // A new one when it is time for it.
  void renew(Tick now, std::int64_t now_ns);
  std::uint64_t number() const { return number_; }
  std::int64_t next_ns() const { return next_ns_; }
  const std::vector<ChunkPointer>& current(const Subscription& wants);
  // Of now, for who has just come. Of campaigns that still have something before them; without any it is
  // none.
  std::vector<ChunkPointer> make(const Subscription& wants, Tick now) const;

 private:
  const SaleWatch& watch_;
  Tick now_;
  std::int64_t next_ns_ = 0;
  std::uint64_t number_ = 0;
  std::map<std::tuple<TenantId, std::optional<CampaignIndex>>, std::vector<ChunkPointer>> made_;
};

}  // namespace doorbuster
