#include "faults/disk.h"

#include <sched.h>
#include <sys/mount.h>

#include <filesystem>
#include <stdexcept>

#include "support/server_process.h"
#include "support/temp_folder.h"

namespace doorbuster {
namespace {

namespace fs = std::filesystem;

void must_run(const std::vector<std::string>& arguments) {
  const ProgramResult result = run_program(arguments);
  if (result.exit_code != 0) throw std::runtime_error(arguments[0] + ": " + result.out + result.err);
}

bool enter_own_namespace() {
  // The last process in it takes its mounts along, and a loop device goes with its mount.
  return ::unshare(CLONE_NEWNS) == 0 && ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
}

bool try_to_mount() {
  if (!enter_own_namespace()) return false;
  const TempFolder folder;
  try {
    const LoopDisk disk(folder.path(), 4 << 20);
    return true;
  } catch (const std::runtime_error&) {
    return false;
  }
}

}  // namespace

bool can_mount() {
  static const bool can = try_to_mount();
  return can;
}

std::vector<std::string> with_broken_calls(const std::string& how) {
  return {"env", "LD_PRELOAD=" BROKEN_CALLS_LIBRARY, "BROKEN_CALLS=" + how};
}

LoopDisk::LoopDisk(const std::string& folder, std::uint64_t bytes, std::string options)
    : image_(folder + "/disk.img"),
      remembered_(folder + "/remembered.img"),
      path_(folder + "/disk"),
      options_(std::move(options)) {
  write_file(image_, "");
  fs::resize_file(image_, bytes);
  must_run({"mkfs.ext4", "-q", "-F", "-m", "0", image_});
  fs::create_directory(path_);
  mount();
}

LoopDisk::~LoopDisk() {
  ::umount2(path_.c_str(), MNT_DETACH);
}

void LoopDisk::mount() {
  must_run({"mount", "-o", options_.empty() ? "loop" : "loop," + options_, image_, path_});
}

void LoopDisk::unmount() {
  if (::umount2(path_.c_str(), MNT_DETACH) != 0) throw std::runtime_error("cannot unmount " + path_);
}

void LoopDisk::make_writable(bool writable) {
  must_run({"mount", "-o", writable ? "remount,rw" : "remount,ro", path_});
}

void LoopDisk::remember() {
  must_run({"cp", "--sparse=always", image_, remembered_});
}

void LoopDisk::lose_power() {
  unmount();
  fs::rename(remembered_, image_);
  mount();
}

}  // namespace doorbuster
