#pragma once

#include <string>
#include <string_view>

namespace doorbuster {

// A folder of its own for one test; gone with everything in it when the test is over.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

// Both throw std::runtime_error when they cannot. Writing replaces what was there.
std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view text);

}  // namespace doorbuster
