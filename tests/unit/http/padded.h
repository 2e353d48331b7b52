#pragma once

#include <string>
#include <string_view>

#include "doorbuster/http/buy_decoder.h"

namespace doorbuster {

// A body at the very end of a buffer, with the padding that the decoders ask for and rubbish in it.
class Padded {
 public:
  explicit Padded(std::string_view json) : bytes_(json), size_(json.size()) {
    const std::string rubbish = R"("}]{,:0123456789tfn\")";
    while (bytes_.size() < size_ + kBodyPaddingBytes) bytes_ += rubbish;
    bytes_.resize(size_ + kBodyPaddingBytes);
    bytes_.shrink_to_fit();
  }
  std::string_view json() const { return std::string_view(bytes_).substr(0, size_); }

 private:
  std::string bytes_;
  std::size_t size_;
};

}  // namespace doorbuster
