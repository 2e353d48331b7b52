#pragma once
// A disk in memory that a test can pull the plug of.
//
// The model, kept meaner than the file systems that we run on, so that what survives here survives there:
// - A write or a truncate is pending until the file's sync(). crash() decides for every 512-byte sector on
//   its own how many of its pending changes got there, and may garble the bytes that they would have changed.
//   Bytes that no pending write covers are never touched: the journal relies on a disk not to damage synced
//   bytes of a sector that it rewrites.
// - A created, renamed or removed name is pending until sync_folder(), however often the file was synced.
//   crash() keeps either the first few of these changes or, file by file, any of them.
// - A sync that fails leaves some of the pending writes behind and forgets the others: they can still be
//   read, a later sync() reports success without writing them, and crash() or sync_and_drop_cache() reveals
//   it. This is what Linux does.
// - On request the device lies: a write lands elsewhere and is reported as done, bits turn over at rest.
//
// Thread-safe.

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "doorbuster/platform/storage.h"

namespace doorbuster {

// What an error plan can count. `any` counts all of them.
enum class StorageOperation : std::uint8_t {
  open,
  list,
  read,
  write,
  sync,  // sync_and_drop_cache() too
  truncate,
  rename,
  remove,
  sync_folder,
  any,
};
inline constexpr int kStorageOperationCount = static_cast<int>(StorageOperation::any) + 1;

class MemoryStorage final : public Storage {
 public:
  using Files = std::map<std::string, std::string>;  // name to bytes

  // Starts with `files`, all of it durable.
  explicit MemoryStorage(const Files& files = {});
  ~MemoryStorage() override;
  MemoryStorage(const MemoryStorage&) = delete;
  MemoryStorage& operator=(const MemoryStorage&) = delete;

  // --- the disk, as the journal sees it ---
  Result<std::unique_ptr<StorageFile>> open(std::string_view name, Mode mode) override;
  Result<std::vector<std::string>> list() override;
  Status rename(std::string_view from, std::string_view to) override;
  Status remove(std::string_view name) override;
  Status sync_folder() override;
  Status lock() override;
  std::string path(std::string_view name) const override;

  // --- what a test does to it ---
  // The process dies: open files are of no use any more and the lock is free, but nothing that was written is
  // lost.
  void kill();
  // The machine loses power: kill(), and what was not synced is kept, dropped or garbled as `seed` says. Ends
  // a plan.
  void crash(std::uint64_t seed);
  // The nth operation of that kind from now (1: the next one) fails once with `error`. A write that fails has
  // written a part, a sync that fails has synced a part, other operations have done nothing.
  void fail_nth(StorageOperation operation, std::uint64_t nth,
                Error error = {ErrorKind::runtime, "planned error"});
  // The same, and from then on every operation of that kind.
  void fail_from_nth(StorageOperation operation, std::uint64_t nth,
                     Error error = {ErrorKind::runtime, "planned error"});
  // All files together may have so many bytes. A write that would make them more writes what there is room
  // for and fails.
  void set_capacity(std::uint64_t bytes);
  // The nth write from now reports success, and its bytes land in another file or at another offset, at once
  // and durably. Where they should be, nothing but the file's size changes.
  void misdirect_nth_write(std::uint64_t nth);
  std::string misdirected_to() const;  // "FILE at OFFSET"; empty: not yet, or the plan is forgotten
  // A few bits of one file turn over, of what is durable and of what is cached. Returns where: "FILE at
  // OFFSET"; empty: there is no byte.
  std::string rot(std::uint64_t seed);
  // Ends all plans, those for errors, capacity and misdirected writes.
  void forget_plan();
  // Called before every operation; it must not use this storage. What it throws comes out of the operation,
  // which then has done nothing: how a process dies between two system calls.
  using Observer = std::function<void(StorageOperation operation, std::string_view name)>;
  void observe(Observer observer);
  // How many operations of that kind there were so far, failed ones included.
  std::uint64_t operations(StorageOperation operation) const;
  // Every file as a running process reads it now.
  Files files() const;

 private:
  struct Disk;
  class File;
  std::shared_ptr<Disk> disk_;
};

}  // namespace doorbuster
