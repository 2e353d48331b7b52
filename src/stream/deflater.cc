#include "stream/deflater.h"

#include "doorbuster/base/check.h"

namespace doorbuster {
namespace {

// Half of the bytes that level 1 leaves, for twice its time, which is spent ahead: figures in bench/results/.
constexpr int kLevel = 5;
constexpr int kRawDeflate = -15;  // the largest window, without header and trailer
constexpr int kMemoryLevel = 9;

Bytef* bytes_of(std::string_view text) {
  // zlib's next_in is not const unless ZLIB_CONST is; it is not written to.
  return reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
}

void append_u32(std::uint32_t value, std::string& out) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(value >> shift & 0xff);
}
void append_u16(std::uint16_t value, std::string& out) {
  out += static_cast<char>(value & 0xff);
  out += static_cast<char>(value >> 8);
}

}  // namespace

Deflater::Deflater() {
  DOORBUSTER_CHECK(
      deflateInit2(&stream_, kLevel, Z_DEFLATED, kRawDeflate, kMemoryLevel, Z_DEFAULT_STRATEGY) == Z_OK);
}

Deflater::~Deflater() {
  deflateEnd(&stream_);
}

void Deflater::append(std::string_view text, std::string& out) {
  constexpr std::size_t kFlushBytes = 16;  // deflateBound() counts an end and no flush
  const std::size_t before = out.size();
  out.resize(before + deflateBound(&stream_, static_cast<uLong>(text.size())) + kFlushBytes);
  stream_.next_in = bytes_of(text);
  stream_.avail_in = static_cast<uInt>(text.size());
  stream_.next_out = reinterpret_cast<Bytef*>(out.data() + before);
  stream_.avail_out = static_cast<uInt>(out.size() - before);
  DOORBUSTER_CHECK(deflate(&stream_, Z_FULL_FLUSH) == Z_OK && stream_.avail_in == 0 &&
                   stream_.avail_out != 0);
  out.resize(out.size() - stream_.avail_out);
  // A full flush forgets what came before; a reset forgets its totals too.
  DOORBUSTER_CHECK(deflateReset(&stream_) == Z_OK);
}

void append_stored(std::string_view text, std::string& out) {
  DOORBUSTER_CHECK(text.size() <= 0xffff);
  const auto length = static_cast<std::uint16_t>(text.size());
  out += '\0';  // not the last block, stored (RFC 1951, 3.2.4); the byte ends with it
  append_u16(length, out);
  append_u16(static_cast<std::uint16_t>(~length), out);
  out += text;
}

std::uint32_t crc_of(std::string_view text, std::uint32_t before) {
  return static_cast<std::uint32_t>(crc32_z(before, bytes_of(text), text.size()));
}

std::uint32_t crc_operation(std::size_t bytes) {
  return static_cast<std::uint32_t>(crc32_combine_gen(static_cast<z_off_t>(bytes)));
}

void add_piece(GzipSum& sum, std::uint32_t crc, std::uint32_t operation, std::size_t bytes) {
  sum.crc = static_cast<std::uint32_t>(crc32_combine_op(sum.crc, crc, operation));
  sum.bytes += static_cast<std::uint32_t>(bytes);
}

void append_gzip_trailer(const GzipSum& sum, std::string& out) {
  out += "\x03";  // the last block: fixed codes, empty
  out += '\0';
  append_u32(sum.crc, out);
  append_u32(sum.bytes, out);
}

}  // namespace doorbuster
