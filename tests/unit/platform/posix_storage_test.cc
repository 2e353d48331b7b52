#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>

#include "doorbuster/platform/storage.h"
#include "support/catch.h"

namespace doorbuster {
namespace {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "doorbuster-storage-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  std::string sub(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

std::string read_all(StorageFile& file) {
  std::string text(file.size().value(), '\0');
  CHECK(file.read_at(0, std::as_writable_bytes(std::span(text))).value() == text.size());
  return text;
}

TEST_CASE("a real file holds what was written where it was written, and reads end with the file") {
  TemporaryFolder folder;
  auto storage = open_posix_storage(folder.path(), false).value();
  auto file = storage->open("f", Storage::Mode::create).value();
  REQUIRE(file->write_at(0, bytes_of("hello world")));
  REQUIRE(file->write_at(6, bytes_of("there")));
  REQUIRE(file->write_at(20, bytes_of("!")));
  REQUIRE(file->sync());
  CHECK(read_all(*file) == std::string("hello there") + std::string(9, '\0') + "!");
  std::string part(10, '?');
  CHECK(file->read_at(18, std::as_writable_bytes(std::span(part))).value() == 3);
  CHECK(file->read_at(100, std::as_writable_bytes(std::span(part))).value() == 0);
  REQUIRE(file->truncate(5));
  REQUIRE(file->sync_and_drop_cache());
  CHECK(read_all(*file) == "hello");
}

TEST_CASE("names are created, listed in order, renamed over each other and removed") {
  TemporaryFolder folder;
  auto storage = open_posix_storage(folder.path(), false).value();
  for (const char* name : {"b", "a", "c"}) REQUIRE(storage->open(name, Storage::Mode::create));
  CHECK(storage->list().value() == std::vector<std::string>{"a", "b", "c"});
  CHECK_FALSE(storage->open("a", Storage::Mode::create));
  CHECK_FALSE(storage->open("d", Storage::Mode::read));
  CHECK_FALSE(storage->open("d", Storage::Mode::read_write));
  auto file = storage->open("a", Storage::Mode::read_write).value();
  REQUIRE(storage->rename("a", "b"));
  REQUIRE(file->write_at(0, bytes_of("still open")));
  CHECK(storage->list().value() == std::vector<std::string>{"b", "c"});
  CHECK(read_all(*storage->open("b", Storage::Mode::read).value()) == "still open");
  REQUIRE(storage->remove("c"));
  CHECK_FALSE(storage->remove("c"));
  CHECK_FALSE(storage->rename("c", "d"));
  CHECK(storage->sync_folder());
}

TEST_CASE("a missing folder is made with its parents, for its owner only, or refused") {
  TemporaryFolder folder;
  const std::string deep = folder.sub("one/two/three");
  const auto refused = open_posix_storage(deep, false);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::configuration);
  CHECK(refused.error().message.find(deep) != std::string::npos);
  auto storage = open_posix_storage(deep + "/", true).value();
  REQUIRE(storage->open("secret", Storage::Mode::create));
  struct stat info {};
  REQUIRE(::stat(deep.c_str(), &info) == 0);
  CHECK((info.st_mode & 077) == 0);
  REQUIRE(::stat(storage->path("secret").c_str(), &info) == 0);
  CHECK((info.st_mode & 077) == 0);
  CHECK(open_posix_storage(deep, true).has_value());  // it is there already

  std::ofstream(folder.sub("file")) << "not a folder";
  CHECK_FALSE(open_posix_storage(folder.sub("file"), true));
  CHECK_FALSE(open_posix_storage(folder.sub("file/below"), true));
  CHECK_FALSE(open_posix_storage("", true));
}

TEST_CASE("a folder belongs to one at a time, and is free again when that one is gone") {
  TemporaryFolder folder;
  auto first = open_posix_storage(folder.path(), false).value();
  auto second = open_posix_storage(folder.path(), false).value();
  REQUIRE(first->lock());
  const Status refused = second->lock();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().kind == ErrorKind::configuration);
  CHECK(refused.error().message.find(folder.path()) != std::string::npos);
  first.reset();
  CHECK(second->lock());
}

TEST_CASE("no descriptor of a storage survives exec") {
  TemporaryFolder folder;
  auto storage = open_posix_storage(folder.path(), false).value();
  REQUIRE(storage->lock());
  auto file = storage->open("f", Storage::Mode::create).value();
  int ours = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    const auto target = std::filesystem::read_symlink(entry.path(), error).string();
    if (error || !target.starts_with(folder.path())) continue;
    ++ours;
    const int flags = ::fcntl(std::stoi(entry.path().filename().string()), F_GETFD);
    CHECK((flags & FD_CLOEXEC) != 0);
  }
  CHECK(ours == 3);  // the folder, its lock and the file
}

TEST_CASE("a write that the disk does not take in full fails and says where and why") {
  TemporaryFolder folder;
  // In a child: the limit on the size of files can be lowered but not raised again.
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{1000, 1000};
    if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) ::_exit(2);
    auto file = open_posix_storage(folder.path(), false).value()->open("full", Storage::Mode::create).value();
    const std::string text(4000, 'x');
    const Status written = file->write_at(0, bytes_of(text));
    const bool says = !written && written.error().message.find(folder.sub("full")) != std::string::npos &&
                      written.error().message.find("File too large") != std::string::npos;
    // 1000 bytes fit: the short write was continued, and the rest is what failed.
    ::_exit(says && file->size().value() == 1000 ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status));
  CHECK(WEXITSTATUS(status) == 0);
}

}  // namespace
}  // namespace doorbuster
