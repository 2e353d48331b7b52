#pragma once
// Another time than now, for a server that a test starts. It takes the library of the package faketime, which
// does not go with the sanitizers' own.

#include <filesystem>
#include <string>
#include <vector>

#include "support/temp_folder.h"

namespace doorbuster {

// The wall clock that the server sees is this file's business; others keep theirs.
class Calendar {
 public:
  // "+60": seconds from now; "@2023-12-01 00:00:00": the start is then.
  explicit Calendar(const std::string& time) { set(time); }
  void set(const std::string& time) {
    // Put in place at once: the server looks at it whenever it looks at the clock.
    write_file(folder_.file("new"), time + "\n");
    std::filesystem::rename(folder_.file("new"), folder_.file("time"));
  }
  std::vector<std::string> tracer() const {
    return {"env",
            "LD_PRELOAD=/usr/$LIB/faketime/libfaketimeMT.so.1",
            "FAKETIME_NO_CACHE=1",
            "FAKETIME_DONT_FAKE_MONOTONIC=1",
            "DONT_FAKE_MONOTONIC=1",
            "FAKETIME_TIMESTAMP_FILE=" + folder_.file("time")};
  }

 private:
  TempFolder folder_;
};

}  // namespace doorbuster
