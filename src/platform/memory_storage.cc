#include "doorbuster/platform/memory_storage.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <random>
#include <set>

namespace doorbuster {
namespace {

constexpr std::size_t kSectorBytes = 512;
constexpr std::uint64_t kGarbleOneIn = 16;

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

// What the device holds when the changes of `node` got only partly there.
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

}  // namespace

struct MemoryStorage::Disk {
  mutable std::mutex mutex;
  Names names;          // as every process sees them
  Names durable_names;  // as of the last sync_folder()
  std::vector<NameChange> pending_names;
  std::uint64_t life = 0;  // a file opened in an earlier one is of no use
  bool locked = false;
  Random random{1};

  std::array<std::uint64_t, kStorageOperationCount> counts{};
  std::array<std::uint64_t, kStorageOperationCount> fails_at{};  // 0: no plan
  std::array<Error, kStorageOperationCount> errors;

  // Counts one operation and says whether the plan lets it pass.
  Status count(StorageOperation operation) {
    Status verdict;
    for (const auto kind : {operation, StorageOperation::any}) {
      const auto index = static_cast<std::size_t>(kind);
      if (++counts[index] == fails_at[index]) verdict = tl::unexpected(errors[index]);
    }
    return verdict;
  }

  void change_names(NameChange change) {
    for (const Binding& binding : change) binding.apply_to(names);
    pending_names.push_back(std::move(change));
  }

  void end_life() {
    ++life;
    locked = false;
  }

  void settle_names(Random& chance) {
    if (chance.coin()) {
      const std::size_t kept = chance.part_of(pending_names.size());
      for (std::size_t i = 0; i < kept; ++i) {
        for (const Binding& binding : pending_names[i]) binding.apply_to(durable_names);
      }
    } else {
      for (const NameChange& change : pending_names) {
        for (const Binding& binding : change) {
          if (chance.coin()) binding.apply_to(durable_names);
        }
      }
    }
    pending_names.clear();
    names = durable_names;
  }
};

class MemoryStorage::File final : public StorageFile {
 public:
  File(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node, std::string path, bool writable)
      : disk_(std::move(disk)),
        node_(std::move(node)),
        path_(std::move(path)),
        life_(disk_->life),
        writable_(writable) {}

  Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    const std::lock_guard guard(disk_->mutex);
    if (auto usable = check(); !usable) return usable;
    if (auto writable = check_writable(); !writable) return writable;
    const Status planned = disk_->count(StorageOperation::write);
    const std::size_t size = planned ? bytes.size() : disk_->random.below(bytes.size() + 1);
    make({false, offset, std::string(reinterpret_cast<const char*>(bytes.data()), size)});
    return planned;
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    const std::lock_guard guard(disk_->mutex);
    if (auto usable = check(); !usable) return tl::unexpected(usable.error());
    if (auto planned = disk_->count(StorageOperation::read); !planned) return tl::unexpected(planned.error());
    if (offset >= node_->live.size()) return 0;
    const std::size_t size = std::min<std::size_t>(out.size(), node_->live.size() - offset);
    std::memcpy(out.data(), node_->live.data() + offset, size);
    return size;
  }

  Status sync() override {
    const std::lock_guard guard(disk_->mutex);
    return sync_locked();
  }

  Status sync_and_drop_cache() override {
    const std::lock_guard guard(disk_->mutex);
    if (auto synced = sync_locked(); !synced) return synced;
    node_->live = node_->durable;
    return {};
  }

  Result<std::uint64_t> size() override {
    const std::lock_guard guard(disk_->mutex);
    if (auto usable = check(); !usable) return tl::unexpected(usable.error());
    return node_->live.size();
  }

  Status truncate(std::uint64_t size) override {
    const std::lock_guard guard(disk_->mutex);
    if (auto usable = check(); !usable) return usable;
    if (auto writable = check_writable(); !writable) return writable;
    if (auto planned = disk_->count(StorageOperation::truncate); !planned) return planned;
    make({true, size, {}});
    return {};
  }

 private:
  Status check() const {
    if (life_ == disk_->life) return {};
    return fail(ErrorKind::runtime, path_ + " was opened by a process that is dead");
  }
  Status check_writable() const {
    if (writable_) return {};
    return fail(ErrorKind::runtime, path_ + " is open for reading only");
  }
  void make(Change made) {
    made.apply_to(node_->live);
    node_->pending.push_back(std::move(made));
  }
  Status sync_locked() {
    if (auto usable = check(); !usable) return usable;
    const Status planned = disk_->count(StorageOperation::sync);
    if (planned) {
      for (const Change& change : node_->pending) change.apply_to(node_->durable);
    } else {
      node_->durable = settle(*node_, disk_->random);
    }
    node_->pending.clear();  // after a failure too: the pages are marked clean
    return planned;
  }

  const std::shared_ptr<Disk> disk_;
  const std::shared_ptr<Node> node_;
  const std::string path_;
  const std::uint64_t life_;
  const bool writable_;
};

