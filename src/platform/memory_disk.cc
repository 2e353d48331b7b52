#include "platform/memory_disk.h"

#include <set>
#include <utility>

namespace doorbuster::memory_disk {
namespace {

constexpr std::uint64_t kGarbleOneIn = 16;

// The sector [from, from + kSectorBytes) of `image` gets the first few of the changes that touch it.
void settle_sector(std::string& image, std::uint64_t from, const std::vector<Change>& changes,
                   Random& random) {
  const std::uint64_t to = from + kSectorBytes;
  const auto touching = static_cast<std::size_t>(
      std::count_if(changes.begin(), changes.end(), [&](const Change& c) { return c.touches(from, to); }));
  std::size_t kept = random.part_of(touching);
  const bool garble = random.below(kGarbleOneIn) == 0;
  for (const Change& change : changes) {
    if (!change.touches(from, to)) continue;
    if (kept == 0 && !garble) break;
    const std::uint64_t begin = std::max(from, change.offset);
    const std::uint64_t end = change.truncates ? to : std::min(to, change.end());
    for (std::uint64_t at = begin; at < end; ++at) {
      if (kept > 0) {
        image[at] = change.truncates ? '\0' : change.bytes[at - change.offset];
      } else if (!change.truncates) {
        image[at] = static_cast<char>(random.below(256));
      }
    }
    if (kept == 0) break;  // one garbled write: the one that was under way
    --kept;
  }
}

// In the order of their names, so that the same seed finds the same one.
std::vector<std::pair<std::string, std::shared_ptr<Node>>> files_with_bytes(const Names& names) {
  std::vector<std::pair<std::string, std::shared_ptr<Node>>> files;
  for (const auto& [name, node] : names) {
    if (!node->live.empty()) files.emplace_back(name, node);
  }
  return files;
}

}  // namespace

std::string settle(const Node& node, Random& random) {
  std::uint64_t size = node.durable.size();
  const std::size_t sizes_kept = random.part_of(node.pending.size());
  for (std::size_t i = 0; i < sizes_kept; ++i) size = node.pending[i].size_after(size);

  std::uint64_t extent = node.durable.size();
  std::set<std::uint64_t> sectors;
  for (const Change& change : node.pending) extent = std::max(extent, change.size_after(extent));
  for (const Change& change : node.pending) {
    const std::uint64_t end = change.truncates ? extent : change.end();
    for (std::uint64_t s = change.offset / kSectorBytes; s * kSectorBytes < end; ++s) sectors.insert(s);
  }
  std::string image = node.durable;
  image.resize((extent / kSectorBytes + 1) * kSectorBytes, '\0');
  for (const std::uint64_t sector : sectors) {
    settle_sector(image, sector * kSectorBytes, node.pending, random);
  }
  image.resize(size, '\0');
  return image;
}

void settle_names(Names& durable, std::vector<NameChange>& pending, Random& random) {
  if (random.coin()) {
    const std::size_t kept = random.part_of(pending.size());
    for (std::size_t i = 0; i < kept; ++i) {
      for (const Binding& binding : pending[i]) binding.apply_to(durable);
    }
  } else {
    for (const NameChange& change : pending) {
      for (const Binding& binding : change) {
        if (random.coin()) binding.apply_to(durable);
      }
    }
  }
  pending.clear();
}

std::string misdirect(const Names& names, const std::shared_ptr<Node>& node, const Change& change,
                      Random& random) {
  const auto files = files_with_bytes(names);
  // Of the file that was meant at least the size grows: that is metadata, and went elsewhere.
  const Change grown = {true, node->live.size(), {}};
  Change size_only = grown;
  size_only.offset = std::max<std::uint64_t>(grown.offset, change.end());
  if (size_only.offset != node->live.size()) {
    size_only.apply_to(node->live);
    node->pending.push_back(size_only);
  }
  if (files.empty()) return "nowhere";
  const auto& [name, target] = files[random.below(files.size())];
  const std::uint64_t sectors = (target->live.size() + kSectorBytes - 1) / kSectorBytes;
  std::uint64_t at = random.below(sectors) * kSectorBytes + change.offset % kSectorBytes;
  if (at >= target->live.size()) at = 0;
  if (target == node && at == change.offset) return "nowhere";
  const auto put = [&](std::string& image) {
    if (at >= image.size()) return;
    const std::size_t size = std::min<std::size_t>(change.bytes.size(), image.size() - at);
    image.replace(at, size, change.bytes, 0, size);
  };
  put(target->live);
  put(target->durable);  // the device has done it, whatever the cache believes
  return name + " at " + std::to_string(at);
}

std::string turn_bits(const Names& names, Random& random) {
  const auto files = files_with_bytes(names);
  if (files.empty()) return {};
  const auto& [name, node] = files[random.below(files.size())];
  const std::uint64_t at = random.below(node->live.size());
  const std::uint64_t bits = 1 + random.below(8);
  for (std::uint64_t i = 0; i < bits; ++i) {
    const std::uint64_t byte = std::min<std::uint64_t>(at + random.below(4), node->live.size() - 1);
    const auto turned = static_cast<char>(1U << random.below(8));
    node->live[byte] = static_cast<char>(node->live[byte] ^ turned);
    if (byte < node->durable.size()) node->durable[byte] = node->live[byte];
  }
  return name + " at " + std::to_string(at);
}

}  // namespace doorbuster::memory_disk
