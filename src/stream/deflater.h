#pragma once
// gzip (RFC 1952) of which every piece is made once and can stand behind any other: raw deflate that looks
// at nothing before it and ends on a byte. A connection's stream is the header, any pieces, and the trailer.

#include <zlib.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace doorbuster {

// Ten bytes: no name, no time.
inline constexpr std::string_view kGzipHeader("\x1f\x8b\x08\0\0\0\0\0\0\xff", 10);

// One thread's. Keeps its tables between pieces.
class Deflater {
 public:
  Deflater();
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // `text`, ended by a full flush.
  void append(std::string_view text, std::string& out);

 private:
  z_stream stream_{};
};

// A few bytes, as they are: quicker than compressing them, and not longer. REQUIRES: at most 65,535.
void append_stored(std::string_view text, std::string& out);

// CRC-32 and length of what was sent, as the trailer has them. `append` of a piece costs the same for any
// length: `operation` is made once with the piece.
struct GzipSum {
  std::uint32_t crc = 0;
  std::uint32_t bytes = 0;  // modulo 2^32
};
std::uint32_t crc_of(std::string_view text, std::uint32_t before = 0);
std::uint32_t crc_operation(std::size_t bytes);
void add_piece(GzipSum& sum, std::uint32_t crc, std::uint32_t operation, std::size_t bytes);
void append_gzip_trailer(const GzipSum& sum, std::string& out);

}  // namespace doorbuster