MemoryStorage::MemoryStorage(const Files& files) : disk_(std::make_shared<Disk>()) {
  for (const auto& [name, bytes] : files) {
    disk_->names[name] = std::make_shared<Node>(Node{bytes, bytes, {}});
  }
  disk_->durable_names = disk_->names;
}

MemoryStorage::~MemoryStorage() = default;

Result<std::unique_ptr<StorageFile>> MemoryStorage::open(std::string_view name, Mode mode) {
  const std::lock_guard guard(disk_->mutex);
  if (auto planned = disk_->count(StorageOperation::open); !planned) return tl::unexpected(planned.error());
  auto found = disk_->names.find(name);
  if (mode == Mode::create) {
    if (found != disk_->names.end()) {
      return fail(ErrorKind::runtime, "cannot create " + path(name) + ": it is there");
    }
    disk_->change_names({{std::string(name), std::make_shared<Node>()}});
    found = disk_->names.find(name);
  }
  if (found == disk_->names.end()) {
    return fail(ErrorKind::runtime, "cannot open " + path(name) + ": no such file");
  }
  return std::make_unique<File>(disk_, found->second, path(name), mode != Mode::read);
}

Result<std::vector<std::string>> MemoryStorage::list() {
  const std::lock_guard guard(disk_->mutex);
  if (auto planned = disk_->count(StorageOperation::list); !planned) return tl::unexpected(planned.error());
  std::vector<std::string> names;
  for (const auto& [name, node] : disk_->names) names.push_back(name);
  return names;
}

Status MemoryStorage::rename(std::string_view from, std::string_view to) {
  const std::lock_guard guard(disk_->mutex);
  if (auto planned = disk_->count(StorageOperation::rename); !planned) return planned;
  const auto found = disk_->names.find(from);
  if (found == disk_->names.end()) {
    return fail(ErrorKind::runtime, "cannot rename " + path(from) + ": no such file");
  }
  disk_->change_names({{std::string(to), found->second}, {std::string(from), nullptr}});
  return {};
}

Status MemoryStorage::remove(std::string_view name) {
  const std::lock_guard guard(disk_->mutex);
  if (auto planned = disk_->count(StorageOperation::remove); !planned) return planned;
  if (!disk_->names.contains(name)) {
    return fail(ErrorKind::runtime, "cannot remove " + path(name) + ": no such file");
  }
  disk_->change_names({{std::string(name), nullptr}});
  return {};
}

Status MemoryStorage::sync_folder() {
  const std::lock_guard guard(disk_->mutex);
  if (auto planned = disk_->count(StorageOperation::sync_folder); !planned) return planned;
  disk_->durable_names = disk_->names;
  disk_->pending_names.clear();
  return {};
}

Status MemoryStorage::lock() {
  const std::lock_guard guard(disk_->mutex);
  if (disk_->locked) return fail(ErrorKind::configuration, "the folder memory: is in use by another process");
  disk_->locked = true;
  return {};
}

std::string MemoryStorage::path(std::string_view name) const {
  return "memory:/" + std::string(name);
}

void MemoryStorage::kill() {
  const std::lock_guard guard(disk_->mutex);
  disk_->end_life();
}

void MemoryStorage::crash(std::uint64_t seed) {
  const std::lock_guard guard(disk_->mutex);
  Random random(seed);
  disk_->end_life();
  disk_->fails_at = {};
  std::set<std::shared_ptr<Node>> settled;
  const auto settle_node = [&](const std::shared_ptr<Node>& node) {
    if (!node || !settled.insert(node).second) return;
    node->durable = settle(*node, random);
    node->live = node->durable;
    node->pending.clear();
  };
  // In the order of names and of operations, never of addresses: the same seed gives the same disk.
  for (const auto& [name, node] : disk_->durable_names) settle_node(node);
  for (const NameChange& change : disk_->pending_names) {
    for (const Binding& binding : change) settle_node(binding.node);
  }
  disk_->settle_names(random);
}

void MemoryStorage::fail_nth(StorageOperation operation, std::uint64_t nth, Error error) {
  const std::lock_guard guard(disk_->mutex);
  const auto index = static_cast<std::size_t>(operation);
  disk_->fails_at[index] = disk_->counts[index] + nth;
  disk_->errors[index] = std::move(error);
}

void MemoryStorage::forget_plan() {
  const std::lock_guard guard(disk_->mutex);
  disk_->fails_at = {};
}

std::uint64_t MemoryStorage::operations(StorageOperation operation) const {
  const std::lock_guard guard(disk_->mutex);
  return disk_->counts[static_cast<std::size_t>(operation)];
}

MemoryStorage::Files MemoryStorage::files() const {
  const std::lock_guard guard(disk_->mutex);
  Files files;
  for (const auto& [name, node] : disk_->names) files[name] = node->live;
  return files;
}

}  // namespace doorbuster
