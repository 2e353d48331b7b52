// Loaded in front of the C library of a server (LD_PRELOAD). BROKEN_CALLS says what it does:
//   short_writes  every positioned write takes half of the bytes, at least one, as the system may at any time
//   no_sync       a sync says that all is well and has done nothing: the mistake that power cuts are for

#include <dlfcn.h>
#include <sys/types.h>

#include <cstdlib>
#include <string_view>

namespace {

bool breaks(std::string_view what) {
  const char* wanted = std::getenv("BROKEN_CALLS");
  return wanted != nullptr && what == wanted;
}

template <typename Call>
Call* next_after_us(const char* name) {
  return reinterpret_cast<Call*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

ssize_t pwrite(int file, const void* bytes, size_t size, off_t offset) {
  static auto* const next = next_after_us<ssize_t(int, const void*, size_t, off_t)>("pwrite");
  return next(file, bytes, size > 1 && breaks("short_writes") ? size / 2 : size, offset);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off_t offset) {
  return pwrite(file, bytes, size, offset);
}

int fdatasync(int file) {
  static auto* const next = next_after_us<int(int)>("fdatasync");
  return breaks("no_sync") ? 0 : next(file);
}

int fsync(int file) {
  static auto* const next = next_after_us<int(int)>("fsync");
  return breaks("no_sync") ? 0 : next(file);
}

}  // extern "C"
