#pragma once
// The parts of a disk in memory: files with what no sync has covered yet, and what a power cut makes of them.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace doorbuster::memory_disk {

inline constexpr std::size_t kSectorBytes = 512;

// A change of a file that no sync has covered yet: a write, or a truncate (then `bytes` is empty).
struct Change {
  bool truncates = false;
  std::uint64_t offset = 0;  // of the write; or the new size
  std::string bytes;

  std::uint64_t end() const { return offset + bytes.size(); }
  bool touches(std::uint64_t from, std::uint64_t to) const {
    return truncates ? offset < to : offset < to && end() > from;
  }
  std::uint64_t size_after(std::uint64_t before) const {
    return truncates ? offset : std::max(before, end());
  }
  void apply_to(std::string& image) const {
    image.resize(size_after(image.size()), '\0');
    if (!truncates) image.replace(offset, bytes.size(), bytes);
  }
};

// An open file outlives its name, as in POSIX.
struct Node {
  std::string live;     // as every process reads it
  std::string durable;  // as of the last sync
  std::vector<Change> pending;
};

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}
  // 0 to bound - 1. The engine's numbers are the same everywhere; a standard distribution's are not.
  std::uint64_t below(std::uint64_t bound) { return engine_() % bound; }
  bool coin() { return below(2) == 0; }
  // 0 to n, the two ends likelier than what lies between.
  std::size_t part_of(std::size_t n) {
    switch (below(3)) {
      case 0:
        return 0;
      case 1:
        return n;
      default:
        return below(n + 1);
    }
  }

 private:
  std::mt19937_64 engine_;
};

// What the device holds when the changes of `node` got only partly there.
std::string settle(const Node& node, Random& random);

using Names = std::map<std::string, std::shared_ptr<Node>, std::less<>>;

struct Binding {  // `name` stands for `node` from now on; no node: the name is gone
  std::string name;
  std::shared_ptr<Node> node;

  void apply_to(Names& names) const {
    if (node) {
      names[name] = node;
    } else {
      names.erase(name);
    }
  }
};
using NameChange = std::vector<Binding>;  // one operation: a rename binds two names

// What the device holds of names when the changes got only partly there.
void settle_names(Names& durable, std::vector<NameChange>& pending, Random& random);

// --- what a device does that lies ---
// The bytes land somewhere in another of the files or elsewhere in this one, never beyond an end; where they
// should be nothing changes but the size. Returns where, for a message.
std::string misdirect(const Names& names, const std::shared_ptr<Node>& node, const Change& change,
                      Random& random);
// A few bits of one sector turn over, in some file that has bytes. Returns where; empty: there are none.
std::string turn_bits(const Names& names, Random& random);

}  // namespace doorbuster::memory_disk
