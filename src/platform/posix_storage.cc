#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "doorbuster/platform/storage.h"

namespace doorbuster {
namespace {

constexpr mode_t kFileMode = 0600;
constexpr mode_t kFolderMode = 0700;

std::string reason(int error) {
  return std::system_category().message(error);
}

Error failed(const char* verb, const std::string& path, int error) {
  return {.kind = ErrorKind::runtime,
          .message = std::string("cannot ") + verb + " " + path + ": " + reason(error),
          .no_room = error == ENOSPC || error == EDQUOT};
}

// Owns one descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);  // what had to be safe was synced: nothing is learned from close
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_;
};

// Calls again after an interruption. Not for syncs and closes, which must not be repeated after an error.
template <typename Call>
auto uninterrupted(Call call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

class PosixFile final : public StorageFile {
 public:
  PosixFile(Descriptor fd, std::string path) : fd_(std::move(fd)), path_(std::move(path)) {}

  Status write_at(std::uint64_t offset, std::span<const std::byte> bytes) override {
    while (!bytes.empty()) {
      const ssize_t n = uninterrupted(
          [&] { return ::pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(offset)); });
      if (n < 0) return tl::unexpected(failed("write", path_, errno));
      if (n == 0) return tl::unexpected(failed("write", path_, EIO));
      bytes = bytes.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
    return {};
  }

  Result<std::size_t> read_at(std::uint64_t offset, std::span<std::byte> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n = uninterrupted([&] {
        return ::pread(fd_.get(), out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      });
      if (n < 0) return tl::unexpected(failed("read", path_, errno));
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  Status sync() override {
    // EINTR is not retried either: whether the pages were marked clean by then is unknown.
    const int result = size_changed_ ? ::fsync(fd_.get()) : ::fdatasync(fd_.get());
    if (result != 0) return tl::unexpected(failed("sync", path_, errno));
    size_changed_ = false;
    return {};
  }

  Status sync_and_drop_cache() override {
    if (auto synced = sync(); !synced) return synced;
    if (const int error = ::posix_fadvise(fd_.get(), 0, 0, POSIX_FADV_DONTNEED); error != 0) {
      return tl::unexpected(failed("drop the cache of", path_, error));
    }
    return {};
  }

  Result<std::uint64_t> size() override {
    struct stat info {};
    if (::fstat(fd_.get(), &info) != 0) return tl::unexpected(failed("get the size of", path_, errno));
    return static_cast<std::uint64_t>(info.st_size);
  }

  Status truncate(std::uint64_t size) override {
    if (uninterrupted([&] { return ::ftruncate(fd_.get(), static_cast<off_t>(size)); }) != 0) {
      return tl::unexpected(failed("cut", path_, errno));
    }
    size_changed_ = true;
    return {};
  }

 private:
  Descriptor fd_;
  std::string path_;
  bool size_changed_ = false;  // fdatasync may leave a smaller size for later
};

class PosixStorage final : public Storage {
 public:
  PosixStorage(Descriptor folder, std::string path) : folder_(std::move(folder)), path_(std::move(path)) {}

  Result<std::unique_ptr<StorageFile>> open(std::string_view name, Mode mode) override {
    int flags = O_CLOEXEC | (mode == Mode::read ? O_RDONLY : O_RDWR);
    if (mode == Mode::create) flags |= O_CREAT | O_EXCL;
    const std::string file(name);
    Descriptor fd(uninterrupted([&] { return ::openat(folder_.get(), file.c_str(), flags, kFileMode); }));
    if (!fd.valid()) {
      return tl::unexpected(failed(mode == Mode::create ? "create" : "open", path(name), errno));
    }
    return std::make_unique<PosixFile>(std::move(fd), path(name));
  }

  Result<std::vector<std::string>> list() override {
    const int fd = ::openat(folder_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return tl::unexpected(failed("list", path_, errno));
    DIR* stream = ::fdopendir(fd);
    if (stream == nullptr) {
      const int error = errno;
      ::close(fd);
      return tl::unexpected(failed("list", path_, error));
    }
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream)) {
      const std::string_view name(entry->d_name);
      if (name != "." && name != "..") names.emplace_back(name);
      errno = 0;
    }
    const int error = errno;
    ::closedir(stream);
    if (error != 0) return tl::unexpected(failed("list", path_, error));
    std::sort(names.begin(), names.end());
    return names;
  }

  Status rename(std::string_view from, std::string_view to) override {
    const std::string source(from), target(to);
    if (::renameat(folder_.get(), source.c_str(), folder_.get(), target.c_str()) != 0) {
      return tl::unexpected(failed("rename", path(from) + " to " + target, errno));
    }
    return {};
  }

  Status remove(std::string_view name) override {
    const std::string file(name);
    if (::unlinkat(folder_.get(), file.c_str(), 0) != 0) {
      return tl::unexpected(failed("remove", path(name), errno));
    }
    return {};
  }

  Status sync_folder() override {
    if (::fsync(folder_.get()) != 0) return tl::unexpected(failed("sync the folder", path_, errno));
    return {};
  }

  Status lock() override {
    Descriptor fd(uninterrupted(
        [&] { return ::openat(folder_.get(), "lock", O_RDWR | O_CREAT | O_CLOEXEC, kFileMode); }));
    if (!fd.valid()) return tl::unexpected(failed("open", path("lock"), errno));
    if (uninterrupted([&] { return ::flock(fd.get(), LOCK_EX | LOCK_NB); }) != 0) {
      if (errno != EWOULDBLOCK) return tl::unexpected(failed("lock", path("lock"), errno));
      return fail(ErrorKind::configuration,
                  "the data folder " + path_ +
                      " is in use by another process: stop that one, or give this one "
                      "another folder");
    }
    lock_ = std::move(fd);
    return {};
  }

  std::string path(std::string_view name) const override {
    return (std::filesystem::path(path_) / name).string();
  }

 private:
  Descriptor folder_;
  Descriptor lock_;
  std::string path_;
};

Descriptor open_folder(const std::string& path) {
  return Descriptor(uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
}

// Makes `folder` and what is missing above it. Each new name is synced in its parent: a folder whose name a
// power cut forgets takes a durable journal with it.
int make_folders(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), kFolderMode) != 0) {
    if (errno == EEXIST) return 0;
    if (errno != ENOENT || !folder.has_parent_path() || folder.parent_path() == folder) return errno;
    if (const int error = make_folders(folder.parent_path()); error != 0) return error;
    if (::mkdir(folder.c_str(), kFolderMode) != 0 && errno != EEXIST) return errno;
  }
  const std::filesystem::path parent = folder.has_parent_path() ? folder.parent_path() : ".";
  const Descriptor above = open_folder(parent.string());
  if (!above.valid() || ::fsync(above.get()) != 0) return errno;
  return 0;
}

}  // namespace

Result<std::unique_ptr<Storage>> open_posix_storage(const std::string& folder, bool create) {
  const auto refused = [&](int error) {
    return fail(ErrorKind::configuration, "cannot use the data folder " + folder + ": " + reason(error));
  };
  std::filesystem::path path = std::filesystem::path(folder).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();  // "data/" names the same folder as "data"
  if (folder.empty()) return refused(ENOENT);
  Descriptor fd = open_folder(path.string());
  if (!fd.valid() && errno == ENOENT && create) {
    if (const int error = make_folders(path); error != 0) return refused(error);
    fd = open_folder(path.string());
  }
  if (!fd.valid()) return refused(errno);
  return std::make_unique<PosixStorage>(std::move(fd), path.string());
}

}  // namespace doorbuster
