#include "doorbuster/platform/memory_storage.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <mutex>
#include <set>
#include <utility>

#include "platform/memory_disk.h"

namespace doorbuster {

using namespace memory_disk;

struct MemoryStorage::Disk {
  mutable std::mutex mutex;
  Names names;          // as every process sees them
  Names durable_names;  // as of the last sync_folder()
  std::vector<NameChange> pending_names;
  std::uint64_t life = 0;  // a file opened in an earlier one is of no use
  bool locked = false;
  Random random{1};

  std::array<std::uint64_t, kStorageOperationCount> counts{};
  struct Plan {
    std::uint64_t fails_at = 0;  // 0: never
    bool once = true;
    Error error;
  };
  std::array<Plan, kStorageOperationCount> plans;
  std::uint64_t misdirects_at = 0;  // of the writes; 0: never
  std::string misdirected_to;
  std::uint64_t capacity_bytes = std::numeric_limits<std::uint64_t>::max();
  Observer observer;

  // Counts one operation and says whether the plan lets it pass.
  Status count(StorageOperation operation, std::string_view name) {
    if (observer) observer(operation, name);
    Status verdict;
    for (const auto kind : {operation, StorageOperation::any}) {
      const auto index = static_cast<std::size_t>(kind);
      const Plan& plan = plans[index];
      ++counts[index];
      if (plan.fails_at == 0 || counts[index] < plan.fails_at) continue;
      if (counts[index] == plan.fails_at || !plan.once) verdict = tl::unexpected(plan.error);
    }
    return verdict;
  }
  void forget_plans() {
    plans = {};
    misdirects_at = 0;
    misdirected_to.clear();
    capacity_bytes = std::numeric_limits<std::uint64_t>::max();
  }

  // How many more bytes the files may have.
  std::uint64_t room_bytes() const {
    std::uint64_t used = 0;
    for (const auto& [name, node] : names) used += node->live.size();
    return used >= capacity_bytes ? 0 : capacity_bytes - used;
  }

  void change_names(NameChange change) {
    for (const Binding& binding : change) binding.apply_to(names);
    pending_names.push_back(std::move(change));
  }

  void end_life() {
    ++life;
    locked = false;
  }
};

class MemoryStorage::File final : public StorageFile {
 public:
  File(std::shared_ptr<Disk> disk, std::shared_ptr<Node> node, std::string_view name, std::string path,
       bool writable)
      : disk_(std::move(disk)),
        node_(std::move(node)),
        name_(name),
        path_(std::move(path)),
        life_(disk_->life),
        writable_(writable) {}

  Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    const std::lock_guard guard(disk_->mutex);
    if (auto usable = check(); !usable) return usable;
    if (auto writable = check_writable(); !writable) return writable;
    Status planned = disk_->count(StorageOperation::write, name_);
    std::size_t size = planned ? bytes.size() : disk_->random.below(bytes.size() + 1);
    const std::uint64_t grows = offset + size > node_->live.size() ? offset + size - node_->live.size() : 0;
    if (const std::uint64_t room = disk_->room_bytes(); grows > room) {
      planned = fail(ErrorKind::runtime, "planned error: no space left on the device");
      size -= std::min<std::size_t>(size, grows - room);
    }
    const Change change = {false, offset, std::string(reinterpret_cast<const char*>(bytes.data()), size)};
    if (planned && disk_->counts[static_cast<std::size_t>(StorageOperation::write)] == disk_->misdirects_at) {
      disk_->misdirected_to = misdirect(disk_->names, node_, change, disk_->random);
      return {};
    }
    make(change);
    return planned;
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    const std::lock_guard guard(disk_->mutex);
    if (auto usable = check(); !usable) return tl::unexpected(usable.error());
    if (auto planned = disk_->count(StorageOperation::read, name_); !planned)
      return tl::unexpected(planned.error());
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
    if (auto planned = disk_->count(StorageOperation::truncate, name_); !planned) return planned;
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
    const Status planned = disk_->count(StorageOperation::sync, name_);
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
  const std::string name_;  // as it was opened
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
  if (auto planned = disk_->count(StorageOperation::open, name); !planned)
    return tl::unexpected(planned.error());
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
  return std::make_unique<File>(disk_, found->second, name, path(name), mode != Mode::read);
}

Result<std::vector<std::string>> MemoryStorage::list() {
  const std::lock_guard guard(disk_->mutex);
  if (auto planned = disk_->count(StorageOperation::list, {}); !planned)
    return tl::unexpected(planned.error());
  std::vector<std::string> names;
  for (const auto& [name, node] : disk_->names) names.push_back(name);
  return names;
}

Status MemoryStorage::rename(std::string_view from, std::string_view to) {
  const std::lock_guard guard(disk_->mutex);
  if (auto planned = disk_->count(StorageOperation::rename, from); !planned) return planned;
  const auto found = disk_->names.find(from);
  if (found == disk_->names.end()) {
    return fail(ErrorKind::runtime, "cannot rename " + path(from) + ": no such file");
  }
  disk_->change_names({{std::string(to), found->second}, {std::string(from), nullptr}});
  return {};
}

Status MemoryStorage::remove(std::string_view name) {
  const std::lock_guard guard(disk_->mutex);
  if (auto planned = disk_->count(StorageOperation::remove, name); !planned) return planned;
  if (!disk_->names.contains(name)) {
    return fail(ErrorKind::runtime, "cannot remove " + path(name) + ": no such file");
  }
  disk_->change_names({{std::string(name), nullptr}});
  return {};
}

Status MemoryStorage::sync_folder() {
  const std::lock_guard guard(disk_->mutex);
  if (auto planned = disk_->count(StorageOperation::sync_folder, {}); !planned) return planned;
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
  disk_->forget_plans();
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
  settle_names(disk_->durable_names, disk_->pending_names, random);
  disk_->names = disk_->durable_names;
}

void MemoryStorage::fail_nth(StorageOperation operation, std::uint64_t nth, Error error) {
  const std::lock_guard guard(disk_->mutex);
  const auto index = static_cast<std::size_t>(operation);
  disk_->plans[index] = {disk_->counts[index] + nth, true, std::move(error)};
}

void MemoryStorage::fail_from_nth(StorageOperation operation, std::uint64_t nth, Error error) {
  const std::lock_guard guard(disk_->mutex);
  const auto index = static_cast<std::size_t>(operation);
  disk_->plans[index] = {disk_->counts[index] + nth, false, std::move(error)};
}

void MemoryStorage::set_capacity(std::uint64_t bytes) {
  const std::lock_guard guard(disk_->mutex);
  disk_->capacity_bytes = bytes;
}

void MemoryStorage::misdirect_nth_write(std::uint64_t nth) {
  const std::lock_guard guard(disk_->mutex);
  disk_->misdirects_at = disk_->counts[static_cast<std::size_t>(StorageOperation::write)] + nth;
  disk_->misdirected_to.clear();
}

std::string MemoryStorage::misdirected_to() const {
  const std::lock_guard guard(disk_->mutex);
  return disk_->misdirected_to;
}

std::string MemoryStorage::rot(std::uint64_t seed) {
  const std::lock_guard guard(disk_->mutex);
  Random random(seed);
  return turn_bits(disk_->names, random);
}

void MemoryStorage::observe(Observer observer) {
  const std::lock_guard guard(disk_->mutex);
  disk_->observer = std::move(observer);
}

void MemoryStorage::forget_plan() {
  const std::lock_guard guard(disk_->mutex);
  disk_->forget_plans();
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
