#pragma once
// Runs of bytes of one kind, sixteen at a time where the processor can.

#include <bit>
#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace doorbuster {

struct ByteRange {
  unsigned char first, last;
};

// The bytes of some ranges.
template <ByteRange... kRanges>
struct ByteKind {
  static constexpr bool has(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return ((byte >= kRanges.first && byte <= kRanges.last) || ...);
  }

#if defined(__SSE2__)
  // Bit i: bytes[i] is of the kind. There is no comparison of unsigned bytes, so each range is moved to where
  // the signed ones begin.
  static unsigned bits_of(__m128i bytes) {
    const auto within = [bytes](ByteRange range) {
      const __m128i moved = _mm_add_epi8(bytes, _mm_set1_epi8(static_cast<char>(0x80 - range.first)));
      const int behind = range.last - range.first + 1 - 0x80;
      return _mm_cmplt_epi8(moved, _mm_set1_epi8(static_cast<char>(behind)));
    };
    __m128i among = _mm_setzero_si128();
    ((among = _mm_or_si128(among, within(kRanges))), ...);
    return static_cast<unsigned>(_mm_movemask_epi8(among));
  }
#endif
};

// All bytes but one.
template <char kOne>
struct ByteOtherThan {
  static constexpr bool has(char c) { return c != kOne; }
#if defined(__SSE2__)
  static unsigned bits_of(__m128i bytes) {
    return static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(kOne)))) ^ 0xffffU;
  }
#endif
};

using NameByte = ByteKind<ByteRange{'-', '-'}, ByteRange{'0', '9'}, ByteRange{'A', 'Z'}, ByteRange{'a', 'z'}>;
using VisibleByte = ByteKind<ByteRange{'!', '~'}>;
using PathByte = ByteKind<ByteRange{'!', '>'}, ByteRange{'@', '~'}>;  // visible, and no '?'
using PrintableByte = ByteKind<ByteRange{' ', '~'}>;
// What a JSON string may have without an escape, of ASCII.
using PlainTextByte = ByteKind<ByteRange{' ', '!'}, ByteRange{'#', '['}, ByteRange{']', '~'}>;
// is_identifier()'s: A-Z a-z 0-9 . _ : @ -
using IdentifierByte = ByteKind<ByteRange{'-', '.'}, ByteRange{'0', ':'}, ByteRange{'@', 'Z'},
                                ByteRange{'_', '_'}, ByteRange{'a', 'z'}>;

// The first of [at, end) that is not of the kind; end: all are.
template <typename Kind>
inline const char* skip_run(const char* at, const char* end) {
#if defined(__SSE2__)
  constexpr std::ptrdiff_t kStep = sizeof(__m128i);
  for (; end - at >= kStep; at += kStep) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const unsigned others = Kind::bits_of(bytes) ^ 0xffffU;
    if (others != 0) return at + std::countr_zero(others);
  }
#endif
  while (at != end && Kind::has(*at)) ++at;
  return at;
}

// Whether all bytes of `text` are of the kind.
template <typename Kind>
inline bool is_run(std::string_view text) {
  const char* const end = text.data() + text.size();
  return skip_run<Kind>(text.data(), end) == end;
}

}  // namespace doorbuster
