#include "doorbuster/base/text_file.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <system_error>

namespace doorbuster {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

std::string error_text(int error) {
  return std::generic_category().message(error);
}

}  // namespace

Result<std::string> read_text_file(const std::string& file, std::size_t bytes_max) {
  const std::unique_ptr<std::FILE, CloseFile> stream(std::fopen(file.c_str(), "rbe"));
  if (!stream) return fail(ErrorKind::runtime, "cannot open the file: " + error_text(errno));
  constexpr std::size_t kChunkBytes = 64U << 10;
  std::string text;
  while (true) {
    const std::size_t size = text.size();
    text.resize(size + kChunkBytes);
    const std::size_t got = std::fread(text.data() + size, 1, kChunkBytes, stream.get());
    const int error = errno;
    text.resize(size + got);
    if (text.size() > bytes_max) {
      return fail(ErrorKind::runtime, "the file is larger than " + std::to_string(bytes_max) + " bytes");
    }
    if (std::ferror(stream.get()) != 0)
      return fail(ErrorKind::runtime, "cannot read the file: " + error_text(error));
    if (got < kChunkBytes) return text;
  }
}

}  // namespace doorbuster
