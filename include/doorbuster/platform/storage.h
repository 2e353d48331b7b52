#pragma once
// The seam between the journal and the disk: a folder with files in it. PosixStorage is the real one;
// MemoryStorage is a disk that a test can pull the plug of.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "doorbuster/base/result.h"

namespace doorbuster {

// One open file. Not thread-safe. Every error is final for the file: never retry a failed write or sync.
class StorageFile {
 public:
  virtual ~StorageFile() = default;
  // Writes all of `bytes` at `offset` or fails; continues after short writes and EINTR.
  virtual Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) = 0;
  // Reads exactly out.size() bytes, or fewer at the end of the file; returns how many.
  virtual Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) = 0;
  // What was written before (and the size after a truncate) is on stable storage when this returns well.
  virtual Status sync() = 0;
  // sync(), then lets go of what the system keeps in memory, so that the next reads come from the device. For
  // recovery: after a failed sync the kernel calls pages clean that no disk ever saw, and a restarted process
  // would believe them.
  virtual Status sync_and_drop_cache() = 0;
  virtual Result<std::uint64_t> size() = 0;
  virtual Status truncate(std::uint64_t size) = 0;
};

// One folder. Thread-safe where two threads use different names.
class Storage {
 public:
  virtual ~Storage() = default;
  enum class Mode {
    read,        // must exist
    read_write,  // must exist
    create,      // read and write; must not exist yet
  };
  virtual Result<std::unique_ptr<StorageFile>> open(std::string_view name, Mode mode) = 0;
  virtual Result<std::vector<std::string>> list() = 0;  // sorted
  // Atomic; replaces `to`. A file that is open under `from` stays usable.
  virtual Status rename(std::string_view from, std::string_view to) = 0;
  // Fails when there is no such name.
  virtual Status remove(std::string_view name) = 0;
  // Makes created, renamed and removed names durable.
  virtual Status sync_folder() = 0;
  // Takes the folder for this process until the Storage dies; fails at once, naming the folder, when another
  // has it.
  virtual Status lock() = 0;
  // For messages: where `name` is.
  virtual std::string path(std::string_view name) const = 0;
};

// Opens `folder`. With `create` a missing one is made, with its parents, durably; only its owner may read
// what is in it (the journal holds the folder's secrets). Error kind: configuration.
Result<std::unique_ptr<Storage>> open_posix_storage(const std::string& folder, bool create);

}  // namespace doorbuster
