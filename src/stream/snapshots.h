#pragma once
// All that there is to tell of a campaign, for who comes without knowing anything. Made once and given to
// everybody who comes after, with the events since then behind it, until those are no longer the smaller
// part.

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <vector>

#include "stream/chunk.h"
#include "stream/chunk_log.h"
#include "stream/sale_watch.h"

namespace doorbuster {

struct Snapshot {
  std::uint64_t at = 0;  // has in it what the log told up to here
  std::vector<ChunkPointer> pages;
};

class Snapshots {
 public:
  // Of a campaign that is listed, as told. `made` counts those that were not here.
  const Snapshot& of(CampaignIndex campaign, const SaleWatch& watch, const ChunkLog& log,
                     std::uint64_t& made);
  // Every event that goes into the log.
  void count(const Chunk& chunk);
  void forget() { entries_.clear(); }

 private:
  struct Entry {
    Snapshot snapshot;
    std::size_t bytes = 0;
    std::size_t bytes_since = 0;
  };
  static Entry make(const Campaign& campaign, const SaleWatch& watch, const ChunkLog& log);

  boost::unordered_flat_map<std::uint32_t, Entry> entries_;  // by campaign
};

}  // namespace doorbuster
