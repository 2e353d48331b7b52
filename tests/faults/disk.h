#pragma once
// File systems of a test's own, for cuts of the power and for disks that are full. They are mounted in a
// mount namespace of this process, so that nothing of them is left however the process ends.

#include <cstdint>
#include <string>
#include <vector>

namespace doorbuster {

// False: this machine lets nobody mount (no root, no loop devices). Call it first, on the test's own thread.
bool can_mount();

// In front of a server's command line: some of its system calls are broken. See broken_calls.cc.
std::vector<std::string> with_broken_calls(const std::string& how);

// An ext4 in a file.
class LoopDisk {
 public:
  // `options` of mount(8) besides `loop`. Throws std::runtime_error.
  LoopDisk(const std::string& folder, std::uint64_t bytes, std::string options = {});
  ~LoopDisk();
  LoopDisk(const LoopDisk&) = delete;
  LoopDisk& operator=(const LoopDisk&) = delete;

  const std::string& path() const { return path_; }
  // What the device has at this moment: what was not flushed to it is not there.
  void remember();
  // From here on the disk is as it was at remember(). REQUIRES: nobody uses it.
  void lose_power();
  void make_writable(bool writable);

 private:
  void mount();
  void unmount();

  const std::string image_, remembered_, path_, options_;
};

}  // namespace doorbuster
